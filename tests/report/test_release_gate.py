"""A gate decides as it says: planted targets pass and fail, too few cases stay undecided."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
from gate_lab import Lab, only
from scipy.stats import beta, binom, norm

from auscult.engine.view import RunView
from auscult.report.compare import contrast
from auscult.report.gate import Turns, _sides_of, gate
from auscult.stats.rates import Tally

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
