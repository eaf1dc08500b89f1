"""What the released DAS code gets wrong, one by one, is right here (defects 1 to 5)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any

import msgspec
import pytest
from notebook import Notebook, suite_and_cases

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.message import Reply
from auscult.core.mutant import Mutant, TextAttack
from auscult.core.protocols import Exhibit, TargetSpec
from auscult.kit.attack.asking import facts_of, messages_of, plain_mutant
from auscult.kit.attack.gate import faults
from auscult.kit.bias.legacy import flipped, majority

DECIMAL = re.compile(r"\d+\.\d+")
ATTACKS = sorted(name for name in registry.plugins("attacks") if name.startswith("robustness/"))


def attack(name: str) -> TextAttack:
    built = registry.build("attacks", name)
    assert isinstance(built, TextAttack)
    return built


@pytest.fixture(scope="module")
def cases() -> list[Case]:
    return suite_and_cases("das/robustness")[1]


def mutants(cases: list[Case], name: str) -> Iterator[tuple[Case, Mutant]]:
    one = attack(name)
    for case in cases:
        if not one.unfit(case):
            for variant in range(min(2, one.variants(case))):
                yield case, one.edit(case, variant, Random(7))


@pytest.mark.parametrize(
    "reply",
    ["A,B,D,E", "ABDE", "A B D E", "E, D, B and A", "a/b/d/e", "(A) (B) (D) (E)", "A; B; D; E"],
)
async def test_1_a_right_set_of_letters_is_right_with_any_separator(reply: str) -> None:
    options = ["Aspirin", "Heparin", "Warfarin", "Insulin", "Morphine"]
    facts = {"options": options, "letters": "ABCDE", "keys": [0, 1, 3, 4], "asks_not": True}
    judge = registry.build("judges", "choice-set", {})
    exhibit = Exhibit(Case("c", question="Which are not correct?"), (), Reply(text=reply), facts)
    verdict = await judge.judge(exhibit, None)
    assert (verdict.behaviour, verdict.score) == ("answered", 1.0)


class WritesKeys:
    """An attacker model that states a wrong key wherever it is asked anything."""

    def __init__(self, suite: Any) -> None:
        spec = TargetSpec("scripted", "oracle")
        self.inner = registry.build("targets", "scripted", spec)
        self.identity, self.abilities = "writes-keys", self.inner.abilities
        self.keys: list[Any] = []

    async def answer(self, request: Any) -> Reply:
        if request.hints.get("kind") not in ("mcq", "attack"):
            chain = [ATTACKS[0]]
            return Reply(text=msgspec.json.encode({"chain": chain, "why": "", "answer_idx": "Z",
                                                   "key": 99, "answer": "Z"}).decode())  # fmt: skip
        self.keys.append(request.hints.get("key", request.hints.get("keys")))
        return await self.inner.answer(request)


async def test_2_no_model_can_state_the_key(cases: list[Case]) -> None:
    """The planner names what to do; the keys that the judge is told are those that code computes,
    with an attacker that insists on others as without one."""
    suite, _ = suite_and_cases("das/adaptive", strategist="planner")
    for case in cases[:3]:
        target = WritesKeys(suite)
        book = WithAttacker(suite, case, target)
        await suite.examine(case, book)
        assert target.keys and all(key not in (99, [99]) for key in target.keys)
        for _, _, verdicts, _ in book.trials:
            assert all(verdict.score in (1.0, None) for verdict in verdicts), "an oracle is right"


class WithAttacker(Notebook):
    @property
    def roles(self) -> tuple[str, ...]:
        return ("target", "attacker")


@pytest.mark.parametrize("name", ATTACKS)
def test_3_decimals_stay_whole(name: str, cases: list[Case]) -> None:
    """Every number with a point stands in the edited text as it stood, but for the one that an
    attack on a measurement replaces; and none is torn apart."""
    replaces = {"robustness/impossible-measurement", "robustness/extreme-measurement",
                "robustness/unit-conversion"}  # fmt: skip
    seen = 0
    for case, mutant in mutants(cases, name):
        before, after = DECIMAL.findall(case.text), DECIMAL.findall(mutant.case.text)
        seen += len(before)
        assert not re.search(r"\d\. \d+ ?(?:°C|mmol|mg|%)", mutant.case.text), mutant.case.text
        if name not in replaces:
            assert set(before) <= set(after), case.id
    assert seen or name == "robustness/question-inversion"


@pytest.mark.parametrize("name", ATTACKS)
def test_4_what_changed_nothing_is_no_attack(name: str, cases: list[Case]) -> None:
    """The gate refuses the case as it is, whatever the attack says that it did to it."""
    one = attack(name)
    tried = [case for case in cases if not one.unfit(case)][:20]
    assert tried
    for case in tried:
        idle = msgspec.structs.replace(plain_mutant(case), attack=name)
        assert faults(case, idle, one), case.id


def test_5_who_was_skipped_is_no_flip_and_a_tie_is_no_answer() -> None:
    assert majority([0, 0, 1]) == 0
    assert majority([0, 1]) is None, "a tie is no label"
    assert majority([]) is None
    assert flipped([0, 0, 1], [1, 0]) is None, "no label on one side is no flip"
    assert flipped([], [1, 1, 1]) is None, "nor is what was never asked"
    assert flipped([0, 0, 1], [1, 1, 0]) is True


def test_the_facts_that_a_judge_is_told_are_those_of_the_mutant(cases: list[Case]) -> None:
    for case, mutant in mutants(cases[:40], "robustness/question-inversion"):
        facts = facts_of(mutant)
        assert sorted(facts["keys"]) == [n for n in range(len(case.options)) if n != case.brief.key]
        assert messages_of(mutant)
