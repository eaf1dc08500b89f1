"""Whether confidence means what it says: of the answers given with 80%, are 80% right?

Bins hold equal numbers of answers; answers of equal confidence are never split. By default there
are as many as the cube root of the number of answers, rounded up, at most 15: the order that
balances bias and noise of a histogram (Scott 1979), ended at the usual number (Guo et al. 2017).

The plug-in calibration error is above 0 even for a perfect forecaster, because each bin's mean is
noisy. Its squared form is corrected without bias by taking off the sampling variance of each bin
(Bröcker 2012; Kumar, Liang and Ma 2019). For the absolute form no unbiased estimator exists; see
`absolute_gap`. Clusters are read wherever a variance is. An outcome is 0, 1 or a score between.
"""

from __future__ import annotations

from itertools import pairwise
from math import log, sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.bootstrap import SEED, percentile
from auscult.stats.faithful import HIGHER, SURE_AT, mean_loss, measured, stated, sureness, tally_of
from auscult.stats.grouped import codes
from auscult.stats.intervals import wilson
from auscult.stats.rates import design_effect, rate
from auscult.stats.selective import (
    ONE_CLUSTER,
    Figure,
    Forecasts,
    auroc,
    block_sums,
    forecasts,
    mass_bins,
    resample,
    risk_coverage,
    selective,
    within,
)
from auscult.stats.table import ALL_ASKED, Counting, correctness

if TYPE_CHECKING:
    from collections.abc import Iterator

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Found = tuple[str, Figure | None, dict[str, Any]]

MOST_BINS = 15
CLIP = 1e-6
POINTS = 100
SURE_SHARES = {"risk-at-50": 0.5, "risk-at-80": 0.8, "risk-at-90": 0.9}
GAPS = "bins of equal mass, cluster bootstrap of their gaps"
CORRECTED = f"{GAPS}; less what noise adds"

LOWER = "lower-is-better"
WORDS = {
    "calibration-error": ("Mean gap of confidence and right answers.", "mean gap", LOWER),
    "largest-gap": ("Largest gap of confidence and right answers in a bin.", "gap", LOWER),
    "brier": ("Mean squared difference of confidence and outcome.", "mean squared error", LOWER),
    "log-score": ("Mean surprise at the outcome, given the confidence.", "nats", LOWER),
    "auroc": ("Chance that a right answer is surer than a wrong one.", "area under ROC", HIGHER),
    "aurc": ("Mean risk over all coverages, surest first.", "mean risk", LOWER),
    "aurc-over-oracle": ("That area less the one of the best order.", "mean risk", LOWER),
    "aurc-over-random": ("That area less the one of a random order.", "mean risk", LOWER),
    "risk-at-50": ("Wrong answers among the surest 50%.", "proportion", LOWER),
    "risk-at-80": ("Wrong answers among the surest 80%.", "proportion", LOWER),
    "risk-at-90": ("Wrong answers among the surest 90%.", "proportion", LOWER),
    "over-confidence": ("Wrong and sure, of all.", "proportion", LOWER),
    "uncertainty-accuracy": ("Right and sure, or wrong and unsure, of all.", "proportion", HIGHER),
}
"""Metric: estimand, unit, direction."""


class Bin(msgspec.Struct, frozen=True):
    """One row of the reliability table; low and high are of the rate."""

    n: int
    n_clusters: int
    confidence: float
    rate: float
    low: float
    high: float


class CalibrationError(msgspec.Struct, frozen=True):
    """`ece` and `largest` with intervals; what went into them beside it. `squared` is the mean
    squared gap and unbiased, so that it may be negative; so may `corrected`, which `ece` cuts
    off at 0."""

    ece: Figure
    largest: Figure
    corrected: float
    plug_in: float
    squared: float
    root: float
    bins: int


class Brier(msgspec.Struct, frozen=True):
    """score = reliability - resolution + uncertainty + within_variance - within_covariance."""

    score: Figure
    reliability: float
    resolution: float
    uncertainty: float
    within_variance: float
    within_covariance: float


class LogScore(msgspec.Struct, frozen=True):
    """`clipped` answers had a confidence so near 0 or 1 that it was pulled in to `clip`;
    of these `surprised` would have scored infinity."""

    score: Figure
    clip: float
    clipped: int
    surprised: int


def bins_for(n: int) -> int:
    """The default number of bins: the smallest number whose cube is n or more, at most 15."""
    return next((bins for bins in range(1, MOST_BINS) if bins**3 >= n), MOST_BINS)


def binned(scored: Forecasts, bins: int | None = None) -> Integers:
    """The bin of each answer; `bins` are asked for, ties may leave fewer."""
    return mass_bins(scored.confidence, bins_for(scored.n) if bins is None else bins)


def calibration_error(
    scored: Forecasts, bins: int | None = None, level: float = 0.95, seed: int = SEED
) -> CalibrationError:
    """Expected calibration error (Naeini et al. 2015) over bins of equal mass, its correction, and
    the largest gap of a bin, which is *not* corrected.

    Intervals are ours. No gap can be off by more than the absolute noise of its bin, so the lower
    end is the plug-in less the upper quantile of the summed noise; the upper end needs only the
    signed noise, because a gap seen too small is off by no more than that. For the largest gap it
    is the largest noise either way. The noise is that of the cluster bootstrap. They are
    meant to cover at least their level whatever the calibration."""
    import numpy as np

    place = binned(scored, bins)
    count = np.bincount(place).astype(np.float64)
    gap = scored.outcome - scored.confidence
    gaps, share = np.bincount(place, weights=gap) / count, count / scored.n
    seen, if_calibrated = _gap_variances(scored, place, gap - gaps[place], count)
    plug_in, largest = float(share @ abs(gaps)), float(abs(gaps).max())
    corrected = float(share @ absolute_gap(gaps, np.sqrt(np.maximum(seen, if_calibrated))))
    squared = float(share @ (gaps**2 - seen))
    ends = (0.0, 1.0), (0.0, 1.0)
    if scored.clusters > 1:
        ends = _gap_ends(scored, place, gap, level, seed)
    several = scored.clusters > 1
    return CalibrationError(
        within(corrected, *ends[0], (0.0, 1.0), CORRECTED if several else ONE_CLUSTER),
        within(largest, *ends[1], (0.0, 1.0), GAPS if several else ONE_CLUSTER),
        corrected,
        plug_in,
        squared,
        sqrt(max(0.0, squared)),
        len(count),
    )


def absolute_gap(gap: Floats, error: Floats) -> Floats:
    """|gap| less the bias that a normal error of this size gives it.

    Kumar et al. (2019) take off the bias there would be if the gap seen were the true one; where
    the true gap is 0 that is 1/(1 + sqrt 2) of the bias there is. Ours takes off (1 + sqrt 2)
    times theirs: no bias at a gap of 0, none at a large one, and in between it is too low by at
    most 0.4 standard errors."""
    import numpy as np
    from scipy.special import ndtr

    size = np.abs(gap)
    ratio = size / np.where(error > 0, error, 1)
    density = np.exp(-(ratio**2) / 2) / sqrt(2 * np.pi)
    bias = 2 * (error * density - size * ndtr(-ratio))
    corrected: Floats = size - (1 + sqrt(2)) * np.where(error > 0, bias, 0.0)
    return corrected


def _gap_variances(
    scored: Forecasts, place: Integers, residual: Floats, count: Floats
) -> tuple[Floats, Floats]:
    """Variance of each bin's mean gap: as seen between clusters, and as a calibrated forecaster's
    independent answers would have it. The second stands in where a bin is of one cluster."""
    import numpy as np

    pair = place * scored.clusters + scored.cluster
    _, first, number = np.unique(pair, return_index=True, return_inverse=True)
    squares = np.bincount(number, weights=residual) ** 2
    clusters = np.bincount(place[first]).astype(np.float64)
    several = clusters > 1
    seen = np.bincount(place[first], weights=squares) / count**2
    seen *= clusters / np.where(several, clusters - 1, 1)
    spread = scored.confidence * (1 - scored.confidence)
    alone = np.bincount(place, weights=spread) / count
    return np.where(several, seen, alone), alone / np.where(several, count, 1)


def _gap_ends(
    scored: Forecasts, place: Integers, gap: Floats, level: float, seed: int
) -> tuple[tuple[float, float], tuple[float, float]]:
    import numpy as np

    ones, width = np.ones(scored.n), int(place.max()) + 1
    count, sure = np.bincount(place), np.bincount(place, weights=scored.confidence)
    gaps = np.bincount(place, weights=gap)
    sums = block_sums(scored, place, width, [ones, gap], seed)
    pseudo = np.concatenate((count, count - sure)), np.concatenate((count, -sure))
    sample = resample(sums, pseudo, scored.clusters, level, seed)
    centre = sample.centre[0, width:] / sample.centre[0, :width]
    # Centred by bin, so that a draw with more answers in a bin is no noise of that bin's gap.
    noise = (sample.draws[:, width:] - centre * sample.draws[:, :width]) * sample.widen
    whole_n = sample.centre[0, :width].sum()
    whole = sample.draws[:, width:] / sample.draws[:, :width].sum(axis=1, keepdims=True)
    whole = (whole - sample.centre[0, width:] / whole_n) * sample.widen
    summed = percentile(np.abs(whole).sum(axis=1), level)[1]
    # Noise is skewed where hardly anything is wrong, so the worse side counts; so does it where a
    # gap of exactly 0 has no side.
    sides = (np.where(gaps == 0, abs(whole), side * np.sign(gaps) * whole) for side in (1, -1))
    signed = max(percentile(noisy.sum(axis=1), level)[1] for noisy in sides)
    most = percentile(np.abs(noise / sample.centre[0, :width]).max(axis=1), level)[1]
    # About the gaps seen, and about those that the pseudo-clusters make of them.
    plug_in = [np.abs(gaps).sum() / scored.n, np.abs(sample.centre[0, width:]).sum() / whole_n]
    largest = [np.abs(gaps / count).max(), np.abs(centre).max()]
    return (
        (float(min(plug_in)) - summed, float(max(plug_in)) + signed),
        (float(min(largest)) - most, float(max(largest)) + most),
    )


def reliability_table(scored: Forecasts, bins: int | None = None, level: float = 0.95) -> list[Bin]:
    """For a chart: how sure and how right each bin is. Wilson's interval of the rate, on the
    effective sample size (see `stats.rates`) where clusters have several answers."""
    import numpy as np

    place = binned(scored, bins)
    ends = np.searchsorted(place, np.arange(place[-1] + 2))
    table = []
    for start, end in pairwise(ends):
        right, sure = scored.outcome[start:end], scored.confidence[start:end]
        counts = tally_of(scored.cluster[start:end], right)
        n, clusters = len(right), counts.clusters
        effective = n if n == clusters else n / design_effect(counts)
        share = min(1.0, float(right.sum()) / n)
        low, high = wilson(share * effective, effective, level)
        table.append(Bin(n, clusters, float(sure.mean()), share, low, high))
    return table


def brier(scored: Forecasts, bins: int | None = None, level: float = 0.95) -> Brier:
    """Mean squared difference of confidence and outcome (Brier 1950), taken apart as by Murphy
    (1973) on the bins of the calibration error; the within-bin terms of Stephenson, Coelho and
    Jolliffe (2008) make the sum exact where a bin holds more than one confidence."""
    import numpy as np

    sure, right, place = scored.confidence, scored.outcome, binned(scored, bins)
    count = np.bincount(place).astype(np.float64)
    mean_sure = np.bincount(place, weights=sure) / count
    mean_right = np.bincount(place, weights=right) / count
    share, overall = count / scored.n, float(right.mean())
    off_sure, off_right = sure - mean_sure[place], right - mean_right[place]
    return Brier(
        mean_loss(scored.cluster, (sure - right) ** 2, (1 - sure) ** 2, sure**2, (0, 1), level),
        float(share @ (mean_sure - mean_right) ** 2),
        float(share @ (mean_right - overall) ** 2),
        float(((right - overall) ** 2).mean()),
        float((off_sure**2).mean()),
        2 * float((off_sure * off_right).mean()),
    )


def log_score(scored: Forecasts, clip: float = CLIP, level: float = 0.95) -> LogScore:
    """Mean of minus the log of the probability given to what was the case (Good 1952), in nats.
    Confidences are pulled in to [clip, 1 - clip], and how many were is told."""
    import numpy as np

    if not 0 < clip < 0.5:
        raise ValueError(f"the clip of a log score must lie between 0 and 0.5, not {clip}")
    sure, right = np.clip(scored.confidence, clip, 1 - clip), scored.outcome
    if_right, if_wrong = -np.log(sure), -np.log1p(-sure)
    loss = right * if_right + (1 - right) * if_wrong
    at_zero = (scored.confidence == 0) & (right > 0)
    at_one = (scored.confidence == 1) & (right < 1)
    return LogScore(
        mean_loss(scored.cluster, loss, if_right, if_wrong, (0, -log(clip)), level),
        clip,
        int((sure != scored.confidence).sum()),
        int((at_zero | at_one).sum()),
    )


def calibration_estimates(
    frame: pl.DataFrame,
    about: Estimate,
    *,
    confidence: str,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    bins: int | None = None,
    level: float = 0.95,
    seed: int = SEED,
) -> list[Estimate]:
    """Every figure of calibration, ranking and selective answering, one Estimate each.

    They are of the counted replies that came with a confidence; the others, and failed calls, are
    told in the note. CARES' two shares bound what those could have made of them."""
    import polars as pl

    wanted = correctness() if success is None else success
    about = msgspec.structs.replace(about, level=level)
    rows, filled = measured(frame, about, (confidence,), wanted, counting)
    if not len(rows):
        return [stated(filled, metric, words, None) for metric, words in WORDS.items()]
    scored = forecasts(rows[confidence].to_numpy(), rows["y"].to_numpy(), codes(rows["cluster"]))
    found = [*_scores(scored, bins, level, seed), *_ranking(scored, level, seed)]
    estimates = [
        stated(filled, metric, WORDS[metric], figure, **more) for metric, figure, more in found
    ]
    sure = pl.col(confidence).cast(pl.Float64).fill_nan(None) >= SURE_AT
    shares = {
        "over-confidence": pl.when(sure).then(1 - wanted).otherwise(0 * wanted),
        "uncertainty-accuracy": pl.when(sure).then(wanted).otherwise(1 - wanted),
    }
    told, unread = sureness(scored, level=level), filled.extra["unread"]
    shown = {"sure_given_wrong": told.sure_given_wrong, "wrong_given_sure": told.wrong_given_sure}
    note = f"{unread} replies without '{confidence}' count as missing here." if unread else ""
    for metric, share in shares.items():
        named = stated(about, metric, WORDS[metric], None, note, **shown, sure_at=SURE_AT)
        known = pl.when(sure.is_not_null()).then(share)
        estimates.append(rate(frame, named, success=known, counting=counting, level=level))
    return estimates


def _scores(scored: Forecasts, bins: int | None, level: float, seed: int) -> Iterator[Found]:
    error = calibration_error(scored, bins, level, seed)
    plain = ("corrected", "plug_in", "squared", "root", "bins")
    table = msgspec.to_builtins(reliability_table(scored, bins, level))
    means = {
        "mean_confidence": float(scored.confidence.mean()),
        "mean_outcome": float(scored.outcome.mean()),
    }
    extra = {name: getattr(error, name) for name in plain} | means | {"reliability": table}
    yield "calibration-error", error.ece, extra
    yield "largest-gap", error.largest, {"bins": error.bins, "note": "Noise alone makes it large."}
    for metric, made in (
        ("brier", brier(scored, bins, level)),
        ("log-score", log_score(scored, level=level)),
    ):
        parts = msgspec.structs.asdict(made)
        yield metric, parts.pop("score"), parts


def _ranking(scored: Forecasts, level: float, seed: int) -> Iterator[Found]:
    import numpy as np

    area, kept = auroc(scored, level), selective(scored, tuple(SURE_SHARES.values()), level, seed)
    of_one_kind = "right" if scored.outcome[0] else "wrong"
    yield "auroc", area, {"note": "" if area else f"No AUROC: all answers are {of_one_kind}."}
    curve = risk_coverage(scored)
    last = len(curve.coverage) - 1
    shown = np.unique(np.linspace(0, last, min(last + 1, POINTS)).astype(np.int64))
    points = np.column_stack((curve.coverage, curve.risk))[shown].tolist()
    yield "aurc", kept.area, {"oracle": kept.oracle, "random": kept.risk, "curve": points}
    yield "aurc-over-oracle", kept.over_oracle, {}
    yield "aurc-over-random", kept.over_random, {}
    for metric, share in SURE_SHARES.items():
        yield metric, kept.at[share], {"coverage": share}
