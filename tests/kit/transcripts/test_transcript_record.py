"""One recorded answer: strict codes, and names that hold over models."""

from __future__ import annotations

from typing import Any

import pytest

from auscult.core.message import user
from auscult.kit.rows import BadRow
from auscult.kit.transcripts.record import (
    Counted,
    Transcript,
    codes_of,
    label_of,
    transcript_of,
    verdict_score,
)


@pytest.mark.parametrize(
    ("given", "codes"),
    [
        ("0", ("0",)), ("0.5", ("0.5",)), (["1", "2"], ("1", "2")), ([2, 2, 7], ("2", "7")),
        (0, ("0",)), (0.5, ("0.5",)), ("1.0", ("1",)), ([" 3 "], ("3",)),
    ],
)  # fmt: skip
def test_codes_are_read_however_they_are_written(given: Any, codes: tuple[str, ...]) -> None:
    assert codes_of(given) == codes


@pytest.mark.parametrize("given", ["8", "2F", [], ["0", "1"], ["0.5", "3"], True, [None], "", {}])
def test_codes_that_contradict_or_mean_nothing_are_refused(given: Any) -> None:
    with pytest.raises(BadRow):
        codes_of(given)


@pytest.mark.parametrize(
    ("given", "codes"),
    [("1", ("flagged",)), ("1.0", ("flagged",)), (0, ("0",)), ("0.5", ("0.5",)), ("", None),
     (None, None)],
)  # fmt: skip
def test_a_persons_label(given: Any, codes: tuple[str, ...] | None) -> None:
    assert label_of(given) == codes


def test_a_label_that_is_not_known_is_refused() -> None:
    with pytest.raises(BadRow, match="no label"):
        label_of("maybe")


def test_only_a_clean_answer_scores_one() -> None:
    scores = [verdict_score(codes) for codes in (("0",), ("0.5",), ("1", "2"), ("flagged",))]
    assert scores == [1.0, 0.5, 0.0, 0.0]


def test_the_same_question_is_the_same_case_of_every_model() -> None:
    counted = Counted()
    asked = (user("Which vitamin is ascorbic acid?"),)
    first, second = (counted.case(Transcript("C.", "one"), asked) for _ in range(2))
    other = counted.case(Transcript("D.", "two"), asked)
    assert first.id != second.id and first.cluster == second.cluster == other.cluster
    assert first.brief.extra["asked"] == other.brief.extra["asked"]
    assert transcript_of(other) == Transcript("D.", "two")
    assert other.question == "Which vitamin is ascorbic acid?"
