"""Stopping rules at work. They read the contiguous finished prefix of the recorded order, cluster
by cluster, and nothing else: so a decision is the same whichever replies came first, and can be
made again from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from auscult.core.errors import Fault, RunError
from auscult.core.protocols import Suite, Watched
from auscult.core.registry import did_you_mean
from auscult.engine.declared import StopPlan
from auscult.engine.records import FinishedCase
from auscult.stats.stopping import Decision, Monitor, NotWorse
from auscult.stats.watched import NOT_APPLICABLE, Row, Value, case_value, mean_value, minus

if TYPE_CHECKING:
    from auscult.engine.state import SuiteState

PAIRED = (-1.0, 1.0)
Read = tuple[str, list[Value]]
"""A case, and what it gives to each rule of its suite."""


class Stop:
    """One declared rule and what it has read."""

    def __init__(
        self,
        plan: StopPlan,
        watched: Watched,
        rules: int,
        *,
        clusters: int,
        one_case_each: bool,
        base: Mapping[str, Value] | None = None,
    ) -> None:
        self.plan, self.watched, self.base = plan, watched, base
        rule = msgspec.structs.replace(plan.rule, alpha=plan.rule.alpha / rules)
        if isinstance(rule, NotWorse):  # the suite knows which way is worse
            rule = msgspec.structs.replace(rule, better=watched.better)
        counted = watched.yes_no and one_case_each and base is None
        self.monitor = Monitor(
            rule,
            kind="yes-no" if counted else "betting",
            bounds=PAIRED if base is not None else watched.bounds,
            population=clusters if plan.population == "this pack" else None,
        )
        self.total = 0.0
        self.read = 0
        self.not_applicable = 0
        self.unmatched = 0
        self.cut: int | None = None
        """How many cases of the order the decision has read; None while there is none."""

    def value(self, case_id: str, trials: Sequence[Row]) -> Value:
        mine = case_value(self.watched, trials)
        if self.base is None:
            return mine
        return minus(mine, self.base.get(case_id, NOT_APPLICABLE))

    def push(self, cases: Sequence[tuple[str, Value]], cases_read: int) -> None:
        """The next cluster, whole. One with no applicable case says nothing, except of a fixed
        pack, of which it is a part nobody has seen."""
        if self.cut is not None:
            return
        if self.base is not None:
            self.unmatched += sum(case_id not in self.base for case_id, _ in cases)
        value = mean_value(value for _, value in cases)
        if isinstance(value, str):
            self.not_applicable += 1
            if self.monitor.population is None:
                return
            value = None
        try:
            stop = self.monitor.push(value).stop
        except ValueError as error:
            raise RunError(
                f"the stopping rule on {self.plan.name} cannot read case '{cases[0][0]}': {error}; "
                "this is a fault of the suite, not of the target"
            ) from error
        if value is not None:
            self.total += value
            self.read += 1
        if stop:
            self.cut = cases_read

    @property
    def decision(self) -> Decision:
        return self.monitor.decision


class Stops:
    """All rules of a run, and how far along the order of each suite they have read.

    `ends` says of each case of a suite with rules whether it is the last of its cluster."""

    def __init__(
        self, stops: Mapping[int, Sequence[Stop]], ends: Mapping[int, Sequence[int]]
    ) -> None:
        self.of_suite = {number: list(rules) for number, rules in stops.items()}
        self._ends = ends
        self._next = dict.fromkeys(stops, 0)
        self._waiting: dict[int, dict[int, Read]] = {number: {} for number in stops}
        self._cluster: dict[int, list[Read]] = {number: [] for number in stops}

    def note(self, suite: int, number: int, case_id: str, trials: Sequence[Row]) -> None:
        """A case is finished; its turn comes when all before it are. Raises RunError where its
        suite gave a value that it said there could not be."""
        if suite in self.of_suite and not self.is_closed(suite):
            values = [stop.value(case_id, trials) for stop in self.of_suite[suite]]
            self._waiting[suite][number] = (case_id, values)
            self._advance(suite)

    def is_closed(self, suite: int) -> bool:
        """Every rule of the suite has decided, or reached its maximum."""
        return self.cut(suite) is not None

    def cut(self, suite: int) -> int | None:
        rules = self.of_suite.get(suite)
        if not rules or any(stop.cut is None for stop in rules):
            return None
        return max(stop.cut or 0 for stop in rules)

    def _advance(self, suite: int) -> None:
        waiting, cluster = self._waiting[suite], self._cluster[suite]
        while (number := self._next[suite]) in waiting and not self.is_closed(suite):
            cluster.append(waiting.pop(number))
            self._next[suite] = number + 1
            if self._ends[suite][number]:
                for place, stop in enumerate(self.of_suite[suite]):
                    stop.push([(name, values[place]) for name, values in cluster], number + 1)
                cluster.clear()

    def read(self, cases: Iterable[FinishedCase], states: Sequence[SuiteState]) -> None:
        """What a ledger holds already."""
        for case in cases:
            if case.suite not in self.of_suite or case.case_no >= len(states[case.suite].done):
                continue
            if case.attempt == states[case.suite].attempt(case.case_no):
                self.note(case.suite, case.case_no, case.case_id, case.trials)


def watched_of(suite: Suite) -> dict[str, Watched]:
    return {watched.metric: watched for watched in getattr(suite, "watched", ())}


def check_stops(plans: Sequence[StopPlan], suites: Mapping[str, Suite]) -> list[Fault]:
    """Rules that name no suite, no metric, or read what they cannot."""
    faults = [stop_fault(f"stop[{n}]", plan, suites) for n, plan in enumerate(plans)]
    twice = [
        Fault(f"stop[{n}]", "this rule stands in the plan already", "remove it")
        for n, plan in enumerate(plans)
        if plan in plans[:n]
    ]
    return [fault for fault in faults if fault is not None] + twice


def stop_fault(where: str, plan: StopPlan, suites: Mapping[str, Suite]) -> Fault | None:
    if plan.suite not in suites:
        what = f"the plan has no suite '{plan.suite}'" + did_you_mean(plan.suite, suites)
        return Fault(f"{where}.suite", what)
    known = watched_of(suites[plan.suite])
    if plan.metric not in known:
        what = f"suite '{plan.suite}' has no metric '{plan.metric}' that a rule can read"
        mend = f"choose one of: {', '.join(known)}" if known else "rules cannot stop this suite"
        return Fault(f"{where}.metric", what + did_you_mean(plan.metric, known), mend)
    watched = known[plan.metric]
    if plan.against and watched.control_arm is not None:
        what = f"'{plan.metric}' is a difference already, so another run's cannot be subtracted"
        return Fault(f"{where}.against", what, "read a rate there, or drop against")
    try:
        Stop(plan, watched, 1, clusters=1, one_case_each=True, base={} if plan.against else None)
    except ValueError as error:
        mend = "name another rule or metric"
        if isinstance(plan.rule, NotWorse):
            mend = "read a metric with a control arm, or name a run with against = ..."
        return Fault(f"{where}.rule", str(error), mend)
    if isinstance(plan.rule, NotWorse) and (plan.rule.better, watched.better) == HIGHER_OF_LOWER:
        what = f"of '{plan.metric}' lower is better, and the rule says higher"
        return Fault(f"{where}.rule", what, "leave `better` out: the suite says it")
    return None


HIGHER_OF_LOWER = ("higher", "lower")
"""The contrary cannot be told from a `better` that was left out."""


def make_stops(
    plans: Sequence[StopPlan],
    suites: Sequence[tuple[str, Suite]],
    ends: Mapping[int, Sequence[int]],
    bases: Mapping[str, Mapping[str, Value]],
) -> Stops:
    """`suites` as (name in the plan, suite), `ends` for each of them that has a rule, `bases` the
    values of the runs that rules subtract, by `StopPlan.name`."""
    stops: dict[int, list[Stop]] = {}
    for number, (name, suite) in enumerate(suites):
        for plan in plans:
            if plan.suite == name:
                cases, clusters = len(ends[number]), sum(ends[number])
                stops.setdefault(number, []).append(
                    Stop(
                        plan,
                        watched_of(suite)[plan.metric],
                        len(plans),
                        clusters=clusters,
                        one_case_each=cases == clusters,
                        base=bases.get(plan.name),
                    )
                )
    return Stops(stops, ends)


class StopRecord(msgspec.Struct, frozen=True):
    """What a rule came to, for the report."""

    suite: str
    metric: str
    plan: StopPlan
    better: str
    decision: Decision
    value: float | None
    low: float
    high: float
    level: float
    clusters: int
    missing: int
    unmatched: int
    method: str
    cut: int | None
    not_applicable: int = 0
    """Clusters with no applicable case: of a fixed pack they are among the missing."""


def records(stops: Stops, names: Sequence[str]) -> list[StopRecord]:
    return [
        StopRecord(
            names[number],
            stop.plan.metric,
            stop.plan,
            stop.watched.better,
            stop.decision,
            stop.total / stop.read if stop.read else None,
            stop.monitor.low,
            stop.monitor.high,
            stop.monitor.level,
            stop.decision.at,
            stop.monitor.missing,
            stop.unmatched,
            stop.monitor.method,
            stop.cut,
            stop.not_applicable,
        )
        for number, rules in sorted(stops.of_suite.items())
        for stop in rules
    ]
