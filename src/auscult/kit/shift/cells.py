"""A weighted sum over cells of means that share cases, with an interval over clusters.

The estimand is the sum over cells of a declared weight times the mean of a value over the cell's
cases: a mean over shifts, or a slope over severities. Weights are the design's and never
the number of cases, so that how many were asked of a cell does not move what is estimated.

The interval is Bonett and Price's (2012) for a paired difference, carried over to weighted sums and
to clusters: two pseudo-clusters of average size are added, one that lies wholly at the end that
raises the sum and one at the other, the variance is that of the cluster totals of weighted
residuals, and the quantile is Student's t. With one cell it is the interval of `stats.paired`;
after Price and Bonett (2004) for linear functions of proportions. Our estimator.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.intervals import t_quantile

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate
    from auscult.kit.shift.table import Shifted

    Floats = NDArray[np.float64]

METHOD = (
    "weighted over cells: adjusted Wald on cluster totals (after Bonett-Price), Student's t; our "
    "estimator"
)
FEW_CLUSTERS = 10
UNIT = (0.0, 1.0)
Value = Callable[[Any, Any, Any], Any]
"""From the shifted, the baseline's and the control's outcome (arrays of 0 and 1) to the value."""


def dropped(shown: Any, clean: Any, again: Any) -> Any:
    return clean - shown


def added(shown: Any, clean: Any, again: Any) -> Any:
    return again - shown


def risen(shown: Any, clean: Any, again: Any) -> Any:
    return shown - again


def lost(shown: Any, clean: Any, again: Any) -> Any:
    return clean * (again - shown)


def mended(shown: Any, clean: Any, again: Any) -> Any:
    return (1 - clean) * (shown - again)


def itself(shown: Any, clean: Any, again: Any) -> Any:
    return shown


class Sum(msgspec.Struct, frozen=True):
    value: float
    low: float
    high: float
    df: float
    n: int
    clusters: int


def weighted(
    cell: Any,
    cluster: Any,
    values: Any,
    weights: Mapping[int, float],
    ends: tuple[float, float],
    level: float = 0.95,
) -> Sum | None:
    """`values` by row, not-a-number where missing. None where a weighted cell has no value."""
    import numpy as np

    kept = np.isin(cell, list(weights)) & ~np.isnan(values)
    cell, cluster, values = cell[kept], cluster[kept], values[kept]
    places = list(weights)
    counts = np.array([(cell == place).sum() for place in places], dtype=np.float64)
    if not places or not counts.all():
        return None
    k = np.array([weights[place] for place in places])
    sums = np.array([values[cell == place].sum() for place in places])
    _, code = np.unique(cluster, return_inverse=True)
    number = int(code.max()) + 1
    held = np.bincount(code, minlength=number).astype(np.float64)
    alike = float(held.sum() ** 2 / (held**2).sum())
    share = float(held.sum()) / alike / len(places)
    sizes = counts + 2 * share
    means = (sums + share * (ends[0] + ends[1])) / sizes
    order = np.argsort(places)
    row = order[np.searchsorted(np.sort(places), cell)]
    pull = np.bincount(code, weights=(k / sizes)[row] * (values - means[row]), minlength=number)
    variance = float((pull**2).sum())
    for one, other in (ends, ends[::-1]):
        end = np.where(k > 0, one, other)
        variance += float((share * k * (end - means) / sizes).sum() ** 2)
    variance *= (alike + 2) / (alike + 1)
    half = t_quantile(alike + 1, level) * sqrt(variance)
    value, centre = float(k @ (sums / counts)), float(k @ means)
    floor = float(np.where(k > 0, k * ends[0], k * ends[1]).sum())
    ceiling = float(np.where(k > 0, k * ends[1], k * ends[0]).sum())
    low, high = max(floor, centre - half), min(ceiling, centre + half)
    return Sum(value, min(low, value), max(high, value), alike + 1, int(kept.sum()), number)


def combined(
    table: Shifted,
    outcomes: Any,
    value: Value,
    weights: Mapping[int, float],
    about: Estimate,
    ends: tuple[float, float] = (-1.0, 1.0),
) -> Estimate:
    """`about` with the weighted sum of `value`. Failed calls are missing: `bound_low` and
    `bound_high` are the sum with every one of them filled in for the least and for the most."""
    import polars as pl

    from auscult.stats.table import behaviour_counts

    used = [table.cells[place] for place in weights]
    named = pl.concat_str(pl.col("shift"), pl.col("severity").cast(pl.String), separator="|")
    wanted = [f"{cell.shift}|{cell.severity}" for cell in used]
    counts = behaviour_counts(table.rows.filter(named.is_in(wanted)))
    unit = "difference of proportions" if ends[0] < 0 else "proportion"
    about = msgspec.structs.replace(about, unit=unit, **counts)
    with_nan = value(*outcomes.T)
    found = weighted(table.cell, table.cluster, with_nan, weights, ends)
    if found is None:
        return msgspec.structs.replace(about, note=about.note or "Not measured: no usable reply.")
    least, most = _filled(outcomes, value)
    lowest, highest = (
        weighted(table.cell, table.cluster, filled, weights, ends)
        for filled in _by_sign(table.cell, weights, least, most)
    )
    assert lowest is not None and highest is not None
    bounds = {
        "bound_low": lowest.value,
        "bound_high": highest.value,
        "bound_interval": [min(found.low, lowest.low), max(found.high, highest.high)],
        "undecided": ends[0] < 0 and _lost(found, lowest, highest),
    }
    said = [about.note] if about.note else []
    if found.clusters < FEW_CLUSTERS:
        said.append(f"Only {found.clusters} cases or clusters: the interval is a rough guide.")
    if bounds["undecided"]:
        said.append("Undecided: the missing replies could take the sign of the difference away.")
    return msgspec.structs.replace(
        about,
        value=found.value,
        low=found.low,
        high=found.high,
        n=found.n,
        n_clusters=found.clusters,
        method=METHOD,
        note=" ".join(said),
        extra=about.extra | {"cells": len(weights), "df": found.df, **bounds},
    )


def _lost(found: Sum, low: Sum, high: Sum) -> bool:
    changes = low.value < 0 < high.value
    return changes or found.low > 0 >= low.low or found.high < 0 <= high.high


def _filled(outcomes: Any, value: Value) -> tuple[Any, Any]:
    """The least and the most the value can be, whatever the missing outcomes were."""
    import numpy as np

    gone = np.isnan(outcomes)
    tried = [value(*np.where(gone, fill, outcomes).T) for fill in product((0.0, 1.0), repeat=3)]
    return np.min(tried, axis=0), np.max(tried, axis=0)


def _by_sign(cell: Any, weights: Mapping[int, float], least: Any, most: Any) -> tuple[Any, Any]:
    """A cell of negative weight pulls the sum down where its values are high."""
    import numpy as np

    falls = np.isin(cell, [place for place, weight in weights.items() if weight < 0])
    return np.where(falls, most, least), np.where(falls, least, most)
