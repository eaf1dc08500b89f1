"""Rates with intervals that know about repeats, patients and missing replies.

The interval is chosen by this rule, and the choice is named in `method`. A cluster is a patient,
image, vignette or, where nothing else was declared, a case. *Events* is the smaller of successes
and failures.

| trials per cluster | events                     | clusters    | interval |
|---|---|---|---|
| one                | at least 10                | 40 or more  | Wilson |
| one                | fewer, or fewer than 40 clusters | any   | Clopper-Pearson (exact) |
| several            | at least 10, on the effective sample size | 40 or more | Wilson on the effective sample size, Student's t |
| several            | the same                   | 10 to 39    | Clopper-Pearson on the effective sample size, Student's t (Korn and Graubard 1998) |
| several            | fewer, or fewer than 10 clusters | any   | Clopper-Pearson as if all trials of a cluster agreed |

The effective sample size is the number of trials over the design effect, which is the jackknife
variance of the ratio over p(1-p)/n, and never under 1: a lucky negative correlation buys nothing.
Where clusters differ in size, "clusters" is their effective number, (sum of sizes)^2 over the sum of
squares: one patient with a hundred trials and nine with one each are hardly ten patients. The last
row needs no estimate of the correlation, because it assumes the worst.
"""  # noqa: E501

from __future__ import annotations

from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import Kinds, codes, column_sums, parts, pooled
from auscult.stats.intervals import clopper_pearson, score_interval, t_quantile, wilson, z_quantile
from auscult.stats.table import (
    ALL_ASKED,
    COUNTED,
    MISSING,
    Counting,
    behaviour_counts,
    classified,
    correctness,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]

ENOUGH_EVENTS = 10
ENOUGH_CLUSTERS = 40
SOME_CLUSTERS = 10
TOO_SMALL = 5


class Interval(msgspec.Struct, frozen=True):
    """A proportion from clustered trials, with what the interval was made of."""

    value: float
    low: float
    high: float
    method: str
    n_effective: float
    design_effect: float


class Tally(msgspec.Struct, frozen=True):
    """Successes and trials per cluster. Clusters alike may share a row: `times` says how many."""

    successes: Any
    sizes: Any
    times: Any = 1.0

    @property
    def trials(self) -> int:
        return int(self.total(self.sizes))

    @property
    def clusters(self) -> int:
        return int(self.total(self.sizes * 0 + 1))

    @property
    def alike(self) -> float:
        """How many clusters of one size would say as much: their number where sizes are equal."""
        return self.trials**2 / self.total(self.sizes**2)

    def total(self, per_cluster: Any) -> float:
        return float((self.times * per_cluster).sum())


class RateSums(msgspec.Struct, frozen=True):
    """All that a rate is made of. Columns of `kinds`: successes, counted and missing trials."""

    kinds: Kinds
    behaviours: dict[str, int]
    rows: int

    @property
    def missing(self) -> int:
        return int(self.kinds.totals[2])

    def tally(self, fill: float | None = None) -> Tally:
        """Of the complete cases; with `fill`, the missing count as that."""
        successes, counted, missing = self.kinds.rows.T
        if fill is not None:
            successes, counted = successes + fill * missing, counted + missing
        held = counted > 0
        return Tally(successes[held], counted[held], self.kinds.times[held])


def rate(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """The share of `success` (by default: of right answers) among the rows that `counting` keeps.

    Errors are missing: the value is of the complete cases, and `extra` holds what the rate would
    be if all of them had failed or succeeded, with an interval that covers both."""
    return rate_of(rate_sums(frame, success=success, counting=counting), about, level)


def rate_sums(
    frame: pl.DataFrame, *, success: pl.Expr | None = None, counting: Counting = ALL_ASKED
) -> RateSums:
    """Read part by part, so that a long table is never copied whole."""
    wanted = correctness() if success is None else success
    # Only what this rate reads: of a long table every further column is a copy in memory.
    frame = frame.select({"cluster", "behaviour", *wanted.meta.root_names()})
    behaviours: dict[str, int] = {}

    def blocks() -> Iterator[Floats]:
        for part in parts(frame):
            for name, count in behaviour_counts(part).items():
                behaviours[name] = behaviours.get(name, 0) + count
            yield _cluster_sums(classified(part, wanted, counting))

    kinds = pooled(blocks(), 3)
    return RateSums(kinds, behaviours, len(frame))


def _cluster_sums(rows: pl.DataFrame) -> Floats:
    """Successes, counted and missing trials, one row per cluster that has any."""
    import numpy as np

    state = rows["state"].to_numpy()
    counted, missing = state == COUNTED, state == MISSING
    y = np.where(counted, rows["y"].fill_null(0.0).to_numpy(), 0.0)
    columns = np.column_stack((y, counted, missing))
    used = counted | missing
    return column_sums(codes(rows["cluster"])[used], columns[used])


def rate_of(sums: RateSums, about: Estimate, level: float = 0.95) -> Estimate:
    """The estimate that such sums hold."""
    kept = sums.tally()
    filled = msgspec.structs.replace(
        about, n=kept.trials, n_clusters=kept.clusters, level=level, **sums.behaviours
    )
    if kept.trials == 0:
        return msgspec.structs.replace(filled, note=_why_empty(sums))
    found = cluster_interval(kept, level)
    extra = about.extra | {
        "successes": round(kept.total(kept.successes), 9),
        "design_effect": found.design_effect,
        "n_effective": found.n_effective,
        **_bounds(sums, found, level),
    }
    return msgspec.structs.replace(
        filled,
        value=found.value,
        low=found.low,
        high=found.high,
        method=found.method,
        note=_joined(about.note, _caution(kept, sums.missing)),
        extra=extra,
    )


def rates_by(
    frame: pl.DataFrame,
    column: str,
    about: Estimate,
    *,
    smallest: int = TOO_SMALL,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> list[Estimate]:
    """`rate` per value of a column, in order of its name. A group of fewer than `smallest`
    clusters is shown and marked as too small to compare; an empty name is no group."""
    import polars as pl

    out = []
    text = pl.col(column).cast(pl.String)
    names = frame.select(text.unique().sort()).to_series().drop_nulls()
    # One group at a time: cutting the table into all of them at once would copy it.
    for name in names.filter(names != ""):
        group = frame.lazy().filter(text == name).select("cluster", "behaviour", "score").collect()
        words = msgspec.structs.replace(about, group=about.group | {column: name})
        found = rate(group, words, counting=counting, level=level)
        if found.n_clusters < smallest:
            note = f"Fewer than {smallest} cases: too small to compare."
            found = msgspec.structs.replace(
                found, note=_joined(found.note, note), extra=found.extra | {"too_small": True}
            )
        out.append(found)
    return out


def cluster_interval(counts: Tally, level: float = 0.95) -> Interval:
    """The rule of this module. `counts` must hold at least one trial."""
    n, clusters = counts.trials, counts.clusters
    successes = counts.total(counts.successes)
    value = min(1.0, successes / n)
    if n == clusters:
        events = min(successes, n - successes)
        few = events < ENOUGH_EVENTS or clusters < ENOUGH_CLUSTERS
        low, high = (clopper_pearson if few else wilson)(min(successes, n), n, level)
        return Interval(value, low, high, "Clopper-Pearson" if few else "Wilson", float(n), 1.0)
    effect = design_effect(counts)
    effective = n / effect
    events = min(value, 1 - value) * effective
    alike = counts.alike
    if events < ENOUGH_EVENTS or alike < SOME_CLUSTERS:
        return _worst_case(counts, value, level)
    quantile = t_quantile(alike - 1, level)
    if alike >= ENOUGH_CLUSTERS:
        low, high = score_interval(value * effective, effective, quantile)
        method = "cluster-robust Wilson on the effective sample size, Student's t"
        return Interval(value, low, high, method, effective, effect)
    shrunk = effective * (z_quantile(level) / quantile) ** 2
    low, high = clopper_pearson(value * shrunk, shrunk, level)
    method = "Clopper-Pearson on the effective sample size, Student's t (Korn-Graubard)"
    return Interval(value, low, high, method, shrunk, effect)


def _worst_case(counts: Tally, value: float, level: float) -> Interval:
    n = counts.trials
    effective = n**2 / counts.total(counts.sizes**2)
    low, high = clopper_pearson(value * effective, effective, level)
    method = "Clopper-Pearson on clusters, as if all trials of a cluster agreed"
    return Interval(value, low, high, method, effective, n / effective)


def design_effect(counts: Tally) -> float:
    """How many times more variance than independent trials have; at least 1. Where nothing
    varies it cannot be seen, and the trials of a cluster are taken to agree."""
    n, clusters = counts.trials, counts.clusters
    value = counts.total(counts.successes) / n
    binomial = value * (1 - value) / n
    if binomial <= 0 or clusters < 2:
        return counts.total(counts.sizes**2) / n
    # Leaving out a large cluster moves the rest: with its own weight in both places, the usual
    # sandwich would call such a rate surer than it is. With equal sizes the two are the same.
    moved = (counts.successes - value * counts.sizes) / (n - counts.sizes)
    variance = (clusters - 1) / clusters * counts.total(moved**2)
    return max(1.0, variance / binomial)


def cases_for_half_width(found: Estimate, half_width: float = 0.05) -> int | None:
    """How many *further* clusters like those seen would bring the interval down to this half
    width: normal approximation with the observed design effect. None without a rate."""
    if found.value is None or not found.n_clusters:
        return None
    effect = float(found.extra.get("design_effect", 1.0))
    per_cluster = found.n / found.n_clusters
    # A rate seen as 0 or 1 has no variance to plan with: pull it in as Agresti and Coull do.
    effective = found.n / effect
    share = (found.value * effective + 2) / (effective + 4)
    trials = (z_quantile(found.level) / half_width) ** 2 * share * (1 - share) * effect
    return max(0, ceil(trials / per_cluster) - found.n_clusters)


def _bounds(sums: RateSums, found: Interval, level: float) -> dict[str, Any]:
    """What the missing could make of it: all failed, all succeeded."""
    if not sums.missing:
        return {
            "bound_low": found.value,
            "bound_high": found.value,
            "bound_interval": [found.low, found.high],
        }
    ends = [cluster_interval(sums.tally(fill), level) for fill in (0.0, 1.0)]
    return {
        "bound_low": ends[0].value,
        "bound_high": ends[1].value,
        "bound_interval": [min(ends[0].low, found.low), max(ends[1].high, found.high)],
    }


def _why_empty(sums: RateSums) -> str:
    rows = sums.rows
    if rows == 0:
        return "No rate: there are no trials."
    if sums.missing == rows:
        return f"No rate: all {rows} calls failed or could not be judged: nothing was measured."
    if sums.behaviours["n_not_applicable"] == rows:
        return f"Not applicable: none of the {rows} trials could be put to this target."
    if sums.missing:
        lost = f"{sums.missing} of {rows} replies are missing (the call or its judgement failed)"
        return f"No rate: {lost}, and none of the others belongs in the denominator."
    return f"No rate: none of the {rows} trials belongs in the denominator."


def _caution(kept: Tally, missing: int) -> str:
    said = []
    if kept.clusters == 1 and kept.trials > 1:
        said.append("All trials are of one cluster, so the interval says almost nothing.")
    if missing:
        calls = "1 reply is" if missing == 1 else f"{missing} replies are"
        why = "the call or its judgement failed"
        said.append(f"{calls} missing ({why}); the bounds show what they could change.")
    return " ".join(said)


def _joined(*sentences: str) -> str:
    return " ".join(s for s in sentences if s)
