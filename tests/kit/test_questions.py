"""Forms of questions, and that a picture's question is put picture first."""

from __future__ import annotations

import pytest

from auscult.core.case import Brief, Case
from auscult.core.message import ImagePart, TextPart, assistant, user
from auscult.kit.questions import asked, facts_of, form_of, judge_of, prompt_of


@pytest.mark.parametrize(
    ("case", "form"),
    [
        (Case("a", options=("Yes", "no ")), "yes-no"),
        (Case("a", options=("yes", "no", "maybe")), "multiple-choice"),
        (Case("a"), "open"),
        (Case("a", options=("yes", "no"), brief=Brief(task="open")), "open"),
        (Case("a", options=("x", "y"), brief=Brief(task="exam")), "multiple-choice"),
    ],
)
def test_the_loaders_word_comes_before_the_options(case: Case, form: str) -> None:
    assert form_of(case) == form
    assert judge_of(form_of(case)) in ("yes-no", "choice", "open-answer")


def test_yes_no_is_asked_in_words_and_with_a_way_out() -> None:
    said = prompt_of(Case("a", question="Is there a nodule? "), "yes-no")
    assert said.startswith("Is there a nodule?\n\nAnswer yes or no")
    assert "I don't know" in said
    assert "A." not in said


def test_choices_stand_in_the_order_shown_and_the_key_moves_along() -> None:
    case = Case("a", question="Which?", options=("one", "two", "three"), brief=Brief(key=2))
    said = prompt_of(case, "multiple-choice", ("three", "one", "two"))
    assert said.index("A. three") < said.index("B. one") < said.index("C. two")
    facts = facts_of(case, "multiple-choice", (2, 0, 1))
    assert facts == {
        "options": ["three", "one", "two"], "letters": "ABC", "key": 0, "scoring": "text",
    }  # fmt: skip


def test_a_case_without_a_key_says_so() -> None:
    assert facts_of(Case("a", options=("yes", "no")), "yes-no")["key"] == -1


def test_an_open_question_is_judged_by_its_reference() -> None:
    case = Case("a", question="What?", brief=Brief(reference="a cyst", rubric=("names a cyst",)))
    assert facts_of(case, "open") == {"reference": "a cyst", "rubric": ["names a cyst"]}


def test_pictures_come_first_and_earlier_turns_before_them() -> None:
    earlier = (user("hello"), assistant("hi"))
    part = ImagePart.of(b"x", "image/png")
    case = Case("a", question="Is it so?", messages=earlier)
    *before, last = asked(case, "yes-no", parts=(part,))
    assert tuple(before) == earlier
    assert isinstance(last.content, tuple)
    assert last.content[0] == part
    assert isinstance(last.content[1], TextPart)
    assert isinstance(asked(case, "yes-no")[-1].content, str)
