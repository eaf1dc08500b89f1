from __future__ import annotations

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from auscult.stats.conditional import Replies, first_right, gated, on_intersection
from auscult.stats.paired import difference
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=30)
SCHEMA = {
    "case_id": pl.String,
    "cluster": pl.String,
    "arm": pl.String,
    "repeat": pl.Int64,
    "behaviour": pl.String,
    "score": pl.Float64,
}
Row = tuple[str, str, str, int, str, float | None]
ABOUT = blank("demo", "turned", "Failing after a right answer.")
ARMS = gated("baseline", "control", "attack")


def table(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def scored(*outcomes: tuple[float, float, float]) -> pl.DataFrame:
    """Cases c0, c1, ... with their scores at the gate, in the control and under attack."""
    rows: list[Row] = []
    for i, scores in enumerate(outcomes):
        for arm, score in zip(("baseline", "control", "attack"), scores, strict=True):
            rows.append((f"c{i}", f"c{i}", arm, 0, "answered", score))
    return table(*rows)


# 20 right at the gate: 12 keep right, 5 turn wrong under attack only, 1 in the control only, 2 in
# both. 10 wrong at the gate, all of them right ever after: they must not count.
WORKED = scored(
    *[(1, 1, 1)] * 12, *[(1, 1, 0)] * 5, *[(1, 0, 1)] * 1, *[(1, 0, 0)] * 2, *[(0, 1, 1)] * 10
)

trial_rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(6)]),
        st.sampled_from(["baseline", "control", "attack"]),
        st.sampled_from(["answered", "answered", "refused", "error", ""]),
        st.sampled_from([0.0, 0.5, 1.0, 1.0]),
    ).map(lambda r: (r[0], f"p{int(r[0][1]) // 2}", r[1], 0, r[2], r[3])),
    max_size=40,
)


def test_worked_example():
    attack, control, excess = first_right(WORKED, ABOUT, ARMS)
    assert (attack.value, attack.n) == (pytest.approx(7 / 20), 20)
    assert (control.value, control.n) == (pytest.approx(3 / 20), 20)
    assert (excess.value, excess.n) == (pytest.approx(4 / 20), 20)
    assert [e.metric for e in (attack, control, excess)] == [
        "turned/attack",
        "turned/control",
        "turned/excess",
    ]
    assert (excess.arm, excess.control_arm) == ("attack", "control")
    for found in (attack, control, excess):
        assert found.standing == "secondary" and not found.headline
        assert "Selective" in found.note and "baseline" in found.condition
        words = (found.extra["gate_right"], found.extra["gate_wrong"], found.extra["gate_unknown"])
        assert words == (20, 10, 0)


def test_the_excess_is_the_paired_difference_of_the_selected_cases():
    *_, excess = first_right(WORKED, ABOUT, ARMS)
    chosen = WORKED.filter(pl.col("case_id").str.slice(1).cast(pl.Int64) < 20)
    plain = difference(
        chosen,
        blank("demo", "x", "x", arm="attack", control_arm="control"),
        success=1 - pl.col("score"),
    )
    assert (excess.value, excess.low, excess.high) == (plain.value, plain.low, plain.high)


def test_luck_at_the_gate_is_seen_in_the_fresh_control():
    """A coin-flipping model: the attack does nothing, and the excess says so, though half of the
    cases that were right turn wrong."""
    outcomes = [(g, c, a) for g in (0, 1) for c in (0, 1) for a in (0, 1)] * 8
    attack, control, excess = first_right(scored(*outcomes), ABOUT, ARMS)
    assert (attack.value, control.value, excess.value) == (0.5, 0.5, 0.0)


def test_a_repeat_can_be_the_gate():
    rows: list[Row] = []
    for i, (gate, control, attack) in enumerate([(1, 1, 0), (1, 0, 0), (0, 1, 1)]):
        rows.append((f"c{i}", f"c{i}", "plain", 0, "answered", float(gate)))
        rows.append((f"c{i}", f"c{i}", "plain", 1, "answered", float(control)))
        rows.append((f"c{i}", f"c{i}", "attack", 0, "answered", float(attack)))
    arms = gated(Replies("plain", 0), Replies("plain", 1), "attack")
    attack, control, excess = first_right(table(*rows), ABOUT, arms)
    assert (attack.value, control.value, excess.value) == (1.0, 0.5, 0.5)
    assert excess.control_arm == "plain (repeat 1)"


@pytest.mark.parametrize(
    ("gate", "control", "attack"),
    [
        ("baseline", "baseline", "attack"),
        (Replies("baseline", 0), Replies("baseline", 0), "attack"),
        (Replies("baseline"), Replies("baseline", 1), "attack"),
        ("attack", "control", "attack"),
        ("baseline", "attack", Replies("attack", 2)),
    ],
)
def test_the_gating_reply_is_never_reused(gate, control, attack):
    with pytest.raises(ValueError, match="each need replies of their own"):
        gated(gate, control, attack)


def test_a_gate_that_failed_selects_nothing():
    frame = pl.concat(
        [
            WORKED,
            table(
                ("lost", "lost", "baseline", 0, "error", None),
                ("lost", "lost", "control", 0, "answered", 0.0),
                ("lost", "lost", "attack", 0, "answered", 0.0),
                ("half", "half", "baseline", 0, "partial", 0.5),
                ("half", "half", "attack", 0, "answered", 0.0),
                ("twice", "twice", "baseline", 0, "answered", 1.0),
                ("twice", "twice", "baseline", 1, "answered", 0.0),
                ("na", "na", "baseline", 0, "", None),
            ),
        ]
    )
    attack, *_ = first_right(frame, ABOUT, ARMS)
    assert attack.value == pytest.approx(7 / 20)
    words = (attack.extra["gate_right"], attack.extra["gate_wrong"], attack.extra["gate_unknown"])
    assert words == (20, 12, 2)


@pytest.mark.parametrize(
    "frame",
    [
        table(),
        scored((0, 1, 1), (0, 0, 0)),
        scored((1, 1, 1)).filter(pl.col("arm") == "baseline"),
        table(("a", "a", "baseline", 0, "error", None), ("a", "a", "attack", 0, "error", None)),
    ],
)
def test_where_nothing_is_selected_there_is_a_sentence(frame):
    for found in first_right(frame, ABOUT, ARMS):
        assert (found.value, found.low, found.high) == (None, None, None)
        assert "Selective" in found.note and "No " in found.note


def test_models_meet_on_their_intersection_only():
    # "a" is right at the gate on c0 to c3, "b" on c2 to c5: they share c2 and c3.
    a = scored((1, 1, 0), (1, 1, 0), (1, 1, 0), (1, 1, 1), (0, 1, 1), (0, 1, 1))
    b = scored((0, 0, 1), (0, 0, 1), (1, 1, 1), (1, 1, 1), (1, 0, 0), (1, 0, 0))
    found = on_intersection({"b": b, "a": a}, ABOUT, ARMS)
    by_name = {(e.group.get("model"), e.metric): e for e in found}
    assert len(found) == 7
    assert by_name["a", "turned/attack"].value == 0.5
    assert by_name["b", "turned/attack"].value == 0.0
    versus = by_name[None, "turned/models"]
    assert (versus.arm, versus.control_arm, versus.value, versus.n) == ("a", "b", 0.5, 2)
    for estimate in found:
        assert estimate.standing == "secondary" and "Selective: only the 2 cases" in estimate.note
        assert "all of a, b first answered correctly" in estimate.note
        assert estimate.extra["gate_right"] == {"a": 4, "b": 4}


def test_no_shared_case_is_a_sentence_and_one_model_is_refused():
    a, b = scored((1, 1, 1), (0, 1, 1)), scored((0, 1, 1), (1, 1, 1))
    for found in on_intersection({"a": a, "b": b}, ABOUT, ARMS):
        assert found.value is None and "only the 0 cases" in found.note
    with pytest.raises(ValueError, match="at least two models"):
        on_intersection({"a": a}, ABOUT, ARMS)


def test_categorical_columns_are_as_good_as_text():
    coded = WORKED.with_columns(pl.col("arm", "behaviour", "cluster").cast(pl.Categorical))
    assert first_right(coded, ABOUT, ARMS) == first_right(WORKED, ABOUT, ARMS)


@unhurried
@given(trial_rows, trial_rows, st.randoms())
def test_row_order_does_not_matter(one, other, random):
    turned = list(one)
    random.shuffle(turned)
    assert first_right(table(*one), ABOUT, ARMS) == first_right(table(*turned), ABOUT, ARMS)
    models = {"a": table(*one), "b": table(*other)}
    shuffled = {"b": table(*other), "a": table(*turned)}
    assert on_intersection(models, ABOUT, ARMS) == on_intersection(shuffled, ABOUT, ARMS)


@unhurried
@given(trial_rows)
def test_values_stay_in_their_range_and_swapping_the_arms_flips_signs(rows):
    attack, control, excess = first_right(table(*rows), ABOUT, ARMS)
    back = first_right(table(*rows), ABOUT, gated("baseline", "attack", "control"))
    assert (back[0].value, back[1].value) == (control.value, attack.value)
    for found in (attack, control):
        if found.value is not None:
            assert 0 <= found.low <= found.value <= found.high <= 1 + 1e-12
    if excess.value is not None:
        assert excess.value == pytest.approx(-back[2].value)
        assert (excess.low, excess.high) == pytest.approx((-back[2].high, -back[2].low))
