"""Runs of the knowledge suite under a rule, and what their ledgers tell."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import polars as pl
from runs import totals_of

from auscult.api import make_plan, open_run
from auscult.core.protocols import DataSet
from auscult.engine.declared import StopPlan
from auscult.engine.plan import Limits, Plan
from auscult.engine.view import RunView
from auscult.stats.stopping import Clears

TENTH = Clears(0.9, between=(0.85, 0.95))
"""Are more than a tenth of the answers wrong?"""
SLOW = "scripted/slow-when-wrong?p=0.8&seed=4&base_ms=4"
LATE = "shuffled/scripted?ref=slow-when-wrong&p=0.8&seed=4&base_ms=4&sleep_ms=6"


def table(folder: Path, cases: int, per_cluster: int = 1) -> DataSet:
    path = folder / f"q-{cases}-{per_cluster}.csv"
    rows = [
        f"c{n},p{n // per_cluster},Case {n}: which?,a{n},b{n},c{n},d{n},A" for n in range(cases)
    ]
    path.write_text("id,patient_id,question,A,B,C,D,answer\n" + "\n".join(rows), encoding="utf-8")
    return DataSet("table", str(path))


def plan_of(
    data: DataSet, *rules: Any, target: str = SLOW, calls: int | None = None,
    concurrency: int = 16, limit: int | None = None, **more: Any,
) -> Plan:  # fmt: skip
    stop = tuple(r if isinstance(r, StopPlan) else StopPlan("knowledge", "accuracy", r)
                 for r in rules)  # fmt: skip
    return make_plan(
        "knowledge", target=target, data=(data,), stop=stop, limit=limit,
        limits=Limits(concurrency=concurrency, calls=calls),
        suite_options={"repeats": 1, "options_only": False}, **more,
    )  # fmt: skip


def told(folder: Path) -> Any:
    """The decision, the cut, the interval and every figure: what must be the same."""
    opened = open_run(folder)
    try:
        estimates = msgspec.to_builtins(opened.estimates())
        return msgspec.to_builtins(opened.view.stops), estimates
    finally:
        opened.view.close()


def stops_of(folder: Path) -> list[Any]:
    view = RunView(folder)
    try:
        return view.stops
    finally:
        view.close()


def calls_of(folder: Path) -> int:
    return totals_of(folder)["target"].calls


def trials(folder: Path) -> pl.DataFrame:
    opened = open_run(folder)
    try:
        return opened.trials().sort("case_no")
    finally:
        opened.view.close()
