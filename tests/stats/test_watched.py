"""What a case gives to a watched metric, by hand, and the same as the trial table says."""

from __future__ import annotations

from typing import NamedTuple

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core.protocols import Watched
from auscult.core.verdict import BEHAVIOURS, Behaviour, Verdict
from auscult.stats.watched import NOT_APPLICABLE, Value, case_value, mean_value, minus, success_of

SCORE = Watched("accuracy", "arm", "judge")
EXCESS = Watched("excess", "arm", "judge", control_arm="control")
REFUSED = Watched("refusals", "arm", "judge", of="refused", better="lower")


class Row(NamedTuple):
    arm: str
    verdicts: tuple[Verdict, ...]


def row(
    behaviour: Behaviour = "answered", score: float | None = None, arm: str = "arm",
    judge: str = "judge",
) -> Row:  # fmt: skip
    return Row(arm, (Verdict(judge, "1", behaviour, score),))


@pytest.mark.parametrize(
    ("rows", "value"),
    [
        ([row(score=1.0)], 1.0),
        ([row(score=1.0), row(score=0.0), row("partial", 0.5)], 0.5),
        ([row(score=1.0), row("refused")], 0.5),
        ([row("abstained"), row("invalid")], 0.0),
        ([row("invalid", 1.0)], 0.0),
        ([row(score=1.0), row("error")], None),
        ([row(score=None)], None),
        ([row(score=1.0, arm="other")], NOT_APPLICABLE),
        ([row(score=1.0, judge="other")], NOT_APPLICABLE),
        ([Row("arm", ())], NOT_APPLICABLE),
        ([Row("arm", ()), row(score=1.0)], 1.0),
        ([], NOT_APPLICABLE),
    ],
)
def test_a_score_is_the_mean_over_the_replies_of_the_arm(rows: list[Row], value: Value) -> None:
    assert case_value(SCORE, rows) == value


def test_a_share_of_a_behaviour_reads_the_behaviour_alone() -> None:
    assert case_value(REFUSED, [row("refused"), row(score=1.0), row("partial"), row()]) == 0.25
    assert case_value(REFUSED, [row("refused"), row("error")]) is None


@pytest.mark.parametrize(
    ("arm", "control", "value"),
    [
        (row(score=1.0), row(score=0.25, arm="control"), 0.75),
        (row("refused"), row(score=1.0, arm="control"), -1.0),
        (row("error"), row(score=1.0, arm="control"), None),
        (row(score=1.0), row("error", arm="control"), None),
        (row(score=1.0), Row("control", ()), NOT_APPLICABLE),
        (row("error"), Row("control", ()), NOT_APPLICABLE),
        (Row("arm", ()), row("error", arm="control"), NOT_APPLICABLE),
    ],
)
def test_with_a_control_arm_it_is_the_difference(arm: Row, control: Row, value: Value) -> None:
    assert case_value(EXCESS, [arm, control]) == value


def test_a_whole_number_is_a_score_like_any_other() -> None:
    """A judge that says 1 where the ledger will say 1.0: live and replayed must agree."""
    live = case_value(SCORE, [row(score=1)])
    assert live == 1.0 and isinstance(live, float)


def test_a_cluster_leaves_out_what_does_not_apply_and_misses_what_failed() -> None:
    assert mean_value([1.0, 0.0, NOT_APPLICABLE]) == 0.5
    assert mean_value([1.0, None, NOT_APPLICABLE]) is None
    assert mean_value([NOT_APPLICABLE, NOT_APPLICABLE]) == NOT_APPLICABLE
    assert mean_value([]) == NOT_APPLICABLE


VALUES = st.one_of(st.floats(0, 1), st.none(), st.just(NOT_APPLICABLE))


@given(VALUES, VALUES)
def test_swapping_two_runs_turns_the_sign(one: Value, other: Value) -> None:
    there, back = minus(one, other), minus(other, one)
    if isinstance(there, float) and isinstance(back, float):
        assert there == -back
    else:
        assert there == back


@given(st.lists(VALUES, max_size=8), st.randoms())
def test_the_order_of_cases_does_not_matter(values: list[Value], draw: object) -> None:
    mixed = list(values)
    draw.shuffle(mixed)  # type: ignore[attr-defined]
    found = mean_value(values)
    assert mean_value(mixed) == found
    assert not isinstance(found, float) or 0 <= found <= 1


REPLIES = st.tuples(st.sampled_from(BEHAVIOURS), st.sampled_from([None, 0.0, 0.25, 1.0]))


@given(st.lists(REPLIES, min_size=1, max_size=6))
def test_it_agrees_with_the_trial_table(replies: list[tuple[Behaviour, float | None]]) -> None:
    """What a rule reads during the run is what an estimate reads after it."""
    columns = {"behaviour": pl.String, "score": pl.Float64}
    table = pl.DataFrame(replies, schema=columns, orient="row")
    rows = [row(behaviour, score) for behaviour, score in replies]
    for watched in (SCORE, REFUSED):
        value = case_value(watched, rows)
        y = table.select(
            pl.when(pl.col("behaviour") != "error").then(success_of(watched)).alias("y")
        )["y"]
        assert value == (None if y.null_count() else pytest.approx(y.mean()))


@pytest.mark.parametrize(("arm", "judge", "says"), [("arm", "", "judge"), ("", "judge", "arm")])
def test_a_value_of_nobodys_is_refused(arm: str, judge: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"names no {says}"):
        Watched("accuracy", arm, judge)
