"""Snapshots for suites that learn: the same whichever case ended first, none a case too early."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.engine.blocks import block_ends
from auscult.engine.learning import Learner, Learning
from auscult.engine.records import FinishedCase, TrialRow
from auscult.engine.state import SuiteState

CASES = 20


class Notes:
    """Knows the numbers of the cases it has learnt from."""

    def begin(self, target: str, fingerprint: str) -> tuple[int, ...]:
        return ()

    def lesson(self, trials: Sequence[Any]) -> Any:
        return trials[0].labels["number"]

    def learn(self, known: tuple[int, ...], lessons: Sequence[int]) -> tuple[int, ...]:
        return (*known, *lessons)


def trials(number: int) -> list[TrialRow]:
    return [TrialRow("a", 0, (), {"number": number}, ())]


def finished(number: int, attempt: int = 0, told: int | None = None) -> FinishedCase:
    rows = tuple(trials(number if told is None else told))
    return FinishedCase(0, number, attempt, f"c{number}", "", "", "", {}, rows)


def never() -> bool:
    return False


@given(st.integers(0, 5000))
def test_blocks_cover_every_case_once_and_grow_by_a_half(cases: int) -> None:
    ends = [0, *block_ends(cases)]
    assert ends[-1] == cases
    for start, end in itertools.pairwise(ends):
        assert 1 <= end - start <= max(1, start // 2)


@given(st.permutations(range(CASES)))
def test_a_snapshot_holds_the_cases_of_earlier_blocks_in_their_order(order: list[int]) -> None:
    learner = Learner(Notes(), CASES, ())
    learning = Learning({0: learner})
    for number in order:
        learning.note(0, number, trials(number))
    starts = [0, *learner.ends]
    assert learner.snapshots == [tuple(range(start)) for start in starts]


async def test_a_case_waits_for_every_case_of_the_blocks_before_it() -> None:
    learner = Learner(Notes(), CASES, ())
    learning = Learning({0: learner})
    asked: list[int] = []
    rng = Random(3)

    async def case(number: int) -> None:
        known = await learning.known(0, number, never)
        block = learner.block(number)
        start = learner.ends[block - 1] if block else 0
        assert known == tuple(range(start))
        await asyncio.sleep(rng.random() / 200)
        asked.append(number)
        learning.note(0, number, trials(number))

    await asyncio.gather(*map(case, reversed(range(CASES))))
    assert sorted(asked) == list(range(CASES))


async def test_who_waits_is_let_go_when_the_run_is_over(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("auscult.engine.learning.LOOK_S", 0.01)
    learning = Learning({0: Learner(Notes(), CASES, ())})
    assert await learning.known(0, 5, lambda: True) is None


async def test_a_suite_that_does_not_learn_never_waits() -> None:
    assert await Learning({}).known(3, 100, never) is None


@pytest.mark.parametrize("backwards", [False, True])
def test_what_was_learnt_stays_when_a_case_is_asked_again(backwards: bool) -> None:
    held = [finished(n) for n in range(10)] + [finished(0, 1, told=99)]
    learner = Learner(Notes(), CASES, ())
    learning = Learning({0: learner})
    learning.read(reversed(held) if backwards else held, [SuiteState(bytearray(CASES))])
    learning.note(0, 1, trials(77))
    assert learner.snapshots[-1] == tuple(range(len(learner.snapshots[-1])))
    assert len(learner.snapshots[-1]) == max(e for e in [0, *learner.ends] if e <= 10)


def test_an_attempt_from_before_an_accepted_change_teaches_nothing() -> None:
    learner = Learner(Notes(), CASES, ())
    learning = Learning({0: learner})
    held = [finished(0, 0, told=50), finished(0, 2), finished(1, 2)]
    learning.read(held, [SuiteState(bytearray(CASES), base=2)])
    assert learner.snapshots[-1] == (0, 1)
