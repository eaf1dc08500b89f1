from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student

from auscult.core.estimate import Estimate
from auscult.stats.paired import difference
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=60)  # a busy machine is not a fault

SCHEMA = {
    "case_id": pl.String,
    "cluster": pl.String,
    "arm": pl.String,
    "behaviour": pl.String,
    "score": pl.Float64,
}
Row = tuple[str, str, str, str, float | None]


def table(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def about(arm: str = "attack", control: str = "control") -> Estimate:
    return blank("demo", "excess", "More right answers.", arm=arm, control_arm=control)


def pairs(both: int, only_attack: int, only_control: int, neither: int) -> pl.DataFrame:
    outcomes = [(1, 1)] * both + [(1, 0)] * only_attack + [(0, 1)] * only_control
    outcomes += [(0, 0)] * neither
    rows: list[Row] = []
    for i, (attack, control) in enumerate(outcomes):
        rows.append((f"c{i}", f"c{i}", "attack", "answered", float(attack)))
        rows.append((f"c{i}", f"c{i}", "control", "answered", float(control)))
    return table(*rows)


trial_rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(6)]),
        st.sampled_from(["attack", "control", "other"]),
        st.sampled_from(["answered", "abstained", "refused", "invalid", "error", ""]),
        st.sampled_from([0.0, 0.1, 0.3, 1.0]),
    ).map(lambda r: (r[0], f"p{int(r[0][1]) // 2}", r[1], r[2], r[3])),
    max_size=40,
)


def test_worked_example():
    found = difference(pairs(40, 5, 15, 40), about())
    assert found.value == pytest.approx(-0.10)
    assert (found.extra["right_to_wrong"], found.extra["wrong_to_right"]) == (15, 5)
    # Bonett and Price: add one to each discordant cell, then Wald, here with Student's t.
    for_it, against = 6 / 102, 16 / 102
    variance = (for_it + against - (for_it - against) ** 2) / 101
    half = student.ppf(0.975, 101) * math.sqrt(variance)
    centre = for_it - against
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))
    assert (found.n, found.n_clusters, found.unit) == (100, 100, "difference of proportions")
    assert "Bonett-Price" in found.method


def test_no_change_at_all_still_has_a_width():
    found = difference(pairs(50, 0, 0, 50), about())
    assert found.value == 0
    assert found.low < -0.02 and found.high > 0.02


def test_repeats_count_as_one_case_and_turns_are_expected_numbers():
    rows: list[Row] = [("c", "c", "attack", "answered", s) for s in (0.0, 0.0)]
    rows += [("c", "c", "control", "answered", s) for s in (1.0, 0.0)]
    found = difference(table(*rows), about())
    assert (found.n, found.value) == (1, -0.5)
    assert (found.extra["right_to_wrong"], found.extra["wrong_to_right"]) == (0.5, 0.0)
    assert "rough guide" in found.note


def test_cases_of_one_patient_are_one_cluster():
    frame = pairs(20, 10, 0, 20)
    by_patient = frame.with_columns(
        cluster=pl.format("p{}", pl.col("case_id").str.slice(1).cast(pl.Int64) // 10)
    )
    alone, grouped = difference(frame, about()), difference(by_patient, about())
    assert (grouped.value, grouped.n, grouped.n_clusters) == (alone.value, 50, 5)
    # All ten changes are one patient's: much less is known.
    assert grouped.high - grouped.low > 2 * (alone.high - alone.low)


def test_only_cases_that_both_arms_measured_are_compared():
    frame = pl.concat(
        [
            pairs(10, 2, 1, 7),
            table(
                ("lonely", "lonely", "attack", "answered", 1.0),
                ("broken", "broken", "attack", "answered", 1.0),
                ("broken", "broken", "control", "error", None),
            ),
        ]
    )
    found = difference(frame, about())
    assert found.value == pytest.approx(1 / 20)
    assert (found.n, found.n_error, found.extra["unpaired_cases"]) == (20, 1, 2)
    assert found.extra["bound_low"] == pytest.approx(1 / 21)
    assert found.extra["bound_high"] == pytest.approx(2 / 21)
    assert not found.extra["undecided"]


def test_categorical_columns_are_as_good_as_text():
    frame = pairs(10, 2, 1, 7)
    coded = frame.with_columns(pl.col("arm", "behaviour").cast(pl.Categorical))
    assert difference(coded, about()) == difference(frame, about())


def test_a_sign_that_the_missing_could_turn_is_undecided():
    lost: list[Row] = []
    for i in range(3):
        lost.append((f"x{i}", f"x{i}", "attack", "error", None))
        lost.append((f"x{i}", f"x{i}", "control", "answered", 1.0))
    found = difference(pl.concat([pairs(10, 2, 1, 7), table(*lost)]), about())
    assert found.extra["bound_low"] < 0 < found.extra["bound_high"]
    assert found.extra["undecided"] and "Undecided" in found.note


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (table(), "the arm 'attack' has no trials"),
        (pairs(1, 0, 0, 0).filter(pl.col("arm") == "attack"), "the arm 'control' has no trials"),
        (
            table(("a", "a", "attack", "answered", 1.0), ("b", "b", "control", "answered", 1.0)),
            "no case has a usable reply in both",
        ),
    ],
)
def test_a_missing_control_is_a_sentence(frame, sentence):
    found = difference(frame, about())
    assert (found.value, found.low, found.high) == (None, None, None)
    assert sentence in found.note


@unhurried
@given(trial_rows)
def test_swapping_the_arms_flips_the_signs(rows):
    one = difference(table(*rows), about())
    other = difference(table(*rows), about("control", "attack"))
    if one.value is None:
        assert other.value is None
        return
    assert one.value == pytest.approx(-other.value, abs=1e-12)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-12)
    assert one.extra["right_to_wrong"] == other.extra["wrong_to_right"]
    bounds = (one.extra["bound_low"], one.extra["bound_high"])
    assert bounds == pytest.approx((-other.extra["bound_high"], -other.extra["bound_low"]))


@unhurried
@given(trial_rows, st.randoms())
def test_row_order_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert difference(table(*rows), about()) == difference(table(*shuffled), about())


@unhurried
@given(trial_rows)
def test_intervals_stay_in_their_range(rows):
    found = difference(table(*rows), about())
    if found.value is not None:
        assert -1 <= found.low <= found.value + 1e-9
        assert found.value - 1e-9 <= found.high <= 1
        turned = found.extra["wrong_to_right"] - found.extra["right_to_wrong"]
        assert turned == pytest.approx(found.value * found.n)


def test_paired_intervals_cover():
    """100 cases, the arms sharing half their luck, 400 times over: a seeded smoke test."""
    draws = np.random.default_rng(5)
    ids = [f"c{i}" for i in range(100)]
    base = pl.DataFrame({"case_id": ids, "cluster": ids, "behaviour": ["answered"] * 100})
    hits = 0
    for _ in range(400):
        luck = draws.random(100)
        own = np.where(draws.random(100) < 0.5, luck, draws.random(100))
        arms = [
            base.with_columns(arm=pl.lit("attack"), score=pl.Series((own < 0.5).astype(float))),
            base.with_columns(arm=pl.lit("control"), score=pl.Series((luck < 0.7).astype(float))),
        ]
        found = difference(pl.concat(arms), about())
        hits += found.low <= -0.2 <= found.high
    assert 368 <= hits <= 394
