"""Two real runs side by side: what is compared, what is told and what is left out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from statsmodels.stats.contingency_tables import mcnemar as reference_mcnemar

from auscult import audit
from auscult.cli.comparing import beneath
from auscult.engine.declared import StopPlan
from auscult.engine.plan import Limits
from auscult.engine.view import RunView
from auscult.report.compare import Comparison, Pair, blockers, compare
from auscult.report.junit import cautions
from auscult.stats.families import holm
from auscult.stats.mcnemar import mcnemar
from auscult.stats.stopping import HalfWidth

# --- real runs ------------------------------------------------------------------------------------


def questions(file: Path, count: int) -> Path:
    rows = [
        {
            "question": f"Patient {i} shows sign {i % 7}. Which disease is it?",
            "options": {letter: f"disease {letter}{i}" for letter in "ABCD"},
            "answer_idx": "ABCD"[i % 4],
        }
        for i in range(count)
    ]
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


class Lab:
    """Audits of generated questions, each made once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = questions(folder / "questions.jsonl", 60)
        self.views: list[RunView] = []

    def run(self, name: str, target: str = "scripted/right?p=0.7", **more: Any) -> RunView:
        given = {"data": [f"medqa={self.file}"], "suite_options": {"repeats": 1}, **more}
        run = audit("knowledge", target=target, out=self.folder / name, report=False, **given)
        self.views.append(run.view)
        return run.view


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("compared"))
    yield made
    for view in made.views:
        view.close()


@pytest.fixture(scope="module")
def good(lab: Lab) -> RunView:
    return lab.run("good", "scripted/right?p=0.9&seed=1")


@pytest.fixture(scope="module")
def poor(lab: Lab) -> RunView:
    return lab.run("poor", "scripted/right?p=0.4&seed=2")


@pytest.fixture(scope="module")
def found(good: RunView, poor: RunView) -> Comparison:
    return compare(good, poor)


def test_every_watched_metric_is_compared_and_adjusted(found: Comparison) -> None:
    assert [e.metric for e in found.estimates] == [
        "accuracy", "abstention rate", "refusal rate", "unreadable rate",
        "excess over options-only",
    ]  # fmt: skip
    raw = [e.extra["p_value"] for e in found.estimates]
    assert [e.p_adjusted for e in found.estimates] == pytest.approx(list(holm(raw)))
    assert found.family.count("knowledge/") == 5 and "Holm" in found.family
    assert found.not_compared == () and found.left_out == ()
    assert {e.standing for e in found.estimates} == {"exploratory"}


def test_the_figures_are_those_of_the_trials(
    found: Comparison, good: RunView, poor: RunView
) -> None:
    def scores(view: RunView) -> dict[str, float]:
        rows = view.frame("knowledge", ("case_id", "arm", "score"))
        full = rows.filter(pl.col("arm").cast(pl.String) == "baseline")
        return dict(zip(full["case_id"], full["score"], strict=True))

    a, b = scores(good), scores(poor)
    assert a.keys() == b.keys() and len(a) == 60
    estimate = found.estimates[0]
    assert estimate.value == pytest.approx(sum(a[c] - b[c] for c in a) / 60)
    assert estimate.extra["a"] == pytest.approx(sum(a.values()) / 60)
    worse, better = sum(a[c] < b[c] for c in a), sum(a[c] > b[c] for c in a)
    assert estimate.extra["right_to_wrong"] == worse
    assert estimate.extra["wrong_to_right"] == better
    test = mcnemar(worse, better)
    assert (estimate.extra["exact_p"], estimate.extra["mid_p"]) == (test.exact_p, test.mid_p)
    known = reference_mcnemar([[0, better], [worse, 0]], exact=True).pvalue
    assert estimate.extra["p_value"] == pytest.approx(known)
    assert estimate.extra["p_from"] == "McNemar's exact test"
    assert estimate.low is not None and estimate.low > 0
    assert (estimate.n, estimate.n_clusters) == (60, 60)


def test_swapping_the_runs_flips_every_sign(
    found: Comparison, good: RunView, poor: RunView
) -> None:
    for one, other in zip(found.estimates, compare(poor, good).estimates, strict=True):
        assert one.value is not None and one.low is not None
        assert other.value == pytest.approx(-one.value)
        assert other.high == pytest.approx(-one.low)
        assert other.p_adjusted == pytest.approx(one.p_adjusted)


def test_a_fixture_is_named_and_the_target_is_free_to_differ(
    found: Comparison, good: RunView, poor: RunView
) -> None:
    assert [line[:14] for line in found.cautions] == ["A is a fixture", "B is a fixture"]
    assert blockers(Pair(good, poor), "knowledge") == []
    assert "The run and itself are the same run." in cautions(
        Pair(good, good, ("the run", "itself"))
    )


def test_other_options_are_not_compared(lab: Lab, good: RunView) -> None:
    other = lab.run("repeats", suite_options={"repeats": 2, "options_only": False})
    found = compare(good, other)
    assert found.estimates == () and found.family == ""
    assert found.not_compared == (
        "knowledge: the option 'repeats' is 1 in A and 2 in B.",
        "knowledge: the option 'options_only' is True in A and False in B.",
    )


def test_other_data_are_not_compared(lab: Lab, good: RunView) -> None:
    other = lab.run("data", data=[f"medqa={questions(lab.folder / 'other.jsonl', 8)}"])
    (line,) = compare(good, other).not_compared
    assert line.startswith("knowledge: data set 1 is medqa ")


def test_a_suite_in_one_run_only_is_named(lab: Lab, good: RunView) -> None:
    other = audit("testkit", target="testkit/x", out=lab.folder / "kit", report=False, limit=2)
    lab.views.append(other.view)
    assert compare(good, other.view).not_compared == (
        "knowledge: B did not ask it.",
        "testkit: A did not ask it.",
    )


def test_other_code_and_another_judge_are_not_compared(lab: Lab, good: RunView) -> None:
    other = lab.run("code")
    other.sources = {**other.sources, "judges/choice": "f" * 64}
    (line,) = blockers(Pair(good, other), "knowledge")
    assert line.startswith("knowledge: the code of judges/choice is ") and "ffffffffffff" in line
    other.sources = good.sources
    frame = other.frame

    def judged_anew(suite: str, columns: Any, **more: Any) -> pl.DataFrame:
        rows = frame(suite, columns, **more)
        if "judge_version" in columns:
            rows = rows.with_columns(judge_version=pl.lit("99"))
        return rows

    other.frame = judged_anew  # type: ignore[method-assign]
    (line,) = blockers(Pair(good, other), "knowledge")
    assert line.startswith("knowledge: the version of the judge 'choice' is ")
    assert line.endswith("in A and 99 in B.")


def test_an_unfinished_run_gives_its_prefix_and_says_so(lab: Lab, good: RunView) -> None:
    other = lab.run("capped", limits=Limits(calls=20))
    found = compare(good, other)
    shared = other.suites[0].prefix
    assert 0 < shared < 60 and found.estimates[0].n == shared
    assert found.left_out == (f"knowledge: {60 - shared} cases in A only and 0 in B only "
                              "are left out.",)  # fmt: skip
    assert "B is not finished (calls cap): its finished prefix is read." in found.cautions


def test_failed_calls_make_a_difference_undecided(lab: Lab, good: RunView) -> None:
    other = lab.run("flaky", "scripted/flaky?p=0.5&p_right=0.8&retry=false")
    estimate = compare(good, other).estimates[0]
    low, high = estimate.extra["bound_low"], estimate.extra["bound_high"]
    assert estimate.n_error > 0 and estimate.value is not None and low < estimate.value < high
    assert estimate.extra["undecided"] is True and "Undecided" in estimate.note


def test_seeds_rules_and_deviations_are_told(lab: Lab, good: RunView) -> None:
    other = lab.run("seed", seed=5)
    other.deviations = ("code suites/knowledge changed",)
    rule = StopPlan("knowledge", "accuracy", HalfWidth(0.2))
    other.plan = msgspec.structs.replace(other.plan, stop=(rule,))
    told = " ".join(cautions(Pair(good, other)))
    assert "The seeds differ (0 and 5)" in told
    assert "B went on after an accepted change: code suites/knowledge changed." in told
    assert "B declared a rule that could end knowledge early" in told
    estimate = compare(good, other).estimates[0]
    assert estimate.method.endswith("; for a fixed number of cases")
    assert estimate.stop_rule == "a declared rule could stop this suite"


def test_runs_that_a_rule_could_stop_make_no_claim(good: RunView, poor: RunView) -> None:
    assert compare(good, poor).estimates[0].extra["rejected"] is True
    plan = poor.plan
    rule = StopPlan("knowledge", "accuracy", HalfWidth(0.2))
    poor.plan = msgspec.structs.replace(plan, stop=(rule,))
    try:
        found = compare(good, poor).estimates
    finally:
        poor.plan = plan
    assert found[0].extra["p_value"] < 0.001
    assert {e.extra["rejected"] for e in found} == {False} and {e.p_adjusted for e in found} == {1}
    assert "a number of cases fixed beforehand, and a declared rule could stop" in found[0].note
    assert "no claim is made, because a declared rule could stop this suite" in beneath(found[0])
