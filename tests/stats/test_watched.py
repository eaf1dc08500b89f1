"""What a case gives to a watched metric, by hand, and the same as the trial table says."""

from __future__ import annotations

import json
from typing import Any, NamedTuple

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auscult.core.protocols import Pairs, Watched
from auscult.core.verdict import BEHAVIOURS, Behaviour, Verdict
from auscult.stats.watched import (
    NOT_APPLICABLE,
    Value,
    case_value,
    mean_value,
    minus,
    rows_read,
    success_of,
)

SCORE = Watched("accuracy", "arm", "judge")
EXCESS = Watched("excess", "arm", "judge", control_arm="control")
REFUSED = Watched("refusals", "arm", "judge", of="refused", better="lower")
WITHHELD = Watched("withheld", "arm", "judge", of="refused", also=("abstained",))
LEAKED = Watched("leaked", "arm", "judge", of="flaw", where=("states", True), better="lower")
INVENTED = Watched("invented", "arm", "judge", of="label", label="invented", better="lower")
POOLED = Watched(
    "pooled", "both", "one and two", control_arm="control", arms=("arm", "other"),
    judges=("one", "two"),
)  # fmt: skip
CHANGED = Watched(
    "changed", "arm", "judge", of="change", control_arm="control", better="lower",
    arms=("first", "arm"), pairs=Pairs("chosen", "variant"),
)  # fmt: skip


class Row(NamedTuple):
    arm: str
    verdicts: tuple[Verdict, ...]
    labels: dict[str, Any] = {}  # noqa: RUF012 -- never changed


def row(
    behaviour: Behaviour = "answered", score: float | None = None, arm: str = "arm",
    judge: str = "judge", **labels: Any,
) -> Row:  # fmt: skip
    return Row(arm, (Verdict(judge, "1", behaviour, score),), labels)


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


def test_several_behaviours_count_as_one() -> None:
    rows = [row("refused"), row("abstained"), row("invalid"), row(score=1.0)]
    assert case_value(WITHHELD, rows) == 0.5


def test_a_flaw_is_a_score_under_1_however_the_reply_behaved() -> None:
    """A refusal that gives something away all the same has given it away."""
    told = {"states": True}
    rows = [
        row(score=0.4, **told), row(score=1, **told), row("refused", 0.9, **told),
        row("invalid", **told), row(score=0.0, states=False), row(score=0.0),
    ]  # fmt: skip
    assert case_value(LEAKED, rows) == 0.5
    assert case_value(LEAKED, [*rows, row("error", **told)]) is None
    assert case_value(LEAKED, [*rows, row("error", states=False)]) == 0.5
    assert case_value(LEAKED, rows[-2:]) == NOT_APPLICABLE


def test_a_label_counts_where_it_is_set() -> None:
    rows = [row(invented=True), row("refused", invented=True), row(invented=False), row("invalid")]
    assert case_value(INVENTED, rows) == 0.5
    assert case_value(INVENTED, [row(invented=True), row("error")]) is None


def test_what_a_judge_says_goes_before_what_a_suite_recorded() -> None:
    """As in the trial table, which has one column of labels."""
    told = Verdict("judge", "1", "answered", labels={"invented": True})
    assert case_value(INVENTED, [Row("arm", (told,), {"invented": False})]) == 1.0


def test_arms_and_judges_can_be_read_as_one() -> None:
    rows = [
        row(score=1.0, judge="one"), row(score=1.0, arm="other", judge="two"),
        row(score=0.0, arm="other", judge="one"), row(score=1.0, judge="third"),
        row(score=0.5, arm="control", judge="two"),
    ]  # fmt: skip
    assert case_value(POOLED, rows) == pytest.approx(2 / 3 - 0.5)
    assert case_value(POOLED, rows[:-1]) == NOT_APPLICABLE


@pytest.mark.parametrize(
    ("chosen", "value"),
    [
        # to the reference twice, to another variant, to the control twice
        ((0, 0, 1, 0, 0), 1.0),
        ((0, 1, 1, 0, 0), 0.5 - 0.5),
        ((0, 0, 0, 1, 0), -0.5),
        ((2, 2, 2, 2, 2), 0.0),
        ((0, 0, None, 0, 0), None),
        ((None, 0, 1, 0, 0), None),
    ],
)
def test_pairs_of_replies_differ_or_not(
    chosen: tuple[int | None, ...], value: float | None
) -> None:
    arms = (("first", 0), ("first", 0), ("arm", 1), ("control", 0), ("control", 0))
    rows = [
        row("error" if one is None else "answered", arm=arm, variant=variant)
        if one is None
        else row(arm=arm, variant=variant, chosen=one)
        for one, (arm, variant) in zip(chosen, arms, strict=True)
    ]
    assert case_value(CHANGED, rows) == (value if value is None else pytest.approx(value))
    assert case_value(CHANGED, rows[:2] + rows[3:]) == NOT_APPLICABLE
    assert case_value(CHANGED, rows[2:]) == NOT_APPLICABLE


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


LABELLED = st.builds(
    lambda reply, arm, judge, labels: row(*reply, arm, judge, **labels),
    REPLIES,
    st.sampled_from(["arm", "other", "first", "control"]),
    st.sampled_from(["judge", "one", "two"]),
    st.fixed_dictionaries(
        {"variant": st.integers(0, 2)},
        optional={
            "states": st.booleans(), "invented": st.booleans(), "chosen": st.integers(0, 2),
        },
    ),
)  # fmt: skip


@settings(deadline=None)
@given(st.lists(LABELLED, min_size=1, max_size=9))
def test_rules_and_the_trial_table_read_the_same_rows(replies: list[Row]) -> None:
    """For one case; where nothing is missing both give a value, and the same."""
    columns = {
        "case_id": pl.String, "arm": pl.String, "judge": pl.String, "behaviour": pl.String,
        "score": pl.Float64, "labels": pl.String,
    }  # fmt: skip
    table = pl.DataFrame(
        [("c", r.arm, v.judge, v.behaviour, v.score, json.dumps(r.labels))
         for r in replies for v in r.verdicts],
        schema=columns, orient="row",
    )  # fmt: skip
    for watched in (SCORE, WITHHELD, LEAKED, INVENTED, POOLED, CHANGED):
        rows = rows_read(table, watched)
        y = pl.when(pl.col("behaviour") != "error").then(success_of(watched))
        sides = [
            rows.filter(pl.col("arm") == arm).select(y.alias("y"))["y"]
            for arm in (watched.arm, watched.control_arm)
            if arm
        ]
        value = case_value(watched, replies)
        if any(side.is_empty() for side in sides):
            assert value == NOT_APPLICABLE
        elif any(side.null_count() for side in sides):
            assert value is None
        else:
            means = [side.mean() for side in sides]
            wanted = means[0] - means[1] if watched.control_arm else means[0]
            assert value == pytest.approx(wanted)


@pytest.mark.parametrize(
    "wrong",
    [
        {"of": "label"}, {"label": "x"}, {"of": "change"}, {"pairs": Pairs("a", "b")},
        {"also": ("refused",)}, {"of": "flaw", "also": ("refused",)},
    ],
)  # fmt: skip
def test_what_does_not_go_together_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="watched 'm'"):
        Watched("m", "arm", "judge", **wrong)


@pytest.mark.parametrize(("arm", "judge", "says"), [("arm", "", "judge"), ("", "judge", "arm")])
def test_a_value_of_nobodys_is_refused(arm: str, judge: str, says: str) -> None:
    with pytest.raises(ValueError, match=f"names no {says}"):
        Watched("accuracy", arm, judge)
