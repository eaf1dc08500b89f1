"""Before a session asks anything, its judges read a few labelled answers again.

The parts are those of an audit: every call is journalled before it is sent, counts against the
run's caps and waits at the same gates. A judge's canaries are read once a session, so that those
of a resumed run tell whether the instrument changed in between. Nothing here stops a run: a judge
that reads otherwise is told of, and whoever reads the dossier decides.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from auscult.core.case import Case
from auscult.core.errors import AuditError
from auscult.core.protocols import Abilities, Ask, Bench, Judge, Suite
from auscult.engine.bind import Bound, BoundSuite, worst_asks
from auscult.engine.canaries_kept import FOLDER, READINGS, SAID, Reading
from auscult.engine.clock import utcnow
from auscult.engine.judging import REPLY_TOKENS, Within, work_through
from auscult.engine.ledger import Ledger
from auscult.engine.plan import Plan, SuitePlan
from auscult.engine.progress import Progress, SuiteProgress
from auscult.engine.session import Item
from auscult.engine.state import load_state
from auscult.kit.canaries import Canary, canaries_of, row_of
from auscult.kit.judge_labels import exhibit_of, pair_of

NAME, ARM = "canaries", "canary"


def singers(bound: Bound) -> dict[str, tuple[Canary, ...]]:
    """Judges of this run that ask a model, with the answers that they are to read again."""
    found = {name: canaries_of(judge) for name, judge in bound.judges.items()}
    return {
        name: rows for name, rows in found.items() if rows and _bound(bound.judges[name], bound)
    }


def asked_of(bound: Bound, plan: Plan) -> list[Ask]:
    """What a session's canaries cost at most."""
    if not plan.drift_canaries:
        return []
    suite = _Suite(bound, {})
    return [
        ask
        for name, rows in singers(bound).items()
        for number, row in enumerate(rows)
        for ask in worst_asks(bound, cast(Suite, suite), _case(name, row, number))
    ]


class Canaries:
    """One session's reading. `run` gives why it stopped, and the first failure if there was one."""

    def __init__(self, bound: Bound, plan: Plan, folder: Path) -> None:
        self._bound, self._plan, self._folder = bound, plan, folder / FOLDER
        self._singers = singers(bound) if plan.drift_canaries else {}

    async def run(self, within: Within, audit: Progress) -> tuple[str, AuditError | None]:
        """The audit's clock is theirs too, so that its time cap is."""
        if not self._singers:
            return "complete", None
        ledger = Ledger(self._folder)
        try:
            readings: list[Reading] = ledger.meta(READINGS, list[Reading]) or []
            new = self._announced(readings)
            ledger.set_meta(READINGS, [*readings, *new])
            items = self._items(new)
            suite = _Suite(self._bound, {case.id: (name, row) for name, row, _, case in items})
            beside = BoundSuite(0, SuitePlan(NAME), cast(Suite, suite), {}, ())
            bound = msgspec.structs.replace(self._bound, suites=[beside])
            states = load_state(ledger, [_end([*readings, *new])], {})
            progress = Progress(
                suites=[SuiteProgress(NAME, len(items))], began=audit.began,
                seconds_before=audit.seconds_before, cap_seconds=audit.cap_seconds,
            )  # fmt: skip
            feed: Iterator[Item] = ((beside, number, case) for _, _, number, case in items)
            return await work_through(ledger, bound, self._plan, states, progress, feed, within)
        finally:
            await ledger.stop("failed")  # nothing, where it has been stopped
            ledger.close()

    def _announced(self, before: Sequence[Reading]) -> list[Reading]:
        """Kept before anything is asked, so that a reading that is broken off is known as one."""
        at, first = utcnow().isoformat(), _end(before)
        found = []
        for name, rows in self._singers.items():
            judge = self._bound.judges[name]
            models = {
                role: self._bound.roles[role].target.identity for role in getattr(judge, "asks", ())
            }
            ids, labels = tuple(row.id for row in rows), tuple(row.label for row in rows)
            found.append(Reading(at, name, judge.version, models, ids, labels, first))
            first += len(rows)
        return found

    def _items(self, new: Sequence[Reading]) -> list[tuple[str, Canary, int, Case]]:
        return [
            (one.judge, row, one.first + place, _case(one.judge, row, place))
            for one in new
            for place, row in enumerate(self._singers[one.judge])
        ]


class _Suite:
    """What the engine needs of a suite. Each case is one canary."""

    name, version, judges = NAME, "1", ()

    def __init__(self, bound: Bound, rows: Mapping[str, tuple[str, Canary]]) -> None:
        self._judges, self._rows = bound.judges, rows

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        asks: Mapping[str, int] = getattr(self._judges[case.brief.task], "asks", {})
        size = case.brief.extra["size"] // 3
        return [Ask(role, calls, size, REPLY_TOKENS) for role, calls in asks.items()]

    async def examine(self, case: Case, bench: Bench) -> None:
        name, canary = self._rows[case.id]
        row = row_of(canary, 0)
        arm = bench.arm(ARM)
        verdict = await self._judges[name].judge(exhibit_of(row), arm)
        said = pair_of(self._judges[name], row, verdict).judged
        arm.record(verdict, **{SAID: said})


def _case(judge: str, canary: Canary, place: int) -> Case:
    """Of the same name in every session and run, so that a call has the same seed: sessions are
    told apart by the case's number. Else a judge's own chance would look like drift."""
    case = exhibit_of(row_of(canary, place)).case
    size = len(msgspec.json.encode(canary)) + OVERHEAD
    brief = msgspec.structs.replace(case.brief, task=judge, extra={"size": size})
    return msgspec.structs.replace(case, id=f"{judge}/{canary.id}", brief=brief)


OVERHEAD = 6000
"""Characters of a judge's own instructions, at most."""


def _end(readings: Sequence[Reading]) -> int:
    return max((one.first + len(one.ids) for one in readings), default=0)


def _bound(judge: Judge, bound: Bound) -> bool:
    asks: Mapping[str, Any] = getattr(judge, "asks", {})
    return all(role in bound.roles for role in asks)
