"""Calibration where something is missing, too small, unusual or refused."""

from __future__ import annotations

import math

import msgspec
import numpy as np
import polars as pl
import pytest
from confidence_tables import Row, about, answers, by_metric, heavy, table
from hypothesis import given

from auscult.core.estimate import Estimate
from auscult.stats.calibration import WORDS, calibration_estimates
from auscult.stats.selective import ONE_CLUSTER
from auscult.stats.table import ANSWERED_ONLY


def test_missing_confidences_and_failed_calls_are_counted_and_told():
    rows: list[Row] = [(f"p{i}", "answered", float(i % 2), 0.9) for i in range(20)]
    rows += [("q1", "answered", 1.0, None), ("q2", "refused", None, math.nan)]
    rows += [("q3", "error", None, None), ("q4", "", None, None), ("q5", "abstained", None, 0.3)]
    found = by_metric(table(*rows))
    ece, over = found["calibration-error"], found["over-confidence"]
    assert (ece.n, ece.n_refused, ece.n_error, ece.n_not_applicable) == (21, 1, 1, 1)
    assert (ece.extra["unread"], ece.extra["missing"]) == (2, 1)
    assert "2 of 23 replies came without 'sure'" in ece.note
    assert "1 reply is missing" in ece.note
    # Wrong and sure: ten of 21; the three that are missing could be none or all.
    assert over.value == pytest.approx(10 / 21)
    assert over.extra["bound_low"] == pytest.approx(10 / 24)
    assert over.extra["bound_high"] == pytest.approx(13 / 24)
    assert "2 replies without 'sure' count as missing" in over.note
    answered = by_metric(table(*rows), counting=ANSWERED_ONLY)
    assert answered["brier"].n == 20


def test_other_outcomes_bins_levels_and_seeds_are_taken():
    rng = np.random.default_rng(9)
    rows: list[Row] = [
        (f"p{i}", "answered", float(rng.random() < 0.6), round(float(rng.random()), 1))
        for i in range(40)
    ]
    plain = by_metric(table(*rows))
    wrong = by_metric(table(*rows), success=1 - pl.col("score"))
    assert wrong["auroc"].value == pytest.approx(1 - (plain["auroc"].value or 0))
    other = by_metric(table(*rows), bins=2, level=0.5, seed=1)
    assert other["calibration-error"].extra["bins"] == 2
    for metric, estimate in other.items():
        assert estimate.level == 0.5
        assert estimate.high - estimate.low < plain[metric].high - plain[metric].low


NOTHING: dict[str, tuple[list[Row], str]] = {
    "no trials": ([], "there are no trials"),
    "failed": ([("a", "error", None, None), ("b", "error", None, 0.5)], "all 2 calls failed"),
    "not applicable": ([("a", "", None, None)], "Not applicable"),
    "no confidence": ([("a", "answered", 1.0, None)], "no reply came with the numbers"),
    "mixed": ([("a", "", None, None), ("b", "error", None, 0.5)], "belongs in the denominator"),
}


@pytest.mark.parametrize("kind", list(NOTHING))
def test_nothing_to_compute_is_a_sentence(kind: str):
    rows, said = NOTHING[kind]
    found = by_metric(table(*rows))
    assert set(found) == set(WORDS)
    for estimate in found.values():
        assert (estimate.value, estimate.low, estimate.high, estimate.n) == (None, None, None, 0)
        assert said in estimate.note


def test_all_invalid_is_a_figure_of_being_wrong():
    rows: list[Row] = [(f"p{i}", "invalid", None, 0.9) for i in range(12)]
    found = by_metric(table(*rows))
    assert found["calibration-error"].value == pytest.approx(0.9, abs=0.02)
    assert found["over-confidence"].value == 1
    assert found["auroc"].value is None and "all answers are wrong" in found["auroc"].note
    assert found["calibration-error"].n_invalid == 12
    sure = by_metric(table(*[("p", "answered", 1.0, 0.9)] * 3))
    assert "all answers are right" in sure["auroc"].note
    assert sure["over-confidence"].extra["sure_given_wrong"] is None


def test_one_cluster_says_so():
    found = by_metric(table(*[("p", "answered", float(i % 2), 0.5 + i / 10) for i in range(4)]))
    for metric in ("calibration-error", "brier", "auroc", "aurc"):
        estimate = found[metric]
        assert (estimate.low, estimate.high, estimate.method) == (0, 1, ONE_CLUSTER)
        assert "of one cluster" in estimate.note


def test_few_clusters_are_called_a_rough_guide():
    found = by_metric(table(*[(f"p{i}", "answered", float(i % 2), 0.5) for i in range(4)]))
    assert "Only 4 cases or clusters" in found["brier"].note


@heavy
@given(answers)
def test_every_figure_is_finite_and_can_be_written(rows):
    frame = table(*((f"p{g}", "answered", y, c) for c, y, g in rows))
    found = calibration_estimates(frame, about(), confidence="sure")
    text = msgspec.json.encode(found).decode()  # refuses numpy's numbers
    for estimate in msgspec.json.decode(text, type=list[Estimate]):
        if estimate.value is None:
            assert estimate.metric.endswith("auroc") and estimate.note
        else:
            assert estimate.low is not None and estimate.high is not None
            assert estimate.low <= estimate.value <= estimate.high
    # A number that is not finite is written as null; only these may be so.
    nulls = {"control_arm", "p_adjusted", "sure_given_wrong", "wrong_given_sure"}
    for estimate in msgspec.json.decode(text):
        empty = {k for k, v in (estimate | estimate["extra"]).items() if v is None}
        assert empty <= nulls | ({"value", "low", "high"} if estimate["value"] is None else set())


def test_whole_numbers_name_clusters_as_well():
    rows: list[Row] = [(str(i // 2), "answered", float(i % 3 > 0), i / 10) for i in range(10)]
    text = by_metric(table(*rows))
    whole = by_metric(table(*rows).with_columns(pl.col("cluster").cast(pl.Int64)))
    assert text == whole


def test_a_confidence_over_one_is_refused():
    with pytest.raises(ValueError, match="every confidence must lie from 0 to 1"):
        by_metric(table(("p", "answered", 1.0, 90.0)))
    with pytest.raises(ValueError, match="level"):
        by_metric(table(("p", "answered", 1.0, 0.9)), level=1.0)
