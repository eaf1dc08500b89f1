"""Ordered or adaptive tries: at which try does a case first fail?

A case that used up its budget without failing is censored, which is survival analysis with tries
for time. More tries find more failures in any system, so an equal number of tries at the control
stands beside the curve (`first_failure_excess`).
"""

from __future__ import annotations

from math import exp, log, sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import codes, column_sums, pooled, sums_by
from auscult.stats.intervals import clopper_pearson, t_quantile, z_quantile
from auscult.stats.paired import Contrast, contrast
from auscult.stats.rates import ENOUGH_EVENTS, SOME_CLUSTERS
from auscult.stats.table import behaviour_counts, plain, torn_case
from auscult.stats.tries import bounded, distinct, few_clusters, mean_share, numbers, said

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]

DIFFERENCE = (
    "difference of two Kaplan-Meier curves at the budget, paired by case: adjusted Wald on cluster "
    "sums of influence values (Bonett-Price), Student's t"
)


class Step(msgspec.Struct, frozen=True):
    """One try: how many cases were still being tried, and the share that had failed by then."""

    attempt: int
    at_risk: int
    failed: int
    censored: int
    """Not tried again, and not failed."""
    share: float
    low: float
    high: float
    method: str


class Paths(msgspec.Struct, frozen=True):
    """One entry per case and repeat, from `paths_of`. Cases and clusters are numbers from 0."""

    tries: Any
    """0 where nothing came of the case."""
    failed: Any
    case: Any
    cluster: Any

    @property
    def clusters(self) -> int:
        return distinct(self.cluster)

    def where(self, kept: Any) -> Paths:
        return Paths(self.tries[kept], self.failed[kept], self.case[kept], self.cluster[kept])

    def early(self, budget: int) -> Any:
        """Neither failed by the budget nor used it up."""
        return (self.tries < budget) & ~self.failed


def paths_of(tries: Any, failed: Any, case: Any, cluster: Any) -> Paths:
    """From one entry per case and repeat: tries used, and whether the last of them failed. Every
    case is of one cluster."""
    import numpy as np

    found = _sorted(tries, failed, numbers(case), numbers(cluster))
    home = found.cluster[np.unique(found.case, return_index=True)[1]]
    if (found.cluster != home[found.case]).any():
        raise ValueError("a case belongs to one cluster only; give every case one cluster")
    return found


def _sorted(tries: Any, failed: Any, case: NDArray[Any], cluster: NDArray[Any]) -> Paths:
    """So that nothing depends on the order of the entries."""
    import numpy as np

    used, fell = np.asarray(tries, dtype=np.int64), np.asarray(failed, dtype=np.bool_)
    if not used.shape == fell.shape == case.shape == cluster.shape or used.ndim != 1:
        raise ValueError("tries, failed, case and cluster must be as long as each other")
    if (used < 0).any() or (fell & (used == 0)).any():
        raise ValueError("a case fails at its first try or later; tries can't be fewer than none")
    return Paths(used, fell, case, cluster).where(np.lexsort((fell, used, case, cluster)))


def curve(paths: Paths, budget: int, level: float = 0.95) -> tuple[Step, ...]:
    """Kaplan and Meier's (1958) estimator over tries: the share of cases that have failed by each.

    A case that stopped after t tries without failing was at risk at tries 1 to t; that it stopped
    must say nothing of what would have come. The interval is the log-log one, with Greenwood's
    variance where each cluster is one path, else with the variance between clusters of the
    influence values (Williams 1995) and Student's t. With fewer than 10 effective events either
    way (a flat end, too) or fewer than 10 clusters of several paths it is Clopper-Pearson on the
    clusters whose outcome by that try is known, as if the paths of a cluster agreed, and on fewer
    where stopping has cost more than that. The curve ends where nobody was tried again."""
    import numpy as np

    _check_budget(budget, level)
    if not len(paths.tries):
        return ()
    tries, failed, counts = _within(paths, budget)
    clusters = paths.clusters
    steps: list[Step] = []
    for t in range(1, budget + 1):
        risk, fell = int(counts[t, 0]), int(counts[t, 1])
        if not risk:
            break
        survived = _survived(counts, t)
        known = np.bincount(paths.cluster, weights=(tries >= t) | failed)
        effective = float(known.sum() ** 2 / (known**2).sum()) * _seen(counts, t, known.sum())
        enough = min(1 - survived, survived) * effective >= ENOUGH_EVENTS
        if enough and clusters == len(tries):
            low, high = _log_log(survived, _greenwood(counts, t), z_quantile(level))
            method = "log-log, Greenwood's variance"
        elif enough and clusters >= SOME_CLUSTERS:
            moved = np.bincount(paths.cluster, weights=_influence(tries, failed, counts, t))
            variance = clusters / (clusters - 1) * float((moved**2).sum())
            low, high = _log_log(survived, variance / survived**2, t_quantile(clusters - 1, level))
            method = "log-log, variance between clusters, Student's t"
        else:
            low, high = clopper_pearson((1 - survived) * effective, effective, level)
            method = "Clopper-Pearson"
        stopped = int(((tries == t) & ~failed).sum())
        steps.append(Step(t, risk, fell, stopped, 1 - survived, low, high, method))
    return tuple(steps)


def _check_budget(budget: int, level: float) -> None:
    t_quantile(1, level)  # refuses a level that is none
    if budget < 1 or budget != int(budget):
        raise ValueError(f"the budget must be a number of tries, not {budget}")


def _within(paths: Paths, budget: int) -> tuple[Any, Any, Any]:
    """Tries and failures up to the budget; and, per try from 0, how many paths were at risk and
    how many fell."""
    import numpy as np

    tries, failed = np.minimum(paths.tries, budget), paths.failed & (paths.tries <= budget)
    ended = np.bincount(tries, minlength=budget + 1)
    at_risk = len(tries) - np.concatenate(([0], np.cumsum(ended)[:-1]))
    fell = np.bincount(tries[failed], minlength=budget + 1)
    return tries, failed, np.column_stack((at_risk, fell))


def _survived(counts: Any, t: int) -> float:
    at_risk, fell = counts[1 : t + 1].T
    return float((1 - fell / at_risk).prod())


def _greenwood(counts: Any, t: int) -> float:
    """Variance of the logarithm of the surviving share (Greenwood 1926)."""
    at_risk, fell = counts[1 : t + 1].T
    return float((fell / (at_risk * (at_risk - fell))).sum())


def _seen(counts: Any, t: int, known: float) -> float:
    """How much the paths whose outcome is known are worth, at most 1: where many stopped early the
    last steps rest on few. Where all fell in the end, one more at risk there is imagined to have
    survived, since a share of 1 shows no variance."""
    counts = counts.astype(float)
    if counts[t, 0] == counts[t, 1]:
        counts[t, 0] += 1
    survived, variance = _survived(counts, t), _greenwood(counts, t)
    if not variance:
        return 1.0
    return min(1.0, (1 - survived) / (survived * variance * known))


def _influence(tries: Any, failed: Any, counts: Any, t: int) -> Floats:
    """What each path adds to the surviving share at try t, about its mean; where every path was
    tried t times or failed, this is (1 if it survived, else 0, minus the share) / n."""
    import numpy as np

    at_risk, fell = counts[1 : t + 1].T
    survived = _survived(counts, t)
    if not survived:
        return np.zeros(len(tries))
    hazard = np.concatenate(([0.0], np.cumsum(fell / (at_risk * (at_risk - fell)))))
    drop = np.concatenate(([0.0], 1 / (at_risk - fell)))
    reached = np.minimum(tries, t)
    found: Floats = survived * (hazard[reached] - drop[reached] * (failed & (tries <= t)))
    return found


def _log_log(survived: float, variance: float, quantile: float) -> tuple[float, float]:
    """Limits of the *failed* share; `variance` is that of the logarithm of the surviving one."""
    spread = quantile * sqrt(variance) / abs(log(survived))
    return 1 - exp(log(survived) * exp(-spread)), 1 - exp(log(survived) * exp(spread))


def first_failure(
    frame: pl.DataFrame,
    about: Estimate,
    budget: int,
    *,
    tries: str = "tries",
    failed: str = "failed",
    level: float = 0.95,
) -> Estimate:
    """The share of cases of `about.arm` that have failed by try `budget`, from the curve, which is
    in `extra["curve"]`.

    One row per case and repeat; the columns `tries` and `failed` say how many tries it took and
    whether the last of them failed. Tries beyond the budget are not looked at. A row without tries
    is missing. The bounds count cases that stopped early, and missing ones, as never failing and as
    failing: they hold even where stopping early tells something."""
    arm = plain(frame).filter(arm=about.arm)
    (paths,) = _read(arm, (about.arm,), tries, failed)
    tried = paths.where(paths.tries > 0)
    steps = curve(tried, budget, level)
    lost = len(paths.tries) - len(tried.tries)
    extra = {"budget": budget, "stopped_early": int(tried.early(budget).sum()), "missing": lost}
    about = msgspec.structs.replace(
        about,
        level=level,
        n=len(tried.tries),
        n_clusters=tried.clusters,
        **behaviour_counts(arm),
        extra=about.extra | extra | {"curve": _told(steps)},
    )
    last, torn = _at(steps, budget), torn_case(arm)
    if last is None or torn:
        why = torn or _why_no_value(about.arm, len(paths.tries), steps)
        return msgspec.structs.replace(about, note=said(about.note, why))
    ends = []
    for fill in (0.0, 1.0):
        ends.append(mean_share(_filled(paths, budget, fill), paths.cluster, level))
    gone = f"Cases never tried, which the bounds count either way: {lost}."
    return msgspec.structs.replace(
        about,
        value=last.share,
        low=last.low,
        high=last.high,
        method=f"Kaplan-Meier over tries; {last.method}",
        note=said(about.note, gone if lost else "", few_clusters(about.n_clusters)),
        extra=about.extra | bounded(*ends),
    )


def first_failure_excess(
    frame: pl.DataFrame,
    about: Estimate,
    budget: int,
    *,
    tries: str = "tries",
    failed: str = "failed",
    level: float = 0.95,
) -> Estimate:
    """`about.arm` minus `about.control_arm`: shares of cases that have failed by try `budget`, over
    the cases tried in both, each arm given equally many tries.

    Our estimator: each path stands for its pseudo-value (the curve's value plus n times its
    influence; 1 or 0 where nobody stopped early), and the mean over cases of their difference gets
    the interval of `stats.paired`, which this then equals. `extra` holds both curves. The bounds
    fill cases that stopped early or were never tried, against the arm and for it."""
    import polars as pl

    arms = (about.arm, about.control_arm or "")
    both = plain(frame).filter(pl.col("arm").is_in(arms))
    halves = _read(both, arms, tries, failed)
    tried = _shared([half.where(half.tries > 0) for half in halves])
    curves = [curve(half, budget, level) for half in tried]
    shared = _shared(halves)
    about = msgspec.structs.replace(
        about,
        unit="difference of proportions",
        level=level,
        n=distinct(tried[0].case),
        n_clusters=tried[0].clusters,
        **behaviour_counts(both),
        extra=about.extra
        | {"budget": budget, "curve": _told(curves[0]), "control_curve": _told(curves[1])}
        | {"stopped_early": [int(half.early(budget).sum()) for half in tried]},
    )
    why = torn_case(both) or _why_no_difference(arms, halves, curves, budget)
    if why:
        return msgspec.structs.replace(about, note=said(about.note, why))
    found = _paired(tried, [_pseudo(half, budget) for half in tried], level)
    low, high = (
        _paired(shared, [_filled(h, budget, f) for h, f in zip(shared, fill, strict=True)], level)
        for fill in ((0.0, 1.0), (1.0, 0.0))
    )
    bounds = bounded(low, high) | {"undecided": low.value < 0 < high.value}
    unsure = "Undecided: cases that stopped early or were lost could turn the sign."
    return msgspec.structs.replace(
        about,
        value=found.value,
        low=found.low,
        high=found.high,
        method=DIFFERENCE,
        note=said(
            about.note, few_clusters(about.n_clusters), unsure if bounds["undecided"] else ""
        ),
        extra=about.extra | bounds,
    )


def _read(frame: pl.DataFrame, arms: tuple[str, ...], tries: str, failed: str) -> list[Paths]:
    """The paths of each arm, their cases and clusters numbered alike."""
    import polars as pl

    rows = frame.filter(pl.col("behaviour").fill_null("") != "")
    known = pl.col(tries).is_not_null() & pl.col(failed).is_not_null()
    used = rows.select(pl.when(known).then(tries).otherwise(0)).to_series().to_numpy()
    fell = rows.select(known & pl.col(failed).fill_null(False)).to_series().to_numpy()
    case, cluster = numbers(codes(rows["case_id"])), numbers(codes(rows["cluster"]))
    masks = [(rows["arm"] == arm).to_numpy() for arm in arms]
    return [_sorted(used[m], fell[m], case[m], cluster[m]) for m in masks]


def _shared(halves: list[Paths]) -> list[Paths]:
    """Only the cases that both have."""
    import numpy as np

    cases = np.intersect1d(halves[0].case, halves[1].case)
    return [half.where(np.isin(half.case, cases)) for half in halves]


def _pseudo(paths: Paths, budget: int) -> Floats:
    tries, failed, counts = _within(paths, budget)
    last = min(budget, int(tries.max()))  # beyond it everyone has failed
    found = _influence(tries, failed, counts, last)
    value: Floats = 1 - _survived(counts, last) - len(tries) * found
    return value


def _filled(paths: Paths, budget: int, fill: float) -> Floats:
    """1 where the case failed by the budget, 0 where it did not, `fill` where that is unknown."""
    import numpy as np

    failed = paths.failed & (paths.tries <= budget)
    return np.where(paths.early(budget), fill, failed.astype(np.float64))


def _paired(halves: list[Paths], values: list[Floats], level: float) -> Contrast:
    """Mean over the cases, which both halves hold, of the difference of their mean values."""
    import numpy as np

    one, other = (sums_by(h.case, v) for h, v in zip(halves, values, strict=True))
    change = one.totals / one.sizes - other.totals / other.sizes
    cluster = halves[0].cluster[np.unique(halves[0].case, return_index=True)[1]]
    sums = column_sums(cluster, np.column_stack((change, np.ones(len(change)))))
    return contrast(pooled([sums], 2), 0, 1, level)


def _at(steps: tuple[Step, ...], budget: int) -> Step | None:
    """The curve at the budget; where everyone failed before it, it stays where it ended."""
    if steps and (steps[-1].attempt == budget or steps[-1].share == 1):
        return steps[-1]
    return None


def _told(steps: tuple[Step, ...]) -> list[dict[str, Any]]:
    return [msgspec.structs.asdict(step) for step in steps]


def _why_no_value(arm: str, paths: int, steps: tuple[Step, ...]) -> str:
    if not paths:
        return f"No curve: the arm '{arm}' has no trials."
    if not steps:
        return f"No curve: no case of '{arm}' was tried that could be counted."
    tries = "once" if steps[-1].attempt == 1 else f"{steps[-1].attempt} times"
    return f"No case of '{arm}' was tried more than {tries}, so its curve ends before the budget."


def _why_no_difference(
    arms: tuple[str, str], halves: list[Paths], curves: list[tuple[Step, ...]], budget: int
) -> str:
    for arm, half in zip(arms, halves, strict=True):
        if not (half.tries > 0).any():
            return _why_no_value(arm, len(half.tries), ())
    if not curves[0]:
        return f"No difference: no case was tried in both '{arms[0]}' and '{arms[1]}'."
    for arm, half, steps in zip(arms, halves, curves, strict=True):
        if _at(steps, budget) is None:
            return _why_no_value(arm, len(half.tries), steps)
    return ""
