"""What suites of questions say alike of their replies, on tables with known counts."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from auscult.core.estimate import ENGINEERING, Estimate
from auscult.kit.question_estimates import (
    accuracy,
    by_columns,
    error_rate,
    evidence_of,
    numbered,
    unanswered_rates,
    with_evidence,
)
from auscult.stats.table import blank, label_columns

BEHAVIOURS = ("answered",) * 12 + ("abstained",) * 4 + ("refused",) * 2 + ("invalid",) + ("error",)
COLUMN = label_columns({"signed_off": "flag"})[0]


def words(**more: Any) -> Estimate:
    return blank("own", "accuracy", "The share of right answers.", **more)


@pytest.fixture
def rows() -> pl.DataFrame:
    """20 replies of 20 cases: 9 right, 3 wrong, 7 without an answer, 1 call failed."""
    scores = [1.0] * 9 + [0.0] * 3 + [None] * 8
    frame = pl.DataFrame(
        {
            "case_no": range(20),
            "cluster_key": range(20),
            "arm": "baseline",
            "behaviour": BEHAVIOURS,
            "score": scores,
            "modality": ["CT", "MR"] * 10,
            "region": "chest",
        }
    )
    return numbered(frame)


def test_cases_and_clusters_become_numbers(rows: pl.DataFrame) -> None:
    assert {"case_id", "cluster"} <= set(rows.columns)
    assert not {"case_no", "cluster_key"} & set(rows.columns)
    assert rows["case_id"].dtype == pl.UInt32 and rows["case_id"].to_list() == list(range(20))


def test_accuracy_counts_what_gave_no_answer_and_says_what_more_cases_would_do(
    rows: pl.DataFrame,
) -> None:
    found = accuracy(rows, words())
    assert found.value == pytest.approx(9 / 19) and found.n_error == 1
    assert found.extra["narrowing"]["half_width"] == 0.05
    assert found.extra["narrowing"]["further_cases"] > 100


def test_each_way_to_give_no_answer_has_its_rate(rows: pl.DataFrame) -> None:
    found = unanswered_rates(rows, words(denominator="all"), "such replies", "option")
    assert {e.metric: e.value for e in found} == {
        "abstention rate": pytest.approx(4 / 19),
        "refusal rate": pytest.approx(2 / 19),
        "unreadable rate": pytest.approx(1 / 19),
    }
    assert found[-1].estimand == "The share of such replies that cannot be read as one option."
    assert [e.direction for e in found] == ["neutral", "neutral", "lower-is-better"]
    assert {e.denominator for e in found} == {"all"}


def test_the_rate_of_errors_is_over_every_call(rows: pl.DataFrame) -> None:
    whole, part = error_rate(rows, words()), error_rate(rows, words(), "closed questions")
    assert whole.value == part.value == pytest.approx(1 / 20)
    assert (whole.metric, whole.denominator) == ("error rate", "all calls")
    assert "all calls of this suite" in whole.estimand
    assert part.denominator == "all calls with closed questions"
    assert part.estimand.startswith("The share of calls with closed questions that brought no")


def test_each_column_names_itself(rows: pl.DataFrame) -> None:
    about = blank("own", "accuracy by {column}", "Among questions of this {column}.")
    found = by_columns(rows, ("modality", "region"), about)
    groups = [(e.metric, e.group) for e in found]
    assert groups == [
        ("accuracy by modality", {"modality": "CT"}),
        ("accuracy by modality", {"modality": "MR"}),
        ("accuracy by region", {"region": "chest"}),
    ]
    assert found[-1].estimand == "Among questions of this region."


class Trials:
    """With the behaviour where it is told."""

    def __init__(self, signed: list[Any]) -> None:
        rows = [(*row, "answered")[:3] for row in signed]
        schema = {"case_no": pl.Int64, COLUMN: pl.Boolean, "behaviour": pl.String}
        self.table = pl.DataFrame(rows, schema=schema, orient="row")

    def frame(self, suite: str, columns: tuple[str, ...]) -> pl.DataFrame:
        assert suite == "own"
        return self.table.select(columns)


def trials(*signed: Any) -> Any:
    return Trials(list(signed))


def test_evidence_is_reviewed_only_where_every_case_is_signed_off_in_every_trial() -> None:
    reviewed = evidence_of(trials((0, True), (0, True), (1, True)), "own")
    assert reviewed == "clinician-reviewed: every case asked has been signed off"
    partly = evidence_of(trials((0, True), (1, True), (1, None)), "own")
    assert partly == f"{ENGINEERING} (1 of 2 cases signed off)"
    assert evidence_of(trials((0, False), (1, None)), "own") == ENGINEERING
    assert evidence_of(trials(), "own") == ENGINEERING
    not_asked = trials((0, True), (0, None, ""), (1, None, ""))
    assert evidence_of(not_asked, "own") == reviewed, "of the cases asked"


def test_every_estimate_says_what_it_is_worth() -> None:
    found = with_evidence([words(), words()], trials((0, True)), "own")
    assert len(found) == 2
    assert all(e.evidence_level.startswith("clinician-reviewed") for e in found)
