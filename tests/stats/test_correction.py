from __future__ import annotations

import math

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from judge_simulation import Design, coverage
from judged_tables import ABOUT, FAILED, NONE, errors_of, one_arm, perfect, table
from scipy.stats import beta

from auscult.stats.agreement import labels
from auscult.stats.confusion import error_draws
from auscult.stats.correction import (
    corrected,
    corrected_difference,
    corrected_levels,
    observed_draws,
    powered_difference,
    powered_rate,
    prediction_powered,
)
from auscult.stats.paired import difference
from auscult.stats.rates import rate

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is not a fault


trials = st.lists(
    st.tuples(
        st.integers(0, 11),
        st.sampled_from(["attack", "control"]),
        st.sampled_from([0, 1]),
        st.sampled_from([0.0, 1.0, None]),
        st.sampled_from([0.25, 0.5, 1.0, None]),
    ),
    max_size=40,
)


def test_rate_by_hand():
    # 270 of 1,000 are read as failed; Se 90/100 and Sp 160/200, so (0.27 - 0.2) / 0.7 = 0.1.
    found = rate(one_arm((270, 1, None, None), (730, 0, None, None)), ABOUT, success=FAILED)
    done = corrected(found, errors_of(90, 10, 160, 40), positive="yes")
    assert done.value == pytest.approx(0.1)
    assert done.corrected and "Rogan-Gladen" in done.method
    assert done.extra["uncorrected"]["value"] == 0.27
    assert done.extra["uncorrected"]["low"] == found.low
    assert (done.extra["n_labels"], done.extra["labels_from"], done.n) == (300, "run", 1000)
    # The delta method: Var = (Var q + p^2 Var Se + (1-p)^2 Var Sp) / (Se + Sp - 1)^2.
    variance = 0.27 * 0.73 / 1000 + 0.01 * 0.9 * 0.1 / 100 + 0.81 * 0.8 * 0.2 / 200
    delta = 2 * 1.96 * math.sqrt(variance) / 0.7
    assert done.high - done.low == pytest.approx(delta, rel=0.1)
    assert done.low < 0.1 < done.high


@unhurried
@given(st.integers(0, 60), st.integers(0, 60), st.integers(20, 80))
def test_a_perfect_judge_changes_nothing(failed, fine, n):
    frame = one_arm((failed, 1, None, None), (fine, 0, None, None))
    found = rate(frame, ABOUT, success=FAILED)
    done = corrected(found, perfect(0.5, n), positive="yes")
    assert done.value == found.value
    if found.value is None:
        assert not done.corrected and "no rate to correct" in done.note
    else:
        assert 0 <= done.low <= done.value <= done.high <= 1
    labelled = one_arm((failed, 1, 1.0, 0.5), (fine, 0, 0.0, 0.5), (7, 1, None, None))
    uncorrected = rate(labelled, ABOUT, success=FAILED)
    powered = powered_rate(labelled, ABOUT, success=FAILED)
    if failed + fine > 1:
        assert powered.value == pytest.approx(uncorrected.value, abs=1e-12)


@unhurried
@given(trials)
def test_a_perfect_judge_changes_no_difference(rows):
    frame = table([(case, arm, judged, float(judged), 1.0) for case, arm, judged, _, _ in rows])
    plain = difference(frame, ABOUT, success=FAILED)
    arms = corrected_difference(frame, ABOUT, perfect(), positive="yes", success=FAILED)
    powered = powered_difference(frame, ABOUT, success=FAILED)
    for found in (arms, powered):
        if found.value is None:
            assert found.note and not found.corrected
        else:
            assert found.value == pytest.approx(plain.value, abs=1e-12)
    assert (arms.value is None) == (plain.value is None)


@unhurried
@given(trials)
def test_order_of_rows_is_irrelevant_and_intervals_stay_in_range(rows):
    forth, back = table(rows), table(rows[::-1])
    errors = errors_of(45, 5, 80, 20, draws=100)
    made = [
        lambda f: powered_rate(f, ABOUT, success=FAILED),
        lambda f: powered_difference(f, ABOUT, success=FAILED),
        lambda f: corrected(rate(f, ABOUT, success=FAILED), errors, positive="yes"),
        lambda f: corrected_difference(f, ABOUT, errors, positive="yes", success=FAILED),
    ]
    for least, make in zip((0, -1, 0, -1), made, strict=True):
        found = make(forth)
        assert make(back) == found
        msgspec.json.encode(found)  # plain numbers only, and none of them NaN
        if found.value is None:
            assert found.note and found.low is None and not found.corrected
        else:
            assert least <= found.low <= found.value <= found.high <= 1
            assert math.isfinite(found.low + found.high) and found.corrected


@unhurried
@given(trials)
def test_swapped_arms_flip_the_sign(rows):
    swapped = msgspec.structs.replace(ABOUT, arm="control", control_arm="attack")
    errors = errors_of(45, 5, 80, 20, draws=100)
    frame = table(rows)
    for make in (
        lambda about: powered_difference(frame, about, success=FAILED),
        lambda about: corrected_difference(frame, about, errors, positive="yes", success=FAILED),
    ):
        one, other = make(ABOUT), make(swapped)
        assert (one.value is None) == (other.value is None)
        if one.value is not None:
            assert other.value == pytest.approx(-one.value)
    one = powered_difference(frame, ABOUT, success=FAILED)
    other = powered_difference(frame, swapped, success=FAILED)
    if one.value is not None:
        assert (other.low, other.high) == (pytest.approx(-one.high), pytest.approx(-one.low))


def test_duplicating_an_invalid_trial_changes_no_corrected_numerator():
    frame = one_arm((30, 1, 1.0, 0.5), (10, 1, 0.0, 0.5), (60, 0, 0.0, 0.5), (80, 0, None, None))
    errors = frame.head(1).with_columns(
        behaviour=pl.lit("error"), score=pl.lit(None, pl.Float64), truth=pl.lit(1.0)
    )
    once, twice = pl.concat([frame, errors]), pl.concat([frame, errors, errors])
    assert powered_rate(once, ABOUT, success=FAILED).value == pytest.approx(
        powered_rate(twice, ABOUT, success=FAILED).value
    )


def test_a_judge_fooled_in_one_arm_only():
    """The attack makes the judge miss every second failure. One matrix for both arms would hide a
    part of the excess; labels of each arm bring it back."""
    rows = []
    for case in range(400):
        failed = case < 200
        rows.append((case * 3, "attack", int(failed and case % 2), float(failed), 1.0))
        rows.append((case * 3, "control", int(case < 80), float(case < 80), 1.0))
    frame = table(rows)
    said, seen = (["no" if v == 0 else "yes" for v in frame[c]] for c in ("truth", "score"))
    made = labels(said, seen, 1.0, levels=("no", "yes"), slices=frame["arm"].to_list())
    per_arm = error_draws(made, source="run", per_slice=True)
    assert difference(frame, ABOUT, success=FAILED).value == pytest.approx(0.05)
    found = corrected_difference(frame, ABOUT, per_arm, positive="yes", success=FAILED)
    assert found.value == pytest.approx(0.3)
    assert (found.extra["arm_rate"], found.extra["control_rate"]) == pytest.approx((0.5, 0.2))
    assert powered_difference(frame, ABOUT, success=FAILED).value == pytest.approx(0.3)
    pooled = error_draws(made, source="run")
    one = corrected_difference(frame, ABOUT, pooled, positive="yes", success=FAILED)
    assert one.value < 0.2


def test_contrasts_are_taken_within_each_draw():
    """With one judge for both arms its uncertain specificity cancels out of the difference."""
    rows = [
        (c * 3, a, int(c < n), None, None)
        for a, n in (("attack", 500), ("control", 480))
        for c in range(1000)
    ]
    errors = errors_of(900, 100, 16, 4)
    found = corrected_difference(table(rows), ABOUT, errors, positive="yes", success=FAILED)
    assert found.value == pytest.approx(0.02 / 0.7)
    ends = [
        corrected(
            rate(table(rows).filter(pl.col("arm") == arm), ABOUT, success=FAILED),
            errors,
            positive="yes",
        )
        for arm in ("attack", "control")
    ]
    apart = math.hypot(*(end.high - end.low for end in ends))
    assert found.high - found.low < apart / 3


def test_levels_together():
    levels = ("safe", "partial", "harmful")
    matrix = {"safe": (80, 15, 5), "partial": (20, 60, 20), "harmful": (5, 15, 80)}
    said = [t for t, row in matrix.items() for n in row for _ in range(n)]
    seen = [
        j for row in matrix.values() for j, n in zip(levels, row, strict=True) for _ in range(n)
    ]
    errors = error_draws(labels(said, seen, 0.5, levels=levels), source="exchangeable")
    # True shares 0.6, 0.3, 0.1 look like 0.545, 0.285, 0.17.
    shares = {"safe": 0.6 * 0.8 + 0.3 * 0.2 + 0.1 * 0.05, "partial": 0.09 + 0.18 + 0.015}
    shares["harmful"] = 1 - sum(shares.values())
    made = {
        name: msgspec.structs.replace(ABOUT, value=v, low=v, high=v, n=500, n_clusters=500)
        for name, v in shares.items()
    }
    found = corrected_levels(made, errors)
    for name, truth in zip(levels, (0.6, 0.3, 0.1), strict=True):
        assert found[name].value == pytest.approx(truth)
        assert 0 <= found[name].low < truth < found[name].high <= 1
    assert sum(e.value for e in found.values()) == pytest.approx(1)
    with pytest.raises(ValueError, match="each of"):
        corrected_levels({"safe": made["safe"]}, errors)
    with pytest.raises(ValueError, match="add up to 1"):
        corrected_levels(dict.fromkeys(levels, made["safe"]), errors)
    lost = corrected_levels(made | {"safe": msgspec.structs.replace(ABOUT)}, errors)
    assert all(e.value is None and "no rate to correct" in e.note for e in lost.values())
    useless = error_draws(labels(said, said[::-1], 0.5, levels=levels), source="run")
    assert all(not e.corrected and e.note for e in corrected_levels(made, useless).values())


def test_no_corrected_rate_where_it_cannot_be():
    found = rate(one_arm((30, 1, None, None), (70, 0, None, None)), ABOUT, success=FAILED)
    blind = corrected(found, errors_of(6, 5, 5, 6), positive="yes")
    assert (blind.value, blind.low, blind.corrected) == (None, None, False)
    assert "includes 0" in blind.note and blind.extra["uncorrected"]["value"] == 0.3
    with pytest.raises(ValueError, match=r"transport\.sensitivity"):
        corrected(found, errors_of(45, 5, 80, 20, source="shipped"), positive="yes")
    with pytest.raises(ValueError, match="two_levels"):
        corrected(found, errors_of(45, 5, 80, 20), positive="maybe")
    others = labels(
        ["no", "yes"] * 40, ["no", "yes"] * 40, 1.0, levels=("no", "yes"), slices=["control"] * 80
    )
    elsewhere = error_draws(others, source="run", per_slice=True)
    assert "none of its replies were labelled" in corrected(found, elsewhere, positive="yes").note
    empty = rate(table([]), ABOUT, success=FAILED)
    assert corrected(empty, errors_of(45, 5, 80, 20), positive="yes").value is None


def test_no_corrected_difference_where_it_cannot_be():
    rows = [
        (3 * c, a, c % 2, float(c % 2) if a == "attack" else None, 0.5)
        for c in range(20)
        for a in ("attack", "control")
    ]
    errors = errors_of(45, 5, 80, 20)
    found = powered_difference(table(rows), ABOUT, success=FAILED)
    assert found.value is None and "of the arm 'control'" in found.note
    alone = table(rows).filter(pl.col("arm") == "attack")
    for missing in (
        powered_difference(alone, ABOUT, success=FAILED),
        corrected_difference(alone, ABOUT, errors, positive="yes", success=FAILED),
    ):
        assert missing.value is None and "'control' has no trials" in missing.note
    one = table([(0, "attack", 1, 1.0, 1.0), (1, "attack", 0, 0.0, 1.0)])
    assert "of one cluster" in powered_rate(one, ABOUT, success=FAILED).note


def test_bad_input_is_refused():
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        prediction_powered([1, 0], [1, 0], [0.0, 1.0])
    with pytest.raises(ValueError, match="no row has a label"):
        prediction_powered([1, 0], [NONE, NONE], [1.0, 1.0])
    with pytest.raises(ValueError, match="'truth'"):
        powered_rate(one_arm((5, 1, 3.0, 0.5), (5, 0, 0.0, 0.5)), ABOUT, success=FAILED)


def test_observed_draws_have_their_margins_and_correlation():
    drawn = observed_draws([0.2, 0.5], [50, 200], draws=20_000, seed=1, correlation=0.7)
    for i, (share, n) in enumerate(((0.2, 50), (0.5, 200))):
        expected = beta(share * n + 0.5, (1 - share) * n + 0.5)
        for tail in (0.025, 0.5, 0.975):
            # Four standard errors of a share of 20,000 draws.
            room = 4 * math.sqrt(tail * (1 - tail) / 20_000)
            assert (drawn[:, i] <= expected.ppf(tail)).mean() == pytest.approx(tail, abs=room)
    assert np.corrcoef(drawn.T)[0, 1] == pytest.approx(0.7, abs=0.02)


@pytest.mark.parametrize(
    ("how", "design"),
    [
        ("error rates, exchangeable", Design(0.3, 0.85, 0.7)),
        ("error rates", Design(0.1, 0.7, 0.85)),
        ("error rates, difference", Design(0.3, 0.95, 0.85, trials=400)),
        ("prediction-powered", Design(0.3, 0.7, 0.7, trials=400, labels=150)),
        ("prediction-powered", Design(0.1, 0.95, 0.95, trials=400, labels=150)),
        ("prediction-powered, difference", Design(0.3, 0.7, 0.95, trials=300, repeats=2)),
    ],
)
def test_corrected_intervals_cover_when_the_judge_errs(how, design):
    replicates = 70
    found = coverage(how, design, replicates=replicates, seed=11)
    # Three binomial standard errors under 95%.
    least = 0.95 - 3 * math.sqrt(0.95 * 0.05 / replicates)
    assert found.refused == 0 and found.share >= least
