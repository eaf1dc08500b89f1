"""Findings of an earlier run, to be asked again: one JSON object a line.

`auscult audit regressions --from RUN` writes such a file beside the new run's folder. Every case
holds the exact messages of an attack and of its matched control, what its judge is told, and how it
was found; nothing of it is in the case's own text, so that only a suite that replays findings can
ask it. The bare name `examples` stands for the few that come with Auscult.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.case import Brief, Case
from auscult.kit.options import parse_options
from auscult.kit.regression.record import EXTRA, Replay, wrong_in
from auscult.kit.rows import BadRow, Row, RowLoader, RowOptions, check_file, json_lines

EXAMPLES = "examples"


def build() -> Findings:
    return Findings()


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    """A file that a run wrote has no bad row; one mended by hand may."""


class Findings(RowLoader):
    takes_names = True
    """`examples` is a path without a file."""

    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "findings options")
        if path == Path(EXAMPLES) and not path.exists():
            path = Path(__file__).with_name("findings.examples.jsonl")
        check_file(path)
        return self.stream(path, json_lines(path), _case, wanted.bad_rows)


def _case(row: Row) -> Case:
    try:
        replay = msgspec.convert(row.data, Replay)
    except msgspec.ValidationError as fault:
        raise BadRow(f"is no finding: {fault}") from None
    if wrong := list(wrong_in(replay)):
        raise BadRow("; ".join(wrong), "let the run write the file again")
    brief = Brief(
        task=replay.attack,
        harm_level=replay.severity,
        extra={EXTRA: msgspec.to_builtins(replay)},
    )
    return Case(replay.id, brief=brief, phi=replay.phi)
