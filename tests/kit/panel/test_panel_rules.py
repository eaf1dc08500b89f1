"""What a panel decides, whom it asks, and what it gains where errors are known."""

from __future__ import annotations

from itertools import product

import pytest
from panel_simulation import GRID, MEMBERS, Design, drawn, gain, outcomes

from auscult.kit.panel.rules import RULES, SPLIT, TOO_FEW, Rule, asks_more, decide

A, B, C = ("a",), ("b",), ("c",)


@pytest.mark.parametrize(
    ("rule", "ballots", "said"),
    [
        ("majority", [A, B, A], "a"),
        ("majority", [A, None, A], "a"),
        ("majority", [A, B, C], SPLIT),
        ("majority", [A, B, None], SPLIT),
        ("majority", [A, None, None], TOO_FEW),
        ("majority", [A, A, B, B], SPLIT),
        ("majority", [A, A, None, None], TOO_FEW),
        ("unanimity", [A, A], "a"),
        ("unanimity", [A, A, B], SPLIT),
        ("unanimity", [A, A, None], TOO_FEW),
        ("escalate", [A, A], "a"),
        ("escalate", [A, B, B], "b"),
        ("escalate", [None, B, B], "b"),
        ("escalate", [A, B, C], SPLIT),
        ("escalate", [A, B, None], SPLIT),
        ("escalate", [None, None], TOO_FEW),
        ("escalate", [None, B, None], TOO_FEW),
    ],
)
def test_a_rule_needs_its_votes(
    rule: Rule, ballots: list[tuple[str, ...] | None], said: str
) -> None:
    found = decide(rule, ballots, max(3, len(ballots)) if rule != "unanimity" else len(ballots))
    assert (found.said[0] if found.said else found.cause) == said
    assert bool(found.said) is not bool(found.cause)


def test_each_question_is_settled_by_itself() -> None:
    ballots = [("x", "met", "not"), ("x", "not", "not"), ("x", "met", "met")]
    assert decide("majority", ballots, 3).said == ("x", "met", "not")
    assert decide("unanimity", ballots, 3).cause == SPLIT
    assert decide("majority", [("x",), ("x", "y"), ("x",)], 3).cause == SPLIT


def test_a_third_is_asked_only_where_the_first_two_do_not_agree() -> None:
    assert not asks_more("escalate", [A, A], 3)
    assert asks_more("escalate", [A, B], 3) and asks_more("escalate", [A, None], 3)
    assert not asks_more("escalate", [None, None], 3), "no third can settle it"
    assert not asks_more("escalate", [A, B, A], 3)
    assert all(asks_more("majority", [A] * n, 3) for n in range(3))


def test_escalation_gives_the_verdicts_of_a_majority_of_three_for_fewer_calls() -> None:
    (most, asked), (few, fewer) = outcomes("majority"), outcomes("escalate")
    failures = [place for place in product(range(5), repeat=MEMBERS) if place.count(4) == 0]
    assert all(most[place] == few[place] for place in failures)
    assert (asked == 3).all() and {int(n) for n in fewer.flat} == {2, 3}


def test_the_gain_is_what_arithmetic_says_where_members_err_alone() -> None:
    error = 0.1
    found = {rule: gain(GRID[0], rule, seeds=60) for rule in RULES}
    assert abs(gain(GRID[0], None, seeds=60).wrong - error) < 0.006
    # All three wrong, or two: all decided where they name the same of three wrong labels.
    right = 3 * error * (1 - error) ** 2 + (1 - error) ** 3
    two = 3 * error**2 * (1 - error) / 3
    three = error**3 * (1 - 2 / 9)
    expected = (two + three) / (right + two + three)
    assert abs(found["majority"].wrong - expected) < 0.003
    assert found["escalate"][:2] == found["majority"][:2]
    assert found["unanimity"].wrong < 0.001 and 0.25 < found["unanimity"].none < 0.29
    agree = (1 - error) ** 2 + error**2 / 3
    assert abs(found["escalate"].calls - (3 - agree)) < 0.02


def test_members_that_err_together_gain_nothing() -> None:
    together = Design((0.1, 0.1, 0.1), 1.0)
    alone = gain(together, None, seeds=20)
    for rule in RULES:
        found = gain(together, rule, seeds=20)
        assert (found.wrong, found.none) == (alone.wrong, alone.none)


def test_the_planted_correlation_is_the_one_named() -> None:
    import numpy as np

    errs = np.concatenate([drawn(GRID[1], seed) != 0 for seed in range(200)])
    assert abs(np.corrcoef(errs[:, 0], errs[:, 1])[0, 1] - 0.25) < 0.02
