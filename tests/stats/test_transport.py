from __future__ import annotations

import math

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge_simulation import Design, coverage
from scipy.stats import binomtest
from scipy.stats import t as student

from auscult.stats.agreement import labels
from auscult.stats.confusion import Share, confusion, rogan_gladen
from auscult.stats.table import blank
from auscult.stats.transport import region, reversal, sensitivity, transport_range

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is not a fault
ABOUT = blank("demo", "failures", "How many fail.")
part = st.floats(0.001, 0.999)


def shared(hits: int, n: int) -> Share:
    return Share(hits / n, 0.0, 1.0, n, float(n), "")


def calibrated(hits=90, misses=10, rejected=160, alarms=40):
    cells = [("yes", "yes", hits), ("yes", "no", misses), ("no", "no", rejected)]
    cells.append(("no", "yes", alarms))
    said = [t for t, _, n in cells for _ in range(n)]
    seen = [j for _, j, n in cells for _ in range(n)]
    return confusion(labels(said, seen, 1.0, levels=("no", "yes")))


def a_rate(value: float, n: int = 1000):
    extra = {"n_effective": float(n)}
    return msgspec.structs.replace(
        ABOUT, value=value, low=value, high=value, n=n, n_clusters=n, extra=extra
    )


def exact(hits: int, n: int, level: float) -> tuple[float, float]:
    ci = binomtest(hits, n).proportion_ci(level, method="exact")
    return ci.low, ci.high


def test_the_region_is_two_exact_intervals_that_hold_together():
    found = region(shared(90, 100), shared(160, 200), level=0.95)
    assert found.sensitivity == pytest.approx((0.9, *exact(90, 100, math.sqrt(0.95))))
    assert found.specificity == pytest.approx((0.8, *exact(160, 200, math.sqrt(0.95))))


def test_the_range_by_hand():
    found = transport_range(0.27, 1000, shared(90, 100), shared(190, 200))
    root = 0.95 ** (1 / 3)
    (se_low, se_high), (sp_low, sp_high) = exact(90, 100, root), exact(190, 200, root)
    low, high = exact(270, 1000, root)
    assert found["low"] == pytest.approx((low + sp_low - 1) / (se_high + sp_low - 1))
    assert found["high"] == pytest.approx((high + sp_high - 1) / (se_low + sp_high - 1))
    assert found["assumption"] == "assumes transport" and found["informative"]
    middle = (0.27 - 0.05) / 0.85
    assert found["low"] < found["by_errors"][0] < middle < found["by_errors"][1] < found["high"]
    # With a specificity that may be as low as 0.72, all 270 could be false alarms.
    assert transport_range(0.27, 1000, shared(90, 100), shared(160, 200))["low"] == 0.0


@unhurried
@given(part, part, part, st.floats(0, 1), st.floats(0, 1))
def test_no_corner_of_the_region_lies_outside_the_range(rate, one, other, along, across):
    shares = shared(80 + round(20 * one), 100), shared(80 + round(20 * other), 100)
    found = transport_range(rate, 200, *shares)
    box = region(*shares, level=0.95)
    inside = [
        low + (high - low) * x
        for (_, low, high), x in ((box.sensitivity, along), (box.specificity, across))
    ]
    assert 0 <= found["low"] <= found["high"] <= 1
    behind = rogan_gladen(rate, *inside)
    assert found["by_errors"][0] - 1e-12 <= behind <= found["by_errors"][1] + 1e-12


def test_a_calibration_that_proves_nothing_gives_any_rate():
    found = sensitivity(a_rate(0.3), calibrated(6, 5, 5, 6), positive="yes", threshold=0.1)
    reach = found.extra["transport_range"]
    assert (reach["low"], reach["high"], reach["informative"]) == (0.0, 1.0, False)
    assert "no better than chance" in found.note and found.value == 0.3


def test_reversal_by_hand():
    # 0.27 seen; at a true rate of 0.2 that needs 0.27 = 0.2 Se + 0.8 (1 - Sp).
    found = reversal(0.27, sensitivity=0.9, specificity=0.95, threshold=0.2)
    assert found.conclusion == "above" and not found.reversed_already
    assert found.specificity == pytest.approx(1 - (0.27 - 0.2 * 0.9) / 0.8)
    assert found.sensitivity is None  # (0.27 - 0.8 * 0.05) / 0.2 is over 1
    below = reversal(0.08, sensitivity=0.9, specificity=0.99, threshold=0.1)
    assert below.conclusion == "below"
    assert below.sensitivity == pytest.approx((0.08 - 0.9 * 0.01) / 0.1)
    assert below.specificity is None  # it would have to exceed 1
    assert reversal(0.27, sensitivity=0.9, specificity=0.8, threshold=0.2).reversed_already
    assert reversal(0.2, sensitivity=0.9, specificity=0.8, threshold=0.2).conclusion == "at"


@unhurried
@given(part, part, st.floats(0.6, 1), st.floats(0.6, 1))
def test_at_the_reversal_the_true_rate_is_the_threshold(rate, threshold, true_yes, true_no):
    found = reversal(rate, sensitivity=true_yes, specificity=true_no, threshold=threshold)
    if found.sensitivity is not None and found.sensitivity + true_no > 1.01:
        at = rogan_gladen(rate, found.sensitivity, true_no)
        assert at == pytest.approx(threshold, abs=1e-6)
    if found.specificity is not None and found.specificity + true_yes > 1.01:
        at = rogan_gladen(rate, true_yes, found.specificity)
        assert at == pytest.approx(threshold, abs=1e-6)
    both = reversal(rate, sensitivity=1.0, specificity=1.0, threshold=threshold)
    assert not both.reversed_already  # a perfect judge's conclusion stands


def test_reversal_against_a_control_by_hand():
    # Control 0.2 seen; with Se 0.9 and Sp 0.9 truly 0.125. An arm seen at 0.3 is truly no worse if
    # only there 0.3 = 0.125 * 0.9 + 0.875 * (1 - Sp).
    found = reversal(0.3, sensitivity=0.9, specificity=0.9, control=0.2)
    assert found.specificity == pytest.approx(1 - (0.3 - 0.125 * 0.9) / 0.875)
    assert found.sensitivity is None and not found.reversed_already


def test_an_estimate_stays_uncorrected():
    before = a_rate(0.27)
    found = sensitivity(before, calibrated(95, 5, 190, 10), positive="yes", threshold=0.2)
    assert (found.value, found.low, found.high) == (0.27, before.low, before.high)
    assert not found.corrected and "assumes transport" in found.note
    assert found.extra["reversal"]["threshold"] == 0.2
    assert f"specificity under {found.extra['reversal']['specificity']:.3f}" in found.note
    plain = sensitivity(before, calibrated(), positive="yes")
    assert plain.extra["reversal"] is None and "turn round" not in plain.note
    turned = sensitivity(before, calibrated(), positive="yes", threshold=0.2)
    assert "would not hold" in turned.note
    none = sensitivity(a_rate(0.05), calibrated(100, 0, 200, 0), positive="yes", threshold=0.5)
    assert "would turn round with a sensitivity under 0.100" in none.note
    msgspec.json.encode(turned)


def test_a_difference_is_stretched():
    before = msgspec.structs.replace(
        ABOUT, value=0.14, low=0.10, high=0.18, n=500, unit="difference of proportions"
    )
    found = sensitivity(before, calibrated(), positive="yes", arm=0.35, control=0.21)
    reach = found.extra["transport_range"]
    assert not found.corrected and found.value == 0.14
    assert "same errors in both arms" in reach["assumption"]
    root = math.sqrt(0.95)
    least = exact(90, 100, root)[0] + exact(160, 200, root)[0] - 1
    most = exact(90, 100, root)[1] + exact(160, 200, root)[1] - 1
    assert reach["by_errors"] == pytest.approx([0.14 / most, 0.14 / least])
    # The interval's own ends, over the observed 0.7, lie inside, for it all holds at once.
    assert reach["low"] < 0.10 / 0.7 < 0.18 / 0.7 < reach["high"] <= 1
    assert found.extra["reversal"]["control"] == 0.21 and "in the arm alone" in found.note
    flipped = msgspec.structs.replace(before, value=-0.14, low=-0.18, high=-0.10)
    mirrored = sensitivity(flipped, calibrated(), positive="yes").extra["transport_range"]
    assert (mirrored["low"], mirrored["high"]) == pytest.approx((-reach["high"], -reach["low"]))
    blind = sensitivity(before, calibrated(6, 5, 5, 6), positive="yes").extra["transport_range"]
    assert (blind["low"], blind["high"]) == (-1.0, 1.0)


@pytest.mark.parametrize(
    ("words", "df"), [({"extra": {"df": 6}}, 6), ({"n_clusters": 9}, 8), ({"n": 5}, 4), ({}, 1)]
)
def test_a_difference_of_few_clusters_is_widened_by_quantiles_of_t(words, df):
    """With 6 degrees of freedom normal ones would leave it a tenth too narrow."""
    before = msgspec.structs.replace(
        ABOUT, value=0.06, low=0.03, high=0.08, unit="difference of proportions", **words
    )
    reach = sensitivity(before, calibrated(), positive="yes").extra["transport_range"]
    root = 0.95 ** (1 / 3)
    wider = student.ppf(0.5 + root / 2, df) / student.ppf(0.975, df)
    least = exact(90, 100, root)[0] + exact(160, 200, root)[0] - 1
    # The longer half, 0.03, for both: the ends may lie off the centre of the interval.
    assert reach["high"] == pytest.approx(min(1, (0.08 + (wider - 1) * 0.03) / least))
    low = 0.03 - (wider - 1) * 0.03
    most = exact(90, 100, root)[1] + exact(160, 200, root)[1] - 1
    assert reach["low"] == pytest.approx(min(low / least, low / most))


def test_nothing_to_say_is_said():
    empty = ABOUT
    assert sensitivity(empty, calibrated(), positive="yes") == empty
    for matrix, word in (
        (calibrated(0, 0, 9, 1), "truly 'yes'"),
        (calibrated(9, 1, 0, 0), "truly not"),
    ):
        found = sensitivity(a_rate(0.3), matrix, positive="yes")
        assert word in found.note and found.extra["transport_range"] is None
    no_events = sensitivity(a_rate(0.0), calibrated(), positive="yes", threshold=0.1)
    assert no_events.extra["transport_range"]["low"] == 0.0


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match="either a threshold or"):
        reversal(0.3, sensitivity=0.9, specificity=0.9)
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        reversal(0.3, sensitivity=0.9, specificity=0.9, threshold=1.5)
    with pytest.raises(ValueError, match="confidence level"):
        transport_range(0.3, 100, shared(9, 10), shared(9, 10), level=1.0)


def test_a_calibration_of_other_answers_does_not_correct():
    """The judge is right 95% of the time on its own set and 80% in the run. "Corrected" by the set,
    the interval misses nearly always and the rate stays far off; labels of the run bring it home.
    Even the sensitivity range misses, which is why it says that it assumes transport."""
    design = Design(0.1, 0.8, 0.8, shipped=(0.95, 0.95))
    misled = coverage("shipped", design, replicates=60, seed=3)
    assert misled.share < 0.1 and misled.bias > 0.1
    assert coverage("transport range", design, replicates=60, seed=3).share < 0.5
    mended = coverage("prediction-powered", design, replicates=60, seed=3)
    # Three binomial standard errors under 95%.
    assert mended.share > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 60) and abs(mended.bias) < 0.01


def test_the_range_holds_where_the_calibration_does_carry_over():
    found = coverage("transport range", Design(0.1, 0.85, 0.85), replicates=60, seed=4)
    assert found.share > 0.95 - 3 * math.sqrt(0.95 * 0.05 / 60)
