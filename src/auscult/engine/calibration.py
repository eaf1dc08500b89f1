"""The run that measures a judge which asks a model: one labelled answer is one case.

It has the parts of an audit and none of its own: every call is journalled in the run's folder
before it is sent and kept before it is used. So a stopped run goes on where it was stopped, and
nothing is paid for twice. The answers come in a fixed random order in which every label is spread
evenly. What a cap or a limit leaves out is read off it: only its finished start counts, so that
slow answers are not left out.

`drawn` gives the order, `needed` what it will cost, `Calibration` runs it and reads the ledger.
How verdict and label are compared: `kit.judge_agreement`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, cast

import msgspec

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import UsageError
from auscult.core.message import Message, Reply
from auscult.core.protocols import Abilities, Arm, Ask, Bench, Judge, Suite, Target
from auscult.core.verdict import Verdict
from auscult.engine.bind import Bound, BoundSuite, parse_target, price_of
from auscult.engine.budget import Pricing
from auscult.engine.caseindex import pull_of
from auscult.engine.clock import monotonic, utcnow
from auscult.engine.gate import Gate
from auscult.engine.judging import (
    LOCAL_TIMEOUT_S,
    REPLY_TOKENS,
    SEED,
    TIMEOUT_S,
    changes_in,
    count_totals,
    role_of,
    work_through,
)
from auscult.engine.ledger import Ledger, open_reader
from auscult.engine.manifest import make_manifest
from auscult.engine.plan import Limits, Plan, RolePlan, SuitePlan
from auscult.engine.progress import Progress, SuiteProgress
from auscult.engine.run import Outcome
from auscult.engine.session import Item
from auscult.engine.state import SuiteState, load_state
from auscult.kit.judge_labels import LabelledReply, exhibit_of, judge_one
from auscult.kit.panel.probes import probed
from auscult.kit.rubric.probes import Probe

NAME, ARM, ROLE = "judge-calibration", "labelled", "judge"


# --- which answers, and what they cost ----------------------------------------------------------


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


class Need(msgspec.Struct, frozen=True):
    """What a calibration costs: known for the first call of every answer, before any is sent."""

    answers: int
    asking: int
    most_calls: int
    input_tokens: int
    times: int = 1
    """How often each answer is judged: once, and once for each probe."""

    def __str__(self) -> str:
        least = self.asking * self.times
        return (
            f"{self.answers} answers, of which {self.asking} need the model: {least} to "
            f"{self.most_calls} calls, at least {self.input_tokens:,} tokens to read"
        )


async def needed(judge: Judge, rows: Sequence[LabelledReply], *, times: int = 1) -> Need:
    """Found by letting the judge read every answer up to its first question to the model."""
    read = [tokens for row in rows if (tokens := await _first_ask(judge, row)) is not None]
    most = len(read) * sum(_most_calls(judge).values()) * times
    return Need(len(rows), len(read), most, sum(read) * times, times)


def asks_a_model(judge: Judge) -> bool:
    """What the judge says of itself; one that says nothing may still ask, see `needed`."""
    return bool(getattr(judge, "asks", ()))


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


# --- the run ------------------------------------------------------------------------------------


def calibration_plan(
    judge: Judge,
    model: str,
    *,
    calls: int | None,
    concurrency: int,
    others: Mapping[str, str] | None = None,
) -> Plan:
    """The model stands where an audit's target does; `calls` is a hard cap. `others` play the
    further roles of a panel."""
    _check_roles(judge, others or {})
    local = model.partition("?")[0].startswith("local/")
    limits = Limits(
        calls=calls,
        concurrency=concurrency,
        timeout_s=LOCAL_TIMEOUT_S if local else TIMEOUT_S,
    )
    roles = {role: RolePlan(use) for role, use in (others or {}).items()}
    name = f"{NAME}-{judge.name}"
    return Plan(RolePlan(model), (), name=name, seed=SEED, roles=roles, limits=limits)


def _check_roles(judge: Judge, others: Mapping[str, str]) -> None:
    asked = set(getattr(judge, "asks", ())) - {ROLE}
    for role in sorted(asked - others.keys()):
        raise UsageError(
            f"judge '{judge.name}' asks the role '{role}' and nobody plays it; "
            f"add --role {role}=TARGET"
        )
    for role in sorted(others.keys() - asked):
        raise UsageError(f"judge '{judge.name}' asks no role '{role}'; leave it out")


def judge_model(plan: Plan) -> Target:
    return _played(plan.target.use, ROLE)


def _played(use: str, role: str) -> Target:
    spec = parse_target(use, {}, role)
    target: Target = registry.build("targets", spec.kind, spec)
    return target


class LabelledAnswers:
    """What the engine needs of a suite. Each case is one answer, judged once, and once more for
    each probe, by the judge that reads for it."""

    name, version, judges = NAME, "1", ()

    def __init__(
        self, judge: Judge, rows: Sequence[LabelledReply], probes: Mapping[Probe, Judge]
    ) -> None:
        self._judge, self._probes = judge, probes
        self._rows = {_id(row): row for row in rows}

    def cost(self, case: Case, abilities: Abilities) -> Sequence[Ask]:
        times = 1 + len(self._probes)
        return tuple(
            Ask(role, calls * times, len(case.text), REPLY_TOKENS)
            for role, calls in _most_calls(self._judge).items()
        )

    async def examine(self, case: Case, bench: Bench) -> None:
        row = self._rows[case.id]
        arm = bench.arm(ARM)
        arm.record(await judge_one(self._judge, exhibit_of(row), arm))
        for which, judge in self._probes.items():
            arm = bench.arm(which)
            arm.record(await judge_one(judge, exhibit_of(probed(row, which)), arm))


class Heard(msgspec.Struct, frozen=True):
    """What the judge said, and what that took."""

    rows: list[tuple[LabelledReply, Verdict]]
    facts: dict[str, Any]
    outcome: Outcome
    probed: dict[Probe, list[Verdict]] = {}
    """Of the same rows, by probe."""


class Calibration:
    """One run over labelled answers; the parts are those of an audit. `data` says what the rows
    were read from, and how, as digests by name: a folder keeps to what it began with."""

    def __init__(
        self, judge: Judge, rows: Sequence[LabelledReply], plan: Plan, target: Target,
        folder: Path, data: Mapping[str, str], probes: Mapping[Probe, Judge] | None = None,
    ) -> None:  # fmt: skip
        self._judge, self._rows, self._plan = judge, rows, plan
        self._target, self._folder, self._data = target, folder, data
        self._probes = dict(probes or {})
        self._others = {role: _played(r.use, role) for role, r in plan.roles.items()}
        self.progress = Progress()

    async def run(self) -> Outcome:
        """An outcome with an error, or that was interrupted, is the caller's to raise."""
        try:
            ledger = Ledger(self._folder)
            try:
                return await self._with(ledger, self._bound())
            finally:
                await ledger.stop("failed")  # nothing, where it has been stopped
                ledger.close()
        finally:
            for target in (self._target, *self._others.values()):
                await target.close()

    def _bound(self) -> Bound:
        plan, target = self._plan, self._target
        played = {ROLE: target, **self._others}
        planned = {ROLE: plan.target, **plan.roles}
        gates: dict[str, Gate] = {}
        roles = {n: role_of(n, who, planned[n], plan, gates) for n, who in played.items()}
        pricing = Pricing(
            {name: price_of(plan, planned[name], who) for name, who in played.items()}
        )
        # The engine wants somebody in the role target; nobody is asked in it.
        roles["target"] = roles[ROLE]
        suite = cast(Suite, LabelledAnswers(self._judge, self._rows, self._probes))
        item = BoundSuite(0, SuitePlan(NAME), suite, {}, ())
        return Bound(roles, {self._judge.name: self._judge}, [item], pricing, "USD")

    async def _with(self, ledger: Ledger, bound: Bound) -> Outcome:
        self._pin(ledger, bound)
        states = load_state(ledger, [len(self._rows)], {})
        self._show(ledger, bound, states[0])
        feed = self._feed(bound, states[0])
        stopped, error = await work_through(ledger, bound, self._plan, states, self.progress, feed)
        return Outcome(self._folder, stopped, error, states[0].finished, len(self._rows))

    def _pin(self, ledger: Ledger, bound: Bound) -> None:
        """A folder is for one judge, one model and one set of labels. An audit pins its plan in
        the same place, so that neither goes on in the other's folder."""
        played = {name: role for name, role in bound.roles.items() if name != "target"}
        bare = msgspec.structs.replace(bound, suites=[], roles=played)
        new = make_manifest(self._plan, bare, "", utcnow().isoformat())
        new.data = dict(self._data)
        if changes := changes_in(ledger, new):
            raise UsageError(
                f"'{self._folder}' holds something that differs from what you ask for "
                f"({changes}); name another folder with --out"
            )
        ledger.set_meta("manifest", new)

    def _feed(self, bound: Bound, state: SuiteState) -> Iterator[Item]:
        for number, row in enumerate(self._rows):
            if not state.done[number]:
                yield bound.suites[0], number, exhibit_of(row).case

    def _show(self, ledger: Ledger, bound: Bound, state: SuiteState) -> None:
        progress = self.progress
        progress.suites = [SuiteProgress(self._judge.name, len(self._rows), state.finished)]
        progress.phase, progress.began = "judging", monotonic()
        progress.unpriced = bool(bound.pricing.unknown())
        count_totals(ledger, bound, progress)

    def heard(self, outcome: Outcome) -> Heard:
        """Of the finished start of the order, so that slow answers are not left out."""
        reader = open_reader(self._folder)
        try:
            states = load_state(reader, [len(self._rows)], {})
            prefix = states[0].prefix()
            said = {
                c.case_no: {trial.arm: trial.verdicts[0] for trial in c.trials}
                for c in reader.cases()
                if c.case_no < prefix
            }
            totals = list(reader.totals().values())
        finally:
            reader.close()
        facts = {
            "judge_model": self._target.identity,
            "folder": str(self._folder),
            "stopped": outcome.stopped,
            "planned": len(self._rows),
            "calls": sum(t.calls for t in totals),
            "tokens": sum(t.input_tokens + t.output_tokens for t in totals),
        }
        if self._others:
            facts["roles"] = {role: who.identity for role, who in self._others.items()}
        rows = [(row, said[number][ARM]) for number, row in enumerate(self._rows[:prefix])]
        again = {which: [said[n][which] for n in range(prefix)] for which in self._probes}
        return Heard(rows, facts, outcome, again)


def _most_calls(judge: Judge) -> Mapping[str, int]:
    """By role; one call of a judge that does not say."""
    asks: Mapping[str, int] = getattr(judge, "asks", {})
    return asks or {ROLE: 1}


def _id(row: LabelledReply) -> str:
    return exhibit_of(row).case.id
