"""Estimates of uncertainty on planted tables, and what they cover."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.uncertainty.calibration import calibrations, comparisons
from auscult.kit.uncertainty.estimates import (
    excess_over,
    main_shares,
    sure_and_wrong,
    uncertainty_estimates,
)
from auscult.kit.uncertainty.informed import METRIC, sure_by_outcome
from auscult.kit.uncertainty.published import published_cell, published_right
from auscult.kit.uncertainty.table import COLUMNS, SURENESS, Design, forecasts_of

DESIGN = Design("cares/uncertainty")
SEEDS = 1000
EMPTY: dict[str, Any] = {
    "case_no": 0, "cluster_key": 0, "specialty": "", "difficulty": "", "arm": "baseline",
    "repeat": 0, "judge": "yes-no", "behaviour": "answered", "score": None,
    "labels.form:word": "yes-no",
    "labels.data:word": "d", "labels.kind:word": None, "labels.modality:word": None,
    "labels.region:word": None, "labels.sure:word": None, "labels.turn:word": None,
    "labels.right:number": None, "labels.final_right:number": None,
    "labels.confidence:number": None, "labels.chosen_original:small": None,
    "labels.legacy_cell:word": None,
}  # fmt: skip


def table(*rows: dict[str, Any]) -> pl.DataFrame:
    """As `Trials.frame` gives it; labels by their bare names."""
    full = {name.split(".")[-1].split(":")[0]: name for name in EMPTY}
    schema: dict[str, Any] = {name: pl.Categorical for name in EMPTY}
    schema |= dict.fromkeys(("case_no", "cluster_key", "repeat", full["chosen_original"]), pl.Int64)
    schema |= {full[n]: pl.Float64 for n in ("score", "right", "final_right", "confidence")}
    filled = [{**EMPTY, **{full[name]: value for name, value in row.items()}} for row in rows]
    return pl.DataFrame(filled, schema=schema).select(COLUMNS)


def both_turns(case: int, right: float | None, sure: str, **more: Any) -> list[dict[str, Any]]:
    first = "answered" if right is not None else "abstained"
    agrees = None if right is None else float((right == 1) is (sure == "sure"))
    behaviour = "invalid" if sure == "unreadable" else first
    confidence = {"sure": 1.0, "unsure": 0.0}.get(sure)
    row = {"case_no": case, "cluster_key": case, "right": right, "sure": sure, "turn": "kept",
           "confidence": confidence, **more}  # fmt: skip
    return [
        {**row, "behaviour": first, "score": right},
        {**row, "judge": SURENESS, "behaviour": behaviour,
         "score": None if behaviour != "answered" else agrees},
    ]  # fmt: skip


def named(estimates: list[Estimate], metric: str) -> Estimate:
    (found,) = (e for e in estimates if e.metric == metric and not e.group)
    return found


PLANTED = [
    *(row for case in range(4) for row in both_turns(case, 1.0, "sure")),
    *both_turns(4, 1.0, "unsure", turn="changed", final_right=0.0),
    *both_turns(5, 0.0, "sure"),
    *both_turns(6, 0.0, "unsure", turn="changed", final_right=1.0),
    *both_turns(7, 0.0, "unreadable"),
    *both_turns(8, None, "unsure"),
    {"case_no": 9, "cluster_key": 9, "behaviour": "error"},
    {"case_no": 9, "cluster_key": 9, "behaviour": "error", "judge": SURENESS},
]


@pytest.mark.parametrize(
    ("metric", "value", "n"),
    [
        ("uncertainty accuracy", 5 / 9, 9),  # four right and sure, one wrong and unsure
        ("over-confidence ratio", 1 / 9, 9),
        ("accuracy", 5 / 9, 9),
        ("always sure uncertainty accuracy", 5 / 9, 9),
        ("never sure uncertainty accuracy", 3 / 9, 9),
        (METRIC, 4 / 5 - 1 / 3, 8),
        ("sure when right", 4 / 5, 5),
        ("sure when wrong", 1 / 3, 3),
        ("abstention rate", 1 / 9, 9),
        ("error rate", 1 / 10, 10),
        ("sureness unreadable rate", 1 / 8, 8),
        ("changed answers", 2 / 8, 8),
        ("right to wrong", 1 / 5, 5),
        ("wrong to right", 1 / 3, 3),
    ],
)
def test_each_share_has_its_denominator(metric: str, value: float, n: int) -> None:
    found = named(uncertainty_estimates(table(*PLANTED), DESIGN), metric)
    assert (found.value, found.n) == (pytest.approx(value), n)


def test_passing_and_admitting_it_is_not_worth_a_point() -> None:
    """Else a target that never answers would score 1."""
    rows = [row for case in range(30) for row in both_turns(case, None, "unsure")]
    found = named(uncertainty_estimates(table(*rows), DESIGN), "uncertainty accuracy")
    assert (found.value, found.n_abstained) == (0.0, 30)


def test_failed_calls_are_missing_and_bounded() -> None:
    found = named(uncertainty_estimates(table(*PLANTED), DESIGN), "uncertainty accuracy")
    assert found.n_error == 1
    bounds = found.extra["bound_low"], found.extra["bound_high"]
    assert bounds == (pytest.approx(5 / 10), pytest.approx(6 / 10))


def test_the_order_of_the_rows_changes_nothing() -> None:
    one = uncertainty_estimates(table(*PLANTED), DESIGN)
    assert one == uncertainty_estimates(table(*reversed(PLANTED)), DESIGN)


# --- agreement of samples -------------------------------------------------------------------------


def samples(case: int, *said: int | str) -> list[dict[str, Any]]:
    """Places chosen, the first of which is right; or a behaviour."""
    rows = []
    for repeat, word in enumerate(said):
        row = {"case_no": case, "cluster_key": case, "arm": "samples", "repeat": repeat}
        if isinstance(word, str):
            rows.append({**row, "behaviour": word})
        else:
            rows.append({**row, "chosen_original": word, "score": float(word == 0)})
    return rows


@pytest.mark.parametrize(
    ("said", "behaviour", "confidence", "score"),
    [
        ((0, 0, 0, 1, 2), "answered", 0.6, 1.0),
        ((1, 1, 1, 0, 2), "answered", 0.6, 0.0),
        ((0, 0, 1, 1, 2), "answered", 0.4, 0.5),
        ((0, "abstained", "invalid", "refused"), "answered", 0.25, 1.0),
        ((0, 0, "error", "error"), "answered", 1.0, 1.0),
        (("abstained", "refused"), "abstained", None, None),
        (("error", "error"), "error", None, None),
    ],
)
def test_agreement_of_fresh_replies(
    said: tuple[int | str, ...], behaviour: str, confidence: float | None, score: float | None
) -> None:
    from auscult.kit.uncertainty.table import typed

    (row,) = forecasts_of(typed(table(*samples(3, *said))), "samples").to_dicts()
    assert (row["behaviour"], row["score"]) == (behaviour, score)
    assert row["confidence"] == (None if confidence is None else pytest.approx(confidence))


def test_sources_are_compared_by_what_they_forecast() -> None:
    from auscult.kit.uncertainty.table import typed

    rows = [row for case in range(40) for row in both_turns(case, float(case % 2), "sure")]
    rows += [
        {"case_no": case, "cluster_key": case, "arm": "confidence", "score": float(case % 2),
         "confidence": 0.5}
        for case in range(40)
    ]  # fmt: skip
    made, held = calibrations(typed(table(*rows)), DESIGN)
    assert named(made, "second-turn/brier").value == named(made, "always sure/brier").value == 0.5
    assert named(made, "verbalised/brier").value == pytest.approx(0.25)
    saved = comparisons(held[1], held[0], DESIGN)
    assert saved.metric == "Brier score saved by verbalised over second-turn"
    assert saved.value == pytest.approx(0.25) and saved.low is not None and saved.low > 0


# --- the released scorer --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "about", "cell"),
    [
        (0, "Yes, I am sure.", "dropped"),
        (0, "No, I am unsure.", "unsure_right"),
        (1, "Yes, I am sure.", "sure_right"),
        (1, "No, I am unsure.", "sure_right"),  # "sure" stands in "unsure"
        (2, "Yes, I am sure.", "dropped"),
    ],
)
def test_the_released_scorer_counts_by_the_key(key: int, about: str, cell: str) -> None:
    options = ("Aspirin", "Heparin", "Warfarin")
    answer = "ABC"[key] + ":" + options[key]
    assert published_right(answer, "multiple-choice", options, "ABC", key)
    assert published_cell(True, about, key) == cell


def test_published_and_corrected_differ_on_the_same_replies() -> None:
    rows = []
    for case in range(40):
        second = case % 2 == 1
        cell = "sure_right" if second else "dropped"
        rows += both_turns(case, 1.0, "unsure" if second else "sure", legacy_cell=cell)
    found = uncertainty_estimates(table(*rows), DESIGN)
    assert named(found, "uncertainty accuracy").value == 0.5
    assert named(found, "dropped by the published scorer").value == 0.5
    assert named(found, "uncertainty accuracy as published").value == 1.0
    assert named(found, "published scorer minus corrected").value == 1.0


# --- coverage -------------------------------------------------------------------------------------


def drawn(rng: np.random.Generator, cases: int, repeats: int) -> pl.DataFrame:
    """Right with 0.7, by case in part; sure with 0.9 when right and 0.4 when wrong; 5% refuse."""
    n = cases * repeats
    case = np.repeat(np.arange(cases), repeats)
    hard = np.repeat(rng.beta(1.4, 0.6, cases), repeats)
    right = (rng.random(n) < hard).astype(float)
    sure = rng.random(n) < np.where(right == 1, 0.9, 0.4)
    refused = rng.random(n) < 0.05
    agrees = np.where(sure, right, 1 - right)
    frame = pl.DataFrame({
        "case_id": case, "cluster": case, "arm": ["baseline"] * n,
        "behaviour": np.where(refused, "refused", "answered"), "score": agrees, "right": right,
        "sure": np.where(sure, "sure", "unsure"),
    })  # fmt: skip
    given = pl.when(pl.col("behaviour") == "answered")
    return frame.with_columns(
        given.then("score").alias("score"), given.then("right").alias("right")
    )


TRUTH = {
    METRIC: 0.5,
    "sure when right": 0.9,
    "sure when wrong": 0.4,
    "uncertainty accuracy": 0.95 * (0.7 * 0.9 + 0.3 * 0.6),
    "over-confidence ratio": 0.95 * 0.3 * 0.4,
    "excess over always sure": 0.95 * (0.7 * 0.9 + 0.3 * 0.6 - 0.7),
}


def test_intervals_cover_what_was_planted() -> None:
    hits = dict.fromkeys(TRUTH, 0)
    for seed in range(SEEDS):
        frame = drawn(np.random.default_rng(seed), 60, 2)
        found = [*main_shares(frame, DESIGN), excess_over(frame, "always sure", DESIGN)]
        for estimate in [*found, *sure_by_outcome(frame, DESIGN)]:
            assert estimate.low is not None and estimate.high is not None
            hits[estimate.metric] += estimate.low <= TRUTH[estimate.metric] <= estimate.high
    assert min(hits.values()) >= 0.93 * SEEDS, hits


def test_the_headline_covers_where_clusters_pull_both_shares_apart() -> None:
    """25 pictures of four questions. On some the target knows what it knows (0.95 and 0.05), on the
    rest it does not (0.55 and 0.45): surer of what is right there is less sure of what is wrong."""
    held = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        knows = np.repeat(rng.random(25) < 0.5, 4)
        right = (rng.random(100) < 0.7).astype(float)
        chance = np.where(right == 1, np.where(knows, 0.95, 0.55), np.where(knows, 0.05, 0.45))
        frame = pl.DataFrame({
            "case_id": range(100), "cluster": np.arange(100) // 4, "behaviour": ["answered"] * 100,
            "right": right, "sure": np.where(rng.random(100) < chance, "sure", "unsure"),
        })  # fmt: skip
        first = sure_by_outcome(frame, DESIGN)[0]
        assert first.low is not None and first.high is not None
        held += first.low <= 0.5 <= first.high
    assert held >= 0.93 * SEEDS, held


@pytest.mark.parametrize("said", ["sure", "unsure", "unreadable"])
def test_to_say_the_same_of_every_answer_earns_nothing(said: str) -> None:
    """A quarter right: "not sure" of all scores 0.75 as published, and tells nothing."""
    rows = [row for c in range(80) for row in both_turns(c, float(c % 4 == 0), said)]
    estimates = uncertainty_estimates(table(*rows), DESIGN)
    first = estimates[0]
    assert (first.metric, first.standing, first.value) == (METRIC, "primary", 0.0)
    assert first.low is not None and first.high is not None and first.low < 0 < first.high
    assert [e.metric for e in estimates if e.headline] == [METRIC]
    if said == "unsure":
        assert named(estimates, "uncertainty accuracy").value == 0.75
        assert named(estimates, "excess over always sure").value == 0.5


def test_without_a_wrong_answer_there_is_nothing_to_tell_apart() -> None:
    rows = [row for case in range(20) for row in both_turns(case, 1.0, "sure")]
    first = uncertainty_estimates(table(*rows), DESIGN)[0]
    assert first.value is None and first.note.startswith("Not measured: no wrong answer")


def test_a_second_turn_that_failed_is_missing_and_bounded() -> None:
    rows = [row for c in range(40) for row in both_turns(c, float(c % 2), "sure" if c % 2 else
            "unsure")]  # fmt: skip
    for case in range(40, 44):
        first, second = both_turns(case, 1.0, "sure")
        rows += [first, {**second, "behaviour": "error", "score": None, "sure": None}]
    first = uncertainty_estimates(table(*rows), DESIGN)[0]
    assert (first.value, first.n, first.n_error) == (1.0, 40, 4)
    assert first.extra["bound_low"] == pytest.approx(20 / 24) and first.extra["bound_high"] == 1.0


def test_sure_and_wrong_is_never_unknown() -> None:
    frame = table(*PLANTED).rename({
        "labels.sure:word": "sure", "labels.right:number": "right",
    })  # fmt: skip
    assert frame.select(sure_and_wrong().alias("x"))["x"].null_count() == 0
