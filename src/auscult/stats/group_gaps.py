"""How far groups lie apart: the largest gap, the worst group, and what a constant answer would do.

The largest observed gap is biased upward: of many equal groups one is best by luck. So the interval
is not built around it. All pairs of groups are compared at once, with Welch's variance and degrees
of freedom as Games and Howell (1976) do, and a critical value for the largest of all the pairwise
statistics from a cluster bootstrap. The true largest gap is at least the highest of the lower
bounds and at most the highest of the upper ones; it is claimed only where some pair is shown to
differ, which happens in at most 5% of audits of equal groups.

A group's variance counts two pseudo-clusters of average size per label, one wholly right and one
wholly wrong, as Agresti and Caffo (2000) add them: a group where nothing varies is not certain.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.bootstrap import DRAWS, SEED, percentile, resampled
from auscult.stats.group_table import Cells, cells
from auscult.stats.intervals import t_quantile, z_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

BLOCKS = 5_000
"""Blocks of clusters over all groups, at least 25 in each: a draw gives the shape only."""

MANY, THREADS = 16, 2
"""From so many groups on it pays to draw them side by side."""


class Profile(msgspec.Struct, frozen=True):
    """One number per group, and how each cluster moves it. Groups are 0 to G-1."""

    value: Any
    variance: Any
    null_variance: Any
    """As if every group had the same rate within a label; never under `variance`."""
    df: Any
    trials: Any
    clusters: Any
    pool: Any
    """Influence of every cluster and pseudo-cluster, group by group."""
    starts: Any
    """Where in `pool` each group begins, and the end."""


class Gap(msgspec.Struct, frozen=True):
    """`low` above 0 is the claim that the groups differ."""

    value: float
    low: float
    high: float
    best: int
    worst: int
    maybe_best: tuple[int, ...]
    """Groups that no other is shown to be better than (Hsu 1984)."""
    maybe_worst: tuple[int, ...]
    by_chance: float
    """The largest gap to expect if these groups were all equal."""
    critical: float
    p_value: float
    """That all groups are equal; at most 1 - level exactly where `low` is above 0."""


class Distances(msgspec.Struct, frozen=True):
    """Per group: its value minus that of all the others together, with simultaneous intervals and
    p-values, which hold for all groups at once too."""

    value: Any
    low: Any
    high: Any
    p_value: Any


class Bounds(msgspec.Struct, frozen=True):
    """`low`: the gap that is left when missing trials all speak against it."""

    low: float
    high: float
    interval: tuple[float, float]


class Span(msgspec.Struct, frozen=True):
    value: float
    low: float
    high: float
    p_value: float


def profile(y: Any, group: Any, cluster: Any, label: Any = None) -> Profile:
    """The mean of `y` in each group, one entry per trial; integers name group, cluster and label.

    With `label` it is directly standardised (Fleiss 1981): rates within each label, averaged with
    the label's share among all trials given, so that a group does not differ because it has other
    labels. Every group must have every label; `shared_labels` says which do."""
    import numpy as np

    at = cells(y, group, cluster, label)
    shape = (at.groups, at.labels)
    pool, starts, by_cell = _influences(at)
    variance = np.add.reduceat(pool**2, starts[:-1])
    df = by_cell.reshape(shape).sum(axis=1) ** 2
    df /= (by_cell**2 / (at.pieces + 1)).reshape(shape).sum(axis=1)
    rates = np.stack((at.pulled * (1 - at.pulled), at.shared * (1 - at.shared)))
    own, same = (at.weight**2 * rates / at.trials).reshape(2, *shape).sum(axis=2)
    return Profile(
        value=np.minimum(1.0, (at.weight * at.right / at.trials).reshape(shape).sum(axis=1)),
        variance=variance,
        null_variance=variance * np.maximum(1.0, same / own),
        df=df,
        trials=at.trials.reshape(shape).sum(axis=1),
        clusters=np.bincount(at.home, minlength=at.groups),
        pool=pool,
        starts=starts,
    )


def shared_labels(group: Any, label: Any) -> Whole:
    """The labels that occur in every group. Never builds a table of groups by labels, which free
    text would make huge."""
    import numpy as np

    group, label = np.asarray(group, dtype=np.int64), np.asarray(label, dtype=np.int64)
    if not len(group):
        return np.zeros(0, np.int64)
    kinds = int(label.max()) + 1
    pairs = np.unique(group * kinds + label)
    names, counts = np.unique(pairs % kinds, return_counts=True)
    return np.asarray(names[counts == len(np.unique(group))], dtype=np.int64)


def deviations(*profiles: Profile, draws: int = DRAWS, seed: int = SEED) -> list[Floats]:
    """How far each group's value strays under the cluster bootstrap: per profile, draws x groups.

    Profiles given together must be of the same trials and are drawn together. Clusters are drawn
    within their group; the spread is set to the profile's own, so that joining clusters into
    blocks costs nothing but fineness of shape."""
    import numpy as np

    if draws < 100:
        raise ValueError(f"the bootstrap needs at least 100 draws, not {draws}")
    first = profiles[0]
    if any(not np.array_equal(p.starts, first.starts) for p in profiles):
        raise ValueError("profiles drawn together must be of the same clusters")
    groups = len(first.value)
    most = int(np.clip(BLOCKS // groups, 25, 1000))
    pools = np.column_stack([p.pool for p in profiles])
    spread = np.column_stack([np.sqrt(p.variance) for p in profiles])
    out = np.empty((len(profiles), draws, groups))

    def draw(g: int) -> None:
        rows = pools[first.starts[g] : first.starts[g + 1]]
        drawn = resampled(rows, draws=draws, seed=seed + g, most=most)
        out[:, :, g] = (drawn * (spread[g] / drawn.std(axis=0))).T

    if groups < MANY:
        for g in range(groups):
            draw(g)
    else:  # numpy draws without the interpreter's lock; each group has its own seed and place
        from concurrent.futures import ThreadPoolExecutor

        with ThreadPoolExecutor(THREADS) as pool:
            for _ in pool.map(draw, range(groups)):
                pass
    return list(out)


def largest_gap(groups: Profile, strayed: Floats, level: float = 0.95) -> Gap:
    """Highest minus lowest group, with the simultaneous interval of this module. `strayed` comes
    from `deviations`."""
    import numpy as np

    _check_many(groups)
    top = _largest(strayed, groups.variance)
    critical = _critical(top, level)
    lower, upper = _pair_bounds(groups, groups, critical)
    above = lower > 0
    return Gap(
        value=float(groups.value.max() - groups.value.min()),
        low=max(0.0, float(lower.max())),
        high=min(1.0, float(upper.max())),
        best=int(groups.value.argmax()),
        worst=int(groups.value.argmin()),
        maybe_best=tuple(int(g) for g in np.flatnonzero(~above.any(axis=0))),
        maybe_worst=tuple(int(g) for g in np.flatnonzero(~above.any(axis=1))),
        by_chance=float((strayed.max(axis=1) - strayed.min(axis=1)).mean()),
        critical=critical,
        p_value=float(_p_values(top, _pair_scores(groups).max())),
    )


def against_rest(groups: Profile, strayed: Floats, level: float = 0.95) -> Distances:
    """Each group minus the trials-weighted mean of all the others; the intervals hold for all
    groups at once (max-t over the bootstrap), so that the worst may be picked out. Our estimator.
    """
    import numpy as np
    from scipy.special import ndtr, ndtri, stdtr, stdtrit

    _check_many(groups)
    n = groups.trials
    others = n.sum() - n
    apart = groups.value - ((n * groups.value).sum() - n * groups.value) / others
    moved = strayed - ((strayed * n).sum(axis=1, keepdims=True) - strayed * n) / others
    squares = n**2 * groups.null_variance
    spread = np.sqrt(groups.null_variance + (squares.sum() - squares) / others**2)
    top = (np.abs(moved) / spread).max(axis=1)
    quartic = n**4 * groups.null_variance**2 / groups.df
    rest = np.maximum(0.0, quartic.sum() - quartic) / others**4
    df = spread**4 / (groups.null_variance**2 / groups.df + rest)
    half = spread * stdtrit(df, ndtr(_critical(top, level)))
    low, high = np.maximum(-1.0, apart - half), np.minimum(1.0, apart + half)
    return Distances(apart, low, high, _p_values(top, -ndtri(stdtr(df, -np.abs(apart) / spread))))


def gap_bounds(least: Profile, most: Profile, critical: float) -> Bounds:
    """What missing trials could make of the largest gap. `least` has them all filled with 0, `most`
    with 1; `critical` is that of the complete trials."""
    import numpy as np

    apart = most.value[:, None] - least.value[None, :]
    np.fill_diagonal(apart, 0.0)
    lower, _ = _pair_bounds(least, most, critical)
    _, upper = _pair_bounds(most, least, critical)
    return Bounds(
        low=max(0.0, float(-apart.min())),
        high=float(apart.max()),
        interval=(max(0.0, float(lower.max())), min(1.0, float(upper.max()))),
    )


def excess_gap(
    groups: Profile,
    constant: Profile,
    *,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Span:
    """The largest gap minus the one that a constant answer shows on the same trials.

    Our estimator. The interval is the directional bootstrap (Fang and Santos 2019): where several
    groups may be the highest, their maximum strays upward. Which ones may be is taken so that both
    ends err towards no claim. Each group's spread is widened as Student's t asks."""
    import numpy as np

    ours, theirs = deviations(groups, constant, draws=draws, seed=seed)
    mine, base = largest_gap(groups, ours, level), largest_gap(constant, theirs, level)
    z = z_quantile(level)
    ours = ours * np.array([t_quantile(float(df), level) / z for df in groups.df])
    theirs = theirs * np.array([t_quantile(float(df), level) / z for df in constant.df])
    value = mine.value - base.value
    above = _range(ours, mine) - _pair(theirs, base)
    below = _pair(ours, mine) - _range(theirs, base)
    (_, up), (down, _) = percentile(above, level), percentile(below, level)
    beyond = _beyond(above, value) if value > 0 else _beyond(-below, -value) if value < 0 else 0.5
    low, high = max(-1.0, min(value, value - up)), min(1.0, max(value, value - down))
    return Span(value, low, high, float(min(1.0, 2 * beyond)))


def _range(strayed: Floats, gap: Gap) -> Floats:
    high: Floats = strayed[:, gap.maybe_best].max(axis=1)
    low: Floats = strayed[:, gap.maybe_worst].min(axis=1)
    return high - low


def _pair(strayed: Floats, gap: Gap) -> Floats:
    apart: Floats = strayed[:, gap.best] - strayed[:, gap.worst]
    return apart


def _largest(strayed: Floats, variance: Floats) -> Floats:
    """The largest pairwise statistic of each draw; by groups, to hold no cube."""
    import numpy as np

    top = np.zeros(len(strayed))
    for g in range(len(variance) - 1):
        apart = np.abs(strayed[:, g : g + 1] - strayed[:, g + 1 :])
        top = np.maximum(top, (apart / np.sqrt(variance[g] + variance[g + 1 :])).max(axis=1))
    return top


def _critical(top: Floats, level: float) -> float:
    """Never under that of one comparison, which is known."""
    import numpy as np

    return max(z_quantile(level), float(np.quantile(top, level)))


def _p_values(top: Floats, scores: Any) -> Any:
    """`_critical` turned round: the least alpha at which these scores would pass it."""
    import numpy as np
    from scipy.special import ndtr

    return np.minimum(1.0, np.maximum(_beyond(top, scores), 2 * ndtr(-np.abs(scores))))


def _beyond(drawn: Floats, value: Any) -> Any:
    """The share of draws over a value, between two draws as `np.quantile` has it; never none, since
    so many draws show no smaller chance."""
    import numpy as np

    under = np.interp(value, np.sort(drawn), np.linspace(0.0, 1.0, len(drawn)))
    return np.maximum(1 - under, 1 / len(drawn))


def _pair_bounds(first: Profile, second: Profile, critical: float) -> tuple[Floats, Floats]:
    """Bounds of every group of `first` minus every group of `second`; -inf where they are one."""
    import numpy as np
    from scipy.special import ndtr, stdtrit

    apart, spread, null, df = _pairs(first, second)
    quantile = stdtrit(df, ndtr(critical))
    lower, upper = apart - quantile * null, apart + quantile * spread
    np.fill_diagonal(lower, -np.inf)
    np.fill_diagonal(upper, -np.inf)
    return lower, upper


def _pair_scores(groups: Profile) -> Floats:
    """Normal scores of every group minus every other: the critical value that would just do."""
    from scipy.special import ndtri, stdtr

    apart, _, null, df = _pairs(groups, groups)
    scores: Floats = -ndtri(stdtr(df, -apart / null))
    return scores


def _pairs(first: Profile, second: Profile) -> tuple[Floats, Floats, Floats, Floats]:
    """Differences, their spreads, those if the groups were equal, and degrees of freedom."""
    import numpy as np

    variance = first.variance[:, None] + second.variance[None, :]
    null = first.null_variance[:, None] + second.null_variance[None, :]
    share = (first.variance**2 / first.df)[:, None] + (second.variance**2 / second.df)[None, :]
    apart = first.value[:, None] - second.value[None, :]
    return apart, np.sqrt(variance), np.sqrt(null), variance**2 / share


def _influences(at: Cells) -> tuple[Floats, Whole, Floats]:
    """What each cluster adds to its group's value, group by group, where groups start, and the sum
    of squares per cell."""
    import numpy as np

    count, typical = len(at.trials), at.trials / at.pieces
    # The mean square of K + 2 residuals over K clusters: sum / (K + 1) / K, in units of a cluster.
    scale = at.weight / (typical * np.sqrt(at.pieces * (at.pieces + 1)))
    moved = (at.y - at.pulled[at.cell]) * scale[at.cell]
    piece = np.bincount(np.cumsum(at.new_piece) - 1, weights=moved)
    added = typical * scale * np.stack((1 - at.pulled, -at.pulled))
    by_cell = np.bincount(at.cell[at.new_piece], weights=piece**2, minlength=count)
    by_cell = by_cell + (added**2).sum(axis=0)
    own = np.bincount(np.cumsum(at.new_cluster) - 1, weights=moved)
    home = np.concatenate((at.home, np.tile(np.arange(count) // at.labels, 2)))
    order = np.argsort(home, kind="stable")
    starts = np.searchsorted(home[order], np.arange(at.groups + 1)).astype(np.int64)
    return np.concatenate((own, added.ravel()))[order], starts, by_cell


def _check_many(groups: Profile) -> None:
    if len(groups.value) < 2:
        raise ValueError("a gap needs at least two groups")
