"""What a judge was shown in a finished case, found by letting its suite go through it once more.

A suite's facts (options as displayed, the key, canaries, a rubric) are its own and are not kept.
But a finished case is replayed exactly: the suite runs on a bench that answers every call from the
ledger and asks nobody, and what it puts before its judges is caught on the way. Each request must
have the digest of the one in the ledger; a case that now goes another way is not judged, and the
reason is counted.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal, NoReturn, cast

import msgspec

from auscult.core.case import Case
from auscult.core.errors import Divergence, RunError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Arm, Exhibit, Judge, Suite
from auscult.core.verdict import Verdict
from auscult.engine.bench import CaseBench, Kitchen, Past, arm_path
from auscult.engine.budget import Spend
from auscult.engine.caller import Caller, Role, encode_request
from auscult.engine.learning import Learning
from auscult.engine.ledger import CaseKey, Ledger
from auscult.engine.records import Call, FinishedCase, TrialRow

From = Literal["suite", "transcript"]
TrialKey = tuple[str, int]
"""(arm, repeat)"""


class CannotRebuild(Exception):
    """Says in a sentence why a case cannot be gone through again."""


class NotKept(RunError):
    """The suite now wants something that the ledger does not hold."""


class Shown(msgspec.Struct, frozen=True):
    judge: str
    exhibit: Exhibit


class Rebuilt(msgspec.Struct, frozen=True):
    """One trial as it is put before a judge. `beside` are the judges that saw the same reply."""

    trial: TrialRow
    exhibit: Exhibit | None
    """None where the target was not asked: there is nothing to judge."""
    source: From = "suite"
    """Where the exhibit is from: what the suite showed, or the last call alone, without facts."""
    replies: int = 0
    """Of the target, in this trial."""
    beside: tuple[str, ...] = ()


class Again(msgspec.Struct, frozen=True):
    """What the cases of one run share."""

    roles: dict[str, Role]
    judges: Mapping[str, Judge]
    seed: int


async def rebuilt(
    again: Again, suite: Suite, case: Case, finished: FinishedCase, past: Past, known: Any,
    judge: str,
) -> list[Rebuilt]:  # fmt: skip
    """The trials of a case, each with what `judge` is to see. Raises CannotRebuild."""
    kept = {_key(trial): trial for trial in finished.trials}
    calls = OldCalls()
    shown: dict[TrialKey, list[Shown]] = {}
    kitchen = Kitchen(
        cast(Ledger, _NoLedger()), cast(Caller, calls), again.roles, {}, again.seed, Learning({})
    )
    home = asyncio.current_task()
    assert home is not None
    key: CaseKey = (finished.suite, finished.case_no, finished.attempt)
    bench = CaseBench(kitchen, suite.name, key, case, Spend(), past, cast(Any, home))
    bench.known = known
    kitchen.judges = {
        name: _Watched(one, bench, kept, shown.setdefault) for name, one in again.judges.items()
    }
    try:
        await suite.examine(case, bench)
    except (Exception, BaseExceptionGroup) as error:  # it is counted
        raise CannotRebuild(_why(bench.broken or error)) from error
    finally:
        if bench.under_way:
            await bench.wait()
        bench.closed = True
    if bench.broken is not None:
        raise CannotRebuild(_why(bench.broken)) from bench.broken
    if {_key(trial) for trial in bench.trials} != kept.keys():
        raise CannotRebuild("the suite now records other trials than it did")
    return [_put(trial, shown.get(key, []), calls, case, judge) for key, trial in kept.items()]


class OldCalls:
    """Stands where a run's caller does, and sends nothing."""

    def __init__(self) -> None:
        self.made: dict[str, tuple[Request, Reply]] = {}

    async def call(
        self, role: Role, request: Request, key: CaseKey, path: str,
        replay: dict[str, Call], gave_up: int | None, pot: Spend,
    ) -> Reply:  # fmt: skip
        reply = _kept(request, path, replay, gave_up)
        if role.name == "target":
            shown = request.messages[len(role.system) :]
            self.made[path] = (msgspec.structs.replace(request, messages=shown), reply)
        return reply

    def fail(self, fault: RunError) -> None:
        """The bench raises it as well."""


def _kept(request: Request, path: str, replay: dict[str, Call], gave_up: int | None) -> Reply:
    """The reply of the last try, as the run itself met it."""
    tried = 0
    while True:
        known = replay.get(f"{path}/{tried}")
        if known is None:
            raise NotKept(f"the suite now asks '{path}', which the run did not")
        if known.digest != encode_request(request)[1]:
            raise Divergence(f"the suite now asks something else at '{path}'")
        final = tried == gave_up or f"{path}/{tried + 1}" not in replay
        if final or not (known.reply.status == "error" and known.reply.retry):
            return known.reply
        tried += 1
        request = msgspec.structs.replace(request, seed=request.seed + 1)


class _NoLedger:
    """Nothing new may happen in a case that is finished."""

    @property
    def commit(self) -> _NoLedger:
        return self

    def put(self, kind: str, record: Any) -> NoReturn:
        raise NotKept(f"the suite now needs '{record.path}', which the run did not")


class _Watched:
    """A judge of the suite's own. It judges as it did, so that the suite goes the same way. Where
    it asks a model and now asks something else, its kept verdict stands for it."""

    def __init__(self, judge: Judge, bench: CaseBench, kept: dict[TrialKey, TrialRow], keep: Any):
        self.name, self.version = judge.name, judge.version
        self._judge, self._bench, self._kept, self._keep = judge, bench, kept, keep

    async def judge(self, exhibit: Exhibit, arm: Arm) -> Verdict:
        key = (str(getattr(arm, "name", "")), int(getattr(arm, "repeat", 0)))
        self._keep(key, []).append(Shown(self.name, exhibit))
        before = self._bench.broken
        try:
            return await self._judge.judge(exhibit, arm)
        except (Divergence, NotKept):
            trial = self._kept.get(key)
            said = [v for v in trial.verdicts if v.judge == self.name] if trial else []
            if len(said) != 1:
                raise
            self._bench.broken = before
            return said[0]


def _put(
    trial: TrialRow, shown: list[Shown], calls: OldCalls, case: Case, judge: str
) -> Rebuilt:  # fmt: skip
    start = f"{arm_path(*_key(trial))}/target/"
    asked = [calls.made[path] for path in trial.calls if path.startswith(start)]
    verdicts = {verdict.judge for verdict in trial.verdicts}
    if not shown:
        if not asked:
            return Rebuilt(trial, None)
        request, reply = asked[-1]
        exhibit = Exhibit(case, request.messages, reply)
        return Rebuilt(trial, exhibit, "transcript", len(asked), tuple(sorted(verdicts)))
    chosen = _chosen(shown, verdicts, judge)
    same = [one for one in shown if _is_same(one.exhibit, chosen.exhibit)]
    facts = {name: fact for one in reversed(same) for name, fact in one.exhibit.facts.items()}
    facts |= chosen.exhibit.facts
    exhibit = msgspec.structs.replace(chosen.exhibit, facts=facts)
    beside = tuple(sorted({one.judge for one in same} & verdicts))
    return Rebuilt(trial, exhibit, "suite", len(asked), beside)


def _chosen(shown: list[Shown], verdicts: set[str], judge: str) -> Shown:
    """Of several things that a suite showed in one trial: what the judge of this name saw, else
    the first of which a verdict was recorded."""
    for wanted in ({judge} & verdicts, {judge}, verdicts):
        for one in shown:
            if one.judge in wanted:
                return one
    return shown[0]


def _is_same(one: Exhibit, other: Exhibit) -> bool:
    return one.reply == other.reply and one.messages == other.messages


def _key(trial: TrialRow) -> TrialKey:
    return trial.arm, trial.repeat


def _why(error: BaseException) -> str:
    """The first of what went wrong, in one line."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    if isinstance(error, Divergence | NotKept):
        return str(error).partition(" at '")[0].partition(" '")[0]
    if isinstance(error, OSError):
        return f"a file of its data cannot be read ({error.strerror})"
    return f"{type(error).__name__}: {error}"[:200]
