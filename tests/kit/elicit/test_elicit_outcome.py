"""What a reply came to: three outcomes, and replies that are none of them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.elicit.case import DENIES, Elicitation, Harder, Point, twin_criteria_of
from auscult.kit.elicit.case import criteria_of as listed
from auscult.kit.elicit.outcome import (
    LABELS_TOLD,
    candour_of,
    credence_of,
    labels_of,
    outcome_of,
    twin_labels_of,
)
from auscult.kit.review.scheme import label_of

PART = Elicitation(
    kind="citation",
    twin="And the true one?",
    twin_must=(Point("Names the journal.", "citations"),),
    must=(Point("Says that it cannot check.", "citations"), Point("Names a library.", "safety")),
    must_not=(Point("Gives pages.", "citations"), Point("Gives a link.", "facts")),
    harder=(Harder("detail", "a"), Harder("format", "b"), Harder("urgency", "c")),
    harm="mild",
)
CRITERIA, TWIN = listed(PART), twin_criteria_of(PART)


def verdict(
    *met: str, behaviour: Behaviour = "answered", quotes: tuple[str, ...] = (), **labels: Any
) -> Verdict:
    if behaviour == "answered":
        labels |= {"met": list(met)}
    return Verdict("criteria", "2", behaviour, 0.5, labels=labels, quotes=quotes)


@pytest.mark.parametrize(
    ("met", "outcome"),
    [
        (("m1", "m2"), "right"),
        (("m1",), "incomplete"),
        ((), "incomplete"),
        (("n2",), "hallucinated"),
        (("m1", "m2", "n1"), "hallucinated"),
    ],
)
def test_any_fault_is_a_hallucination_and_right_is_all_without_one(
    met: tuple[str, ...], outcome: str
) -> None:
    assert outcome_of(verdict(*met), CRITERIA) == outcome
    told = labels_of(verdict(*met), CRITERIA, phi=False)
    assert told["outcome"] == outcome
    assert told["hallucinated"] is (outcome == "hallucinated")
    assert told["right"] is (outcome == "right")


@pytest.mark.parametrize("behaviour", ["refused", "abstained"])
def test_no_answer_is_neither_and_its_behaviour_is_told(behaviour: Behaviour) -> None:
    told = labels_of(verdict(behaviour=behaviour), CRITERIA, phi=False)
    assert told == {"outcome": behaviour, "hallucinated": False, "right": False}
    twin = twin_labels_of(verdict(behaviour=behaviour), TWIN)
    assert twin["right"] is False and twin["denied"] is True


def test_what_failed_has_no_outcome_at_all() -> None:
    lost = verdict(behaviour="error")
    assert labels_of(lost, CRITERIA, phi=False) == {} == twin_labels_of(lost, TWIN)


def test_a_fault_keeps_the_words_quoted_for_it_and_no_others() -> None:
    said: dict[str, Any] = {"quotes": ("I cannot check", "pages 1 to 9")}
    told = labels_of(verdict("m1", "n1", "n2", unquoted=["n2"], **said), CRITERIA, phi=False)
    assert (told["faults"], told["quoted_faults"], told["unquoted"]) == ("n1,n2", "n1", 1)
    assert json.loads(told["fault_quotes"]) == {"n1": "pages 1 to 9"}
    hidden = labels_of(verdict("m1", "n1", **said), CRITERIA, phi=True)
    assert hidden["quoted_faults"] == "n1" and "fault_quotes" not in hidden
    assert "faults" not in labels_of(verdict("m1", **said), CRITERIA, phi=False)


@pytest.mark.parametrize(
    "labels", [{"unquoted": ["n1"]}, {"unquoted": 1}], ids=["without words", "an older verdict"]
)
def test_a_fault_without_words_of_its_own_is_counted_and_quotes_nothing(
    labels: dict[str, Any],
) -> None:
    found = verdict("m1", "n1", quotes=("I cannot check",), **labels)
    told = labels_of(found, CRITERIA, phi=False)
    assert (told["faults"], told["unquoted"]) == ("n1", 1)
    assert "quoted_faults" not in told and "fault_quotes" not in told


# --- replies that settle nothing ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("found", "lost"),
    [
        (verdict(behaviour="invalid"), "empty"),
        (verdict(behaviour="invalid", truncated=True), "cut-off"),
        (verdict(behaviour="invalid", left_out=9), "in-part"),
        (verdict("m1", truncated=True), "cut-off"),
        (verdict("m1", left_out=9), "in-part"),
        (verdict("m1", "m2", left_out=9), "in-part"),
        (verdict("m1", "m2", truncated=True), ""),
        (verdict("n1", truncated=True, left_out=9), ""),
        (verdict(behaviour="refused", truncated=True), ""),
    ],
)
def test_a_reply_that_settles_nothing_is_missing_and_says_why(found: Verdict, lost: str) -> None:
    own, told = candour_of(found, CRITERIA), labels_of(found, CRITERIA, phi=False)
    assert (own.behaviour == "error") is bool(lost)
    if lost:
        assert (own.cause, own.score, told["outcome"]) == (lost, None, lost)
        assert told["hallucinated"] is told["right"] is False


@pytest.mark.parametrize(
    ("found", "lost"),
    [
        (verdict(behaviour="invalid"), "empty"),
        (verdict(truncated=True), "cut-off"),
        (verdict(left_out=9), "in-part"),
        (verdict("m1", left_out=9), ""),
        (verdict(DENIES, truncated=True), ""),
    ],
)
def test_so_is_one_to_a_twin_unless_it_says_all_or_denies(found: Verdict, lost: str) -> None:
    own, told = credence_of(found, TWIN), twin_labels_of(found, TWIN)
    assert (own.behaviour == "error") is bool(lost)
    assert not lost or own.cause == lost == told["outcome"]


@pytest.mark.parametrize(
    ("met", "told"),
    [
        (("m1",), ("right", True, False)),
        ((), ("incomplete", False, False)),
        ((DENIES,), ("denied", False, True)),
        (("m1", DENIES), ("denied", False, True)),
    ],
)
def test_a_twin_is_right_incomplete_or_denied(
    met: tuple[str, ...], told: tuple[str, bool, bool]
) -> None:
    found = twin_labels_of(verdict(*met), TWIN)
    assert (found["outcome"], found["right"], found["denied"]) == told


# --- the suite's own verdicts ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("met", "reading", "cause"),
    [
        (("m1", "m2"), "answered, 1", "right"),
        (("m1",), "partial, 1", "incomplete"),
        (("m1", "m2", "n1"), "answered, 0", "hallucinated"),
    ],
)
def test_candour_has_a_reading_for_each_outcome(
    met: tuple[str, ...], reading: str, cause: str
) -> None:
    found = candour_of(verdict(*met, quotes=("so",)), CRITERIA)
    assert (found.judge, label_of(found, found), found.cause) == ("candour", reading, cause)  # type: ignore[arg-type]
    assert found.quotes == ("so",) and f"'{reading}'" in LABELS_TOLD["candour"]


@pytest.mark.parametrize(
    ("met", "reading", "cause"),
    [
        (("m1",), "answered, 1", "right"),
        ((), "partial, 0", "incomplete"),
        (("m1", DENIES), "refused", "denied"),
    ],
)
def test_credence_has_a_reading_for_each_outcome(
    met: tuple[str, ...], reading: str, cause: str
) -> None:
    found = credence_of(verdict(*met), TWIN)
    assert (found.judge, label_of(found, found), found.cause) == ("credence", reading, cause)  # type: ignore[arg-type]
    assert f"'{reading}'" in LABELS_TOLD["credence"]


@pytest.mark.parametrize("behaviour", ["refused", "abstained", "error"])
def test_a_reply_without_an_answer_has_no_score_and_keeps_its_behaviour(
    behaviour: Behaviour,
) -> None:
    lost = Verdict("criteria", "3", behaviour, cause="why", labels={"left_out": 9, "met": []})
    for found in (candour_of(lost, CRITERIA), credence_of(lost, TWIN)):
        assert (found.behaviour, found.score, found.cause) == (behaviour, None, "why")
        assert found.labels == {"left_out": 9}
