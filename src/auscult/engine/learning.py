"""What suites learn from case to case: immutable snapshots, one a block of the recorded order.

A case waits until every case of the blocks before its own is finished, and is then shown what those
came to, in case order. So the same run asks the same questions however fast each reply came. What
was learnt stays as learnt: a case that is asked again after an error teaches nothing anew.
"""

from __future__ import annotations

import asyncio
import hashlib
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from typing import Any

import msgspec

from auscult.core.protocols import Learns, Target
from auscult.engine.bind import BoundSuite
from auscult.engine.blocks import block_ends
from auscult.engine.records import FinishedCase
from auscult.engine.state import SuiteState
from auscult.stats.watched import Row

LOOK_S = 0.2
"""How often a waiting case looks whether the run is over."""


def digest_of(fingerprint: Mapping[str, Any]) -> str:
    """Of a target's configuration: another one means that the target changed."""
    body = msgspec.json.encode(dict(fingerprint), order="deterministic")
    return hashlib.sha256(body).hexdigest()[:16]


class Learner:
    """Of one suite."""

    def __init__(self, suite: Learns, cases: int, known: Any) -> None:
        self.suite = suite
        self.ends = list(block_ends(cases))
        self.snapshots = [known]
        """What each block sees; those that are not there yet wait for cases."""
        self._lessons: dict[int, Any] = {}
        self._arrived = asyncio.Event()

    def block(self, number: int) -> int:
        return bisect_right(self.ends, number)

    def note(self, number: int, trials: Sequence[Row]) -> bool:
        """Whether it was new."""
        first = self.ends[len(self.snapshots) - 2] if len(self.snapshots) > 1 else 0
        if number < first or number in self._lessons:
            return False
        self._lessons[number] = self.suite.lesson(trials)
        return True

    def advance(self) -> None:
        while len(self.snapshots) <= len(self.ends):
            block = len(self.snapshots) - 1
            cases = range(self.ends[block - 1] if block else 0, self.ends[block])
            if not all(n in self._lessons for n in cases):
                return
            lessons = [self._lessons.pop(n) for n in cases]
            self.snapshots.append(self.suite.learn(self.snapshots[-1], lessons))
            self._arrived.set()
            self._arrived = asyncio.Event()

    async def snapshot(self, number: int, over: Callable[[], bool]) -> Any:
        """None where the run is over before it is there."""
        block = self.block(number)
        while len(self.snapshots) <= block:
            if over():
                return None
            with suppress(TimeoutError):
                await asyncio.wait_for(self._arrived.wait(), LOOK_S)
        return self.snapshots[block]


class Learning:
    """Of all suites of a run that learn. No stopping rule may read one of them: what a rule passes
    over would depend on attempts, and with it what was learnt."""

    def __init__(self, learners: dict[int, Learner]) -> None:
        self.of = learners

    def note(self, suite: int, number: int, trials: Sequence[Row]) -> None:
        learner = self.of.get(suite)
        if learner is not None and learner.note(number, trials):
            learner.advance()

    def read(self, cases: Iterable[FinishedCase], states: Sequence[SuiteState]) -> None:
        """What a ledger holds already: of each case the first attempt that counts."""
        if not self.of:
            return
        first: dict[tuple[int, int], FinishedCase] = {}
        for case in cases:
            if case.suite in self.of and case.attempt >= states[case.suite].base:
                held = first.get((case.suite, case.case_no))
                if held is None or case.attempt < held.attempt:
                    first[case.suite, case.case_no] = case
        for (suite, number), case in first.items():
            if number < len(states[suite].done):
                self.of[suite].note(number, case.trials)
        for learner in self.of.values():
            learner.advance()

    async def known(self, suite: int, number: int, over: Callable[[], bool]) -> Any:
        """What a case may see; None of suites that do not learn, and where the run is over before
        it is there."""
        learner = self.of.get(suite)
        return None if learner is None else await learner.snapshot(number, over)


def begin_learning(
    suites: Sequence[BoundSuite], planned: Sequence[int], target: Target
) -> Learning:
    mark = digest_of(target.fingerprint)
    learners = {
        item.number: Learner(
            item.suite, planned[item.number], item.suite.begin(target.identity, mark)
        )
        for item in suites
        if isinstance(item.suite, Learns)
    }
    return Learning(learners)
