"""The bench owns every call made through it: what a suite forgets, cancels or leaves behind in
tasks of its own is waited for and journalled."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from auscult_testkit import suite as testkit_suite
from auscult_testkit import target as testkit_target
from runs import plan_for, run, totals_of, trials_of

from auscult.core.errors import RunError
from auscult.core.message import Reply, Request, Usage
from auscult.core.verdict import Verdict
from auscult.engine.view import RunView

TestTarget, TestSuite = testkit_target.TestTarget, testkit_suite.TestSuite
SLOW_S = 0.05
Examine = Callable[[Any, Any, Any], Any]


class Served:
    """What reached the target, and what it answered to the end. "slow" in a question takes time."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.answered: list[str] = []

    async def answer(self, request: Request) -> Reply:
        said = request.messages[0].text
        self.asked.append(said)
        if "slow" in said:
            await asyncio.sleep(SLOW_S)
        self.answered.append(said)
        return Reply(text="A", usage=Usage(10, 1))


@pytest.fixture
def served(monkeypatch: pytest.MonkeyPatch) -> Served:
    served = Served()
    monkeypatch.setattr(TestTarget, "answer", lambda self, request: served.answer(request))
    return served


def examining(monkeypatch: pytest.MonkeyPatch, examine: Examine) -> None:
    monkeypatch.setattr(TestSuite, "examine", examine)


async def asked(bench: Any, case: Any, name: str) -> Reply:
    arm = bench.arm(name)
    reply: Reply = await arm.ask([testkit_suite.user(f"{case.id} {name}")])
    arm.record(Verdict("letter", "1", "answered", 1.0))
    return reply


def kept(folder: Path) -> tuple[int, int]:
    """(calls journalled, intents without an outcome)"""
    return totals_of(folder)["target"].calls, RunView(folder).unresolved


def test_a_raise_waits_for_what_else_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    async def raises(bench: Any, case: Any) -> None:
        await asked(bench, case, "quick")
        raise RuntimeError("made to fail")

    async def examine(self: Any, case: Any, bench: Any) -> None:
        await asyncio.gather(asked(bench, case, "slow"), raises(bench, case))

    examining(monkeypatch, examine)
    outcome = run(plan_for(suite_options={"count": 1}), tmp_path)
    assert "RuntimeError: made to fail" in str(outcome.error)
    assert len(served.answered) == 2 and kept(tmp_path) == (2, 0)


def test_after_a_raise_nothing_more_is_sent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        for number in range(6):
            asyncio.create_task(asked(bench, case, f"slow {number}"))  # noqa: RUF006
        await asked(bench, case, "quick")
        raise RuntimeError("made to fail")

    examining(monkeypatch, examine)
    run(plan_for(suite_options={"count": 1}, limits={"concurrency": 2}), tmp_path)
    calls, lost = kept(tmp_path)
    assert calls == len(served.asked) < 7 and lost == 0


def test_a_return_waits_for_what_is_under_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        asyncio.create_task(asked(bench, case, "slow"))  # noqa: RUF006
        await asked(bench, case, "quick")

    examining(monkeypatch, examine)
    assert run(plan_for(suite_options={"count": 3}), tmp_path).stopped == "complete"
    assert kept(tmp_path) == (6, 0)
    assert [row[7] for row in trials_of(tmp_path)].count("slow") == 3, "its trials are kept too"


def test_what_a_suite_cancels_is_paid_for_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        slow = asyncio.create_task(asked(bench, case, "slow"))
        await asked(bench, case, "quick")
        slow.cancel()

    examining(monkeypatch, examine)
    assert run(plan_for(suite_options={"count": 3}), tmp_path).stopped == "complete"
    assert len(served.answered) == 6 and kept(tmp_path) == (6, 0)


def test_a_task_group_hides_neither_a_stop_nor_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    broken = [False]

    async def raises() -> None:
        raise RuntimeError("made to fail")

    async def examine(self: Any, case: Any, bench: Any) -> None:
        async with asyncio.TaskGroup() as group:
            for number in range(3):
                group.create_task(asked(bench, case, f"slow {number}"))
            if broken[0]:
                group.create_task(raises())

    examining(monkeypatch, examine)
    plan = plan_for(suite_options={"count": 4}, limits={"calls": 10, "concurrency": 12})
    assert run(plan, tmp_path / "r").stopped == "calls cap"
    assert kept(tmp_path / "r") == (len(served.answered), 0)
    more = msgspec.structs.replace(plan, limits=msgspec.structs.replace(plan.limits, calls=None))
    assert run(more, tmp_path / "r").stopped == "complete"
    assert kept(tmp_path / "r") == (12, 0)
    broken[0] = True
    outcome = run(plan, tmp_path / "broken")
    assert "RuntimeError: made to fail" in str(outcome.error)
    assert RunView(tmp_path / "broken").unresolved == 0


def test_a_suite_that_goes_on_after_its_end_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    next_begun: list[asyncio.Event] = []

    async def later(bench: Any, case: Any, go: asyncio.Event) -> None:
        await go.wait()
        await asked(bench, case, "late")

    async def examine(self: Any, case: Any, bench: Any) -> None:
        if next_begun:
            next_begun.pop().set()
        next_begun.append(asyncio.Event())
        self.forgotten = asyncio.create_task(later(bench, case, next_begun[0]))
        await asked(bench, case, "quick")

    examining(monkeypatch, examine)
    plan = plan_for(suite_options={"count": 5}, limits={"concurrency": 1})
    outcome = run(plan, tmp_path)
    assert isinstance(outcome.error, RunError)
    assert "after its `examine` had ended" in str(outcome.error)
    assert not any("late" in said for said in served.asked)


def test_a_suite_with_a_clock_of_its_own_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, served: Served
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        try:
            async with asyncio.timeout(SLOW_S / 5):
                await asked(bench, case, "slow")
        except TimeoutError:
            bench.arm("late").record(Verdict("letter", "1", "error"))

    examining(monkeypatch, examine)
    outcome = run(plan_for(suite_options={"count": 3}), tmp_path)
    assert "cut a call of case" in str(outcome.error)
    assert trials_of(tmp_path) == [], "what it made of its own clock is no trial"


@pytest.mark.parametrize("local", [True, False])
def test_an_interrupt_leaves_nothing_behind_and_loses_nothing_paid(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, local: bool
) -> None:
    """As for calls in `examine` itself: remote ones get time to arrive, local ones are cut off."""
    stop_at = [7]
    served = Served()

    async def answer(self: Any, request: Request) -> Reply:
        if len(served.asked) == stop_at[0]:
            signal.raise_signal(signal.SIGINT)
        return await served.answer(request)

    async def examine(self: Any, case: Any, bench: Any) -> None:
        asyncio.create_task(asked(bench, case, "slow behind"))  # noqa: RUF006
        await asyncio.gather(*(asked(bench, case, f"slow {n}") for n in range(3)))

    monkeypatch.setattr(TestTarget, "answer", answer)
    monkeypatch.setattr(TestTarget, "local", local)
    examining(monkeypatch, examine)
    plan = plan_for(suite_options={"count": 10}, limits={"concurrency": 6})
    assert run(plan, tmp_path / "r", handle_signals=True).stopped == "interrupted"
    calls, lost = kept(tmp_path / "r")
    assert calls == len(served.answered) and calls + lost == len(served.asked)
    assert lost == 0 or local
    stop_at[0] = -1
    assert run(plan, tmp_path / "r").stopped == "complete"
    assert kept(tmp_path / "r")[0] == len(served.answered) == 40
    run(plan, tmp_path / "whole")
    assert trials_of(tmp_path / "r") == trials_of(tmp_path / "whole")
