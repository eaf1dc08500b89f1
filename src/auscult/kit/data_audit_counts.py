"""Counting for the data audit: shares with their denominators, constants, and lookups.

A lookup knows one thing about a question (its options, its wording) and answers with what was the
commonest answer there. Cross-validated, it has not seen the cases of the same picture or patient.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

import msgspec

from auscult.kit.disk_index import digest64

FOLDS = 5


class Share(msgspec.Struct, frozen=True):
    n: int
    of: int

    @property
    def value(self) -> float:
        return self.n / self.of if self.of else 0.0


class Lookup(msgspec.Struct, frozen=True):
    """What can be had without the picture. `constant` is the best single answer to the same cases:
    the lookup tells something only beyond it."""

    by: str
    distinct: int
    """Different values of what is looked up."""
    settled: int
    """Of them, how many have one answer alone."""
    in_sample: Share
    cross_validated: Share
    constant: Share


class GroupShare(msgspec.Struct, frozen=True):
    group: str
    level: str
    share: Share


class Constant(msgspec.Struct, frozen=True):
    """The best single answer to the questions of one kind, and what it scores in each group."""

    kind: str
    answer: str
    share: Share
    groups: tuple[GroupShare, ...] = ()


def commonest(counts: Iterable[tuple[str, int]]) -> str:
    """The alphabet decides between equals, so that a report is the same every time."""
    return min(counts, key=lambda pair: (-pair[1], pair[0]), default=("", 0))[0]


def fold_of(cluster: str) -> int:
    return digest64(cluster.encode("utf-8", "replace")) % FOLDS


class LookupTable:
    """Answers counted by feature and fold. Features are kept as digests."""

    def __init__(self) -> None:
        self._counts: dict[int, dict[str, list[int]]] = {}
        self._all: dict[str, list[int]] = {}

    def add(self, feature: str, answer: str, fold: int) -> None:
        place = self._counts.setdefault(digest64(feature.encode("utf-8", "replace")), {})
        place.setdefault(answer, [0] * FOLDS)[fold] += 1
        self._all.setdefault(answer, [0] * FOLDS)[fold] += 1

    def result(self, by: str) -> Lookup | None:
        total = sum(map(sum, self._all.values()))
        if not total:
            return None
        best = max(sum(folds) for folds in self._all.values())
        return Lookup(
            by,
            distinct=len(self._counts),
            settled=sum(len(answers) == 1 for answers in self._counts.values()),
            in_sample=Share(
                sum(max(map(sum, answers.values())) for answers in self._counts.values()), total
            ),
            cross_validated=Share(sum(self._hits(fold) for fold in range(FOLDS)), total),
            constant=Share(best, total),
        )

    def _hits(self, fold: int) -> int:
        """Right answers in one fold of a lookup made from the others; what they never saw gets
        their commonest answer."""
        unseen = commonest((a, sum(folds) - folds[fold]) for a, folds in self._all.items())
        hits = 0
        for answers in self._counts.values():
            known = [(a, sum(f) - f[fold]) for a, f in answers.items() if sum(f) > f[fold]]
            said = commonest(known) if known else unseen
            hits += answers[said][fold] if said in answers else 0
        return hits


class Priors:
    """Answers by kind and by group, for what a constant answer scores."""

    def __init__(self) -> None:
        self._answers: dict[str, Counter[str]] = {}
        self._groups: dict[str, Counter[tuple[str, str, str]]] = {}

    def add(self, kind: str, answer: str, groups: dict[str, str]) -> None:
        self._answers.setdefault(kind, Counter())[answer] += 1
        counts = self._groups.setdefault(kind, Counter())
        counts.update((group, level, answer) for group, level in groups.items())

    def results(self) -> tuple[Constant, ...]:
        return tuple(self._constant(kind) for kind in sorted(self._answers))

    def _constant(self, kind: str) -> Constant:
        answers, counts = self._answers[kind], self._groups[kind]
        answer = commonest(answers.items())
        sizes: Counter[tuple[str, str]] = Counter()
        for (group, level, _), n in counts.items():
            sizes[group, level] += n
        return Constant(
            kind,
            answer,
            Share(answers[answer], answers.total()),
            tuple(
                GroupShare(group, level, Share(counts[group, level, answer], size))
                for (group, level), size in sorted(sizes.items())
            ),
        )
