"""The workers of one process's share of a run: many cases at once, one order of admission."""

from __future__ import annotations

import asyncio
import heapq
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import suppress
from functools import partial
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.errors import AuditError, LedgerError, RunError, TargetUnusable
from auscult.engine.bench import NOTHING, CaseBench, Kitchen, Past, cut_off
from auscult.engine.bind import Bound, BoundSuite, worst_asks
from auscult.engine.budget import Budget, Spend
from auscult.engine.caller import Halt, StartAgain
from auscult.engine.caseindex import CaseIndex
from auscult.engine.clock import monotonic
from auscult.engine.ledger import CaseKey
from auscult.engine.plan import Limits
from auscult.engine.progress import Progress
from auscult.engine.records import EncodedCase, FinishedCase
from auscult.engine.state import SuiteState
from auscult.engine.stops import Stops, records

GRACE_S = 20.0
"""How long a stopping run waits for remote calls in flight: they are paid for already."""
MOST_CONVERSATIONS = 3
SETTLE_S = 60.0
Item = tuple[BoundSuite, int, Case]


class Session:
    """`work` returns why it stopped; `error` is the machine's first failure, if there was one."""

    def __init__(
        self,
        bound: Bound,
        kitchen: Kitchen,
        budget: Budget,
        states: list[SuiteState],
        pasts: dict[CaseKey, Past],
        progress: Progress,
        limits: Limits,
        stops: Stops,
    ) -> None:
        self._bound, self._kitchen, self._budget = bound, kitchen, budget
        self._states, self._pasts = states, pasts
        self._progress, self._limits, self._stops = progress, limits, stops
        self._interrupted = asyncio.Event()
        self._workers: set[asyncio.Task[None]] = set()
        self._feed: Iterator[Item] = iter(())
        self._pace = 0.0
        self.error: AuditError | None = None

    async def work(self, feed: Iterator[Item], *, handle_signals: bool) -> str:
        self._feed = feed
        concurrency = self._limits.concurrency
        # Cases beyond the slots keep these full while others wait for a commit. Each endpoint has
        # slots of its own, so that a judge's are as full as the target's.
        slots = sum(gate.ceiling for gate in {role.gate for role in self._bound.roles.values()})
        width = 1 if concurrency == 1 else slots + slots // 4 + 8
        self._workers = {asyncio.create_task(self._worker()) for _ in range(width)}
        keepers = [
            asyncio.create_task(self._stop_when_asked()),
            asyncio.create_task(self._kitchen.caller.watch()),
        ]
        signals = (signal.SIGINT, signal.SIGTERM) if handle_signals else ()
        loop = asyncio.get_running_loop()
        for number in signals:
            loop.add_signal_handler(number, self.ask_to_stop)
        try:
            await asyncio.wait(self._workers)
            await self._settle()
        finally:
            for keeper in keepers:
                keeper.cancel()
            for number in signals:
                loop.remove_signal_handler(number)
        for worker in self._workers:
            if not worker.cancelled() and (error := worker.exception()) is not None:
                raise error
        caller = self._kitchen.caller
        return caller.stopping or caller.closed or caller.left_out or "complete"

    async def _settle(self) -> None:
        """What was put is durable before anybody is told that the run is over."""
        caller = self._kitchen.caller
        try:
            await asyncio.wait_for(self._kitchen.ledger.commit.wait(), SETTLE_S)
        except LedgerError as error:
            self._fail(error)
        except TimeoutError:
            self._fail(LedgerError(f"the ledger did not settle within {SETTLE_S:g} s"))
        if caller.fault is not None:
            self._fail(caller.fault)

    def ask_to_stop(self) -> None:
        """Once: a clean stop. Twice: leave at once."""
        if self._interrupted.is_set():
            self._leave_now()
        self._kitchen.caller.stop("interrupted")
        self._interrupted.set()

    def _leave_now(self) -> None:
        for worker in self._workers:
            worker.cancel()

    async def _stop_when_asked(self) -> None:
        """Paid calls in flight get a moment to arrive; a local model is not waited for."""
        await self._interrupted.wait()
        remote = any(not role.target.local for role in self._bound.roles.values())
        if remote and self._kitchen.caller.in_flight:
            self._progress.phase = "stopping: waiting for paid calls in flight"
            await asyncio.wait(self._workers, timeout=GRACE_S)
        self._leave_now()

    def _next(self) -> Item | None:
        caller = self._kitchen.caller
        if self._due():
            caller.closed = caller.closed or "time cap"
        if caller.stopping or caller.closed:
            return None
        return next(self._feed, None)

    async def _snapshot(self, suite: int, number: int) -> Any:
        """What the case may know. A case of an earlier block that was left out, by a cap, is never
        finished: nobody waits for it."""
        caller, learning = self._kitchen.caller, self._kitchen.learning

        def over() -> str:
            return caller.stopping or caller.closed or caller.left_out

        known = await learning.known(suite, number, lambda: bool(over()))
        if known is None and suite in learning.of:
            raise Halt(over())
        return known

    def _due(self) -> bool:
        """Would one more case, at the pace so far, run past the time cap?"""
        cap = self._progress.cap_seconds
        return cap is not None and self._progress.seconds + self._pace > cap

    async def _worker(self) -> None:
        me = asyncio.current_task()
        assert me is not None
        while (item := self._next()) is not None:
            suite, number, case = item
            try:
                await self._examine(suite, number, case, me)
            except Halt:
                continue  # this case; whether there is another is said by what halted it
            except asyncio.CancelledError:
                if not cut_off():
                    self._fail(_cancelled(suite, case))
                return
            except Exception as error:  # noqa: BLE001 - a fault of the suite stops the run at once
                self._fail(_blamed(suite, case, error))
                return

    async def _examine(
        self, item: BoundSuite, number: int, case: Case, worker: asyncio.Task[None]
    ) -> None:
        state = self._states[item.number]
        for _ in range(MOST_CONVERSATIONS):
            try:
                await self._attempt(item, number, case, worker)
            except StartAgain:  # what was spent stays charged; the attempt's replies are left out
                state.redo[number] = state.attempt(number) + 1
            else:
                return
        raise TargetUnusable(
            f"'{self._bound.roles['target'].target.identity}' lost the conversation of case "
            f"'{case.id}' {MOST_CONVERSATIONS} times; check how long it keeps a session"
        )

    async def _attempt(
        self, item: BoundSuite, number: int, case: Case, worker: asyncio.Task[None]
    ) -> None:
        key = (item.number, number, self._states[item.number].attempt(number))
        known = await self._snapshot(item.number, number)
        past = self._pasts.pop(key, NOTHING)
        pot = Spend()
        if self._budget.capped:
            pot = self._bound.pricing.worst(worst_asks(self._bound, item.suite, case))
        await self._admitted(pot, past)
        bench = CaseBench(self._kitchen, item.suite.name, key, case, pot, past, worker)
        bench.known = known
        self._progress.asking = case.id
        began = monotonic()
        try:
            await item.suite.examine(case, bench)
        except (Exception, BaseExceptionGroup) as error:
            raise self._ended_by(item, case, error) from error
        finally:
            if bench.under_way:
                await bench.wait()
            bench.closed = True
            self._budget.release(pot)
            pot.clear()
        if bench.broken is not None:
            raise bench.broken
        # Encoded here, where the suite is known, and not in the ledger's thread.
        body = msgspec.msgpack.encode(_finished(key, case, bench))
        commit = self._kitchen.ledger.commit
        commit.put("case", EncodedCase(*key, body))
        commit.then(partial(self._durable, item, number, bench))
        self._read_rules(item.number, number, bench)
        self._kitchen.learning.note(item.number, number, bench.trials)
        took = monotonic() - began
        self._pace = self._pace + 0.2 * (took - self._pace) if self._pace else took

    def _ended_by(self, item: BoundSuite, case: Case, error: BaseException) -> BaseException:
        """What leaves the case. A suite's own task group wraps our words for it too; a fault fails
        the run before what is under way is waited for, so that nothing more is sent."""
        while isinstance(error, BaseExceptionGroup):
            ours = (e for e in error.exceptions if not isinstance(e, Exception))
            error = next(ours, error.exceptions[0])
        if not isinstance(error, Exception):
            return error
        self._fail(_blamed(item, case, error))
        return Halt("failed")

    async def _admitted(self, pot: Spend, past: Past) -> None:
        """Reserves the case's worst case, less what an earlier session has paid of it. While
        others hold reservations that they may give back, it waits; else the cap is reached."""
        for call in past.calls.values():
            pot.plus(Spend(min(1, pot.calls), min(call.charged, pot.tokens)), -1)
        while blocked := self._budget.admit(pot):
            caller = self._kitchen.caller
            if caller.stopping or caller.closed or self._budget.settled:
                caller.closed = caller.closed or f"{blocked} cap"
                raise Halt(blocked)
            await asyncio.sleep(0.01)

    def _durable(
        self, item: BoundSuite, number: int, bench: CaseBench, error: LedgerError | None
    ) -> None:
        if error is not None:
            return
        state = self._states[item.number]
        state.finish(number)
        progress = self._progress
        mine = progress.suites[item.number]
        mine.finished += 1
        progress.finished_here += 1
        mine.errors += _has_error(bench)

    def _read_rules(self, suite: int, number: int, bench: CaseBench) -> None:
        """Before the case is durable, so that nobody is asked beyond a decision for want of a
        disk. Should it be lost, so is the decision, and both are made again."""
        if suite not in self._stops.of_suite:
            return
        before = len(self._stops.decided[suite])
        self._stops.note(suite, number, bench.case.id, bench.trials)
        if len(self._stops.decided[suite]) > before:
            self._kitchen.ledger.commit.then(self._decided)
            self._states[suite].cut = self._stops.cut(suite)

    def _decided(self, error: LedgerError | None) -> None:
        names = [bound.plan.use for bound in self._bound.suites]
        if error is None:
            with suppress(sqlite3.Error):  # a full disk is told of by the next commit
                self._kitchen.ledger.set_meta("stops", records(self._stops, names))

    def _fail(self, error: AuditError) -> None:
        """The first failure of the machine stops the run; what is in flight is still kept."""
        self.error = self.error or error
        self._kitchen.caller.stop("failed")


def _blamed(item: BoundSuite, case: Case, error: Exception) -> AuditError:
    """What is not an error of ours is a fault of the suite."""
    if isinstance(error, AuditError):
        return error
    fault = RunError(
        f"suite '{item.suite.name}' failed on case '{case.id}': {type(error).__name__}: {error}; "
        "this is a fault of the suite, not of the target"
    )
    fault.__cause__ = error
    return fault


def _cancelled(item: BoundSuite, case: Case) -> RunError:
    return RunError(
        f"suite '{item.suite.name}' cut a call of case '{case.id}' short; this is a fault of the "
        "suite: a call is paid for, and has the plan's own limit (limits.timeout_s)"
    )


def _has_error(bench: CaseBench) -> bool:
    for trial in bench.trials:
        for verdict in trial.verdicts:
            if verdict.behaviour == "error":
                return True
    return False


def _finished(key: CaseKey, case: Case, bench: CaseBench) -> FinishedCase:
    brief = case.brief
    trials = tuple(sorted(bench.trials, key=lambda t: (t.arm, t.repeat)))
    return FinishedCase(
        *key, case.id, case.cluster, brief.specialty, brief.difficulty, brief.groups, trials
    )


def schedule(
    index: CaseIndex,
    suites: list[BoundSuite],
    planned: list[int],
    states: list[SuiteState],
    stops: Stops,
) -> Iterator[Item]:
    """Unfinished cases of all suites, interleaved in proportion, each in its recorded order.
    Suites and cells that know enough are passed over: what is left of the budget is for the
    others."""

    def of(item: BoundSuite) -> Iterator[tuple[tuple[float, int], Item]]:
        total, done = planned[item.number], states[item.number].done
        skips = partial(stops.skips, item.number)
        for number, case in index.page(item.number, 0, total, done, skips):
            if stops.is_closed(item.number):
                return
            if not skips(number):  # decided since the page was read
                yield ((number + 0.5) / total, item.number), (item, number, case)

    if len(suites) == 1:
        yield from (entry for _, entry in of(suites[0]))
        return
    for _, entry in heapq.merge(*map(of, suites), key=lambda pair: pair[0]):
        yield entry
