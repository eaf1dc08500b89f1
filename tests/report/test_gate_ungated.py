"""No gate reads what failed before: such findings come back only some of the time."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from replayed import replay
from runs import run

from auscult.api import make_plan
from auscult.core.errors import UsageError
from auscult.core.protocols import DataSet
from auscult.engine.plan import Plan, RolePlan, SuitePlan
from auscult.engine.view import RunView
from auscult.kit.regression.export import lines_of
from auscult.report.gate import gate


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[RunView, RunView]]:
    """One of regressions alone, and one of them beside another suite."""
    folder = tmp_path_factory.mktemp("runs")
    (folder / "f.jsonl").write_bytes(lines_of([replay()]))
    data = (DataSet("findings", str(folder / "f.jsonl")),)
    alone = make_plan("regressions", target="scripted/oracle", data=data)
    suites = (SuitePlan("regressions", data), SuitePlan("knowledge", limit=20))
    both = Plan(RolePlan("scripted/oracle"), suites)
    for name, plan in (("alone", alone), ("both", both)):
        assert run(plan, folder / name).stopped == "complete"
    views = RunView(folder / "alone"), RunView(folder / "both")
    yield views
    for view in views:
        view.close()


@pytest.mark.parametrize(
    "wanted",
    [
        {"margin": 0.05},
        {"margins": {"findings that still fail": 0.05}},
        {"require": [("checklist", "<=", 0.0)]},
        {},
    ],
)
def test_a_run_of_regressions_alone_is_refused(
    runs: tuple[RunView, RunView], wanted: dict[str, Any]
) -> None:
    with pytest.raises(UsageError, match="a gate never uses the suite 'regressions'") as said:
        gate(runs[0], runs[0], **wanted)
    assert str(said.value).count(". ") == 0 and len(str(said.value)) < 300


@pytest.mark.parametrize("name", ["findings that are mended", "regressions/checklist"])
def test_beside_another_suite_its_figures_are_refused_by_name(
    runs: tuple[RunView, RunView], name: str
) -> None:
    with pytest.raises(UsageError, match="never uses the suite 'regressions'"):
        gate(runs[1], require=[(name, "<=", 0.0)])


def test_the_other_suite_is_gated_as_ever(runs: tuple[RunView, RunView]) -> None:
    found = gate(runs[1], require=[("accuracy", ">=", 0.5)])
    assert found.verdict == "pass"
    bare = gate(runs[1], runs[1], margin=0.3)
    assert [check.name for check in bare.checks] and "regressions" not in str(bare.checks)
