"""What a judge model is shown of known facts, and which of its quotes is whose."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auscult.core.message import Reply
from auscult.core.verdict import Verdict
from auscult.kit.open.case import Criterion
from auscult.kit.open.prompt import asked
from auscult.kit.open.reading import Reading, quotes_by_criterion, read_criteria

CRITERIA = (Criterion("a", "Says to rest", 1.0), Criterion("b", "Names a drug", -1.0))
ANSWER = "Rest for a week. Then take some."


def read(**said: str) -> Any:
    entries = [{"id": c.id, "quote": said.get(c.id, ""), "met": c.id in said} for c in CRITERIA]
    return read_criteria(Reply(text=json.dumps({"criteria": entries})), CRITERIA, ANSWER)


def test_quotes_stand_in_the_order_of_what_is_met_and_the_unquoted_are_named() -> None:
    assert read(a="rest for a week", b="take some") == Reading(
        ("a", "b"), ("Rest for a week", "take some"), []
    )
    assert read(a="rest for a week", b=" ") == Reading(("a", "b"), ("Rest for a week",), ["b"])


@pytest.mark.parametrize("name", ["a", "b"])
def test_words_that_the_answer_does_not_hold_are_asked_for_again(name: str) -> None:
    """Of a fault as of what is wanted."""
    found = read(**{name: "take ibuprofen"})
    assert f"the quote for {name}, 'take ibuprofen', does not occur" in found.what


@pytest.mark.parametrize(
    ("labels", "quotes", "whose"),
    [
        ({"met": ["a", "b"]}, ("x", "y"), {"a": "x", "b": "y"}),
        ({"met": ["a", "b"], "unquoted": ["a"]}, ("y",), {"b": "y"}),
        ({"met": ["a", "b"], "unquoted": 1}, ("y",), {}),
        ({"met": ["a", "b"]}, ("y",), {}),
        ({}, ("a refusal",), {}),
    ],
)
def test_a_quote_is_given_to_its_criterion_or_to_none(
    labels: dict[str, Any], quotes: tuple[str, ...], whose: dict[str, str]
) -> None:
    verdict = Verdict("criteria", "3", "answered", 1.0, labels=labels, quotes=quotes)
    assert quotes_by_criterion(verdict) == whose


def test_known_facts_stand_apart_from_the_answer_and_only_where_there_are_any() -> None:
    shown = asked("How much?", CRITERIA, "none | of\nit", ["It was made\nup.", "So."])[1].text
    assert "- It was made up.\n- So.\n\nCriteria:\n[a] Says to rest" in shown
    assert shown.endswith("Answer to check:\n| none | of\n| it")
    assert "Known facts" not in asked("How much?", CRITERIA, "none")[1].text
