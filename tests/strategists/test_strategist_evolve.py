"""`evolve`: elites by kind of case, crossed and swapped; a memory that is believed or not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import msgspec
import pytest
from strategist_views import PAIRS, SINGLES, A, B, C, D, rng, view

from auscult.core import registry
from auscult.core.errors import PlanError
from auscult.core.strategist import Chain, Choice, Lesson, Outcome, Remembered, Tried, View
from auscult.strategists.evolve import Archive

OURS, OTHER = ("specialty=emergency-medicine",), ("specialty=surgery",)
N = 200
GREEDY = {"explore": 0.0, "vary": 0.0}


def lessons(features: tuple[str, ...], times: int = 12, **came_to: Outcome) -> list[Lesson]:
    """By the last letter of an attack's name."""
    tried = tuple(Tried((f"robustness/{name}",), outcome) for name, outcome in came_to.items())
    return [Lesson(features, tried)] * times


def archive(
    learnt: Sequence[Lesson], memory: Sequence[Remembered] = (), **options: float
) -> Archive:
    strategist = registry.build("strategists", "evolve", options)
    known = strategist.learn(strategist.start(memory), learnt)
    assert isinstance(known, Archive)
    return known


async def picks(
    learnt: Sequence[Lesson] = (),
    memory: Sequence[Remembered] = (),
    shown: View | None = None,
    **options: float,
) -> list[Choice]:
    strategist = registry.build("strategists", "evolve", options)
    known = archive(learnt, memory)
    shown = shown or view(features=OURS)
    return [await strategist.choose(shown, known, None, rng(seed)) for seed in range(N)]


def chains(found: Sequence[Choice]) -> Counter[Chain]:
    return Counter(choice.chain for choice in found)


def test_a_cell_holds_what_broke_something_there_and_more_than_chains_do() -> None:
    both = [
        *lessons(OURS, a="held", b="held", c="broke"),
        *lessons(OTHER, a="broke", b="held", c="held", d="held"),
    ]
    known = archive(both)
    assert known.cells[OURS[0]] == ((C,),)
    assert known.cells[OTHER[0]] == ((A,),)
    assert set(known.cells[""]) == {(A,), (C,)}


def test_a_cell_holds_so_many_elites() -> None:
    mixed = [
        *lessons(OURS, a="broke", b="broke", c="broke"),
        *lessons(OURS, times=2, a="held", c="held"),
        *lessons(OURS, times=20, d="held"),
    ]
    strategist = registry.build("strategists", "evolve", {"elites": 2})
    known = strategist.learn(strategist.start(()), mixed)
    assert known.cells[OURS[0]] == ((B,), (A,))
    assert archive(mixed).cells[OURS[0]] == ((B,), (A,), (C,))


async def test_an_elite_of_such_cases_is_tried_first() -> None:
    both = [
        *lessons(OURS, times=30, a="held", b="broke", c="held", d="held"),
        *lessons(OTHER, times=30, a="held", b="held", c="held", d="broke"),
    ]
    assert chains(await picks(both))[B,] > 0.8 * N
    assert chains(await picks(both, shown=view(features=OTHER)))[D,] > 0.8 * N


async def test_two_elites_are_crossed_where_the_pair_is_on_offer() -> None:
    learnt = lessons(OURS, a="broke", b="broke", c="held", d="held")
    held = (Tried((A,), "held"), Tried((B,), "held"))
    found = await picks(learnt, shown=view((*SINGLES, *PAIRS), held, OURS), explore=0, vary=1)
    assert {choice.why for choice in found} == {"a child of what works"}
    assert chains(found)[A, B] > 0.9 * N
    alone = await picks(learnt, shown=view(PAIRS[1:], held, OURS), explore=0, vary=1)
    assert {choice.why for choice in alone} == {"nothing is known to work here"}


async def test_an_elite_is_mutated_by_swapping_one_attack() -> None:
    learnt = [Lesson(OURS, (Tried((A, B), "broke"),)), *lessons(OURS, c="held", d="held")]
    shown = view(((A, C), (B, D), (C, D), (D,)), features=OURS)
    found = chains(await picks(learnt, shown=shown, explore=0, vary=1))
    assert set(found) == {(A, C), (B, D)}


async def test_exploring_tries_what_was_seldom_tried_on_such_cases() -> None:
    learnt = [
        *lessons(OURS, a="broke", b="held", d="held"),
        *lessons(OTHER, times=90, c="held"),
    ]
    assert set(chains(await picks(learnt, explore=1, vary=0))) == {(C,)}


async def test_elites_that_do_alike_share_the_rounds() -> None:
    found = chains(await picks(lessons(OURS, a="broke", b="broke", c="held", d="held"), **GREEDY))
    assert set(found) == {(A,), (B,)} and min(found.values()) > N / 5


async def test_before_anything_is_known_all_are_tried() -> None:
    found = await picks(**GREEDY)
    assert set(chains(found)) == set(SINGLES)
    assert {choice.why for choice in found} == {"nothing is known to work here"}


async def test_a_memory_fills_the_archive_until_it_foretells_badly() -> None:
    said = [Remembered("", (name,), 40, 36 if name == D else 1) for name in (A, B, C, D)]
    known = archive((), said)
    assert known.cells == {} and known.cells_remembered[""] == ((D,),)
    assert chains(await picks(memory=said, **GREEDY))[D,] > 0.4 * N
    learnt = lessons(OURS, a="broke", b="held", c="held", d="held")
    found = chains(await picks(learnt, said, **GREEDY))
    assert found[A,] > 0.9 * N and found[D,] == 0


async def test_what_the_gate_refused_teaches_nothing() -> None:
    refused = lessons(OURS, a="rejected", b="error")
    assert archive(refused) == archive(())


def test_what_is_known_is_a_value_that_never_changes() -> None:
    strategist = registry.build("strategists", "evolve", {})
    before = strategist.start(())
    copied = msgspec.structs.replace(before, cells=dict(before.cells))
    strategist.learn(before, lessons(OURS, a="broke"))
    assert before == copied


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"explore": 0.7, "vary": 0.6}, "shares of the rounds"),
        ({"explore": -0.1}, "shares of the rounds"),
        ({"elites": 0}, "elites is 0"),
    ],
)
def test_options_are_checked(options: dict[str, float], said: str) -> None:
    with pytest.raises(PlanError, match=said):
        registry.build("strategists", "evolve", options)


# --- wording ----------------------------------------------------------------------------------


def worded(outcome: Outcome, *words: str, features: tuple[str, ...] = OURS) -> list[Lesson]:
    return [Lesson(features, (Tried((A,), outcome, words=(one,)),)) for one in words]


async def parents(
    known: Archive, written: tuple[str, ...] = (A,), features: tuple[str, ...] = OURS,
    **options: float,
) -> Counter[tuple[str, ...]]:  # fmt: skip
    strategist = registry.build("strategists", "evolve", GREEDY | options)
    shown = msgspec.structs.replace(view(((A,),), features=features), written=written)
    found = [await strategist.choose(shown, known, None, rng(seed)) for seed in range(N)]
    return Counter(choice.parents for choice in found)


def test_the_archive_keeps_what_broke_answers_by_kind_and_attack() -> None:
    learnt = [*worded("broke", "one", "two"), *worded("held", "three")]
    known = archive([*learnt, *worded("broke", "four", features=OTHER)])
    assert known.wordings == {
        ("", A): ("four", "two", "one"),
        (OURS[0], A): ("two", "one"),
        (OTHER[0], A): ("four",),
    }


async def test_one_wording_is_to_be_varied_and_two_to_be_put_together() -> None:
    one = await parents(archive(worded("broke", "one")))
    assert set(one) == {(), ("one",)} and 0.7 * N < one["one",] < 0.9 * N
    two = await parents(archive(worded("broke", "one", "two")), wording=1.0)
    assert set(two) == {("one",), ("two",), ("one", "two"), ("two", "one")}
    assert min(two.values()) > N / 10


async def test_nothing_is_told_where_no_model_writes_or_nothing_worked() -> None:
    known = archive(worded("broke", "one"))
    assert set(await parents(known, written=())) == {()}
    assert set(await parents(known, written=(B,))) == {()}
    assert set(await parents(known, wording=0.0)) == {()}
    assert set(await parents(archive(worded("held", "one")))) == {()}


async def test_wording_does_not_change_which_chain_is_tried() -> None:
    learnt = [*worded("broke", "one"), *lessons(OURS, a="broke", b="held", c="broke")]
    shown = view(features=OURS)
    plain = chains(await picks(learnt, shown=shown))
    told = await picks(learnt, shown=msgspec.structs.replace(shown, written=(A, B)))
    assert chains(told) == plain and any(choice.parents for choice in told)
    assert not any(choice.parents for choice in told if choice.chain != (A,))


async def test_a_memory_starts_the_archive_with_its_wording_as_far_as_it_is_believed() -> None:
    said = [Remembered("", (A,), 12, 10, ("old",)), Remembered("", (A, B), 2, 1, ("no", "no"))]
    known = archive((), said)
    assert known.wordings == {} and known.wordings_remembered == {("", A): ("old",)}
    assert set(await parents(known)) == {(), ("old",)}
    misled = archive(worded("held", *map(str, range(40))), said)
    assert set(await parents(misled)) == {()}


def test_a_share_of_wording_is_checked() -> None:
    with pytest.raises(PlanError, match=r"wording is 1\.5"):
        registry.build("strategists", "evolve", {"wording": 1.5})
