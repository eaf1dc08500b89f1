"""Measures a judge that asks a model, on the engine of an audit: one labelled answer is one case.

Every call is journalled under --out before it is sent and kept before it is used. So the same
command goes on where it was stopped, and nothing is paid for twice. What a cap or a limit leaves
out is read off a fixed random order in which every label is spread evenly.
"""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec
import typer

from auscult import api
from auscult.cli.display import note, show_progress
from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.message import Message, Reply
from auscult.core.protocols import Abilities, Arm, Ask, Bench, Judge, Suite, Target
from auscult.core.verdict import Verdict
from auscult.engine.bench import Kitchen
from auscult.engine.bind import Bound, BoundSuite, parse_target, price_of
from auscult.engine.budget import Budget, Pricing, Spend
from auscult.engine.caller import Caller, Role
from auscult.engine.caseindex import pull_of
from auscult.engine.clock import monotonic, utcnow
from auscult.engine.gate import Gate
from auscult.engine.ledger import LEDGER_NAME, Ledger, open_reader
from auscult.engine.manifest import Manifest, differences, file_digest, make_manifest
from auscult.engine.plan import Limits, Plan, RolePlan, SuitePlan, canonical
from auscult.engine.progress import Progress, SuiteProgress
from auscult.engine.run import Outcome
from auscult.engine.session import Item, Session
from auscult.engine.state import SuiteState, load_pasts, load_state
from auscult.engine.stops import Stops
from auscult.kit.judge_labels import LabelledReply, exhibit_of, judge_one

NAME, ARM, ROLE = "judge-calibration", "labelled", "judge"
SEED = 0
REPLY_TOKENS = 400
LOCAL_TIMEOUT_S = 600.0
TOLD = 2


class Wish(msgspec.Struct, frozen=True):
    """What was asked for on the command line, besides the judge and its answers."""

    model: str
    labels: Path
    columns: Any
    """How the file was read: part of what a folder is for."""
    out: Path | None = None
    limit: int | None = None
    cap_calls: int | None = None
    concurrency: int = 16
    yes: bool = False
    quiet: bool = False


class Heard(msgspec.Struct, frozen=True):
    """What the judge said, and what that took."""

    rows: list[tuple[LabelledReply, Verdict]]
    facts: dict[str, Any]
    outcome: Outcome


class Need(msgspec.Struct, frozen=True):
    """What a calibration costs: known for the first call of every answer, before any is sent."""

    answers: int
    asking: int
    most_calls: int
    input_tokens: int

    def __str__(self) -> str:
        return (
            f"{self.answers} answers, of which {self.asking} need the model: {self.asking} to "
            f"{self.most_calls} calls, at least {self.input_tokens:,} tokens to read"
        )


def hear(judge: Judge, rows: Sequence[LabelledReply], wish: Wish) -> Heard:
    """Asks what has not been asked yet, and reads the ledger. An outcome with an error, or that
    was interrupted, is the caller's to raise once it has shown what there is."""
    chosen = drawn(rows, wish.limit)
    need = needed(judge, chosen)
    if not need.asking and ROLE not in getattr(judge, "asks", ()):
        raise UsageError(f"judge '{judge.name}' asks no model; leave --judge-model out")
    plan = _plan(judge, wish)
    target = _model(plan.target.use)
    folder = wish.out or _folder(judge, wish)
    work = Calibration(judge, chosen, plan, target, folder, wish)
    if not (folder / LEDGER_NAME).exists():
        _confirm(need, target, wish)
    with show_progress(work.progress, quiet=wish.quiet):
        outcome = api.run_async(work.run())
    return work.heard(outcome)


def drawn(rows: Sequence[LabelledReply], limit: int | None) -> list[LabelledReply]:
    """The fixed random order, or its start. A larger limit extends it."""
    by_label: dict[str, list[tuple[float, LabelledReply]]] = {}
    for row in rows:
        by_label.setdefault(row.label, []).append((pull_of(SEED, NAME, _id(row)), row))
    placed = [
        ((rank + pull) / len(listed), row.line, row)
        for listed in by_label.values()
        for rank, (pull, row) in enumerate(sorted(listed, key=lambda one: (one[0], one[1].line)))
    ]
    return [row for _, _, row in sorted(placed, key=lambda one: one[:2])][:limit]


def needed(judge: Judge, rows: Sequence[LabelledReply]) -> Need:
    """Found by letting the judge read every answer up to its first question to the model."""

    async def first_asks() -> list[int]:
        return [read for row in rows if (read := await _first_ask(judge, row)) is not None]

    read = asyncio.run(first_asks())
    return Need(len(rows), len(read), len(read) * _most_calls(judge), sum(read))


class _Asked(Exception):
    def __init__(self, tokens: int) -> None:
        self.tokens = tokens


class _Listener:
    """An arm that hears the first question and never answers it."""

    async def ask(self, messages: Sequence[Message], **_: Any) -> Reply:
        raise _Asked(sum(len(message.text) // 4 for message in messages))


async def _first_ask(judge: Judge, row: LabelledReply) -> int | None:
    try:
        await judge_one(judge, exhibit_of(row), cast(Arm, _Listener()))
    except _Asked as asked:
        return asked.tokens
    return None


class LabelledAnswers:
    """What the engine needs of a suite. Each case is one answer, judged once."""

    name, version, judges = NAME, "1", ()

    def __init__(self, judge: Judge, rows: Sequence[LabelledReply]) -> None:
        self._judge = judge
        self._rows = {_id(row): row for row in rows}

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        return (Ask(ROLE, _most_calls(self._judge), len(case.text), REPLY_TOKENS),)

    async def examine(self, case: Case, bench: Bench) -> None:
        arm = bench.arm(ARM)
        arm.record(await judge_one(self._judge, exhibit_of(self._rows[case.id]), arm))


class Calibration:
    """One run over labelled answers; the parts are those of an audit."""

    def __init__(
        self, judge: Judge, rows: Sequence[LabelledReply], plan: Plan, target: Target,
        folder: Path, wish: Wish,
    ) -> None:  # fmt: skip
        self._judge, self._rows, self._plan = judge, rows, plan
        self._target, self._folder, self._wish = target, folder, wish
        self.progress = Progress()

    async def run(self) -> Outcome:
        try:
            ledger = Ledger(self._folder)
            try:
                return await self._with(ledger, self._bound())
            finally:
                await ledger.stop("failed")  # nothing, where it has been stopped
                ledger.close()
        finally:
            await self._target.close()

    def _bound(self) -> Bound:
        plan, target = self._plan, self._target
        width = plan.limits.concurrency
        gate = Gate(target.endpoint, min(width, target.abilities.parallel or width), None, None)
        role = Role(ROLE, target, (), plan.target.sampling, gate)
        # The engine wants somebody in the role target; nobody is asked in it.
        roles = {"target": role, ROLE: role}
        pricing = Pricing({ROLE: price_of(plan, plan.target, target)})
        suite = cast(Suite, LabelledAnswers(self._judge, self._rows))
        item = BoundSuite(0, SuitePlan(NAME), suite, {}, ())
        return Bound(roles, {self._judge.name: self._judge}, [item], pricing, "USD")

    async def _with(self, ledger: Ledger, bound: Bound) -> Outcome:
        self._pin(ledger, bound)
        states = load_state(ledger, [len(self._rows)], {})
        pasts = load_pasts(ledger, states)
        limits = self._plan.limits
        budget = Budget(limits)
        for totals in ledger.totals().values():
            budget.spent.plus(Spend(totals.calls, totals.charged, totals.cost))
        for intent in ledger.unresolved():
            budget.spent.plus(Spend(1, intent.tokens, intent.cost or 0.0))
        self._show(ledger, bound, states[0])
        ledger.start()
        caller = Caller(ledger, budget, bound.pricing, limits.retries, limits.timeout_s)
        caller.gates((bound.roles[ROLE].gate,), None)
        kitchen = Kitchen(ledger, caller, bound.roles, bound.judges, SEED)
        session = Session(
            bound, kitchen, budget, states, pasts, self.progress, limits, Stops({}, {})
        )
        stopped = await session.work(self._feed(bound, states[0]), handle_signals=True)
        error = session.error or ledger.commit.failure
        stopped = f"failed: {error}" if error is not None else stopped
        await ledger.stop(stopped)
        return Outcome(self._folder, stopped, error, states[0].finished, len(self._rows))

    def _pin(self, ledger: Ledger, bound: Bound) -> None:
        """A folder is for one judge, one model and one set of labels. An audit pins its plan in
        the same place, so that neither goes on in the other's folder."""
        bare = msgspec.structs.replace(bound, suites=[], roles={ROLE: bound.roles[ROLE]})
        new = make_manifest(self._plan, bare, "", utcnow().isoformat())
        new.data = {
            "of the labelled answers": file_digest(self._wish.labels),
            "of --prompt, --answer, --label, --fact and --map": _digest(self._wish.columns),
        }
        old: Manifest | None = ledger.meta("manifest", Manifest)
        changes = differences(old, new) if old is not None else []
        if changes:
            listed = "; ".join(change.what for change in changes[:TOLD])
            listed += f"; and {len(changes) - TOLD} more" if len(changes) > TOLD else ""
            raise UsageError(
                f"'{self._folder}' holds something that differs from what you ask for "
                f"({listed}); name another folder with --out"
            )
        ledger.set_meta("manifest", new)

    def _feed(self, bound: Bound, state: SuiteState) -> Iterator[Item]:
        for number, row in enumerate(self._rows):
            if not state.done[number]:
                yield bound.suites[0], number, exhibit_of(row).case

    def _show(self, ledger: Ledger, bound: Bound, state: SuiteState) -> None:
        progress, role = self.progress, bound.roles[ROLE]
        progress.suites = [SuiteProgress(self._judge.name, len(self._rows), state.finished)]
        progress.phase, progress.began = "judging", monotonic()
        progress.unpriced = bool(bound.pricing.unknown())
        for totals in ledger.totals().values():
            role.totals.add(totals)
        progress.totals = [role.totals]

    def heard(self, outcome: Outcome) -> Heard:
        """Of the finished start of the order, so that slow answers are not left out."""
        reader = open_reader(self._folder)
        try:
            states = load_state(reader, [len(self._rows)], {})
            prefix = states[0].prefix()
            said = {
                c.case_no: c.trials[0].verdicts[0] for c in reader.cases() if c.case_no < prefix
            }
            totals = reader.totals().get(ROLE)
        finally:
            reader.close()
        facts = {
            "judge_model": self._target.identity,
            "folder": str(self._folder),
            "stopped": outcome.stopped,
            "planned": len(self._rows),
            "calls": totals.calls if totals else 0,
            "tokens": totals.input_tokens + totals.output_tokens if totals else 0,
        }
        rows = [(row, said[number]) for number, row in enumerate(self._rows[:prefix])]
        return Heard(rows, facts, outcome)


def _model(use: str) -> Target:
    spec = parse_target(use, {}, ROLE)
    target: Target = registry.build("targets", spec.kind, spec)
    return target


def _plan(judge: Judge, wish: Wish) -> Plan:
    local = wish.model.partition("?")[0].startswith("local/")
    limits = Limits(
        calls=wish.cap_calls,
        concurrency=wish.concurrency,
        timeout_s=LOCAL_TIMEOUT_S if local else 300.0,
    )
    return Plan(RolePlan(wish.model), (), name=f"{NAME}-{judge.name}", seed=SEED, limits=limits)


def _folder(judge: Judge, wish: Wish) -> Path:
    """The same command lands in the same folder, and so goes on. A limit is no part of it."""
    model = wish.model.partition("?")[0].replace("/", "-")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in f"{judge.name}-{model}")
    about = (file_digest(wish.labels), wish.model, wish.columns, judge.version)
    return api.RUNS / f"judge-{safe[:50]}-{_digest(about)[:8]}"


def _confirm(need: Need, target: Target, wish: Wish) -> None:
    """Somebody may be about to pay: show what, and ask. Local and loopback models are free."""
    if not wish.quiet or not (wish.yes or target.local):
        note(f"{target.identity} at {target.endpoint}: {need}", style="")
    if wish.yes or target.local:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask: add --yes to spend this")
    if not typer.confirm("Go on?", default=False):
        raise UsageError("nothing was asked and nothing was spent")


def _most_calls(judge: Judge) -> int:
    asks: Mapping[str, int] = getattr(judge, "asks", {})
    return asks.get(ROLE, 1)


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()


def _id(row: LabelledReply) -> str:
    return exhibit_of(row).case.id
