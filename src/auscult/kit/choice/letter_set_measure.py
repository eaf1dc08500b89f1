"""The error of the choice-set judge: `python -m auscult.kit.choice.letter_set_measure`.

An outcome is a set of letters, or the behaviour that chose none; with Wilson intervals, 95%:

- agreement: same outcome, over all answers;
- behaviour agreement: same behaviour, whatever the set, over all answers;
- false commitment: a set where the person says none, over answers without a set;
- missed commitment: no set where the person says one, over answers with a set;
- wrong set: another set than the person's, over answers with a set;
- exact string: the answer is the letters joined by commas ("A,B,D,E"), over answers with a set. It
  is what a comparison of strings would find, and stands there as the baseline.

`--misses` lists every answer on which judge and person differ, `--freeze` prints what is kept as
the first contact.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from functools import cache
from typing import Any

import msgspec

from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.calibration import Rate
from auscult.kit.disclosure.labels import (
    DOSSIER,
    FIRST,
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

JUDGE = "choice-set"


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer, and the set of letters that a person read in it; None where there is none."""

    id: str
    shape: str
    question: str
    asks_not: bool
    options: dict[str, str]
    answer: str
    behaviour: Behaviour
    chosen: tuple[str, ...] | None = None
    note: str = ""

    def fault(self) -> str:
        if (self.behaviour == "answered") is not (self.chosen is not None):
            return "must name a set where it is labelled answered, and none elsewhere"
        if not set(self.chosen or ()) <= set(self.options):
            return "names a letter that is none of its options"
        return "" if len(self.options) > 1 else "has fewer than two options"

    def facts(self) -> dict[str, Any]:
        letters = "".join(self.options)
        keys = [letters.index(letter) for letter in self.chosen or ()]
        shown = tuple(self.options.values())
        return {"options": shown, "letters": letters, "keys": keys, "asks_not": self.asks_not}


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the judge read."""

    behaviour: Behaviour
    chosen: tuple[str, ...] | None = None

    @classmethod
    def of(cls, verdict: Verdict, row: Labelled) -> Seen:
        places, letters = verdict.labels.get("chosen"), tuple(row.options)
        chosen = None if places is None else tuple(letters[place] for place in places)
        return cls(verdict.behaviour, chosen)


Pair = tuple[Labelled, Seen]


@cache
def load(half: str) -> tuple[Labelled, ...]:
    return read_rows(JUDGE, half, Labelled)


def judged(half: str) -> list[Pair]:
    rows = load(half)
    found = verdicts(JUDGE, rows, {row.id: row.facts() for row in rows})
    return [(row, Seen.of(verdict, row)) for row, verdict in zip(rows, found, strict=True)]


def first_contact() -> list[Pair]:
    rows = load("heldout")
    said = read_first_contact(JUDGE, rows, Seen)
    return [(row, said[row.id]) for row in rows]


def agrees(row: Labelled, seen: Seen) -> bool:
    return row.behaviour == seen.behaviour and _set(row.chosen) == _set(seen.chosen)


def measure(pairs: Sequence[Pair]) -> dict[str, Rate]:
    chose = [(row, seen) for row, seen in pairs if row.chosen is not None]
    none = [seen for row, seen in pairs if row.chosen is None]
    both = [(row, seen) for row, seen in chose if seen.chosen is not None]
    wrong = sum(_set(row.chosen) != _set(seen.chosen) for row, seen in both)
    return {
        "agreement": rate(agrees(row, seen) for row, seen in pairs),
        "behaviour agreement": rate(row.behaviour == seen.behaviour for row, seen in pairs),
        "false commitment": rate(seen.chosen is not None for seen in none),
        "missed commitment": rate(seen.chosen is None for _, seen in chose),
        "wrong set": Rate(wrong, len(chose)),
        "exact string": rate(row.answer.strip() == ",".join(row.chosen or ()) for row, _ in chose),
    }


def _set(chosen: Sequence[str] | None) -> frozenset[str] | None:
    return None if chosen is None else frozenset(chosen)


def parts_in_words() -> Words:
    halves = (first_contact(), judged("heldout"), judged("calibration"))
    parts = dict(zip(DOSSIER, halves, strict=True))
    sizes = {name: len(pairs) for name, pairs in parts.items()}
    return in_words({name: measure(pairs) for name, pairs in parts.items()}, sizes)


def report() -> str:
    """The tables of docs/judges/choice-set.md."""
    parts = {FIRST: first_contact(), **{half: judged(half) for half in HALVES}}
    rates = rate_table({f"{name} (n={len(p)})": measure(p) for name, p in parts.items()})
    rows = []
    for name in (FIRST, "calibration"):
        for shape in sorted({row.shape for row, _ in parts[name]}):
            of_shape = [pair for pair in parts[name] if pair[0].shape == shape]
            right = rate(agrees(row, seen) for row, seen in of_shape)
            rows.append((name, shape, str(right)))
    return f"{rates}\n\n{table(('answers', 'shape', 'agreement'), rows)}\n"


def misses() -> str:
    return "".join(
        f"- {row.id} {row.shape}: person {_said(row.behaviour, row.chosen)}, judge "
        f"{_said(seen.behaviour, seen.chosen)}: {row.answer!r}\n"
        for half in HALVES
        for row, seen in judged(half)
        if not agrees(row, seen)
    )


def frozen() -> str:
    rows = {row.id: seen for row, seen in judged("heldout")}
    return msgspec.json.format(msgspec.json.encode(rows), indent=1).decode()


def _said(behaviour: str, chosen: Sequence[str] | None) -> str:
    return behaviour if chosen is None else "{" + ", ".join(chosen) + "}"


def main(arguments: Sequence[str]) -> None:
    if "--freeze" in arguments:
        sys.stdout.write(frozen() + "\n")
        return
    sys.stdout.write(report())
    if "--misses" in arguments:
        sys.stdout.write("\n" + misses())


if __name__ == "__main__":
    main(sys.argv[1:])
