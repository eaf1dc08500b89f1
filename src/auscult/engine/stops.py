"""Stopping rules at work. They read the contiguous finished prefix of the recorded order, cluster
by cluster, and nothing else: so a decision is the same whichever replies came first, and can be
made again from the ledger.

Rules may read each cell of a slice by itself. From where a cell is decided the order goes on
without its cases: nobody waits for them, and none of them is read, even if it was asked."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.errors import Fault, RunError
from auscult.core.protocols import Learns, Suite, Watched
from auscult.core.registry import did_you_mean
from auscult.engine.cells import ENOUGH, Cells
from auscult.engine.declared import StopPlan
from auscult.engine.records import FinishedCase
from auscult.stats.stopping import Decision, Monitor, NotWorse
from auscult.stats.watched import NOT_APPLICABLE, Row, Value, case_value, mean_value, minus

if TYPE_CHECKING:
    from auscult.engine.state import SuiteState

PAIRED = (-1.0, 1.0)
Read = tuple[int, str, list[Value]]
"""A case: its cell, its id, and what it gives to each rule that reads it."""


class Part(msgspec.Struct, frozen=True):
    """The cell that a rule reads, and what it weighs when the cells are pooled."""

    number: int = 0
    name: str = ""
    weight: float | None = None


WHOLE = Part()


class Stop:
    """One declared rule and what it has read: of the suite, or of one cell of it. `shared` says by
    how many its alpha is divided."""

    def __init__(
        self,
        plan: StopPlan,
        watched: Watched,
        shared: int,
        *,
        clusters: int,
        one_case_each: bool,
        base: Mapping[str, Value] | None = None,
        part: Part = WHOLE,
    ) -> None:
        self.plan, self.watched, self.base = plan, watched, base
        self.part, self.cell = part, part.number
        rule = msgspec.structs.replace(plan.rule, alpha=plan.rule.alpha / shared)
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

    `ends` says of each case of a suite with rules whether it is the last of its cluster, `cells`
    which cell it belongs to where rules read cells."""

    def __init__(
        self,
        stops: Mapping[int, Sequence[Stop]],
        ends: Mapping[int, Sequence[int]],
        cells: Mapping[int, Cells] | None = None,
    ) -> None:
        self.of_suite = {number: list(rules) for number, rules in stops.items()}
        self.cells = cells or {}
        self.decided: dict[int, set[int]] = {number: set() for number in stops}
        """Cells of each suite in which every rule has decided, or reached its maximum."""
        self._of_cell: dict[int, dict[int, list[Stop]]] = {number: {} for number in stops}
        for number, rules in self.of_suite.items():
            for stop in rules:
                self._of_cell[number].setdefault(stop.cell, []).append(stop)
        self._passes_over: dict[int, dict[int, int]] = {number: {} for number in stops}
        self._ends = ends
        self._next = dict.fromkeys(stops, 0)
        self._waiting: dict[int, dict[int, Read]] = {number: {} for number in stops}
        self._cluster: dict[int, list[Read]] = {number: [] for number in stops}

    def note(self, suite: int, number: int, case_id: str, trials: Sequence[Row]) -> None:
        """A case is finished; its turn comes when all before it are. Raises RunError where its
        suite gave a value that it said there could not be."""
        if suite in self.of_suite and not self.is_closed(suite):
            cell = self._cell(suite, number)
            values = [stop.value(case_id, trials) for stop in self._of_cell[suite][cell]]
            self._waiting[suite][number] = (cell, case_id, values)
            self._advance(suite)

    def is_closed(self, suite: int) -> bool:
        """Every cell of the suite is decided."""
        return suite in self.decided and len(self.decided[suite]) == len(self._of_cell[suite])

    def skips(self, suite: int, number: int) -> bool:
        """It need not be asked: the rules that would read it have decided."""
        decided = self.decided.get(suite, ())
        return bool(decided) and self._cell(suite, number) in decided

    def cut(self, suite: int) -> int | None:
        """How many cases of the order the ordinary figures may read at most: from the first case
        that a decided rule passes over, those asked are no sample of the whole any more."""
        return min(self._passes_over.get(suite, {}).values(), default=None)

    def passes_over(self, suite: int, cell: int) -> int | None:
        """The first case that is not asked because its cell is decided, if there is one."""
        return self._passes_over[suite].get(cell)

    def _cell(self, suite: int, number: int) -> int:
        cells = self.cells.get(suite)
        return cells.of[number] if cells else 0

    def _advance(self, suite: int) -> None:
        waiting, cluster, ends = self._waiting[suite], self._cluster[suite], self._ends[suite]
        while (number := self._next[suite]) < len(ends) and not self.is_closed(suite):
            if self.skips(suite, number):
                waiting.pop(number, None)
            elif number in waiting:
                cluster.append(waiting.pop(number))
            else:
                return
            self._next[suite] = number + 1
            if ends[number]:
                self._read_cluster(suite, cluster, number + 1)
                cluster.clear()

    def _read_cluster(self, suite: int, cluster: Sequence[Read], cases_read: int) -> None:
        for cell in sorted({cell for cell, _, _ in cluster}):
            stops = self._of_cell[suite][cell]
            mine = [(name, values) for at, name, values in cluster if at == cell]
            for place, stop in enumerate(stops):
                stop.push([(name, values[place]) for name, values in mine], cases_read)
            if all(stop.cut is not None for stop in stops):
                self._decide(suite, cell, max(stop.cut or 0 for stop in stops))

    def _decide(self, suite: int, cell: int, cut: int) -> None:
        if cell in self.decided[suite]:
            return
        self.decided[suite].add(cell)
        cells = self.cells.get(suite)
        if cells is None:
            self._passes_over[suite][cell] = cut
            return
        with suppress(ValueError):  # none is left to pass over
            self._passes_over[suite][cell] = cells.of.index(cell, cut)

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
    faults += [_cells_fault(f"stop[{n}]", plan, plans[:n]) for n, plan in enumerate(plans)]
    twice = [
        Fault(f"stop[{n}]", "this rule stands in the plan already", "remove it")
        for n, plan in enumerate(plans)
        if plan in plans[:n]
    ]
    return [fault for fault in faults if fault is not None] + twice


def _cells_fault(where: str, plan: StopPlan, before: Sequence[StopPlan]) -> Fault | None:
    other = next((p.by for p in before if p.suite == plan.suite and p.by != plan.by), None)
    if other is not None:
        this = f"by '{plan.by}'" if plan.by else "the suite as a whole"
        that = f"by '{other}'" if other else "it as a whole"
        what = f"this rule reads {this}, another of the same suite {that}"
        return Fault(f"{where}.by", what, "give both the same `by`, or each a run of its own")
    if plan.weights and not plan.by:
        return Fault(f"{where}.weights", "weights are for cells, and the rule has none", "add `by`")
    if any(w <= 0 for w in plan.weights.values()) or (
        plan.weights and abs(sum(plan.weights.values()) - 1) > ENOUGH
    ):
        return Fault(f"{where}.weights", "weights must be above 0 and add up to 1", "mend them")
    return None


def stop_fault(where: str, plan: StopPlan, suites: Mapping[str, Suite]) -> Fault | None:
    if plan.suite not in suites:
        what = f"the plan has no suite '{plan.suite}'" + did_you_mean(plan.suite, suites)
        return Fault(f"{where}.suite", what)
    if isinstance(suites[plan.suite], Learns):
        what = f"suite '{plan.suite}' learns from case to case, so no rule can stop it"
        return Fault(f"{where}.suite", what, "set a limit or a cap, and take the rule out")
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
    cells: Mapping[int, Cells] | None = None,
) -> Stops:
    """`suites` as (name in the plan, suite), `ends` for each of them that has a rule, `bases` the
    values of the runs that rules subtract, by `StopPlan.name`, `cells` where rules read cells."""
    cells = cells or {}
    stops: dict[int, list[Stop]] = {}
    for number, (name, suite) in enumerate(suites):
        for plan in plans:
            if plan.suite == name:
                watched, base = watched_of(suite)[plan.metric], bases.get(plan.name)
                parts = _parts(plan, ends[number], cells.get(number))
                shared = len(plans) * len(parts)
                stops.setdefault(number, []).extend(
                    Stop(plan, watched, shared, base=base, **part) for part in parts
                )
    return Stops(stops, ends, cells)


def _parts(plan: StopPlan, ends: Sequence[int], cells: Cells | None) -> list[dict[str, Any]]:
    """What a rule reads by itself: the suite, or each of its cells."""
    if cells is None:
        cases, clusters = len(ends), sum(ends)
        return [{"clusters": clusters, "one_case_each": cases == clusters}]
    weights = cells.weights(plan.weights)
    return [
        {
            "clusters": cells.clusters[cell],
            "one_case_each": cells.cases[cell] == cells.clusters[cell],
            "part": Part(cell, name, weights[cell]),
        }
        for cell, name in enumerate(cells.names)
    ]


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
    cell: str = ""
    weight: float | None = None
    """Of the cell, when they are pooled."""
    passes_over: int | None = None
    """The first case that is not asked because of it."""


def cut_of(mine: Sequence[StopRecord]) -> int | None:
    """`Stops.cut` of a suite, from what was kept of its rules."""
    places = [stop.passes_over for stop in mine if stop.cell and stop.passes_over is not None]
    whole = [stop.cut for stop in mine if not stop.cell]
    if whole and None not in whole:
        places.append(max(cut for cut in whole if cut is not None))
    return min(places, default=None)


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
            stop.part.name,
            stop.part.weight,
            stops.passes_over(number, stop.cell),
        )
        for number, rules in sorted(stops.of_suite.items())
        for stop in rules
    ]
