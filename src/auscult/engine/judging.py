"""What runs of a judge share that are no audits: a calibration, and a run judged again.

Both go through cases with the parts of an audit, so that every call is journalled before it is sent
and a stopped one goes on where it was stopped. Their ledgers pin what they are of. What either will
cost is found by letting the judge read up to its first question.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from datetime import datetime
from random import Random
from typing import Any, NamedTuple, cast

from auscult.core.errors import AuditError, UsageError
from auscult.core.message import Message, Reply
from auscult.core.protocols import Arm, Judge, Target
from auscult.engine.bench import Kitchen, draws_of
from auscult.engine.bind import Bound
from auscult.engine.budget import Budget, resumed
from auscult.engine.caller import Caller, Role
from auscult.engine.clock import utcnow
from auscult.engine.gate import Gate
from auscult.engine.learning import Learning
from auscult.engine.ledger import CaseKey, Ledger, Reader
from auscult.engine.manifest import Manifest, differences
from auscult.engine.plan import Plan, RolePlan
from auscult.engine.progress import Progress
from auscult.engine.session import Item, Session
from auscult.engine.state import SuiteState, load_pasts
from auscult.engine.stops import Stops

SEED = 0
ROLE = "judge"
"""Whom --judge-model names; the further roles of a panel have names of their own."""
REPLY_TOKENS = 400
TIMEOUT_S, LOCAL_TIMEOUT_S = 300.0, 600.0
TOLD = 2
"""How many of the differences from an earlier run a refusal names."""


# --- before anything is spent ---------------------------------------------------------------------


def check_roles(judge: Judge, asked: Collection[str], given: Collection[str]) -> None:
    """`given` are the roles that somebody was named for, besides whom --judge-model names."""
    if ROLE in given:
        raise UsageError(
            f"--judge-model says who plays the role '{ROLE}'; leave --role {ROLE}=TARGET out"
        )
    for role in sorted(set(asked) - set(given) - {ROLE}):
        raise UsageError(
            f"judge '{judge.name}' asks the role '{role}' and nobody plays it; "
            f"add --role {role}=TARGET"
        )
    for role in sorted(set(given) - set(asked)):
        raise UsageError(f"judge '{judge.name}' asks no role '{role}'; leave --role {role} out")


class _Asked(BaseException):
    """No Exception, so that a judge's own `except Exception` cannot hide that it asks."""

    def __init__(self, tokens: int) -> None:
        self.tokens = tokens


class _Listener:
    """An arm that hears the first question and never answers it."""

    async def ask(self, messages: Sequence[Message], **_: Any) -> Reply:
        raise _Asked(sum(len(message.text) // 4 for message in messages))

    def rng(self, label: str) -> Random:
        return draws_of(SEED, "", "", label)

    def now(self, label: str = "now") -> datetime:
        return utcnow()


async def first_question(reading: Callable[[Arm], Awaitable[object]]) -> int | None:
    """Tokens of what a judge asks first; None where it asks nothing."""
    try:
        await reading(cast(Arm, _Listener()))
    except _Asked as asked:
        return asked.tokens
    except BaseExceptionGroup as several:  # of a judge that asks in a task group
        first: BaseException = several
        while isinstance(first, BaseExceptionGroup):
            first = first.exceptions[0]
        if not isinstance(first, _Asked):
            raise
        return first.tokens
    return None


def check_cap(cap: int | None, kept: Reader | None, key: CaseKey, worst: int) -> None:
    """A case begins only where its worst fits under the cap, with all that was spent before. The
    next one is `key`: where not even that fits, the same command would never go on."""
    if cap is None or not worst:
        return
    spent = paid = 0
    if kept is not None:
        spent = sum(totals.calls for totals in kept.totals().values()) + len(kept.unresolved())
        paid = len(kept.calls_of(key.__eq__).get(key, ()))
    more = max(worst - paid, 1)
    if spent + more > cap:
        next_one = f"what is judged next may take {more:,} calls"
        if spent:
            next_one = f"it covers all sessions, {spent:,} calls were made already, and {next_one}"
        raise UsageError(
            f"--cap-calls {cap} is too low: {next_one}; give {spent + more:,} at least"
        )


# --- the run --------------------------------------------------------------------------------------


def role_of(name: str, who: Target, played: RolePlan, plan: Plan, gates: dict[str, Gate]) -> Role:
    """`gates` are those of the roles before it: one endpoint has one."""
    width = plan.limits.concurrency
    width = min(width, who.abilities.parallel or width)
    gate = gates.setdefault(who.endpoint, Gate(who.endpoint, width, None, None))
    return Role(name, who, (), played.sampling, gate)


def changes_in(ledger: Reader, new: Manifest) -> str:
    """What differs from what the ledger was begun with, the first of it; empty where nothing."""
    old: Manifest | None = ledger.meta("manifest", Manifest)
    changes = differences(old, new) if old is not None else []
    listed = "; ".join(change.what for change in changes[:TOLD])
    return listed + (f"; and {len(changes) - TOLD} more" if len(changes) > TOLD else "")


def count_totals(ledger: Ledger, bound: Bound, progress: Progress) -> None:
    for name, totals in ledger.totals().items():
        bound.roles[name].totals.add(totals)
    progress.totals = [role.totals for name, role in bound.roles.items() if name != "target"]


class Within(NamedTuple):
    """The audit that it is part of, if of any."""

    budget: Budget
    deadline: float | None = None
    handle_signals: bool = True


async def work_through(
    ledger: Ledger,
    bound: Bound,
    plan: Plan,
    states: list[SuiteState],
    progress: Progress,
    feed: Iterator[Item],
    within: Within | None = None,
) -> tuple[str, AuditError | None]:
    """Why it stopped, and the first failure if there was one."""
    limits = plan.limits
    pasts = load_pasts(ledger, states)
    if within is None:
        within = Within(resumed(limits, ledger.totals().values(), ledger.unresolved()))
    budget = within.budget
    ledger.start()
    caller = Caller(ledger, budget, bound.pricing, limits.retries, limits.timeout_s)
    caller.gates(
        {id(role.gate): role.gate for role in bound.roles.values()}.values(), within.deadline
    )
    kitchen = Kitchen(ledger, caller, bound.roles, bound.judges, SEED, Learning({}))
    session = Session(bound, kitchen, budget, states, pasts, progress, limits, Stops({}, {}))
    stopped = await session.work(feed, handle_signals=within.handle_signals)
    error = session.error or ledger.commit.failure
    stopped = f"failed: {error}" if error is not None else stopped
    await ledger.stop(stopped)
    return stopped, error
