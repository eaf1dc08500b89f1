"""A time cap ends waiting too: what was about to be tried again is left to a later session."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from auscult_testkit import target as testkit_target
from runs import plan_for, run, totals_of, trials_of

from auscult.core.message import Reply, Request, Usage
from auscult.engine.clock import monotonic
from auscult.engine.gate import Gate
from auscult.engine.ledger import open_reader
from auscult.engine.plan import Plan

WAIT_S = 1.5
"""What the endpoint asks for; longer than the cap of the first session."""


class Busy:
    """Puts off every case once, or those named, and then answers."""

    def __init__(self, *, throttled: bool, only: str = "") -> None:
        self.throttled, self.only = throttled, only
        self.put_off: set[str] = set()

    async def answer(self, request: Request) -> Reply:
        said = request.messages[0].text
        if self.only in said and said not in self.put_off:
            self.put_off.add(said)
            return Reply(
                status="error", cause="busy", retry=True, retry_after=WAIT_S,
                throttled=self.throttled,
            )  # fmt: skip
        return Reply(text="A", usage=Usage(10, 1))


def without_cap(plan: Plan) -> Plan:
    return msgspec.structs.replace(plan, limits=msgspec.structs.replace(plan.limits, minutes=None))


def capped(count: int, seconds: float, **limits: Any) -> Plan:
    return plan_for(
        suite_options={"count": count}, limits={"minutes": seconds / 60, "retries": 1, **limits}
    )


def effects_of(folder: Path) -> int:
    reader = open_reader(folder)
    try:
        return sum(len(keys) for _, keys in reader.keys("effect"))
    finally:
        reader.close()


@pytest.mark.parametrize("throttled", [False, True])
def test_nobody_waits_past_the_cap_for_another_try(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, throttled: bool
) -> None:
    busy = Busy(throttled=throttled)
    monkeypatch.setattr(testkit_target.TestTarget, "answer", lambda self, r: busy.answer(r))
    plan = capped(2, WAIT_S / 3)
    assert run(plan, tmp_path).stopped == "time cap"
    tried = totals_of(tmp_path)["target"].calls
    assert 1 <= tried <= 2 and tried == totals_of(tmp_path)["target"].failed
    assert trials_of(tmp_path) == [] and effects_of(tmp_path) == 0, "no step has failed for good"
    assert run(without_cap(plan), tmp_path).stopped == "complete"
    assert {row[12] for row in trials_of(tmp_path)} == {"answered"}
    assert totals_of(tmp_path)["target"].calls == 4, "each was tried once and once again"


def test_the_other_cases_go_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    busy = Busy(throttled=False, only="Case 3.")
    monkeypatch.setattr(testkit_target.TestTarget, "answer", lambda self, r: busy.answer(r))
    outcome = run(capped(8, WAIT_S * 0.9, concurrency=1), tmp_path)
    assert (outcome.stopped, outcome.finished) == ("time cap", 7)


async def test_a_turn_after_the_deadline_is_no_turn() -> None:
    gate = Gate("x", 1, None, None)
    assert await gate.enter(1)
    waiting = [asyncio.create_task(gate.enter(1)) for _ in range(3)]
    await asyncio.sleep(0)
    gate.deadline = monotonic() + 0.2
    gate.leave(Reply(status="error", retry=True, throttled=True, retry_after=60), 0.01)
    assert await asyncio.wait_for(asyncio.gather(*waiting), 5) == [False, False, False]
    assert gate.active == 0


async def test_a_rate_that_would_pass_the_deadline_is_not_waited_for() -> None:
    gate = Gate("x", 8, 60, None)  # one a second
    gate.deadline = monotonic() + 0.3
    turns: list[Any] = [await gate.enter(1) for _ in range(2)]
    assert turns == [True, False]
