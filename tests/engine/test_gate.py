"""Politeness: slots, throttling, rates, and a circuit that opens only for the dead."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core.errors import TargetUnusable
from auscult.core.message import Reply
from auscult.engine.gate import (
    AT_ONCE,
    FAILURES_NEVER_REACHED,
    FAILURES_TO_OPEN,
    SPREAD_S,
    Gate,
    Rate,
)

OK = Reply(text="A")
DOWN = Reply(status="error", cause="connect", retry=True)
BUSY = Reply(status="error", cause="http-429", retry=True, throttled=True)


async def test_no_more_than_the_ceiling_at_once() -> None:
    gate, inside, most = Gate("x", 3, None, None), 0, 0

    async def call() -> None:
        nonlocal inside, most
        await gate.enter(1)
        inside += 1
        most = max(most, inside)
        await asyncio.sleep(0.002)
        inside -= 1
        gate.leave(OK, 0.002)

    await asyncio.gather(*(call() for _ in range(30)))
    assert most == 3 and gate.active == 0


async def test_throttling_cuts_once_a_round_trip_and_recovers() -> None:
    gate = Gate("x", 64, None, None)
    for _ in range(20):
        await gate.enter(1)
        gate.leave(BUSY, 0.01)
    assert 40 < gate.limit < 64  # one cut, not twenty
    for _ in range(3000):
        await gate.enter(1)
        gate.leave(OK, 0.01)
    assert gate.limit == 64


async def test_retry_after_pauses_everybody() -> None:
    gate = Gate("x", 4, None, None)
    await gate.enter(1)
    gate.leave(Reply(status="error", throttled=True, retry=True, retry_after=0.15), 0.01)
    began = asyncio.get_running_loop().time()
    await gate.enter(1)
    assert asyncio.get_running_loop().time() - began >= 0.14


async def test_an_endpoint_never_reached_is_given_up() -> None:
    gate = Gate("host:1", 4, None, None)
    with pytest.raises(TargetUnusable, match="host:1"):
        for _ in range(FAILURES_NEVER_REACHED):
            await gate.enter(1)
            gate.leave(DOWN, 0.01)
    assert gate.active == 0


async def test_failures_between_successes_never_open_the_circuit() -> None:
    gate = Gate("x", 4, None, None)
    for _ in range(200):
        for reply in (OK, *(DOWN,) * (FAILURES_TO_OPEN - 1)):
            await gate.enter(1)
            gate.leave(reply, 0.01)
    assert gate.limit == 4


async def test_a_call_never_sent_says_nothing_of_the_endpoint() -> None:
    gate = Gate("x", 4, None, None)
    for _ in range(100):
        await gate.enter(1)
        gate.leave(None, 0.0)
    assert gate.active == 0 and gate.limit == 4


async def test_a_cancelled_waiter_does_not_keep_its_place() -> None:
    gate = Gate("x", 1, None, None)
    await gate.enter(1)
    waiter = asyncio.create_task(gate.enter(1))
    follower = asyncio.create_task(gate.enter(1))
    await asyncio.sleep(0)
    waiter.cancel()
    await asyncio.sleep(0)
    gate.leave(OK, 0.01)
    await asyncio.wait_for(follower, 1)
    assert gate.active == 1


def test_a_rate_spreads_a_minutes_allowance() -> None:
    rate = Rate(600)  # ten a second
    passed = 0
    while rate.delay(1) == 0.0 and passed < 100:
        rate.take(1)
        passed += 1
    assert passed == 10
    assert 0 < rate.delay(1) <= 0.1


def test_a_call_larger_than_the_bucket_passes_in_time() -> None:
    rate = Rate(60)
    assert rate.delay(1000) == 0.0  # an oversized call takes the whole bucket rather than starve
    rate.take(1000)
    assert rate.delay(1) > 0


@given(
    st.integers(1, 9),
    st.lists(st.tuples(st.sampled_from([OK, BUSY]), st.floats(0.001, 30)), max_size=60),
)
def test_there_is_always_room_for_one_call(
    ceiling: int, replies: list[tuple[Reply, float]]
) -> None:
    async def play() -> None:
        gate = Gate("x", ceiling, None, None)
        for reply, seconds in replies:
            await asyncio.wait_for(gate.enter(1), 5)
            gate.leave(reply, seconds)
            assert 1 <= gate.limit <= ceiling

    asyncio.run(play())


async def test_nothing_is_spread_before_the_latency_is_known(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("auscult.engine.gate.monotonic", lambda: 100.0)
    gate = Gate("x", 500, None, None)
    durable: list[Any] = []
    calls = [asyncio.ensure_future(gate.enter(1, durable.append)) for _ in range(500)]
    await asyncio.sleep(0)
    for then in durable:
        then(None)
    assert all(await asyncio.gather(*calls)) and gate.active == 500


async def test_slots_freed_in_one_moment_are_given_out_spread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    now = 100.0
    monkeypatch.setattr("auscult.engine.gate.monotonic", lambda: now)
    gate, entered = Gate("x", 64, None, None), 0
    await gate.enter(1)
    gate.leave(OK, 0.25)  # from here on it is known how fast slots are needed
    now += 1.0
    for _ in range(64):
        await gate.enter(1)

    async def next_call() -> None:
        nonlocal entered
        await gate.enter(1)
        entered += 1

    calls = [asyncio.ensure_future(next_call()) for _ in range(64)]
    await asyncio.sleep(0)
    for _ in range(64):  # as when one commit makes all their answers durable
        gate.leave(OK, 0.25)
    await asyncio.sleep(5 * SPREAD_S)
    assert entered == AT_ONCE  # the clock stands still
    now += 0.010
    await asyncio.sleep(5 * SPREAD_S)
    assert AT_ONCE < entered < 64
    now += 1.0
    for _ in range(3):
        await asyncio.sleep(5 * SPREAD_S)
        now += 1.0
    await asyncio.gather(*calls)  # and nobody is forgotten
    assert entered == gate.active == 64
