"""The reader of sets: how a set may be written, and what must never be taken for one."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auscult.kit.calibration import Rate
from auscult.kit.choice import letter_set_measure as measured
from auscult.kit.choice.letter_set import SetReading, read_letter_set

DRUGS = ("Amoxicillin", "Vancomycin", "Ceftriaxone", "Oral metronidazole", "Doxycycline")
LETTERS = "ABCDE"
ALL_BUT_C = "ABDE"


def read(answer: str, *, asks_not: bool = True) -> SetReading:
    return read_letter_set(answer, DRUGS, letters=LETTERS, asks_not=asks_not)


def outcome(answer: str, *, asks_not: bool = True) -> str:
    """The letters, or the behaviour that chose none."""
    said = read(answer, asks_not=asks_not)
    if said.chosen is None:
        return said.behaviour
    assert said.behaviour == "answered"
    return "".join(LETTERS[place] for place in said.chosen)


# The defect of a published red-teaming code base: keys are "A,B,D,E", some targets are told to
# answer without spaces and punctuation, and a comparison of strings calls "ABDE" wrong.
@pytest.mark.parametrize(
    "answer",
    [
        "A,B,D,E",
        "ABDE",
        "A B D E",
        "A, B, D and E",
        "(A), (B), (D), (E)",
        "A & B & D & E",
        "Options A, B, D and E",
        "E, D, B, A",
        "a,b,d,e",
        "abde",
        "**ABDE**",
        "A, A, B, D, E, E",
        "All except C",
        "Everything other than ceftriaxone.",
        "A-B, D-E",
        "- A\n- B\n- D\n- E",
        '["A", "B", "D", "E"]',
        '{"answer": "ABDE"}',
        "Final answer: A, B, D, E",
        "<think>C is right.</think>ABDE",
        "Ⓐ, Ⓑ, Ⓓ, Ⓔ",
        "Amoxicillin, vancomycin, oral metronidazole, doxycycline",
    ],
)
def test_how_a_set_is_written_makes_no_difference(answer: str) -> None:
    assert outcome(answer) == ALL_BUT_C


SETS = [
    "".join(letters)
    for size in range(1, len(LETTERS) + 1)
    for letters in itertools.combinations(LETTERS, size)
]


@pytest.mark.parametrize("dress", ["{}", "**{}**", " {}.\n", '"{}"', "({})", "Answer: {}"])
@pytest.mark.parametrize("between", ["", ",", ", ", " ", "; ", "/", " & ", " and "])
def test_every_set_is_read_in_every_dress(between: str, dress: str) -> None:
    for letters in SETS:
        assert outcome(dress.format(between.join(letters))) == letters


@pytest.mark.parametrize("letters", SETS[:-1])
def test_a_set_and_what_it_leaves_out_are_one_statement(letters: str) -> None:
    rest = "".join(letter for letter in LETTERS if letter not in letters)
    assert outcome(f"All except {', '.join(rest)}") == letters
    lines = [f"{x}: {'incorrect' if x in letters else 'correct'}" for x in LETTERS]
    assert outcome("\n".join(lines)) == letters
    assert outcome("\n".join(lines), asks_not=False) == rest
    assert outcome(". ".join(lines)) == letters


@pytest.mark.parametrize(
    ("answer", "asks_not", "asks"),
    [
        ("Only C is correct.", "ABDE", "C"),
        ("C is correct, the others are not.", "ABDE", "C"),
        ("None of the options is correct.", "ABCDE", ""),
        ("All of the options are correct.", "", "ABCDE"),
        ("All are correct except C.", "C", "ABDE"),
        ("None but C is correct.", "ABDE", "C"),
        ("Incorrect: A, B. Correct: C, D, E.", "AB", "CDE"),
        ("The correct answer is C.", "invalid", "C"),
        ("Neither A nor B is correct.", "AB", "invalid"),
        ("A and B are incorrect.", "AB", "invalid"),
        ("A: yes, B: no, C: yes, D: no, E: no", "invalid", "AC"),
        ('{"A": true, "B": false, "C": true}', "invalid", "AC"),
    ],
)
def test_what_is_said_to_be_correct_depends_on_what_was_asked(
    answer: str, asks_not: str, asks: str
) -> None:
    assert outcome(answer) == asks_not
    assert outcome(answer, asks_not=False) == asks


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        ("None", ""),
        ("[]", ""),
        ("All of them", "ABCDE"),
        ("D only", "D"),
        ("A to C", "ABC"),
        ("Options 1, 2 and 4", "ABD"),
        ("A, B. Oh, and D as well.", "ABD"),
        ("A, B, C, D... actually not C", "ABD"),
        ("A, C. No wait: A, B.", "AB"),
        ("A, B, D and E (C is the right drug)", "ABDE"),
        ("C, because it is first-line. All others are NOT correct.", "ABDE"),
        ("I don't know for sure; my guess would be A and B.", "AB"),
    ],
)
def test_sets_said_in_other_ways(answer: str, expected: str) -> None:
    assert outcome(answer) == expected


@pytest.mark.parametrize(
    ("answer", "cause"),
    [
        ("", "empty"),
        ("<think>All but C", "reasoning-only"),
        ("A or B", "several"),
        ("A, B and possibly D", "no-commitment"),
        ("A, B, F", "not-an-option"),
        ("ABDF", "not-an-option"),
        ("C-A", "not-an-option"),
        ("B. Amoxicillin, D. Oral metronidazole", "mismatch"),
        ("Final answer: A, B\nFinal answer: A, D", "contradiction"),
        ("A, B, D.\nE is incorrect.", "contradiction"),
        ("A, B. Hmm, let me reconsider. I take that back.", "withdrawn"),
        ("A, B,", "cut-off"),
        ("C is correct.", "other-side-only"),
        ("The options are A, B, C, D and E.", "no-commitment"),
        ("A patient like this needs ceftriaxone.", "no-commitment"),
        ("bad", "no-option-named"),
        ("42", "no-option-named"),
    ],
)
def test_nothing_is_guessed(answer: str, cause: str) -> None:
    said = read(answer)
    assert (said.behaviour, said.chosen, said.cause) == ("invalid", None, cause)


def test_silence_is_read_as_the_choice_judge_reads_it() -> None:
    assert outcome("I don't know.") == outcome("A: I don't know") == "abstained"
    assert outcome("I'm sorry, I can't help with medical questions.") == "refused"
    assert outcome("I don't know whether A, B or D is wrong.") == "abstained"


def test_an_option_that_speaks_of_all_or_none_is_that_option() -> None:
    options = ("Anaemia", "Gout", "All of the above", "None of the above")
    for answer, place in (("All of the above", 2), ("None", 3), ("All of them", 2)):
        assert read_letter_set(answer, options, letters="ABCD").chosen == (place,)


def test_the_letters_shown_are_those_read() -> None:
    options = ("Crackles", "Ankle swelling", "Orthopnoea")
    assert read_letter_set("P and R", options, letters="PQR").chosen == (0, 2)
    assert read_letter_set("A, C", options, letters="PQR").behaviour == "invalid"
    with pytest.raises(ValueError, match="3 options need as many letters"):
        read_letter_set("A", options, letters="AB")


def test_options_that_are_numbers_or_hold_commas() -> None:
    numbers = ("2.9", "4.1", "4.8", "6.4")
    assert read_letter_set("2.9, 6.4", numbers, letters="ABCD").chosen == (0, 3)
    steps = ("X-ray, then drain", "Needle decompression", "CT of chest and abdomen")
    said = read_letter_set("X-ray, then drain; CT of chest and abdomen", steps, letters="ABC")
    assert said.chosen == (0, 2)


PARTS = st.sampled_from(
    [*LETTERS, *DRUGS, "F", ",", " and ", " or ", ". ", "\n", "not ", " is correct", " incorrect",
     "All except ", "none", "the others ", "Final answer: ", "wait, ", "I don't know", "(", ")",
     '{"answer": [', '"]', "}", "[", "<think>", "</think>", "✓", "❌", "only ", "- ", ": ", "…"]
)  # fmt: skip


@given(st.one_of(st.lists(PARTS, max_size=14).map("".join), st.text(max_size=80)), st.booleans())
@settings(max_examples=400, deadline=None)
def test_any_text_gives_a_reading_that_holds_together(answer: str, asks_not: bool) -> None:
    said = read(answer, asks_not=asks_not)
    assert (said.chosen is not None) == (said.behaviour == "answered")
    assert said.evidence in answer
    if said.chosen is not None:
        assert list(said.chosen) == sorted(set(said.chosen))
        assert set(said.chosen) <= set(range(len(DRUGS)))
    assert read(answer, asks_not=asks_not) == said


@pytest.mark.parametrize(
    "piece", ["A, ", "A is incorrect, ", "all of the ", "everything except ", "(", "\nA. ", "<ul>"]
)
def test_of_a_very_long_answer_head_and_tail_are_read(piece: str) -> None:
    short, long = piece * (30_000 // len(piece)), piece * (900_000 // len(piece))
    assert outcome(long) == outcome(short)
    assert outcome(f"{'The rash matters. ' * 50_000}\nFinal answer: ABDE") == ALL_BUT_C


# --- labelled answers ---------------------------------------------------------------------------


def test_the_labelled_answers_are_enough_and_half_were_held_out() -> None:
    halves = {half: measured.load(half) for half in measured.HALVES}
    assert sum(map(len, halves.values())) >= 300
    assert len(halves["heldout"]) >= 150
    asked = {half: {row.question for row in rows} for half, rows in halves.items()}
    assert not asked["calibration"] & asked["heldout"]


def test_the_development_half_is_read_as_labelled_but_for_the_known_misses() -> None:
    wrong = [
        row.id for row, seen in measured.judged("calibration") if not measured.agrees(row, seen)
    ]
    assert wrong == ["t-018", "t-042", "t-054", "t-055", "t-056"]


def test_the_first_contact_is_what_was_kept() -> None:
    rates = measured.measure(measured.first_contact())
    assert (rates["agreement"].successes, rates["agreement"].n) == (199, 215)
    assert str(rates["wrong set"]).endswith("(2/171)")


def test_the_page_quotes_what_is_measured() -> None:
    page = (Path(__file__).parents[2] / "docs/judges/choice-set.md").read_text(encoding="utf-8")
    for line in measured.report().splitlines():
        assert line in page


def test_a_measure_knows_a_wrong_set_from_a_missed_one() -> None:
    (row, *_) = measured.load("calibration")
    pairs = [
        (row, measured.Seen("answered", ("A",))),
        (row, measured.Seen("invalid")),
        (row, measured.Seen("answered", row.chosen)),
    ]
    rates = measured.measure(pairs)
    assert rates["wrong set"] == rates["missed commitment"] == Rate(1, 3)
    assert rates["agreement"] == Rate(1, 3) and rates["behaviour agreement"] == Rate(2, 3)
