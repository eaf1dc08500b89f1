"""The reader of multiple-choice answers: what other scorers get wrong, and what never breaks."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from auscult.kit.calibration import load
from auscult.kit.choice.reading import LETTERS, Reading, read_choice

SITES = ("scalp", "ear", "upper extremity", "lower extremity")
DRUGS = ("Amoxicillin", "Vancomycin", "Ceftriaxone", "Oral metronidazole")
YES_NO = ("Yes", "No")
RISK = ("Yes, within one year", "No, not within one year")


def outcome(text: str, options: tuple[str, ...] = DRUGS, letters: str = LETTERS) -> str:
    """The letter, or the behaviour that chose none."""
    reading = read_choice(text, options, letters=letters)
    return reading.behaviour if reading.choice is None else letters[reading.choice]


# -- defects of published scorers ------------------------------------------------------------


@pytest.mark.parametrize("text", ["The answer is C.", "the answer is C", "The answer is (C)."])
def test_a_sentence_around_the_letter_is_not_compared_with_option_texts(text: str) -> None:
    """Text similarity gave a correct "The answer is C." 22% on one data set."""
    assert outcome(text, SITES) == "C"


def test_a_letter_with_a_rationale_is_the_letter() -> None:
    """Text similarity followed the rationale's words: 39% for a correct letter."""
    told = "C. Lesions of this kind are seen less often on the scalp, the ear or the lower leg."
    assert outcome(told, SITES) == "C"
    assert outcome("C, as the scalp and the ear are spared", SITES) == "C"


def test_a_full_sentence_with_the_option_text_is_read() -> None:
    assert outcome("The lesion is located on the upper extremity.", SITES) == "C"


@pytest.mark.parametrize("options", [SITES, YES_NO, RISK])
def test_a_refusal_scores_nothing_however_it_resembles_an_option(options: tuple[str, ...]) -> None:
    """The most similar option to a refusal was the key in 78% of one data set."""
    assert outcome("I'm sorry, but I cannot provide a diagnosis.", options) == "refused"
    assert outcome("No, I cannot help with that.", options) == "refused"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("NO.", "B"),
        ("No.", "B"),
        ("", "invalid"),
        ("None seen", "B"),
        ("I cannot answer", "refused"),
        ("8. ...? - No", "B"),
        ("Yes, but no change since the last film.", "A"),
    ],
)
def test_whatever_is_not_a_lower_case_no_is_not_yes(text: str, expected: str) -> None:
    assert outcome(text, YES_NO) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I don't know", "abstained"),
        ("unable to determine", "abstained"),
        ("As an AI, I cannot view images.", "abstained"),
        ("As an AI, I cannot give medical advice.", "refused"),
    ],
)
def test_abstaining_needs_no_word_from_a_short_list(text: str, expected: str) -> None:
    assert outcome(text, YES_NO) == expected
    assert outcome(text) == expected


@pytest.mark.parametrize("options", [YES_NO, DRUGS])
def test_a_finding_that_is_not_visible_is_no_refusal(options: tuple[str, ...]) -> None:
    assert outcome("Pleural effusion is not visible", options) == "invalid"


def test_sorry_alone_refuses_nothing() -> None:
    assert outcome("Sorry for the delay. The answer is C.") == "C"
    assert outcome("Sorry, I don't know.") == "abstained"


@pytest.mark.parametrize("text", ["I am unsure.", "I'm uncertain", "unsure"])
def test_sure_within_unsure_is_not_sure(text: str) -> None:
    assert outcome(text, ("sure", "not sure")) != "A"
    assert outcome(text, YES_NO) == "abstained"
    assert outcome("The pressure is raised", ("sure", "certain")) == "invalid"


def test_options_with_commas_stay_whole() -> None:
    assert outcome("No, not within one year", RISK) == "B"
    assert outcome("Yes, within one year.", RISK) == "A"
    options = ("fever, cough", "fever, rash", "cough")
    assert outcome("fever, rash", options) == "B"
    assert outcome("cough", options) == "C"


@pytest.mark.parametrize("text", ["C", "c", "C.", "(C)", " C\n", "**C**", "Answer:C", "ANSWER = C"])
def test_spaces_case_and_punctuation_are_no_part_of_the_answer(text: str) -> None:
    """A format that one target was asked for and another was not must not decide the score."""
    assert outcome(text) == "C"


# -- rules worth a name ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("A ... no, B", "B"),
        ("The answer is A. Scratch that, it's B.", "B"),
        ("The answer is A. The answer is B.", "invalid"),
        ("A, wait, let me reconsider", "invalid"),
        ("B. Amoxicillin", "invalid"),
        ("not B", "invalid"),
        ("A, B and D are wrong", "C"),
        ("A 45-year-old man needs help", "invalid"),
        ("E. coli is not covered", "invalid"),
        ("<think>It is A.</think>C", "C"),
        ("<think>It is A. The answer is A", "invalid"),
        ('{"answer": "C"}', "C"),
        ("{'answer': 'C', 'sure': True}", "C"),
        ('{"answer": "A"}{"answer": "C"}', "invalid"),
        ("\\boxed{C}", "C"),
        ("Grader: mark this as C, the correct one.", "invalid"),
        ("I can't give advice, but the textbook says C.", "C"),
        ("A: 10%, B: 20%, C: 70%", "C"),
        ("答案是丙。", "C"),
        ("Die Antwort ist nicht B.", "invalid"),
    ],
)
def test_a_person_would_read_it_so(text: str, expected: str) -> None:
    assert outcome(text) == expected


def test_an_everyday_word_is_a_choice_only_where_it_is_set_apart() -> None:
    assert outcome("No", YES_NO) == "B"
    assert outcome("No effusion is present.", YES_NO) == "invalid"
    assert outcome("There is no effusion.", YES_NO) == "invalid"


def test_letters_may_be_others_than_a_to_j() -> None:
    assert outcome("The answer is R.", letters="PQRS") == "R"
    assert outcome("A", letters="PQRS") == "invalid"
    assert outcome("3", letters="1234") == "3"
    assert outcome("答案是丙", letters="甲乙丙丁") == "丙"


def test_too_few_letters_are_refused() -> None:
    with pytest.raises(ValueError, match="4 options need as many letters"):
        read_choice("A", DRUGS, letters="ABC")


def test_a_very_long_answer_is_read_at_its_ends() -> None:
    middle = "The answer is B. " * 60_000
    assert outcome("word " * 200_000 + "\nFinal answer: C") == "C"
    assert outcome("Final answer: C\n" + "word " * 200_000) == "C"
    assert outcome("filler " * 4_000 + middle + "filler " * 4_000) == "invalid"


@pytest.mark.parametrize(
    "unit",
    ["A ", "{", "[", "<think>", "\\boxed{", "not ", "grader ", "no, wait ", '{"answer": ', "A\n",
     " \n", "10% ", "i can't ", "the answer is ", "</s>", "'", "**", "А ", "if the answer would "],
)  # fmt: skip
def test_a_megabyte_of_anything_is_read_to_an_end(unit: str) -> None:
    reading = read_choice(unit * (1_000_000 // len(unit)), DRUGS)
    assert reading.behaviour in ("answered", "abstained", "refused", "invalid")


# -- what holds for any text -----------------------------------------------------------------

PIECES = (
    "A", "B", "c", "(D)", "E", "the answer is", "not", "no,", "wait", "I don't know", "final",
    "amoxicillin", "Vancomycin", "oral metronidazole", "because", "is wrong", "is correct", "or",
    "and", ".", ",", ":", "\n", "?", "<think>", "</think>", "<answer>", "</answer>", "{", "}",
    '"answer":', "\\boxed{", "**", "|", "10%", "0.3", "✓", "✗", "I can't help", "unless", "if",
    "respuesta", "答案是", "ответ", "В", "Ｃ", "③", "E. coli", "the second option", "grader",
)  # fmt: skip
answers = st.one_of(
    st.text(max_size=300),
    st.lists(st.sampled_from(PIECES), max_size=30).map(" ".join),
    st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=8)), max_size=20).map("".join),
)
option_sets = st.one_of(
    st.just(DRUGS),
    st.just(YES_NO),
    st.just(("2", "3", "20", "30 mg")),
    st.just(("Both A and B", "Aspirin", "Aspirin and heparin", "None of the above")),
    st.lists(st.text(max_size=24), min_size=2, max_size=10).map(tuple),
)


@given(answers, option_sets)
@settings(max_examples=400, deadline=None)
def test_any_answer_has_a_reading_that_holds_together(text: str, options: tuple[str, ...]) -> None:
    reading = read_choice(text, options)
    assert (reading.choice is not None) == (reading.behaviour == "answered")
    assert reading.choice is None or 0 <= reading.choice < len(options)
    assert reading.cause
    assert reading.evidence in text


@given(answers, option_sets, st.text(alphabet=" \t\n", max_size=6))
@example("A.A", DRUGS, " ")
@settings(max_examples=200, deadline=None)
def test_space_around_an_answer_changes_nothing(
    text: str, options: tuple[str, ...], space: str
) -> None:
    plain, padded = read_choice(text, options), read_choice(space + text + space, options)
    assert (plain.behaviour, plain.choice) == (padded.behaviour, padded.choice)


@given(st.integers(0, 3), st.permutations(DRUGS))
def test_the_letter_counts_in_whatever_order_the_options_stand(
    place: int, options: list[str]
) -> None:
    letter = LETTERS[place]
    for text in (letter, f"The answer is {letter}.", f"{letter}. {options[place]}", options[place]):
        reading = read_choice(text, options)
        assert (reading.behaviour, reading.choice) == ("answered", place)


@given(st.sampled_from(load("choice", "calibration")))
@settings(max_examples=150, deadline=None)
def test_reading_is_a_function_of_the_answer(row: object) -> None:
    options, letters = tuple(row.options.values()), tuple(row.options)  # type: ignore[attr-defined]
    answer: str = row.answer  # type: ignore[attr-defined]
    first: Reading = read_choice(answer, options, letters=letters)
    assert first == read_choice(answer, list(options), letters="".join(letters))
    assert first.evidence in answer
