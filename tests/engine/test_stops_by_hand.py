"""One rule, fed with rows by hand."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from auscult_testkit import suite as testkit_suite
from runs import run
from stop_runs import TENTH, plan_of, stops_of, table

from auscult.api import make_plan
from auscult.core.errors import RunError
from auscult.core.protocols import Watched
from auscult.core.verdict import Verdict
from auscult.engine.declared import StopPlan
from auscult.engine.records import TrialRow
from auscult.engine.run import Runner
from auscult.engine.stops import Stop, Stops, make_stops, records
from auscult.stats.stopping import HalfWidth
from auscult.stats.watched import NOT_APPLICABLE

# --- one rule, by hand ------------------------------------------------------------------------


def rows(*scores: float | None, arm: str = "plain") -> list[TrialRow]:
    return [TrialRow(arm, n, (), {}, (Verdict("letter", "1", "answered", score),))
            for n, score in enumerate(scores)]  # fmt: skip


WATCHED = Watched("share right", "plain", "letter")


def one(rule: Any, ends: Sequence[int], **more: Any) -> Stops:
    whole = {"clusters": sum(ends), "one_case_each": len(ends) == sum(ends), **more}
    stop = Stop(StopPlan("s", "share right", rule), WATCHED, 1, **whole)
    return Stops({0: [stop]}, {0: ends})


def test_only_the_contiguous_prefix_is_read() -> None:
    stops = one(HalfWidth(0.01), [1] * 5)
    for number in (4, 2, 1):
        stops.note(0, number, f"c{number}", rows(1.0))
        assert stops.of_suite[0][0].decision.at == 0
    stops.note(0, 0, "c0", rows(0.0))
    assert stops.of_suite[0][0].decision.at == 3
    assert stops.of_suite[0][0].total == 2.0


def test_a_cluster_with_a_missing_case_is_missing_and_one_not_applicable_is_no_cluster() -> None:
    stops = one(HalfWidth(0.01), [0, 1, 0, 1, 1])
    given = [rows(1.0), rows(None), rows(1.0), rows(arm="other"), rows(arm="other")]
    for number, trial_rows in enumerate(given):
        stops.note(0, number, f"c{number}", trial_rows)
    stop = stops.of_suite[0][0]
    assert (stop.decision.at, stop.monitor.missing, stop.not_applicable) == (2, 1, 1)
    assert (stop.total, stop.read) == (1.0, 1), "half of the second cluster is applicable"


def test_of_a_pack_a_cluster_that_is_not_applicable_is_unseen() -> None:
    rule = HalfWidth(0.01)
    plan = StopPlan("s", "share right", rule, population="this pack")
    stop = Stop(plan, WATCHED, 1, clusters=3, one_case_each=True)
    for number, value in enumerate((1.0, NOT_APPLICABLE, 1.0)):
        stop.push([(f"c{number}", value)], number + 1)
    assert stop.cut == 3 and stop.decision.verdict == "undecided"
    assert (stop.monitor.low, stop.monitor.high) == (pytest.approx(2 / 3), 1.0)


def test_a_value_the_suite_ruled_out_is_its_fault() -> None:
    stops = one(HalfWidth(0.01), [1, 1])
    with pytest.raises(RunError, match=r"cannot read case 'c0': the value 1\.5 .* a fault of the"):
        stops.note(0, 0, "c0", rows(1.5))


def test_such_a_fault_stops_the_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values between 0 and 1 from a suite that declared a yes or no."""
    watched = (Watched("x", "plain", "letter", yes_no=True),)
    monkeypatch.setattr(testkit_suite.TestSuite, "watched", watched, raising=False)
    monkeypatch.setattr(testkit_suite, "float", lambda _: 0.5, raising=False)
    plan = make_plan("testkit", target="testkit/x", stop=(StopPlan("testkit", "x", TENTH),))
    outcome = run(plan, tmp_path)
    assert isinstance(outcome.error, RunError) and "testkit/x cannot read" in str(outcome.error)


def test_alpha_is_shared_among_the_rules_of_the_plan() -> None:
    suite = testkit_suite.build({})
    suite.watched = (WATCHED,)  # type: ignore[attr-defined]
    plans = [StopPlan(name, "share right", HalfWidth(0.1)) for name in ("a", "a", "b")]
    stops = make_stops(plans, [("a", suite), ("b", suite)], {0: [1], 1: [1]}, {})
    levels = [stop.monitor.level for rules in stops.of_suite.values() for stop in rules]
    assert levels == [pytest.approx(1 - 0.05 / 3)] * 3
    assert [record.suite for record in records(stops, ["a", "b"])] == ["a", "a", "b"]


def test_the_record_of_a_rule_comes_back_from_the_ledger(tmp_path: Path) -> None:
    plan = plan_of(table(tmp_path, 60), TENTH, HalfWidth(0.2), limit=30)

    async def go() -> None:
        from auscult.engine.progress import Progress
        from auscult.engine.run import Options

        await Runner(plan, tmp_path / "r", Options(), Progress()).run()

    asyncio.run(go())
    assert [stop.plan for stop in stops_of(tmp_path / "r")] == list(plan.stop)
