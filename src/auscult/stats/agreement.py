"""Replies that a person and a judge have read, and how far two or more readers agree beyond chance:
Cohen's kappa for two, Krippendorff's alpha for any number.

A label says what a person saw (truth), what the judge saw (judged), and with which probability the
reply was picked to be labelled (inclusion). Labels picked at random from something stand for it,
each for 1/inclusion replies (Horvitz and Thompson 1952). Labels picked on purpose, without such a
probability, stand for nothing but themselves: they are counted and enter no rate. A set labelled
whole has the inclusion 1.

Both are 1 minus observed over expected disagreement, and functions of sums per cluster, so their
intervals are percentiles of the cluster bootstrap. Where no cluster holds a disagreement the
bootstrap has no width. The low end is then what an exact bound leaves: as large a share of the
clusters as Clopper-Pearson allows disagrees, all as widely as the scale permits (our estimator).

With one level in use, expected disagreement is 0 and neither measure exists.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.stats.bootstrap import DRAWS, SEED, percentile, resampled
from auscult.stats.intervals import clopper_pearson

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]

Weights = Literal["none", "linear", "quadratic"]
Scale = Literal["nominal", "ordinal", "interval"]
MANY_UNDEFINED = 0.05
MOST_LEVELS = 30
"""Pairs of levels are kept per cluster; beyond this a scale is interval or nothing."""


class Labels(msgspec.Struct, frozen=True):
    """Labelled replies, sorted, so that nothing depends on the order they came in."""

    levels: tuple[str, ...]
    truth: Any
    """Position in `levels`, as is `judged`."""
    judged: Any
    inclusion: Any
    """NaN where the reply was picked on purpose."""
    cluster: Any
    slices: Any

    def __len__(self) -> int:
        return len(self.truth)

    def where(self, mask: Any) -> Labels:
        return msgspec.structs.replace(
            self,
            truth=self.truth[mask],
            judged=self.judged[mask],
            inclusion=self.inclusion[mask],
            cluster=self.cluster[mask],
            slices=self.slices[mask],
        )


class Agreement(msgspec.Struct, frozen=True):
    """`value` is None where the measure does not exist; `note` then says why."""

    value: float | None
    low: float | None
    high: float | None
    n: int
    """Units that at least two readers rated."""
    n_clusters: int
    method: str
    note: str = ""
    n_left_out: int = 0
    """Labels picked on purpose, or units with fewer than two ratings."""


class _Parts(msgspec.Struct, frozen=True):
    """Observed and expected disagreement, the latter 0 where one level is in use; `widest` is the
    largest disagreement of two ratings."""

    observed: Any
    expected: Any
    widest: Any


def labels(
    truth: Sequence[str],
    judged: Sequence[str],
    inclusion: Any,
    *,
    levels: Sequence[str],
    cluster: Sequence[Any] | None = None,
    slices: Sequence[str] | None = None,
) -> Labels:
    """Checks and sorts labels. `inclusion` is one probability for all or one per label, None where
    it was picked on purpose; it has no default because it must be known, not supposed."""
    import numpy as np

    n = len(truth)
    probability = np.array(inclusion, dtype=np.float64)  # None turns into NaN
    if probability.ndim == 0:
        probability = np.full(n, float(probability))
    groups = np.zeros(n) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    names = np.full(n, "") if slices is None else np.asarray(slices, dtype=np.str_)
    if not len(judged) == len(probability) == len(groups) == len(names) == n:
        raise ValueError("truth, judged, inclusion, cluster and slices must be of one length")
    if np.any((probability <= 0) | (probability > 1)):
        raise ValueError("an inclusion probability must lie in (0, 1]; None where none is known")
    known = tuple(dict.fromkeys(levels))
    if len(known) < 2:
        raise ValueError("a confusion matrix needs at least two levels")
    said, seen = _positions(truth, known), _positions(judged, known)
    order = np.lexsort((names, probability, seen, said, groups))
    found = Labels(known, said, seen, probability, groups, names).where(order)
    return msgspec.structs.replace(found, cluster=np.arange(n)) if cluster is None else found


def read_labels(frame: pl.DataFrame, levels: Sequence[str] = ()) -> Labels:
    """From a table with `truth`, `judged` and `inclusion`, and `cluster` and `slice` if it has
    them. Rows that a person or the judge left empty are no labels."""
    import polars as pl

    from auscult.stats.table import plain

    kept = plain(frame).filter(pl.col("truth").is_not_null() & pl.col("judged").is_not_null())
    seen = set(kept["truth"].to_list()) | set(kept["judged"].to_list())
    has = set(kept.columns)
    return labels(
        kept["truth"].to_list(),
        kept["judged"].to_list(),
        kept["inclusion"].cast(pl.Float64).to_list(),
        levels=levels or sorted(seen),
        cluster=kept["cluster"].to_list() if "cluster" in has else None,
        slices=kept["slice"].fill_null("").to_list() if "slice" in has else None,
    )


def two_levels(found: Labels, positive: str) -> Labels:
    """One level against all others taken together."""
    import numpy as np

    if positive not in found.levels:
        raise ValueError(f"'{positive}' is none of the levels {', '.join(found.levels)}")
    at = found.levels.index(positive)
    return msgspec.structs.replace(
        found,
        levels=(f"not {positive}", positive),
        truth=(found.truth == at).astype(np.int64),
        judged=(found.judged == at).astype(np.int64),
    )


def sampled(found: Labels) -> Labels:
    """Without the labels picked on purpose."""
    import numpy as np

    return found.where(np.isfinite(found.inclusion))


def cell_sums(kept: Labels) -> Floats:
    """Clusters x true level x judged level: how many replies the labels in each stand for."""
    import numpy as np

    k = len(kept.levels)
    groups = np.unique(kept.cluster, return_inverse=True)[1]
    cell = (groups * k + kept.truth) * k + kept.judged
    size = (int(groups.max()) + 1 if len(groups) else 0) * k * k
    found = np.bincount(cell, weights=1 / kept.inclusion, minlength=size)
    return np.asarray(found, dtype=np.float64).reshape(-1, k, k)


def kappa(
    found: Labels,
    *,
    weights: Weights = "none",
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Agreement:
    """Agreement of judge and person beyond what their margins give by chance (Cohen 1960), or with
    disagreements weighted by distance or its square along the levels (Cohen 1968). Labels count
    1/inclusion each; those picked on purpose are left out."""
    import numpy as np

    kept = sampled(found)
    k = len(found.levels)
    steps = np.abs(np.subtract.outer(np.arange(k), np.arange(k)))
    power = {"none": 0, "linear": 1, "quadratic": 2}[weights]
    distance: Floats = np.where(steps > 0, steps.astype(np.float64) ** power, 0.0)
    named = {"none": "Cohen's kappa"}.get(weights, f"Cohen's kappa, {weights} weights")
    cells = cell_sums(kept).reshape(-1, k * k)

    def parts(totals: Floats) -> _Parts:
        table = totals.reshape(-1, k, k)
        whole = table.sum(axis=(1, 2))
        rows, columns = table.sum(axis=2), table.sum(axis=1)
        expected = ((rows @ distance) * columns).sum(axis=1)
        observed = (table * distance).sum(axis=(1, 2)) * whole
        return _Parts(observed, expected, distance.max() * whole**2)

    done = _bootstrapped(cells, parts, level, draws, seed)
    left = len(found) - len(kept)
    return msgspec.structs.replace(
        done, n=len(kept), method=_method(named, done), n_left_out=left, note=_lack(done, "labels")
    )


def alpha(
    ratings: Any,
    *,
    scale: Scale = "nominal",
    cluster: Sequence[Any] | None = None,
    level: float = 0.95,
    draws: int = DRAWS,
    seed: int = SEED,
) -> Agreement:
    """Krippendorff's alpha (Hayes and Krippendorff 2007). `ratings` has a row a unit and a column
    a reader, NaN where a reader did not rate: numbers whose order is that of the levels (any
    numbers for a nominal scale). Units with fewer than two ratings tell nothing and are left
    out."""
    import numpy as np

    table = np.asarray(ratings, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"ratings must have a row per unit, not {table.ndim} dimensions")
    groups = (
        np.arange(len(table)) if cluster is None else np.unique(cluster, return_inverse=True)[1]
    )
    if len(groups) != len(table):
        raise ValueError("cluster must name one cluster per unit")
    usable = np.isfinite(table).sum(axis=1) >= 2
    kept, groups = table[usable], np.unique(groups[usable], return_inverse=True)[1]
    summarised, parts = _interval(kept) if scale == "interval" else _leveled(kept, scale)
    # Sorted, because a sum of floats depends on its order.
    order = np.lexsort(summarised.T if cluster is None else (*summarised.T, groups))
    starts = np.flatnonzero(np.diff(groups[order], prepend=-1))
    sums = np.add.reduceat(summarised[order], starts) if len(starts) else summarised
    done = _bootstrapped(sums, parts, level, draws, seed)
    return msgspec.structs.replace(
        done,
        n=len(kept),
        method=_method(f"Krippendorff's alpha, {scale}", done),
        n_left_out=len(table) - len(kept),
        note=_lack(done, "units with two ratings"),
    )


def stated(found: Agreement, about: Estimate, level: float = 0.95) -> Estimate:
    """Fills in `about` with a kappa or an alpha made at this level."""
    return msgspec.structs.replace(
        about,
        value=found.value,
        low=found.low,
        high=found.high,
        level=level,
        n=found.n,
        n_clusters=found.n_clusters,
        unit="chance-corrected agreement",
        method=found.method,
        note=" ".join(s for s in (about.note, found.note) if s),
        extra=about.extra | {"left_out": found.n_left_out},
    )


def _leveled(kept: Floats, scale: Scale) -> tuple[Floats, Callable[[Floats], _Parts]]:
    """Per unit its pairs of ratings by level (coincidences), each pair of levels once."""
    import numpy as np

    rated = np.isfinite(kept)
    levels = np.unique(kept[rated])
    k = len(levels)
    if k > MOST_LEVELS:
        raise ValueError(f"{k} different ratings are too many for a {scale} scale")
    counts = np.stack([(kept == value).sum(axis=1) for value in levels] or [rated.sum(axis=1)], 1)
    left, right = np.triu_indices(counts.shape[1])
    pairs = counts[:, left] * (counts[:, right] - (left == right)).astype(np.float64)
    pairs /= np.maximum(1, rated.sum(axis=1) - 1)[:, None]

    def parts(totals: Floats) -> _Parts:
        size = counts.shape[1]
        full = np.zeros((len(totals), size, size))
        full[:, left, right] = totals
        full[:, right, left] = totals
        margins = full.sum(axis=2)
        distance = _distances(margins, scale)
        whole = margins.sum(axis=1)
        expected = (margins[:, :, None] * margins[:, None, :] * distance).sum(axis=(1, 2))
        observed = (full * distance).sum(axis=(1, 2)) * (whole - 1)
        return _Parts(observed, expected, distance.max(axis=(1, 2)) * whole * (whole - 1))

    return pairs, parts


def _distances(margins: Floats, scale: Scale) -> Floats:
    """Squared distances of levels. On an ordinal scale two levels are as far apart as the ratings
    between them are many, half of their own included."""
    import numpy as np

    k = margins.shape[1]
    if scale == "nominal":
        return np.broadcast_to(1 - np.eye(k), (len(margins), k, k))
    middle = np.cumsum(margins, axis=1) - margins / 2
    return np.asarray((middle[:, :, None] - middle[:, None, :]) ** 2)


def _interval(kept: Floats) -> tuple[Floats, Callable[[Floats], _Parts]]:
    """Per unit its number of ratings, their sum, their sum of squares, and its disagreement."""
    import numpy as np

    rated = np.isfinite(kept)
    every = np.sort(kept[rated])
    centred = np.where(rated, kept - (every.mean() if len(every) else 0.0), 0.0)
    reach = float(every[-1] - every[0]) ** 2 if len(every) else 0.0
    m = rated.sum(axis=1).astype(np.float64)
    total, squares = centred.sum(axis=1), (centred**2).sum(axis=1)
    within = 2 * (m * squares - total**2) / np.maximum(1, m - 1)
    # Squares cancel in a unit that agrees; what is left is rounding.
    least = np.where(rated, kept, np.inf).min(axis=1, initial=np.inf)
    within[least == np.where(rated, kept, -np.inf).max(axis=1, initial=-np.inf)] = 0.0

    def parts(totals: Floats) -> _Parts:
        n, first, second, observed = totals.T
        expected = 2 * (n * second - first**2)
        expected[expected <= 1e-12 * n**2 * reach] = 0.0
        return _Parts(observed * (n - 1), expected, reach * n * (n - 1))

    return np.column_stack([m, total, squares, within]), parts


def _bootstrapped(
    sums: Floats, parts: Callable[[Floats], _Parts], level: float, draws: int, seed: int
) -> Agreement:
    import numpy as np

    clusters = len(sums)
    low, high = clopper_pearson(0, clusters, level)  # also checks the level
    empty = Agreement(None, None, None, 0, clusters, "")
    if clusters < 2:
        return empty
    whole = parts(sums.sum(axis=0, keepdims=True))
    expected, observed = float(whole.expected[0]), float(whole.observed[0])
    if expected <= 0:
        return empty
    value = 1 - observed / expected
    if observed <= 0:
        low = max(-1.0, 1 - high * float(whole.widest[0]) / expected)
        return msgspec.structs.replace(empty, value=1.0, low=low, high=1.0, method="exact")
    drawn = parts(resampled(sums, draws=draws, seed=seed))
    exists = drawn.expected > 0
    values = 1 - drawn.observed[exists] / drawn.expected[exists]
    low, high = percentile(values, level)
    rare = "undefined" if 1 - np.mean(exists) > MANY_UNDEFINED else ""
    return msgspec.structs.replace(
        empty, value=value, low=min(low, value), high=max(high, value), method="", note=rare
    )


def _method(name: str, done: Agreement) -> str:
    if done.value is None:
        return name
    exact = "low end from an exact bound on clusters that disagree"
    return f"{name}; {exact if done.method == 'exact' else 'cluster bootstrap, percentiles'}"


def _lack(done: Agreement, what: str) -> str:
    if done.note:
        return (
            "All but a few ratings are of one level: in some draws no agreement is defined, and "
            "the interval leaves those out."
        )
    if done.value is not None:
        return ""
    if done.n_clusters == 0:
        return f"No agreement: there are no {what}."
    if done.n_clusters == 1:
        return f"No agreement: all {what} are of one cluster, so nothing says how it varies."
    return "No agreement: only one level was ever used, so there is nothing to agree about."


def _positions(values: Sequence[str], levels: tuple[str, ...]) -> Any:
    import numpy as np

    place = {name: i for i, name in enumerate(levels)}
    unknown = sorted({str(value) for value in values if value not in place})
    if unknown:
        raise ValueError(f"labels have the levels {', '.join(unknown)}, which are not declared")
    return np.array([place[value] for value in values], dtype=np.int64)
