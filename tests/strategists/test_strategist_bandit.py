"""`bandit`: what worked on such cases comes first, cost is weighed, a memory is believed or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import pytest
from strategist_views import SINGLES, A, B, C, D, rng, view

from auscult.core import registry
from auscult.core.errors import PlanError
from auscult.core.strategist import Chain, Lesson, Remembered, Tried

OURS, OTHER = ("specialty=emergency-medicine",), ("specialty=surgery",)
N = 200


def lessons(features: tuple[str, ...], broke: str, *held: str, times: int = 12) -> list[Lesson]:
    tried = (*(Tried((name,), "held") for name in held), Tried((broke,), "broke"))
    return [Lesson(features, tried)] * times


async def picks(
    learnt: Sequence[Lesson] = (), memory: Sequence[Remembered] = (), **options: object
) -> Counter[Chain]:
    strategist = registry.build("strategists", "bandit", options)
    known = strategist.learn(strategist.start(memory), learnt)
    shown = view(features=OURS)
    return Counter(
        [(await strategist.choose(shown, known, None, rng(seed))).chain for seed in range(N)]
    )


async def test_what_broke_answers_is_tried_first() -> None:
    found = await picks(lessons(OURS, C, A, B, D))
    assert found[C,] > 0.9 * N


async def test_what_works_on_one_kind_of_case_is_not_tried_first_on_another() -> None:
    both = [*lessons(OURS, B, A, C, D, times=30), *lessons(OTHER, D, A, B, C, times=30)]
    found = await picks(both)
    assert found[B,] > 0.8 * N > found[D,]


async def test_before_anything_is_known_it_tries_all() -> None:
    found = await picks()
    assert set(found) == set(SINGLES) and min(found.values()) > N / 10


async def test_what_costs_more_has_to_promise_more() -> None:
    learnt = [*lessons(OURS, A, times=8), *lessons(OURS, B, times=8), *lessons(OURS, B, C, D)]
    assert (await picks(learnt, costs={B: 10.0}))[A,] > 0.8 * N


async def test_a_memory_is_believed_until_it_foretells_badly() -> None:
    said = [Remembered("", (name,), 40, 36 if name == D else 1) for name in (A, B, C, D)]
    assert (await picks(memory=said))[D,] > 0.4 * N
    found = await picks(lessons(OURS, A, D, D, D), said)
    assert found[A,] > 0.8 * N and found[D,] < 0.1 * N


async def test_what_the_gate_refused_teaches_nothing() -> None:
    refused = [Lesson(OURS, (Tried((A,), "rejected", 0.0), Tried((B,), "error")))] * 20
    assert await picks(refused) == await picks()


def test_a_cost_must_be_above_nothing() -> None:
    with pytest.raises(PlanError, match="no number above 0"):
        registry.build("strategists", "bandit", {"costs": {A: 0}})
