"""What a judge's shipped calibration leaves open, put beside the figures and never into them."""

from __future__ import annotations

from typing import Any

import pytest

from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.kit.calibration import Judged, Labelled
from auscult.report.declared import EVERY_LOOK
from auscult.report.judge_range import ERRORS_LEVEL, OTHER, RIGHT, _errors, _pairs, with_ranges
from auscult.stats.confusion import rogan_gladen
from auscult.stats.transport import region

ACCURACY = Watched("accuracy", "baseline", "choice")
EXCESS = Watched("excess", "baseline", "choice", control_arm="blind")
REFUSED = Watched("refusal rate", "baseline", "choice", of="refused")
WATCHED = {"s": (ACCURACY, EXCESS, REFUSED)}
PAIR = "difference of proportions"


def found(metric: str = "accuracy", value: float | None = 0.6, **more: Any) -> Estimate:
    words = {"suite": "s", "estimand": "The share.", "low": 0.5, "high": 0.7, "arm": "baseline",
             "n": 90, "n_clusters": 90, "judge": "choice", "headline": True}  # fmt: skip
    return Estimate(metric=metric, value=value, **(words | more))


def test_a_headlined_share_of_right_answers_gets_its_range() -> None:
    (out,) = with_ranges([found()], WATCHED)
    reach = out.extra["transport_range"]
    assert reach["low"] < 0.6 < reach["high"]
    assert "Not corrected for the judge's errors" in out.extra["judge_range"]
    assert (out.value, out.low, out.high, out.corrected) == (0.6, 0.5, 0.7, False)


@pytest.mark.parametrize(
    "left",
    [
        found(headline=False),
        found(group={"sex": "female"}),
        found("refusal rate"),
        found("consistency"),
        found(suite="t"),
        found(corrected=True),
        found(value=None),
        found(control_arm="the run base", unit=PAIR, value=-0.1),
    ],
    ids=("secondary", "group", "behaviour", "unwatched", "other suite", "corrected", "none", "run"),
)
def test_other_figures_are_left_alone(left: Estimate) -> None:
    assert with_ranges([left], WATCHED) == [left]


def test_a_judge_without_labelled_answers_leaves_no_range() -> None:
    quiet = {"s": (Watched("accuracy", "baseline", "letter"),)}
    given = found(judge="letter")
    assert with_ranges([given], quiet) == [given]


def test_the_excess_is_read_with_the_shares_of_both_arms() -> None:
    excess = found("excess", 0.3, low=0.2, high=0.4, unit=PAIR, control_arm="blind")
    shares = [found(value=0.6), found("accuracy options-only", 0.3, arm="blind", headline=False)]
    sequential = found(value=0.9, condition=EVERY_LOOK)
    out = with_ranges([sequential, excess, *shares], WATCHED)[1]
    turn = out.extra["reversal"]
    assert turn["control"] == 0.3 and turn["conclusion"] == "above"
    alone = with_ranges([excess, *shares], WATCHED)[0]
    assert out.extra == alone.extra, "the rule's own figure is of fewer cases: it is no arm's share"
    assert out.extra["transport_range"]["low"] < 0.3


def test_at_every_look_the_sequential_interval_is_carried_through() -> None:
    """Not the interval of a fixed number of cases, which is narrower."""
    given = found(value=1.0, low=0.69, high=1.0, level=0.9, n=12, n_clusters=12,
                  condition=EVERY_LOOK)  # fmt: skip
    (out,) = with_ranges([given], WATCHED)
    errors = _errors("choice")
    assert errors is not None
    sensitivity, specificity = errors.sensitivity(RIGHT), errors.specificity(RIGHT)
    assert sensitivity is not None and specificity is not None
    box = region(sensitivity, specificity, level=ERRORS_LEVEL)
    reach = out.extra["transport_range"]
    assert reach["low"] == pytest.approx(rogan_gladen(0.69, box.sensitivity[2], box.specificity[1]))
    assert reach["high"] == 1.0 and reach["level"] == pytest.approx(0.89)
    fixed = with_ranges([found(value=1.0, n=12, n_clusters=12, level=0.9)], WATCHED)[0]
    assert reach["low"] < fixed.extra["transport_range"]["low"]


def test_an_excess_at_every_look_is_carried_through_too() -> None:
    """A confidence sequence has no quantile to be widened by."""
    words: dict[str, Any] = {"unit": PAIR, "control_arm": "blind", "level": 0.9}
    given = found("excess", 0.3, low=0.1, high=0.5, condition=EVERY_LOOK, **words)
    (out,) = with_ranges([given], WATCHED)
    errors = _errors("choice")
    assert errors is not None
    shares = errors.sensitivity(RIGHT), errors.specificity(RIGHT)
    assert shares[0] is not None and shares[1] is not None
    least, most = region(shares[0], shares[1], level=ERRORS_LEVEL).span
    reach = out.extra["transport_range"]
    assert (reach["low"], reach["high"]) == pytest.approx((0.1 / most, 0.5 / least))
    assert reach["level"] == pytest.approx(0.89) and "both arms" in reach["assumption"]
    said = out.extra["judge_range"]
    assert "the true difference would lie between +" in said and "(at 89%, at every look)" in said
    below = found("excess", -0.3, low=-0.5, high=-0.1, condition=EVERY_LOOK, **words)
    mirrored = with_ranges([below], WATCHED)[0].extra["transport_range"]
    assert (mirrored["low"], mirrored["high"]) == pytest.approx((-reach["high"], -reach["low"]))


def test_the_errors_of_a_reading_are_counted_as_badly_as_can_be() -> None:
    def judged(said: str | None, seen: str | None) -> Judged:
        options = {"A": "one", "B": "two"}
        labelled = Labelled("1", "plain", "Which?", options, "It is A.", "answered", said)
        return Judged(labelled, "heldout", "answered", seen)

    assert _pairs(judged("A", "A")) == [(RIGHT, RIGHT), (OTHER, OTHER)]
    assert _pairs(judged("A", "B")) == [(RIGHT, OTHER), (OTHER, RIGHT)]
    assert _pairs(judged("A", None)) == [(RIGHT, OTHER), (OTHER, OTHER)]
    assert _pairs(judged(None, "B")) == [(OTHER, RIGHT)]
    assert _pairs(judged(None, None)) == [(OTHER, OTHER)]
