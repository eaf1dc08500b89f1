"""A gate decides as it says: planted targets pass and fail, too few cases stay undecided."""

from __future__ import annotations

import json
import math
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from scipy.stats import beta, binom, norm

from auscult import audit
from auscult.core.errors import UsageError
from auscult.engine.declared import Primary, StopPlan
from auscult.engine.view import RunView
from auscult.report.compare import contrast
from auscult.report.gate import Turns, _sequential, _sides_of, gate
from auscult.report.junit import Check, Figure, Margin, junit, told_check
from auscult.stats.families import Endpoint
from auscult.stats.rates import Tally
from auscult.stats.sequences import ConfidenceSequence, confidence_sequence
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


def test_the_sides_are_the_bounds_of_the_turns(better: RunView, base: RunView) -> None:
    def scores(view: RunView) -> Any:
        rows = view.frame("knowledge", ("case_id", "score")).sort("case_id")
        return rows["score"].to_numpy()

    change = scores(better) - scores(base)
    turns = turned(400, int((change == 1).sum()), int((change == -1).sum()))
    check = only(gate(better, base, margin=0.05))
    assert (check.low, check.high) == pytest.approx(turns.interval(0.9))
    assert check.value == pytest.approx(change.mean()) and "Tango" in check.method
    assert check.p_value == pytest.approx(turns.mirrored.p_at_most(0.05))


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


def turned(n: int, up: int, down: int) -> Turns:
    """What the differences of so many cases, each its own cluster, come to."""
    change = np.zeros(n)
    change[:up], change[up : up + down] = 1, -1
    return Turns(contrast(change, np.arange(n)), up, down)


def test_turns_by_hand() -> None:
    # Tango's (1998) example: 44 pairs, of which 0 turned up and 1 down.
    found = turned(44, 0, 1)
    null = -0.1
    middle = (88 + 1) * null - 1
    fitted = (math.sqrt(middle**2 + 8 * 44 * null * (1 - null)) - middle) / (4 * 44)
    score = (-1 - 44 * null) / math.sqrt(44 * (2 * fitted + null * (1 - null)))
    exact, wald = binom.cdf(1, 44, 0.1), found.wald.mirrored.p_at_most(0.1)
    expected = max(norm.sf(score), wald, exact)
    assert found.mirrored.p_at_most(0.1) == pytest.approx(expected)
    assert expected == pytest.approx(exact)
    low, high = found.interval(0.9)
    assert found.mirrored.p_at_most(-low) == pytest.approx(0.05, abs=1e-6)
    assert found.p_at_most(high) == pytest.approx(0.05, abs=1e-6)
    assert found.mirrored.interval(0.9) == pytest.approx((-high, -low))


def test_bounds_of_turns_at_their_ends() -> None:
    same = turned(400, 0, 0)
    assert same.interval(0.9) == pytest.approx(
        (-0.0074613, 0.0074613), abs=1e-6
    )  # 1 - 0.05^(1/400)
    low, high = turned(5, 5, 0).interval(0.9)
    assert -1 < low < high == pytest.approx(1)


@pytest.mark.parametrize("n", [40, 60, 100, 200])
@pytest.mark.parametrize("margin", [0.01, 0.02, 0.03, 0.05, 0.1])
def test_the_error_at_the_margin_is_kept(n: int, margin: float) -> None:
    """Summed over all outcomes: no sampling error. `up` turn for the run, `margin + up` against."""
    # With `down` cases worse, how many better it takes to pass, and how many fewer to fail.
    passes = np.array([_least(n, down, lambda t: t.mirrored.p_at_most(margin) <= 0.05)
                       for down in range(n + 1)])  # fmt: skip
    fails = np.array([_least(n, down, lambda t: t.p_at_most(-margin) > 0.05)
                      for down in range(n + 1)])  # fmt: skip
    down = np.arange(n + 1)
    for up in (0, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1):
        worse, left = binom.pmf(down, n, margin + up), up / (1 - margin - up)
        passed = float((worse * binom.sf(passes - 1, n - down, left)).sum())
        failed = float((worse * binom.cdf(fails - 1, n - down, left)).sum())
        assert passed <= 0.055 and failed <= 0.051, (up, passed, failed)


def _least(n: int, down: int, shown: Any) -> int:
    """By halving: more cases turned up only ever raise a difference."""
    low, high = 0, n - down + 1
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if shown(turned(n, middle, down)) else (middle + 1, high)
    return low


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


@pytest.mark.parametrize("n", [12, 40, 100, 333])
def test_the_error_at_a_level_is_at_most_alpha(n: int) -> None:
    ends = [_sides_of(Tally(np.array([1.0, 0.0]), np.ones(2), np.array([k, n - k])), 0.05)[1]
            for k in range(n + 1)]  # fmt: skip
    lows, highs = np.array(ends).T
    for line in (0.02, 0.1, 0.5, 0.7, 0.95):
        chances = binom.pmf(np.arange(n + 1), n, line)
        assert chances[lows >= line].sum() <= 0.05 and chances[highs < line].sum() <= 0.05


def test_a_level_is_read_with_one_sided_exact_bounds(better: RunView) -> None:
    check = only(gate(better, require=[("accuracy", ">=", 0.75)]))
    assert check.value is not None
    right = round(400 * check.value)
    assert check.low == pytest.approx(beta.ppf(0.05, right, 401 - right))
    assert check.high == pytest.approx(beta.ppf(0.95, right + 1, 400 - right))
    assert check.method == "Clopper-Pearson, one-sided" and "from 400 cases" in check.sentence


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
    silent = gate(run, base)
    assert [c.metric for c in silent.checks] == ["accuracy"]
    assert "The plan's primary endpoint knowledge/refusal rate was not checked" in (
        " ".join(silent.cautions)
    )
    assert "was not checked" not in " ".join(found.cautions)
    level = gate(run, base, require=[("refusal rate", "<=", 0.5)])
    assert "was not checked" not in " ".join(level.cautions)


def test_primary_endpoints_without_a_margin_are_not_passed_over(
    better: RunView, base: RunView, lab: Lab
) -> None:
    endpoints = (Primary("knowledge", "accuracy"), Primary("knowledge", "other", judge="x"))
    run = declaring(better, lab, *endpoints)
    for against in (base, None):
        found = gate(run, against)
        assert (found.verdict, found.exit_code) == ("undecided", 3)
        assert [c.metric for c in found.checks] == ["accuracy", "other"]
        assert "give one, as in --margin 'accuracy=0.05'" in found.checks[0].sentence
        assert b'errors="2"' in junit(found)


def test_a_label_with_a_quote_in_its_name_is_read(better: RunView, base: RunView, lab: Lab) -> None:
    nobody = Primary("knowledge", "accuracy", group={"a'b": "x"}, margin=0.05)
    assert only(gate(declaring(better, lab, nobody), base)).verdict == "undecided"


# --- what is left out -----------------------------------------------------------------------------


def test_cases_of_one_run_only_are_told(lab: Lab, better: RunView, base: RunView) -> None:
    some = lab.run("some", "scripted/right?p=0.9&seed=2", limit=60)
    found = gate(some, base, margin=0.3)
    check = only(found)
    assert check.verdict == "pass"
    assert (check.run_only, check.base_only, check.applicable_in_one) == (0, 340, 0)
    assert "Left out: 340 cases in the base only." in check.sentence
    assert "knowledge/accuracy: Left out: 340 cases in the base only." in found.cautions
    assert b'name="check 1 base_only" value="340"' in junit(found)
    whole = gate(better, base, margin=0.05)
    assert only(whole).note == "" and only(whole).base_only == 0
    assert "Left out" not in only(whole).sentence


def test_too_few_clusters_are_told(lab: Lab, base: RunView) -> None:
    tiny = lab.run("tiny", "scripted/right?p=1&seed=2", limit=3)
    found = gate(tiny, base, margin=0.9)
    assert "Only 3 cases or clusters: the interval is a rough guide." in only(found).sentence
    assert any("Only 3 cases or clusters" in line for line in found.cautions)


def test_cases_that_only_one_target_can_take_leave_it_open(
    lab: Lab, better: RunView, base: RunView
) -> None:
    blind = RunView(better.folder)
    lab.views.append(blind)
    frame = blind.frame

    def some_not_applicable(suite: str, columns: Any, **more: Any) -> pl.DataFrame:
        rows = frame(suite, columns, **more)
        if "behaviour" in columns:
            said = pl.when(pl.col("case_no") >= 397).then(pl.lit(""))
            rows = rows.with_columns(behaviour=said.otherwise(pl.col("behaviour").cast(pl.String)))
        return rows

    blind.frame = some_not_applicable  # type: ignore[method-assign]
    for run, other in ((blind, base), (base, blind)):
        check = only(gate(run, other, margin=0.5))
        assert check.verdict == "undecided" and check.applicable_in_one == 3
        assert (check.run_only, check.base_only, check.n) == (0, 0, 397)
        assert "3 cases that both runs finished can be read in one of them only" in check.sentence


def test_clusters_of_several_cases_are_named(lab: Lab) -> None:
    file = lab.folder / "patients.jsonl"
    rows = ({**lab.question(i), "id": f"q{i}", "patient_id": f"p{i // 4}"} for i in range(80))
    file.write_text("".join(json.dumps({**r, "answer": r.pop("answer_idx")}) + "\n" for r in rows))
    run, other = (
        lab.run(name, f"scripted/right?p=0.8&seed={name[-1]}", data=[f"table={file}"])
        for name in ("patients-1", "patients-2")
    )
    check = only(gate(run, other, margin=0.5))
    assert "from 80 shared cases in 20 clusters" in check.sentence
    assert "Bonett-Price" in check.method and "Tango" not in check.method
    level = only(gate(run, require=[("accuracy", ">=", 0.2)]))
    assert "from 80 answers in 20 clusters" in level.sentence and "effective" in level.method


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

    sequence = in_order(better, base)
    assert (check.low, check.high) == pytest.approx((sequence.low, sequence.high))


def in_order(ruled: RunView, other: RunView) -> ConfidenceSequence:
    """What the differences are known to be at every look, in the order of the first."""
    rows = [v.frame("knowledge", ("case_no", "case_id", "score")) for v in (ruled, other)]
    both = rows[0].join(rows[1], on="case_id").sort("case_no")
    sequence = confidence_sequence("betting", 0.9, bounds=(-1.0, 1.0))
    for value in (both["score"] - both["score_right"]).cast(pl.Float64):
        sequence.push(value)
    return sequence


def test_a_level_of_such_a_run_too(better: RunView, lab: Lab) -> None:
    run = stopping(better, lab)
    check = only(gate(run, require=[("accuracy", ">=", 0.7)]))
    assert check.verdict == "pass" and "valid at every look" in check.method


def test_two_such_runs_in_different_orders_stay_undecided(better: RunView, lab: Lab) -> None:
    other = lab.run("another-order", "scripted/right?p=0.7&seed=1", seed=9)
    check = only(gate(stopping(better, lab), stopping(other, lab), margin=0.05))
    assert check.verdict == "undecided" and "run both with the same seed" in check.sentence
    assert check.value is not None and check.low is not None
    assert gate(better, other, margin=0.05).verdict == "pass"


def test_one_such_run_is_read_in_its_own_order(better: RunView, base: RunView, lab: Lab) -> None:
    other = lab.run("yet-another-order", "scripted/right?p=0.7&seed=1", seed=9)
    ruled = stopping(better, lab)
    one = only(gate(ruled, other, margin=0.05))
    assert (one.verdict, one.low) == ("pass", pytest.approx(in_order(better, other).low))
    back = only(gate(other, ruled, margin=0.05))
    assert back.high == pytest.approx(-one.low, abs=1e-3)
    some = lab.run("some-of-it", "scripted/right?p=0.7&seed=1", limit=390)
    check = only(gate(ruled, some, margin=0.05))
    assert check.verdict == "undecided"
    assert "the base did not finish 10 cases of it: both need the same kind of order" in (
        check.sentence
    )
    mirrored = only(gate(some, ruled, margin=0.5))
    assert "the run did not finish 10 cases of it" in mirrored.sentence


def unequal(share_in_large: float) -> Figure:
    """400 clusters in the order of a rule, one in eight of forty cases, of which some are worse."""
    generator = np.random.Generator(np.random.PCG64(2))
    sizes = np.array([40 if k % 8 == 0 else 1 for k in range(400)])
    clusters = np.repeat(np.arange(400), sizes)
    worse = (sizes[clusters] == 40) & (generator.random(len(clusters)) < share_in_large)
    value = -worse.astype(float)
    table = pl.DataFrame(
        {"cluster": clusters, "case_no": np.arange(len(clusters)), "value": value, "least": value,
         "most": value}
    )  # fmt: skip
    return _sequential(table, "case_no", (-1.0, 1.0))


def test_such_a_figure_is_the_mean_over_clusters() -> None:
    found = unequal(0.5)
    low, high = found.kept(0.05) if found.kept else (1.0, 0.0)
    assert found.value is not None and low < found.value < high
    assert found.value == pytest.approx(-0.0625, abs=0.005) and found.n == 400
    assert found.by_case == pytest.approx(-0.426, abs=0.02)
    margin = Margin(Endpoint("s", "accuracy"), 0.5)
    wide = msgspec.structs.replace(found, line=-0.5)
    assert wide.meets(0.05)
    check = told_check(margin, wide, "pass", 0.05, signed=True)
    assert check.claim.endswith("50 percentage points, in the mean over clusters")
    assert "from 400 clusters" in check.sentence and check.n == 400


def test_two_means_on_two_sides_of_the_line_decide_nothing() -> None:
    torn = msgspec.structs.replace(unequal(0.5), line=-0.2)
    assert not torn.meets(0.05) and not torn.misses(0.05)
    assert msgspec.structs.replace(torn, by_case=torn.value).meets(0.05)
    margin = Margin(Endpoint("s", "accuracy"), 0.2)
    said = told_check(margin, torn, "undecided", 0.05, signed=True).sentence
    assert "the mean over cases, -42" in said and "on the other side of the line" in said
    # Falling short over clusters, and not over cases, is no failure either.
    short = msgspec.structs.replace(unequal(0.5), line=-0.2, up=False)
    assert not short.misses(0.05)
    assert msgspec.structs.replace(short, by_case=short.value).misses(0.05)
