"""The Python API: `audit` runs or resumes, `open_run` reads, and both say what is wrong."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
import polars as pl
import pytest

import auscult
from auscult.api import default_folder, make_plan
from auscult.core.errors import PlanError, RunInterrupted, TargetUnusable, UsageError
from auscult.engine.plan import Limits, Plan, Price

RIGHT = "scripted/right?p=0.7"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> auscult.Run:
    folder = tmp_path_factory.mktemp("api") / "run"
    return auscult.audit("knowledge", target=RIGHT, limit=10, seed=7, out=folder)


def test_a_run_gives_its_trials_estimates_and_findings(run: auscult.Run) -> None:
    trials = run.trials()
    assert isinstance(trials, pl.DataFrame)
    assert trials.height == 30 and trials["case_id"].n_unique() == 10
    accuracy = next(e for e in run.estimates() if e.metric == "accuracy")
    full = trials.filter(pl.col("arm") == "baseline")
    assert accuracy.n == 20
    assert accuracy.value == pytest.approx(full["score"].fill_null(0).mean())
    assert run.stopped == "complete"
    assert all(finding.suite == "knowledge" for finding in run.findings())


def test_a_run_directory_holds_the_contract(run: auscult.Run) -> None:
    for name in ("run.db", "trials.parquet", "results.json", "dossier/index.html"):
        assert (run.folder / name).is_file(), name


def test_a_run_is_read_again_without_a_model(run: auscult.Run) -> None:
    again = auscult.open_run(run.folder)
    assert again.estimates() == run.estimates()
    assert again.trials().equals(run.trials())
    before = (run.folder / "results.json").read_bytes()
    assert again.report() == run.folder / "dossier" / "index.html"
    assert (run.folder / "results.json").read_bytes() == before


def test_the_same_audit_resumes_and_another_is_refused(run: auscult.Run) -> None:
    same = auscult.audit("knowledge", target=RIGHT, limit=10, seed=7, out=run.folder)
    assert same.results().run.accounting.calls == 30
    with pytest.raises(UsageError, match="plan seed: was 7, now 8"):
        auscult.audit("knowledge", target=RIGHT, limit=10, seed=8, out=run.folder)


def test_a_plan_can_be_given_as_a_value_or_a_file(run: auscult.Run, tmp_path: Path) -> None:
    plan = make_plan("knowledge", target=RIGHT, limit=10, seed=7)
    assert auscult.audit(plan=plan, out=tmp_path / "a").estimates() == run.estimates()
    file = tmp_path / "plan.toml"
    file.write_text(
        'name = "knowledge"\nseed = 7\n[target]\nuse = "scripted/right?p=0.7"\n'
        '[[suites]]\nuse = "knowledge"\nlimit = 10\n'
    )
    assert auscult.audit(plan=file, out=tmp_path / "b").estimates() == run.estimates()


def test_a_plan_and_arguments_do_not_mix() -> None:
    plan = make_plan("knowledge", target=RIGHT)
    with pytest.raises(UsageError, match="leave out: limit, target"):
        auscult.audit(plan=plan, target=RIGHT, limit=3)
    with pytest.raises(UsageError, match="name who is audited"):
        auscult.audit("knowledge")


def test_it_works_inside_a_running_loop(tmp_path: Path) -> None:
    """As in a notebook."""

    async def cell() -> int:
        made = auscult.audit(
            "testkit", target="testkit/x", limit=5, out=tmp_path / "r", report=False
        )
        return made.trials().height

    assert asyncio.run(cell()) == 5


def test_what_stopped_it_is_raised_and_the_rest_is_kept(tmp_path: Path) -> None:
    target = "scripted/crash?n=20"
    limits = Limits(concurrency=1)
    with pytest.raises(TargetUnusable, match="gave up after 20 calls"):
        auscult.audit("testkit", target=target, limit=40, limits=limits, out=tmp_path / "r")
    kept = auscult.open_run(tmp_path / "r")
    assert kept.stopped.startswith("failed") and kept.trials().height == 20


def test_names_that_are_not_known_get_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="Did you mean 'knowledge'"):
        auscult.audit("knowlege", target=RIGHT, out=tmp_path / "r")
    assert not (tmp_path / "r").exists()
    with pytest.raises(UsageError, match="no run in"):
        auscult.open_run(tmp_path / "nowhere")
    with pytest.raises(AttributeError, match="no attribute 'audits'"):
        _ = auscult.audits  # type: ignore[attr-defined]


def test_the_default_folder_names_the_plan_and_not_its_limits() -> None:
    def folder(**more: object) -> Path:
        return default_folder(make_plan("knowledge", target="openai/org/model?x=1", **more))

    plain = folder()
    assert plain.parent == Path("runs")
    assert plain.name.startswith("knowledge-openai-org-model-")
    assert folder(limit=5) == plain
    assert folder(limits=Limits(calls=3)) == plain
    assert folder(seed=1) != plain and folder(system="x") != plain


def test_a_plan_keeps_no_secret() -> None:
    plan = make_plan("knowledge", target="openai/m", target_options={"api_key": "sk-planted-9876"})
    other = make_plan("knowledge", target="openai/m", target_options={"api_key": "sk-another-1234"})
    assert plan.digest() == other.digest(), "a changed key goes on with the same run"
    assert default_folder(plan) == default_folder(other)


def test_make_plan_says_what_it_was_told() -> None:
    plan = make_plan(
        ["knowledge", "testkit"], target="openai/m", data=["medqa=a.jsonl", "knowledge"], limit=9,
        system="Be brief.", prices={"openai/m": Price(1.0, 2.0)},
    )  # fmt: skip
    assert isinstance(plan, Plan)
    assert plan.name == "knowledge-testkit" and [s.limit for s in plan.suites] == [9, 9]
    first, second = plan.suites[0].data
    assert (first.loader, first.path) == ("medqa", "a.jsonl")
    assert (second.loader, second.path) == ("pack", "knowledge")
    assert plan.target.system == "Be brief." and plan.prices["openai/m"].output == 2.0
    assert msgspec.convert(msgspec.to_builtins(plan), Plan) == plan


def test_an_interrupted_run_says_how_to_go_on() -> None:
    from auscult.api import raise_failure
    from auscult.engine.run import Outcome

    with pytest.raises(RunInterrupted, match="3 of 9 cases; run the same command") as said:
        raise_failure(Outcome(Path("r"), "interrupted", None, 3, 9))
    assert said.value.exit_code == 130
    raise_failure(Outcome(Path("r"), "complete", None, 9, 9))
