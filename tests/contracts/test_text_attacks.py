"""What every edit of a question's text owes, whoever wrote it, over our pack and odd questions.
Found through the registry, so a new file is tested unasked."""

from __future__ import annotations

import ast
import inspect
from collections import Counter
from functools import cache
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from good_mutants import made, pack

from auscult.core import registry
from auscult.core.case import Brief, Case, OptionNote
from auscult.core.mutant import NEW, AnswerForm, Domain, Mutant, TextAttack, TextKey
from auscult.kit import attack as attack_kit
from auscult.kit.attack.authored import Distraction, Edits, ExtraOption, Rewording, as_extra
from auscult.kit.attack.gate import CHECKS, faults

REFUSED = 0.10
"""The share of authored words that the gate may refuse: writers can mend them."""


@cache
def text_attacks() -> dict[str, TextAttack]:
    found = {}
    for name in sorted(registry.plugins("attacks")):
        build = registry.module_of("attacks", name).build
        given = inspect.signature(build).parameters.values()
        if all(p.default is not p.empty for p in given):
            attack = build()
            if isinstance(attack, TextAttack):
                found[name] = attack
    return found


NAMES = sorted(text_attacks())


def question(**parts: object) -> Case:
    """One that every attack applies to, unless the parts say otherwise."""
    options = parts.get("options", ("Iron", "Zinc", "Copper", "Cobalt"))
    assert isinstance(options, tuple)
    notes = (OptionNote("key"), *(OptionNote("wrong", "mild", "No.") for _ in options[1:]))
    edits = Edits(
        (ExtraOption("Nickel", "mild", "No role."), ExtraOption("Tin", "none", "No role.")),
        (Distraction("A neighbour praises every metal he hears of.", 1),),
        ("She sings in a choir.",),
        (Rewording("A woman who often sits in the clinic is said to be pale.", "What lacks?"),),
    )
    usual: dict[str, object] = {
        "id": "odd",
        "stem": "A woman who is often seen in the clinic is pale, they say.",
        "question": "What lacks?",
        "options": options,
        "brief": Brief(key=0, option_notes=notes, extra=as_extra(edits)),
    }
    return msgspec.convert({**usual, **parts}, Case, from_attributes=True)


def bare(case: Case) -> Case:
    """Without what an author wrote for its usual text."""
    return msgspec.structs.replace(case, brief=msgspec.structs.replace(case.brief, extra={}))


LONG = "She was often seen in the clinic, and since then she says that it is known. " * 400
ODD = {
    "usual": question(),
    "no stem": bare(question(stem="", question="Which metal is often said to be known?")),
    "two options": question(options=("Iron", "Zinc")),
    "one option": question(options=("Iron",)),
    "no options": question(options=()),
    "eleven options": question(options=tuple(f"Metal {letter}" for letter in "KLMNOPQRSTU")),
    "letters": question(options=("Both B and C", "Iron", "Zinc", "None of the above")),
    "other scripts": bare(
        question(
            stem="Пациентка 67 лет, often seen with κ-chains and 发热 of 38.4 °C — they say.",
            options=("铁", "Цинк", "Χαλκός", "Kobalt–60"),
        )
    ),
    "numbers": bare(
        question(
            stem=(
                "A 67-year-old man, often seen, took 1,250.5 mg/day for 3–5 days; pH 7.35, "
                "T 38.4 °C, BP 138/84 mmHg, 24,600 µg/L, 1.5e3, .5 mL and 4.5×10⁹/L since then."
            )
        )
    ),
    "very long": bare(question(stem=LONG.strip())),
    "quotes and braces": bare(
        question(
            stem="She said \"it is {often} seen\" and 'known' since {}, 50% of it, \\n {name}.",
            options=('The "A" type', "{}", "{name}", "100%"),
        )
    ),
    "no words": bare(question(stem="?", question="!", options=("+", "-", "±", "0"))),
    "no key": question(brief=Brief()),
    "no notes": question(brief=Brief(key=2)),
    "spaces": bare(question(stem="  She is often\n\tseen.  ", question=" What  lacks ? ")),
    "a last key": question(brief=Brief(key=3)),
}


@cache
def asked() -> list[Case]:
    return [*pack(), *ODD.values()]


def draws(attack: TextAttack, case: Case, most: int = 3) -> list[Mutant]:
    return [good.mutant for good in made(attack, [case], most)]


def test_there_are_text_attacks() -> None:
    assert {"robustness/typos", "robustness/answer-negation", "robustness/paraphrase"} <= set(NAMES)


@pytest.mark.parametrize("name", NAMES)
def test_it_says_what_it_is(name: str) -> None:
    attack = text_attacks()[name]
    assert attack.name == name and attack.version
    assert attack.changes.endswith(".") and 20 < len(attack.changes) <= 120
    assert attack.domain in get_args(Domain) and attack.key in get_args(TextKey)
    assert attack.invariants and set(attack.invariants) <= set(CHECKS)
    assert all(need and need == need.lower() for need in attack.needs)


@pytest.mark.parametrize("name", NAMES)
def test_conflicts_go_both_ways(name: str) -> None:
    attack = text_attacks()[name]
    assert name not in attack.conflicts
    assert set(attack.conflicts) <= set(NAMES)
    for other in attack.conflicts:
        assert name in text_attacks()[other].conflicts, f"{other} does not name {name}"


@pytest.mark.parametrize("name", NAMES)
def test_it_has_a_page(name: str) -> None:
    docs = registry.root().parent.parent / "docs" / "attacks"
    family = name.partition("/")[0]
    assert (docs / f"{name}.md").is_file() or (docs / f"{family}.md").is_file()


@pytest.mark.parametrize("name", NAMES)
def test_what_it_does_not_apply_to_it_names(name: str) -> None:
    attack = text_attacks()[name]
    reasons = Counter(attack.unfit(case) for case in asked())
    assert all(reason == reason.strip() for reason in reasons)
    for case in (ODD["no key"], ODD["no options"], ODD["one option"]):
        assert attack.unfit(case), "a question without key or choice has nothing to edit"


@pytest.mark.parametrize("name", NAMES)
def test_an_edit_is_of_its_variant_and_its_seed_alone(name: str) -> None:
    attack = text_attacks()[name]
    for case in asked()[::5]:
        assert draws(attack, case, 2) == draws(attack, case, 2)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_given_stays_as_it_was(name: str) -> None:
    attack = text_attacks()[name]
    for case in asked()[::3]:
        before = msgspec.json.encode(case)
        draws(attack, case)
        if not attack.unfit(case):
            attack.plain(case)
        assert msgspec.json.encode(case) == before


@pytest.mark.parametrize("name", NAMES)
def test_variants_are_as_many_as_it_says(name: str) -> None:
    attack = text_attacks()[name]
    for case in asked():
        if attack.unfit(case):
            continue
        assert attack.variants(case) >= 1
        mutants = draws(attack, case, 12)
        assert len({repr(mutant) for mutant in mutants}) == len(mutants), case.id


@pytest.mark.parametrize("name", NAMES)
def test_the_gate_passes_its_mutants(name: str) -> None:
    """An author's words may be refused, and are then counted; what a program makes may not."""
    attack = text_attacks()[name]
    goods = list(made(attack, pack(), 9))
    refused = [(good.original.id, faults(*good)) for good in goods if faults(*good)]
    if {"paraphrases", "distractions", "history", "extra-options"} & set(attack.needs):
        assert len(refused) <= REFUSED * len(goods), refused
    else:
        assert not refused


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("odd", ODD)
def test_the_gate_passes_them_on_odd_questions_too(name: str, odd: str) -> None:
    for good in made(text_attacks()[name], [ODD[odd]], 5):
        assert faults(*good) == ()


@pytest.mark.parametrize("name", NAMES)
def test_its_format_without_the_edit_keeps_the_answer(name: str) -> None:
    attack = text_attacks()[name]
    for case in asked():
        if attack.unfit(case):
            continue
        plain, mutant = attack.plain(case), draws(attack, case, 1)[0]
        if plain is None:
            assert mutant.form == "one-letter" or attack.key == "impossible"
            continue
        assert plain.form == mutant.form and plain.form in get_args(AnswerForm)
        assert plain.case.stem == case.stem
        assert (plain.case.text, plain.case.options) != (mutant.case.text, mutant.case.options)
        assert [plain.order[key] for key in plain.keys] == [case.brief.key]
        for place, text in zip(plain.order, plain.case.options, strict=True):
            assert place == NEW or text == case.options[place]


def test_the_kit_of_attacks_draws_nothing_by_itself() -> None:
    folder = Path(attack_kit.__file__).parent
    for path in folder.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                assert not {a.name for a in node.names} & {"random", "time", "uuid", "secrets"}
            elif isinstance(node, ast.ImportFrom) and node.module == "random":
                assert {a.name for a in node.names} <= {"Random"}
