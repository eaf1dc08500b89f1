"""Yes and no out of prose: what commits itself has a key, what does not has none."""

from __future__ import annotations

import pytest

from auscult.kit.cares.answers import (
    FLAGS,
    NO_KEY,
    is_fragment,
    published_yes_no,
    read_yes_no,
    says_not_stated,
)

YES, NO = 0, 1
ASKED = "Is there a shadow behind the heart?"


@pytest.mark.parametrize(
    ("answer", "key"),
    [
        ("Yes.", YES),
        ("no", NO),
        ("- No.", NO),
        ("3. Yes", YES),
        ("Yes, the shadow is small and does not move.", YES),
        ("Yes, since nothing is broken, not even the ribs.", YES),
        ("No; the film is clear.", NO),
        ("No (there is a fold of skin).", NO),
        ("No the shadow is a fold.", NO),
        ("Yes there is one.", YES),
        ("The edges are sharp, so the answer is yes.", YES),
        ('The film shows nothing, so the answer would be "no".', NO),
    ],
)
def test_an_answer_that_commits_itself_has_a_key(answer: str, key: int) -> None:
    reading = read_yes_no(ASKED, answer)
    assert reading.key == key
    assert NO_KEY.isdisjoint(reading.flags)


@pytest.mark.parametrize(
    ("answer", "flag"),
    [
        ("This cannot be determined from the film.", "cannot-tell"),
        ("Unable to answer with yes or no.", "cannot-tell"),
        ("The report does not mention a shadow, so likely no.", "cannot-tell"),
        ("No answer can be given.", "cannot-tell"),
        ("No information on shadows is given.", "cannot-tell"),
        ("It depends on the view.", "cannot-tell"),
        ("The answer is probably one, so the answer is no, unless seen again.", "unparseable"),
        ("A shadow of the hand.", "unparseable"),
        ("", "unparseable"),
    ],
)
def test_an_answer_that_does_not_commit_itself_has_none(answer: str, flag: str) -> None:
    reading = read_yes_no(ASKED, answer)
    assert reading.key is None
    assert flag in reading.flags


def test_a_question_that_ends_in_its_own_answer_is_rid_of_it() -> None:
    """The answer field holds the next question with its answer: another's key, so not ours."""
    reading = read_yes_no(f"{ASKED} - Yes", "2. Is the diaphragm flat? - No")
    assert (reading.key, reading.question) == (YES, ASKED)
    assert set(reading.flags) == {"answer-in-question", "other-question"}


def test_a_pasted_answer_behind_a_bracket_is_found_and_a_plain_offer_of_both_is_none() -> None:
    reading = read_yes_no(f"{ASKED} (ignore the tube) - No", "4. Is the tube straight? Yes")
    assert (reading.key, reading.question) == (NO, f"{ASKED} (ignore the tube)")
    offered = read_yes_no(f"{ASKED} Answer yes or no", "Yes")
    assert (offered.key, offered.flags) == (YES, ())


def test_an_answer_that_is_anothers_alone_gives_no_key() -> None:
    reading = read_yes_no(ASKED, "4. Is the diaphragm flat? - No")
    assert reading.key is None and "other-question" in reading.flags


def test_an_answer_that_repeats_the_question_is_read() -> None:
    reading = read_yes_no(ASKED, f"1. {ASKED} - No")
    assert (reading.key, reading.flags) == (NO, ())


def test_a_blank_question_is_taken_from_the_answer() -> None:
    reading = read_yes_no("", f"8. {ASKED} - No")
    assert (reading.key, reading.question) == (NO, ASKED)
    assert "question-from-answer" in reading.flags
    assert read_yes_no("", f"8. {ASKED}").key is None


def test_two_answers_that_clash_give_no_key() -> None:
    assert read_yes_no(f"{ASKED} - Yes", "No.").key is None
    agreed = read_yes_no(f"{ASKED} - Yes", "Yes.")
    assert (agreed.key, agreed.question) == (YES, ASKED)


def test_redactions_and_fragments_are_flagged() -> None:
    assert "redacted" in read_yes_no("Is the XXXX in place today?", "Yes").flags
    assert "redacted" in read_yes_no(ASKED, "Yes (the xxxx is)").flags
    cut = read_yes_no("5 cm?", "No (it is 1.5 cm).")
    assert cut.key is None and "fragment" in cut.flags
    assert is_fragment(")") and not is_fragment("Is it flat?")


@pytest.mark.parametrize(
    ("answer", "stated"),
    [
        ("No, the report does not mention it.", False),
        ("No (not reported).", False),
        ("Yes, as there is no mention of a leak.", False),
        ("No, based on the report.", True),
        ("No, the report states that the lungs are clear.", True),
        ("No, since no fracture is reported.", True),
    ],
)
def test_silence_of_the_report_is_told_from_its_words(answer: str, stated: bool) -> None:
    assert says_not_stated(answer) is not stated
    assert ("not-stated" in read_yes_no(ASKED, answer).flags) is not stated


@pytest.mark.parametrize(
    ("answer", "published", "ours"),
    [
        ("8. Is the diaphragm flat? - No", YES, NO),
        ("Yes, and it does not move.", NO, YES),
        ("No; the film is clear.", YES, NO),
        ("NO.", YES, NO),
        ("None seen.", YES, None),
        ("", YES, None),
        ("I cannot answer", YES, None),
        ("This cannot be told and is not stated.", NO, None),
        ("No.", NO, NO),
    ],
)
def test_the_published_reading_is_kept_with_its_faults_and_ours_is_without(
    answer: str, published: int, ours: int | None
) -> None:
    assert published_yes_no(answer) == published
    question = "Is the diaphragm flat?" if answer.startswith("8.") else ASKED
    assert read_yes_no(question, answer).key == ours


def test_every_flag_is_explained() -> None:
    assert set(FLAGS) >= NO_KEY
    assert all(text for text in FLAGS.values())
