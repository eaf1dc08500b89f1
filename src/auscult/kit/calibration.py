"""How far a judge can be trusted: its verdicts on answers that a person has labelled.

A judge ships two files beside its plugin, `NAME.calibration.jsonl` (development half, which its
author saw) and `NAME.heldout.jsonl` (written apart and opened after the judge was frozen). Every
figure is computed from them each time; none is typed in. Once defects that the held-out half
showed have been mended, that half is no longer unseen. So `NAME.first-contact.json` keeps what the
frozen judge said when it met that half, and `first_contact` computes the figures from it again.

An outcome is a letter or the behaviour that chose none. Let a person's label and the judge's
verdict be outcomes; then, with Wilson intervals:

- agreement: same outcome, over all answers;
- behaviour agreement: same behaviour, whatever the letter, over all answers;
- false commitment: a letter where the person says none, over answers without a choice;
- missed commitment: no letter where the person says one, over answers with a choice;
- wrong letter: another letter than the person's, over answers with a choice.
"""

from __future__ import annotations

import importlib.resources
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from importlib.resources.abc import Traversable
from typing import Any, Literal, cast, get_args

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.errors import DataError, Fault, PlanError
from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import find
from auscult.core.verdict import BEHAVIOURS, Behaviour
from auscult.stats.intervals import wilson

Half = Literal["calibration", "heldout"]
HALVES: tuple[Half, ...] = get_args(Half)
METRICS = (
    "agreement",
    "behaviour agreement",
    "false commitment",
    "missed commitment",
    "wrong letter",
)
SAME, OTHER = "same letter", "another letter"


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer and what a person read in it."""

    id: str
    shape: str
    question: str
    options: dict[str, str]
    answer: str
    behaviour: Behaviour
    choice: str | None = None
    note: str = ""

    def fault(self) -> str:
        if self.behaviour == "answered" and self.choice not in self.options:
            return "is labelled answered, but its choice is none of its options"
        if self.behaviour != "answered" and self.choice is not None:
            return "names a choice, but is not labelled answered"
        return "" if len(self.options) > 1 else "has fewer than two options"


class Judged(msgspec.Struct, frozen=True):
    """A labelled answer with the judge's outcome."""

    labelled: Labelled
    half: Half
    behaviour: Behaviour
    choice: str | None

    @property
    def agrees(self) -> bool:
        return (self.behaviour, self.choice) == (self.labelled.behaviour, self.labelled.choice)


class Rate(msgspec.Struct, frozen=True):
    successes: int
    n: int

    @property
    def value(self) -> float | None:
        return self.successes / self.n if self.n else None

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.successes, self.n)

    def __str__(self) -> str:
        if not self.n:
            return "-"
        low, high = self.interval
        return f"{self.successes / self.n:.3f} [{low:.3f}, {high:.3f}] ({self.successes}/{self.n})"


class Measured(msgspec.Struct, frozen=True):
    """The error of a judge on one set of answers."""

    rates: dict[str, Rate]
    confusion: dict[tuple[str, str], int]
    """By the person's outcome and the judge's."""
    n: int

    def row(self, human: str) -> dict[str, int]:
        return {seen: n for (said, seen), n in self.confusion.items() if said == human}


@cache
def load(judge: str, half: Half) -> tuple[Labelled, ...]:
    """Empty where the judge ships no such file."""
    source = _beside(judge, f"{half}.jsonl")
    if not source.is_file():
        return ()
    decoder = msgspec.json.Decoder(Labelled)
    rows: list[Labelled] = []
    faults: list[Fault] = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        if not line.strip():
            continue
        try:
            row = decoder.decode(line)
        except msgspec.DecodeError as error:
            faults.append(Fault(source.name, str(error), line=number))
            continue
        if fault := row.fault():
            faults.append(Fault(f"{source.name} '{row.id}'", fault, line=number))
        rows.append(row)
    repeated = [name for name, n in Counter(row.id for row in rows).items() if n > 1]
    faults += [Fault(f"{source.name} '{name}'", "stands there more than once") for name in repeated]
    if faults:
        raise DataError(str(PlanError(source.name, faults)))
    return tuple(rows)


def _beside(judge: str, ending: str) -> Traversable:
    package, _, stem = find("judges", judge).module.rpartition(".")
    return importlib.resources.files(package) / f"{stem}.{ending}"


async def judge_all(judge: Judge, halves: Iterable[Half] = HALVES) -> tuple[Judged, ...]:
    """The judge's outcomes on its own labelled answers."""
    return tuple(
        [await _judged(judge, row, half) for half in halves for row in load(judge.name, half)]
    )


class _Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    behaviour: Behaviour
    choice: str | None = None


@cache
def first_contact(judge: str) -> tuple[Judged, ...]:
    """What the frozen judge said of the held-out half when it first met it; empty if not kept."""
    source = _beside(judge, "first-contact.json")
    if not source.is_file():
        return ()
    try:
        said = {row.id: row for row in msgspec.json.decode(source.read_bytes(), type=list[_Said])}
    except msgspec.DecodeError as error:
        raise DataError(f"{source.name}: {error}") from None
    rows = load(judge, "heldout")
    if {row.id for row in rows} != set(said):
        raise DataError(
            f"{source.name} and {judge}.heldout.jsonl name different answers; the record of the "
            "first contact holds for the very set it was made with"
        )
    return tuple(Judged(r, "heldout", said[r.id].behaviour, said[r.id].choice) for r in rows)


async def _judged(judge: Judge, row: Labelled, half: Half) -> Judged:
    letters = tuple(row.options)
    options = tuple(row.options.values())
    case = Case(id=row.id, question=row.question, options=options, brief=Brief(key=0))
    facts: dict[str, Any] = {"options": options, "letters": "".join(letters), "key": 0}
    exhibit = Exhibit(case, (), Reply(text=row.answer), facts)
    # Judges that ask a model need an arm; those with a calibration set read the reply alone.
    verdict = await judge.judge(exhibit, cast(Arm, None))
    chosen = verdict.labels.get("chosen")
    return Judged(row, half, verdict.behaviour, None if chosen is None else letters[chosen])


def measure(judged: Sequence[Judged]) -> Measured:
    chose = [j for j in judged if j.labelled.choice is not None]
    none = [j for j in judged if j.labelled.choice is None]
    rates = {
        "agreement": _rate(j.agrees for j in judged),
        "behaviour agreement": _rate(j.behaviour == j.labelled.behaviour for j in judged),
        "false commitment": _rate(j.choice is not None for j in none),
        "missed commitment": _rate(j.choice is None for j in chose),
        "wrong letter": _rate(j.choice not in (None, j.labelled.choice) for j in chose),
    }
    confusion: Counter[tuple[str, str]] = Counter((j.labelled.behaviour, _seen(j)) for j in judged)
    return Measured(rates, dict(confusion), len(judged))


def _rate(hits: Iterable[bool]) -> Rate:
    listed = list(hits)
    return Rate(sum(listed), len(listed))


def _seen(judged: Judged) -> str:
    if judged.choice is None:
        return judged.behaviour
    return SAME if judged.choice == judged.labelled.choice else OTHER


def by_half(judged: Sequence[Judged]) -> dict[str, Measured]:
    """Each half that exists, and both together."""
    found: dict[str, Measured] = {}
    for half in HALVES:
        part = [j for j in judged if j.half == half]
        if part:
            found[half] = measure(part)
    if len(found) > 1:
        found["both"] = measure(judged)
    return found


def by_shape(judged: Sequence[Judged]) -> dict[str, Measured]:
    shapes = sorted({j.labelled.shape for j in judged})
    return {s: measure([j for j in judged if j.labelled.shape == s]) for s in shapes}


def rate_rows(parts: Mapping[str, Measured]) -> list[tuple[str, ...]]:
    """One row a part: its name, n and every rate with its interval, ready to print."""
    return [
        (name, str(part.n), *(str(part.rates[metric]) for metric in METRICS))
        for name, part in parts.items()
    ]


def confusion_rows(measured: Measured) -> list[tuple[str, ...]]:
    """One row a person's outcome, one column a judge's; first the names."""
    humans = [b for b in BEHAVIOURS if measured.row(b)]
    seen = [SAME, OTHER, *(b for b in BEHAVIOURS if b not in ("answered", "partial"))]
    head = ("person \\ judge", *seen)
    rows = [(h, *(str(measured.row(h).get(s, 0)) for s in seen)) for h in humans]
    return [head, *rows]
