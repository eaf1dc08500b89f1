"""The stopping rules of a plan, ready for a run: with the run they subtract, and what is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from auscult.core.errors import AuditError, UsageError
from auscult.engine.bind import BoundSuite
from auscult.engine.caseindex import CaseIndex
from auscult.engine.declared import StopPlan
from auscult.engine.ledger import Reader
from auscult.engine.manifest import Manifest
from auscult.engine.state import SuiteState
from auscult.engine.stops import Stops, make_stops, watched_of
from auscult.engine.view import RunView
from auscult.stats.watched import Value


def begin_stops(
    plans: Sequence[StopPlan],
    suites: Sequence[BoundSuite],
    index: CaseIndex,
    reader: Reader,
    states: Sequence[SuiteState],
    manifest: Manifest,
) -> Stops:
    """Reads what the ledger holds already, and marks the suites that have been decided."""
    if not plans:
        return Stops({}, {})
    bases = {plan.name: _base(plan, suites, manifest) for plan in plans if plan.against}
    sizes = [(index.count(item.number), index.clusters(item.number)) for item in suites]
    stops = make_stops(plans, [(s.plan.use, s.suite) for s in suites], sizes, bases)
    stops.read(reader.cases(), states)
    for number, state in enumerate(states):
        state.cut = stops.cut(number)
    return stops


def _base(plan: StopPlan, suites: Sequence[BoundSuite], manifest: Manifest) -> Mapping[str, Value]:
    if not (Path(plan.against) / "run.db").exists():
        raise UsageError(
            f"there is no run in '{plan.against}', which a stopping rule subtracts; give its "
            "directory with stop.against"
        )
    try:
        other = RunView(Path(plan.against))
    except AuditError as error:
        raise UsageError(f"stop.against: {error}") from error
    try:
        item = next(s for s in suites if s.plan.use == plan.suite)
        _check_same(plan, item, manifest, other.manifest)
        return other.values_of(plan.suite, watched_of(item.suite)[plan.metric])
    finally:
        other.close()


def _check_same(plan: StopPlan, item: BoundSuite, mine: Manifest, other: Manifest) -> None:
    """Two runs can be subtracted where the same code asked and judged the same."""
    parts = [f"suites/{plan.suite}", *(f"judges/{name}" for name in item.suite.judges)]
    changed = [part for part in parts if mine.sources.get(part) != other.sources.get(part)]
    if changed:
        raise UsageError(
            f"'{plan.against}' cannot be subtracted: the code of {', '.join(changed)} differs; "
            "run it again with this version"
        )
