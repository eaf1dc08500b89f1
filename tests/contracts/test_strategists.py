"""What every strategist owes: it picks what is on offer, and what it was given it leaves alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from copy import deepcopy
from random import Random
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.case import Brief, Case
from auscult.core.message import Reply, Request
from auscult.core.protocols import TargetSpec
from auscult.core.strategist import (
    Chain,
    Choice,
    Lesson,
    Outcome,
    Remembered,
    Strategist,
    Tried,
    View,
)

STRATEGISTS = sorted(registry.plugins("strategists"))
by_strategist = pytest.mark.parametrize("name", STRATEGISTS)
MODELS = ("plans", "misplans?kind=any", "misplans?kind=any&mends=true", "oracle")
"""Who is asked, where a strategist asks: a sane planner, two that are not, one that cannot."""
NAMES = tuple(f"robustness/{letter}" for letter in "abcdef")
MENU = {name: f"Changes what {name} names." for name in NAMES}
FEATURES = ("specialty=surgery", "specialty=psychiatry", "long", "numbers")
OUTCOMES: tuple[Outcome, ...] = ("broke", "held", "held", "rejected", "error")
CASE = Case(
    "ulcer-1", "A woman of 60 vomits blood.", "What comes first?",
    ("Fluids through two wide lines", "A barium meal", "An antacid"),
    brief=Brief(key=0, specialty="surgery"),
)  # fmt: skip
VIEWS = 25


class Desk:
    """An arm that asks a scripted model, and counts who is asked how often."""

    def __init__(self, model: str) -> None:
        rule, _, options = model.partition("?")
        given = dict(part.split("=") for part in options.split("&") if part)
        self._model = registry.build("targets", "scripted", TargetSpec("scripted", rule, given))
        self.asked: Counter[str] = Counter()
        self.steps: list[str] = []

    async def ask(
        self, messages: Sequence[Any], *, step: str = "ask", role: str = "target",
        sampling: Any = None, schema: Any = None, hints: Mapping[str, Any] | None = None,
        **more: Any,
    ) -> Reply:  # fmt: skip
        self.asked[role] += 1
        self.steps.append(step)
        request = Request(tuple(messages), sampling, len(self.steps), schema, 0, dict(hints or {}))
        return await self._model.answer(request)  # type: ignore[no-any-return]


def built(name: str) -> Strategist:
    strategist = registry.build("strategists", name, {})
    assert isinstance(strategist, Strategist)
    return strategist


def chains(rng: Random) -> list[Chain]:
    singles: list[Chain] = [(name,) for name in NAMES]
    pairs: list[Chain] = [(one, other) for one in NAMES for other in NAMES if one < other]
    return singles + rng.sample(pairs, 5)


def view(seed: int) -> View:
    """Some of the chains are tried; of the rest some are on offer, at least one."""
    rng = Random(seed)
    every = chains(rng)
    rng.shuffle(every)
    cut = rng.randrange(4)
    history = tuple(Tried(chain, rng.choice(("held", "rejected"))) for chain in every[:cut])
    offered = tuple(every[cut : cut + 1 + rng.randrange(len(every) - cut)])
    shown = tuple(rng.sample(FEATURES, 2))
    return View(CASE, shown, offered, history, cut + 1, 5, MENU)


def lessons(seed: int, count: int = 20) -> list[Lesson]:
    rng = Random(seed)
    return [
        Lesson(
            tuple(rng.sample(FEATURES, 2)),
            tuple(
                Tried(chain, rng.choice(OUTCOMES)) for chain in rng.sample(chains(rng), 3)
            ),
        )
        for _ in range(count)
    ]  # fmt: skip


def memory(seed: int) -> list[Remembered]:
    rng = Random(seed)
    return [
        Remembered(feature, (name,), 20.0, 20 * rng.random())
        for feature in ("", *FEATURES) for name in NAMES
    ]  # fmt: skip


def knowing(strategist: Strategist) -> list[Any]:
    """As before the first case, without and with a memory, and after a block each."""
    begun = [strategist.start(()), strategist.start(memory(1))]
    return [*begun, *(strategist.learn(known, lessons(2)) for known in begun)]


async def chosen(
    strategist: Strategist, shown: View, known: Any, seed: int, desk: Desk | None = None
) -> Choice | None:
    arm: Any = desk or Desk(MODELS[0])
    return await strategist.choose(shown, known, arm, Random(seed))


@by_strategist
def test_a_strategist_says_what_it_is_and_what_it_asks(name: str) -> None:
    strategist = built(name)
    assert strategist.name == name and strategist.version
    assert (strategist.calls > 0) is bool(strategist.roles)
    assert "target" not in {need.role for need in strategist.roles}


@by_strategist
@pytest.mark.parametrize("model", MODELS)
async def test_it_picks_only_what_is_on_offer_and_asks_no_more_than_it_says(
    name: str, model: str
) -> None:
    strategist = built(name)
    for known in knowing(strategist):
        for seed in range(VIEWS):
            shown, desk = view(seed), Desk(model)
            choice = await chosen(strategist, shown, known, seed, desk)
            assert choice is not None and choice.chain in shown.offered
            assert set(desk.asked) <= {need.role for need in strategist.roles}
            assert desk.asked.total() <= strategist.calls
            assert len(set(desk.steps)) == len(desk.steps), "each ask needs a step of its own"


@by_strategist
async def test_it_gives_up_where_nothing_is_on_offer(name: str) -> None:
    strategist = built(name)
    desk = Desk(MODELS[0])
    shown = View(CASE, FEATURES[:2], (), (Tried((NAMES[0],), "held"),), 2, 5, MENU)
    for known in knowing(strategist):
        assert await chosen(strategist, shown, known, 0, desk) is None
    assert not desk.asked


@by_strategist
@pytest.mark.parametrize("model", MODELS)
async def test_the_same_draws_give_the_same_choice(name: str, model: str) -> None:
    for one, other in zip(knowing(built(name)), knowing(built(name)), strict=True):
        for seed in range(VIEWS):
            choices = [
                await chosen(built(name), view(seed), known, seed, Desk(model))
                for known in (one, other)
            ]
            assert choices[0] == choices[1]


@by_strategist
async def test_what_it_is_given_is_never_changed(name: str) -> None:
    strategist = built(name)
    remembered, block = memory(3), lessons(4)
    known = strategist.start(remembered)
    before = deepcopy(known)
    later = strategist.learn(known, block)
    copied = deepcopy(later)
    await chosen(strategist, view(5), later, 5)
    strategist.learn(later, lessons(6))
    assert (known, later) == (before, copied)
    assert (remembered, block) == (memory(3), lessons(4))


@by_strategist
async def test_rounds_of_one_case_ask_under_different_steps(name: str) -> None:
    """Effects are journalled by step: two rounds under one would be one call."""
    strategist, desk = built(name), Desk("misplans?kind=any")
    known = strategist.start(())
    tried: list[Tried] = []
    for number in range(1, 6):
        left = tuple((n,) for n in NAMES if Tried((n,), "held") not in tried)
        shown = View(CASE, (), left, tuple(tried), number, 5, MENU)
        choice = await chosen(strategist, shown, known, number, desk)
        assert choice is not None
        tried.append(Tried(choice.chain, "held"))
    assert len(set(desk.steps)) == len(desk.steps)


def test_some_strategist_asks_a_model() -> None:
    """Or the half of this contract that is about asking would prove nothing."""
    assert any(built(name).calls for name in STRATEGISTS)
