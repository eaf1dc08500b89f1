from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import beta, binomtest
from scipy.stats import t as student

from auscult.core.estimate import Estimate
from auscult.stats.intervals import clopper_pearson
from auscult.stats.rates import (
    Tally,
    cases_for_half_width,
    cluster_interval,
    design_effect,
    rate,
    rates_by,
)
from auscult.stats.table import ANSWERED_ONLY, EVERY_CALL, behaved, blank

unhurried = settings(deadline=None, max_examples=60)  # a busy machine is not a fault

ABOUT = blank("demo", "accuracy", "The share of right answers.", denominator="all replies")
SCHEMA = {"cluster": pl.String, "behaviour": pl.String, "score": pl.Float64}


def table(*rows: tuple[str, str, float | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def answers(right: int, wrong: int) -> pl.DataFrame:
    scores = [1.0] * right + [0.0] * wrong
    return table(*[(f"c{i}", "answered", score) for i, score in enumerate(scores)])


trial_rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(6)]),
        st.sampled_from(["answered", "partial", "abstained", "refused", "invalid", "error", ""]),
        st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    ),
    max_size=40,
)


def test_one_trial_a_cluster_with_enough_events_is_wilson():
    found = rate(answers(80, 20), ABOUT)
    ci = binomtest(80, 100).proportion_ci(0.95, method="wilson")
    assert (found.value, found.method) == (0.8, "Wilson")
    assert (found.low, found.high) == pytest.approx((ci.low, ci.high))
    assert (found.n, found.n_clusters) == (100, 100)


@pytest.mark.parametrize(("right", "wrong"), [(91, 9), (9, 91), (0, 50), (50, 0), (1, 0)])
def test_few_events_are_exact(right, wrong):
    found = rate(answers(right, wrong), ABOUT)
    ci = binomtest(right, right + wrong).proportion_ci(0.95, method="exact")
    assert found.method == "Clopper-Pearson"
    assert (found.low, found.high) == pytest.approx((ci.low, ci.high))


def test_repeats_that_always_agree_are_worth_one_each():
    """50 cases asked twice, 25 of them always right: 100 trials that say as much as 50."""
    rows = [(f"c{i}", "answered", float(i < 25)) for i in range(50) for _ in range(2)]
    found = rate(table(*rows), ABOUT)
    # By hand: residuals are +-1, so the variance is 50/49 * 50/100^2 and the effect 2 * 50/49.
    assert found.extra["design_effect"] == pytest.approx(2 * 50 / 49)
    assert found.extra["n_effective"] == pytest.approx(49)
    q = student.ppf(0.975, 49)
    half = q / (1 + q**2 / 49) * math.sqrt(0.25 / 49 + q**2 / (4 * 49**2))
    assert (found.low, found.high) == pytest.approx((0.5 - half, 0.5 + half))
    assert found.method.startswith("cluster-robust Wilson")


def test_some_clusters_are_korn_graubard():
    rows = [(f"c{i}", "answered", float((i + j) % 2)) for i in range(20) for j in range(4)]
    found = rate(table(*rows), ABOUT)
    n = 80 * (1.959964 / student.ppf(0.975, 19)) ** 2
    expected = (beta.ppf(0.025, n / 2, n / 2 + 1), beta.ppf(0.975, n / 2 + 1, n / 2))
    assert (found.low, found.high) == pytest.approx(expected, abs=1e-6)
    assert "Korn-Graubard" in found.method
    assert found.extra["design_effect"] == 1.0  # negative correlation buys nothing


def test_rare_events_in_repeats_assume_the_worst():
    rows = [(f"c{i}", "answered", float(i == 0)) for i in range(60) for _ in range(3)]
    found = rate(table(*rows), ABOUT)
    assert "as if all trials of a cluster agreed" in found.method
    assert (found.low, found.high) == pytest.approx(clopper_pearson(1, 60))


def test_one_cluster_says_almost_nothing():
    found = rate(table(*[("only", "answered", 1.0)] * 30), ABOUT)
    assert found.value == 1.0
    assert found.low == pytest.approx(0.025)
    assert "one cluster" in found.note


def test_refused_abstained_and_unreadable_stay_in_and_errors_are_missing():
    frame = pl.concat(
        [
            answers(30, 10),
            table(
                ("r", "refused", None),
                ("a", "abstained", None),
                ("i", "invalid", None),
                ("e1", "error", None),
                ("e2", "error", None),
                ("na", "", None),
            ),
        ]
    )
    found = rate(frame, ABOUT)
    assert found.value == pytest.approx(30 / 43)
    assert found.n == 43
    counts = (found.n_refused, found.n_abstained, found.n_invalid, found.n_error)
    assert counts == (1, 1, 1, 2)
    assert found.n_not_applicable == 1
    assert found.extra["bound_low"] == pytest.approx(30 / 45)
    assert found.extra["bound_high"] == pytest.approx(32 / 45)
    low, high = found.extra["bound_interval"]
    assert low < found.extra["bound_low"] < found.value < found.extra["bound_high"] < high
    assert "2 replies are missing" in found.note
    assert rate(frame, ABOUT, counting=ANSWERED_ONLY).value == pytest.approx(0.75)
    errors = rate(frame, ABOUT, success=behaved("error"), counting=EVERY_CALL)
    assert (errors.value, errors.n) == (pytest.approx(2 / 45), 45)
    assert errors.note == ""


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (table(), "there are no trials"),
        (table(("a", "error", None), ("b", "error", None)), "all 2 calls failed"),
        (table(("a", "", None)), "Not applicable"),
        (table(("a", "refused", None), ("b", "error", None)), "belongs in the denominator"),
    ],
)
def test_an_empty_denominator_is_a_sentence(frame, sentence):
    found = rate(frame, ABOUT, counting=ANSWERED_ONLY)
    assert (found.value, found.low, found.high, found.n) == (None, None, None, 0)
    assert sentence in found.note


@unhurried
@given(trial_rows, st.randoms())
def test_row_order_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert rate(table(*rows), ABOUT) == rate(table(*shuffled), ABOUT)


@unhurried
@given(trial_rows)
def test_intervals_stay_in_their_range(rows):
    found = rate(table(*rows), ABOUT)
    if found.value is None:
        assert found.note
        return
    assert 0 <= found.low <= found.value + 1e-12
    assert found.value <= found.high + 1e-12 <= 1 + 1e-12
    assert 0 <= found.extra["bound_low"] <= found.extra["bound_high"] <= 1
    low, high = found.extra["bound_interval"]
    assert 0 <= low <= found.extra["bound_low"] + 1e-12
    assert found.extra["bound_high"] <= high + 1e-12 <= 1 + 1e-12


@unhurried
@given(trial_rows, st.integers(1, 3))
def test_more_invalid_rows_never_change_the_numerator(rows, copies):
    invalid = [row for row in rows if row[1] == "invalid"]
    before, after = rate(table(*rows), ABOUT), rate(table(*rows, *invalid * copies), ABOUT)
    assert before.extra.get("successes") == after.extra.get("successes")
    assert after.n == before.n + copies * len(invalid)


def test_groups_are_told_apart_and_small_ones_are_marked():
    frame = pl.concat([answers(6, 2), answers(1, 2)]).with_columns(
        specialty=pl.Series(["renal"] * 8 + ["cardiac"] * 3),
        cluster=pl.Series([f"c{i}" for i in range(11)]),
    )
    blank_rows = frame.head(1).with_columns(specialty=pl.lit(""))
    cardiac, renal = rates_by(pl.concat([frame, blank_rows]), "specialty", ABOUT)
    assert (cardiac.group, renal.group) == ({"specialty": "cardiac"}, {"specialty": "renal"})
    assert (cardiac.value, renal.value) == (pytest.approx(1 / 3), 0.75)
    assert "too small to compare" in cardiac.note and cardiac.extra["too_small"]
    assert renal.note == ""


def test_categorical_columns_are_as_good_as_text():
    frame = pl.concat([answers(6, 2), table(("r", "refused", None), ("x", "error", None))])
    frame = frame.with_columns(specialty=pl.lit("renal"))
    coded = frame.with_columns(pl.col("behaviour", "specialty").cast(pl.Categorical))
    assert rate(coded, ABOUT) == rate(frame, ABOUT)
    assert rates_by(coded, "specialty", ABOUT) == rates_by(frame, "specialty", ABOUT)


def test_narrowing_states_its_price():
    found = rate(answers(50, 50), ABOUT)
    # 1.96^2 * 0.25 / 0.05^2 = 384.1 cases in all.
    assert cases_for_half_width(found) == 385 - 100
    doubled = pl.concat([answers(50, 50)] * 2)
    assert cases_for_half_width(rate(doubled, ABOUT)) == pytest.approx(388 - 100, abs=2)
    assert cases_for_half_width(rate(answers(500, 500), ABOUT)) == 0
    assert cases_for_half_width(rate(table(), ABOUT)) is None
    # Nothing wrong yet does not mean that nothing more is needed.
    assert cases_for_half_width(rate(answers(10, 0), ABOUT)) > 0


def test_design_effect_of_unequal_clusters_by_hand():
    counts = Tally(np.array([2.0, 0.0, 1.0]), np.array([2.0, 1.0, 2.0]))
    # p = 0.6; without each cluster in turn it moves by 0.8/3, -0.6/4 and -0.2/3; times 2/3, over
    # p(1-p)/n = 0.24/5. With each cluster's weight left in (the sandwich) it would be 1.3.
    moved = (0.8 / 3) ** 2 + (0.6 / 4) ** 2 + (0.2 / 3) ** 2
    assert design_effect(counts) == pytest.approx(2 / 3 * moved / (0.24 / 5))


@pytest.mark.parametrize("correlation", [0.0, 0.1, 0.5])
@pytest.mark.parametrize("true", [0.1, 0.5])
def test_clustered_intervals_cover(true, correlation):
    """200 cases asked twice, 1,000 times over: a smoke test of coverage, seeded."""
    draws = np.random.default_rng(11)
    hits = 0
    for _ in range(1000):
        chance = np.full(200, true)
        if correlation:
            weight = (1 - correlation) / correlation
            chance = draws.beta(true * weight, (1 - true) * weight, 200)
        counts = Tally(draws.binomial(2, chance).astype(float), np.full(200, 2.0))
        found = cluster_interval(counts)
        hits += found.low <= true <= found.high
    assert 930 <= hits <= 980


@unhurried
@given(st.integers(0, 60), st.integers(1, 60))
def test_independent_trials_keep_their_own_interval(right, wrong):
    found: Estimate = rate(answers(right, wrong), ABOUT)
    assert found.extra["n_effective"] == right + wrong
