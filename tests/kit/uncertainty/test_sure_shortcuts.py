"""What may say sure or unsure, or take an answer back, is never passed over."""

from __future__ import annotations

from itertools import product
from random import Random

import pytest

from auscult.kit.uncertainty import sure
from auscult.kit.uncertainty.sure import read_sure, state_of

SAID = (
    "I am sure", "I AM NOT SURE", "certain", "not confident", "no doubt", "without reservation",
    "low uncertainty", "tentative", "I might be mistaken", "not really", "I don't know",
    "I cannot confirm it", "I can't rule out more", "just a guess", "I stand by it", "definitely",
    "I know that", "positive", "unconvinced", "it could be incorrect",
)  # fmt: skip
TAKEN_BACK = (
    "I apologize for the error", "I stand corrected", "I misread it", "I misspoke",
    "I was wrong", "I made a mistake", "I take that back", "I retract it", "I withdraw",
    "I would revise my answer", "I'd amend that now", "I will change my answer",
    "You're right", "My answer was not right", "Let me correct this", "my error",
)  # fmt: skip


@pytest.mark.parametrize("said", SAID)
def test_whatever_says_sure_or_unsure_holds_a_cue(said: str) -> None:
    patterns = (sure._NO_DOUBT, sure._UNSURE, sure._SURE)
    assert any(pattern.search(said) for pattern in patterns)
    assert sure._may_hold(said, sure._CUES_HOLD)


@pytest.mark.parametrize("said", TAKEN_BACK)
def test_whatever_takes_an_answer_back_holds_a_cue(said: str) -> None:
    assert sure._TAKES_BACK.search(said) and sure._may_hold(said, sure._TAKING_BACK_HOLDS)
    assert sure._takes_back(f"{said}.")


def test_prose_without_a_cue_says_nothing() -> None:
    assert not sure._may_hold("The lungs are clear.", sure._CUES_HOLD)
    assert state_of("The lungs are clear.") == "unreadable"
    # A long s folds into a plain one where letters are read without case.
    assert state_of("I am \u017fure.") == "sure"


def test_the_shortcut_changes_no_state(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = Random(3)
    other = ("The lungs are clear", "but", "It is B", "Yes", "No", "however, a rash")
    replies = [". ".join(pair) for pair in product(SAID + TAKEN_BACK, other)]
    replies += [". ".join(rng.sample(SAID + TAKEN_BACK + other, 3)) for _ in range(100)]

    def read() -> list[object]:
        return [read_sure(r, 0, ("Rest", "Fluids"), letters="AB", yes_no=False) for r in replies]

    quick = read()
    monkeypatch.setattr(sure, "_may_hold", lambda sentence, needed: True)
    assert quick == read()
