"""Authored edits of a pack: a folder `edits` beside its files, a line a question.

Read strictly and whole before the first case is given out, and all faults are told at once. What an
edit says of medicine only a reader can check; that it names a question and its options rightly is
checked here, and what it does to a question by the validity gate.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from auscult.core.case import Case, Measurement
from auscult.core.errors import DataError, Fault
from auscult.kit.attack.authored import Edits, Extreme, as_extra
from auscult.kit.attack.measured import reads
from auscult.kit.rows import fault_at, json_lines
from auscult.kit.strict_packs import refuse
from auscult.kit.survivable import AgeBand, is_extreme, standing

FOLDER = "edits"


class Line(Edits, frozen=True, forbid_unknown_fields=True, kw_only=True):
    id: str


class Options(msgspec.Struct, frozen=True):
    """Of the question that an edit is for."""

    count: int
    key: int
    measurements: tuple[Measurement, ...] = ()
    age_band: AgeBand | None = None
    """None where the patient is no adult, or of no stated age."""


def with_edits(cases: Iterable[Case], edits: Mapping[str, Edits]) -> Iterator[Case]:
    """Each case with what was written for it, if anything was."""
    for case in cases:
        if case.id in edits:
            extra = case.brief.extra | as_extra(edits[case.id])
            brief = msgspec.structs.replace(case.brief, extra=extra)
            case = msgspec.structs.replace(case, brief=brief)
        yield case


def read_edits(files: Sequence[Path], questions: Mapping[str, Options]) -> dict[str, Edits]:
    """By the id of the question. Raises one DataError with every fault of every line."""
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
            faults += (fault_at(path, row, what) for what in _wrong(line, questions))
            if line.id in found:
                faults.append(fault_at(path, row, f"the question '{line.id}' has edits already"))
            found[line.id] = Edits(
                line.extra_options,
                line.distractions,
                line.history,
                line.paraphrases,
                line.extreme,
            )
    refuse(folder, faults)
    if not found:
        raise DataError(f"{folder} holds no edits; leave out the option edits, or write some")
    return found


def _wrong(line: Line, questions: Mapping[str, Options]) -> Iterator[str]:
    of = questions.get(line.id)
    if of is None:
        yield f"the pack has no question '{line.id}'"
        return
    for distraction in line.distractions:
        if not 0 <= distraction.option < of.count:
            yield f"a distraction names option {distraction.option}; they count from 0"
        elif distraction.option == of.key:
            yield "a distraction draws attention to the right option"
    for extreme in line.extreme:
        yield from _wrong_extreme(extreme, of)
    if len({(one.measurement, one.value) for one in line.extreme}) < len(line.extreme):
        yield "an extreme value is given twice"
    texts = [
        *(text for extra in line.extra_options for text in (extra.text, extra.why)),
        *(distraction.text for distraction in line.distractions),
        *line.history,
        *(reworded.question for reworded in line.paraphrases),
        *(extreme.why for extreme in line.extreme),
    ]
    if any(not text.strip() for text in texts):
        yield "a text is blank"


def _wrong_extreme(extreme: Extreme, of: Options) -> Iterator[str]:
    said = f"the extreme value '{extreme.value}' for '{extreme.measurement}'"
    stated = next((m for m in of.measurements if m.text == extreme.measurement), None)
    if stated is None or not reads(stated):
        yield f"{said} is for no measurement whose text is its value and its unit"
    elif of.age_band is None:
        yield f"{said} is of a patient who is no adult, or of no stated age"
    elif not is_extreme(stated.quantity, stated.unit, of.age_band, extreme.value):
        found = standing(stated.quantity, stated.unit, of.age_band, extreme.value)
        usual = "possible, but not in a range that the table of survivable values calls extreme"
        yield f"{said} is {usual if found == 'possible' else found or 'not in the table'}"
