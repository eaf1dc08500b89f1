"""The stopping rules of a plan, ready for a run: with the run they subtract, and what is read."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.errors import AuditError, UsageError
from auscult.engine.bind import BoundSuite
from auscult.engine.caseindex import CaseIndex
from auscult.engine.cells import Cells, read_cells
from auscult.engine.declared import StopPlan
from auscult.engine.ledger import Ledger
from auscult.engine.manifest import Manifest
from auscult.engine.plan import flatten
from auscult.engine.state import SuiteState
from auscult.engine.stops import Stops, make_stops, records, watched_of
from auscult.engine.view import RunView
from auscult.stats.watched import Value

Values = Mapping[str, Value]


def bases_of(
    plans: Sequence[StopPlan], suites: Sequence[BoundSuite], manifest: Manifest
) -> dict[str, Values]:
    """What the runs that rules subtract say of each case; refuses those that cannot be."""
    return {plan.name: _base(plan, suites, manifest) for plan in plans if plan.against}


def cells_of(
    plans: Sequence[StopPlan], suites: Sequence[BoundSuite], index: CaseIndex
) -> dict[int, Cells]:
    """Where rules read cells: which there are, and which case belongs to which. Refuses a slice
    that the data do not state, and weights for other cells than theirs."""
    names = [item.plan.use for item in suites]
    found: dict[int, Cells] = {}
    for place, plan in enumerate(plans):
        if not plan.by:
            continue
        number = names.index(plan.suite)
        if number not in found:
            cases = index.page(number, 0, index.count(number))
            found[number] = read_cells(plan.suite, plan.by, (case for _, case in cases))
        found[number].check_weights(f"stop[{place}]", plan.weights)
    return found


def begin_stops(
    plans: Sequence[StopPlan],
    suites: Sequence[BoundSuite],
    index: CaseIndex,
    ledger: Ledger,
    states: Sequence[SuiteState],
    bases: Mapping[str, Values],
    cells: Mapping[int, Cells],
) -> Stops:
    """Reads what the ledger holds already, and marks the suites that have been decided."""
    if not plans:
        ledger.set_meta("stops", [])
        return Stops({}, {})
    _pin(bases, ledger)
    names = [item.plan.use for item in suites]
    ruled = {plan.suite for plan in plans}
    ends = {n: index.cluster_ends(n) for n, name in enumerate(names) if name in ruled}
    stops = make_stops(plans, [(s.plan.use, s.suite) for s in suites], ends, bases, cells)
    stops.read(ledger.cases(), states)
    for number, state in enumerate(states):
        state.cut = stops.cut(number)
    # Known from the start, so that the report of a killed run knows of the rules too.
    ledger.set_meta("stops", records(stops, names))
    return stops


def _pin(bases: Mapping[str, Values], ledger: Ledger) -> None:
    """What is subtracted stays the same over all sessions of a run: another base would change a
    decision after it was made."""
    digests = {
        name: hashlib.sha256(msgspec.json.encode(dict(values), order="deterministic")).hexdigest()
        for name, values in bases.items()
    }
    pinned = ledger.meta("stop_bases") or {}
    changed = [name for name in digests if pinned.get(name, digests[name]) != digests[name]]
    if changed:
        raise UsageError(
            f"the run that the stopping rule on {changed[0]} subtracts is not what it was when "
            f"this run began; name another --out, to begin anew against it as it is"
        )
    ledger.set_meta("stop_bases", {**pinned, **digests})


def _base(plan: StopPlan, suites: Sequence[BoundSuite], manifest: Manifest) -> Values:
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
        _check_same(plan, item, manifest, other)
        if any(stop.suite == plan.suite for stop in other.plan.stop):
            raise UsageError(
                f"the run in '{plan.against}' could stop by a rule of its own, so how many cases "
                "it holds follows from their answers; subtract a run without such a rule"
            )
        values = other.values_of(plan.suite, watched_of(item.suite)[plan.metric])
    finally:
        other.close()
    if not values:
        raise UsageError(
            f"the run in '{plan.against}' has finished no case of '{plan.suite}' to subtract; "
            "let it go on first: auscult resume"
        )
    return values


def _check_same(plan: StopPlan, item: BoundSuite, mine: Manifest, other: RunView) -> None:
    """Two runs can be subtracted, case by case, where the same code asked the same cases in the
    same way and judged the answers the same."""
    theirs = next((n for n, s in enumerate(other.plan.suites) if s.use == plan.suite), None)
    if theirs is None:
        raise UsageError(
            f"the run in '{plan.against}' has no suite '{plan.suite}' to subtract; name another "
            "with stop.against"
        )
    parts = [f"suites/{plan.suite}", *(f"judges/{name}" for name in item.suite.judges)]
    parts += [f"data/{name}" for name in item.loaders]
    differ = [
        f"the code of {part}"
        for part in parts
        if mine.sources.get(part) != other.manifest.sources.get(part)
    ]
    helpers = [need.role for need in item.suite.roles if need.role != "target"]
    differ += [
        f"roles.{role}"
        for role in helpers
        if mine.roles.get(role, {}).get("identity") != other.roles.get(role, {}).get("identity")
    ]
    differ += _differing_options(  # as the suite reads them, whoever spelt them how
        getattr(item.suite, "options", item.plan.options),
        getattr(other.plugin(plan.suite), "options", other.plan.suites[theirs].options),
    )
    if _data_of(mine, item.number) != _data_of(other.manifest, theirs):
        differ.append("the data")
    if differ:
        raise UsageError(
            f"the run in '{plan.against}' cannot be subtracted: {', '.join(differ)} differ from "
            "this run's; run it again as this one is"
        )


def _differing_options(mine: Any, theirs: Any) -> list[str]:
    ours, others = flatten(mine), flatten(theirs)
    keys = sorted(ours.keys() | others.keys())
    return [f"options.{key}" for key in keys if key and ours.get(key) != others.get(key)]


def _data_of(manifest: Manifest, number: int) -> list[Any]:
    """In their order, because ids of a second set of one name are numbered."""
    prefix = f"{number}:"
    loaders = [
        (key.removeprefix(prefix).partition("=")[0], digest)
        for key, digest in manifest.data.items()
        if key.startswith(prefix)
    ]
    told = [data.get("options", {}) for data in manifest.plan["suites"][number].get("data", ())]
    return [loaders, told if any(told) else []]
