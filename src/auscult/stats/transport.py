"""What a judge's own calibration set can say about a rate it measured: not the corrected rate.

Its labels are of other answers, so its error rates hold for this run only if they carry over
("assumes transport"), which nothing in the run shows. The rate therefore stays as the judge gave
it. Beside it stand the range of true rates behind it over the joint confidence region of the error
rates, and the error rates at which the conclusion would turn round (our estimators; the way back
from an observed rate is Rogan and Gladen's, 1978).

The region is a box: exact intervals of sensitivity, specificity and the observed rate, each at the
cube root of the level (the first two alone at its square root), so that, being independent, they
hold together at the level. Over a box with sensitivity + specificity > 1 the true rate lies between
two corners.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.confusion import Confusion, Share, rogan_gladen
from auscult.stats.intervals import clopper_pearson, t_quantile

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate

ASSUMES = "assumes transport"
ASSUMES_OF_BOTH = f"{ASSUMES}, the same errors in both arms"
DIFFERENCE = "difference of proportions"


class Region(msgspec.Struct, frozen=True):
    """Sensitivity and specificity that hold together at `level`."""

    sensitivity: tuple[float, float, float]
    """Observed, low, high."""
    specificity: tuple[float, float, float]
    level: float

    @property
    def span(self) -> tuple[float, float]:
        """The least and the greatest sensitivity + specificity - 1."""
        return (
            self.sensitivity[1] + self.specificity[1] - 1,
            self.sensitivity[2] + self.specificity[2] - 1,
        )


class Reversal(msgspec.Struct, frozen=True):
    """The error rates at which the true rate would be just the threshold."""

    conclusion: str
    """What the uncorrected rate says: above, below or at the threshold."""
    sensitivity: float | None
    """Needed while specificity stays as calibrated; None where no sensitivity would do."""
    specificity: float | None
    """The same for specificity while sensitivity stays."""
    reversed_already: bool
    """The calibrated error rates themselves turn the conclusion round."""


def region(sensitivity: Share, specificity: Share, *, level: float) -> Region:
    """A box for two independent proportions, each at the square root of the level."""
    return Region(_box(sensitivity, level**0.5), _box(specificity, level**0.5), level)


def transport_range(
    rate: float, n_effective: float, sensitivity: Share, specificity: Share, level: float = 0.95
) -> dict[str, Any]:
    """The true rates that could lie behind an observed one if the calibration carries over:
    `by_errors` over the error rates alone, `low` and `high` with the sampling error of the rate.
    Where a judge no better than chance lies in the region, any rate could."""
    each = level ** (1 / 3)
    alone = region(sensitivity, specificity, level=level)
    joint = Region(_box(sensitivity, each), _box(specificity, each), level)
    low, high = clopper_pearson(rate * n_effective, n_effective, each)
    by_errors = behind_rate(rate, rate, alone)
    whole = behind_rate(min(low, rate), max(high, rate), joint)
    return {
        "assumption": ASSUMES,
        "by_errors": list(by_errors),
        "low": min(whole[0], by_errors[0]),
        "high": max(whole[1], by_errors[1]),
        "level": level,
        "informative": joint.span[0] > 0,
    }


def reversal(
    rate: float,
    *,
    sensitivity: float,
    specificity: float,
    threshold: float | None = None,
    control: float | None = None,
) -> Reversal:
    """Where the conclusion turns: `rate` against a `threshold`, or against the rate of a control
    arm whose judge errs as calibrated; it is then only in the arm itself that errors differ."""
    if (threshold is None) == (control is None):
        raise ValueError("a reversal needs either a threshold or the rate of a control")
    observed = control if threshold is None else threshold
    assert observed is not None
    for given in (rate, sensitivity, specificity, observed):
        if not 0 <= given <= 1:
            raise ValueError(f"rates, thresholds and error rates must lie in [0, 1], not {given}")
    better_than_chance = sensitivity + specificity > 1
    against, behind = observed, rate
    if better_than_chance:
        behind = float(rogan_gladen(rate, sensitivity, specificity))
        if threshold is None:
            against = float(rogan_gladen(observed, sensitivity, specificity))
    conclusion = "above" if rate > observed else "below" if rate < observed else "at"
    turned = {"above": behind <= against, "below": behind >= against, "at": False}[conclusion]
    # rate = against * Se + (1 - against) * (1 - Sp), solved for the one and for the other.
    hits = rate - (1 - against) * (1 - specificity)
    rejections = 1 - rate - against * (1 - sensitivity)
    return Reversal(
        conclusion,
        _possible(hits, against, specificity),
        _possible(rejections, 1 - against, sensitivity),
        turned and better_than_chance,
    )


def sensitivity(
    estimate: Estimate,
    calibration: Confusion,
    *,
    positive: str,
    threshold: float | None = None,
    control: float | None = None,
    arm: float | None = None,
) -> Estimate:
    """The estimate as it is, never called corrected, with `extra["transport_range"]` and, against a
    threshold or a control's rate, `extra["reversal"]`. For a difference give the observed rates
    of both `arm` and `control`; its range supposes the same errors in both arms."""
    if estimate.value is None:
        return estimate
    shares = calibration.sensitivity(positive), calibration.specificity(positive)
    extra: dict[str, Any] = {"transport_range": None, "reversal": None}
    if shares[0] is None or shares[1] is None:
        lacking = "truly" if shares[0] is None else "truly not"
        note = f"No sensitivity range: no calibration label is {lacking} '{positive}'."
        return _beside(estimate, extra, f"Not corrected for the judge's errors. {note}")
    found, errors = shares[0], shares[1]
    if estimate.unit == DIFFERENCE:
        reach = _difference_range(estimate, found, errors)
        compared, threshold = arm, None
    else:
        size = float(estimate.extra.get("n_effective", estimate.n_clusters or estimate.n))
        reach = transport_range(estimate.value, size, found, errors, estimate.level)
        compared = estimate.value
    extra["transport_range"] = reach
    said = [range_sentence(reach, estimate.unit)]
    if compared is not None and (threshold is not None or control is not None):
        turn = reversal(
            compared,
            sensitivity=found.value,
            specificity=errors.value,
            threshold=threshold,
            control=control,
        )
        extra["reversal"] = msgspec.structs.asdict(turn) | {
            "threshold": threshold,
            "control": control,
        }
        said.append(_reversal_sentence(turn, " in the arm alone" if threshold is None else ""))
    return _beside(estimate, extra, " ".join(s for s in said if s))


def _difference_range(estimate: Estimate, sensitivity: Share, specificity: Share) -> dict[str, Any]:
    """Errors that are the same in both arms shrink a difference by the factor Se + Sp - 1."""
    level, each = estimate.level, estimate.level ** (1 / 3)
    value = float(estimate.value or 0.0)
    alone = region(sensitivity, specificity, level=level).span
    joint = Region(_box(sensitivity, each), _box(specificity, each), level).span
    by_errors = behind_difference(value, value, alone)
    whole = behind_difference(*_widened(estimate, each), joint)
    return {
        "assumption": ASSUMES_OF_BOTH,
        "by_errors": list(by_errors),
        "low": min(whole[0], by_errors[0]),
        "high": max(whole[1], by_errors[1]),
        "level": level,
        "informative": joint[0] > 0,
    }


def _widened(estimate: Estimate, level: float) -> tuple[float, float]:
    """The interval of a difference at a higher level, by the ratio of t quantiles. The interval may
    lie off the centre or be cut off at one end: its longer half is taken for both."""
    value = float(estimate.value or 0.0)
    low, high = (value if end is None else end for end in (estimate.low, estimate.high))
    df = estimate.extra.get("df", max(1, (estimate.n_clusters or estimate.n) - 1))
    ratio = t_quantile(df, level) / t_quantile(df, estimate.level)
    more = (ratio - 1) * max(value - low, high - value)
    return low - more, high + more


def behind_difference(low: float, high: float, span: tuple[float, float]) -> tuple[float, float]:
    """The true differences behind those from `low` to `high`, over a `Region.span`."""
    if span[0] <= 0:
        return -1.0, 1.0
    every = [end / factor for end in (low, high) for factor in span]
    return max(-1.0, min(every)), min(1.0, max(every))


def _box(share: Share, level: float) -> tuple[float, float, float]:
    hits = min(share.n_effective, share.value * share.n_effective)
    return (share.value, *clopper_pearson(hits, share.n_effective, level))


def behind_rate(low: float, high: float, box: Region) -> tuple[float, float]:
    """The true rates behind those from `low` to `high`: they fall with sensitivity and rise with
    specificity."""
    if box.span[0] <= 0:
        return 0.0, 1.0
    least = rogan_gladen(low, box.sensitivity[2], box.specificity[1])
    most = rogan_gladen(high, box.sensitivity[1], box.specificity[2])
    return float(least), float(most)


def _possible(part: float, whole: float, other: float) -> float | None:
    """An error rate that can be, of a judge better than chance."""
    if whole <= 0:
        return None
    needed = part / whole
    return needed if 0 <= needed <= 1 and needed + other > 1 else None


def range_sentence(reach: dict[str, Any], unit: str, holds: str = "") -> str:
    """`holds`: at what level and when, where that is not as for the estimate itself."""
    start = "Not corrected for the judge's errors."
    if not reach["informative"]:
        return (
            f"{start} Its calibration set does not exclude a judge no better than chance, so any "
            "value could lie behind this one."
        )
    low, high = 100 * reach["low"], 100 * reach["high"]
    what, ends = "the true rate", f"{low:.1f}% and {high:.1f}%"
    if unit == DIFFERENCE:
        what, ends = "the true difference", f"{low:+.1f} and {high:+.1f} percentage points"
    return (
        f"{start} If those of its calibration set carried over ({reach['assumption']}), {what} "
        f"would lie between {ends}{f' ({holds})' if holds else ''}."
    )


def _reversal_sentence(turn: Reversal, where: str) -> str:
    if turn.conclusion == "at":
        return ""
    if turn.reversed_already:
        return "With the error rates of its calibration set the conclusion would not hold."
    over, under = ("over", "under") if turn.conclusion == "above" else ("under", "over")
    ways = []
    if turn.specificity is not None:
        ways.append(f"a specificity {under} {turn.specificity:.3f}")
    if turn.sensitivity is not None:
        ways.append(f"a sensitivity {over} {turn.sensitivity:.3f}")
    if not ways:
        return "No change of one error rate alone would turn the conclusion round."
    return f"The conclusion would turn round with {' or '.join(ways)}{where}."


def _beside(estimate: Estimate, extra: dict[str, Any], note: str) -> Estimate:
    joined = " ".join(s for s in (estimate.note, note) if s)
    return msgspec.structs.replace(
        estimate, corrected=False, note=joined, extra=estimate.extra | extra
    )
