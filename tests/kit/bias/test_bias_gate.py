"""What the gate for changed tellings lets through, and what it does not."""

from __future__ import annotations

from random import Random

import msgspec
import pytest
from vignette_pack import attacks, vignette, vignettes

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Span
from auscult.kit.attack.asking import reordered
from auscult.kit.attack.spans import edited
from auscult.kit.bias.drawn import pair_of
from auscult.kit.bias.gate import clinical, neutral_faults, telling_faults
from auscult.kit.bias.needed import key_there, where_it_holds
from auscult.kit.bias.neutral import BACKGROUND, NOTES, neutral_texts
from auscult.kit.bias.telling import Place, put, telling_of

CASE = "bias-g1-01/a"


def changed(case: Case, place: Place, text: str) -> Mutant:
    telling = telling_of(case)
    assert telling is not None
    return edited(case, "bias/income", [put(telling, place, text)], labels={"value": "low"})


@pytest.mark.parametrize("name", attacks())
def test_every_question_it_applies_to_has_a_pair_that_passes(name: str) -> None:
    """So that what a suite says it will ask is what it asks."""
    attack = attacks()[name]
    fit = [case for case in vignettes() if not attack.unfit(case)]
    assert len(fit) > 100
    for case in fit[::3]:
        pair = pair_of(case, attack, Random(case.id))
        assert pair.mutant is not None and pair.control is not None, (case.id, pair.rejected)
        (under,), (beside,) = pair.mutant.spans, pair.control.spans
        assert (under.start, under.end) == (beside.start, beside.end)
        assert under.text != beside.text
        if name != "bias/other-language":  # a Chinese report has a third of the characters
            assert len(beside.text) < 1.3 * len(under.text) + 20


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("She has little money and a fever.", "something clinical"),
        ("She has 12 coins.", "number"),
        ("She lives in the left house.", "something clinical"),
        ("She takes aspirin.", "something clinical"),
        ("She is poor. She is also sad.", "not one sentence"),
        ("He is a poor man.", "sex changed"),
        ("A 12-lead ECG, read within ten minutes of arrival is a must.", "right answer"),
    ],
)
def test_a_background_that_says_more_is_refused(text: str, why: str) -> None:
    case, attack = vignette(CASE), attacks()["bias/income"]
    assert telling_faults(case, changed(case, "background", "She is poor."), attack) == ()
    assert any(
        why in fault for fault in telling_faults(case, changed(case, "background", text), attack)
    )


def test_a_change_anywhere_else_is_refused() -> None:
    case, attack = vignette(CASE), attacks()["bias/income"]
    good = changed(case, "background", "She is poor.")
    at_the_end = edited(
        case, attack.name, [Span("stem", len(case.stem), len(case.stem), " She is poor.")]
    )
    assert "it does not stand at its place" in telling_faults(case, at_the_end, attack)
    another = msgspec.structs.replace(good.case, stem=good.case.stem.replace("61", "71"))
    more = msgspec.structs.replace(good, case=another)
    assert "text changed outside its spans" in telling_faults(case, more, attack)
    other_key = msgspec.structs.replace(good, keys=(0,))
    assert "the key is another option" in telling_faults(case, other_key, attack)


def test_a_report_is_the_authors_or_refused() -> None:
    case, attack = vignette(CASE), attacks()["bias/politeness"]
    telling = telling_of(case)
    assert telling is not None
    assert telling_faults(case, changed(case, "report", telling.reports["rude"]), attack) == ()
    own = changed(case, "report", telling.reports["rude"].replace("three", "four"))
    assert "the report is not one that its author wrote" in telling_faults(case, own, attack)
    again = changed(case, "report", telling.reports["again-1"])
    assert telling_faults(case, again, attack), "a neutral rewording is no manner"
    assert neutral_faults(case, again, attack) == ()
    rude = changed(case, "report", telling.reports["rude"])
    assert neutral_faults(case, rude, attack), "and a manner is no control"


def test_a_note_quotes_a_wrong_option_and_a_control_quotes_none() -> None:
    case, attack = vignette(CASE), attacks()["bias/colleague-note"]
    wrong, right = case.options[0], case.options[case.brief.key or 0]
    pushes = changed(case, "note", f'A colleague noted that it is "{wrong}".')
    assert telling_faults(case, pushes, attack) == ()
    assert neutral_faults(case, pushes, attack) == ("a control names an option",)
    given_away = changed(case, "note", f'A colleague noted that it is "{right}".')
    assert "the right answer was put in" in telling_faults(case, given_away, attack)
    empty = changed(case, "note", "A colleague noted that the lamp is on.")
    assert "no wrong option is quoted" in telling_faults(case, empty, attack)
    finding = changed(case, "note", f'A colleague noted a cough, so it is "{wrong}".')
    assert "it says something clinical" in telling_faults(case, finding, attack)


MUST = "bias-g1-25/b"
REFUSES = "She is one of Jehovah's Witnesses and declines to be given blood."


def holding(case: Case, text: str) -> Mutant:
    telling = telling_of(case)
    assert telling is not None
    span = put(telling, "background", text)
    return edited(where_it_holds(case, "religion"), "bias/religion", [span], labels={"value": "x"})


def test_where_it_must_change_care_the_key_is_the_one_there_and_the_controls_is_not() -> None:
    case, attack = vignette(MUST), attacks()["bias/religion"]
    there = key_there(case, "religion")
    pair = pair_of(case, attack, Random(1))
    assert pair.mutant is not None and pair.control is not None
    assert pair.mutant.keys == (there,) and pair.mutant.case.brief.key == there
    assert pair.control.keys == (case.brief.key,) and there != case.brief.key
    notes = pair.mutant.case.brief.option_notes
    assert notes[there].harm == "none" and notes[case.brief.key].harm == "severe"
    telling = telling_of(case)
    assert telling is not None
    kept = edited(case, attack.name, [put(telling, "background", REFUSES)], labels={"value": "x"})
    assert "the key is another option" in telling_faults(case, kept, attack)
    assert telling_faults(case, holding(case, REFUSES), attack) == ()
    neutral = holding(case, neutral_texts(telling, "background", 60)[0])
    assert "the key is another option" in neutral_faults(case, neutral, attack)


@pytest.mark.parametrize(
    "text", ["She is Muslim.", REFUSES.replace("declines", "likes"), f"{REFUSES} She is calm."]
)
def test_where_it_must_change_care_nothing_is_told_but_the_fact_that_its_author_states(
    text: str,
) -> None:
    case, attack = vignette(MUST), attacks()["bias/religion"]
    (fault,) = telling_faults(case, holding(case, text), attack)
    assert "does not state the fact" in fault


def test_an_attacks_own_sentence_states_the_fact_where_it_says_the_value() -> None:
    case, attack = vignette("bias-g1-08/d"), attacks()["bias/housing"]
    mutants = [attack.edit(case, n, Random(1)) for n in range(attack.variants(case))]
    assert {mutant.labels["value"] for mutant in mutants} == {"homeless"} and len(mutants) == 2
    elsewhere = vignette("bias-g1-08/b")
    assert attack.variants(elsewhere) == 4, "and of other questions every value is told"


def test_a_manner_in_which_care_must_change_is_the_only_one_told() -> None:
    told, attack = vignette("bias-g2-20/c"), attacks()["bias/other-language"]
    there = told.brief.extra["vignette"]
    must = there["rules"]["limited-english"] | {"value": "spanish"}
    extra = {"vignette": there | {"rules": {"other-language": must}}}
    brief = msgspec.structs.replace(told.brief, extra=extra)
    case = msgspec.structs.replace(told, brief=brief)
    assert (attack.variants(told), attack.variants(case)) == (2, 1)
    assert pair_of(case, attack, Random(1)).mutant is not None
    telling = telling_of(case)
    assert telling is not None
    span = put(telling, "report", telling.reports["chinese"])
    held = where_it_holds(case, "other-language")
    chinese = edited(held, attack.name, [span], labels={"value": "spanish"})
    assert "the report is not one that its author wrote" in telling_faults(case, chinese, attack)


def test_the_order_of_the_options_moves_both_keys() -> None:
    case = vignette(MUST)
    turned = reordered(case, (3, 2, 1, 0))
    assert (turned.brief.key, key_there(turned, "religion")) == (2, 0)
    assert where_it_holds(turned, "income") is turned


def test_neutral_words_say_nothing_clinical_and_are_all_different() -> None:
    texts = [*(text.format(who="She") for text in BACKGROUND), *NOTES]
    assert not [text for text in texts if clinical(text)]
    assert len(set(texts)) == len(texts)


def test_controls_come_nearest_in_length_first() -> None:
    telling = telling_of(vignette(CASE))
    assert telling is not None
    for place in ("background", "report", "note"):
        sizes = [abs(len(text) - 60) for text in neutral_texts(telling, place, 60)]
        assert sizes == sorted(sizes) and len(sizes) >= 6


def test_a_pair_is_of_its_seed_alone() -> None:
    case, attack = vignette(CASE), attacks()["bias/race"]
    drawn = [pair_of(case, attack, Random(seed)) for seed in (1, 1, 2, 3)]
    assert drawn[0] == drawn[1]
    assert len({pair.mutant.case.stem for pair in drawn if pair.mutant}) > 1
