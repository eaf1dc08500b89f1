"""Judges as a plan builds them: one that stands in, its roles, its calls, and who is kin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from runs import plan_for, run, trials_of

from auscult import api
from auscult.core.errors import PlanError
from auscult.core.protocols import Ask
from auscult.engine.bind import bind, worst_asks
from auscult.engine.bind_judges import judges_used, shared_out
from auscult.engine.ledger import open_reader
from auscult.engine.manifest import describe_roles, make_manifest
from auscult.engine.plan import JudgePlan, Plan, RolePlan
from auscult.engine.planfile import parse_plan

SUITE = "das/open-ended"
ROLES = ("judge", "judge-2", "judge-3")
MEMBERS = [{"use": "criteria", "role": role} for role in ROLES]


def panel_plan(rule: str = "escalate", target: str = "scripted/oracle", **roles: str) -> Plan:
    played = {role: f"scripted/right?p=0.8&seed={n}" for n, role in enumerate(ROLES)} | roles
    return plan_for(
        SUITE,
        target,
        limit=3,
        roles={role: RolePlan(use) for role, use in played.items()},
        judges={"criteria": JudgePlan("panel", {"members": MEMBERS, "rule": rule})},
    )


def test_a_role_that_a_panel_asks_must_be_played() -> None:
    plan = panel_plan()
    roles = {name: role for name, role in plan.roles.items() if name != "judge-3"}
    with pytest.raises(PlanError) as fault:
        bind(plan_for(SUITE, "scripted/oracle", roles=roles, judges=plan.judges))
    assert [f.where for f in fault.value.faults] == ["roles.judge-3"]
    assert "judge 'criteria' asks this role and nobody plays it" in str(fault.value)


def test_judges_of_a_plan_are_checked_like_its_suites() -> None:
    with pytest.raises(PlanError, match=r"judges\.choice: no suite of the plan asks 'choice'"):
        bind(plan_for("das/recorded", "scripted/oracle", judges={"choice": JudgePlan()}))
    text = (
        '[target]\nuse = "scripted/oracle"\n[[suites]]\nuse = "knowledge"\n'
        '[judges.choise]\n[judges.choice]\nuse = "pannel"\n'
    )
    with pytest.raises(PlanError) as fault:
        parse_plan(text)
    said = {(f.where, f.line) for f in fault.value.faults}
    assert said == {("judges.choise", 5), ("judges.choice.use", 7)}
    with pytest.raises(PlanError, match="takes 3 members"):
        options = {"rule": "escalate", "members": MEMBERS[:2]}
        plan = panel_plan()
        bind(
            plan_for(
                SUITE, "scripted/oracle", roles=plan.roles,
                judges={"criteria": JudgePlan("panel", options)},
            )
        )  # fmt: skip


def test_a_run_reads_by_the_panel_under_the_name_that_the_suite_asks(tmp_path: Path) -> None:
    plan = panel_plan()
    outcome = run(plan, tmp_path / "one")
    assert outcome.stopped == "complete"
    reader = open_reader(tmp_path / "one")
    verdicts = [v for case in reader.cases() for trial in case.trials for v in trial.verdicts]
    calls = {role: totals.calls for role, totals in reader.totals().items()}
    reader.close()
    read = [v for v in verdicts if "panel" in v.labels]
    assert read and {(v.judge, v.version) for v in verdicts} <= {
        ("criteria", "panel-1"), ("attack", "1"),
    }  # fmt: skip
    assert 0 < calls["judge-3"] < calls["judge-2"] <= calls["judge"] * 2
    slow = plan_for(
        SUITE, "scripted/oracle", limit=3, roles=plan.roles, judges=plan.judges,
        limits={"concurrency": 1},
    )  # fmt: skip
    run(slow, tmp_path / "two")
    assert trials_of(tmp_path / "one") == trials_of(tmp_path / "two")
    page = api.Run(tmp_path / "one").report().read_text()
    assert "the judge &#39;panel&#39; read in its place" in page


def test_a_panel_is_forecast_and_pinned_with_all_its_members() -> None:
    bound = bind(panel_plan("majority"))
    suite = bound.suites[0].suite
    loaders, sets = bound.suites[0].loaders, bound.suites[0].datasets
    case = next(iter(suite.cases(sets, loaders)))
    plain = list(suite.cost(case, bound.roles["target"].target.abilities))
    asked = worst_asks(bound, suite, case)
    judging = sum(ask.calls for ask in plain if ask.role == "judge")
    for role in ROLES:
        assert sum(ask.calls for ask in asked if ask.role == role) == judging
    assert judges_used(bound.judges) == ("criteria", "panel")
    sources = make_manifest(panel_plan(), bound, "", "now").sources
    assert {"judges/criteria", "judges/panel"} <= sources.keys()
    once = [Ask("judge", 2, 10, 10), Ask("target", 1, 10, 10)]
    assert list(shared_out(once, [])) == once


@pytest.mark.parametrize(
    ("judge", "flagged"), [("gpt-4.1", True), ("mistral-small", False)], ids=["kin", "stranger"]
)
def test_a_judge_of_the_targets_family_is_flagged(judge: str, flagged: bool) -> None:
    where = "?base_url=http://localhost:9/v1"
    plan = panel_plan("majority", f"openai/gpt-4o-mini{where}", judge=f"openai/{judge}{where}")
    bound = bind(plan, dry=True)
    notes: dict[str, Any] = {n: r["evidence_notes"] for n, r in describe_roles(bound).items()}
    assert ("Self-preference" in " ".join(notes["judge"])) is flagged
    assert notes["target"] == notes["judge-2"] == []


def test_kin_stands_in_the_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from auscult.engine import bind as binding

    monkeypatch.setattr(binding, "kinship", lambda role, *_: "Self-preference: kin.")
    run(panel_plan(), tmp_path / "r")
    record = api.Run(tmp_path / "r")
    assert record.results().run.roles["judge"].notes == ("Self-preference: kin.",)
    assert "Self-preference: kin." in record.report().read_text()


def test_kin_is_warned_of_as_the_run_begins(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from auscult.cli.running import run_and_report
    from auscult.engine import bind as binding
    from auscult.engine.run import Options

    said = "Self-preference: kin."
    monkeypatch.setattr(binding, "kinship", lambda role, *_: said if role == "judge" else "")
    run_and_report(panel_plan(), tmp_path / "r", Options(), quiet=False, as_json=False)
    assert capsys.readouterr().err.count(said) == 1
    run_and_report(panel_plan(), tmp_path / "quiet", Options(), quiet=True, as_json=False)
    assert said not in capsys.readouterr().err
