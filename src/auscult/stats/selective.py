"""What confidence is good for: telling right answers from wrong, and knowing when to hand over.

Ranking is AUROC; handing over is the risk-coverage curve, the share of wrong answers among the most
confident part of them (El-Yaniv and Wiener 2010), and its area (Geifman and El-Yaniv 2017). Answers
of equal confidence can't be told apart, so every figure is the mean over all orders of such ties:
nothing depends on the order of the rows. An outcome between 0 and 1 counts as that much of a right
answer and the rest of a wrong one (our extension).

Intervals of the areas come from the cluster bootstrap, with two pseudo-clusters of average size
added, one all right and one all wrong, and widened by Student's t over the normal quantile. That is
Bonett and Price's (2012) device, ours where it meets an area: no interval has width zero only
because nothing went wrong yet. In the draws alone, confidences are grouped into a hundred.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.bootstrap import MOST, SEED, percentile, resampled
from auscult.stats.intervals import t_quantile, z_quantile

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

GROUPS = 100
EDGE = 1e-12
OBUCHOWSKI = "cluster-robust variance of the ranks (Obuchowski 1997), logit, Student's t"
NEWCOMBE = "score interval for an area (Newcombe 2006) on the clusters with right and wrong answers"
ONE_CLUSTER = "one cluster: the whole range"
BOOTSTRAP = "cluster bootstrap with two pseudo-clusters, Student's t"


class Forecasts(msgspec.Struct, frozen=True):
    """Confidence and outcome, one row an answer, ranked so that row order is forgotten. Clusters
    are numbered from 0."""

    confidence: Any
    outcome: Any
    cluster: Any
    clusters: int

    @property
    def n(self) -> int:
        return len(self.confidence)


class Figure(msgspec.Struct, frozen=True):
    value: float
    low: float
    high: float
    method: str


class Curve(msgspec.Struct, frozen=True):
    """Points where a block of equal confidence ends: hand over what lies under `threshold`."""

    coverage: Any
    risk: Any
    threshold: Any


class Selective(msgspec.Struct, frozen=True):
    """`oracle` is the area had every right answer been surer than every wrong one; `risk` is the
    area of a random order, and the share of wrong answers at full coverage."""

    area: Figure
    over_oracle: Figure
    over_random: Figure
    at: dict[float, Figure]
    oracle: float
    risk: float


class Resample(msgspec.Struct, frozen=True):
    """Bootstrap totals per draw, the totals they scatter about, those without pseudo-clusters,
    and how much to widen the scatter."""

    draws: Any
    centre: Any
    seen: Any
    widen: float


def forecasts(confidence: Any, outcome: Any, cluster: Any = None) -> Forecasts:
    """Checks and ranks the arrays. Without clusters every row is one of its own."""
    import numpy as np

    sure, right = unit_array(confidence, "confidence"), unit_array(outcome, "outcome")
    if len(sure) != len(right):
        raise ValueError(f"{len(sure)} confidences do not match {len(right)} outcomes")
    if not len(sure):
        raise ValueError("there is no confidence to read")
    if cluster is None:
        order = np.lexsort((right, sure))
        return Forecasts(sure[order], right[order], np.arange(len(sure)), len(sure))
    code, clusters = numbered(cluster, len(sure))
    order = np.lexsort((code, right, sure))
    return Forecasts(sure[order], right[order], code[order], clusters)


def unit_array(values: Any, name: str) -> Floats:
    """The values as floats, each a number from 0 to 1."""
    import numpy as np

    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1:
        raise ValueError(f"{name} must be one number a row, not {found.ndim} dimensions")
    if not ((found >= 0) & (found <= 1)).all():
        raise ValueError(f"every {name} must lie from 0 to 1")
    return found


def numbered(cluster: Any, rows: int) -> tuple[Integers, int]:
    """Clusters as numbers from 0, in the order of their names."""
    import numpy as np

    names, code = np.unique(np.asarray(cluster), return_inverse=True)
    if code.shape != (rows,):
        raise ValueError(f"{rows} rows need as many clusters, not {code.size}")
    return code, len(names)


def mass_bins(ranked: Floats, bins: int) -> Integers:
    """The bin of each value of a sorted array, numbered from 0: as equal in mass as whole blocks of
    ties allow. A block goes where its middle lies; bins that get none are dropped."""
    import numpy as np

    if bins < 1:
        raise ValueError(f"there must be at least one bin, not {bins}")
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    sizes = np.diff(np.append(starts, len(ranked)))
    place = bins * (2 * starts + sizes) // (2 * len(ranked))
    return np.repeat(np.unique(place, return_inverse=True)[1], sizes)


def block_sums(
    scored: Forecasts, keys: Integers, width: int, columns: Sequence[Any], seed: int = SEED
) -> Floats:
    """One row per cluster: of each column, its sums by key. More clusters than the bootstrap keeps
    apart are joined at random here, before a table of all of them would fill the memory."""
    import numpy as np

    place, rows = scored.cluster, min(scored.clusters, MOST)
    if scored.clusters > MOST:
        generator = np.random.Generator(np.random.PCG64(seed))
        place = (generator.permutation(scored.clusters) % MOST)[place]
    cells = place * width + keys
    parts = [np.bincount(cells, weights=w, minlength=rows * width) for w in columns]
    return np.concatenate([part.reshape(rows, width) for part in parts], axis=1)


def resample(
    sums: Floats, pseudo: Sequence[Any], clusters: int, level: float, seed: int = SEED
) -> Resample:
    """Draws of the clusters together with pseudo-clusters, given as totals over all clusters."""
    import numpy as np

    table = np.vstack([sums, *(np.asarray(row)[None] / clusters for row in pseudo)])
    rows = len(table)
    widen = t_quantile(clusters + 1, level) / z_quantile(level) * sqrt(rows / (rows - 1))
    drawn = resampled(table, seed=seed, most=rows)
    return Resample(drawn, table.sum(axis=0)[None], sums.sum(axis=0)[None], widen)


def bootstrapped(
    value: float,
    statistic: Callable[[Any], Any],
    sample: Resample,
    level: float,
    limits: tuple[float, float] = (0.0, 1.0),
) -> Figure:
    """The value with the spread of the statistic over the draws, about it and about where the
    pseudo-clusters put it: with few clusters either alone misses too often."""
    centre = statistic(sample.centre)
    below, above = percentile((statistic(sample.draws) - centre) * sample.widen, level)
    shift = float((centre - statistic(sample.seen))[0])
    low, high = value + min(0.0, shift) + below, value + max(0.0, shift) + above
    return within(value, low, high, limits, BOOTSTRAP)


def within(
    value: float, low: float, high: float, limits: tuple[float, float], method: str
) -> Figure:
    """An interval cut to its range that holds its value."""
    floor, ceiling = limits
    value = min(max(float(value), floor), ceiling)
    low, high = min(value, max(floor, float(low))), max(value, min(ceiling, float(high)))
    return Figure(value, low, high, method)


def auroc(scored: Forecasts, level: float = 0.95) -> Figure | None:
    """The chance that a right answer has a higher confidence than a wrong one, ties half (Mann and
    Whitney 1947, exact). None where all answers are right, or all wrong.

    The variance is Obuchowski's (1997) for clusters, which is DeLong's (1988) where each has one
    answer. It fails at an area of 0 or 1, and where right or wrong answers are of one cluster only:
    there Newcombe's (2006) score interval stands in, counting clusters and not answers."""
    import numpy as np

    quantile = t_quantile(max(1, scored.clusters - 1), level)
    right, wrong = scored.outcome, 1 - scored.outcome
    rights, wrongs = float(right.sum()), float(wrong.sum())
    if not rights or not wrongs:
        return None
    above, below = _share_under(scored.confidence, wrong), _share_under(scored.confidence, right)
    # A wrong answer is beaten by those right ones that it does not lie over.
    over_wrong, under_right = above / wrongs, 1 - below / rights
    area = float((right * over_wrong).sum()) / rights
    by = [
        np.bincount(scored.cluster, weights=w, minlength=scored.clusters)
        for w in (right, wrong, right * over_wrong, wrong * under_right)
    ]
    with_right, with_wrong = int((by[0] > 0).sum()), int((by[1] > 0).sum())
    if scored.clusters == 1:
        return Figure(area, 0.0, 1.0, ONE_CLUSTER)
    if EDGE < area < 1 - EDGE and min(with_right, with_wrong) > 1:
        first, second = by[2] - area * by[0], by[3] - area * by[1]
        variance = with_right / (with_right - 1) * float((first**2).sum()) / rights**2
        variance += with_wrong / (with_wrong - 1) * float((second**2).sum()) / wrongs**2
        joint = scored.clusters / (scored.clusters - 1) * float((first * second).sum())
        variance += 2 * joint / (rights * wrongs)
        if variance > EDGE:
            half = quantile * sqrt(variance) / (area * (1 - area))
            middle = log(area / (1 - area))
            return within(
                area, _logistic(middle - half), _logistic(middle + half), (0, 1), OBUCHOWSKI
            )
    low, high = _newcombe(area, with_right, with_wrong, z_quantile(level))
    return within(area, low, high, (0, 1), NEWCOMBE)


def _share_under(ranked: Floats, weight: Floats) -> Floats:
    """For each value the weight of all that lie under it, and half of those it ties with."""
    import numpy as np

    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    block = np.add.reduceat(weight, starts)
    middle = np.cumsum(block) - block / 2
    return np.repeat(middle, np.diff(np.append(starts, len(ranked))))


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > 0 else exp(value) / (1 + exp(value))


def _newcombe(area: float, rights: int, wrongs: int, z: float) -> tuple[float, float]:
    """Where the observed area lies z standard errors of the supposed one away from it; Newcombe's
    fifth method, on Hanley and McNeil's (1982) variance with both counts at their mean."""
    from scipy.optimize import brentq

    extra = (rights + wrongs) / 2 - 1

    def distance(supposed: float) -> float:
        shape = 1 + extra * ((1 - supposed) / (2 - supposed) + supposed / (1 + supposed))
        variance = supposed * (1 - supposed) * shape / (rights * wrongs)
        return float((area - supposed) ** 2 - z * z * variance)

    low = brentq(distance, 0.0, min(area, 1 - EDGE)) if area > EDGE else 0.0
    high = brentq(distance, max(area, EDGE), 1.0) if area < 1 - EDGE else 1.0
    return float(low), float(high)


def risk_coverage(scored: Forecasts) -> Curve:
    """The share of wrong answers among those at least as sure as each threshold, surest first."""
    import numpy as np

    starts, counts, losses = _tied(scored.confidence[::-1], 1 - scored.outcome[::-1])
    taken = np.cumsum(counts)
    threshold = scored.confidence[::-1][starts]
    return Curve(taken / scored.n, np.cumsum(losses) / taken, threshold)


def selective(
    scored: Forecasts,
    coverages: Sequence[float] = (0.5, 0.8, 0.9),
    level: float = 0.95,
    seed: int = SEED,
) -> Selective:
    """The area under the risk-coverage curve, what it has over the best order of the same answers
    (the E-AURC of Geifman, Uziel and El-Yaniv 2019) and over a random one, and the risk when the
    surest part is answered. The area is the mean over k of the risk of the k surest."""
    import numpy as np

    if not all(0 < share <= 1 for share in coverages):
        raise ValueError("every coverage must lie over 0 and not over 1")
    loss = 1 - scored.outcome
    best = np.sort(loss)
    ranked = _tied(scored.confidence[::-1], loss[::-1])[1:]
    risk, oracle = float(best.sum()) / scored.n, float(_area(*_tied(best, best)[1:]))
    area = float(_area(*ranked))
    sample, cuts = _draws(scored, loss, level, seed)

    def figure(value: float, statistic: Callable[[Any], Any], floor: float = 0.0) -> Figure:
        if scored.clusters == 1:
            return Figure(value, floor, 1.0, ONE_CLUSTER)
        drawn = _ordered_draws(scored, loss, level, seed) if floor else sample
        return bootstrapped(value, statistic, drawn, level, (floor, 1.0))

    def at(share: float) -> Figure:
        value = float(_risk_at(*ranked, share))
        return figure(value, lambda t: _risk_at(t[:, : cuts[0]], t[:, cuts[0] : cuts[1]], share))

    return Selective(
        figure(area, lambda t: _area(t[:, : cuts[0]], t[:, cuts[0] : cuts[1]])),
        figure(area - oracle, lambda t: _over_oracle(*np.split(t, cuts, 1))),
        figure(area - risk, lambda t: _over_random(*np.split(t, 2, 1)), -1.0),
        {share: at(share) for share in coverages},
        oracle,
        risk,
    )


def _draws(scored: Forecasts, loss: Floats, level: float, seed: int) -> tuple[Resample, list[int]]:
    """Totals by confidence, surest first, and by loss, least first: counts and losses of each."""
    import numpy as np

    surest = mass_bins(scored.confidence, GROUPS)
    surest = surest[-1] - surest
    order = np.argsort(loss, kind="stable")
    # The groups at both ends are kept for the pseudo-clusters.
    least = np.empty(scored.n, dtype=np.int64)
    least[order] = 1 + mass_bins(loss[order], GROUPS)
    widths = int(surest.max()) + 1, int(least.max()) + 2
    sums = [
        block_sums(scored, keys, width, [np.ones(scored.n), loss], seed)
        for keys, width in zip((surest, least), widths, strict=True)
    ]
    counts = np.bincount(surest, minlength=widths[0])
    first, last = (np.bincount([end], [scored.n], widths[1]) for end in (0, widths[1] - 1))
    right = np.concatenate((counts, 0 * counts, first, 0 * first))
    wrong = np.concatenate((counts, counts, last, last))
    cuts = [widths[0], 2 * widths[0], 2 * widths[0] + widths[1]]
    return resample(np.hstack(sums), (right, wrong), scored.clusters, level, seed), cuts


def _ordered_draws(scored: Forecasts, loss: Floats, level: float, seed: int) -> Resample:
    """By confidence alone. Half a cluster whose right answers are surest and whose wrong ones least
    sure, and the reverse, are added: one confidence for all is no proof that there is no other."""
    import numpy as np

    surest = mass_bins(scored.confidence, GROUPS)
    keys = 1 + surest[-1] - surest
    width = int(keys.max()) + 2
    sums = block_sums(scored, keys, width, [np.ones(scored.n), loss], seed)
    ends = np.bincount([0, width - 1], [scored.n / 4] * 2, width)
    first, last = (np.bincount([end], [scored.n / 4], width) for end in (0, width - 1))
    rightly, wrongly = np.concatenate((ends, last)), np.concatenate((ends, first))
    return resample(sums, (rightly, wrongly), scored.clusters, level, seed)


def _over_oracle(counts: Any, losses: Any, *best: Any) -> Any:
    return _area(counts, losses) - _area(*best)


def _over_random(counts: Any, losses: Any) -> Any:
    return _area(counts, losses) - losses.sum(1) / counts.sum(1)


def _tied(ranked: Floats, values: Floats) -> tuple[Integers, Floats, Floats]:
    """Where each block of ties starts, how many are in it, and the sum of their values."""
    import numpy as np

    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    sizes = np.diff(np.append(starts, len(ranked))).astype(np.float64)
    return starts, sizes, np.add.reduceat(values, starts)


def _area(counts: Any, losses: Any) -> Any:
    """Mean over k of the expected risk of the first k, ties in random order. The j-th of a block
    that starts after m answers with E losses has the expected risk (E + j r) / (m + j), so the sum
    over a block is a difference of harmonic numbers."""
    import numpy as np
    from scipy.special import digamma

    taken, lost = np.cumsum(counts, axis=-1), np.cumsum(losses, axis=-1)
    before = taken - counts
    rate = losses / np.where(counts > 0, counts, 1)
    harmonic = digamma(taken + 1) - digamma(before + 1)
    return (losses + (lost - losses - before * rate) * harmonic).sum(axis=-1) / taken[..., -1]


def _risk_at(counts: Any, losses: Any, share: float) -> Any:
    """Expected risk of the surest `share` of the answers, ties in random order."""
    import numpy as np

    taken, lost = np.cumsum(counts, axis=-1), np.cumsum(losses, axis=-1)
    wanted = share * taken[..., -1:]
    at = np.argmax(taken >= wanted, axis=-1)[..., None]
    n, loss, end, total = (np.take_along_axis(a, at, -1) for a in (counts, losses, taken, lost))
    return ((total - (end - wanted) * loss / n) / wanted)[..., 0]
