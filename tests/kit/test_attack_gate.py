"""The validity gate refuses what it declares to refuse, one fault at a time."""

from __future__ import annotations

from random import Random

import pytest
from good_mutants import text_attacks
from msgspec.structs import replace

from auscult.core.case import Brief, Case, ImageRef, OptionNote
from auscult.core.message import user
from auscult.core.mutant import NEW, Mutant, Span, TextAttack
from auscult.kit.attack.authored import Distraction, Edits, ExtraOption, as_extra
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.gate import CHECKS, MEANING_KEPT, faults
from auscult.kit.attack.spans import edited, inserted, new_option, options_of, with_options

WRONG = OptionNote("wrong", "mild", "No.")
EDITS = Edits(
    (ExtraOption("Nickel", "mild", "No role."),),
    (Distraction("A neighbour praises zinc.", 0),),
    ("She sings in a choir.",),
)
CASE = Case(
    "c",
    stem="A woman of 58 has had pain in her left knee since May. She has no fever.",
    question="Which is the most likely metal?",
    options=("Zinc", "Ferrous iron", "Tin"),
    brief=Brief(key=1, option_notes=(WRONG, OptionNote("key"), WRONG), extra=as_extra(EDITS)),
)


def declared(*invariants: str) -> TextAttack:
    return ClosedAttack("x", "", invariants)


def named(name: str) -> TextAttack:
    return text_attacks()[f"robustness/{name}"]


def put_in(sentence: str) -> Mutant:
    return edited(CASE, "x", [inserted(CASE, sentence)])


def reworded(stem: str = CASE.stem, question: str = CASE.question) -> Mutant:
    made = edited(CASE, "x")
    return replace(made, case=replace(CASE, stem=stem, question=question), rewritten=True)


GOOD = put_in("It is raining.")


def test_a_valid_mutant_has_no_fault() -> None:
    assert faults(CASE, GOOD, declared("options-kept", "inserts-only", "inserts-no-number")) == ()


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (edited(CASE, "x"), "nothing changed"),
        (replace(GOOD, spans=()), "text changed outside its spans"),
        (replace(GOOD, spans=(Span("stem", 900, 900, "."),)), "its spans do not fit"),
        (replace(GOOD, spans=(*GOOD.spans, *GOOD.spans)), "text changed outside its spans"),
        (replace(GOOD, order=(0, 1)), "the order does not describe the options"),
        (replace(GOOD, order=(0, 1, 1)), "the order does not describe the options"),
        (replace(GOOD, order=(0, 1, 7)), "the order does not describe the options"),
        (replace(GOOD, case=replace(GOOD.case, id="d")), "it names another case"),
        (replace(GOOD, case=replace(GOOD.case, phi=True)), "it names another case"),
        (
            replace(GOOD, case=replace(GOOD.case, images=(ImageRef("x.png"),))),
            "pictures or earlier turns changed",
        ),
        (
            replace(GOOD, case=replace(GOOD.case, messages=(user("Hello"),))),
            "pictures or earlier turns changed",
        ),
        (
            replace(GOOD, case=replace(GOOD.case, options=("Zinc", "Ferrous iron", "Gold"))),
            "an option reads otherwise",
        ),
        (put_in("It is 38. 4 °C outside."), "a number is torn apart"),
        (put_in("It rains in {place}."), "a slot or an odd character is left in it"),
        (put_in("It rains\u202e."), "a slot or an odd character is left in it"),
    ],
)
def test_what_holds_of_every_mutant(made: Mutant, fault: str) -> None:
    assert fault in faults(CASE, made, declared())


def test_an_option_keeps_its_note() -> None:
    notes = CASE.brief.option_notes
    swapped = replace(GOOD.case.brief, option_notes=(notes[1], notes[0], notes[2]))
    made = replace(GOOD, case=replace(GOOD.case, brief=swapped))
    assert "an option has another's note" in faults(CASE, made, declared())
    short = replace(GOOD.case.brief, option_notes=notes[:2])
    made = replace(GOOD, case=replace(GOOD.case, brief=short))
    assert "the options have not a note each" in faults(CASE, made, declared())


@pytest.mark.parametrize("text", ["Zinc", " zinc ", "ZINC", "", "  "])
def test_options_differ_and_none_is_blank(text: str) -> None:
    options = [*options_of(CASE), new_option(text, WRONG)]
    made = with_options(edited(CASE, "x"), options, (1,))
    assert "two options are the same, or one is blank" in faults(CASE, made, declared())


def test_there_are_no_more_options_than_letters() -> None:
    many = replace(CASE, options=tuple(f"Metal {n}" for n in range(26)), brief=Brief(key=0))
    options = [*options_of(many), new_option("Metal 26", WRONG)]
    made = with_options(edited(many, "x"), options, (0,))
    assert "more options than letters" in faults(many, made, declared())


def test_a_bad_mutant_never_breaks_the_gate() -> None:
    """Whatever an attack returns is answered with reasons."""
    every = declared(*CHECKS)
    for made in (
        Mutant(Case(""), "x"),
        Mutant(CASE, "x", order=(NEW,) * 9, keys=(5, 5), form="letters"),
        Mutant(replace(CASE, options=()), "x", rewritten=True),
        Mutant(replace(CASE, brief=Brief()), "x", spans=(Span("stem", 5, 2, "?"),)),
    ):
        for attack in (every, *text_attacks().values()):
            assert faults(CASE, made, attack)


@pytest.mark.parametrize(
    ("invariant", "made", "fault"),
    [
        ("text-kept", GOOD, "the text changed"),
        ("stem-kept", GOOD, "the stem changed"),
        ("options-kept", named("answer-negation").edit(CASE, 0, Random(1)), "the options changed"),
        ("options-permuted", replace(GOOD, order=(0, 1, NEW)), "an option was lost or added"),
        ("options-only-added", GOOD, "options were not only added"),
        (
            "inserts-only",
            edited(CASE, "x", [Span("stem", 0, 1, "The")]),
            "more was changed than put in",
        ),
        ("inserts-no-number", put_in("It lasts three days."), "a number was put in"),
        ("inserts-no-key", put_in("Is it ferrous iron?"), "the right answer was put in"),
        ("inserts-no-key", put_in("Iron, if ferrous, is it."), "the right answer was put in"),
        ("inserts-authored", put_in("He likes tin."), "a sentence was put in that is not"),
        ("inserts-quote-wrong", put_in("He likes tin."), "no wrong option is quoted"),
        ("inserts-quote-wrong", put_in('He likes "Tin". She coughs.'), "more than one sentence"),
        ("slips-only", edited(CASE, "x", [Span("stem", 2, 7, "womna")]), "more than a slip"),
        ("slips-only", edited(CASE, "x", [Span("stem", 39, 43, "kene")]), "more than a slip"),
    ],
)
def test_what_an_attack_declares(invariant: str, made: Mutant, fault: str) -> None:
    assert fault in " ".join(faults(CASE, made, declared(invariant)))


@pytest.mark.parametrize(
    "said",
    ["ferrous iron", "The ferrous iron", "Iron, ferrous", "Ferrous irons.", "Ferrous-iron"],
)
def test_an_added_option_may_not_say_what_another_does(said: str) -> None:
    options = [*options_of(CASE), new_option(said, WRONG)]
    made = with_options(edited(CASE, "x"), options, (1,))
    assert faults(CASE, made, declared("options-only-added"))


@pytest.mark.parametrize("note", [OptionNote("second-best", "mild", "So."), OptionNote("wrong")])
def test_an_added_option_is_wrong_and_says_why(note: OptionNote) -> None:
    made = with_options(edited(CASE, "x"), [*options_of(CASE), new_option("Nickel", note)], (1,))
    fault = "an added option is not said to be wrong, or not why"
    assert fault in faults(CASE, made, declared("options-only-added"))


def test_an_added_option_is_the_authors_where_that_is_declared() -> None:
    attack = named("extra-options")
    assert faults(CASE, attack.edit(CASE, 0, Random(1)), attack) == ()
    note = OptionNote("wrong", "mild", "No role.")
    made = with_options(edited(CASE, "x"), [*options_of(CASE), new_option("Cobalt", note)], (1,))
    assert faults(CASE, made, attack) == ("an added option is not the author's",)


def test_a_number_may_stand_where_it_stood_and_in_an_option_that_is_quoted() -> None:
    check = declared("inserts-no-number")
    whole = Span("stem", 0, len(CASE.stem), f"They say: {CASE.stem}")
    assert faults(CASE, edited(CASE, "x", [whole]), check) == ()
    doses = replace(CASE, options=("5 mg", "Ferrous iron", "Tin"))
    made = edited(doses, "x", [inserted(doses, 'He says "5 mg".')])
    assert faults(doses, made, check) == ()
    made = edited(doses, "x", [inserted(doses, "He says 5 mg.")])
    assert faults(doses, made, check) == ("a number was put in",)


@pytest.mark.parametrize(
    "made",
    [
        reworded("Since May a woman of 58, who has no fever, has had pain in her left knee."),
        reworded("A 58-year-old woman is free of fever. Her left knee has been in pain since May."),
        reworded(question="What metal is it most probably?"),
    ],
)
def test_a_faithful_rewriting_passes(made: Mutant) -> None:
    assert faults(CASE, made, declared("options-kept", *MEANING_KEPT)) == ()


@pytest.mark.parametrize(
    ("made", "fault"),
    [
        (reworded(CASE.stem.replace("58", "85")), "a number or a unit changed"),
        (reworded(CASE.stem.replace("58", "58 months")), "a number or a unit changed"),
        (reworded(CASE.stem.replace("left", "right")), "a side changed"),
        (reworded(CASE.stem.replace("left ", "")), "a side changed"),
        (reworded(CASE.stem.replace("woman", "man")), "the patient's sex changed"),
        (reworded(CASE.stem.replace("no fever", "fever")), "what is denied changed"),
        (reworded(CASE.stem.replace("pain", "no pain")), "what is denied changed"),
        (reworded(CASE.stem.replace("knee", "hip")), "a body site changed"),
        (reworded(CASE.stem.replace("since", "until")), "a word gave way to its opposite"),
        (reworded(CASE.stem + " She takes aspirin."), "a drug changed"),
        (reworded(CASE.stem + " She takes iron daily."), "how often or how long changed"),
        (reworded(CASE.stem + " Loud murmurs fill the dilated aorta."), "a sentence is new"),
        (reworded(question="Which is the least likely metal?"), "the question asks something"),
        (reworded(question="Which metal?"), "the question asks something else"),
        (reworded(CASE.stem * 2), "it is far longer or shorter"),
        (reworded("A woman of 58 has her left knee."), "it is far longer or shorter"),
    ],
)
def test_an_unfaithful_rewriting_does_not(made: Mutant, fault: str) -> None:
    assert fault in " ".join(faults(CASE, made, declared("options-kept", *MEANING_KEPT)))


def test_a_sentence_that_went_is_missed() -> None:
    long = replace(CASE, stem=f"{CASE.stem} Her spleen lies three fingers below the ribs.")
    made = replace(reworded(), case=replace(CASE, question="Which metal is most likely?"))
    assert "a sentence is lost" in faults(long, made, declared(*MEANING_KEPT))


def test_each_reason_is_given_once() -> None:
    found = faults(CASE, replace(GOOD, keys=(0,)), declared("text-kept", "text-kept"))
    assert len(found) == len(set(found)) >= 2
