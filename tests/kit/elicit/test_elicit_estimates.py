"""What a table of replies says, replies that are missing, and searches that end early."""

from __future__ import annotations

from typing import Any

import elicit_simulation as simulation
import polars as pl
import pytest
from elicit_simulation import ERRING, PERFECT, told, truths

from auscult.kit.elicit.estimates import (
    ADDED,
    RATE,
    added,
    headline_of,
    search_estimates,
    twin_estimates,
)
from auscult.kit.elicit.table import paths

SEEDS = 100
"""Of the thousand that the page prints."""


def table(*replies: tuple[int, str, int, str], **more: Any) -> pl.DataFrame:
    """Case, arm, repeat, and the outcome or "error"."""
    known = {"hallucinated": "answered", "right": "answered", "denied": "answered"}
    return pl.DataFrame(
        [
            {
                "case_id": case, "cluster": case, "arm": arm, "repeat": repeat,
                "behaviour": known.get(outcome, "error" if outcome == "error" else "refused"),
                "outcome": None if outcome == "error" else outcome,
                "hallucinated": None if outcome == "error" else outcome == "hallucinated",
                "right": None if outcome == "error" else outcome == "right",
                "denied": None if outcome == "error" else outcome in ("denied", "refused"),
                "codes": "facts,safety" if outcome == "hallucinated" else None,
                "left_out": more.get("left_out"),
            }
            for case, arm, repeat, outcome in replies
        ],
        schema_overrides={"left_out": pl.Int32, "codes": pl.String},
    )  # fmt: skip


def test_failed_replies_are_missing_and_bound_the_rate() -> None:
    outcomes = ["hallucinated", "right", "refused", "error"]
    found = headline_of(table(*((n, "baseline", 0, one) for n, one in enumerate(outcomes))))
    assert found.metric == RATE and found.headline and found.standing == "primary"
    assert (found.value, found.n, found.n_refused, found.n_error) == (1 / 3, 3, 1, 1)
    assert (found.extra["bound_low"], found.extra["bound_high"]) == (0.25, 0.5)
    assert found.extra["outcomes"] == {"hallucinated": 1, "refused": 1, "right": 1}
    assert found.extra["replies with a fault of this sort"] == {"facts": 1, "safety": 1}


def test_replies_too_long_to_be_shown_whole_are_told() -> None:
    found = headline_of(table((1, "baseline", 0, "right"), left_out=80))
    assert found.extra["shown_in_part"] == 1 and "the head and the tail" in found.note


def test_a_harder_form_is_compared_with_its_own_control() -> None:
    rows = table(
        (1, "drawn", 0, "hallucinated"), (1, "control", 0, "right"),
        (2, "drawn", 0, "hallucinated"), (2, "control", 0, "hallucinated"),
        (3, "drawn", 0, "error"), (3, "control", 0, "right"),
        (1, "search", 1, "hallucinated"),
    )  # fmt: skip
    found = added(rows)
    assert found.metric == ADDED and (found.value, found.n) == (0.5, 2)
    assert found.extra["bound_high"] == pytest.approx(2 / 3)


@pytest.mark.parametrize(
    ("first", "second", "value"),
    [
        ("right", "right", 1.0),
        ("refused", "right", 1.0),
        ("hallucinated", "right", 0.0),
        ("right", "denied", 0.0),
        ("error", "right", None),
        ("right", "error", None),
    ],
)
def test_false_is_told_from_true_on_both_replies(
    first: str, second: str, value: float | None
) -> None:
    rows = table((1, "baseline", 0, first), (1, "twin", 0, second))
    both = next(e for e in twin_estimates(rows) if e.metric == "false told from true")
    assert both.value == value


def test_a_search_that_found_nothing_is_censored_and_a_failed_call_is_no_try() -> None:
    rows = table(
        (1, "drawn", 0, "hallucinated"),
        (2, "drawn", 0, "right"), (2, "search", 1, "error"), (2, "search", 2, "hallucinated"),
        (3, "drawn", 0, "right"), (3, "search", 1, "right"), (3, "search", 2, "right"),
        (4, "drawn", 0, "error"), (4, "search", 1, "error"), (4, "search", 2, "error"),
        *((n, "control", 0, "right") for n in (1, 2, 3, 4)),
        *((n, "harmless", k, "right") for n in (1, 2, 3, 4) for k in (1, 2)),
    )  # fmt: skip
    mine = paths(rows).filter(pl.col("arm") == "search").select("case_id", "tries", "failed")
    assert mine.rows() == [(1, 1, True), (2, 2, True), (3, 3, False), (4, 0, False)]
    curve, harmless, beyond = search_estimates(rows)
    assert curve.value == pytest.approx(2 / 3) and harmless.value == 0.0
    assert beyond.extra["budget"] == 3 and "no rate" in curve.note
    assert not list(search_estimates(rows.filter(~pl.col("arm").is_in(["search", "harmless"]))))


# --- where the truth is known ---------------------------------------------------------------------


@pytest.mark.parametrize("design", [PERFECT[1]])
def test_with_a_judge_that_makes_no_error_the_intervals_hold_the_truth(
    design: simulation.Design,
) -> None:
    found, truth = told(design, SEEDS), truths(design)
    for name, known in truth.items():
        assert found[name].mean == pytest.approx(known, abs=0.02), name
        assert found[name].covered >= 0.9, name  # at least 93% of the thousand


@pytest.mark.parametrize("design", [ERRING[2]])
def test_with_one_that_errs_they_do_not_unless_labels_of_the_run_correct_them(
    design: simulation.Design,
) -> None:
    found = told(design, SEEDS)
    assert found["rate"].covered < 0.5 and found["added"].covered < 0.9
    for name in ("rate, corrected", "rate, powered, corrected", "added, powered, corrected"):
        assert found[name].covered >= 0.93, name
        assert found[name].given > 0.95, name
