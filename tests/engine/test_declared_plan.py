"""What a plan declares before the run: faults all at once with their lines, and what is hashed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from processes import auscult
from runs import run

from auscult.api import make_plan
from auscult.core.errors import PlanError, UsageError
from auscult.engine.declared import Primary, StopPlan
from auscult.engine.plan import Plan, canonical
from auscult.engine.planfile import parse_plan
from auscult.engine.stops import check_stops
from auscult.engine.view import RunView
from auscult.stats.families import Endpoint, Family
from auscult.stats.stopping import Clears, HalfWidth, NotWorse

HEAD = """
[target]
use = "scripted/oracle"
[[suites]]
use = "knowledge"
options = { repeats = 1 }
"""
GOOD = """
[target]
use = "scripted/oracle"

[[suites]]
use = "knowledge"

[[primary]]
suite = "knowledge"
metric = "accuracy"
margin = 0.05

[[families]]
name = "main"
method = "benjamini-hochberg"
alpha = 0.1
[[families.endpoints]]
suite = "knowledge"
metric = "excess over options-only"
[[families.endpoints]]
suite = "knowledge"
metric = "accuracy"
group = { specialty = "cardiology" }

[[stop]]
suite = "knowledge"
metric = "accuracy"
population = "this pack"
rule = { when = "clears", threshold = 0.8, between = [0.75, 0.85], most = 200 }

[[stop]]
suite = "knowledge"
metric = "excess over options-only"
[stop.rule]
when = "not-worse"
margin = 0.1
"""
BAD = (
    HEAD
    + """
[[stop]]
suite = "knowledge"
metric = "acuracy"
rule = { when = "clears", threshold = 1.5 }
[[stop]]
suite = "knowledge"
metric = "accuracy"
rule = { when = "clers", threshold = 0.5 }
[[stop]]
suite = "knowlege"
metric = "accuracy"
[stop.rule]
when = "half-width"
widht = 0.1
[[stop]]
suite = "knowledge"
metric = "refusal rate"
rule = { when = "not-worse", margin = 0.1 }
[[stop]]
suite = "knowledge"
metric = "accuracy"
poplation = "this pack"
rule = 0.1
[[families]]
name = "first"
endpoints = []
[[families]]
name = "second"
[[families.endpoints]]
suite = "knowledge"
metric = "accuracy"
[[families.endpoints]]
suite = "knowledge"
metrc = "accuracy"
"""
)


def faults(text: str) -> dict[tuple[str, int], str]:
    with pytest.raises(PlanError) as caught:
        parse_plan(text, "plan.toml")
    return {(fault.where, fault.line): str(fault) for fault in caught.value.faults}


def test_a_good_plan_is_read_whole() -> None:
    plan = parse_plan(GOOD)
    assert plan.primary == (Primary("knowledge", "accuracy", margin=0.05),)
    assert plan.families[0].endpoints[1] == Endpoint(
        "knowledge", "accuracy", {"specialty": "cardiology"}
    )
    assert [stop.rule for stop in plan.stop] == [
        Clears(0.8, between=(0.75, 0.85), most=200), NotWorse(0.1),
    ]  # fmt: skip
    assert plan.stop[0].population == "this pack"


def test_all_faults_of_rules_and_families_come_at_once_with_their_lines() -> None:
    found = faults(BAD)
    assert set(found) == {
        ("stop[0].metric", 10), ("stop[0].rule", 11), ("stop[1].rule.when", 15),
        ("stop[2].suite", 17), ("stop[2].rule.width", 19), ("stop[2].rule.widht", 21),
        ("stop[3].rule", 25), ("stop[4].poplation", 29), ("stop[4].rule", 30),
        ("families[0]", 31), ("families[1].endpoints[1].metric", 39),
        ("families[1].endpoints[1].metrc", 41),
    }  # fmt: skip
    hints = {
        "stop[0].metric": "Did you mean 'accuracy'?",
        "stop[0].rule": "must lie between 0 and 1, not 1.5",
        "stop[1].rule.when": "there is no rule 'clers'. Did you mean 'clears'?",
        "stop[2].suite": "Did you mean 'knowledge'?",
        "stop[2].rule.widht": "Did you mean 'width'?",
        "stop[3].rule": "read a metric with a control arm, or name a run with against = ...",
        "stop[4].poplation": "Did you mean 'population'?",
        "stop[4].rule": 'give rule = { when = "...", ... }',
        "families[0]": "has no endpoints",
        "families[1].endpoints[1].metrc": "Did you mean 'metric'?",
    }
    said = {where: text for (where, _), text in found.items()}
    assert [where for where, hint in hints.items() if hint not in said[where]] == []


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ("{ when = 'clears', threshold = 0.5, between = [0.6, 0.9] }", "must enclose the thresh"),
        ("{ when = 'half-width', width = 0 }", "half-width must lie between 0 and 1"),
        ("{ when = 'half-width', width = 0.1, alpha = 0.5 }", "alpha must lie between 0 and 0.5"),
        ("{ when = 'half-width', width = 0.1, most = 0 }", "at least one cluster"),
        ("{ when = 'half-width', width = '0.1' }", "'0.1' is of the wrong type"),
        ("{ width = 0.1 }", "add when = one of: half-width, clears, not-worse"),
    ],
)
def test_a_rule_that_cannot_be_meant_is_named(rule: str, said: str) -> None:
    text = f"{HEAD}[[stop]]\nsuite = 'knowledge'\nmetric = 'accuracy'\nrule = {rule}\n"
    found = faults(text)
    assert len(found) == 1 and said in next(iter(found.values()))
    assert {line for _, line in found} == {10}


def test_an_endpoint_stands_in_one_family() -> None:
    family = "[[families]]\nname = '{}'\nendpoints = [{{ suite = 'knowledge', metric = 'x' }}]\n"
    found = faults(HEAD + family.format("a") + family.format("b"))
    assert list(found) == [("families[1].endpoints", 12)]
    assert "knowledge/x stands in families[0] already" in str(found)


def test_the_command_line_says_them_and_ends_in_exit_2(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(BAD, encoding="utf-8")
    done = auscult("audit", "--plan", "plan.toml", "--yes", cwd=tmp_path)
    assert done.returncode == 2 and "Traceback" not in done.stderr
    assert "plan.toml has 12 faults" in done.stderr
    assert "stop[1].rule.when (line 15)" in done.stderr
    assert not (tmp_path / "runs").exists()


class Fake:
    def __init__(self, *watched: Any) -> None:
        self.watched = watched


def test_rules_are_held_to_what_their_metric_is() -> None:
    from auscult.core.protocols import Watched

    suite: Any = Fake(
        Watched("harm", "attack", "judge", better="lower"),
        Watched("excess", "attack", "judge", control_arm="control", better="lower"),
    )
    plans = [
        StopPlan("s", "excess", Clears(0.1)),
        StopPlan("s", "excess", HalfWidth(0.1), against="base"),
        StopPlan("s", "excess", NotWorse(0.1, better="higher")),
        StopPlan("s", "harm", NotWorse(0.1)),
        StopPlan("s", "harm", NotWorse(0.1), against="base"),
        StopPlan("s", "harm", NotWorse(0.1), against="base"),
        StopPlan("t", "harm", HalfWidth(0.1)),
    ]
    found = {fault.where: str(fault) for fault in check_stops(plans, {"s": suite, "t": Fake()})}
    assert {where: text for where, text in found.items()}.keys() == {
        "stop[0].rule", "stop[1].against", "stop[2].rule", "stop[3].rule", "stop[5]",
        "stop[6].metric",
    }  # fmt: skip
    assert "'clears' reads rates" in found["stop[0].rule"]
    assert "a difference already" in found["stop[1].against"]
    assert "lower is better, and the rule says higher" in found["stop[2].rule"]
    assert "in the plan already" in found["stop[5]"]
    assert "rules cannot stop this suite" in found["stop[6].metric"]


def test_a_plan_made_in_python_is_held_to_the_same(tmp_path: Path) -> None:
    plan = make_plan("knowledge", target="scripted/oracle",
                     stop=(StopPlan("knowledge", "acuracy", HalfWidth(0.1)),))  # fmt: skip
    with pytest.raises(PlanError, match="Did you mean 'accuracy'"):
        run(plan, tmp_path)
    unknown = make_plan("knowledge", target="scripted/oracle", primary=(Primary("knowlege", "x"),))
    with pytest.raises(PlanError, match=r"primary\[0\]\.suite.* Did you mean 'knowledge'"):
        run(unknown, tmp_path)


# --- the hash ---------------------------------------------------------------------------------


def changed(plan: Plan, **more: Any) -> Plan:
    return msgspec.structs.replace(plan, **more)


def test_rules_families_and_endpoints_are_in_the_hash() -> None:
    plan = parse_plan(GOOD)
    first, second = plan.stop
    family, primary = plan.families[0], plan.primary[0]
    others = [
        changed(plan, stop=()),
        changed(plan, stop=(second, first)),
        changed(plan, stop=(changed(first, rule=changed(first.rule, threshold=0.81)), second)),
        changed(plan, stop=(changed(first, rule=changed(first.rule, alpha=0.04)), second)),
        changed(plan, stop=(changed(first, rule=HalfWidth(0.8)), second)),
        changed(plan, stop=(changed(first, population="superpopulation"), second)),
        changed(plan, stop=(changed(first, against="base"), second)),
        changed(plan, families=(changed(family, alpha=0.05),)),
        changed(plan, families=(changed(family, endpoints=family.endpoints[:1]),)),
        changed(plan, primary=(changed(primary, margin=0.06),)),
        changed(plan, primary=()),
    ]
    hashes = [plan.digest(), *(other.digest() for other in others)]
    assert len(set(hashes)) == len(hashes)
    assert parse_plan(GOOD).digest() == plan.digest()


def test_the_canonical_plan_comes_back_as_it_was() -> None:
    plan = changed(parse_plan(GOOD), stop=(
        *parse_plan(GOOD).stop, StopPlan("knowledge", "accuracy", HalfWidth(0.1), against="base"),
    ))  # fmt: skip
    raw = msgspec.json.decode(canonical(plan))
    assert [stop["rule"]["when"] for stop in raw["stop"]] == ["clears", "not-worse", "half-width"]
    back = msgspec.convert(raw, Plan)
    assert back == plan and back.digest() == plan.digest()


def test_a_run_keeps_what_was_declared_and_refuses_another_rule(tmp_path: Path) -> None:
    plan = make_plan(
        "knowledge", target="scripted/oracle", limit=3,
        stop=(StopPlan("knowledge", "accuracy", HalfWidth(0.1)),),
        families=(Family("main", (Endpoint("knowledge", "excess over options-only"),)),),
        primary=(Primary("knowledge", "accuracy"),),
    )  # fmt: skip
    run(plan, tmp_path)
    view = RunView(tmp_path)
    assert view.plan == plan and view.plan_hash == plan.digest()
    view.close()
    other = changed(plan, stop=(StopPlan("knowledge", "accuracy", HalfWidth(0.2)),))
    with pytest.raises(UsageError, match=r"plan stop\[0\]\.rule\.width: was 0\.1, now 0\.2"):
        run(other, tmp_path)
