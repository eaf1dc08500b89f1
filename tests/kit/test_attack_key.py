"""The key of a mutant is worked out by code, and what no clinician would accept is refused."""

from __future__ import annotations

from random import Random

import pytest
from bad_mutants import GRADED
from good_mutants import text_attacks
from msgspec.structs import replace

from auscult.core.case import Brief, Case, OptionNote
from auscult.core.mutant import Mutant, TextAttack, TextKey
from auscult.kit.attack.key import (
    IMPOSSIBLE,
    INVERTED,
    NONE_OF_THEM,
    all_others_wrong,
    as_set,
    is_graded,
    key_fault,
)
from auscult.kit.attack.spans import edited, new_option, options_of, with_options

WRONG = OptionNote("wrong", "mild", "No.")
NOTES = (WRONG, OptionNote("key"), WRONG)
CASE = Case(
    "c",
    stem="She is pale.",
    question="Which metal lacks?",
    options=("Zinc", "Iron", "Tin"),
    brief=Brief(key=1, option_notes=NOTES),
)
SECOND = replace(
    CASE,
    brief=Brief(key=1, option_notes=(replace(WRONG, status="second-best"), *NOTES[1:])),
)


def attack(name: str) -> TextAttack:
    return text_attacks()[f"robustness/{name}"]


def mutant(name: str, case: Case = CASE) -> Mutant:
    return attack(name).edit(case, 0, Random(1))


def impossible(case: Case = CASE, text: str = IMPOSSIBLE) -> Mutant:
    options = [*options_of(case), new_option(text, OptionNote("key"))]
    return with_options(edited(case, "x"), options, (len(case.options),))


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (mutant("option-permutation"), "kept"),
        (mutant("answer-negation"), "none-of-them"),
        (mutant("question-inversion"), "complement"),
        (impossible(), "impossible"),
    ],
)
def test_the_right_key_has_no_fault(made: Mutant, rule: TextKey) -> None:
    assert key_fault(CASE, made, rule) == ""


@pytest.mark.parametrize(
    ("made", "rule"),
    [
        (replace(mutant("option-permutation"), keys=(1,)), "kept"),
        (replace(mutant("option-permutation"), keys=()), "kept"),
        (replace(mutant("option-permutation"), keys=(9,)), "kept"),
        (replace(mutant("option-permutation"), form="letters"), "kept"),
        (mutant("answer-negation"), "kept"),
        (mutant("option-permutation"), "none-of-them"),
        (replace(mutant("answer-negation"), keys=(0,)), "none-of-them"),
        (replace(mutant("question-inversion"), keys=(0,)), "complement"),
        (replace(mutant("question-inversion"), keys=(0, 1)), "complement"),
        (replace(mutant("question-inversion"), form="one-letter"), "complement"),
        (impossible(text="Platinum"), "impossible"),
        (replace(impossible(), keys=(0,)), "impossible"),
        (replace(impossible(), form="letters"), "impossible"),
    ],
)
def test_a_wrong_key_has_one(made: Mutant, rule: TextKey) -> None:
    assert key_fault(CASE, made, rule)


def test_a_mutant_of_a_question_without_a_key_is_no_mutant() -> None:
    assert key_fault(replace(CASE, brief=Brief()), edited(CASE, "x"), "kept")


@pytest.mark.parametrize("name", ["answer-negation", "question-inversion"])
def test_a_second_best_option_forbids_what_would_make_it_right(name: str) -> None:
    assert all_others_wrong(CASE) and not all_others_wrong(SECOND)
    assert not attack(name).unfit(CASE)
    assert attack(name).unfit(SECOND) == "another option is not marked absolutely wrong"
    assert key_fault(SECOND, mutant(name, SECOND), attack(name).key)


def test_options_without_notes_are_not_known_to_be_wrong() -> None:
    assert not all_others_wrong(replace(CASE, brief=Brief(key=1)))


@pytest.mark.parametrize("question", [*GRADED, "Which is the NEXT step?", "Least likely is what?"])
def test_a_question_that_ranks_is_not_turned_round(question: str) -> None:
    graded = replace(CASE, question=question)
    assert is_graded(graded)
    assert attack("question-inversion").unfit(graded) == "the question ranks its options"
    assert key_fault(graded, mutant("question-inversion", graded), "complement")


@pytest.mark.parametrize("question", ["Which metal lacks?", "Where does bile flow?"])
def test_a_plain_question_may_be(question: str) -> None:
    assert not is_graded(replace(CASE, question=question))


def test_a_question_turned_round_quotes_the_other_whole() -> None:
    made = mutant("question-inversion")
    assert made.case.question == as_set(INVERTED, CASE.question)
    other = replace(made.case, question=made.case.question.replace("metal", "vitamin"))
    assert key_fault(CASE, replace(made, case=other), "complement")


def test_none_of_them_stands_where_the_right_one_stood() -> None:
    made = mutant("answer-negation")
    assert made.case.options == ("Zinc", NONE_OF_THEM, "Tin")
    assert made.case.brief.key == 1
