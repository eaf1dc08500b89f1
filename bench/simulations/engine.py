"""Stopping rules in the real engine, against a target whose wrong answers take twenty times as
long: does the declared interval hold, and what would reading in order of completion have said?"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from auscult.api import make_plan, run_async
from auscult.engine.declared import StopPlan
from auscult.engine.ledger import open_reader
from auscult.engine.plan import Limits
from auscult.engine.run import run_plan
from auscult.engine.view import RunView
from auscult.stats.stopping import Clears, HalfWidth, Monitor, Rule
from auscult.stats.watched import case_value
from questions import write
from simulations.cells import Cell, Check, Done, Result, Section, Table, percent

CASES, AT_ONCE, FACTOR = 300, 32, 20
RUNS, BATCH = 200, 20
DESIGNS = ((0.8, "half-width"), (0.5, "half-width"), (0.8, "clears"), (0.5, "clears"))
WIDTH = 0.08


def rule_of(name: str, rate: float) -> Rule:
    """`clears` asks at the true rate itself, so that either claim is false."""
    return HalfWidth(WIDTH) if name == "half-width" else Clears(rate)


def runs(rate: float, rule: str, first: int, count: int, cases: int) -> Result:
    """`count` runs, each with a target and an order of its own."""
    found = []
    with tempfile.TemporaryDirectory() as scratch:
        questions = write(cases, Path(scratch) / "questions.jsonl")
        for number in range(first, first + count):
            found.append(_one(rate, rule_of(rule, rate), number, questions))
    keys = ("missed", "claimed", "completion_missed", "completion_claimed", "read", "finished",
            "error", "completion_error")  # fmt: skip
    return {key: [run[key] for run in found] for key in keys}


def _one(rate: float, rule: Rule, number: int, questions: Path) -> Result:
    plan = make_plan(
        "knowledge",
        target=f"scripted/slow-when-wrong?p={rate}&base_ms=1&factor={FACTOR}&seed={number}",
        data=[f"medqa={questions}"],
        seed=number,
        limits=Limits(concurrency=AT_ONCE),
        suite_options={"repeats": 1, "options_only": False},
        stop=(StopPlan("knowledge", "accuracy", rule),),
    )
    folder = questions.parent / f"{number}"
    outcome = run_async(run_plan(plan, folder))
    if outcome.error is not None:
        raise outcome.error
    values = finished_values(folder)
    view = RunView(folder)
    try:
        (stop,) = view.stops
    finally:
        view.close()
    hasty = read_in_order(values, rule)
    assert stop.value is not None
    return {
        "missed": not stop.low <= rate <= stop.high,
        "claimed": stop.decision.verdict in ("above", "below"),
        "completion_missed": not hasty.low <= rate <= hasty.high,
        "completion_claimed": hasty.decision.verdict in ("above", "below"),
        "read": stop.decision.at,
        "finished": len(values),
        "error": stop.value - rate,
        "completion_error": sum(values[: stop.decision.at]) / stop.decision.at - rate,
    }


def finished_values(folder: Path) -> list[float]:
    """Right or wrong, in the order in which cases were finished: that of the ledger."""
    view, reader = RunView(folder), open_reader(folder)
    try:
        watched: Any = next(w for w in view.plugin("knowledge").watched if w.metric == "accuracy")
        values = [case_value(watched, case.trials) for case in reader.cases()]
    finally:
        reader.close()
        view.close()
    return [value for value in values if isinstance(value, float)]


def read_in_order(values: Iterable[float], rule: Rule) -> Monitor:
    """The same rule and the same sequence, on another order."""
    monitor = Monitor(rule, kind="yes-no")
    for value in values:
        if monitor.push(value).stop:
            break
    return monitor


def cells(replicates: int) -> list[Cell]:
    full = replicates >= 1000
    count, batch, cases = (RUNS, BATCH, CASES) if full else (2, 2, 60)
    return [
        Cell(runs, {"rate": rate, "rule": rule, "first": first, "count": batch, "cases": cases})
        for rate, rule in DESIGNS
        for first in range(0, count, batch)
    ]


def section(done: list[Done]) -> Section:
    together = {design: _together(done, *design) for design in DESIGNS}
    rows, checks = [], []
    for (rate, rule), seen in together.items():
        runs_made = len(seen["missed"])
        ours, theirs = sum(seen["missed"]), sum(seen["completion_missed"])
        allowed = 0.05 if rule == "half-width" else 0.1
        name = f"{'HalfWidth(' + f'{WIDTH:g}' if rule == 'half-width' else f'Clears({rate:g}'})"
        rows.append(
            [
                f"`{name}`, true rate {rate:g}",
                f"{_mean(seen['read']):.0f}",
                f"{ours} of {runs_made} ({percent(ours / runs_made)})",
                f"{100 * _mean(seen['error']):+.1f}",
                f"{theirs} of {runs_made} ({percent(theirs / runs_made)})",
                f"{100 * _mean(seen['completion_error']):+.1f}",
            ]
        )
        checks.append(
            Check(
                f"`{name}`, true rate {rate:g}: the declared interval misses in at most "
                f"{percent(allowed, 0)} of runs ({ours} of {runs_made}); by order of completion "
                f"{theirs} do, far more",
                ours <= allowed * runs_made and theirs > 4 * allowed * runs_made,
            )
        )
    heads = ["rule", "cases read", "declared interval misses", "its error, points",
             "by completion: misses", "its error, points"]  # fmt: skip
    words = (
        f"Runs of the engine on up to {CASES} generated questions in MedQA's form, {AT_ONCE} asked "
        f"at once; a right answer takes 1 ms, a wrong one {FACTOR} ms. Each run has a target and "
        "an order of its own. The declared interval is that of the rule, which reads the finished "
        "prefix of the recorded order after every case. *By completion* is the same rule and the "
        "same sequence, read in the order in which the ledger finished the cases; *error* is the "
        "mean of the share of right answers among as many cases, less the true rate. "
        "`HalfWidth` has a 95% interval; `Clears` has one of 90%, each end a bound at 5%, and is "
        "asked at the true rate, where every claim is false. What finishes first depends on the "
        "machine, so the last two columns do; the others do not."
    )
    return Section(
        "Stopping early in the real engine, wrong answers slow", words, checks,
        [Table("Runs whose interval excludes the true rate:", heads, rows)],
    )  # fmt: skip


def _together(done: list[Done], rate: float, rule: str) -> Result:
    mine = [cell.result for cell in done if (cell["rate"], cell["rule"]) == (rate, rule)]
    return {key: [value for result in mine for value in result[key]] for key in mine[0]}


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)
