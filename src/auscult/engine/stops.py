"""Stopping rules at work. They read the contiguous finished prefix of the recorded order, cluster
by cluster, and nothing else: so a decision is the same whichever replies came first, and can be
made again from the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import msgspec

from auscult.core.errors import Fault
from auscult.core.protocols import Suite, Watched
from auscult.core.registry import did_you_mean
from auscult.engine.declared import StopPlan
from auscult.engine.records import FinishedCase
from auscult.engine.state import SuiteState
from auscult.stats.stopping import Decision, Monitor, NotWorse
from auscult.stats.watched import NOT_APPLICABLE, Row, Value, case_value, mean_value

PAIRED = (-1.0, 1.0)


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
        counted = watched.yes_no and one_case_each and base is None
        self.monitor = Monitor(
            rule,
            kind="yes-no" if counted else "betting",
            bounds=PAIRED if base is not None else watched.bounds,
            population=clusters if plan.population == "this pack" else None,
        )
        self.total = 0.0
        self.read = 0
        self.unmatched = 0
        self.cut: int | None = None
        """How many cases of the order the decision has read; None while there is none."""

    def value(self, case_id: str, trials: Sequence[Row]) -> Value:
        mine = case_value(self.watched, trials)
        if self.base is None:
            return mine
        if case_id not in self.base:
            self.unmatched += 1
            return NOT_APPLICABLE
        other = self.base[case_id]
        if isinstance(mine, float) and isinstance(other, float):
            return mine - other
        return None if None in (mine, other) else NOT_APPLICABLE

    def push(self, value: Value, cases_read: int) -> None:
        """The next cluster; one with no applicable case says nothing, except of a fixed pack, of
        which it is a part nobody has seen."""
        if self.cut is not None:
            return
        if not isinstance(value, float) and value is not None:
            if self.monitor.population is None:
                return
            value = None
        if value is not None:
            self.total += value
            self.read += 1
        if self.monitor.push(value).stop:
            self.cut = cases_read

    @property
    def decision(self) -> Decision:
        return self.monitor.decision


class Stops:
    """All rules of a run, and how far along the order of each suite they have read."""

    def __init__(self, stops: Mapping[int, Sequence[Stop]], counts: Mapping[int, int]) -> None:
        self.of_suite = {number: list(rules) for number, rules in stops.items()}
        self._counts = counts
        self._next = dict.fromkeys(stops, 0)
        self._waiting: dict[int, dict[int, tuple[str, list[Value]]]] = {n: {} for n in stops}
        self._cluster: dict[int, tuple[str, list[list[Value]]]] = {}

    def note(
        self, suite: int, number: int, case_id: str, cluster: str, trials: Sequence[Row]
    ) -> None:
        """A case is finished; its turn comes when all before it are."""
        if suite in self.of_suite and not self.is_closed(suite):
            values = [stop.value(case_id, trials) for stop in self.of_suite[suite]]
            self._waiting[suite][number] = (cluster, values)
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
        waiting = self._waiting[suite]
        while (number := self._next[suite]) in waiting and not self.is_closed(suite):
            cluster, values = waiting.pop(number)
            held, cases = self._cluster.get(suite, (cluster, []))
            if held != cluster:
                self._flush(suite, number)
                cases = []
            self._cluster[suite] = (cluster, [*cases, values])
            self._next[suite] = number + 1
        if self._next[suite] == self._counts[suite] and not self.is_closed(suite):
            self._flush(suite, self._counts[suite])

    def _flush(self, suite: int, cases_read: int) -> None:
        """The cluster is whole: the case after it is of another, or it was the last of the data."""
        _, cases = self._cluster.pop(suite, ("", []))
        for place, stop in enumerate(self.of_suite[suite]):
            if cases:
                stop.push(mean_value(values[place] for values in cases), cases_read)

    def read(self, cases: Iterable[FinishedCase], states: Sequence[SuiteState]) -> None:
        """What a ledger holds already."""
        for case in cases:
            if case.suite not in self.of_suite or case.case_no >= len(states[case.suite].done):
                continue
            if case.attempt == states[case.suite].attempt(case.case_no):
                self.note(case.suite, case.case_no, case.case_id, case.cluster, case.trials)


def watched_of(suite: Suite) -> dict[str, Watched]:
    return {watched.metric: watched for watched in getattr(suite, "watched", ())}


def check_stops(plans: Sequence[StopPlan], suites: Mapping[str, Suite]) -> list[Fault]:
    """Rules that name no suite, no metric, or read what they cannot."""
    faults = []
    for number, plan in enumerate(plans):
        where = f"stop[{number}]"
        if plan.suite not in suites:
            what = f"the plan has no suite '{plan.suite}'" + did_you_mean(plan.suite, suites)
            faults.append(Fault(f"{where}.suite", what))
            continue
        known = watched_of(suites[plan.suite])
        if plan.metric not in known:
            what = f"suite '{plan.suite}' has no metric '{plan.metric}' that a rule can read"
            faults.append(
                Fault(
                    f"{where}.metric",
                    what + did_you_mean(plan.metric, known),
                    f"choose one of: {', '.join(known) or 'none'}",
                )
            )
            continue
        try:
            Stop(plan, known[plan.metric], 1, clusters=1, one_case_each=True,
                 base={} if plan.against else None)  # fmt: skip
        except ValueError as error:
            mend = "name another rule or metric"
            if isinstance(plan.rule, NotWorse):
                mend = "read a metric with a control arm, or name a run with against = ..."
            faults.append(Fault(f"{where}.rule", str(error), mend))
    return faults


def make_stops(
    plans: Sequence[StopPlan],
    suites: Sequence[tuple[str, Suite]],
    sizes: Sequence[tuple[int, int]],
    bases: Mapping[str, Mapping[str, Value]],
) -> Stops:
    """`suites` as (name in the plan, suite), `sizes` as (cases, clusters) of each, `bases` the
    values of the runs that rules subtract, by `StopPlan.name`."""
    stops: dict[int, list[Stop]] = {}
    for number, (name, suite) in enumerate(suites):
        cases, clusters = sizes[number]
        rules = [
            Stop(
                plan,
                watched_of(suite)[plan.metric],
                len(plans),
                clusters=clusters,
                one_case_each=cases == clusters,
                base=bases.get(plan.name),
            )
            for plan in plans
            if plan.suite == name
        ]
        if rules:
            stops[number] = rules
    return Stops(stops, {number: cases for number, (cases, _) in enumerate(sizes)})


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
        )
        for number, rules in sorted(stops.of_suite.items())
        for stop in rules
    ]
