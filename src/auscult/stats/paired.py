"""Differences between two arms on the same cases.

The estimand is the mean over cases of (rate in the arm minus rate in the control). The interval is
Bonett and Price's (2012) adjusted Wald interval, carried over to clusters: two pseudo-clusters of
average size are added, one that changed wholly for and one wholly against, and the mean of the
cluster differences gets Student's t. With one pair per cluster it is their interval but for t in
place of z. The pseudo-clusters keep its width above zero where no case changed at all.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import codes, sums_by
from auscult.stats.intervals import t_quantile
from auscult.stats.table import (
    ALL_ASKED,
    COUNTED,
    MISSING,
    Counting,
    behaviour_counts,
    classified,
    correctness,
    plain,
)

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

METHOD = "paired by case: adjusted Wald on cluster differences (Bonett-Price), Student's t"
FEW_CLUSTERS = 10


class Contrast(msgspec.Struct, frozen=True):
    value: float
    low: float
    high: float


def difference(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """`about.arm` minus `about.control_arm` over the cases that both arms measured.

    `extra` says how many cases went from right to wrong and from wrong to right (control to arm);
    with repeats these are the expected numbers over all pairings of the fresh replies of a case.
    Failed calls are missing: `bound_low` and `bound_high` fill them against and for the arm, and
    `undecided` is true where the sign of the difference changes between those."""
    import polars as pl

    about = msgspec.structs.replace(about, unit="difference of proportions", level=level)
    arms = plain(frame).filter(pl.col("arm").is_in([about.arm, about.control_arm]))
    rows = classified(arms, correctness() if success is None else success, counting)
    pairs = _pairs(rows, about, (COUNTED,))
    unpaired = rows["case_id"].n_unique() - len(pairs)
    counted = msgspec.structs.replace(
        about,
        n=len(pairs),
        n_clusters=pairs["cluster"].n_unique(),
        **behaviour_counts(arms),
        extra=about.extra | {"unpaired_cases": unpaired},
    )
    if pairs.is_empty():
        return msgspec.structs.replace(counted, note=_why_empty(arms, about))
    found = _contrast(pairs, level)
    turned = pairs.select(
        (pl.col("control") * (1 - pl.col("treated"))).sort().sum().alias("right_to_wrong"),
        (pl.col("treated") * (1 - pl.col("control"))).sort().sum().alias("wrong_to_right"),
    ).row(0, named=True)
    bounds = _bounds(rows, about, found, level)
    return msgspec.structs.replace(
        counted,
        value=found.value,
        low=found.low,
        high=found.high,
        method=METHOD,
        note=_caution(about.note, counted.n_clusters, bounds),
        extra=counted.extra | {k: round(v, 9) for k, v in turned.items()} | bounds,
    )


def _pairs(rows: pl.DataFrame, about: Estimate, states: tuple[int, ...]) -> pl.DataFrame:
    """One row per case that both arms have: its cluster, its rate in the arm and in the control."""
    import numpy as np
    import polars as pl

    lazy = rows.lazy().filter(pl.col("state").is_in(states))
    kept = lazy.select("case_id", "cluster", "arm", "y").collect()
    cases, clusters, y = codes(kept["case_id"]), codes(kept["cluster"]), kept["y"].to_numpy()
    found: list[tuple[Any, Any, Any]] = []
    for arm in (about.arm, about.control_arm):
        here = np.flatnonzero((kept["arm"] == arm).to_numpy())
        sums = sums_by(cases[here], y[here])
        found.append((sums.keys, sums.totals / sums.sizes, clusters[here][sums.first]))
    (treated, rate, cluster), (control, control_rate, _) = found
    _, left, right = np.intersect1d(treated, control, assume_unique=True, return_indices=True)
    return pl.DataFrame(
        {"cluster": cluster[left], "treated": rate[left], "control": control_rate[right]}
    )


def _contrast(pairs: pl.DataFrame, level: float) -> Contrast:
    difference = (pairs["treated"] - pairs["control"]).to_numpy()
    sums = sums_by(codes(pairs["cluster"]), difference)
    change, size = sums.totals, sums.sizes
    cases, clusters = float(size.sum()), len(size)
    value = float(change.sum()) / cases
    typical = cases / clusters
    total = cases + 2 * typical
    centre = float(change.sum()) / total
    squares = float(((change - centre * size) ** 2).sum())
    squares += ((1 - centre) ** 2 + (1 + centre) ** 2) * typical**2
    spread = sqrt((clusters + 2) / (clusters + 1) * squares) / total
    half = t_quantile(clusters + 1, level) * spread
    return Contrast(value, max(-1.0, centre - half), min(1.0, centre + half))


def _bounds(rows: pl.DataFrame, about: Estimate, found: Contrast, level: float) -> dict[str, Any]:
    """Every missing reply counted against the arm, and every one counted for it."""
    import polars as pl

    lost = pl.col("state") == MISSING
    if rows.filter(lost).is_empty():
        low = high = found
    else:
        in_arm = (pl.col("arm") == about.arm).cast(pl.Float64)
        ends = []
        for fill in (1 - in_arm, in_arm):
            filled = rows.with_columns(pl.when(lost).then(fill).otherwise(pl.col("y")).alias("y"))
            ends.append(_contrast(_pairs(filled, about, (COUNTED, MISSING)), level))
        low, high = ends
    return {
        "bound_low": low.value,
        "bound_high": high.value,
        "bound_interval": [low.low, high.high],
        "undecided": low.value < 0 < high.value,
    }


def _why_empty(arms: pl.DataFrame, about: Estimate) -> str:
    present = set(arms["arm"].unique().to_list())
    for arm in (about.arm, about.control_arm):
        if arm not in present:
            return f"No difference: the arm '{arm}' has no trials."
    return (
        f"No difference: no case has a usable reply in both '{about.arm}' "
        f"and '{about.control_arm}'."
    )


def _caution(note: str, clusters: int, bounds: dict[str, Any]) -> str:
    said = [note] if note else []
    if clusters < FEW_CLUSTERS:
        said.append(f"Only {clusters} cases or clusters: the interval is a rough guide.")
    if bounds["undecided"]:
        said.append("Undecided: the missing replies could turn the sign of the difference.")
    return " ".join(said)
