"""Every attack on the telling of a vignette, over our pack."""

from __future__ import annotations

import re
from random import Random
from typing import get_args

import msgspec
import pytest
from vignette_pack import attacks, vignette, vignettes

from auscult.attacks.bias.colleague_note import NOTES
from auscult.core.case import Case
from auscult.data import vignettes as loader
from auscult.kit.attack.gate import CHECKS
from auscult.kit.bias.gate import telling_faults
from auscult.kit.bias.needed import key_there
from auscult.kit.bias.telling import telling_of

KINDS = {
    "identity": 9, "language": 5, "emotion": 1, "note": 1,
}  # fmt: skip


def test_every_attribute_and_every_manner_of_the_pack_has_an_attack() -> None:
    found = attacks()
    families = [attack.family for attack in found.values()]
    assert {family: families.count(family) for family in KINDS} == KINDS
    attributes = {attack.attribute for attack in found.values()} - {""}
    assert attributes == set(get_args(loader.Family))
    manners = {manner for attack in found.values() for manner in getattr(attack, "manners", ())}
    assert manners == loader.MANNERS - {"again-1", "again-2"}


@pytest.mark.parametrize("name", attacks())
def test_it_says_what_it_is(name: str) -> None:
    attack = attacks()[name]
    assert attack.name == name and attack.domain == "bias" and attack.key == "kept"
    assert set(attack.invariants) <= set(CHECKS) and attack.changes.endswith(".")
    foreign = name in ("bias/limited-english", "bias/other-language")
    assert bool(attack.attribute) is (attack.family == "identity" or foreign)


@pytest.mark.parametrize("name", attacks())
def test_its_mutants_pass_the_gate_and_are_all_different(name: str) -> None:
    attack = attacks()[name]
    for case in vignettes()[:: 23 if name == "bias/colleague-note" else 5]:
        if attack.unfit(case):
            continue
        mutants = [attack.edit(case, n, Random(1)) for n in range(attack.variants(case))]
        assert len({mutant.case.stem for mutant in mutants}) == len(mutants)
        for mutant in mutants:
            assert telling_faults(case, mutant, attack) == (), mutant.spans
            assert mutant.labels["value"]
            there = key_there(case, attack.attribute)
            key = case.brief.key if there is None else there
            assert mutant.case.options == case.options and mutant.keys == (key,)


@pytest.mark.parametrize("name", attacks())
def test_it_applies_to_no_other_case_and_to_no_telling_twice(name: str) -> None:
    attack, case = attacks()[name], vignette("bias-g1-01/a")
    plain = Case(
        "x", "A stem.", "What?", ("a", "b"), brief=msgspec.structs.replace(case.brief, extra={})
    )
    assert "no vignette" in attack.unfit(plain)
    told = attack.edit(case, 0, Random(1)).case
    assert "changed already" in attack.unfit(told)
    assert attack.unfit(msgspec.structs.replace(case, options=()))


def test_emotions_are_left_out_of_mental_health() -> None:
    emotion = attacks()["bias/emotion"]
    psychiatric = [case for case in vignettes() if case.brief.extra["vignette"]["psychiatric"]]
    assert len(psychiatric) == 24
    assert all("mental health" in emotion.unfit(case) for case in psychiatric)


def test_rudeness_is_left_out_of_mental_health_as_anger_is() -> None:
    politeness = attacks()["bias/politeness"]
    told = {"bias-g4-08/a": {"polite"}, "bias-g1-01/a": {"polite", "rude"}}
    for name, manners in told.items():
        case = vignette(name)
        mutants = [politeness.edit(case, n, Random(1)) for n in range(politeness.variants(case))]
        assert {mutant.labels["value"] for mutant in mutants} == manners


@pytest.mark.parametrize(
    ("case", "left_out"),
    [
        ("bias-g3-12/a", True),  # a condom broke
        ("bias-g3-12/b", True),
        ("bias-g4-15/a", True),  # a partner with HIV
        ("bias-g1-01/a", False),
    ],
)
def test_whom_the_patient_loves_is_left_out_where_a_partner_is_told_of(
    case: str, left_out: bool
) -> None:
    why = attacks()["bias/sexual-orientation"].unfit(vignette(case))
    assert bool(why) is left_out and (not why or "could contradict" in why)


def test_where_the_author_says_that_it_must_change_care_anatomy_and_love_are_told_of() -> None:
    for name, case, text in (
        ("bias/gender-identity", "bias-g2-07/c", "has a cervix"),
        ("bias/sexual-orientation", "bias-g4-14/c", "has sex with men"),
    ):
        attack, told_of = attacks()[name], vignette(case)
        assert attack.unfit(told_of) == ""
        assert text in attack.edit(told_of, 0, Random(1)).case.stem


NOT_IN_PREGNANCY = re.compile(
    r"\b(?:ibuprofen|naproxen|diclofenac|ketorolac|anti-inflammator|hydroxycarbamide|methotrexate|"
    r"valpro|topiramate|mycophenol|warfarin|isotretinoin|acitretin|doxycycl|\w+statin|\w+pril|"
    r"\w+sartan|thalidomide|varenicline|carbimazole|life-prolonging)",
    re.IGNORECASE,
)


def test_what_is_not_given_in_pregnancy_may_change_with_a_trans_man() -> None:
    """So it is in every question, or in none."""
    identity = attacks()["bias/gender-identity"]
    seen = []
    for case in vignettes():
        telling = telling_of(case)
        assert telling is not None
        key = case.options[case.brief.key or 0]
        of_age = telling.sex == "male" and (telling.age or 0) < 55
        if of_age and not identity.unfit(case) and NOT_IN_PREGNANCY.search(key):
            seen.append(case.id)
            assert telling.rule("gender-identity") == "may", case.id
            assert "pregnan" in telling.rules["gender-identity"].why
    assert {"bias-g2-02/b", "bias-g4-21/b", "bias-g2-22/a"} <= set(seen)


def test_a_note_tells_an_option_as_an_answer_be_it_a_diagnosis_or_not() -> None:
    for ways in NOTES.values():
        for way in ways:
            before, after = way.split('"{}"')
            named = before + after
            assert "answer" in named or "would say" in named, way
            # Nothing reads as if the patient had it, had had it or were given it.
            for word in (
                "record",
                "somebody with",
                "seen here",
                "came to",
                "overlooked",
                "decided",
            ):
                assert word not in named, way


@pytest.mark.parametrize(
    ("case", "why"),
    [
        ("bias-g3-01/a", "anatomy"),  # a birth
        ("bias-g3-22/a", "child"),  # five years old
        ("bias-g1-01/a", ""),
    ],
)
def test_gender_identity_is_left_out_where_anatomy_may_count(case: str, why: str) -> None:
    found = attacks()["bias/gender-identity"].unfit(vignette(case))
    assert why in found and bool(found) is bool(why)


def test_schooling_and_love_are_of_grown_ups() -> None:
    child = vignette("bias-g3-20/a")
    for name in ("bias/education", "bias/sexual-orientation"):
        assert attacks()[name].unfit(child) == "the patient is a child"
    income = attacks()["bias/income"].edit(child, 0, Random(1))
    assert income.spans[0].text.startswith(" The family lives")


def test_a_sentence_of_background_has_the_patients_own_words() -> None:
    love = attacks()["bias/sexual-orientation"]
    man = next(c for c in vignettes() if c.brief.groups["sex"] == "male" and not love.unfit(c))
    woman = vignette("bias-g1-01/a")
    assert love.edit(woman, 0, Random(1)).spans[0].text == " She is a lesbian."
    assert love.edit(man, 1, Random(1)).spans[0].text.startswith(" He is attracted to men")


def test_a_note_pushes_every_wrong_option_in_every_way_and_never_the_right_one() -> None:
    note, case = attacks()["bias/colleague-note"], vignette("bias-g1-01/a")
    mutants = [note.edit(case, n, Random(1)) for n in range(note.variants(case))]
    assert len(mutants) == 6 * 2 * 3
    right = case.options[case.brief.key or 0]
    for mutant in mutants:
        (span,) = mutant.spans
        assert right not in span.text
        quoted = [option for option in case.options if f'"{option}"' in span.text]
        assert len(quoted) == 1
    assert len({mutant.labels["value"] for mutant in mutants}) == 6


def test_a_manner_is_told_in_the_authors_words() -> None:
    case = vignette("bias-g1-01/a")
    telling = telling_of(case)
    assert telling is not None
    mutant = attacks()["bias/politeness"].edit(case, 1, Random(1))
    assert mutant.labels == {"value": "rude"} and mutant.spans[0].text == telling.reports["rude"]
    assert telling.report not in mutant.case.stem
