"""Sureness and stated confidence, read as a person would read them."""

from __future__ import annotations

import pytest

from auscult.kit.uncertainty.confidence import read_confidence
from auscult.kit.uncertainty.sure import Sureness, read_sure

OPTIONS = ("Aspirin", "Heparin", "Warfarin", "Insulin")


def choice(text: str, first: int | None = 0) -> Sureness:
    return read_sure(text, first, OPTIONS, letters="ABCD", yes_no=False)


def yes_no(text: str, first: int | None = 0) -> Sureness:
    return read_sure(text, first, ("yes", "no"), letters="AB", yes_no=True)


SURE = (
    "Yes",
    "yes.",
    "**Yes**",
    "Yes, I'm sure.",
    "Yes, I\N{RIGHT SINGLE QUOTATION MARK}m sure",
    "I am fairly sure.",
    "I'm quite certain of it.",
    "Absolutely.",
    "No doubt about it.",
    "I have no doubt.",
    "I don't doubt my answer.",
    "I am not at all unsure.",
    "No, I am sure that it is right.",
    "I stand by my answer.",
    "Yes, with confidence.",
    "Yes. There is no need to change my answer.",
    "I was unsure at first, but now I am certain.",
    "I'm not 100% sure, but yes, I'm confident.",
    "Yes, I am sure. The blood pressure settles it.",
    "I am sure. I did not make a mistake.",
    "I apologise for any confusion. Yes, I am sure.",
    "I can't be 100% certain, but on this film I am confident.",
    "I am 90% sure.",
    "I believe so, yes.",
    "Of course.",
    "The answer is correct.",
    "My answer is right.",
    "Yes. My answer is right because the shadow is round.",
    "I believe that my first answer is correct.",
    "It is correct.",
    "I believe so.",
    "I think so.",
    "I'm not wrong.",
    "I am not mistaken.",
    "I have no reservations.",
    "The uncertainty is low; yes.",
    "Yes, there is little uncertainty here.",
    "I am sure. Did I misread it? No.",
)
UNSURE = (
    "No",
    "No.",
    "no, not really",
    "unsure",
    "I am unsure about my answer.",
    "I'm not sure.",
    "I am not certain.",
    "I am uncertain.",
    "I'm not entirely sure.",
    "I am not 100% sure.",
    "I can't be sure.",
    "I cannot be completely certain.",
    "I don't know.",
    "Yes, I am not sure about it.",
    "I could be wrong.",
    "I have some doubts.",
    "It was just a guess.",
    "My confidence is low.",
    "I was sure at first. Now I am not certain.",
    "I'm sure about the drug class, but I am not sure about the drug.",
    "I am no longer confident in that.",
    "I wouldn't say I'm sure.",
    "I apologise for the confusion, but as a language model I cannot be certain.",
    "It is possible that I am wrong.",
    "I am only 50% sure.",
    "Not really.",
    "I don't think so.",
    "I do not believe so, no.",
    "I don't think that my answer is right.",
    "The answer is not correct.",
    "I am not sure that my answer is correct.",
    "I cannot be certain the answer is right.",
    "The answer is correct, I think, but I could be wrong.",
    "No, that's right.",
    "There is some uncertainty in it.",
)
UNREADABLE = (
    "",
    "   ",
    "The blood pressure matters.",
    "To be sure, check the pressure again.",
    "Make sure the patient is fasting.",
    "Are you sure?",
    "Certain findings point to it.",
    "The test was positive.",
    "Paris is the capital of France.",
    "It depends on whether my answer is right.",
    "Is my answer right?",
    "The answer is right in front of you.",
    "I am sure. No.",
    "The answer is correct. I don't think so.",
)


@pytest.mark.parametrize("text", SURE)
def test_sure(text: str) -> None:
    assert choice(text).state == yes_no(text).state == "sure"
    assert choice(text).turn == yes_no(text).turn == "kept"


@pytest.mark.parametrize("text", UNSURE)
def test_unsure(text: str) -> None:
    assert choice(text).state == yes_no(text).state == "unsure"
    assert yes_no(text).turn == "kept"


@pytest.mark.parametrize("text", UNREADABLE)
def test_unreadable(text: str) -> None:
    assert choice(text).state == yes_no(text).state == "unreadable"


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, you're right, the answer is B.",
        "I apologise for the confusion. The correct answer is B.",
        "No. The answer should be B.",
        "I made a mistake: it is Heparin.",
        "Yes, I am sure: the answer is B.",
    ],
)
def test_another_option_is_a_change_of_mind(text: str) -> None:
    assert choice(text) == Sureness("unsure", "changed", 1)


@pytest.mark.parametrize(
    "text",
    [
        "Yes, I'm sure. Warfarin takes days to work.",
        "Yes, I am confident. Heparin is used in acute settings.",
        "Yes, I am sure. Option B would be wrong because of the bleeding risk.",
    ],
)
def test_who_only_speaks_of_another_option_keeps_to_the_first(text: str) -> None:
    assert choice(text) == Sureness("sure")


def test_an_answer_called_right_names_no_side() -> None:
    """ "Right" is an option here, and what comes after it decides whether the side is meant."""
    sides = ("left lung", "right lung")
    found = read_sure("The answer is right lung.", 0, sides, letters="AB", yes_no=False)
    assert found == Sureness("unsure", "changed", 1)
    assert read_sure("My answer is right.", 0, sides, letters="AB", yes_no=False).state == "sure"


@pytest.mark.parametrize("text", ["B", "Yes, B is correct.", "On review it should be Heparin."])
def test_who_names_another_option_changes_to_it(text: str) -> None:
    assert choice(text) == Sureness("unsure", "changed", 1)


@pytest.mark.parametrize(
    "text",
    [
        "I'm sorry, the answer is no.",
        "You're right to ask. My answer should have been no.",
        "Let me correct that: the answer is no",
        "I change my answer to no.",
    ],
)
def test_the_other_word_is_a_change_of_mind(text: str) -> None:
    assert yes_no(text) == Sureness("unsure", "changed", 1)


def test_the_same_answer_again_is_none() -> None:
    assert choice("Yes, I'm sure. The answer is A.") == Sureness("sure", "kept", 0)
    assert choice("Yes, A is correct.", first=0).state == "sure"
    assert yes_no("Yes, I am certain, the answer is yes.") == Sureness("sure", "kept", 0)


@pytest.mark.parametrize(
    "text", ["I was wrong.", "I apologise for my error.", "You are right, sorry."]
)
def test_an_answer_may_be_taken_back_without_another(text: str) -> None:
    assert choice(text) == yes_no(text) == Sureness("unsure", "withdrawn")


def test_a_leading_no_is_not_the_answer_no() -> None:
    assert yes_no("No, I am not sure.", first=0).final is None
    assert yes_no("Yes, I am sure.", first=1) == Sureness("sure")


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("B\nConfidence: 85", 0.85),
        ("B\n**Confidence:** 85%", 0.85),
        ("B\nConfidence: 0.85", 0.85),
        ("B\nConfidence: 8/10", 0.8),
        ("B\nConfidence: 85/100", 0.85),
        ("B\nConfidence: 85 out of 100", 0.85),
        ("B\nConfidence: 80-90%", 0.85),
        ("B\nConfidence: between 80 and 90", 0.85),
        ("B\nConfidence level: about 70 percent", 0.7),
        ('{"answer": "B", "confidence": 60}', 0.6),
        ("B. I am 90% sure.", 0.9),
        ("B (75%)", 0.75),
        ("B\n40", 0.4),
        ("B\nMy confidence is 30.", 0.3),
        ("B\nConfidence: 0", 0.0),
        ("B\nConfidence: 100", 1.0),
        ("B\nConfidence: 1.0", 1.0),
        ("B\nConfidence: 1", 0.01),
        ("B\nConfidence in my answer: 55", 0.55),
    ],
)
def test_a_stated_confidence(text: str, value: float) -> None:
    assert read_confidence(text).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "cause"),
    [
        ("B", "none"),
        ("", "none"),
        ("The dose is 50 mg.", "none"),
        ("B\nConfidence: high", "words"),
        ("B\nConfidence: very high", "words"),
        ("B\nConfidence: over 90", "bound"),
        ("B\nConfidence: 120", "outside"),
        ("B\nConfidence: -5", "outside"),
        ("B\nConfidence: 90-80", "outside"),
        ("B\nConfidence: 80\nConfidence: 60", "several"),
    ],
)
def test_what_is_no_number_is_not_read(text: str, cause: str) -> None:
    found = read_confidence(text)
    assert (found.value, found.cause) == (None, cause)


@pytest.mark.parametrize(
    ("text", "rest"),
    [
        ("B\nConfidence: 85", "B"),
        ("85\nConfidence: 60%", "85"),
        ("The answer is C.\n\n**Confidence:** 0.5", "The answer is C."),
        ("B\n40", "B"),
    ],
)
def test_the_judge_sees_the_answer_without_it(text: str, rest: str) -> None:
    assert read_confidence(text).rest == rest


@pytest.mark.parametrize(
    "text", ["but sure, not sure. " * 900, "sure not sure " * 900, "but " * 5000]
)
def test_a_reply_without_end_is_no_trap(text: str) -> None:
    """No depth and no square of its length: a reply is whatever a target likes to send."""
    assert choice(text).state == "unreadable"
