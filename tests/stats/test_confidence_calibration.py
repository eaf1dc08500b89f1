from __future__ import annotations

import math

import numpy as np
import pytest
from confidence_tables import answers, by_metric, heavy, table, unhurried
from hypothesis import given
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.calibration import calibration_curve
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score
from statsmodels.stats.proportion import proportion_confint

from auscult.stats.calibration import (
    WORDS,
    absolute_gap,
    bins_for,
    brier,
    calibration_error,
    log_score,
    reliability_table,
)
from auscult.stats.faithful import sureness
from auscult.stats.selective import ONE_CLUSTER, forecasts, selective


def calibrated(rng: np.random.Generator, n: int, levels: tuple[float, ...] = (0.6, 0.7, 0.8, 0.9)):
    sure = rng.choice(np.array(levels), n)
    return sure, (rng.random(n) < sure).astype(float)


def test_number_of_bins_is_the_cube_root_rounded_up():
    asked = {1: 1, 2: 2, 8: 2, 9: 3, 27: 3, 28: 4, 1000: 10, 1001: 11, 2744: 14, 10**6: 15}
    assert {n: bins_for(n) for n in asked} == asked


def test_calibration_error_worked_example():
    # Surest 0.8 twice, both right: gap 0.2. At 0.2 one of two right: gap 0.3.
    found = calibration_error(forecasts([0.2, 0.2, 0.8, 0.8], [0, 1, 1, 1]), bins=2)
    assert found.bins == 2
    assert found.plug_in == pytest.approx((0.3 + 0.2) / 2)
    assert found.largest.value == pytest.approx(0.3)
    # Variance of a mean gap: 1/2 of 1/2 at 0.2; nothing seen at 0.8.
    assert found.squared == pytest.approx(((0.3**2 - 0.25) + 0.2**2) / 2)
    assert found.root == 0
    # Errors: sqrt(1/4) as seen; sqrt(0.8 * 0.2 / 2) as a calibrated forecaster's, seen nothing.
    both = absolute_gap(np.array([0.3, 0.2]), np.sqrt([0.25, 0.08]))
    assert found.corrected == pytest.approx(both.mean())
    assert found.ece.value == max(0, found.corrected) == 0


def test_correction_worked_example():
    # z = 1: the bias of |gap| is 2 (phi(1) - Phi(-1)) errors by Kumar et al.; (1 + sqrt 2) times.
    bias = 2 * (0.2419707245 - 0.1586552539)
    expected = 0.1 - (1 + math.sqrt(2)) * 0.1 * bias
    found = absolute_gap(np.array([0.1, -0.1, 0.2]), np.array([0.1, 0.1, 0.0]))
    assert found == pytest.approx([expected, expected, 0.2])


def test_correction_has_no_bias_at_nothing_and_little_elsewhere():
    def mean(true: float) -> float:
        def part(seen: float) -> float:
            return float(absolute_gap(np.array([seen]), np.ones(1))[0]) * norm.pdf(seen - true)

        return quad(part, -9, 0)[0] + quad(part, 0, true + 9)[0]

    assert mean(0) == pytest.approx(0, abs=1e-6)
    assert mean(6) == pytest.approx(6, abs=1e-4)
    assert all(-0.4 < mean(true) - true < 0 for true in (0.25, 0.5, 0.9, 1.5, 3.0))


@pytest.mark.parametrize("asked_of_each", [1, 4])
def test_a_calibrated_forecaster_gets_about_nothing_but_not_from_the_plug_in(asked_of_each: int):
    rng, runs = np.random.default_rng(3), 150
    corrected, squared, plug_in = np.zeros(runs), np.zeros(runs), np.zeros(runs)
    patient = np.repeat(np.arange(200 // asked_of_each), asked_of_each)
    for run in range(runs):
        # With several answers a patient, all are right or all wrong: the noise is doubled.
        sure, right = calibrated(rng, len(patient) // asked_of_each)
        found = calibration_error(
            forecasts(np.repeat(sure, asked_of_each), np.repeat(right, asked_of_each), patient)
        )
        corrected[run], squared[run], plug_in[run] = found.corrected, found.squared, found.plug_in
    assert abs(squared.mean()) < 4 * squared.std() / math.sqrt(runs)
    assert abs(corrected.mean()) < 4 * corrected.std() / math.sqrt(runs)
    # A mean of 200 answers in 4 bins is off by 0.8 * sqrt(0.18 / 50) = 0.048.
    assert plug_in.mean() > 0.04
    assert plug_in.mean() > 8 * abs(corrected.mean())


def test_a_miscalibrated_forecaster_is_not_flattered():
    rng = np.random.default_rng(4)
    sure, right = calibrated(rng, 4000)
    found = calibration_error(forecasts(np.minimum(1, sure + 0.1), right))
    assert found.ece.value == pytest.approx(0.1, abs=0.02)
    assert found.root == pytest.approx(0.1, abs=0.02)
    assert found.ece.low < 0.1 < found.ece.high < 0.15
    assert found.ece.low > 0.05


@pytest.mark.parametrize("shift", [0.0, 0.1])
def test_interval_of_the_calibration_error_covers(shift: float):
    rng, runs, hits, widest = np.random.default_rng(5), 60, 0, 0
    for _ in range(runs):
        sure, right = calibrated(rng, 150)
        found = calibration_error(forecasts(np.minimum(1, sure + shift), right))
        hits += found.ece.low <= shift <= found.ece.high
        widest += found.largest.low <= shift <= found.largest.high
    floor = 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)
    assert hits / runs >= floor and widest / runs >= floor


def test_interval_covers_where_hardly_anything_is_wrong():
    # Always certain, and right in 95%: two wrong answers of 40 are expected, often there is none.
    rng, runs, hits = np.random.default_rng(6), 100, 0
    for _ in range(runs):
        found = calibration_error(forecasts(np.ones(40), rng.random(40) < 0.95)).ece
        hits += found.low <= 0.05 <= found.high
    assert hits / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_nothing_wrong_yet_still_has_a_width():
    perfect = forecasts(np.ones(20), np.ones(20))
    found = calibration_error(perfect)
    assert (found.ece.value, found.largest.value) == (0, 0)
    assert found.ece.high > 0.05 and found.largest.high > 0.05
    assert brier(perfect).score.high > 0.05 and log_score(perfect).score.high > 0.5


def test_bins_agree_with_scikit_learn_where_it_can_split_evenly():
    rng = np.random.default_rng(6)
    sure = rng.permutation(np.linspace(0.01, 0.99, 400))
    right = (rng.random(400) < sure**2).astype(float)
    rate, confidence = calibration_curve(right, sure, n_bins=8, strategy="quantile")
    bins = reliability_table(forecasts(sure, right), bins=8)
    assert [b.n for b in bins] == [50] * 8
    assert [b.rate for b in bins] == pytest.approx(rate)
    assert [b.confidence for b in bins] == pytest.approx(confidence)
    found = calibration_error(forecasts(sure, right), bins=8)
    assert found.plug_in == pytest.approx(abs(rate - confidence).mean())


def test_reliability_table_has_wilson_intervals():
    bins = reliability_table(forecasts([0.2] * 5 + [0.9] * 10, [1, 0, 0, 0, 0] + [1] * 9 + [0]), 2)
    for found, (right, n) in zip(bins, [(1, 5), (9, 10)], strict=True):
        low, high = proportion_confint(right, n, method="wilson")
        assert (found.n, found.n_clusters, found.rate) == (n, n, right / n)
        assert (found.low, found.high) == pytest.approx((low, high))
    # Ten answers of five patients who always agree are five answers.
    twice = reliability_table(forecasts([0.2] * 10, [1, 0, 0, 0, 0] * 2, list("abcde") * 2), 1)
    assert (twice[0].n, twice[0].n_clusters) == (10, 5)
    assert twice[0].high - twice[0].low > bins[0].high - bins[0].low - 1e-9


def test_brier_worked_example():
    found = brier(forecasts([0.6, 0.8, 0.2, 0.4], [1, 1, 0, 1]), bins=2)
    assert found.score.value == pytest.approx((0.16 + 0.04 + 0.04 + 0.36) / 4)
    # Bins 0.2, 0.4 (half right) and 0.6, 0.8 (all right); 3 of 4 right overall.
    assert found.reliability == pytest.approx(((0.3 - 0.5) ** 2 + (0.7 - 1) ** 2) / 2)
    assert found.resolution == pytest.approx((0.25**2 + 0.25**2) / 2)
    assert found.uncertainty == pytest.approx(0.75 * 0.25)
    assert found.within_variance == pytest.approx(0.01)
    assert found.within_covariance == pytest.approx(2 * (0.1 * 0.5 + 0.1 * 0.5) / 4)
    # Pseudo-answers: all right costs (0.16 + 0.04 + 0.64 + 0.36) / 4, all wrong the mean square.
    losses = np.array([0.16, 0.04, 0.04, 0.36, 0.3, 0.3])
    half = student.ppf(0.975, 5) * math.sqrt(losses.var(ddof=1) / 6)
    assert found.score.high == pytest.approx(losses.mean() + half)
    assert found.score.low == pytest.approx(max(0, losses.mean() - half))


@unhurried
@given(answers, st.integers(1, 8))
def test_brier_is_the_sum_of_its_parts(rows, bins):
    sure, right, cluster = (np.array(column) for column in zip(*rows, strict=True))
    found = brier(forecasts(sure, right, cluster), bins)
    parts = found.reliability - found.resolution + found.uncertainty
    parts += found.within_variance - found.within_covariance
    assert parts == pytest.approx(found.score.value, abs=1e-12)
    assert found.score.value == pytest.approx(((sure - right) ** 2).mean())
    assert 0 <= found.score.low <= found.score.value <= found.score.high <= 1


def test_scores_agree_with_scikit_learn():
    rng = np.random.default_rng(7)
    sure, right = rng.uniform(0.01, 0.99, 300), rng.integers(0, 2, 300)
    scored = forecasts(sure, right)
    assert brier(scored).score.value == pytest.approx(brier_score_loss(right, sure))
    assert log_score(scored).score.value == pytest.approx(log_loss(right, sure))


def test_log_score_tells_what_it_clipped():
    found = log_score(forecasts([1.0, 1.0, 0.0, 0.5], [1, 0, 1, 1]), clip=0.01)
    costs = -math.log(0.99) - 2 * math.log(0.01) - math.log(0.5)
    assert found.score.value == pytest.approx(costs / 4)
    assert (found.clip, found.clipped, found.surprised) == (0.01, 3, 2)
    with pytest.raises(ValueError, match="clip"):
        log_score(forecasts([0.5], [1]), clip=0.5)


@unhurried
@given(answers)
def test_properties_of_the_calibration_error(rows):
    sure, right, cluster = (np.array(column) for column in zip(*rows, strict=True))
    found = calibration_error(forecasts(sure, right, cluster))
    turned = calibration_error(forecasts(1 - sure, 1 - right, cluster), bins=1)
    straight = calibration_error(forecasts(sure, right, cluster), bins=1)
    for figure in (found.ece, found.largest):
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert found.corrected <= found.plug_in <= found.largest.value + 1e-12
    assert abs(sure.mean() - right.mean()) <= found.plug_in + 1e-12
    assert turned.plug_in == pytest.approx(straight.plug_in)
    if len(set(cluster)) == 1:
        assert (found.ece.low, found.ece.high, found.ece.method) == (0, 1, ONE_CLUSTER)


@heavy
@given(answers, st.randoms(use_true_random=False))
def test_row_order_is_irrelevant(rows, rng):
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    first, second = (
        by_metric(table(*((f"p{g}", "answered", y, c) for c, y, g in some)))
        for some in (rows, shuffled)
    )
    assert first == second


def test_estimates_are_the_figures_with_their_words():
    rng = np.random.default_rng(8)
    sure, right = calibrated(rng, 60)
    patient = np.repeat(np.arange(30), 2)
    names = [f"p{number:02}" for number in patient]
    rows = zip(names, ["answered"] * 60, right, sure, strict=True)
    found = by_metric(table(*rows))
    scored = forecasts(sure, right, patient)
    error, kept = calibration_error(scored), selective(scored)
    told = sureness(scored)
    assert set(found) == set(WORDS)
    expected = {
        "calibration-error": error.ece,
        "largest-gap": error.largest,
        "brier": brier(scored).score,
        "log-score": log_score(scored).score,
        "aurc": kept.area,
        "aurc-over-oracle": kept.over_oracle,
        "aurc-over-random": kept.over_random,
        "risk-at-80": kept.at[0.8],
        "over-confidence": told.over_confidence,
        "uncertainty-accuracy": told.accuracy,
    }
    for metric, figure in expected.items():
        estimate = found[metric]
        assert (estimate.value, estimate.low, estimate.high) == pytest.approx(
            (figure.value, figure.low, figure.high)
        )
        assert estimate.method == figure.method
    assert found["auroc"].value == pytest.approx(roc_auc_score(right, sure))
    for estimate in found.values():
        assert (estimate.n, estimate.n_clusters, estimate.level) == (60, 30, 0.95)
        assert estimate.unit and estimate.method and estimate.estimand.startswith("Of the demo. ")
    assert found["calibration-error"].extra["reliability"][0]["n"] > 0
    assert found["aurc"].extra["curve"][-1] == pytest.approx([1, 1 - right.mean()])
    assert found["brier"].extra["uncertainty"] == pytest.approx(right.mean() * (1 - right.mean()))
