"""Differences between two arms on the same cases.

The estimand is the mean over cases of (rate in the arm minus rate in the control). The interval is
Bonett and Price's (2012) adjusted Wald interval, carried over to clusters: two pseudo-clusters of
average size are added, one that changed wholly for and one wholly against, and the mean of the
cluster differences gets Student's t. With one pair per cluster it is their interval but for t in
place of z. The pseudo-clusters keep its width above zero where no case changed at all. Where
clusters differ in size, their number is the effective one, (sum of sizes)^2 over the sum of
squares.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import Kinds, codes, column_sums, parts, pooled
from auscult.stats.intervals import rough_guide, t_quantile
from auscult.stats.table import (
    ALL_ASKED,
    COUNTED,
    MISSING,
    NOT_APPLICABLE,
    Counting,
    behaviour_counts,
    classified,
    correctness,
    only,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]
    Read = Callable[[pl.DataFrame], Floats]

METHOD = "paired by case: adjusted Wald on cluster differences (Bonett-Price), Student's t"
FEW_CLUSTERS = 10


class Contrast(msgspec.Struct, frozen=True):
    value: float
    low: float
    high: float
    df: float = 0.0
    """Degrees of freedom: the effective number of clusters and one."""


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

    wanted = correctness() if success is None else success
    needed = {"case_id", "cluster", "arm", "behaviour", *wanted.meta.root_names()}
    here = pl.col("arm").cast(pl.String).is_in([about.arm, about.control_arm])
    present = only(frame.select(sorted(needed)), here)

    def read(part: pl.DataFrame) -> Floats:
        rows = classified(part, wanted, counting)
        return _cluster_rows(_trials(rows, rows["arm"] == about.arm, rows["y"], rows["state"]))

    return _estimated(present, read, about, level)


def excess_over_rule(
    frame: pl.DataFrame,
    about: Estimate,
    rule: pl.Expr,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """`difference` where the control is computed, not asked: what `rule` would have scored on the
    same trials. It is known for failed calls too."""
    wanted = correctness() if success is None else success
    needed = {"case_id", "cluster", "behaviour"}
    needed |= {*wanted.meta.root_names(), *rule.meta.root_names()}

    def read(part: pl.DataFrame) -> Floats:
        import numpy as np
        import polars as pl

        rows = classified(part, wanted, counting)
        scored = rows.select(rule.cast(pl.Float64).alias("y"))["y"]
        asked = rows["state"].to_numpy() != NOT_APPLICABLE
        computed = pl.Series(np.where(asked, COUNTED, NOT_APPLICABLE).astype(np.uint8))
        target = _trials(rows, pl.Series(np.ones(len(rows), bool)), rows["y"], rows["state"])
        control = _trials(rows, pl.Series(np.zeros(len(rows), bool)), scored, computed)
        return _cluster_rows(np.concatenate((target, control)))

    return _estimated(frame.select(sorted(needed)), read, about, level)


def _estimated(frame: pl.DataFrame, read: Read, about: Estimate, level: float) -> Estimate:
    behaviours: dict[str, int] = {}

    def blocks() -> Iterator[Floats]:
        for part in parts(frame):
            for name, count in behaviour_counts(part).items():
                behaviours[name] = behaviours.get(name, 0) + count
            yield read(part)

    kinds = pooled(blocks(), COLUMNS)
    paired = kinds.where(kinds.rows[:, SIZE] > 0)
    totals = kinds.totals
    counted = msgspec.structs.replace(
        about,
        unit="difference of proportions",
        level=level,
        n=int(totals[SIZE]),
        n_clusters=paired.clusters,
        **behaviours,
        extra=about.extra | {"unpaired_cases": int(totals[SEEN] - totals[SIZE])},
    )
    if not paired.clusters:
        return msgspec.structs.replace(counted, note=_why_empty(frame, about))
    found = contrast(paired, CHANGE, SIZE, level)
    turned = {"right_to_wrong": totals[TO_WRONG], "wrong_to_right": totals[TO_RIGHT]}
    bounds = _bounds(kinds, found, level)
    return msgspec.structs.replace(
        counted,
        value=found.value,
        low=found.low,
        high=found.high,
        method=METHOD,
        note=_caution(about.note, found.df - 1, bounds),
        extra=counted.extra
        | {k: round(float(v), 9) for k, v in turned.items()}
        | {"df": found.df, **bounds},
    )


def _trials(rows: pl.DataFrame, treated: pl.Series, y: pl.Series, state: pl.Series) -> Floats:
    """Case, cluster, arm, score, counted, missing: one row a trial that is either."""
    import numpy as np

    counted, missing = state.to_numpy() == COUNTED, state.to_numpy() == MISSING
    score = np.where(counted, y.fill_null(0.0).to_numpy(), 0.0)
    case, cluster = codes(rows["case_id"]), codes(plain(rows)["cluster"].rank("dense"))
    columns = (case, cluster, treated.to_numpy(), score, counted, missing)
    table: Floats = np.column_stack(columns)[counted | missing].astype(np.float64)
    return table


def _cluster_rows(trials: Floats) -> Floats:
    """One row per cluster of what the contrast is made of, from the trials of whole clusters."""
    import numpy as np

    case, order = np.unique(trials[:, 0], return_inverse=True)
    cluster = np.zeros(len(case))
    # A case is of one cluster; were it of two, the higher number would have it, in any order.
    np.maximum.at(cluster, order, trials[:, 1])
    sums = np.zeros((2, 3, len(case)))
    for arm in (0, 1):
        here = trials[:, 2] == arm
        cases = column_sums(order[here], trials[here][:, 3:])
        sums[arm][:, np.unique(order[here])] = cases.T
    (control, control_n, control_lost), (treated, treated_n, treated_lost) = sums
    pair = (control_n > 0) & (treated_n > 0)
    filled = (control_n + control_lost > 0) & (treated_n + treated_lost > 0)
    a, b = _share(treated, treated_n), _share(control, control_n)
    worst = _share(treated, treated_n + treated_lost)
    worst -= _share(control + control_lost, control_n + control_lost)
    best = _share(treated + treated_lost, treated_n + treated_lost)
    best -= _share(control, control_n + control_lost)
    per_case = (
        np.ones(len(case)), pair, (a - b) * pair, b * (1 - a) * pair, a * (1 - b) * pair,
        filled, worst * filled, best * filled,
    )  # fmt: skip
    return column_sums(cluster, np.column_stack(per_case).astype(np.float64))


COLUMNS = 8
SEEN, SIZE, CHANGE, TO_WRONG, TO_RIGHT, FILLED, WORST, BEST = range(COLUMNS)


def _share(successes: Floats, n: Floats) -> Floats:
    import numpy as np

    found: Floats = np.divide(successes, n, out=np.zeros_like(successes), where=n > 0)
    return found


def contrast(kinds: Kinds, changes: int, sizes: int, level: float) -> Contrast:
    """From sums per cluster: which column holds the changes, and which how many cases they are."""
    change, size, times = kinds.rows[:, changes], kinds.rows[:, sizes], kinds.times
    cases = float((times * size).sum())
    moved = float((times * change).sum())
    # Clusters of one size that say as much as these: their own number and size where all are equal.
    clusters = cases**2 / float((times * size**2).sum())
    typical = cases / clusters
    total = cases + 2 * typical
    centre = moved / total
    squares = float((times * (change - centre * size) ** 2).sum())
    squares += ((1 - centre) ** 2 + (1 + centre) ** 2) * typical**2
    spread = sqrt((clusters + 2) / (clusters + 1) * squares) / total
    half = t_quantile(clusters + 1, level) * spread
    low, high = max(-1.0, centre - half), min(1.0, centre + half)
    return Contrast(moved / cases, low, high, clusters + 1)


def _bounds(kinds: Kinds, found: Contrast, level: float) -> dict[str, Any]:
    """Every missing reply counted against the arm, and every one counted for it."""
    filled = kinds.where(kinds.rows[:, FILLED] > 0)
    low, high = (contrast(filled, end, FILLED, level) for end in (WORST, BEST))
    return {
        "bound_low": low.value,
        "bound_high": high.value,
        "bound_interval": [min(low.low, found.low), max(high.high, found.high)],
        "undecided": low.value < 0 < high.value or _lost(found, low, high),
    }


def _lost(found: Contrast, low: Contrast, high: Contrast) -> bool:
    """A sign that the replies there are do show, and that those missing could take away."""
    return (found.low > 0 >= low.low) or (found.high < 0 <= high.high)


def _why_empty(arms: pl.DataFrame, about: Estimate) -> str:
    wanted = (about.arm, about.control_arm)
    present = set(arms["arm"].unique().to_list()) if "arm" in arms.columns else {*wanted}
    for arm in wanted:
        if arm not in present:
            return f"No difference: the arm '{arm}' has no trials."
    return (
        f"No difference: no case has a usable reply in both '{about.arm}' "
        f"and '{about.control_arm}'."
    )


def _caution(note: str, clusters: float, bounds: dict[str, Any]) -> str:
    said = [note] if note else []
    if clusters < FEW_CLUSTERS:
        said.append(rough_guide(clusters))
    if bounds["undecided"]:
        said.append("Undecided: the missing replies could take the sign of the difference away.")
    return " ".join(said)
