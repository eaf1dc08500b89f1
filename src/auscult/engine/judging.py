"""What runs of a judge share that are no audits: a calibration, and a run judged again.

Both go through cases with the parts of an audit, so that every call is journalled before it is sent
and a stopped one goes on where it was stopped. Their ledgers pin what they are of.
"""

from __future__ import annotations

from collections.abc import Iterator

from auscult.core.errors import AuditError
from auscult.core.protocols import Target
from auscult.engine.bench import Kitchen
from auscult.engine.bind import Bound
from auscult.engine.budget import resumed
from auscult.engine.caller import Caller, Role
from auscult.engine.gate import Gate
from auscult.engine.learning import Learning
from auscult.engine.ledger import Ledger
from auscult.engine.manifest import Manifest, differences
from auscult.engine.plan import Plan, RolePlan
from auscult.engine.progress import Progress
from auscult.engine.session import Item, Session
from auscult.engine.state import SuiteState, load_pasts
from auscult.engine.stops import Stops

SEED = 0
REPLY_TOKENS = 400
TIMEOUT_S, LOCAL_TIMEOUT_S = 300.0, 600.0
TOLD = 2
"""How many of the differences from an earlier run a refusal names."""


def role_of(name: str, who: Target, played: RolePlan, plan: Plan, gates: dict[str, Gate]) -> Role:
    """`gates` are those of the roles before it: one endpoint has one."""
    width = plan.limits.concurrency
    width = min(width, who.abilities.parallel or width)
    gate = gates.setdefault(who.endpoint, Gate(who.endpoint, width, None, None))
    return Role(name, who, (), played.sampling, gate)


def changes_in(ledger: Ledger, new: Manifest) -> str:
    """What differs from what the ledger was begun with, the first of it; empty where nothing."""
    old: Manifest | None = ledger.meta("manifest", Manifest)
    changes = differences(old, new) if old is not None else []
    listed = "; ".join(change.what for change in changes[:TOLD])
    return listed + (f"; and {len(changes) - TOLD} more" if len(changes) > TOLD else "")


def count_totals(ledger: Ledger, bound: Bound, progress: Progress) -> None:
    for name, totals in ledger.totals().items():
        bound.roles[name].totals.add(totals)
    progress.totals = [role.totals for name, role in bound.roles.items() if name != "target"]


async def work_through(
    ledger: Ledger,
    bound: Bound,
    plan: Plan,
    states: list[SuiteState],
    progress: Progress,
    feed: Iterator[Item],
) -> tuple[str, AuditError | None]:
    """Why it stopped, and the first failure if there was one."""
    limits = plan.limits
    pasts = load_pasts(ledger, states)
    budget = resumed(limits, ledger.totals().values(), ledger.unresolved())
    ledger.start()
    caller = Caller(ledger, budget, bound.pricing, limits.retries, limits.timeout_s)
    caller.gates({id(role.gate): role.gate for role in bound.roles.values()}.values(), None)
    kitchen = Kitchen(ledger, caller, bound.roles, bound.judges, SEED, Learning({}))
    session = Session(bound, kitchen, budget, states, pasts, progress, limits, Stops({}, {}))
    stopped = await session.work(feed, handle_signals=True)
    error = session.error or ledger.commit.failure
    stopped = f"failed: {error}" if error is not None else stopped
    await ledger.stop(stopped)
    return stopped, error
