"""The ratio of two arms' rates on the same cases: "1.6 times as many wrong answers".

Numerator and denominator share their cases, so the interval works on the logarithm of the ratio
and on what each *cluster* adds to it (delta method). As in the paired difference, Bonett and
Price's two pseudo-pairs are added, one that succeeded in the arm only and one in the control only:
they keep a width where nothing changed and a limit where an arm has no success at all.
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import codes, sums_by
from auscult.stats.intervals import rough_guide, t_quantile
from auscult.stats.table import (
    ALL_ASKED,
    COUNTED,
    MISSING,
    Counting,
    behaviour_counts,
    classified,
    correctness,
    plain,
    torn_case,
)

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]

METHOD = (
    "paired by case: log ratio linearised over clusters, with two pseudo-pairs (after "
    "Bonett-Price), Student's t"
)
FEW_CLUSTERS = 10
LARGEST = 700.0
"""The logarithm of an upper limit that is as good as none, and still a number."""


class Ratio(msgspec.Struct, frozen=True):
    """`value` is None where the control never succeeded; `low`, `high` where there is no such
    limit. `p_value` is two-sided, for a ratio of 1, and agrees with the interval."""

    value: float | None
    low: float | None
    high: float | None
    p_value: float | None
    treated: float
    """Successes in the arm: a sum over cases."""
    control: float
    pairs: int
    clusters: int


class _Pairs(msgspec.Struct, frozen=True):
    """One entry per case that both arms hold."""

    treated: Any
    control: Any
    cluster: Any


def paired_ratio(treated: Any, control: Any, cluster: Any, level: float = 0.95) -> Ratio:
    """Mean of `treated` over mean of `control`, one entry per case, each a rate in [0, 1].

    Our estimator: delta method on clusters (as for a ratio in Cochran 1977, chapter 6) with the
    pseudo-pairs of Bonett and Price (2012), chosen by simulation over Wald, half-event, MOVER and
    Fieller intervals. With A and B the sums and A_k, B_k those of cluster k, the logarithm is
    centred on log((A+1)/(B+1)); its variance is K/(K-1) times the sum of
    (A_k/(A+1) - B_k/(B+1))^2, plus 1/(A+1)^2 + 1/(B+1)^2 for the pseudo-pairs; K-1 degrees of
    freedom. No success in the control leaves a lower limit only, none in the arm an upper limit
    only, none in either nothing. One cluster has no interval."""
    import numpy as np

    after, before = _rates(treated, "treated"), _rates(control, "control")
    names = np.asarray(cluster)
    if not after.shape == before.shape == names.shape:
        raise ValueError("treated, control and cluster must be as long as each other")
    t_quantile(1, level)  # refuses a level that is none, whatever the data
    number = np.unique(names, return_inverse=True)[1]
    a, b = sums_by(number, after).totals, sums_by(number, before).totals
    total_a, total_b = float(np.sort(a).sum()), float(np.sort(b).sum())
    value = total_a / total_b if total_b > 0 else None
    held = {"treated": total_a, "control": total_b, "pairs": len(after), "clusters": len(a)}
    if len(a) < 2 or not (total_a or total_b):
        return Ratio(value, None, None, None, **held)  # type: ignore[arg-type]
    centre = log((total_a + 1) / (total_b + 1))
    spread = _spread(a / (total_a + 1) - b / (total_b + 1), total_a, total_b)
    half = t_quantile(len(a) - 1, level) * spread
    low, high = exp(centre - half), exp(centre + half) if centre + half < LARGEST else None
    if value is not None:
        low, high = min(low, value), None if high is None else max(high, value)
    return Ratio(
        value=value,
        low=low if total_a else 0.0,
        high=None if value is None else high,
        p_value=_two_sided(centre / spread, len(a) - 1),
        **held,  # type: ignore[arg-type]
    )


def _spread(shares: Floats, total_a: float, total_b: float) -> float:
    import numpy as np

    squares = float(np.sort(shares**2).sum()) + 1 / (total_a + 1) ** 2 + 1 / (total_b + 1) ** 2
    return sqrt(len(shares) / (len(shares) - 1) * squares)


def _two_sided(statistic: float, df: int) -> float:
    from scipy.special import stdtr

    return float(min(1.0, 2 * stdtr(df, -abs(statistic))))


def _rates(values: Any, name: str) -> Floats:
    import numpy as np

    found = np.asarray(values, dtype=np.float64)
    if found.ndim != 1 or not np.all((found >= 0) & (found <= 1)):
        raise ValueError(f"{name} must be a list of rates between 0 and 1")
    return found


def ratio(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """`about.arm` over `about.control_arm` on the cases that both arms measured (`paired_ratio`).

    Failed calls are missing: `bound_low` and `bound_high` fill them against and for the arm (None
    where the control would have no success), and `undecided` is true where 1 lies between."""
    import polars as pl

    about = msgspec.structs.replace(about, unit="ratio", level=level)
    arms = plain(frame).filter(pl.col("arm").is_in([about.arm, about.control_arm]))
    torn = torn_case(arms)
    if torn:
        counts = behaviour_counts(arms)
        return msgspec.structs.replace(about, **counts, note=f"{about.note} {torn}".strip())
    rows = classified(arms, correctness() if success is None else success, counting)
    pairs = _pairs(rows, about, (COUNTED,))
    found = paired_ratio(pairs.treated, pairs.control, pairs.cluster, level)
    counted = msgspec.structs.replace(
        about, n=found.pairs, n_clusters=found.clusters, **behaviour_counts(arms)
    )
    why = _why_empty(arms, about) if not found.pairs else _why_no_ratio(found, about)
    bounds = _bounds(rows, about, found, level) if found.pairs else {}
    extra = {"successes": round(found.treated, 9), "control_successes": round(found.control, 9)}
    if found.p_value is not None:
        extra["p_value"] = found.p_value
    said = [about.note, why, _caution(found, bounds)]
    return msgspec.structs.replace(
        counted,
        value=found.value,
        low=found.low,
        high=found.high,
        method=METHOD if found.low is not None else "",
        note=" ".join(part for part in said if part),
        extra=about.extra | extra | bounds,
    )


def _pairs(rows: pl.DataFrame, about: Estimate, states: tuple[int, ...]) -> _Pairs:
    """The rate of each case in the arm and in the control, for the cases that both have."""
    import numpy as np
    import polars as pl

    lazy = rows.lazy().filter(pl.col("state").is_in(states))
    kept = lazy.select("case_id", "cluster", "arm", "y").collect()
    cases, clusters = codes(kept["case_id"]), codes(kept["cluster"])
    y = kept["y"].to_numpy()
    found: list[tuple[Any, Any, Any]] = []
    for arm in (about.arm, about.control_arm):
        here = np.flatnonzero((kept["arm"] == arm).to_numpy())
        sums = sums_by(cases[here], y[here])
        found.append((sums.keys, sums.totals / sums.sizes, clusters[here][sums.first]))
    (one, treated, cluster), (other, control, _) = found
    _, left, right = np.intersect1d(one, other, assume_unique=True, return_indices=True)
    return _Pairs(treated[left], control[right], cluster[left])


def _bounds(rows: pl.DataFrame, about: Estimate, found: Ratio, level: float) -> dict[str, Any]:
    """Every missing reply counted against the arm, and every one counted for it."""
    import polars as pl

    lost = pl.col("state") == MISSING
    ends = [found, found]
    if not rows.filter(lost).is_empty():
        in_arm = (pl.col("arm") == about.arm).cast(pl.Float64)
        ends = []
        for fill in (1 - in_arm, in_arm):
            filled = rows.with_columns(pl.when(lost).then(fill).otherwise(pl.col("y")).alias("y"))
            pairs = _pairs(filled, about, (COUNTED, MISSING))
            ends.append(paired_ratio(pairs.treated, pairs.control, pairs.cluster, level))
    low, high = ends
    over_one = high.treated > high.control
    return {
        "bound_low": low.value,
        "bound_high": high.value,
        "bound_interval": [low.low, high.high],
        "undecided": low.treated < low.control and over_one,
    }


def _why_empty(arms: pl.DataFrame, about: Estimate) -> str:
    present = set(arms["arm"].unique().to_list())
    for arm in (about.arm, about.control_arm):
        if arm not in present:
            return f"No ratio: the arm '{arm}' has no trials."
    return f"No ratio: no case has a usable reply in both '{about.arm}' and '{about.control_arm}'."


def _why_no_ratio(found: Ratio, about: Estimate) -> str:
    if not found.treated and not found.control:
        return f"No ratio: none counted in '{about.arm}' nor in '{about.control_arm}'."
    if not found.control:
        none = f"No ratio: none counted in '{about.control_arm}'"
        return f"{none}." if found.low is None else f"{none}; its lower limit is {found.low:.3g}."
    if found.low is None:
        return "All cases are of one cluster, so there is no interval."
    if not found.treated:
        return f"None counted in '{about.arm}': the interval is an upper limit."
    return ""


def _caution(found: Ratio, bounds: dict[str, Any]) -> str:
    said = []
    if 1 < found.clusters < FEW_CLUSTERS:
        said.append(rough_guide(found.clusters))
    if bounds.get("undecided"):
        said.append("Undecided: the missing replies could turn the direction of the ratio.")
    return " ".join(said)
