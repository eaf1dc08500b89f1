"""Labelled answers of judges that read one reply: files, rates and tables.

Beside the judge lie `NAME.calibration.jsonl` (development half), `NAME.heldout.jsonl`, and
`NAME.first-contact.json`: what the frozen judge said when it first met the held-out half. A further
set of labelled answers lies beside them as `NAME.SET.jsonl` and `NAME.SET.first-contact.json`.
Every figure is computed from them; none is typed in.
"""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Coroutine, Iterable, Mapping, Sequence
from importlib.resources.abc import Traversable
from typing import Any, Protocol, TypeVar, cast

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError, Fault, PlanError
from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import build, find
from auscult.core.verdict import Verdict
from auscult.kit.calibration import Rate

Words = dict[str, tuple[int, dict[str, str]]]
"""Part of the labelled answers by name: how many there are, and each figure in words."""
DOSSIER = ("held out, first contact", "held out, after fixes", "development")
HALVES = ("calibration", "heldout")
FIRST = "heldout, first contact"


class Row(Protocol):
    @property
    def id(self) -> str: ...

    @property
    def answer(self) -> str: ...

    def fault(self) -> str: ...


R = TypeVar("R", bound=Row)
S = TypeVar("S", bound=msgspec.Struct)


def beside(judge: str, ending: str) -> Traversable:
    package, _, stem = find("judges", judge).module.rpartition(".")
    return importlib.resources.files(package) / f"{stem}.{ending}"


def read_rows(judge: str, half: str, into: type[R]) -> tuple[R, ...]:
    return read_file(beside(judge, f"{half}.jsonl"), into)


def read_file(source: Traversable, into: type[R]) -> tuple[R, ...]:
    """All faults of a file at once."""
    decoder = msgspec.json.Decoder(into)
    rows: list[R] = []
    faults: list[Fault] = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            rows.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            faults.append(Fault(source.name, str(error), line=number))
            continue
        if fault := rows[-1].fault():
            faults.append(Fault(f"{source.name} '{rows[-1].id}'", fault, line=number))
    repeated = [name for name, n in Counter(row.id for row in rows).items() if n > 1]
    faults += [Fault(f"{source.name} '{name}'", "stands there more than once") for name in repeated]
    if faults:
        raise DataError(str(PlanError(source.name, faults)))
    return tuple(rows)


def read_first_contact(
    judge: str, rows: Sequence[Row], into: type[S], half: str = "heldout"
) -> dict[str, S]:
    """By the answer's id. The record holds for the very set that it was made with."""
    ending = "first-contact.json" if half == "heldout" else f"{half}.first-contact.json"
    source = beside(judge, ending)
    try:
        said = msgspec.json.decode(source.read_bytes(), type=dict[str, into])  # type: ignore[valid-type]
    except msgspec.DecodeError as error:
        raise DataError(f"{source.name}: {error}") from None
    if {row.id for row in rows} != set(said):
        raise DataError(
            f"{source.name} and {judge}.{half}.jsonl name different answers; restore the one that "
            "was changed"
        )
    return said


def verdicts(judge: str, rows: Iterable[Row], facts: Mapping[str, dict[str, Any]]) -> list[Verdict]:
    """`facts` by the answer's id; a judge of this kind waits for nothing, so no loop is needed."""
    built: Judge = build("judges", judge, {})
    return [
        _driven(
            built.judge(
                Exhibit(Case(id=row.id), (), Reply(text=row.answer), facts.get(row.id, {})),
                cast(Arm, None),
            )
        )
        for row in rows
    ]


def _driven(work: Coroutine[Any, Any, Verdict]) -> Verdict:
    try:
        work.send(None)
    except StopIteration as done:
        return cast(Verdict, done.value)
    raise RuntimeError("a judge with labelled answers of this kind must read the reply alone")


def rate(hits: Iterable[bool]) -> Rate:
    listed = list(hits)
    return Rate(sum(listed), len(listed))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def in_words(parts: Mapping[str, Mapping[str, Rate]], sizes: Mapping[str, int]) -> Words:
    """As the dossier shows a judge that measures itself."""
    return {
        name: (sizes[name], {measure: str(value) for measure, value in rates.items()})
        for name, rates in parts.items()
    }


def rate_table(parts: Mapping[str, Mapping[str, Rate]]) -> str:
    """One row a measure, one column a part."""
    names = list(parts)
    measures = list(parts[names[0]]) if names else []
    rows = [(measure, *(str(parts[name][measure]) for name in names)) for measure in measures]
    return table(("measure", *names), rows)
