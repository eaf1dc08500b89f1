"""A finished run judged again, from its ledger: nobody asks the target, and its figures stay.

The new verdicts go into a ledger of their own, `judged/NAME/` in the run's folder, with the parts
of an audit: every call of the judge is journalled before it is sent and kept before it is used. So
a stopped judging goes on where it was stopped, and nothing is paid for twice. A judging is named by
judge, version, model and options; what its ledger pins beyond that (the judge's code, the run) must
not change under it.

Cases as a judge sees them: `rejudge_cases` and `rejudge_replay`. One trial before the judge:
`rejudge_verdict`. What it will cost: `rejudge_forecast`. What is kept, as readers see it:
`rejudge_kept`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.protocols import Abilities, Ask, Bench, Judge, Suite, Target
from auscult.engine.bind import Bound, BoundSuite, parse_target, price_of
from auscult.engine.bind_judges import described, kin_of_players
from auscult.engine.budget import Pricing
from auscult.engine.caller import Halt
from auscult.engine.clock import monotonic, utcnow
from auscult.engine.gate import Gate
from auscult.engine.judging import (
    LOCAL_TIMEOUT_S,
    REPLY_TOKENS,
    ROLE,
    SEED,
    TIMEOUT_S,
    changes_in,
    check_cap,
    check_roles,
    count_totals,
    role_of,
    work_through,
)
from auscult.engine.ledger import LEDGER_NAME, Ledger, open_reader
from auscult.engine.ledger_file import RunLock
from auscult.engine.manifest import make_manifest
from auscult.engine.plan import Limits, Plan, RolePlan, canonical
from auscult.engine.progress import Progress, SuiteProgress
from auscult.engine.rejudge_cases import Place, Transcripts
from auscult.engine.rejudge_forecast import Need, Tally
from auscult.engine.rejudge_kept import (
    ABOUT,
    BESIDE,
    FOLDER,
    NO_EXHIBIT,
    REPLIES,
    SOURCE,
    About,
    Judging,
)
from auscult.engine.rejudge_replay import CannotRebuild
from auscult.engine.rejudge_verdict import (
    Nobody,
    judged,
    most_calls,
    says_it_asks,
    unbound,
)
from auscult.engine.run import Outcome
from auscult.engine.state import SuiteState
from auscult.engine.view import RunView


class Wish(msgspec.Struct, frozen=True):
    """What is asked for: `model` plays a judge that asks one."""

    judge: str
    model: str = ""
    options: dict[str, Any] = {}
    calls: int | None = None
    concurrency: int = 16
    roles: Mapping[str, str] = {}
    """Who plays the further roles of a panel."""


class Rejudging:
    """One judge over one run. `run` may be called anew after a stop, in a new object."""

    def __init__(self, view: RunView, wish: Wish) -> None:
        self._view, self._wish = view, wish
        self._reader, self._parent, self._names = view.parts()
        self._judge: Judge = registry.build("judges", wish.judge, wish.options)
        _check(view, self._judge, wish)
        self._plan = _plan(wish)
        self.played = _played(self._plan, wish)
        """Who plays which role of the judge."""
        self.id = _id(self._judge, wish)
        self.folder = view.folder / FOLDER / self.id
        self.progress = Progress()
        self._most = most_calls(self._judge, wish.model)
        """Calls that one trial takes at most, by role."""
        self._states = _unjudged(self._parent)
        if (self.folder / LEDGER_NAME).exists():
            _mark(self.folder, self._states)
        self._cases = Transcripts(view, self._states, self._judge.name, self.played.values())

    @property
    def judging(self) -> Judging:
        model = ", ".join(who.identity for who in self.played.values() if self._wish.model)
        head = (self._judge.name, self._judge.version, model, self._wish.options)
        return Judging(self.id, About(*head, self._view.plan_hash), self.folder)

    @property
    def kin(self) -> tuple[str, ...]:
        """What is to be known of who plays the judge, beside the run's own target."""
        played = self.played if self._wish.model else {}
        return kin_of_players(played, described(self._view.manifest.roles["target"]))

    @property
    def left_out(self) -> dict[str, int]:
        """Trials of cases that could not be gone through again, by reason."""
        return self._cases.left_out

    async def close(self) -> None:
        await self._cases.close()
        for target in self.played.values():
            await target.close()

    # --- before anything is spent ---------------------------------------------------------------

    async def need(self) -> Need:
        """Refuses what could never be begun, or would ask nobody."""
        tally = Tally(self._cases)
        need = await tally.need(self._judge, self._wish.model)
        self.left_out.clear()
        if need.asking and not self._wish.model:
            raise UsageError(unbound(self._judge.name))
        idle = tally.next is not None and not need.asking and not says_it_asks(self._judge)
        if self._wish.model and idle:
            raise UsageError(f"judge '{self._judge.name}' asks no model; leave --judge-model out")
        if need.exact and not need.asking:
            self._most = {}  # so that no cap keeps a case from being read
        if tally.next is not None:
            self._check_cap(*tally.next)
        return need

    def _check_cap(self, place: Place, trials: int) -> None:
        suite, number = place
        key = (suite, number, self._states[suite].attempt(number))
        worst = trials * sum(self._most.values())
        begun = (self.folder / LEDGER_NAME).exists()
        kept = open_reader(self.folder) if begun and self._wish.calls else None
        try:
            check_cap(self._wish.calls, kept, key, worst)
        finally:
            if kept is not None:
                kept.close()

    # --- the run --------------------------------------------------------------------------------

    async def run(self) -> Outcome:
        """An outcome with an error, or that was interrupted, is the caller's to raise."""
        lock = RunLock(self._view.folder)
        lock.take()  # neither resumed nor purged meanwhile
        try:
            ledger = Ledger(self.folder)
            try:
                return await self._with(ledger, self._bound())
            finally:
                await ledger.stop("failed")  # nothing, where it has been stopped
                ledger.close()
        finally:
            lock.release()

    def _bound(self) -> Bound:
        planned = {ROLE: self._plan.target, **self._plan.roles}
        gates: dict[str, Gate] = {}
        roles = {
            name: role_of(name, who, planned[name], self._plan, gates)
            for name, who in self.played.items()
        }
        prices = {
            name: price_of(self._plan, planned[name], who)
            for name, who in self.played.items()
            if not isinstance(who, Nobody)
        }
        # The engine wants somebody in the role target; nobody is asked in it.
        roles["target"] = roles[ROLE]
        given = self._cases.suites
        suites = [msgspec.structs.replace(item, suite=self._judged(item)) for item in given]
        return Bound(roles, {self._judge.name: self._judge}, suites, Pricing(prices), "USD")

    def _judged(self, item: BoundSuite) -> Suite:
        return cast(Suite, JudgedAgain(self._cases, item, self._judge, self._most))

    async def _with(self, ledger: Ledger, bound: Bound) -> Outcome:
        self._pin(ledger, bound)
        self._show(ledger, bound)
        feed = self._cases.feed(bound.suites)
        stopped, error = await work_through(
            ledger, bound, self._plan, self._states, self.progress, feed
        )
        finished = sum(state.finished for state in self._states)
        planned = sum(state.finished for state in self._parent)
        return Outcome(self.folder, stopped, error, finished, planned)

    def _pin(self, ledger: Ledger, bound: Bound) -> None:
        played = {name: bound.roles[name] for name in self.played}
        bare = msgspec.structs.replace(bound, suites=[], roles=played)
        new = make_manifest(self._plan, bare, "", utcnow().isoformat())
        old_run = self._view.manifest
        new.data = {"the run judged again": _digest([old_run.plan_hash, old_run.started])}
        if changes := changes_in(ledger, new):
            raise UsageError(
                f"'{self.folder}' holds verdicts of this judge, and something has changed since "
                f"({changes}); give the judge a new version, or remove that folder"
            )
        ledger.set_meta("manifest", new)
        ledger.set_meta(ABOUT, self.judging.about)

    def _show(self, ledger: Ledger, bound: Bound) -> None:
        progress = self.progress
        progress.suites = [
            SuiteProgress(name, parent.finished, mine.finished)
            for name, parent, mine in zip(self._names, self._parent, self._states, strict=True)
        ]
        progress.phase, progress.began = "judging", monotonic()
        progress.unpriced = bool(bound.pricing.unknown())
        count_totals(ledger, bound, progress)


class JudgedAgain:
    """What the engine needs of a suite. Each case is one of the run's, all its trials in turn."""

    judges: tuple[str, ...] = ()

    def __init__(
        self, cases: Transcripts, item: BoundSuite, judge: Judge, most: Mapping[str, int]
    ) -> None:
        self.name, self.version = item.suite.name, item.suite.version
        self._cases, self._number, self._judge = cases, item.number, judge
        self._most = most

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        trials = self._cases.trials_of(self._number, case)
        return [
            Ask(role, trials * most, len(case.text), REPLY_TOKENS)
            for role, most in self._most.items()
        ]

    async def examine(self, case: Case, bench: Bench) -> None:
        try:
            shown = await self._cases.shown(self._number, case)
        except CannotRebuild as why:
            raise Halt(str(why)) from why  # this case alone; the same command tries it again
        for one in shown:
            arm = bench.arm(one.trial.arm, one.trial.repeat)
            verdict, why_not = await judged(self._judge, one.exhibit, arm)
            if verdict is None:
                arm.record(**{NO_EXHIBIT: why_not})
            else:
                labels = {SOURCE: one.source, REPLIES: one.replies, BESIDE: list(one.beside)}
                arm.record(verdict, **labels)


def _check(view: RunView, judge: Judge, wish: Wish) -> None:
    if view.parts()[0].meta("purged"):
        raise UsageError(
            f"'{view.folder}' was purged: its transcripts are gone, so nothing is left to judge"
        )
    if not any(suite.finished for suite in view.suites):
        raise UsageError(f"'{view.folder}' has no finished case; run it first")
    if says_it_asks(judge) and not wish.model:
        raise UsageError(unbound(judge.name))
    check_roles(judge, most_calls(judge, wish.model), wish.roles)


def _plan(wish: Wish) -> Plan:
    models = (wish.model, *wish.roles.values())
    local = any(model.partition("?")[0].startswith("local/") for model in models)
    limits = Limits(
        calls=wish.calls,
        concurrency=wish.concurrency,
        timeout_s=LOCAL_TIMEOUT_S if local else TIMEOUT_S,
    )
    return Plan(
        RolePlan(wish.model or Nobody.identity), (), name=f"judged-again-{wish.judge}", seed=SEED,
        roles={role: RolePlan(use) for role, use in wish.roles.items()}, limits=limits,
    )  # fmt: skip


def _played(plan: Plan, wish: Wish) -> dict[str, Target]:
    if not wish.model:
        return {ROLE: Nobody(wish.judge)}
    played: dict[str, Target] = {}
    for role, chosen in {ROLE: plan.target, **plan.roles}.items():
        spec = parse_target(chosen.use, {}, role)
        played[role] = registry.build("targets", spec.kind, spec)
    return played


def _id(judge: Judge, wish: Wish) -> str:
    safe = "".join(c if c.isalnum() else "-" for c in judge.name)
    who = [wish.model, dict(wish.roles)]
    return f"{safe[:40]}-{_digest([judge.name, judge.version, who, wish.options])[:8]}"


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _unjudged(parent: Sequence[SuiteState]) -> list[SuiteState]:
    return [SuiteState(bytearray(len(s.done)), s.base, dict(s.redo)) for s in parent]


def _mark(folder: Path, states: Sequence[SuiteState]) -> None:
    """What this judging has done. A case that the run asked again since is judged again too."""
    reader = open_reader(folder)
    try:
        for _, packed in reader.keys("case"):
            for suite, no, attempt in zip(packed[0::3], packed[1::3], packed[2::3], strict=True):
                if suite < len(states) and attempt == states[suite].attempt(no):
                    states[suite].finish(no)
    finally:
        reader.close()
