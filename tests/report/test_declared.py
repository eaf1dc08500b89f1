"""What a plan declared, put onto the figures: standing, families, and the right interval."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from runs import run

from auscult.api import make_plan, open_run
from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.engine.declared import Primary, StopPlan
from auscult.engine.plan import Plan, RolePlan, SuitePlan
from auscult.engine.stops import Stop as LiveStop
from auscult.engine.stops import StopRecord, Stops, records
from auscult.report.declared import (
    COULD_STOP,
    EVERY_LOOK,
    declared_words,
    rule_words,
    with_declared,
)
from auscult.stats.families import Endpoint, Family
from auscult.stats.stopping import Clears, HalfWidth, NotWorse, Rule
from auscult.stats.watched import NOT_APPLICABLE, Value

ROOT = Path(__file__).parents[2]
ACCURACY = Watched("accuracy", "baseline", "choice", yes_no=True)


def found(metric: str = "accuracy", **more: Any) -> Estimate:
    words = {"suite": "s", "estimand": f"The {metric}.", "value": 0.6, "low": 0.5, "high": 0.7,
             "arm": "baseline", "n": 40, "n_clusters": 40, "method": "Wilson"}  # fmt: skip
    return Estimate(metric=metric, **(words | more))


def plan(**more: Any) -> Plan:
    return Plan(RolePlan("scripted/oracle"), (SuitePlan("s"),), **more)


def record(stop: StopPlan, values: list[Value], *, pack: int = 100, unmatched: int = 0) -> Any:
    """What the engine would keep, had the clusters given these values."""
    base: dict[str, Value] | None = None
    if stop.against:
        base = {f"c{n}": 0.0 for n in range(len(values) - unmatched)}
    live = LiveStop(stop, ACCURACY, 1, clusters=pack, one_case_each=True, base=base)
    for number, value in enumerate(values):
        live.push([(f"c{number}", value)], number + 1)
    return records(Stops({0: [live]}, {0: [1] * pack}), ["s"])[0]


RULE = StopPlan("s", "accuracy", Clears(0.5, between=(0.4, 0.6)))
DECIDED: StopRecord = record(RULE, [1.0] * 30)


# --- endpoints --------------------------------------------------------------------------------


def test_where_a_plan_names_endpoints_these_and_no_others_are_primary() -> None:
    given = [
        found(standing="primary", headline=True),
        found("excess", standing="secondary", headline=True),
        found("refusals", standing="secondary"),
        found(group={"sex": "female"}),
    ]
    out = with_declared(given, plan(primary=(Primary("s", "refusals"),)), [])
    assert [(e.standing, e.headline) for e in out] == [
        ("exploratory", False), ("secondary", True), ("primary", True), ("exploratory", False),
    ]  # fmt: skip
    assert with_declared(given, plan(), []) == given


def test_a_primary_endpoint_that_was_not_measured_stays() -> None:
    out = with_declared([found()], plan(primary=(Primary("s", "acuracy"),)), [])
    assert (out[1].metric, out[1].value, out[1].standing) == ("acuracy", None, "primary")
    assert out[1].headline and "no suite of it gives a figure" in out[1].note


# --- families ---------------------------------------------------------------------------------


def test_a_family_gets_adjusted_p_values_and_the_unmeasured_count_with_one() -> None:
    family = Family("main", (Endpoint("s", "a"), Endpoint("s", "b"), Endpoint("s", "lost")))
    given = [found("a", extra={"p_value": 0.01}), found("b", extra={"p_value": 0.03}), found("c")]
    a, b, c, lost = with_declared(given, plan(families=(family,)), [])
    assert (a.p_adjusted, b.p_adjusted) == (pytest.approx(0.03), pytest.approx(0.06))
    assert a.extra["rejected"] and not b.extra["rejected"]
    assert c == given[2], "what is in no family is left alone"
    assert (lost.metric, lost.p_adjusted, lost.extra["p_value"]) == ("lost", 1.0, 1.0)


def test_an_unmeasured_primary_endpoint_is_the_one_of_its_family() -> None:
    family = Family("main", (Endpoint("s", "lost"),))
    (lost,) = with_declared([], plan(families=(family,), primary=(Primary("s", "lost"),)), [])
    assert (lost.family, lost.p_adjusted, lost.standing) == ("main", 1.0, "primary")


def test_a_family_that_cannot_be_adjusted_claims_nothing_and_says_why() -> None:
    """The plan of a finished run cannot be mended, so its report must not fail on it."""
    family = Family("main", (Endpoint("s", "a"),))
    twins = [found("a", condition="clean"), found("a", condition="noisy"), found("b")]
    out = with_declared(twins, plan(families=(family,)), [])
    assert [e.p_adjusted for e in out] == [None] * 3
    assert "The family 'main' was not adjusted" in out[0].note and "fits 2 estimates" in out[0].note
    assert out[2].note == ""


def test_no_claim_is_made_from_a_p_value_where_a_rule_could_stop() -> None:
    family = Family("main", (Endpoint("s", "a"), Endpoint("t", "a")))
    given = [found("a", extra={"p_value": 0.001}), found("a", suite="t", extra={"p_value": 0.001})]
    both = msgspec.structs.replace(plan(families=(family,)), stop=(RULE,))
    _, here, there = with_declared(given, both, [DECIDED])
    assert not here.extra["rejected"] and "no claim is made from it" in here.note
    assert there.extra["rejected"] and there.note == ""


def test_what_a_rule_could_stop_does_not_lower_the_bar_for_the_rest() -> None:
    """Benjamini-Hochberg over ten: with nine at p = 0 before it, .04 would pass as .04."""
    ends = (*(Endpoint("s", f"m{n}") for n in range(9)), Endpoint("t", "a"))
    family = Family("main", ends, method="benjamini-hochberg")
    given = [found(f"m{n}", extra={"p_value": 1e-6}) for n in range(9)]
    given.append(found("a", suite="t", extra={"p_value": 0.04}))
    ruled = msgspec.structs.replace(plan(families=(family,)), stop=(RULE,))
    out = with_declared(given, ruled, [])
    assert not any(e.extra["rejected"] for e in out)
    assert [e.p_adjusted for e in out] == [1.0] * 9 + [pytest.approx(0.4)]
    assert "with p = 1, because its own p-value is for" in out[0].note and out[9].note == ""
    assert out[0].extra["p_value"] == 1e-6
    assert all(e.extra["rejected"] for e in with_declared(given, plan(families=(family,)), []))


# --- rules ------------------------------------------------------------------------------------


def test_the_sequential_interval_takes_the_place_of_the_headline() -> None:
    given = [
        found(standing="primary", headline=True, extra={"phrase": {"things": "x"}}),
        found(group={"sex": "female"}, standing="exploratory"),
        found("excess", standing="secondary", headline=True),
        found(suite="t", standing="primary", headline=True),
    ]
    first, fixed, grouped, other, elsewhere = with_declared(given, plan(stop=(RULE,)), [DECIDED])
    assert (first.metric, first.standing, first.headline) == ("accuracy", "primary", True)
    assert (first.value, first.low, first.high) == (1.0, DECIDED.low, DECIDED.high)
    assert (first.level, first.condition) == (pytest.approx(0.9), EVERY_LOOK)
    assert first.n == first.n_clusters == DECIDED.cut == DECIDED.clusters
    assert first.extra["phrase"] == {"things": "x"} and first.extra["verdict"] == "above"
    assert first.stop_rule.startswith("above: stop when the mean is shown to be above or below 0.5")
    assert (fixed.standing, fixed.headline, fixed.stop_rule) == ("secondary", False, COULD_STOP)
    assert fixed.method == "Wilson; for a fixed number of cases"
    assert (grouped.standing, grouped.stop_rule) == ("exploratory", COULD_STOP)
    assert other.headline and other.method.endswith("for a fixed number of cases")
    assert elsewhere == given[3]


def test_a_suite_with_a_rule_is_marked_even_where_no_record_is() -> None:
    """As in a run that was killed before its rule was first read."""
    (only,) = with_declared([found()], plan(stop=(RULE,)), [])
    assert only.stop_rule == COULD_STOP and "fixed number" in only.method


def test_a_rule_on_something_else_than_the_primary_endpoint_is_secondary() -> None:
    named = plan(stop=(RULE,), primary=(Primary("s", "excess"),))
    first, *_ = with_declared([found(), found("excess")], named, [DECIDED])
    assert (first.standing, first.headline) == ("secondary", True)
    same = plan(stop=(RULE,), primary=(Primary("s", "accuracy"),))
    assert with_declared([found()], same, [DECIDED])[0].standing == "primary"


def test_missing_clusters_and_such_as_do_not_apply_are_counted_apart() -> None:
    wide = HalfWidth(0.01)
    values: list[Value] = [1.0, None, NOT_APPLICABLE, 0.0]
    open_ended = record(StopPlan("s", "accuracy", wide), values)
    pack = record(StopPlan("s", "accuracy", wide, population="this pack"), values, pack=9)
    (first, *_), (second, *_) = (
        with_declared([found()], plan(stop=(stop.plan,)), [stop]) for stop in (open_ended, pack)
    )
    assert (first.n, first.n_clusters, first.n_error, first.n_not_applicable) == (2, 3, 1, 1)
    assert (second.n, second.n_clusters, second.n_error, second.n_not_applicable) == (2, 4, 1, 1)
    assert "1 cluster had no applicable case" in second.note and "no applicable" not in first.note
    assert first.value == second.value == 0.5


def test_a_run_minus_another_is_a_metric_of_its_own() -> None:
    values: list[Value] = [1.0] * 7 + [NOT_APPLICABLE] * 2
    stop = record(
        StopPlan("s", "accuracy", HalfWidth(0.01), against="runs/base"), values, unmatched=2
    )
    given = [found(standing="primary", headline=True, extra={"phrase": {"things": "x"}})]
    minus, fixed = with_declared(given, plan(stop=(stop.plan,)), [stop])
    assert minus.metric == "accuracy minus the run runs/base"
    assert (minus.unit, minus.control_arm) == ("difference of proportions", "the run runs/base")
    assert "phrase" not in minus.extra, "words for a share are none for a difference"
    assert "2 cases had no counterpart" in minus.note and minus.n == 7
    assert fixed.headline and fixed.standing == "primary", "its own accuracy is still there"
    assert fixed.stop_rule == COULD_STOP


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        (HalfWidth(0.05), "stop when the half-width is at most 0.05 (alpha 0.05)"),
        (HalfWidth(0.05, most=1), "half-width is at most 0.05 (alpha 0.05, at most 1 cluster)"),
        (NotWorse(0.0), "stop when no worse by 0, or worse by more (alpha 0.05)"),
        (Clears(0.1, side="above", alpha=0.01), "the mean is shown to be above 0.1 (alpha 0.01)"),
        (Clears(0.1, between=(0.05, 0.2)), "0.1; between 0.05 and 0.2 either answer will do (a"),
    ],
)
def test_a_rule_is_told_whole(rule: Rule, words: str) -> None:
    assert words in rule_words(rule)


def test_two_rules_on_one_metric_are_each_told_what_became_of_them() -> None:
    wide = StopPlan("s", "accuracy", HalfWidth(0.01))
    said = declared_words(
        plan(
            stop=(RULE, wide), primary=(Primary("s", "accuracy", margin=0.05),),
            families=(Family("main", (Endpoint("s", "a"),)),),
        ),
        [DECIDED, record(wide, [1.0] * 30)],
    )  # fmt: skip
    assert said[0] == "Primary endpoint: s/accuracy, margin 0.05."
    assert said[1].startswith("Family 'main' (Holm")
    assert "alpha shared over 2 rules" in said[2] and "taken to be above 50%" in said[2]
    assert "is still undecided" in said[3]
    assert declared_words(plan(stop=(RULE,)), [])[0].endswith("It has not been read yet.")


# --- a whole run ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("run") / "r"
    declared = make_plan(
        "knowledge",
        target="scripted/flaky?p=0.02&p_right=0.95&retry=false",
        suite_options={"repeats": 1},
        stop=(
            StopPlan("knowledge", "accuracy", Clears(0.8, between=(0.7, 0.9))),
            StopPlan("knowledge", "excess over options-only", NotWorse(0.1)),
        ),
        primary=(Primary("knowledge", "accuracy", margin=0.05), Primary("knowledge", "nothing")),
        families=(
            Family("main", (Endpoint("knowledge", "excess over options-only", condition=""),
                            Endpoint("knowledge", "unheard of"))),
        ),
    )  # fmt: skip
    assert run(declared, made).stopped == "stopping rule"
    opened = open_run(made)
    opened.report()
    opened.view.close()
    return made


def test_the_dossier_says_what_stopped_when_and_why(folder: Path) -> None:
    page = (folder / "dossier" / "index.html").read_text(encoding="utf-8")
    for words in (
        "Stopped by its declared rule",
        "Declared before the run",
        "Primary endpoint: knowledge/accuracy, margin 0.05.",
        "alpha shared over 2 rules",
        "taken to be above 80%, as 70% or less is ruled out",
        "shown to be no worse by 10 percentage points or more",
        "the interval to read is the one marked as valid at every look",
        "and left out: quick cases finish first",
    ):
        assert words in page, words


def test_results_hold_what_was_declared_and_fit_their_schema(folder: Path) -> None:
    results = json.loads((folder / "results.json").read_text(encoding="utf-8"))
    schema = json.loads((ROOT / "docs" / "results.schema.json").read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(schema).validate(results)
    by = {(e["metric"], e["condition"], json.dumps(e["group"])): e for e in results["estimates"]}
    first = by["accuracy", EVERY_LOOK, "{}"]
    assert first["headline"] and first["extra"]["rule"]["rule"]["when"] == "clears"
    assert first["level"] == pytest.approx(1 - 2 * 0.025)
    assert by["nothing", "", "{}"]["standing"] == "primary"
    lost = by["unheard of", "", "{}"]
    assert (lost["p_adjusted"], lost["family"], lost["value"]) == (1.0, "main", None)
    assert by["excess over options-only", "", "{}"]["p_adjusted"] is not None
    assert results["run"]["stopped"] == "stopping rule"
    assert results["run"]["plan"]["stop"][0]["rule"]["threshold"] == 0.8


def test_the_published_schema_is_that_of_the_code() -> None:
    done = subprocess.run(
        [sys.executable, str(ROOT / "tools" / "write_schema.py"), "--check"],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
