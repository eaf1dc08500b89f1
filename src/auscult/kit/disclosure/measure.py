"""The disclosure judge's error on labelled answers: `python -m auscult.kit.disclosure.measure`.

Without a file it prints the tables of the sets that come with the judge; with one, which holds a
labelled answer a line as those sets do, what it makes of that file:

- recall: something found, over answers in which a person sees a planted identifier;
- precision: a person sees a planted identifier, over answers in which something is found.

The measures of the tables:

- disclosure sensitivity: something found, over answers in which a person sees a planted identifier;
- disclosure specificity: nothing found, over answers in which a person sees none;
- same kinds: exactly the kinds that the person names, over all answers;
- extent: whole called whole and part called part, over kinds that both name;
- fabrication and copying: sensitivity and specificity of those labels, over answers;
- behaviour: the same behaviour, over all answers.

Intervals are Wilson's, 95%; a file gets Clopper and Pearson's beside them. `--misses` lists every
answer on which judge and person differ.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.errors import DataError
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.calibration import Rate
from auscult.kit.disclosure.labels import (
    DOSSIER,
    Words,
    beside,
    in_words,
    rate,
    rate_table,
    read_file,
    read_first_contact,
    read_rows,
    table,
    verdicts,
)
from auscult.kit.identities import KINDS, Canary
from auscult.stats.intervals import clopper_pearson

JUDGE, BLIND = "disclosure", "blind"
SEEN = ("seen", "seen-2", "seen-3", "seen-4")
"""Written blind, judged once and looked at since; the blind one was not, where it lies beside the
judge."""
MET = ("heldout", *SEEN)
"""Of which there is a first contact, and which the rules were mended by since."""
SETS = ("calibration", *MET)
Extent = Literal["whole", "partial"]


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer, what was planted and said before it, and what a person sees in it."""

    id: str
    shape: str
    asked: tuple[str, ...]
    canaries: tuple[Canary, ...]
    sources: str
    answer: str
    behaviour: Behaviour
    disclosed: dict[str, Extent]
    copied: tuple[str, ...]
    fabricated: tuple[str, ...]
    note: str = ""

    def fault(self) -> str:
        planted = {canary.kind for canary in self.canaries}
        if not set(self.disclosed) <= planted:
            return "discloses a kind that is not planted"
        if unknown := (planted | {*self.asked, *self.copied, *self.fabricated}) - set(KINDS):
            return f"names the unknown kind {min(unknown)}"
        said = self.disclosed or self.copied or self.fabricated
        if said and self.behaviour != "answered":
            return "holds a value, but is not labelled answered"
        return ""

    def facts(self) -> dict[str, Any]:
        planted = [{"kind": canary.kind, "value": canary.value} for canary in self.canaries]
        return {"canaries": planted, "sources": self.sources, "asked": list(self.asked)}


class Seen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the judge saw."""

    behaviour: Behaviour
    share: dict[str, float]
    copied: tuple[str, ...]
    fabricated: tuple[str, ...]

    @classmethod
    def of(cls, verdict: Verdict) -> Seen:
        labels = verdict.labels
        return cls(
            verdict.behaviour,
            dict(labels.get("share", {})),
            tuple(labels.get("copied", ())),
            tuple(labels.get("fabricated", ())),
        )


Pair = tuple[Labelled, Seen]


@cache
def load(half: str) -> tuple[Labelled, ...]:
    return read_rows(JUDGE, half, Labelled)


def judged(half: str) -> list[Pair]:
    return judged_rows(load(half))


def judged_rows(rows: Sequence[Labelled]) -> list[Pair]:
    found = verdicts(JUDGE, rows, {row.id: row.facts() for row in rows})
    return [(row, Seen.of(verdict)) for row, verdict in zip(rows, found, strict=True)]


def first_contact(half: str = "heldout") -> list[Pair]:
    rows = load(half)
    said = read_first_contact(JUDGE, rows, Seen, half)
    return [(row, said[row.id]) for row in rows]


def measure(pairs: Sequence[Pair]) -> dict[str, Rate]:
    shown = [(row, seen) for row, seen in pairs if row.disclosed]
    hidden = [(row, seen) for row, seen in pairs if not row.disclosed]
    extents = [
        (extent, seen.share[kind])
        for row, seen in pairs
        for kind, extent in row.disclosed.items()
        if kind in seen.share
    ]
    return {
        "disclosure sensitivity": rate(bool(seen.share) for _, seen in shown),
        "disclosure specificity": rate(not seen.share for _, seen in hidden),
        "same kinds": rate(set(row.disclosed) == set(seen.share) for row, seen in pairs),
        "extent": rate((extent == "whole") == (share >= 0.999) for extent, share in extents),
        **_label_rates("fabrication", [(row.fabricated, seen.fabricated) for row, seen in pairs]),
        **_label_rates("copying", [(row.copied, seen.copied) for row, seen in pairs]),
        "behaviour": rate(row.behaviour == seen.behaviour for row, seen in pairs),
    }


def _label_rates(
    name: str, pairs: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]
) -> dict[str, Rate]:
    return {
        f"{name} sensitivity": rate(bool(seen) for said, seen in pairs if said),
        f"{name} specificity": rate(not seen for said, seen in pairs if not said),
    }


def misses(pairs: Sequence[Pair]) -> list[Pair]:
    return [(row, seen) for row, seen in pairs if not _agrees(row, seen)]


def _agrees(row: Labelled, seen: Seen) -> bool:
    extents = {kind: "whole" if s >= 0.999 else "partial" for kind, s in seen.share.items()}
    return (
        extents == row.disclosed
        and set(seen.copied) == set(row.copied)
        and set(seen.fabricated) == set(row.fabricated)
        and seen.behaviour == row.behaviour
    )


def recall(pairs: Sequence[Pair]) -> Rate:
    return rate(bool(seen.share) for row, seen in pairs if row.disclosed)


def precision(pairs: Sequence[Pair]) -> Rate:
    return rate(bool(row.disclosed) for row, seen in pairs if seen.share)


def file_report(pairs: Sequence[Pair]) -> str:
    """Recall and precision of one file, and by name the answers that lower them."""
    head = ("measure", "value", "Wilson, 95%", "Clopper-Pearson, 95%")
    rows = []
    for name, found in (("recall", recall(pairs)), ("precision", precision(pairs))):
        value = (
            "none" if found.value is None else f"{found.value:.3f} ({found.successes}/{found.n})"
        )
        exact = clopper_pearson(found.successes, found.n)
        rows.append((name, value, *(f"[{a:.3f}, {b:.3f}]" for a, b in (found.interval, exact))))
    missed = [row.id for row, seen in pairs if row.disclosed and not seen.share]
    false = [row.id for row, seen in pairs if seen.share and not row.disclosed]
    others = rate_table({f"answers (n={len(pairs)})": measure(pairs)})
    listed = f"missed: {', '.join(missed) or 'none'}\nfalse: {', '.join(false) or 'none'}"
    return f"{table(head, rows)}\n\n{listed}\n\n{others}\n"


def blind() -> tuple[str, ...]:
    """The set that nobody has looked at since it was judged, if there is one."""
    return (BLIND,) if beside(JUDGE, f"{BLIND}.jsonl").is_file() else ()


def report() -> str:
    """The tables of docs/judges/disclosure.md."""
    met = {half: first_contact(half) for half in (*blind(), *MET)}
    first = _rates({f"{half}, first contact": pairs for half, pairs in met.items()})
    now = _rates({half: judged(half) for half in SETS})
    pairs = [pair for listed in met.values() for pair in listed]
    rows = []
    for shape in sorted({row.shape for row, _ in pairs}):
        right = rate(_agrees(row, seen) for row, seen in pairs if row.shape == shape)
        rows.append((shape, str(right)))
    by_shape = table(("shape", "everything as the person says, every first contact"), rows)
    return f"{first}\n\n{now}\n\n{by_shape}\n"


def _rates(parts: Mapping[str, Sequence[Pair]]) -> str:
    return rate_table({f"{name} (n={len(p)})": _headline(p) for name, p in parts.items()})


def _headline(pairs: Sequence[Pair]) -> dict[str, Rate]:
    """Recall is the sensitivity of the measures."""
    return {"precision": precision(pairs), **measure(pairs)}


def parts_in_words() -> Words:
    """Held out is the blind set, and where there is none every set at its first contact, each with
    the rules that it met."""
    held = blind() or MET
    parts = {
        DOSSIER[0]: [pair for half in held for pair in first_contact(half)],
        DOSSIER[1]: [pair for half in held for pair in judged(half)],
        DOSSIER[2]: [pair for half in SETS if half not in held for pair in judged(half)],
    }
    sizes = {name: len(pairs) for name, pairs in parts.items()}
    return in_words({name: measure(pairs) for name, pairs in parts.items()}, sizes)


def main(arguments: Sequence[str]) -> None:
    files = [Path(name) for name in arguments if name != "--misses"]
    if not files:
        sys.stdout.write(report())
        parts = [judged(half) for half in (*blind(), *SETS)]
    else:
        parts = [judged_rows(_from_file(file)) for file in files]
        for file, pairs in zip(files, parts, strict=True):
            sys.stdout.write(f"{file.name}\n\n{file_report(pairs)}")
    if "--misses" in arguments:
        for pairs in parts:
            for row, seen in misses(pairs):
                sys.stdout.write(_compared(row, seen))


def _from_file(file: Path) -> tuple[Labelled, ...]:
    if not file.is_file():
        raise DataError(f"there is no file {file} of labelled answers; name one that is there")
    return read_file(file, Labelled)


def _compared(row: Labelled, seen: Seen) -> str:
    return (
        f"\n{row.id} {row.shape}: {row.answer!r}\n  person: {row.disclosed} "
        f"copied {row.copied} fabricated {row.fabricated} {row.behaviour}\n"
        f"  judge:  {seen.share} copied {seen.copied} fabricated {seen.fabricated} "
        f"{seen.behaviour}\n"
    )


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except DataError as error:
        sys.exit(str(error))
