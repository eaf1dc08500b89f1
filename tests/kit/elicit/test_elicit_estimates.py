"""What a table of replies says, replies that are missing, and searches that end early."""

from __future__ import annotations

from typing import Any

import elicit_simulation as simulation
import polars as pl
import pytest
from elicit_simulation import ERRING, PERFECT, told, truths

from auscult.kit.elicit.beside import (
    AGREEMENT,
    ANY_FAULT,
    SEEN_LISTED,
    SEEN_RIGHT,
    UNSEEN_RIGHT,
    pictured,
    specialist_estimates,
)
from auscult.kit.elicit.estimates import (
    added,
    headline_of,
    search_estimates,
    twin_estimates,
)
from auscult.kit.elicit.metrics import ADDED, RATE, TWIN_WRONG
from auscult.kit.elicit.table import one_each, paths, replied, settled

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
                "unquoted": more.get("unquoted"),
            }
            for case, arm, repeat, outcome in replies
        ],
        schema_overrides={"left_out": pl.Int32, "unquoted": pl.Int32, "codes": pl.String},
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


def test_faults_without_a_quote_are_told_on_every_figure_they_touch() -> None:
    rows = table(
        *((1, arm, 0, "hallucinated") for arm in ("baseline", "drawn", "control")), unquoted=2
    )
    for found, count in ((headline_of(rows), 2), (added(rows), 4)):
        assert found.extra["faults that rest on no quote"] == count
        assert f"{count} faults rest on no quote" in found.note


def lost_rows(*outcomes: str) -> pl.DataFrame:
    """As the judge of criteria reads them, where no headline has a verdict of its own."""
    return pl.DataFrame(
        {"case_id": range(len(outcomes)), "cluster": range(len(outcomes)), "arm": "again",
         "judge": "criteria", "behaviour": "answered", "outcome": outcomes}
    )  # fmt: skip


def test_replies_that_settle_nothing_are_missing_and_no_failed_calls() -> None:
    rows = settled(lost_rows("right", "empty", "cut-off", "in-part"))
    assert rows["behaviour"].to_list() == ["answered", "error", "error", "error"]
    assert replied(rows)["behaviour"].to_list() == ["answered", "invalid", "invalid", "answered"]
    beside = lost_rows("empty").with_columns(pl.lit("hallucination").alias("judge"))
    assert settled(beside)["behaviour"].to_list() == ["answered"]


def test_missing_replies_are_told_by_why() -> None:
    rows = table((1, "baseline", 0, "hallucinated"), *((n, "baseline", 0, "error") for n in (2, 3)))
    why = pl.Series("outcome", ["hallucinated", "empty", "cut-off"])
    found = headline_of(rows.with_columns(why))
    assert (found.value, found.n, found.n_error) == (1.0, 1, 2)
    assert found.extra["lost_replies"] == {"empty": 1, "cut-off": 1}
    assert "1 say nothing that can be read, 1 were cut off before an answer" in found.note


def test_beside_the_rate_stands_how_many_twins_are_not_answered_right() -> None:
    twins = ((n, "twin", 0, one) for n, one in enumerate(("right", "denied", "incomplete")))
    found = headline_of(table((1, "baseline", 0, "right"), *twins))
    assert found.extra[TWIN_WRONG] == {"replies": 2, "of": 3}
    assert "Of the 3 twins, whose premise is true, 2 are not answered right." in found.note


@pytest.mark.parametrize(
    ("outcomes", "told"),
    [
        (("incomplete", "refused", "right"), "Only 1 of 3 replies"),
        (("right", "hallucinated", "refused"), ""),
        (("right", "refused"), ""),
    ],
)
def test_a_rate_of_replies_that_mostly_say_nothing_says_so(
    outcomes: tuple[str, ...], told: str
) -> None:
    found = headline_of(table(*((n, "baseline", 0, one) for n, one in enumerate(outcomes))))
    assert told in found.note and bool(told) is bool(found.note)


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
    assert found["denied"].covered < 0.5 and found["twin"].covered < 0.5
    reviewed = [f"{name}, reviewed" for name in ("rate", "added", "denied", "twin")]
    truth = truths(design)
    for name in (*reviewed, "rate, by error rates"):
        assert found[name].covered >= 0.9, name  # at least 93% of the thousand
        assert found[name].given > 0.95, name
        assert found[name].mean == pytest.approx(truth[name.partition(",")[0]], abs=0.03), name


# --- beside the main figures ----------------------------------------------------------------------


def readings(*replies: tuple[int, str, str, float | None, bool | None, str | None]) -> pl.DataFrame:
    """Case, judge, behaviour, score, whether a listed fault was found, and what specialists did."""
    return pl.DataFrame(
        [
            {
                "case_id": case, "cluster": case, "arm": "baseline", "repeat": 0, "judge": judge,
                "behaviour": behaviour, "score": score, "hallucinated": fell,
                "found_by_specialists": found,
            }
            for case, judge, behaviour, score, fell, found in replies
        ],
        schema_overrides={"score": pl.Float64, "hallucinated": pl.Boolean,
                          "found_by_specialists": pl.String},
    )  # fmt: skip


def test_one_verdict_of_each_reply_is_read() -> None:
    rows = readings(
        (1, "candour", "answered", 0.0, True, None), (1, "criteria", "answered", 0.2, True, None),
        (1, "hallucination", "answered", 0.0, True, "facts"), (2, "", "", None, None, None),
    )  # fmt: skip
    assert one_each(rows)["judge"].to_list() == ["candour", ""]
    again = rows.with_columns(pl.lit("again").alias("arm"))
    assert one_each(again)["judge"].to_list() == ["criteria", ""]


def test_what_specialists_found_stands_beside_and_their_failures_are_missing() -> None:
    told = (
        (1, 0.0, True, "facts,safety"), (2, 1.0, False, "none"), (3, 0.0, False, "facts"),
        (4, 1.0, True, "none"), (5, None, True, ""),
    )  # fmt: skip
    rows = readings(
        *((n, "criteria", "answered", 0.5, fell, found) for n, _, fell, found in told),
        *(
            (n, "hallucination", "error" if score is None else "answered", score, fell, found)
            for n, score, fell, found in told
        ),
    )
    every = list(specialist_estimates(rows))
    found = {e.metric: e for e in every if not e.group}
    assert {e.judge for e in every} == {"hallucination"}
    assert (found[ANY_FAULT].value, found[ANY_FAULT].n, found[ANY_FAULT].n_error) == (0.5, 4, 1)
    families = {e.group["family"]: e.value for e in every if e.group}
    assert (families["facts"], families["safety"], families["citations"]) == (0.5, 0.25, 0.0)
    assert found[AGREEMENT].value == 0.5
    assert set(found[AGREEMENT].extra["replies"].values()) == {1}
    assert (found[SEEN_LISTED].value, found[SEEN_LISTED].n) == (0.5, 2)
    assert not list(specialist_estimates(rows.filter(judge="criteria")))


def test_a_reading_that_failed_agrees_with_nobody() -> None:
    rows = readings(
        (1, "criteria", "error", None, None, "facts"),
        (1, "hallucination", "answered", 0.0, None, "facts"),
    )
    found = {e.metric: e for e in specialist_estimates(rows) if not e.group}
    assert found[ANY_FAULT].value == 1.0
    assert found[AGREEMENT].value is None and found[AGREEMENT].n_error == 1


def test_questions_about_a_picture_stand_beside_the_same_in_words_alone() -> None:
    rows = table(
        (1, "twin", 0, "right"), (1, "unseen", 0, "denied"),
        (2, "twin", 0, "right"), (2, "unseen", 0, "right"), (3, "twin", 0, "denied"),
    ).with_columns(pl.lit("not-in-image").alias("kind"))  # fmt: skip
    rows = rows.with_columns(
        pl.when(pl.col("case_id") == 3).then(pl.lit("citation")).otherwise("kind").alias("kind")
    )
    found = {e.metric: e.value for e in pictured(rows)}
    assert found == {SEEN_RIGHT: 1.0, UNSEEN_RIGHT: 0.5}
    assert not list(pictured(rows.filter(pl.col("arm") != "unseen")))
