"""How far a judge agrees with the people who labelled the same answers.

Agreement is the share of rows in which judge and person say the same; where the judge names a
`positive` label, the headline is agreement on that label or not. A cluster is a prompt, so that
answers of several models to one prompt do not count as independent. What the judge could not read
is missing: it is counted, left out of every rate, and bounds say what it could come to.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec


class Pair(msgspec.Struct, frozen=True):
    """What a person and what the judge said of one answer; `judged` is empty where it said
    nothing that could be read, and `cause` says why."""

    prompt: str
    slice: str
    truth: str
    judged: str
    baseline: str = ""
    cause: str = ""


class Share(msgspec.Struct, frozen=True):
    value: float | None
    low: float | None
    high: float | None
    n: int
    n_clusters: int
    method: str


class Measured(msgspec.Struct, frozen=True):
    """One set of answers. `agreement` is of the positive label or not, where there is one."""

    n: int
    """Answers that the judge could read."""
    agreement: Share
    exact: Share
    found: Share | None
    """Share found of what people call the positive label."""
    kept_out: Share | None
    """Share not called so, of the rest."""
    baseline: Share | None
    confusion: dict[str, dict[str, int]]
    """By the person's label and the judge's."""
    unread: dict[str, int] = {}
    """Answers without a reading of the judge, by cause."""
    bounds: tuple[float, float] | None = None
    """Agreement if it had been wrong, and if it had been right, in all that it did not read."""


def measure(pairs: Sequence[Pair], positive: str = "") -> Measured:
    read = [p for p in pairs if p.judged]
    unread = dict(sorted(Counter(p.cause for p in pairs if not p.judged).items()))
    exact = _share([(p.prompt, p.truth == p.judged) for p in read])
    table: dict[str, dict[str, int]] = {}
    for p in read:
        row = table.setdefault(p.truth, {})
        row[p.judged] = row.get(p.judged, 0) + 1
    if not positive:
        bounds = _bounds(exact, len(pairs))
        return Measured(len(read), exact, exact, None, None, None, table, unread, bounds)

    def is_so(label: str) -> bool:
        return label == positive

    agreement = _share([(p.prompt, is_so(p.truth) == is_so(p.judged)) for p in read])
    matched = [(p.prompt, is_so(p.truth) == is_so(p.baseline)) for p in read if p.baseline]
    return Measured(
        len(read),
        agreement,
        exact,
        _share([(p.prompt, is_so(p.judged)) for p in read if is_so(p.truth)]),
        _share([(p.prompt, not is_so(p.judged)) for p in read if not is_so(p.truth)]),
        _share(matched) if matched else None,
        table,
        unread,
        _bounds(agreement, len(pairs)),
    )


def by_slice(pairs: Sequence[Pair], positive: str = "") -> dict[str, Measured]:
    names = sorted({p.slice for p in pairs if p.slice})
    return {name: measure([p for p in pairs if p.slice == name], positive) for name in names}


def kappa(pairs: Sequence[Pair], levels: Sequence[str]) -> Share:
    """Cohen's kappa over all labels: agreement beyond what the two margins give by chance."""
    from auscult.stats import agreement

    read = [p for p in pairs if p.judged]
    if not read:
        return Share(None, None, None, 0, 0, "")
    found = agreement.kappa(
        agreement.labels(
            [p.truth for p in read],
            [p.judged for p in read],
            1.0,
            levels=levels,
            cluster=[p.prompt for p in read],
        )
    )
    method = found.note or found.method
    return Share(found.value, found.low, found.high, found.n, found.n_clusters, method)


def _bounds(share: Share, whole: int) -> tuple[float, float] | None:
    if not whole:
        return None
    hits = round((share.value or 0.0) * share.n)
    return hits / whole, (hits + whole - share.n) / whole


def _share(hits: Sequence[tuple[str, bool]]) -> Share:
    import numpy as np

    from auscult.stats.rates import Tally, cluster_interval

    if not hits:
        return Share(None, None, None, 0, 0, "")
    sums: dict[str, list[int]] = {}
    for cluster, hit in hits:
        held = sums.setdefault(cluster, [0, 0])
        held[0] += hit
        held[1] += 1
    table = np.array(list(sums.values()), dtype=np.float64)
    found = cluster_interval(Tally(table[:, 0], table[:, 1]))
    return Share(found.value, found.low, found.high, len(hits), len(sums), found.method)
