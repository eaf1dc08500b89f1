"""What other systems publish about confidence: CARES, MetaFaith and Prompt4Trust.

Each figure is given as published, with its faults named, and beside it the form that lacks them.
"""

from __future__ import annotations

from math import log, sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.bootstrap import SEED
from auscult.stats.grouped import codes
from auscult.stats.intervals import rough_guide, t_quantile
from auscult.stats.rates import Interval, Tally, cluster_interval
from auscult.stats.selective import (
    ONE_CLUSTER,
    Figure,
    Forecasts,
    block_sums,
    bootstrapped,
    forecasts,
    numbered,
    resample,
    unit_array,
    within,
)
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
    from collections.abc import Sequence

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

PSEUDO = "mean over clusters with two pseudo-clusters, one best and one worst; Student's t"
SURE_AT = 0.5
BINS = 10
SMALLEST, UNREADABLE = 1e-10, 1e-12
FEW_CLUSTERS = 10
HIGHER = "higher-is-better"
FAITH = "mean of 1 - |decisiveness - confidence|"
FAITHFULNESS = {
    "mfg": "Mean faithfulness of an answer's tone to its confidence, over answers.",
    "cmfg": "The same over bins of confidence, each bin that holds answers alike.",
    "cmfg-as-published": "The same with empty bins as 0 and answers of confidence 1 dropped.",
}


class Faithfulness(msgspec.Struct, frozen=True):
    """`covered` is the share of the bins that hold an answer; `at_one` answers of confidence 1 lie
    in no bin of the published form."""

    mean: Figure
    corrected: Figure
    published: Figure
    covered: float
    at_one: int


class Sureness(msgspec.Struct, frozen=True):
    """CARES' two shares, of all answers; and the two it leaves out, None where nothing is wrong
    or nobody is sure."""

    accuracy: Interval
    over_confidence: Interval
    sure_given_wrong: float | None
    wrong_given_sure: float | None


def sureness(scored: Forecasts, sure_at: float = SURE_AT, level: float = 0.95) -> Sureness:
    """Of all answers, as published for CARES (Xia et al. 2024): uncertainty accuracy is (right and
    sure + wrong and unsure) / N, the over-confidence ratio (wrong and sure) / N. CARES asks "are
    you sure?"; where confidence is graded, `sure_at` or more is sure (ours). Their released code
    computes neither. A model that is seldom wrong has little over-confidence in this sense however
    blindly sure it is: read the share of sure among the wrong beside it."""
    sure = (scored.confidence >= sure_at).astype("float64")
    both, blind = sure * scored.outcome, sure * (1 - scored.outcome)
    wrong = float((1 - scored.outcome).sum())
    agrees = both + (1 - sure) * (1 - scored.outcome)
    return Sureness(
        cluster_interval(tally_of(scored.cluster, agrees), level),
        cluster_interval(tally_of(scored.cluster, blind), level),
        float(blind.sum()) / wrong if wrong else None,
        float(blind.sum()) / float(sure.sum()) if sure.any() else None,
    )


def tally_of(cluster: Integers, successes: Floats) -> Tally:
    """Sums per cluster of rows already ranked."""
    import numpy as np

    number = np.unique(cluster, return_inverse=True)[1]
    return Tally(np.bincount(number, weights=successes), np.bincount(number).astype(np.float64))


def mean_loss(
    cluster: Integers,
    loss: Floats,
    if_right: Floats,
    if_wrong: Floats,
    limits: tuple[float, float],
    level: float = 0.95,
) -> Figure:
    """The mean of a loss per answer; its interval as `stats.paired` makes one, the pseudo-clusters
    having the same confidences and nothing but right, or wrong, answers."""
    import numpy as np

    total, size = np.bincount(cluster, weights=loss), np.bincount(cluster)
    clusters, value = len(size), float(loss.mean())
    quantile = t_quantile(clusters + 1, level)
    if clusters == 1:
        return within(value, *limits, limits, ONE_CLUSTER)
    typical = len(loss) / clusters
    total = np.append(total, typical * np.array([if_right.mean(), if_wrong.mean()]))
    size = np.append(size, [typical, typical])
    centre = float(total.sum() / size.sum())
    squares = float(((total - centre * size) ** 2).sum())
    spread = sqrt((clusters + 2) / (clusters + 1) * squares) / float(size.sum())
    half = quantile * spread
    return within(value, centre - half, centre + half, limits, PSEUDO)


def faithfulness(
    decisiveness: Any,
    confidence: Any,
    cluster: Any = None,
    *,
    bins: int = BINS,
    level: float = 0.95,
    seed: int = SEED,
) -> Faithfulness:
    """Whether an answer sounds as sure as it is: F = 1 - |decisiveness - confidence| of each, where
    confidence is how well resampled answers agree (MetaFaith, Liu et al. 2025). MFG is the mean of
    F; cMFG the mean over ten bins of confidence of the mean F in each, so that no level of
    confidence can outweigh the others.

    As published and released, a bin without answers counts as an F of 0, and answers of confidence
    1 lie beyond the last bin and are dropped: a model that is always wholly sure and says so, which
    is faithful, gets 0. Corrected (our estimator): the last bin is closed and the mean is over the
    bins that hold answers, whose share is given beside it: where that is small, it says little."""
    import numpy as np

    bold, sure = unit_array(decisiveness, "decisiveness"), unit_array(confidence, "confidence")
    if len(bold) != len(sure):
        raise ValueError(f"{len(bold)} decisivenesses do not match {len(sure)} confidences")
    if bins < 1:
        raise ValueError(f"there must be at least one bin, not {bins}")
    fits = 1 - np.abs(bold - sure)
    scored = forecasts(sure, fits, cluster)
    sure, fits = scored.confidence, scored.outcome
    # 0.3 lies in the bin from 0.3, whatever ten times 0.3 is in binary.
    place = np.minimum((sure * bins + 1e-9).astype(np.int64), bins - 1)
    listed = np.digitize(sure, np.linspace(0, 1, bins + 1)) - 1
    ones = np.ones(scored.n)

    def figure(keys: Integers, published: bool) -> Figure:
        sums = block_sums(scored, keys, bins + 1, [ones, fits], seed)
        whole = np.bincount(keys, minlength=bins + 1)
        value = float(_mean_of_bins(sums.sum(axis=0)[None], bins, published)[0])
        if scored.clusters == 1:
            return Figure(value, 0.0, 1.0, ONE_CLUSTER)
        ends = np.concatenate((whole, whole)), np.concatenate((whole, 0 * whole))
        sample = resample(sums, ends, scored.clusters, level, seed)
        return bootstrapped(value, lambda t: _mean_of_bins(t, bins, published), sample, level)

    return Faithfulness(
        mean_loss(scored.cluster, fits, ones, 0 * ones, (0.0, 1.0), level),
        figure(place, False),
        figure(listed, True),
        len(np.unique(place)) / bins,
        int((sure == 1).sum()),
    )


def _mean_of_bins(table: Floats, bins: int, published: bool) -> Floats:
    """Columns: answers of each bin and of none, then their F."""
    import numpy as np

    count, total = table[:, :bins], table[:, bins + 1 : -1]
    held = count > 0
    means = np.where(held, total / np.where(held, count, 1), 0.0)
    divisor = bins if published else np.maximum(held.sum(axis=1), 1)
    found: Floats = means.sum(axis=1) / divisor
    return found


def rewards(confidence: Any, outcome: Any) -> Floats:
    """Prompt4Trust's reward of each answer, as its released code has it (2025): log p where right,
    log(1 - p) - 1 where wrong, log 1e-12 where no confidence can be read (given as NaN), p kept
    within 1e-10 of 0 and 1. The log score with a fine of 1 on wrong answers: the fine does not
    depend on p, so that the honest p is still the best. An outcome between 0 and 1 is that much of
    a right answer (our extension)."""
    import numpy as np

    given = np.asarray(confidence, dtype=np.float64)
    read = ~np.isnan(given)
    sure = np.clip(unit_array(np.where(read, given, 0.0), "confidence"), SMALLEST, 1 - SMALLEST)
    right = unit_array(outcome, "outcome")
    if len(right) != len(sure):
        raise ValueError(f"{len(sure)} confidences do not match {len(right)} outcomes")
    paid = right * np.log(sure) + (1 - right) * (np.log1p(-sure) - 1)
    return np.where(read, paid, log(UNREADABLE))


def mean_reward(
    confidence: Any, outcome: Any, cluster: Any = None, *, level: float = 0.95
) -> Figure:
    """The mean reward over all answers, those without a readable confidence included: what
    Prompt4Trust trains for, read as a metric (our use of it)."""
    import numpy as np

    paid = rewards(confidence, outcome)
    if not len(paid):
        raise ValueError("there is no answer to reward")
    ones = np.ones(len(paid))
    best, worst = rewards(confidence, ones), rewards(confidence, 0 * ones)
    if cluster is None:
        order, code = np.lexsort((worst, best, paid)), np.arange(len(paid))
    else:
        code, _ = numbered(cluster, len(paid))
        order = np.lexsort((worst, best, paid, code))
        code = code[order]
    limits = log(UNREADABLE), 0.0
    return mean_loss(code, paid[order], best[order], worst[order], limits, level)


def faithful_estimates(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    decisiveness: str,
    confidence: str,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
    seed: int = SEED,
) -> list[Estimate]:
    """MFG, cMFG corrected and cMFG as published, over the replies that have both columns."""
    import polars as pl

    columns = (decisiveness, confidence)
    about = msgspec.structs.replace(about, level=level)
    rows, filled = measured(frame, about, columns, pl.lit(1.0), counting)
    figures: dict[str, Figure] = {}
    extra: dict[str, Any] = {}
    if len(rows):
        bold, sure = (rows[name].to_numpy() for name in columns)
        found = faithfulness(bold, sure, codes(rows["cluster"]), level=level, seed=seed)
        figures = {
            "mfg": found.mean,
            "cmfg": found.corrected,
            "cmfg-as-published": found.published,
        }
        extra = {"bins_covered": found.covered, "confidence_of_1": found.at_one}
    return [
        stated(filled, metric, (said, FAITH, HIGHER), figures.get(metric), **extra)
        for metric, said in FAITHFULNESS.items()
    ]


def reward_estimate(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    confidence: str,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> Estimate:
    """Prompt4Trust's reward over all counted replies; an invalid one, or one without a confidence,
    gets the lowest."""
    import polars as pl

    wanted = correctness() if success is None else success
    read = pl.when(pl.col("behaviour") != "invalid").then(pl.col(confidence).cast(pl.Float64))
    frame = frame.select({"cluster", "behaviour", confidence, *wanted.meta.root_names()})
    frame = frame.with_columns(read.fill_null(float("nan")).alias("readable"))
    about = msgspec.structs.replace(about, level=level)
    rows, filled = measured(frame, about, (), wanted, counting, carried=("readable",))
    said = "Mean of log p where right, log(1 - p) - 1 where wrong, log 1e-12 where unreadable."
    words = said, "nats", HIGHER
    if not len(rows):
        return stated(filled, "prompt4trust-reward", words, None)
    sure, unread = rows["readable"].to_numpy(), int(rows["readable"].is_nan().sum())
    figure = mean_reward(sure, rows["y"].to_numpy(), codes(rows["cluster"]), level=level)
    note = f"{unread} of {len(rows)} replies came without a readable '{confidence}': lowest reward."
    return stated(
        filled, "prompt4trust-reward", words, figure, note if unread else "", unread=unread
    )


def measured(
    frame: pl.DataFrame,
    about: Estimate,
    columns: Sequence[str],
    success: pl.Expr,
    counting: Counting = ALL_ASKED,
    carried: Sequence[str] = (),
) -> tuple[pl.DataFrame, Estimate]:
    """The counted rows that have a number in all these columns, `carried` along with them, and
    `about` with its counts. Its note says what was left out or, where no row is left, why."""
    import polars as pl

    needed = {"cluster", "behaviour", *columns, *carried, *success.meta.root_names()}
    numbers = [pl.col(name).cast(pl.Float64).fill_nan(None) for name in columns]
    rows = classified(frame.select(sorted(needed)).with_columns(numbers), success, counting)
    counted = rows.filter(pl.col("state") == COUNTED)
    held = counted.drop_nulls(list(columns)) if columns else counted
    missing, unread = int((rows["state"] == MISSING).sum()), len(counted) - len(held)
    counts = behaviour_counts(frame)
    clusters = held["cluster"].n_unique()
    said = [about.note] if about.note else []
    if not len(held):
        said.append(_why_empty(len(frame), len(counted), missing, counts["n_not_applicable"]))
    elif clusters == 1:
        said.append("All replies are of one cluster, so the interval says almost nothing.")
    elif clusters < FEW_CLUSTERS:
        said.append(rough_guide(clusters))
    if unread:
        what = " or ".join(f"'{name}'" for name in columns)
        said.append(f"{unread} of {len(counted)} replies came without {what} and are left out.")
    if missing:
        lost = "1 reply is" if missing == 1 else f"{missing} replies are"
        said.append(f"{lost} missing (failed or unscored) and left out.")
    extra = about.extra | {"unread": unread, "missing": missing}
    note = " ".join(said)
    return held, msgspec.structs.replace(
        about, n=len(held), n_clusters=clusters, note=note, extra=extra, **counts
    )


def _why_empty(rows: int, counted: int, missing: int, not_applicable: int) -> str:
    if not rows:
        return "No figure: there are no trials."
    if counted:
        return "No figure: no reply came with the numbers that it needs."
    if missing == rows:
        return f"No figure: all {rows} calls failed, so nothing was measured."
    if not_applicable == rows:
        return f"Not applicable: none of the {rows} trials could be put to this target."
    return f"No figure: none of the {rows} trials belongs in the denominator."


def stated(
    filled: Estimate,
    metric: str,
    words: tuple[str, str, str],
    figure: Figure | None,
    note: str = "",
    **extra: Any,
) -> Estimate:
    """One figure as an Estimate, in words: estimand, unit, direction. Metric and estimand follow
    those of `filled`, if any."""
    estimand, unit, direction = words
    named = msgspec.structs.replace(
        filled,
        metric=f"{filled.metric}/{metric}" if filled.metric else metric,
        estimand=f"{filled.estimand} {estimand}".strip(),
        unit=unit,
        direction=direction,
        note=f"{filled.note} {note}".strip(),
        extra=filled.extra | extra,
    )
    if figure is None:
        return named
    return msgspec.structs.replace(
        named, value=figure.value, low=figure.low, high=figure.high, method=figure.method
    )
