"""At least one failure in k exchangeable tries.

Draws from one declared distribution of attacks (the same sampler, no learning) allow the unbiased
failure-at-k of this module. Ordered or adaptive tries do not: the third try of a strategist that
learns is no draw like the first; `stats.survival` asks when such cases first fail.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.grouped import codes, column_sums, sums_by
from auscult.stats.intervals import rough_guide, score_interval, t_quantile
from auscult.stats.rates import (
    ENOUGH_CLUSTERS,
    ENOUGH_EVENTS,
    SOME_CLUSTERS,
    Tally,
    cluster_interval,
)
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
    from auscult.stats.paired import Contrast

    Floats = NDArray[np.float64]


class Share(msgspec.Struct, frozen=True):
    value: float
    low: float
    high: float
    method: str


def case_failure_at_k(failures: Any, draws: Any, k: int) -> Floats:
    """Per case the chance that at least one of k draws fails, from `failures` among `draws`:
    1 - C(n-f, k) / C(n, k), unbiased for exchangeable draws (Chen et al. 2021, who call its mirror
    image pass@k). Every case needs at least k draws."""
    import numpy as np

    n, f = np.asarray(draws, dtype=np.float64), np.asarray(failures, dtype=np.float64)
    if k < 1 or k != int(k):
        raise ValueError(f"k must be a number of tries, not {k}")
    if n.shape != f.shape or not np.all((f >= 0) & (f <= n)):
        raise ValueError("failures must lie between 0 and the draws of their case")
    if not np.all(n >= k):
        raise ValueError(f"every case needs at least {k} draws")
    none = np.ones(n.shape)
    for drawn in range(int(k)):
        none *= np.maximum(n - f - drawn, 0.0) / (n - drawn)
    return 1 - none


def mean_share(values: Any, cluster: Any, level: float = 0.95) -> Share:
    """Mean of values in [0, 1], one per case. Our estimator: where there are 40 clusters and 10
    effective events each way, Wilson's form on the effective sample size p(1-p)/V with V the
    variance between clusters, Student's t; else the rule of `stats.rates`, which is wider."""
    import numpy as np

    sums = sums_by(numbers(cluster), np.asarray(values, dtype=np.float64))
    n, clusters = float(sums.sizes.sum()), len(sums.sizes)
    value = min(1.0, max(0.0, float(np.sort(sums.totals).sum()) / n))
    residuals = sums.totals - value * sums.sizes
    variance = float(np.sort(residuals**2).sum()) / n**2 * clusters / max(1, clusters - 1)
    if clusters >= ENOUGH_CLUSTERS and variance > 0:
        effective = value * (1 - value) / variance
        if min(value, 1 - value) * effective >= ENOUGH_EVENTS:
            quantile = t_quantile(clusters - 1, level)
            low, high = score_interval(value * effective, effective, quantile)
            method = "Wilson on the effective sample size between clusters, Student's t"
            return Share(value, low, high, method)
    found = cluster_interval(Tally(np.minimum(sums.totals, sums.sizes), sums.sizes), level)
    return Share(found.value, found.low, found.high, found.method)


def failure_at_k(
    frame: pl.DataFrame,
    about: Estimate,
    k: int,
    drawn_from: str,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """The chance that at least one of `k` draws from `drawn_from` fails, mean over cases.

    Each row of `about.arm` is one draw, and every one came from the same declared distribution,
    independent of the others' outcome; adaptive tries belong in `first_failure`. A draw fails
    where its success is under 1. Cases of fewer than k usable draws are not applicable; `extra`
    counts them. Failed calls are missing draws: the bounds count them as failing or not."""
    if not drawn_from.strip():
        raise ValueError("failure-at-k needs the name of the distribution its draws came from")
    import polars as pl

    wanted = correctness() if success is None else success
    arm = plain(frame).filter(pl.col("arm") == about.arm)
    table, cluster = _draws(classified(arm, wanted, counting))
    n, f, lost = table.T
    held = n >= k
    counted = msgspec.structs.replace(
        about,
        level=level,
        n=int(held.sum()),
        n_clusters=distinct(cluster[held]),
        **behaviour_counts(arm),
        extra=about.extra
        | {"k": k, "drawn_from": drawn_from, "cases_with_too_few_draws": int((~held).sum())},
    )
    why = torn_case(arm) or ("" if held.any() else _why_no_draws(counted, len(arm), table, k))
    if why:
        return msgspec.structs.replace(counted, note=said(about.note, why))
    found = mean_share(case_failure_at_k(f[held], n[held], k), cluster[held], level)
    enough, ends = n + lost >= k, [found, found]
    if lost.any():
        ends = [
            mean_share(case_failure_at_k(g[enough], (n + lost)[enough], k), cluster[enough], level)
            for g in (f, f + lost)
        ]
    few = f"Cases with fewer than {k} usable draws, not counted: {int((~held).sum())}."
    gone = f"Draws lost to failed calls, which the bounds count either way: {int(lost.sum())}."
    few = said("" if held.all() else few, gone if lost.any() else "")
    return msgspec.structs.replace(
        counted,
        value=found.value,
        low=found.low,
        high=found.high,
        method=f"failure at {k} (unbiased), draws from {drawn_from}; {found.method}",
        note=said(about.note, few, few_clusters(counted.n_clusters)),
        extra=counted.extra | bounded(*ends),
    )


def _draws(rows: pl.DataFrame) -> tuple[Floats, NDArray[Any]]:
    """Per case its usable draws, those that failed and those lost; and its cluster."""
    import numpy as np

    state = rows["state"].to_numpy()
    counted, missing = state == COUNTED, state == MISSING
    failed = counted & (rows["y"].fill_null(1.0).to_numpy() < 1)
    used = counted | missing
    case, cluster = codes(rows["case_id"])[used], codes(rows["cluster"])[used]
    table = np.column_stack((counted, failed, missing))[used].astype(np.float64)
    first = np.unique(case, return_index=True)[1]
    return column_sums(case, table), cluster[first]


def _why_no_draws(about: Estimate, rows: int, table: Floats, k: int) -> str:
    if not rows:
        return f"No rate: the arm '{about.arm}' has no trials."
    if not len(table):
        return f"No rate: none of the {rows} trials belongs in the denominator."
    usable, lost = int(table[:, 0].sum()), int(table[:, 2].sum())
    if not usable:
        calls = "the only call" if lost == 1 else f"all {lost} calls"
        lost_how = "failed" if about.n_error == lost else "failed or have no score"
        return f"No rate: {calls} of the arm '{about.arm}' {lost_how}."
    if (table[:, 0] + table[:, 2] >= k).any():
        gone = f"draws lost to failed calls: {lost}"
        return f"No rate: no case has {k} usable draws (of {len(table)} tried; {gone})."
    return f"Not applicable: no case has {k} usable draws (of {len(table)} tried)."


def bounded(low: Share | Contrast, high: Share | Contrast) -> dict[str, Any]:
    return {
        "bound_low": low.value,
        "bound_high": high.value,
        "bound_interval": [low.low, high.high],
    }


def few_clusters(clusters: int) -> str:
    if clusters >= SOME_CLUSTERS:
        return ""
    return rough_guide(clusters)


def said(*sentences: str) -> str:
    return " ".join(sentence for sentence in sentences if sentence)


def numbers(names: Any) -> NDArray[Any]:
    """The same order, from 0 without gaps."""
    import numpy as np

    return np.unique(np.asarray(names), return_inverse=True)[1]


def distinct(names: Any) -> int:
    import numpy as np

    return len(np.unique(names))
