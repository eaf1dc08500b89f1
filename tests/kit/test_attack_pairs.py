"""Gated pairs of mutant and matched control, chains, and how both are put."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from random import Random

import msgspec
import pytest

from auscult.core import registry
from auscult.core.case import Brief, Case, OptionNote
from auscult.core.mutant import TextAttack
from auscult.kit.attack.asking import facts_of, plain_mutant, prompt_of, reordered
from auscult.kit.attack.authored import Distraction, Edits, as_extra, edits_of
from auscult.kit.attack.chain import chained, conflict
from auscult.kit.attack.control import HEADINGS, NEUTRAL
from auscult.kit.attack.drawn import control_faults, fitting, pairs_of
from auscult.kit.attack.facts import numbers_of
from auscult.kit.attack.key import IMPOSSIBLE, NONE_OF_THEM

NOTES = (OptionNote("wrong", "mild", "no"), OptionNote("key", "none", "yes"),
         OptionNote("wrong", "severe", "no"))  # fmt: skip
CASE = Case(
    "c", "A 50-year-old man has a fever of 38.4 °C.", "Which organism causes it?",
    ("Virus A", "Virus B", "Virus C"),
    brief=Brief(
        key=1, option_notes=NOTES,
        extra=as_extra(Edits(distractions=(Distraction("His aunt speaks of Virus C.", 2),))),
    ),
)  # fmt: skip


@cache
def attacks() -> dict[str, TextAttack]:
    names = [name for name in registry.plugins("attacks") if name.startswith("robustness/")]
    return {name.partition("/")[2]: registry.module_of("attacks", name).build() for name in names}


@cache
def pack() -> list[Case]:
    loader = registry.build("data", "pack")
    return list(loader.load(Path("knowledge"), {"edits": True}))[::9]


@pytest.mark.parametrize("name", sorted(attacks()))
def test_every_pair_differs_and_both_halves_passed_the_gate(name: str) -> None:
    attack, made = attacks()[name], 0
    for case in pack():
        if attack.unfit(case):
            continue
        prompts = []
        for pair in pairs_of(case, attack, 2, Random(case.id)):
            if pair.mutant is None or pair.control is None:
                assert pair.rejected
                continue
            assert control_faults(case, attack, pair.control) == ()
            assert pair.mutant.form == pair.control.form, "the same answer format"
            prompts += [prompt_of(pair.mutant), prompt_of(pair.control)]
        assert len(set(prompts)) == len(prompts), "as many distinct controls as tries"
        made += len(prompts)
    assert made or name == "impossible-measurement"


def test_a_sentence_is_matched_by_one_of_about_its_length_at_its_place() -> None:
    for pair in pairs_of(CASE, attacks()["cognitive-bait"], 3, Random(1)):
        assert pair.mutant is not None and pair.control is not None
        (put_in,), (harmless,) = pair.mutant.spans, pair.control.spans
        assert (put_in.field, put_in.start) == (harmless.field, harmless.start)
        assert harmless.text.strip() in NEUTRAL
        assert abs(len(put_in.text) - len(harmless.text)) < 40


def test_a_control_has_the_format_of_its_attack() -> None:
    (negated,) = pairs_of(CASE, attacks()["answer-negation"], 1, Random(1))
    assert negated.mutant is not None and negated.control is not None
    assert negated.mutant.case.options[negated.mutant.keys[0]] == NONE_OF_THEM
    options, (key,) = negated.control.case.options, negated.control.keys
    assert NONE_OF_THEM in options and options[key] == "Virus B"
    (inverted,) = pairs_of(CASE, attacks()["question-inversion"], 1, Random(1))
    assert inverted.mutant is not None and inverted.control is not None
    assert (inverted.mutant.keys, inverted.control.keys) == ((0, 2), (1,))
    assert facts_of(inverted.mutant)["asks_not"] and not facts_of(inverted.control)["asks_not"]
    assert "letters of all such options" in prompt_of(inverted.control)


def test_neutral_words_say_nothing() -> None:
    for words in (*NEUTRAL, *HEADINGS):
        assert not numbers_of(words), words


def test_what_speaks_of_an_option_moves_with_it() -> None:
    turned = reordered(CASE, (2, 0, 1))
    assert turned.options == ("Virus C", "Virus A", "Virus B") and turned.brief.key == 2
    assert turned.brief.option_notes == (NOTES[2], NOTES[0], NOTES[1])
    assert edits_of(turned).distractions[0].option == 0
    assert facts_of(plain_mutant(turned))["key"] == 2


def test_a_refused_variant_gives_way_to_the_next_and_is_told_where_none_is_left() -> None:
    bad = Edits(distractions=(Distraction("It is Virus B, says his aunt.", 2),
                              Distraction("His aunt speaks of Virus C.", 2)))  # fmt: skip
    brief = msgspec.structs.replace(CASE.brief, extra=as_extra(bad))
    case = msgspec.structs.replace(CASE, brief=brief)
    for seed in range(6):
        first, *rest = pairs_of(case, attacks()["distraction"], 2, Random(seed))
        assert first.mutant is not None and "Virus C" in prompt_of(first.mutant)
        assert [bool(pair.rejected) for pair in rest] == [True]


def test_attacks_that_do_not_fit_say_why() -> None:
    bare = msgspec.structs.replace(CASE, brief=Brief(key=1))
    fit, why = fitting(bare, list(attacks().values()))
    assert "robustness/option-permutation" in {attack.name for attack in fit}
    assert why["robustness/answer-negation"] == "another option is not marked absolutely wrong"
    assert why["robustness/paraphrase"] == "nobody wrote it in other words"


# --- chains ---------------------------------------------------------------------------------------


def named(*names: str) -> list[TextAttack]:
    return [attacks()[name] for name in names]


def test_a_chain_keeps_the_key_in_sight() -> None:
    chain = named("distraction", "option-permutation", "answer-negation")
    mutant, wrong = chained(CASE, chain, (0, 1, 0), Random(2))
    assert wrong == () and mutant is not None
    (key,) = mutant.keys
    assert mutant.case.options[key] == NONE_OF_THEM and mutant.order[key] == -1
    assert {mutant.case.options[n] for n, old in enumerate(mutant.order) if old >= 0} == {
        "Virus A", "Virus C",
    }  # fmt: skip
    assert "His aunt speaks of Virus C." in mutant.case.stem
    assert mutant.attack == (
        "robustness/distraction + robustness/option-permutation + robustness/answer-negation"
    )


@pytest.mark.parametrize(
    ("names", "words"),
    [
        (("typos", "typos"), "stands in it twice"),
        (("typos", "dictation"), "conflicts with"),
        (("answer-negation", "option-permutation"), "so it must come last"),
    ],
)
def test_chains_that_may_not_be(names: tuple[str, ...], words: str) -> None:
    assert words in conflict(named(*names))
    mutant, wrong = chained(CASE, named(*names), (0, 0), Random(1))
    assert mutant is None and words in wrong[0]


def test_a_chain_whose_step_does_not_fit_says_so() -> None:
    mutant, wrong = chained(CASE, named("distraction", "paraphrase"), (0, 0), Random(1))
    assert mutant is None and "nobody wrote it in other words" in wrong[0]


def test_the_impossible_option_is_wrong_where_the_value_is_possible() -> None:
    plain = attacks()["impossible-measurement"].plain(CASE)
    assert plain is not None and plain.case.options[-1] == IMPOSSIBLE
    assert plain.keys == (1,) and plain.case.brief.option_notes[-1].status == "wrong"
