"""Authored edits of a pack: a folder `edits` beside its files, a line a question.

Read strictly and whole before the first case is given out: an edit that the validity gate would
refuse is a fault of the pack, told with the others at once."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError, Fault
from auscult.kit.attack.authored import Edits, as_extra
from auscult.kit.rows import fault_at, json_lines
from auscult.kit.strict_packs import refuse

FOLDER = "edits"


class Line(Edits, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str


def with_edits(cases: Iterable[Case], files: Sequence[Path]) -> Iterator[Case]:
    """Each case with what was written for it; a line for a case that there is not is a fault."""
    found = read_edits(files)
    for case in cases:
        edits = found.get(case.id)
        if edits is None:
            yield case
            continue
        brief = msgspec.structs.replace(case.brief, extra=case.brief.extra | as_extra(edits))
        yield msgspec.structs.replace(case, brief=brief)


def read_edits(files: Sequence[Path]) -> dict[str, Edits]:
    """By the id of the question; empty where there is no such folder."""
    folder = files[0].parent / FOLDER
    found: dict[str, Edits] = {}
    faults: list[Fault] = []
    for path in sorted(folder.glob("*.jsonl")):
        for row in json_lines(path):
            if row.fault:
                faults.append(fault_at(path, row, row.fault, row.mend))
                continue
            try:
                line = msgspec.convert(row.data, Line)
            except msgspec.ValidationError as error:
                faults.append(fault_at(path, row, str(error)))
                continue
            if line.id in found:
                faults.append(fault_at(path, row, f"the question '{line.id}' has edits already"))
            found[line.id] = Edits(
                line.extra_options, line.distractions, line.history, line.paraphrases
            )
    refuse(folder, faults)
    if not found:
        raise DataError(f"{folder} holds no edits; leave out the option edits, or write some")
    return found
