"""Findings of a weak release asked of the next: mended, unchanged, or nothing to be said."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from replayed import replay
from runs import plan_for, run, totals_of

from auscult.api import Run
from auscult.core import registry
from auscult.core.errors import PlanError
from auscult.core.estimate import Estimate
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.declared import StopPlan
from auscult.engine.plan import RolePlan
from auscult.engine.stops import stop_fault
from auscult.kit.regression.export import lines_of
from auscult.stats.stopping import NotWorse

SUITE = "regressions"
OLD = "scripted/flips?p_clean=1&q=1"


@pytest.fixture
def findings(tmp_path: Path) -> DataSet:
    file = tmp_path / "f.jsonl"
    file.write_bytes(lines_of(replay(f"f{number}") for number in range(40)))
    return DataSet("findings", str(file))


def asked(
    folder: Path, data: DataSet, target: str, previous: str = "", **options: Any
) -> list[Estimate]:
    more = {"roles": {"previous": RolePlan(previous)}} if previous else {}
    options |= {"previous": True} if previous else {}
    plan = plan_for(SUITE, target, data=(data,), suite_options=options, **more)
    outcome = run(plan, folder)
    assert outcome.stopped == "complete", outcome.error
    opened = Run(folder)
    try:
        return opened.estimates()
    finally:
        opened.view.close()


def counts(found: list[Estimate]) -> dict[str, float | None]:
    return {e.metric: e.value for e in found if not e.group}


def test_a_release_that_is_mended(tmp_path: Path, findings: DataSet) -> None:
    found = asked(tmp_path / "r", findings, "scripted/oracle", OLD)
    assert counts(found) == {
        "findings that still fail": 0,
        "findings that are mended": 40,
        "findings that are unclear": 0,
        "findings that are unclear for the previous release": 0,
        "findings that the previous release fails today": 40,
        "findings that are mended while the previous release still fails": 40,
    }
    assert len([e for e in found if e.group]) == 40


def test_a_release_that_is_not(tmp_path: Path, findings: DataSet) -> None:
    found = asked(tmp_path / "r", findings, OLD)
    assert counts(found)["findings that still fail"] == 40
    assert {e.condition for e in found} == {"one-sided"}
    opened = Run(tmp_path / "r")
    try:
        again = opened.findings()
    finally:
        opened.view.close()
    assert {finding.extra["finding"] for finding in again} == {f"f{n}" for n in range(40)}


def test_a_previous_release_that_never_answered_stands_beside_nothing(
    tmp_path: Path, findings: DataSet
) -> None:
    dead = "scripted/flaky?p=1&retry=false"
    found = asked(tmp_path / "r", findings, "scripted/oracle", dead)
    assert {e.condition for e in found} == {"one-sided"}
    assert counts(found)["findings that are unclear for the previous release"] == 40
    assert all("One-sided" in e.note and "calls failed: 40" in e.note for e in found if not e.group)


def test_an_unchanged_release_that_errs_at_times_looks_half_mended(
    tmp_path: Path, findings: DataSet
) -> None:
    """Why this is no rate: nothing has changed, and the previous release shows as much."""
    half = "scripted/flips?p_clean=1&q=0.5&seed=2"
    found = counts(asked(tmp_path / "r", findings, half, half))
    assert 10 < found["findings that are mended"] < 30
    assert 10 < found["findings that the previous release fails today"] < 30


@pytest.mark.parametrize(
    "target", ["scripted/refuses", "scripted/format-breaker", "scripted/right?p=0"]
)
def test_a_release_that_fails_the_control_too_is_unclear(
    tmp_path: Path, findings: DataSet, target: str
) -> None:
    found = asked(tmp_path / "r", findings, target)
    assert counts(found)["findings that are unclear"] == 40
    assert all("the control is not answered right" in e.note for e in found if e.group)


def test_as_many_calls_as_declared_of_each_release(tmp_path: Path, findings: DataSet) -> None:
    asked(tmp_path / "r", findings, "scripted/oracle", OLD, times=5)
    spent = totals_of(tmp_path / "r")
    assert {role: totals.calls for role, totals in spent.items()} == {
        "target": 40 * 5 * 2, "previous": 40 * 5 * 2,
    }  # fmt: skip
    suite = registry.build("suites", SUITE, {"times": 5, "previous": True})
    case = next(iter(suite.cases([findings], {"findings": registry.build("data", "findings")})))
    asks = suite.cost(case, Abilities())
    assert [(ask.role, ask.calls) for ask in asks] == [
        ("target", 5), ("target", 5), ("previous", 5), ("previous", 5),
    ]  # fmt: skip


def test_a_previous_release_that_nobody_plays_is_a_fault_of_the_plan(
    tmp_path: Path, findings: DataSet
) -> None:
    plan = plan_for(SUITE, OLD, data=(findings,), suite_options={"previous": True})
    assert isinstance(run_error := raised(plan, tmp_path), PlanError)
    assert "needs this role and nobody plays it" in str(run_error)


def raised(plan: Any, folder: Path) -> Exception | None:
    try:
        return run(plan, folder / "r").error
    except PlanError as error:
        return error


def test_a_role_that_is_bound_and_not_asked_is_told(tmp_path: Path, findings: DataSet) -> None:
    roles = {"previous": RolePlan(OLD)}
    plan = plan_for(SUITE, "scripted/oracle", data=(findings,), roles=roles)
    assert run(plan, tmp_path / "r").stopped == "complete"
    opened = Run(tmp_path / "r")
    notes = [e.note for e in opened.estimates() if not e.group]
    opened.view.close()
    assert all("the suite's option `previous` is off" in note for note in notes)
    assert set(totals_of(tmp_path / "r")) == {"target"}


def test_the_words_are_those_that_were_found(tmp_path: Path, findings: DataSet) -> None:
    asked(tmp_path / "r", findings, "scripted/oracle", OLD)
    opened = Run(tmp_path / "r")
    try:
        for release in ("", " (previous)"):
            for kind in ("attacked", "control"):
                said = opened.view.transcript(SUITE, "findings/f7", kind + release, 2)
                assert tuple(said[:-1]) == getattr(replay("f7"), kind).said()
    finally:
        opened.view.close()


def test_no_rule_can_stop_it() -> None:
    suite = registry.build("suites", SUITE, {})
    rule = StopPlan(SUITE, "findings that still fail", NotWorse(0.05))
    fault = stop_fault("stop[0]", rule, {SUITE: suite})
    assert fault is not None and fault.mend == "rules cannot stop this suite"


@pytest.mark.parametrize("times", [0, 21])
def test_options_that_cannot_be(times: int) -> None:
    with pytest.raises(PlanError, match=f"times is {times}"):
        registry.build("suites", SUITE, {"times": times})
