"""What people's labels say: of the judge, of each other, and of the rates that rest on the judge.

Rates come from the random part alone. Its items are in a shuffled order, and labels count up to
the first item without one, so who stops early or picks what to read bends nothing. Queues drawn
from the same verdicts are taken together: within a stratum all verdicts are as likely to be among
the labelled, so each label stands for (verdicts of the stratum / labels in it) verdicts. Priority
labels overturn what they were given for and enter no rate.

The label that counts is the last word of each reader, then the majority; at a tie the one of
whoever read first, as if the item had had that reader alone, and the item is listed for a further
reader.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.judge_agreement import Share
from auscult.kit.review.records import Drawn, Label, Queue, Review
from auscult.kit.review.scheme import CANNOT_TELL

if TYPE_CHECKING:
    from auscult.stats.confusion import Share as Rate

NOTHING = Share(None, None, None, 0, 0, "")
AGREE, DIFFER, ANY = "agree", "differ", "any"


class Settled(msgspec.Struct, frozen=True):
    """An item with the people's label that counts."""

    item: Drawn
    label: str
    readers: dict[str, str]
    """Each reader's last word."""
    tied: bool

    @property
    def overturns(self) -> bool:
        return self.label != CANNOT_TELL and self.label != self.item.judged


class Sampled(msgspec.Struct, frozen=True):
    """A label of the random part that counts, with the chance it stands for."""

    item: Drawn
    label: str
    inclusion: float


class Sample(msgspec.Struct, frozen=True):
    """All that may enter a rate. `why_not` says in a sentence why nothing may."""

    kept: tuple[Sampled, ...]
    waiting: int
    """Labels given behind an item that has none yet."""
    cannot_tell: int
    stale: int
    """Labels of queues drawn from other verdicts than the run has now."""
    why_not: str


class Between(msgspec.Struct, frozen=True):
    """Two readers, on the items of both parts that both labelled."""

    first: str
    second: str
    n: int
    agree: int
    confusion: dict[str, dict[str, int]]
    kappa: Share
    """Of the random part, weighted."""


class Judged(msgspec.Struct, frozen=True):
    """The judge against people, on this run: weighted, by cluster, random part alone."""

    n: int
    agreement: Share
    kappa: Share
    sensitivity: dict[str, Share]
    """By label: how much of what people call so the judge calls so."""
    specificity: dict[str, Share]
    confusion: dict[str, dict[str, int]]
    """Counts, by the people's label and the judge's."""


# --- what counts --------------------------------------------------------------------------------


def settled(review: Review) -> list[Settled]:
    words: dict[str, dict[str, Label]] = {}
    for label in sorted(review.labels, key=lambda one: one.at):
        own = words.setdefault(label.item, {})
        own.pop(label.reviewer, None)  # a changed word is given when it is changed
        own[label.reviewer] = label
    return [_settled(item, words[item.id]) for item in review.items if item.id in words]


def _settled(item: Drawn, words: Mapping[str, Label]) -> Settled:
    said = {name: label.label for name, label in words.items()}
    votes = Counter(label for label in said.values() if label != CANNOT_TELL)
    if not votes:
        return Settled(item, CANNOT_TELL, said, tied=False)
    most = max(votes.values())
    best = [label for label, count in votes.items() if count == most]
    chosen = next(label for label in said.values() if label in best)
    return Settled(item, chosen, said, tied=len(best) > 1)


def sample_of(reviews: Sequence[Review], frame: str) -> Sample:
    """`frame` is the digest of the run's verdicts as they are now."""
    usable = [review for review in reviews if review.queue.frame == frame]
    stale = sum(len(r.labels) for r in reviews if r.queue.frame != frame)
    labels: dict[tuple[str, int, str, int], Settled] = {}
    waiting = cannot_tell = 0
    for review in usable:
        said = {one.item.id: one for one in settled(review)}
        gap = False
        for item in review.items:
            if item.part != "random":
                continue
            one = said.get(item.id)
            gap = gap or one is None
            if one is None:
                continue
            if gap:
                waiting += 1
            elif one.label == CANNOT_TELL:
                cannot_tell += 1
            else:
                labels.setdefault(item.trial, one)
    if not usable or not labels:
        return Sample((), waiting, cannot_tell, stale, _why_none(changed=not usable))
    strata = {name: one.size for name, one in usable[0].queue.strata.items()}
    held = Counter(one.item.stratum for one in labels.values())
    kept = tuple(
        Sampled(one.item, one.label, held[one.item.stratum] / strata[one.item.stratum])
        for one in labels.values()
    )
    unseen = [name for name, size in strata.items() if size and not held[name]]
    why = f"no label yet among the verdicts '{unseen[0]}'." if unseen else ""
    return Sample(kept, waiting, cannot_tell, stale, why)


def _why_none(*, changed: bool) -> str:
    if changed:
        return (
            "the run's verdicts have changed since the queue was drawn (it has grown, or cases "
            "were asked again): the new ones had no chance of being picked; draw a queue from them."
        )
    return "no verdict of the random part has a label yet."


# --- the judge, and the readers among themselves ------------------------------------------------


def judge_measured(sample: Sample, queue: Queue) -> Judged:
    from auscult.stats import agreement
    from auscult.stats.confusion import confusion

    kept = sample.kept
    if not kept or sample.why_not:
        return Judged(0, NOTHING, NOTHING, {}, {}, {})
    truth, judged = [one.label for one in kept], [one.item.judged for one in kept]
    levels = tuple(dict.fromkeys((*queue.labels, *truth, *judged)))
    shares = [one.inclusion for one in kept]
    clusters = [one.item.cluster for one in kept]
    found = agreement.labels(truth, judged, shares, levels=levels, cluster=clusters)
    same = [AGREE if a == b else DIFFER for a, b in zip(truth, judged, strict=True)]
    # Of "any" truth the judge agrees or differs: a rate like another, so its interval is theirs.
    whole = confusion(
        agreement.labels([ANY] * len(kept), same, shares, levels=(ANY, AGREE, DIFFER),
                         cluster=clusters)
    )  # fmt: skip
    matrix = confusion(found)
    wanted = [queue.positive] if queue.positive else [x for x in levels if x in truth]
    n = matrix.n_clusters
    return Judged(
        len(kept),
        _share(whole.rates[0][1], n),
        _kappa(agreement.kappa(found)),
        {x: _share(matrix.sensitivity(x), n) for x in wanted},
        {x: _share(matrix.specificity(x), n) for x in wanted},
        _table(zip(truth, judged, strict=True)),
    )


def between(reviews: Sequence[Review]) -> list[Between]:
    """Every two readers who labelled some of the same items."""
    both: dict[tuple[str, str], list[tuple[Drawn, str, str]]] = {}
    for review in reviews:
        for one in settled(review):
            for first, second in combinations(sorted(one.readers), 2):
                words = (one.item, one.readers[first], one.readers[second])
                both.setdefault((first, second), []).append(words)
    return [_between(first, second, rows) for (first, second), rows in sorted(both.items())]


def _between(first: str, second: str, rows: Sequence[tuple[Drawn, str, str]]) -> Between:
    from auscult.stats import agreement

    told = [row for row in rows if CANNOT_TELL not in row[1:]]
    levels = tuple(sorted({word for _, *words in told for word in words}))
    kappa = NOTHING
    if len(levels) > 1:
        chances = [item.inclusion for item, _, _ in told]
        found = agreement.labels(
            [one for _, one, _ in told], [other for _, _, other in told],
            [float("nan") if chance is None else chance for chance in chances],
            levels=levels, cluster=[item.cluster for item, _, _ in told],
        )  # fmt: skip
        kappa = _kappa(agreement.kappa(found))
    same = sum(one == other for _, one, other in rows)
    return Between(first, second, len(rows), same, _table((a, b) for _, a, b in rows), kappa)


def _table(pairs: Any) -> dict[str, dict[str, int]]:
    table: dict[str, dict[str, int]] = {}
    for row, column in pairs:
        held = table.setdefault(row, {})
        held[column] = held.get(column, 0) + 1
    return table


def _share(found: Rate | None, clusters: int) -> Share:
    if found is None:
        return NOTHING
    return Share(found.value, found.low, found.high, found.n, clusters, found.method)


def _kappa(found: Any) -> Share:
    method = found.note or found.method
    return Share(found.value, found.low, found.high, found.n, found.n_clusters, method)


def overturned(reviews: Sequence[Review]) -> Iterator[Settled]:
    """Single verdicts of either part that people read otherwise."""
    for review in reviews:
        for one in settled(review):
            if one.overturns:
                yield one
