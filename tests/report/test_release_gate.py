"""A gate decides as it says: planted targets pass and fail, too few cases stay undecided."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from scipy.stats import binom

from auscult import audit
from auscult.core.errors import UsageError
from auscult.engine.declared import Primary, StopPlan
from auscult.engine.view import RunView
from auscult.report.compare import contrast
from auscult.report.gate import Check, gate
from auscult.stats.sequences import confidence_sequence
from auscult.stats.stopping import HalfWidth


class Lab:
    """Audits of 400 generated questions, one reply each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "questions.jsonl"
        self.file.write_text("".join(json.dumps(self.question(i)) + "\n" for i in range(400)))
        self.views: list[RunView] = []

    @staticmethod
    def question(i: int) -> dict[str, Any]:
        options = {letter: f"disease {letter}{i}" for letter in "ABCD"}
        asked = f"Patient {i} shows sign {i % 7}. Which disease is it?"
        return {"question": asked, "options": options, "answer_idx": "ABCD"[i % 4]}

    def run(self, name: str, target: str, **more: Any) -> RunView:
        options = {"repeats": 1, "options_only": False}
        given = {"data": [f"medqa={self.file}"], "suite_options": options, **more}
        run = audit("knowledge", target=target, out=self.folder / name, report=False, **given)
        self.views.append(run.view)
        return run.view


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    made = Lab(tmp_path_factory.mktemp("gated"))
    yield made
    for view in made.views:
        view.close()


@pytest.fixture(scope="module")
def base(lab: Lab) -> RunView:
    return lab.run("base", "scripted/right?p=0.7&seed=1")


@pytest.fixture(scope="module")
def better(lab: Lab) -> RunView:
    return lab.run("better", "scripted/right?p=0.85&seed=2")


@pytest.fixture(scope="module")
def worse(lab: Lab) -> RunView:
    return lab.run("worse", "scripted/right?p=0.5&seed=3")


def only(found: Any) -> Check:
    (check,) = found.checks
    assert isinstance(check, Check)
    return check


# --- no worse by a margin -------------------------------------------------------------------------


def test_one_that_is_better_passes(better: RunView, base: RunView) -> None:
    found = gate(better, base, margin=0.05)
    assert (found.verdict, found.exit_code) == ("pass", 0)
    check = only(found)
    assert check.low is not None and check.low > -0.05
    assert check.p_value is not None and check.p_value < 0.05
    assert "shown to be no worse than the base by more than 5 percentage points" in check.sentence


def test_one_that_is_worse_by_more_fails(worse: RunView, base: RunView) -> None:
    found = gate(worse, base, margin=0.05)
    assert (found.verdict, found.exit_code) == ("fail", 4)
    check = only(found)
    assert check.high is not None and check.high < -0.05
    assert check.p_value is not None and check.p_value > 0.95
    assert "shown to be worse than the base by more than 5 percentage points" in check.sentence


def test_a_run_against_itself_passes(base: RunView) -> None:
    found = gate(base, base, margin=0.05)
    assert found.verdict == "pass" and only(found).value == 0
    assert "The run and the base are the same run." in found.cautions


def test_ten_cases_decide_nothing(lab: Lab, base: RunView) -> None:
    few = lab.run("few", "scripted/right?p=0.7&seed=1", limit=10)
    found = gate(few, base, margin=0.05)
    assert (found.verdict, found.exit_code) == ("undecided", 3)
    check = only(found)
    assert (check.value, check.n) == (0.0, 10)  # the same answers, and yet too few of them
    assert check.sentence.endswith("More cases could decide it.")


def test_the_sides_are_the_bounds_of_the_contrast(better: RunView, base: RunView) -> None:
    def scores(view: RunView) -> Any:
        rows = view.frame("knowledge", ("case_id", "score")).sort("case_id")
        return rows["score"].to_numpy()

    change = scores(better) - scores(base)
    low, high = contrast(change, np.arange(400)).interval(0.9)
    check = only(gate(better, base, margin=0.05))
    assert (check.low, check.high) == pytest.approx((low, high))
    assert check.value == pytest.approx(change.mean())


@pytest.mark.parametrize("name", ["better", "worse", "base"])
def test_a_wider_margin_never_decides_for_the_worse(
    name: str, base: RunView, request: pytest.FixtureRequest
) -> None:
    order = {"fail": 0, "undecided": 1, "pass": 2}
    run = request.getfixturevalue(name)
    verdicts = [gate(run, base, margin=m).verdict for m in (0.0, 0.05, 0.15, 0.2, 0.3, 0.5)]
    ranks = [order[verdict] for verdict in verdicts]
    assert ranks == sorted(ranks) and verdicts[-1] == "pass"


def test_lower_is_better_turns_the_question_round(base: RunView, lab: Lab) -> None:
    refusing = lab.run("refusing", "scripted/refuses?p=0.3&seed=1")
    wanted = {"refusal rate": 0.1}
    check = only(gate(refusing, base, margins=wanted))
    assert check.verdict == "fail" and check.value == pytest.approx(0.3, abs=0.08)
    assert check.low is not None and check.low > 0.1
    back = only(gate(base, refusing, margins=wanted))
    assert back.verdict == "pass" and back.value == pytest.approx(-check.value)


def test_failed_calls_could_overturn_a_pass(lab: Lab, base: RunView) -> None:
    flaky = lab.run("flaky", "scripted/flaky?p=0.5&p_right=0.9&retry=false")
    check = only(gate(flaky, base, margin=0.05))
    assert check.verdict == "undecided" and check.low is not None and check.low > -0.05
    assert check.bound_low is not None and check.bound_low < -0.05
    assert "Failed calls could overturn it" in check.sentence


def test_what_is_not_comparable_is_undecided(lab: Lab, base: RunView) -> None:
    other = lab.run("other", "scripted/right?p=0.9", suite_options={"repeats": 2}, limit=4)
    found = gate(other, base, margin=0.05)
    assert found.verdict == "undecided" and only(found).value is None
    assert "not comparable: knowledge: the option 'repeats' is 2 in the run and 1 in the base" in (
        only(found).sentence
    )


def test_the_error_of_a_pass_is_kept_where_the_run_is_worse_by_the_margin() -> None:
    # Of 60 cases 0.25 turn wrong and 0.15 right: worse by 0.1, which is the margin. A pass is an
    # error there; 2,000 replicates of a true 5% give at most this many, but in 1 of 1,000.
    generator = np.random.Generator(np.random.PCG64(20260101))
    replicates, cases = 2000, np.arange(60)
    draws = generator.choice([-1.0, 1.0, 0.0], p=[0.25, 0.15, 0.6], size=(replicates, 60))
    passed = sum(contrast(draw, cases).interval(0.9)[0] >= -0.1 for draw in draws)
    assert 0 < passed <= binom.ppf(0.999, replicates, 0.05)


# --- what is required -----------------------------------------------------------------------------


def test_a_level_is_required_of_the_run_alone(better: RunView) -> None:
    found = gate(better, require=[("accuracy", ">=", 0.75)])
    assert (found.verdict, len(found.sides)) == ("pass", 1)
    assert found.cautions == (
        "The run is a fixture, not a system under audit: its answers come from a script with "
        "known behaviour, not from a model.",
    )
    assert gate(better, require=[("accuracy", ">=", 0.95)]).verdict == "fail"
    assert gate(better, require=[("accuracy", "<=", 0.95)]).verdict == "pass"
    assert gate(better, require=[("accuracy", ">=", only(found).value or 0)]).verdict == "undecided"


def test_none_at_all_is_not_shown_but_not_refuted_either(better: RunView) -> None:
    check = only(gate(better, require=[("refusal rate", "<=", 0.0)]))
    assert (check.verdict, check.value, check.low) == ("undecided", 0.0, 0.0)
    assert gate(better, require=[("refusal rate", "<=", 0.02)]).verdict == "pass"


def test_an_excess_over_a_control_can_be_required(lab: Lab) -> None:
    run = lab.run("controlled", "scripted/right?p=0.8", suite_options={"repeats": 1}, limit=120)
    check = only(gate(run, require=[("excess over options-only", ">=", 0.2)]))
    assert check.verdict == "pass" and check.value == pytest.approx(0.55, abs=0.15)
    # Against itself: 120 differences of 0 and two pseudo-cases of -2 and 2, so half the width is
    # 1.658 x sqrt(122 / 121 x 8) / 122 = 0.0386.
    itself = only(gate(run, run, margins={"excess over options-only": 0.05}))
    assert itself.verdict == "pass" and itself.low == pytest.approx(-0.0386, abs=5e-5)
    assert gate(run, run, margins={"excess over options-only": 0.03}).verdict == "undecided"


# --- several checks -------------------------------------------------------------------------------


def test_passing_needs_all_and_failing_is_held_by_holm(worse: RunView) -> None:
    alone = only(gate(worse, require=[("accuracy", ">=", 0.99)]))
    strict = only(gate(worse, require=[("accuracy", ">=", 0.99)], alpha=0.0125))
    assert alone.high is not None and strict.high is not None
    between = ("accuracy", ">=", (alone.high + strict.high) / 2)
    passing = [("accuracy", ">=", 0.01 * i) for i in (1, 2, 3)]
    assert gate(worse, require=[between]).verdict == "fail"
    found = gate(worse, require=[between, *passing])
    assert [check.verdict for check in found.checks] == ["undecided", "pass", "pass", "pass"]
    assert "Holm over all checks asks for more" in found.checks[0].sentence
    assert found.verdict == "undecided"
    # Holm steps down: once the three hopeless ones are out, the fourth stands alone.
    hopeless = [("accuracy", ">=", 0.9 + 0.01 * i) for i in (1, 2, 3)]
    assert {c.verdict for c in gate(worse, require=[between, *hopeless]).checks} == {"fail"}


def test_one_failure_outweighs_the_rest(worse: RunView, base: RunView) -> None:
    found = gate(worse, base, margin=0.05, require=[("accuracy", ">=", 0.1)])
    assert [check.verdict for check in found.checks] == ["fail", "pass"]
    assert found.verdict == "fail" and "Holm over 2 checks" in found.rule


# --- margins: declared, or given ------------------------------------------------------------------


def declaring(view: RunView, lab: Lab, *primary: Primary) -> RunView:
    """The same run, had its plan declared these."""
    copy = RunView(view.folder)
    lab.views.append(copy)
    copy.plan = msgspec.structs.replace(copy.plan, primary=primary)
    return copy


def test_the_margins_of_the_plan_are_the_default(better: RunView, base: RunView, lab: Lab) -> None:
    run = declaring(better, lab, Primary("knowledge", "accuracy", margin=0.04))
    found = gate(run, base)
    assert (only(found).margin, only(found).declared) == (0.04, True)
    assert not any("given to the gate" in line for line in found.cautions)
    named = gate(run, base, margins={"knowledge/accuracy": 0.02, "refusal rate": 0.1})
    assert [(c.metric, c.margin, c.declared) for c in named.checks] == [
        ("accuracy", 0.02, False), ("refusal rate", 0.1, False),
    ]  # fmt: skip
    assert "The margin of knowledge/accuracy was given to the gate" in " ".join(named.cautions)


def test_a_bare_margin_is_for_primary_endpoints_without_one(
    better: RunView, base: RunView, lab: Lab
) -> None:
    endpoints = (Primary("knowledge", "refusal rate"), Primary("knowledge", "accuracy", margin=0.1))
    run = declaring(better, lab, *endpoints)
    found = gate(run, base, margin=0.03)
    assert [(c.metric, c.margin) for c in found.checks] == [
        ("refusal rate", 0.03), ("accuracy", 0.1),
    ]  # fmt: skip
    assert [c.metric for c in gate(run, base).checks] == ["accuracy"]


def test_an_endpoint_of_a_group_reads_its_cases(better: RunView, base: RunView, lab: Lab) -> None:
    nobody = Primary("knowledge", "accuracy", group={"sex": "female"}, margin=0.05)
    check = only(gate(declaring(better, lab, nobody), base))
    assert check.name == "knowledge/accuracy (sex female)" and check.verdict == "undecided"
    assert "no case has a usable reply in both runs" in check.sentence


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "nothing to decide"),
        ({"margins": {"acuracy": 0.1}}, "Did you mean 'accuracy'?"),
        ({"margins": {"knowledge/acuracy": 0.1}}, "Did you mean 'knowledge/accuracy'"),
        ({"require": [("precision", ">=", 0.1)]}, "no metric of the run is named 'precision'"),
        ({"margin": 5.0}, "five points are 0.05"),
        ({"margin": -0.01}, "five points are 0.05"),
        ({"margin": float("nan")}, "five points are 0.05"),
        ({"margin": 0.05, "alpha": 0.5}, "alpha must lie between"),
        ({"margin": 0.05, "base": None}, "add --against"),
    ],
)
def test_what_cannot_be_asked_is_a_sentence(
    given: dict[str, Any], said: str, better: RunView, base: RunView
) -> None:
    other = given.pop("base", base)
    with pytest.raises(UsageError, match=said.replace("?", r"\?")):
        gate(better, other, **given)


def test_an_endpoint_no_gate_can_read_is_a_sentence(
    better: RunView, base: RunView, lab: Lab
) -> None:
    for endpoint in (
        Primary("knowledge", "error rate", margin=0.1),
        Primary("knowledge", "accuracy", arm="options-only", margin=0.1),
        Primary("other", "accuracy", margin=0.1),
    ):
        with pytest.raises(UsageError, match="cannot read the plan's primary endpoint"):
            gate(declaring(better, lab, endpoint), base)


# --- where a rule could stop the run --------------------------------------------------------------


def stopping(view: RunView, lab: Lab) -> RunView:
    copy = RunView(view.folder)
    lab.views.append(copy)
    rule = StopPlan("knowledge", "accuracy", HalfWidth(0.01))
    copy.plan = msgspec.structs.replace(copy.plan, stop=(rule,))
    return copy


def test_a_run_that_could_stop_is_bounded_at_every_look(
    better: RunView, base: RunView, lab: Lab
) -> None:
    check = only(gate(stopping(better, lab), base, margin=0.05))
    plain = only(gate(better, base, margin=0.05))
    assert check.verdict == "pass" and "valid at every look" in check.method
    assert check.low is not None and plain.low is not None and check.low < plain.low

    rows = [v.frame("knowledge", ("case_no", "case_id", "score")) for v in (better, base)]
    both = rows[0].join(rows[1], on="case_id").sort("case_no")
    sequence = confidence_sequence("betting", 0.9, bounds=(-1.0, 1.0))
    for value in (both["score"] - both["score_right"]).cast(pl.Float64):
        sequence.push(value)
    assert (check.low, check.high) == pytest.approx((sequence.low, sequence.high))


def test_a_level_of_such_a_run_too(better: RunView, lab: Lab) -> None:
    run = stopping(better, lab)
    check = only(gate(run, require=[("accuracy", ">=", 0.7)]))
    assert check.verdict == "pass" and "valid at every look" in check.method


def test_such_runs_in_different_orders_stay_undecided(better: RunView, lab: Lab) -> None:
    other = lab.run("another-order", "scripted/right?p=0.7&seed=1", seed=9)
    check = only(gate(stopping(better, lab), other, margin=0.05))
    assert check.verdict == "undecided" and "run both with the same seed" in check.sentence
    assert gate(better, other, margin=0.05).verdict == "pass"
