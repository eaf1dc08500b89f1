"""What judging a run again will cost, before anything is sent.

Read off some of its cases, by letting the judge go up to its first question: the first of every
suite, and of every set of arms in it, for where one kind of case needs the model another may not.
Where a model was named and none of these asks it, all cases are gone through: that nothing will be
spent is said only where it is known.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from heapq import heappush, heappushpop

import msgspec

from auscult.core.protocols import Arm, Judge
from auscult.engine.judging import first_question
from auscult.engine.records import FinishedCase
from auscult.engine.rejudge_cases import Place, Transcripts
from auscult.engine.rejudge_replay import CannotRebuild, Rebuilt
from auscult.engine.rejudge_verdict import judged, most_calls

LOOKED_AT = 64
"""Cases of a suite that a forecast goes through, shared out over its sets of arms: of each of these
one at least."""


class Need(msgspec.Struct, frozen=True):
    cases: int
    done: int
    """Cases that are judged already."""
    trials: int
    asking: int
    most_calls: int
    input_tokens: int
    exact: bool
    """All that is left was looked at, or nobody can be asked."""
    looked_at: int = 0

    def __str__(self) -> str:
        head = f"{self.trials:,} trials of {self.cases:,} cases"
        head += f", {self.done:,} of them judged already" if self.done else ""
        if self.exact and not self.asking:
            return f"{head}; none needs a model"
        calls = f"{self.asking:,} to {self.most_calls:,} calls"
        if self.exact:
            return (
                f"{head}; {self.asking:,} trials need the model: {calls}, at least "
                f"{self.input_tokens:,} tokens to read"
            )
        return (
            f"{head}; read off {self.looked_at:,} cases, about {self.asking:,} trials need the "
            f"model: about {calls}, about {self.input_tokens:,} tokens to read or more"
        )


class _Kind(msgspec.Struct):
    """Cases of one suite that recorded the same arms, and have not been judged."""

    cases: int = 0
    trials: int = 0
    first: list[tuple[int, int]] = []
    """Of the first cases in the run's order: number, negative so that the last leaves a heap, and
    trials."""
    asking: int = 0
    tokens: int = 0

    def note(self, case: FinishedCase) -> None:
        self.cases, self.trials = self.cases + 1, self.trials + len(case.trials)
        keep = heappush if len(self.first) < LOOKED_AT else heappushpop
        keep(self.first, (-case.case_no, len(case.trials)))

    def cut(self, most: int) -> None:
        self.first = sorted(self.first, reverse=True)[:most]

    @property
    def scale(self) -> float:
        """Exactly 1 where all were looked at. Cases that cannot be gone through ask nothing."""
        seen = sum(trials for _, trials in self.first)
        return self.trials / seen if seen and len(self.first) < self.cases else 1.0


class Tally:
    """What is left to be judged, by kind of case."""

    def __init__(self, cases: Transcripts) -> None:
        self._transcripts = cases
        self._cases = self._trials = self._done = 0
        self.next: tuple[Place, int] | None = None
        """The case that is judged first, and how many trials it has."""
        self._kinds: dict[tuple[int, frozenset[str]], _Kind] = {}
        for case, waits in cases.finished():
            self._note(case, waits)
        kinds_of = Counter(suite for suite, _ in self._kinds)
        for (suite, _), kind in self._kinds.items():
            kind.cut(max(1, LOOKED_AT // kinds_of[suite]))

    def _note(self, case: FinishedCase, waits: bool) -> None:
        self._cases, self._trials = self._cases + 1, self._trials + len(case.trials)
        if not waits:
            self._done += 1
            return
        place = (case.suite, case.case_no)
        if self.next is None or place < self.next[0]:
            self.next = place, len(case.trials)
        arms = frozenset(trial.arm for trial in case.trials)
        self._kinds.setdefault((case.suite, arms), _Kind()).note(case)

    async def need(self, judge: Judge, model: str) -> Need:
        kinds = list(self._kinds.values())
        chosen = {(suite, -n): k for (suite, _), k in self._kinds.items() for n, _ in k.first}
        looked_at, left = len(chosen), self._cases - self._done
        for place, heard in await self._heard(judge, chosen):
            chosen[place].asking += len(heard)
            chosen[place].tokens += sum(heard)
        if model and looked_at < left and not any(kind.asking for kind in kinds):
            heard_all = await self._heard(judge, None)
            asked = [tokens for _, heard in heard_all for tokens in heard]
            looked_at, kinds = left, [_Kind(asking=len(asked), tokens=sum(asked))]
        asking = round(sum(kind.asking * kind.scale for kind in kinds))
        tokens = round(sum(kind.tokens * kind.scale for kind in kinds))
        most = asking * sum(most_calls(judge, model).values())
        exact = looked_at == left or not (model or asking)  # where nobody plays it, nobody is asked
        head = (self._cases, self._done, self._trials)
        return Need(*head, asking, most, tokens, exact, looked_at)

    async def _heard(
        self, judge: Judge, only: Collection[Place] | None
    ) -> list[tuple[Place, list[int]]]:
        """Of each case of which something is asked, the tokens of each trial's first question."""
        found = []
        for item, number, case in self._transcripts.feed(self._transcripts.suites, only):
            try:
                shown = await self._transcripts.shown(item.number, case)
            except CannotRebuild:
                continue
            asked = [read for one in shown if (read := await _first_ask(judge, one)) is not None]
            if asked:
                found.append(((item.number, number), asked))
        return found


async def _first_ask(judge: Judge, one: Rebuilt) -> int | None:
    async def reading(arm: Arm) -> object:
        return await judged(judge, one.exhibit, arm)

    return await first_question(reading)
