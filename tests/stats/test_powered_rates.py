"""Prediction-powered rates: their tuning, their interval and the labels they may read."""

from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
import statsmodels.api as sm
from judged_tables import ABOUT, FAILED, NONE, one_arm
from scipy.stats import t as student

from auscult.stats.correction import powered_rate, prediction_powered


def test_prediction_powered_by_hand():
    # 8 replies, 4 labelled with probability 1/2. Judge: 5 of 8 failed, 3 of the 4 labelled;
    # persons: 2 of the 4. With tuning 1: 5/8 + (2 - 3)/4 = 3/8.
    judged = [1, 1, 1, 0, 1, 1, 0, 0]
    truth = [1, 1, 0, 0, NONE, NONE, NONE, NONE]
    chance = [0.5] * 4 + [NONE] * 4
    assert prediction_powered(judged, truth, chance, tuning=1.0).value == pytest.approx(3 / 8)
    # With tuning 0 it is the labels' own mean.
    assert prediction_powered(judged, truth, chance, tuning=0.0).value == pytest.approx(2 / 4)
    # The slope of truth on judged among the labels: cov 1/8 over var 3/16 (mean 3/4, mean 1/2).
    found = prediction_powered(judged, truth, chance)
    assert found.tuning == pytest.approx((2 / 4 - 3 / 4 * 1 / 2) / (3 / 4 * 1 / 4))
    assert found.value == pytest.approx(1 / 2 + found.tuning * (5 / 8 - 3 / 4))
    assert found.influence.sum() == pytest.approx(0)


def test_tuning_is_the_slope_of_a_weighted_regression():
    generator = np.random.default_rng(3)
    judged = generator.random(200)
    truth = np.where(np.arange(200) < 80, 0.1 + 0.6 * judged + generator.normal(0, 0.1, 200), NONE)
    chance = np.where(np.arange(200) < 80, generator.uniform(0.2, 1, 200), NONE)
    fitted = sm.WLS(truth[:80], sm.add_constant(judged[:80]), weights=1 / chance[:80]).fit()
    assert prediction_powered(judged, truth, chance).tuning == pytest.approx(fitted.params[1])


def test_the_interval_of_a_powered_rate_by_hand():
    # 100 of 400 labelled: 20 failed and 5 missed of 25 true, 5 false alarms. Elsewhere 75 of 300.
    frame = one_arm(
        (20, 1, 1.0, 0.25),
        (5, 0, 1.0, 0.25),
        (5, 1, 0.0, 0.25),
        (70, 0, 0.0, 0.25),
        (75, 1, None, None),
        (225, 0, None, None),
    )
    found = powered_rate(frame, ABOUT, success=FAILED)
    # Judged 100/400 over all and 25/100 among the labels, so no tuning moves 25/100.
    assert found.value == pytest.approx(0.25)
    slope = (0.20 - 0.25 * 0.25) / (0.25 * 0.75)
    assert found.extra["tuning"] == [pytest.approx(slope)]
    # Rows move the value by slope * (f - f_mean) / 400, a label by its residual / 100 more.
    squares = 0.0
    for n, judged, truth in ((20, 1, 1), (5, 0, 1), (5, 1, 0), (70, 0, 0)):
        both = slope * (judged - 0.25) / 400 + ((truth - 0.25) - slope * (judged - 0.25)) / 100
        squares += n * both**2
    squares += 75 * (slope * 0.75 / 400) ** 2 + 225 * (slope * 0.25 / 400) ** 2
    half = student.ppf(0.975, 99) * math.sqrt(400 / 399 * squares + 2 / 102**2)
    assert (found.low, found.high) == pytest.approx((0.25 - half, 0.25 + half))
    assert (found.extra["n_labels"], found.corrected, found.note) == (100, True, "")
    assert found.extra["uncorrected"]["value"] == 0.25


def test_purposive_labels_never_enter_a_powered_rate():
    honest = one_arm((10, 1, 1.0, 0.5), (30, 0, 0.0, 0.5), (10, 1, None, None), (30, 0, None, None))
    hunted = honest.with_columns(
        truth=pl.when(pl.col("truth").is_null() & (pl.col("score") == 1))
        .then(0.0)
        .otherwise(pl.col("truth"))
    )
    clean, found = (powered_rate(f, ABOUT, success=FAILED) for f in (honest, hunted))
    assert (found.value, found.low, found.high) == (clean.value, clean.low, clean.high)
    assert found.extra["labels_left_out_purposive"] == 10 and found.extra["n_labels"] == 40
    only = hunted.with_columns(inclusion=pl.lit(None, pl.Float64))
    none = powered_rate(only, ABOUT, success=FAILED)
    assert none.value is None and "known probability" in none.note
    assert none.extra["uncorrected"]["value"] == 0.25


def test_wrong_inclusion_probabilities_are_noticed():
    frame = one_arm((50, 1, 1.0, 0.1), (50, 0, 0.0, 0.1), (100, 0, None, None))
    found = powered_rate(frame, ABOUT, success=FAILED)
    assert "stand for 1000 of 200 replies" in found.note
