"""MedMCQA: JSON Lines or a JSON array with question, opa to opd and cop.

`cop` is 1-indexed in the original release and 0-indexed in some conversions of it. The whole file
is looked through before the first case is given out: a 0 means that the file is 0-indexed, which
the option key_base=0 declares; a file read with the wrong base would shift every key by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from auscult.core.case import Brief, Case, Source
from auscult.core.errors import DataError
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    check_options,
    content_id,
    json_rows,
    mapping,
    need,
    optional_text,
    text_of,
)

OPTION_FIELDS = ("opa", "opb", "opc", "opd")


def build() -> MedMcqa:
    return MedMcqa()


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    key_base: Literal[0, 1] = 1


class MedMcqa(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, Options, "medmcqa options")
        check_file(path)
        _check_base(path, chosen.key_base)
        base = chosen.key_base
        return self.stream(path, json_rows(path), lambda row: _case(row, base), chosen.bad_rows)


def _check_base(path: Path, base: int) -> None:
    """Raises where the keys in the file do not begin at `base`, whatever bad_rows says."""
    foreign = 0 if base == 1 else len(OPTION_FIELDS)
    for row in json_rows(path):
        if isinstance(row.data, dict) and _number(row.data.get("cop")) == foreign:
            raise DataError(
                f"{path} (line {row.line}): cop is {foreign}, so the file looks {1 - base}-indexed;"
                f" say key_base={1 - base} if it is"
            )


def _number(value: Any) -> int | None:
    """An index as a number, as text, or as the 3.0 that a table with gaps makes of it."""
    if isinstance(value, str):
        value = value.strip().removesuffix(".0")
        return int(value) if value.lstrip("-").isdecimal() else None
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _case(row: Row, base: int) -> Case:
    data = mapping(row.data)
    need(data, "question", *OPTION_FIELDS)
    question = text_of(data["question"], "question")
    options = tuple(text_of(data[field], field) for field in OPTION_FIELDS)
    cop = _number(data.get("cop"))
    if cop is None or cop < 0:
        raise BadRow(
            f"cop must be a number from {base} to {base + 3}, found {data.get('cop')!r}",
            "the unlabelled part of the set has no key",
        )
    if not 0 <= cop - base < len(options):
        raise BadRow(f"cop must be a number from {base} to {base + 3}, found {cop}")
    check_options(options, cop - base)
    given = optional_text(data, "id").strip()
    name = f"medmcqa-{given}" if given else content_id("medmcqa", question, *options)
    topic = optional_text(data, "topic_name")
    brief = Brief(
        key=cop - base,
        cluster=name,
        specialty=optional_text(data, "subject_name"),
        rationale=optional_text(data, "exp"),
        source=Source("MedMCQA", "examination question"),
        task="exam",
        extra={"topic": topic} if topic else {},
    )
    return Case(name, "", question, options, brief=brief)
