"""Attacked replies beside their own controls: what counts, what is missing, what it could be."""

from __future__ import annotations

from typing import Any

import numpy as np
import open_simulation as sim
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.open.estimates import ADDED, BY_ATTACK, SCORE_CHANGE, open_ended_estimates
from auscult.kit.open.pairs import paired_difference
from auscult.kit.open.table import ATTACKED, CONTROL, LABELS, words
from auscult.stats.paired import difference
from auscult.stats.table import label_columns

ABOUT = words(ADDED, "", arm=ATTACKED, control_arm=CONTROL)
Reading = float | None
"""A share that failed; None where the call or its reading did."""


def found(pairs: list[tuple[int, str, Reading, Reading]]) -> Estimate:
    """case, attack, attacked, control"""
    rows = [
        {
            "case_id": case, "cluster": case, "arm": arm, "repeat": repeat, "attack": attack,
            "behaviour": "error" if y is None else "answered", "failed": y,
        }
        for repeat, (case, attack, *both) in enumerate(pairs)
        for arm, y in zip((ATTACKED, CONTROL), both, strict=True)
    ]  # fmt: skip
    return paired_difference(pl.DataFrame(rows), ABOUT, pl.col("failed"))


def test_a_control_counts_only_beside_its_own_attacked_reply() -> None:
    # The bait's control failed wholly; its attacked reply is missing. Arm by arm it would be -0.5.
    rows = [(case, "distraction", 0.0, 0.0) for case in range(20)]
    rows += [(case, "bait: recency", None, 1.0) for case in range(20)]
    told = found(rows)
    assert told.value == 0.0 and told.n == 20 and told.n_error == 20
    assert told.extra["pairs"] == 40 and told.extra["missing_pairs"] == {"bait: recency": 20}
    # The missing ones are 0 - 1 at the least and 1 - 1 at the most: no more than they can be.
    assert (told.extra["bound_low"], told.extra["bound_high"]) == (-0.5, 0.0)
    assert told.extra["undecided"] and "20 of 40 pairs are missing" in told.note
    assert "from \u221250 to 0 points" in told.note and "Undecided" in told.note


def test_missing_attacked_replies_bound_the_headline_and_are_said() -> None:
    """As where a judge cannot read one kind of attack at all."""
    rows = [(case, "distraction", 0.0, 0.0) for case in range(38)]
    rows += [(case % 48, "bait: recency", None, 0.0) for case in range(96)]
    told = found(rows)
    assert (told.value, told.n, told.extra["unpaired_cases"]) == (0.0, 38, 10)
    assert told.extra["bound_low"] == 0.0 and told.extra["bound_high"] > 0.6
    assert told.extra["bound_interval"][1] > 0.6 and told.extra["undecided"]


def test_a_missing_control_is_bounded_too_and_a_few_change_nothing() -> None:
    rows = [(case, "distraction", 1.0, 0.0) for case in range(40)]
    told = found([*rows, (0, "bait: recency", 1.0, None)])
    assert told.value == 1.0 and not told.extra["undecided"]
    assert told.extra["bound_low"] == pytest.approx(1 - 0.5 / 40)
    assert "1 of 41 pairs are missing" in told.note and "Undecided" not in told.note


def test_without_a_whole_pair_there_is_no_figure_but_its_bounds() -> None:
    told = found([(case, "distraction", None, 0.5) for case in range(12)])
    assert told.value is None and told.n == 0 and "beside its own control" in told.note
    assert (told.extra["bound_low"], told.extra["bound_high"]) == (-0.5, 0.5)


def test_where_nothing_is_missing_it_is_the_difference_of_arms() -> None:
    rng = np.random.default_rng(3)
    held = rng.random((sim.CASES, 2 + 2 * sim.DRAWN, 3)) < 0.6
    rows = sim.table(held)
    told = paired_difference(rows, ABOUT, pl.col("failed"))
    plain = difference(rows, ABOUT, success=pl.col("failed"))
    assert (told.low, told.high, told.n, told.note) == (plain.low, plain.high, plain.n, plain.note)
    assert told.value == pytest.approx(plain.value) and told.extra["undecided"] is False


# --- in the estimates of the suite ----------------------------------------------------------------


def table(*rows: tuple[int, str, int, str, Reading, int | None]) -> pl.DataFrame:
    """case, arm, repeat, attack, failed, left out"""
    name = dict(zip(LABELS, label_columns(LABELS), strict=True))
    told: list[dict[str, Any]] = [
        {
            "case_no": case, "cluster_key": case, "arm": arm, "repeat": repeat,
            "judge": "criteria", "behaviour": "error" if failed is None else "answered",
            "score": None if failed is None else 1 - failed, name["attack"]: attack,
            name["rejected"]: None, name["failed"]: failed, name["states"]: None,
            name["questioned"]: None, name["left_out"]: left_out,
        }
        for case, arm, repeat, attack, failed, left_out in rows
    ]  # fmt: skip
    kinds = {
        name["rejected"]: pl.String, name["states"]: pl.String, name["questioned"]: pl.Boolean,
        name["left_out"]: pl.Int32,
    }  # fmt: skip
    return pl.DataFrame(told, schema_overrides=kinds, infer_schema_length=None)


def test_headline_score_and_each_attack_are_all_read_pair_by_pair() -> None:
    rows = []
    for case in range(12):
        for repeat, (attack, attacked) in enumerate(
            (("distraction", 0.0), ("bait: recency", None))
        ):
            rows.append((case, ATTACKED, repeat, attack, attacked, None))
            rows.append((case, CONTROL, repeat, attack, float(repeat), None))
    by_metric: dict[str, list[Estimate]] = {}
    for estimate in open_ended_estimates(table(*rows)):
        by_metric.setdefault(estimate.metric, []).append(estimate)
    for metric in (ADDED, SCORE_CHANGE):
        (told,) = by_metric[metric]
        assert told.value == 0.0 and told.extra["undecided"], metric
        assert "12 of 24 pairs are missing" in told.note, metric
    each = {e.group["attack"]: e for e in by_metric[BY_ATTACK]}
    assert each["bait: recency"].value is None and each["distraction"].value == 0.0


def test_replies_that_the_judge_saw_in_part_are_counted_and_said() -> None:
    rows = [
        (case, arm, 0, "distraction", 0.0, 500 if arm == ATTACKED and case < 3 else None)
        for case in range(12)
        for arm in (ATTACKED, CONTROL)
    ]
    told = open_ended_estimates(table(*rows))[0]
    assert told.extra["shown_in_part"] == {ATTACKED: 3, CONTROL: 0}
    assert "Of 3 attacked replies and 0 controls" in told.note
    whole = open_ended_estimates(table(*((*row[:5], None) for row in rows)))[0]
    assert "shown_in_part" not in whole.extra and whole.note == ""
