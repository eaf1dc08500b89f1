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

from collections.abc import Callable, Mapping, Sequence
from itertools import product
from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.intervals import rough_guide, t_quantile

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
    chance: Any = None,
) -> Sum | None:
    """`values` by row, not-a-number where missing. None where a weighted cell has no value:
    `usable` gives the weights of those that have one. Where a lot drew the rows with unequal
    `chance`, each counts for its inverse, so that a cell's mean is that of all its cases (after
    Hajek)."""
    import numpy as np

    kept = np.isin(cell, list(weights)) & ~np.isnan(values)
    cell, cluster, values = cell[kept], cluster[kept], values[kept]
    worth = np.ones(len(values)) if chance is None else 1 / chance[kept]
    places = list(weights)
    counts = np.array([(cell == place).sum() for place in places], dtype=np.float64)
    if not places or not counts.all():
        return None
    order = np.argsort(places)
    row = order[np.searchsorted(np.sort(places), cell)]
    worth *= (counts / np.bincount(row, weights=worth, minlength=len(places)))[row]
    k = np.array([weights[place] for place in places])
    sums = np.bincount(row, weights=worth * values, minlength=len(places))
    _, code = np.unique(cluster, return_inverse=True)
    number = int(code.max()) + 1
    held = np.bincount(code, weights=worth, minlength=number)
    alike = float(held.sum() ** 2 / (held**2).sum())
    share = float(held.sum()) / alike / len(places)
    sizes = counts + 2 * share
    means = (sums + share * (ends[0] + ends[1])) / sizes
    residual = worth * (values - means[row])
    pull = np.bincount(code, weights=(k / sizes)[row] * residual, minlength=number)
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


def usable(cell: Any, values: Any, weights: Mapping[int, float]) -> dict[int, float]:
    """The weights of the cells that have a value, in sum what all were. Empty where no such cell is
    left, and where weights of both signs lack one: part of a slope is another slope."""
    import numpy as np

    held = set(np.unique(cell[~np.isnan(values)]).tolist())
    kept = {place: weight for place, weight in weights.items() if place in held}
    if len(kept) == len(weights):
        return kept
    whole, left = sum(weights.values()), sum(kept.values())
    if left <= 0 or min(weights.values()) < 0:
        return {}
    return {place: weight * whole / left for place, weight in kept.items()}


def combined(
    table: Shifted,
    outcomes: Any,
    value: Value,
    weights: Mapping[int, float],
    about: Estimate,
    ends: tuple[float, float] = (-1.0, 1.0),
) -> Estimate:
    """`about` with the weighted sum of `value`. Failed calls are missing: `n_error` counts the rows
    that lack a reply which the value needs, `bound_low` and `bound_high` are the sum with every one
    of them filled in for the least and for the most. A cell without any value is left out of the
    sum, and named; the bounds reckon with it."""
    with_nan = value(*outcomes.T)
    about = _counted(table, with_nan, weights, about, ends)
    used = usable(table.cell, with_nan, weights)
    where, chance = (table.cell, table.cluster), table.chance
    found = weighted(*where, with_nan, used, ends, chance=chance)
    empty = _named(table, [place for place in weights if place not in used]) if used else []
    if found is None:
        return msgspec.structs.replace(about, note=about.note or _why_not(table, with_nan, weights))
    least, most = _filled(outcomes, value)
    lowest, highest = (
        weighted(*where, filled, weights, ends, chance=chance)
        for filled in _by_sign(table.cell, weights, least, most)
    )
    assert lowest is not None and highest is not None
    bounds = {
        "bound_low": lowest.value,
        "bound_high": highest.value,
        "bound_interval": [min(found.low, lowest.low), max(found.high, highest.high)],
        "undecided": ends[0] < 0 and _lost(found, lowest, highest),
    }
    if empty:
        bounds["left_out"] = empty
    said = [about.note] if about.note else []
    said += [left_out(empty)] if empty else []
    if found.clusters < FEW_CLUSTERS:
        said.append(rough_guide(found.clusters))
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
        extra=about.extra | {"cells": len(used), "df": found.df, **bounds},
    )


def _counted(
    table: Shifted,
    values: Any,
    weights: Mapping[int, float],
    about: Estimate,
    ends: tuple[float, float],
) -> Estimate:
    """How the shifted replies of the cells behaved, and how many rows have no value."""
    import numpy as np
    import polars as pl

    from auscult.stats.table import behaviour_counts

    used = [table.cells[place] for place in weights]
    named = pl.concat_str(pl.col("shift"), pl.col("severity").cast(pl.String), separator="|")
    wanted = [f"{cell.shift}|{cell.severity}" for cell in used]
    counts = behaviour_counts(table.rows.filter(named.is_in(wanted)))
    counts["n_error"] = int((np.isin(table.cell, list(weights)) & np.isnan(values)).sum())
    unit = "difference of proportions" if ends[0] < 0 else "proportion"
    return msgspec.structs.replace(about, unit=unit, **counts)


def _named(table: Shifted, places: list[int]) -> list[str]:
    """Cells by name, with the severity where the shift has several."""
    shifts = [cell.shift for cell in table.cells]
    cells = (table.cells[place] for place in places)
    return [c.shift if shifts.count(c.shift) == 1 else f"{c.shift} {c.severity}" for c in cells]


def left_out(names: Sequence[str]) -> str:
    """The sentence that names what has no value, with a figure whose bounds reckon with it."""
    has = "has" if len(names) == 1 else "have"
    return (
        f"Of {', '.join(names)} no comparison {has} all its replies: left out of the mean, and "
        "reckoned with in the bounds."
    )


def _why_not(table: Shifted, values: Any, weights: Mapping[int, float]) -> str:
    import numpy as np

    held = set(np.unique(table.cell[~np.isnan(values)]).tolist())
    empty = [place for place in weights if place not in held]
    if not empty or len(empty) == len(weights):
        return "Not measured: no usable reply."
    return f"Not measured: no usable reply for {', '.join(_named(table, empty))}."


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
