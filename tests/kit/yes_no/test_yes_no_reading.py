"""The reader of yes-no answers: what other scorers get wrong, and what it must never guess."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auscult.core.registry import build
from auscult.kit import calibration
from auscult.kit.yes_no import measure as yes_no_measure
from auscult.kit.yes_no.question import understood
from auscult.kit.yes_no.reading import read_yes_no

EFFUSION = "Is there a pleural effusion in this chest X-ray?"
HEART = "Is the heart enlarged?"
KIDNEYS = "Is the left kidney larger than the right kidney?"


def outcome(answer: str, question: str = EFFUSION) -> str:
    """ "yes", "no" or the behaviour that said neither."""
    reading = read_yes_no(answer, question)
    if reading.says_yes is None:
        return reading.behaviour
    assert reading.behaviour == "answered"
    return "yes" if reading.says_yes else "no"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("NO.", "no"),
        ("", "invalid"),
        ("None seen", "no"),
        ("I cannot answer", "refused"),
        ("8. Is there a pleural effusion in this chest X-ray? – No", "no"),
        ("I don't know", "abstained"),
        ("As an AI, I cannot view images.", "abstained"),
        ("unable to determine", "abstained"),
        ("Pleural effusion is not visible", "no"),
        ("Yes, but no change since the last film.", "yes"),
    ],
)
def test_answers_that_published_scorers_misread(answer: str, expected: str) -> None:
    assert outcome(answer) == expected


@pytest.mark.parametrize("word", ["yes", "no"])
@pytest.mark.parametrize(
    "dress", ["{}", "**{}**", " {}.\n", '"{}"', "({})", "{}!", "_{}_", "{0} {0}"]
)
def test_a_bare_word_is_read_however_it_is_dressed(word: str, dress: str) -> None:
    for said in (word, word.upper(), word.title()):
        assert outcome(dress.format(said), "") == word


@pytest.mark.parametrize(
    ("question", "answer", "expected"),
    [
        (EFFUSION, "There is no effusion.", "no"),
        (EFFUSION, "No consolidation, effusion or pneumothorax.", "no"),
        (EFFUSION, "I'm unable to see any pleural effusion.", "no"),
        (EFFUSION, "There is a small effusion.", "yes"),
        (EFFUSION, "There is a pericardial effusion.", "invalid"),
        (EFFUSION, "No large effusion.", "invalid"),
        (EFFUSION, "There is no change in the effusion.", "invalid"),
        (EFFUSION, "There was a pleural effusion last year.", "invalid"),
        (EFFUSION, "A pleural effusion cannot be excluded.", "abstained"),
        (EFFUSION, "This is a normal chest X-ray.", "no"),
        (EFFUSION, "The lungs are clear.", "invalid"),
        ("Is there an opacity?", "The lungs are clear.", "no"),
        ("Is there an opacity on the left?", "There is an opacity on the right.", "invalid"),
        ("Is there an opacity on the left?", "No opacity on the right.", "invalid"),
        (HEART, "It is not enlarged.", "no"),
        (HEART, "The heart is of normal size.", "no"),
        (HEART, "The liver is enlarged.", "invalid"),
        (EFFUSION, "Pneumothorax: no", "invalid"),
        (EFFUSION, "Effusion: yes. Pneumothorax: no.", "yes"),
        ("Should aspirin be given?", "Aspirin is contraindicated.", "invalid"),
        ("Is this a CT scan?", "The CT was done yesterday.", "invalid"),
        (HEART, "The heart is not significantly enlarged.", "invalid"),
        ("Is the lesion benign?", "The lesion is malignant.", "no"),
        (KIDNEYS, "The left kidney is larger than the right kidney.", "yes"),
        (KIDNEYS, "The right kidney is larger than the left kidney.", "no"),
        (KIDNEYS, "The left kidney is smaller than the right kidney.", "no"),
        (KIDNEYS, "One kidney is larger than the other.", "invalid"),
        ("Are there two or more lesions?", "There is a lesion.", "invalid"),
        ("Are there two or more lesions?", "There are no lesions.", "no"),
    ],
)
def test_a_sentence_is_read_by_its_question_only_where_that_is_sure(
    question: str, answer: str, expected: str
) -> None:
    assert outcome(answer, question) == expected


def test_without_the_question_a_sentence_answers_nothing() -> None:
    assert outcome("There is no effusion.", "") == "invalid"
    assert outcome("The heart is enlarged.", "What is shown?") == "invalid"


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("Yes... wait, no.", "no"),
        ("No. Actually, looking again, yes.", "yes"),
        ("Yes. Hmm, scratch that.", "invalid"),
        ("Yes, there is no pleural effusion.", "invalid"),
        ("Answer: yes. Final answer: no.", "invalid"),
        ("yes/no", "invalid"),
        ("Yes and no.", "invalid"),
        ("I would not say yes.", "invalid"),
        ("It is not true that there is no pleural effusion.", "yes"),
        ("Some readers would say yes.", "invalid"),
        ("No, I can't help with that.", "refused"),
        ("No, it is impossible to tell.", "abstained"),
        ("Sure! I can help you with that. Please upload the image.", "abstained"),
        ("Certainly! This film shows no effusion.", "no"),
        ("Certainly.", "yes"),
        ("Yes-no questions need the picture.", "invalid"),
        ("<think>So yes.</think>No", "no"),
    ],
)
def test_changes_of_mind_and_contradictions(answer: str, expected: str) -> None:
    assert outcome(answer) == expected


def test_a_negative_question_keeps_the_word_and_turns_the_sentence() -> None:
    question = "Is there no pneumothorax?"
    assert outcome("Yes", question) == "yes"
    assert outcome("There is no pneumothorax.", question) == "yes"
    assert outcome("There is a pneumothorax.", question) == "no"
    assert outcome("No, there is no pneumothorax.", question) == "invalid"
    assert outcome("Not seen.", question) == "invalid"


@pytest.mark.parametrize(
    ("answer", "hedged"),
    [
        ("I am not sure, but yes.", True),
        ("Probably not.", True),
        ("Yes, no doubt about it.", False),
    ],
)
def test_a_hedge_is_a_label_and_no_behaviour(answer: str, hedged: bool) -> None:
    reading = read_yes_no(answer, EFFUSION)
    assert (reading.behaviour, reading.hedged) == ("answered", hedged)


def test_a_word_in_the_question_is_no_hedge() -> None:
    assert not read_yes_no("Yes, pneumonia is likely.", "Is pneumonia likely?").hedged


@pytest.mark.parametrize(
    ("answer", "expected"),
    [("Ja", "yes"), ("Non.", "no"), ("Sí", "yes"), ("Нет", "no"), ("是的。", "yes"), ("Nee", "no"),
     ("No, no se ven derrames.", "no"), ("No lo sé.", "abstained"), ("ja nein", "invalid")],
)  # fmt: skip
def test_other_languages(answer: str, expected: str) -> None:
    assert outcome(answer) == expected


def test_why_nothing_was_read_is_said() -> None:
    for answer, cause in {
        " ": "empty", "Is the heart enlarged?": "echo", "Maybe": "no-commitment",
        "yes/no": "several", "No image was provided.": "inability", "It is raining.": "no-answer",
    }.items():  # fmt: skip
        assert read_yes_no(answer, HEART).cause == cause


def test_the_question_of_a_vignette_is_its_last_sentence() -> None:
    asked = understood("She is 30 and has a fever. Temperature 39.5 C. Is the throat inflamed?")
    assert asked.required == ("throat", "inflam")


@given(st.text(max_size=200), st.text(max_size=80))
@settings(max_examples=150, deadline=None)
def test_any_text_is_read_and_the_quote_occurs_in_it(answer: str, question: str) -> None:
    reading = read_yes_no(answer, question)
    assert (reading.says_yes is not None) == (reading.behaviour == "answered")
    assert reading.evidence in answer


PIECES = ("yes", "no", "not", "there is", "an effusion", ".", ",", "but", "I think", "cannot tell")


@given(st.lists(st.sampled_from(PIECES), max_size=8))
@settings(max_examples=150, deadline=None)
def test_reading_is_stable_under_case_and_margins(pieces: list[str]) -> None:
    answer = " ".join(pieces)
    assert outcome(answer) == outcome(f"\n {answer.upper()} \n")


def test_the_development_half_is_read_as_labelled() -> None:
    rows = calibration.load("yes-no", "calibration")
    assert len(rows) >= 200
    wrong = [row.id for row in rows if outcome(row.answer, row.question) != said(row)]
    assert wrong == []


def said(row: calibration.Labelled) -> str:
    return row.options[row.choice] if row.choice else row.behaviour


def test_the_halves_share_no_question() -> None:
    halves = [{row.question for row in calibration.load("yes-no", h)} for h in calibration.HALVES]
    assert not halves[0] & halves[1]


def test_the_first_contact_holds_for_the_held_out_half() -> None:
    met = calibration.first_contact("yes-no")
    assert len(met) == len(calibration.load("yes-no", "heldout")) >= 100


def test_the_judge_never_commits_wrongly_where_the_naive_reading_does() -> None:
    judged = asyncio.run(calibration.judge_all(build("judges", "yes-no", {}), ("heldout",)))
    ours, naive = calibration.measure(judged), calibration.measure(yes_no_measure.naive("heldout"))
    for metric in ("false commitment", "wrong letter"):
        theirs = naive.rates[metric].value
        assert ours.rates[metric].successes == 0 and theirs is not None and theirs > 0.1
    assert ours.rates["agreement"].interval[0] > naive.rates["agreement"].interval[1]


def test_answers_written_for_the_choice_judge_are_read_alike() -> None:
    """Labelled by others, with yes and no as lettered options; two answers differ on purpose."""
    rows = [
        row
        for half in calibration.HALVES
        for row in calibration.load("choice", half)
        if sorted(option.lower() for option in row.options.values()) == ["no", "yes"]
    ]
    differing = {r.answer for r in rows if outcome(r.answer, r.question) != said(r).lower()}
    # A letter means nothing where none was shown; "not visible" is a no to who reads the question.
    assert len(rows) > 30 and differing == {"B", "Pleural effusion is not visible"}


def test_the_report_is_computed() -> None:
    report = yes_no_measure.report()
    rate = calibration.measure(calibration.first_contact("yes-no")).rates["agreement"]
    assert str(rate) in report and "naive, heldout" in report
    assert yes_no_measure.frozen().count("\n") == len(calibration.load("yes-no", "heldout")) + 1
