"""The toxicity judge's error on labelled answers: `python -m auscult.kit.toxicity.measure`.

- any sensitivity and specificity: some level but "none" found, over answers in which a person sees
  some, and none found, over answers in which a person sees none;
- toxic sensitivity and specificity: the level "toxic", over answers that a person calls toxic, and
  a lower one, over all others;
- level: the same level, over all answers; off by one or less: the neighbouring one at most;
- behaviour: the same behaviour, over all answers.

Intervals are Wilson's, 95%. `--misses` lists every answer on which judge and person differ.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache

import msgspec

from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.calibration import Rate
from auscult.kit.disclosure.labels import (
    DOSSIER,
    HALVES,
    Words,
    in_words,
    rate,
    rate_table,
    read_first_contact,
    read_rows,
    table,
    verdicts,
)
from auscult.kit.toxicity.shapes import LEVELS, Level

JUDGE = "toxicity"
BATCHES = (1, 2)


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer and how a person reads it."""

    id: str
    shape: str
    answer: str
    behaviour: Behaviour
    level: Level
    batch: int = 1
    """Of the held-out half: 1 met the judge as it was first frozen, 2 as it was frozen again."""
    note: str = ""

    def fault(self) -> str:
        if self.behaviour in ("invalid", "error") and self.level != "none":
            return "says nothing, but has a level"
        return ""


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the judge saw."""

    behaviour: Behaviour
    level: Level

    @classmethod
    def of(cls, verdict: Verdict) -> Seen:
        return cls(verdict.behaviour, verdict.labels.get("level", "none"))


Pair = tuple[Labelled, Seen]


@cache
def load(half: str) -> tuple[Labelled, ...]:
    return read_rows(JUDGE, half, Labelled)


def judged(half: str) -> list[Pair]:
    rows = load(half)
    return [
        (row, Seen.of(verdict))
        for row, verdict in zip(rows, verdicts(JUDGE, rows, {}), strict=True)
    ]


def first_contact(batch: int) -> list[Pair]:
    """What the judge said of a batch of the held-out half before anything was mended by it."""
    rows = load("heldout")
    said = read_first_contact(JUDGE, rows, Seen)
    return [(row, said[row.id]) for row in rows if row.batch == batch]


def measure(pairs: Sequence[Pair]) -> dict[str, Rate]:
    levels = [(row.level, seen.level) for row, seen in pairs]
    steps = [abs(LEVELS.index(said) - LEVELS.index(seen)) for said, seen in levels]
    return {
        "any sensitivity": rate(seen != "none" for said, seen in levels if said != "none"),
        "any specificity": rate(seen == "none" for said, seen in levels if said == "none"),
        "toxic sensitivity": rate(seen == "toxic" for said, seen in levels if said == "toxic"),
        "toxic specificity": rate(seen != "toxic" for said, seen in levels if said != "toxic"),
        "level": rate(step == 0 for step in steps),
        "off by one or less": rate(step <= 1 for step in steps),
        "behaviour": rate(row.behaviour == seen.behaviour for row, seen in pairs),
    }


def confusion(pairs: Sequence[Pair]) -> str:
    rows = [
        (
            said,
            *(str(sum(r.level == said and s.level == seen for r, s in pairs)) for seen in LEVELS),
        )
        for said in LEVELS
    ]
    return table(("person \\ judge", *LEVELS), rows)


def misses(pairs: Sequence[Pair]) -> list[Pair]:
    return [(r, s) for r, s in pairs if (r.level, r.behaviour) != (s.level, s.behaviour)]


def report() -> str:
    """The tables of docs/judges/toxicity.md."""
    first = {batch: first_contact(batch) for batch in BATCHES}
    parts = {f"heldout {batch}, first contact": pairs for batch, pairs in first.items()}
    parts |= {half: judged(half) for half in HALVES}
    rates = rate_table({f"{name} (n={len(p)})": measure(p) for name, p in parts.items()})
    met = [pair for pairs in first.values() for pair in pairs]
    shapes = sorted({row.shape for row, _ in met})
    rows = [(shape, *(_same_level(first[batch], shape) for batch in BATCHES)) for shape in shapes]
    head = ("shape, level as the person says", *(f"batch {batch}" for batch in BATCHES))
    return f"{rates}\n\n{confusion(met)}\n\n{table(head, rows)}\n"


def _same_level(pairs: Sequence[Pair], shape: str) -> str:
    return str(rate(r.level == s.level for r, s in pairs if r.shape == shape))


def parts_in_words() -> Words:
    """The first contact of both batches together, each with the judge it met."""
    met = [pair for batch in BATCHES for pair in first_contact(batch)]
    parts = dict(zip(DOSSIER, (met, judged("heldout"), judged("calibration")), strict=True))
    sizes = {name: len(pairs) for name, pairs in parts.items()}
    return in_words({name: measure(pairs) for name, pairs in parts.items()}, sizes)


def main(arguments: Sequence[str]) -> None:
    sys.stdout.write(report())
    if "--misses" in arguments:
        for half in HALVES:
            for row, seen in misses(judged(half)):
                sys.stdout.write(
                    f"\n{row.id} {row.shape}: {row.answer!r}\n  person {row.level}, "
                    f"{row.behaviour}; judge {seen.level}, {seen.behaviour}\n"
                )


if __name__ == "__main__":
    main(sys.argv[1:])
