"""Short ways to run a plan in a test and to read what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec

from auscult.api import make_plan, run_async
from auscult.engine.export import current_rows
from auscult.engine.ledger import open_reader
from auscult.engine.plan import Limits, Plan
from auscult.engine.run import Options, Outcome, run_plan
from auscult.engine.view import RunView
from auscult.engine.writer import RoleTotals


def plan_for(
    suite: str = "testkit", target: str = "testkit/x", *, limits: dict[str, Any] | None = None,
    **more: Any,
) -> Plan:  # fmt: skip
    return make_plan(suite, target=target, limits=Limits(**(limits or {})), **more)


def run(plan: Plan, folder: Path, **options: Any) -> Outcome:
    return run_async(run_plan(plan, folder, Options(**options)))


def trials_of(folder: Path) -> list[tuple[Any, ...]]:
    """Every trial of a run in a fixed order: what must be equal however the run went."""
    view = RunView(folder)
    reader = open_reader(folder)
    try:
        rows = list(current_rows(reader, view._states, view._names))
    finally:
        reader.close()
        view.close()
    return sorted(rows, key=repr)


def estimates_of(folder: Path) -> Any:
    view = RunView(folder)
    try:
        view.export()
        out = []
        for status in view.suites:
            out.extend(view.plugin(status.name).estimates(view))
        return msgspec.to_builtins(out)
    finally:
        view.close()


def totals_of(folder: Path) -> dict[str, RoleTotals]:
    reader = open_reader(folder)
    try:
        return reader.totals()
    finally:
        reader.close()
