"""The run that measures a judge which asks a model: one labelled answer is one case.

It has the parts of an audit and none of its own: every call is journalled in the run's folder
before it is sent and kept before it is used. So a stopped run goes on where it was stopped, and
nothing is paid for twice. The answers come in a fixed random order in which every label is spread
evenly. What a cap or a limit leaves out is read off it: only its finished start counts, so that
slow answers are not left out.

`drawn` gives the order, `needed` what answers will cost, `Calibration` knows which are left, runs
them and reads the ledger.
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
from auscult.core.protocols import Abilities, Arm, Ask, Bench, Judge, Suite, Target
from auscult.core.verdict import Verdict
from auscult.engine.bind import Bound, BoundSuite, parse_target, price_of
from auscult.engine.bind_judges import kin_of_players
from auscult.engine.budget import Pricing
from auscult.engine.caseindex import pull_of
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
    first_question,
    role_of,
    work_through,
)
from auscult.engine.ledger import LEDGER_NAME, Ledger, Reader, open_reader
from auscult.engine.manifest import Manifest, make_manifest
from auscult.engine.plan import Limits, Plan, RolePlan, SuitePlan
from auscult.engine.progress import Progress, SuiteProgress
from auscult.engine.run import Outcome
from auscult.engine.session import Item
from auscult.engine.state import SuiteState, load_state
from auscult.kit.judge_labels import LabelledReply, exhibit_of, judge_one
from auscult.kit.panel.probes import probed
from auscult.kit.rubric.probes import Probe

NAME, ARM = "judge-calibration", "labelled"


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
    """What is left of a calibration costs: known for the first call of every answer, before any is
    sent."""

    answers: int
    """All of them, those that are judged already too."""
    asking: int
    most_calls: int
    input_tokens: int
    times: int = 1
    """How often each answer is judged: once, and once for each probe."""
    done: int = 0

    def __str__(self) -> str:
        least = self.asking * self.times
        head = f"{self.answers} answers, of which"
        if self.done:
            head = f"{self.answers} answers, {self.done} of them judged already; of the others"
        if not self.asking:
            return f"{head} none needs the model"
        return (
            f"{head} {self.asking} need the model: {least} to "
            f"{self.most_calls} calls, at least {self.input_tokens:,} tokens to read"
        )


async def needed(
    judge: Judge, rows: Sequence[LabelledReply], *, times: int = 1, done: int = 0
) -> Need:
    """Found by letting the judge read every answer up to its first question to the model. `done`
    others have been judged already."""
    read = [tokens for row in rows if (tokens := await _first_ask(judge, row)) is not None]
    most = len(read) * sum(_most_calls(judge).values()) * times
    return Need(len(rows) + done, len(read), most, sum(read) * times, times, done)


def asks_a_model(judge: Judge) -> bool:
    """What the judge says of itself; one that says nothing may still ask, see `needed`."""
    return bool(getattr(judge, "asks", ()))


async def _first_ask(judge: Judge, row: LabelledReply) -> int | None:
    async def reading(arm: Arm) -> object:
        return await judge_one(judge, exhibit_of(row), arm)

    return await first_question(reading)


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
    check_roles(judge, _most_calls(judge), others or {})
    local = model.partition("?")[0].startswith("local/")
    limits = Limits(
        calls=calls,
        concurrency=concurrency,
        timeout_s=LOCAL_TIMEOUT_S if local else TIMEOUT_S,
    )
    roles = {role: RolePlan(use) for role, use in (others or {}).items()}
    name = f"{NAME}-{judge.name}"
    return Plan(RolePlan(model), (), name=name, seed=SEED, roles=roles, limits=limits)


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
        self.played: dict[str, Target] = {ROLE: target, **self._others}
        """Who plays which role of the judge."""
        self.kin = kin_of_players(self.played)
        self.progress = Progress()

    async def need(self) -> Need:
        """Of the answers that are left. Refuses what could never be begun."""
        bound, times = self._bound(), 1 + len(self._probes)
        kept = open_reader(self._folder) if (self._folder / LEDGER_NAME).exists() else None
        try:
            if kept is not None:
                self._check_same(kept, self._manifest(bound))
            states = load_state(kept, [len(self._rows)], {}) if kept is not None else []
            done = states[0].done if states else bytearray(len(self._rows))
            left = [row for row, is_done in zip(self._rows, done, strict=True) if not is_done]
            if left:
                worst = sum(_most_calls(self._judge).values()) * times
                check_cap(self._plan.limits.calls, kept, (0, done.find(0), 0), worst)
        finally:
            if kept is not None:
                kept.close()
        return await needed(self._judge, left, times=times, done=len(self._rows) - len(left))

    async def close(self) -> None:
        for target in self.played.values():
            await target.close()

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
            await self.close()

    def _bound(self) -> Bound:
        plan, played = self._plan, self.played
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
        new = self._manifest(bound)
        self._check_same(ledger, new)
        ledger.set_meta("manifest", new)

    def _manifest(self, bound: Bound) -> Manifest:
        played = {name: role for name, role in bound.roles.items() if name != "target"}
        bare = msgspec.structs.replace(bound, suites=[], roles=played)
        new = make_manifest(self._plan, bare, "", utcnow().isoformat())
        new.data = dict(self._data)
        return new

    def _check_same(self, kept: Reader, new: Manifest) -> None:
        """A folder is for one judge, one model and one set of labels. An audit pins its plan in
        the same place, so that neither goes on in the other's folder."""
        if changes := changes_in(kept, new):
            raise UsageError(
                f"'{self._folder}' holds something that differs from what you ask for "
                f"({changes}); name another folder with --out"
            )

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
        if self.kin:
            facts["kinship"] = list(self.kin)
        rows = [(row, said[number][ARM]) for number, row in enumerate(self._rows[:prefix])]
        again = {which: [said[n][which] for n in range(prefix)] for which in self._probes}
        return Heard(rows, facts, outcome, again)


def _most_calls(judge: Judge) -> Mapping[str, int]:
    """By role; one call of a judge that does not say."""
    asks: Mapping[str, int] = getattr(judge, "asks", {})
    return asks or {ROLE: 1}


def _id(row: LabelledReply) -> str:
    return exhibit_of(row).case.id
