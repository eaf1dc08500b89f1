"""The run: admits cases in the recorded order, examines many at once, stops cleanly."""

from __future__ import annotations

import sqlite3
from itertools import chain
from pathlib import Path

import msgspec

from auscult.core.errors import AuditError, UsageError
from auscult.engine.bench import Kitchen
from auscult.engine.bind import Bound, BoundSuite, bind, is_trusted, worst_asks
from auscult.engine.budget import Budget, resumed
from auscult.engine.caller import Caller
from auscult.engine.canaries import Canaries, asked_of
from auscult.engine.canaries_kept import cost_of
from auscult.engine.caseindex import CaseIndex
from auscult.engine.clock import monotonic, utcnow
from auscult.engine.judging import Within
from auscult.engine.learning import begin_learning
from auscult.engine.ledger import Ledger
from auscult.engine.manifest import (
    EVERY_SUITE,
    Change,
    Manifest,
    allowed_changes,
    differences,
    make_manifest,
)
from auscult.engine.plan import Plan
from auscult.engine.planfile import checked
from auscult.engine.progress import Progress, SuiteProgress
from auscult.engine.rules import bases_of, begin_stops, cells_of
from auscult.engine.session import Item, Session, schedule
from auscult.engine.state import (
    SuiteState,
    load_pasts,
    load_state,
    reopen_errors,
    restart_conversations,
)
from auscult.engine.stops import StopRecord, Stops, records
from auscult.engine.writer import RoleTotals

DIVERGED = "failed: replaying"


class Options(msgspec.Struct, frozen=True):
    retry_errors: bool = False
    accept_changes: bool = False
    command: str = ""
    handle_signals: bool = False


class Outcome(msgspec.Struct):
    folder: Path
    stopped: str
    error: AuditError | None = None
    finished: int = 0
    planned: int = 0


class Runner:
    def __init__(self, plan: Plan, folder: Path, options: Options, progress: Progress) -> None:
        self.plan, self.folder, self.options, self.progress = plan, folder, options, progress
        self.error: AuditError | None = None

    async def run(self) -> Outcome:
        """Raises for wrong usage before anything is spent; after that the Outcome tells."""
        bound = bind(checked(self.plan))
        ledger = Ledger(self.folder)
        try:
            return await self._with_ledger(bound, ledger)
        finally:
            for role in bound.roles.values():
                await role.target.close()
            ledger.close()

    async def _with_ledger(self, bound: Bound, ledger: Ledger) -> Outcome:
        manifest = self._manifest(bound, ledger)
        index = CaseIndex(self.folder)
        try:
            planned = self._indexed(index, bound, manifest, ledger)
            # Before anything is pinned: a memory with a fault may be mended and tried again.
            learning = begin_learning(bound.suites, planned, bound.roles["target"].target)
            bases = bases_of(self.plan.stop, bound.suites, manifest)
            cells = cells_of(self.plan.stop, bound.suites, index)
            # Pinned once the data could be read: a file with a fault may be mended and tried again.
            ledger.set_meta("manifest", manifest)
            ledger.set_meta("sizes", [index.count(item.number) for item in bound.suites])
            states = load_state(ledger, planned, manifest.base_attempts)
            if self.options.retry_errors:
                reopen_errors(ledger, states)
            pasts = load_pasts(ledger, states)
            if any(role.target.abilities.sessions for role in bound.roles.values()):
                pasts = restart_conversations(ledger, states, pasts)
            budget, spent = self._resumed(ledger)
            stops = begin_stops(self.plan.stop, bound.suites, index, ledger, states, bases, cells)
            ledger.start()
            self._show(bound, ledger, spent, planned, states)
            feed = schedule(index, bound.suites, planned, states, stops)
            first = next(feed, None)
            stopped = await self._canaries(bound, budget, first)
            caller = Caller(
                ledger, budget, bound.pricing, self.plan.limits.retries, self.plan.limits.timeout_s
            )
            caller.gates((role.gate for role in bound.roles.values()), self._deadline())
            learning.read(ledger.cases() if learning.of else (), states)
            kitchen = Kitchen(ledger, caller, bound.roles, bound.judges, self.plan.seed, learning)
            session = Session(
                bound, kitchen, budget, states, pasts, self.progress, self.plan.limits, stops
            )
            if not stopped:
                whole = feed if first is None else chain((first,), feed)
                stopped = await session.work(whole, handle_signals=self.options.handle_signals)
                self.error = session.error or ledger.commit.failure
            stopped = self._why_stopped(stopped, states, stops)
            await ledger.stop(stopped)
        finally:
            await ledger.stop("failed")  # nothing, where it has been stopped
            index.close()
        names = [item.plan.use for item in bound.suites]
        self._remember(ledger, stopped, records(stops, names))
        finished = sum(s.finished for s in states)
        return Outcome(self.folder, stopped, self.error, finished, sum(planned))

    def _resumed(self, ledger: Ledger) -> tuple[Budget, dict[str, RoleTotals]]:
        """What is left of the caps, and what earlier sessions spent, on drift canaries too."""
        beside = cost_of(self.folder)
        spent = beside.beside(ledger.totals())
        lost = (*ledger.unresolved(), *beside.unresolved)
        return resumed(self.plan.limits, spent.values(), lost), spent

    async def _canaries(self, bound: Bound, budget: Budget, first: Item | None) -> str:
        """Empty where the run may go on. None is read where nothing is left to ask, or where the
        caps do not hold all of them and the case that is next: it must not lack what they took."""
        if first is None:
            return ""
        item, _, case = first
        worst = bound.pricing.worst(
            (*worst_asks(bound, item.suite, case), *asked_of(bound, self.plan))
        )
        if budget.admit(worst):
            return ""
        budget.release(worst)
        self.progress.phase = "judging canaries"
        within = Within(budget, self._deadline(), self.options.handle_signals)
        stopped, error = await Canaries(bound, self.plan, self.folder).run(within, self.progress)
        self.progress.phase = "asking"
        self.error = error
        return stopped if error is not None or stopped == "interrupted" else ""

    def _why_stopped(self, stopped: str, states: list[SuiteState], stops: Stops) -> str:
        if self.error is not None:
            return f"failed: {self.error}"
        if stopped == "complete" and any(s.finished < len(s.done) for s in states):
            ruled = all(map(stops.is_closed, stops.of_suite))
            return "stopping rule" if ruled else "stopping rule in part"
        return stopped

    def _manifest(self, bound: Bound, ledger: Ledger) -> Manifest:
        if ledger.meta("purged"):
            raise UsageError(
                f"'{self.folder}' was purged: it can be reported, but neither resumed nor "
                "extended; name another folder with --out"
            )
        new = make_manifest(self.plan, bound, self.options.command, utcnow().isoformat())
        old: Manifest | None = ledger.meta("manifest", Manifest)
        if old is None:
            return new
        changes = differences(old, new)
        stopped = (ledger.meta("stopped") or {}).get("why", "")
        if stopped.startswith(DIVERGED) and self.options.accept_changes and not changes:
            changes = [Change("the suite asked differently on replay", (EVERY_SUITE,))]
        if changes and not self.options.accept_changes:
            listed = "\n".join(f"  - {change.what}" for change in changes)
            raise UsageError(
                f"'{self.folder}' holds a run that differs from what you ask for:\n{listed}\n"
                "Use another --out for a new run, or --accept-changes to ask the affected suites "
                "again in this one."
            )
        new.started, new.command = old.started, old.command
        new.deviations, new.base_attempts = list(old.deviations), dict(old.base_attempts)
        new.plan_hash = old.plan_hash  # as it was before the first call
        if not changes:
            stamp = utcnow().date().isoformat()
            new.deviations += [f"{stamp}: {word}" for word in allowed_changes(old, new)]
        if changes:
            self._accept(
                new, ledger, [c.what for c in changes], {s for c in changes for s in c.suites}
            )
        return new

    def _accept(
        self, manifest: Manifest, ledger: Ledger, words: list[str], touched: set[str]
    ) -> None:
        """Answers given before the change stay in the ledger and out of the figures."""
        top: dict[int, int] = {}
        for kind, width, place in (("call", 4, 1), ("case", 3, 0), ("effect", 3, 0)):
            for _, packed in ledger.keys(kind):
                suites, attempts = packed[place::width], packed[place + 2 :: width]
                for suite, attempt in zip(suites, attempts, strict=True):
                    top[suite] = max(top.get(suite, 0), attempt)
        stamp = utcnow().date().isoformat()
        manifest.deviations.extend(f"{stamp}: accepted: {word}" for word in words)
        for number in range(len(self.plan.suites)):
            if EVERY_SUITE in touched or str(number) in touched:
                manifest.base_attempts[str(number)] = top.get(number, -1) + 1

    def _indexed(
        self, index: CaseIndex, bound: Bound, manifest: Manifest, ledger: Ledger
    ) -> list[int]:
        """How many cases each suite is to ask."""
        strangers = (r.target for r in bound.roles.values() if not is_trusted(self.plan, r.target))
        untrusted = next((target.endpoint for target in strangers), "")
        return [self._index(index, item, manifest, ledger, untrusted) for item in bound.suites]

    def _index(
        self, index: CaseIndex, item: BoundSuite, manifest: Manifest, ledger: Ledger, untrusted: str
    ) -> int:
        parts = [v for k, v in manifest.data.items() if k.startswith(f"{item.number}:")]
        code = [v for k, v in sorted(manifest.sources.items()) if not k.startswith("judges/")]
        base = str(manifest.base_attempts.get(str(item.number), 0))
        options = str(item.plan.options)
        ruled = any(stop.suite == item.plan.use for stop in self.plan.stop)
        head = [item.plan.use, str(self.plan.seed), options, base, "by cluster" * ruled]
        digest = "|".join([*head, *code, *parts])
        self.progress.phase = f"reading the cases of {item.suite.name}"
        if not index.is_ready(item.number, digest):
            cases = item.suite.cases(item.datasets, item.loaders)
            index.build(
                item.number, item.suite, cases, self.plan.seed, digest,
                by_cluster=ruled, untrusted=untrusted,
            )  # fmt: skip
            notes = ledger.meta("data_notes") or {}
            notes[str(item.number)] = {
                name: {
                    "skipped": int(getattr(loader, "n_skipped", 0)),
                    "duplicates": int(getattr(loader, "n_duplicates", 0)),
                    "pictures_missing": int(
                        getattr(getattr(loader, "pictures", None), "n_missing", 0)
                    ),
                }
                for name, loader in item.loaders.items()
            }
            ledger.set_meta("data_notes", notes)
        count = index.count(item.number)
        if count == 0:
            raise UsageError(
                f"suite '{item.suite.name}' has no case to ask: its data hold none; check --data"
            )
        limit = item.plan.limit
        return count if limit is None else min(limit, count)

    def _show(
        self,
        bound: Bound,
        ledger: Ledger,
        spent: dict[str, RoleTotals],
        planned: list[int],
        states: list[SuiteState],
    ) -> None:
        progress = self.progress
        progress.suites = [
            SuiteProgress(item.suite.name, planned[item.number], states[item.number].finished)
            for item in bound.suites
        ]
        progress.phase = "asking"
        progress.began = monotonic()
        progress.seconds_before = ledger.commit.seconds
        progress.unpriced = bool(bound.pricing.unknown())
        minutes = self.plan.limits.minutes
        progress.cap_seconds = minutes * 60 if minutes is not None else None
        for role, totals in spent.items():
            if role in bound.roles:
                bound.roles[role].totals.add(totals)
        progress.totals = [role.totals for role in bound.roles.values()]

    def _deadline(self) -> float | None:
        """When the time cap is reached, by the monotonic clock."""
        progress = self.progress
        if progress.cap_seconds is None:
            return None
        return progress.began + progress.cap_seconds - progress.seconds_before

    def _remember(self, ledger: Ledger, stopped: str, decided: list[StopRecord]) -> None:
        try:
            ledger.set_meta("stops", decided)
            ledger.set_meta("stopped", {"why": stopped, "at": utcnow().isoformat()})
        except sqlite3.Error:  # a full disk must not hide why the run stopped
            if self.error is None:
                raise


async def run_plan(
    plan: Plan, folder: Path, options: Options | None = None, progress: Progress | None = None
) -> Outcome:
    return await Runner(plan, folder, options or Options(), progress or Progress()).run()
