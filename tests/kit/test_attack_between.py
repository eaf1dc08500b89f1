"""The halves of the primary figure, and how two targets differ on the same prompts."""

from __future__ import annotations

import numpy as np
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.attack.estimates import (
    ADDED,
    NOT_ATTACKED,
    UNDER,
    UNDER_ATTACK,
    UNDER_CONTROL,
    attack_estimates,
    between,
)
from auscult.kit.attack.table import BASELINE, COLUMNS, CONTROL, LABELS, Design
from auscult.stats.table import label_columns

DESIGN = Design("das/testing")
CASES, ATTACKS = 120, ("robustness/a", "robustness/b", "robustness/c")


def frame(
    rng: np.random.Generator, clean: float, flips: float, *, failed: float = 0.0, cases: int = CASES
) -> pl.DataFrame:
    """A target right in a share of the cases; of these an attack turns `flips` wrong."""
    rows = []
    for case in range(cases):
        right = rng.random() < clean
        arms = [(BASELINE, None, right)]
        for attack in ATTACKS:
            arms.append((attack + CONTROL, attack, right))
            arms.append((attack, attack, right and rng.random() >= flips))
        for arm, attack, good in arms:
            lost = rng.random() < failed
            rows.append(
                {
                    "case_no": case, "cluster_key": case, "arm": arm, "repeat": 0,
                    "judge": "choice", "behaviour": "error" if lost else "answered",
                    "score": None if lost else float(good), "attack": attack,
                }
            )  # fmt: skip
    table = pl.DataFrame(rows).with_columns(pl.col("cluster_key").cast(pl.UInt64))
    given = {"attack": pl.col("attack")}
    held = [
        given.get(label, pl.lit(None, dtype=pl.String)).alias(column)
        for column, label in zip(label_columns(LABELS), LABELS, strict=True)
    ]
    return table.with_columns(held).select(COLUMNS)


def named(found: list[Estimate]) -> dict[str, Estimate]:
    return {estimate.metric: estimate for estimate in found if not estimate.group}


def test_the_primary_figure_is_the_difference_of_its_halves() -> None:
    found = named(attack_estimates(frame(np.random.default_rng(1), 0.8, 0.4, failed=0.1), DESIGN))
    control, attack = found[UNDER_CONTROL], found[UNDER_ATTACK]
    assert control.value is not None and attack.value is not None
    assert control.value - attack.value == pytest.approx(found[ADDED].value)
    assert control.n == attack.n == found[ADDED].n < CASES * len(ATTACKS)
    assert control.unit == attack.unit == "proportion"
    assert [found[m].extra[UNDER] for m in (NOT_ATTACKED, UNDER_CONTROL, UNDER_ATTACK)] == [
        "nothing", "control", "attack",
    ]  # fmt: skip


def test_the_halves_weigh_attacks_as_the_primary_figure_does() -> None:
    table = frame(np.random.default_rng(2), 1.0, 0.0)
    spoilt = pl.when(pl.col("arm") == ATTACKS[0]).then(0.0).otherwise(pl.col("score"))
    found = named(
        attack_estimates(
            table.with_columns(spoilt.alias("score")), Design("das/testing", {ATTACKS[0]: 2.0})
        )
    )
    assert found[UNDER_ATTACK].value == pytest.approx(0.5)
    assert found[UNDER_CONTROL].value == pytest.approx(1.0)


def test_a_failed_call_is_missing_and_bounded() -> None:
    found = named(attack_estimates(frame(np.random.default_rng(3), 0.8, 0.4, failed=0.2), DESIGN))
    attack = found[UNDER_ATTACK]
    assert attack.extra["bound_low"] < attack.value < attack.extra["bound_high"]
    assert attack.extra["bound_low"] >= 0 and attack.extra["bound_high"] <= 1


def test_the_difference_covers_what_was_planted() -> None:
    """Of two targets right in 80%, one loses 50% of that to attacks and the other 10%."""
    seeds, covered = 100, 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        a, b = frame(rng, 0.8, 0.5, cases=40), frame(rng, 0.8, 0.1, cases=40)
        added = named(between(a, b, DESIGN, ("A", "B")))[ADDED]
        assert added.low is not None and added.high is not None
        covered += added.low <= 0.8 * 0.4 <= added.high
    assert covered / seeds >= 0.93


def test_the_p_value_and_the_interval_never_disagree() -> None:
    shown = 0
    for seed in range(25):
        rng = np.random.default_rng(seed)
        a, b = frame(rng, 0.8, 0.3, cases=40), frame(rng, 0.8, 0.2, cases=40)
        for found in between(a, b, DESIGN, ("A", "B")):
            assert found.low is not None and found.high is not None
            holds_none = found.low <= 0 <= found.high
            assert (found.extra["p_value"] > 0.05) is holds_none
            shown += not holds_none
    assert 0 < shown < 50


def test_only_what_both_were_asked_is_read() -> None:
    rng = np.random.default_rng(5)
    whole, part = frame(rng, 0.8, 0.5), frame(rng, 0.8, 0.1, cases=30)
    for a, b in ((whole, part), (part, whole)):
        found = named(between(a, b, DESIGN, ("A", "B")))
        assert found[UNDER_ATTACK].n == 30 * len(ATTACKS)
        assert found[UNDER_ATTACK].n_clusters == 30


def test_one_minus_the_other_is_minus_the_other_way_round() -> None:
    rng = np.random.default_rng(6)
    a, b = frame(rng, 0.8, 0.5), frame(rng, 0.9, 0.1)
    for one, other in zip(
        between(a, b, DESIGN, ("A", "B")), between(b, a, DESIGN, ("B", "A")), strict=True
    ):
        assert one.value == pytest.approx(-(other.value or 0))
        assert one.low == pytest.approx(-(other.high or 0))
        assert one.value == pytest.approx(one.extra["a"] - one.extra["b"])


def test_failed_calls_can_leave_a_difference_undecided() -> None:
    rng = np.random.default_rng(7)
    a, b = frame(rng, 0.8, 0.3, failed=0.4), frame(rng, 0.8, 0.1, failed=0.4)
    found = named(between(a, b, DESIGN, ("A", "B")))[ADDED]
    assert found.extra["undecided"]
    assert "Undecided" in found.note


def test_without_a_shared_prompt_there_is_no_difference() -> None:
    table = frame(np.random.default_rng(8), 0.8, 0.3)
    for found in between(table, table.head(0), DESIGN, ("A", "B")):
        assert found.value is None
        assert found.note.startswith("No difference:")


def without_replies(table: pl.DataFrame, attack: str) -> pl.DataFrame:
    """Every call under this attack has failed."""
    lost = pl.col("arm") == attack
    return table.with_columns(
        pl.when(lost).then(pl.lit("error")).otherwise(pl.col("behaviour")).alias("behaviour"),
        pl.when(lost).then(None).otherwise(pl.col("score")).alias("score"),
    )


def test_an_attack_without_a_usable_pair_is_left_out_named_and_bounded() -> None:
    whole = frame(np.random.default_rng(9), 1.0, 0.5)
    found = named(attack_estimates(without_replies(whole, ATTACKS[1]), DESIGN))
    added, attack, control = found[ADDED], found[UNDER_ATTACK], found[UNDER_CONTROL]
    assert added.value == pytest.approx(0.5, abs=0.1)
    assert added.extra["bound_low"] == pytest.approx(2 * added.value / 3)
    assert added.extra["bound_high"] == pytest.approx((2 * added.value + 1) / 3)
    assert ATTACKS[1] in added.note and added.extra["left_out"] == [ATTACKS[1]]
    assert (added.n, added.n_error) == (2 * CASES, CASES)
    assert attack.value is not None and control.value is not None
    assert control.value - attack.value == pytest.approx(added.value)


def test_two_targets_are_compared_on_the_attacks_that_both_answered() -> None:
    rng = np.random.default_rng(10)
    a, b = frame(rng, 1.0, 0.9), without_replies(frame(rng, 1.0, 0.1), ATTACKS[2])
    found = named(between(a, b, DESIGN, ("A", "B")))[ADDED]
    assert found.value == pytest.approx(0.8, abs=0.1)
    assert found.value == pytest.approx(found.extra["a"] - found.extra["b"])
    assert found.extra["bound_low"] < found.value < found.extra["bound_high"]
    assert ATTACKS[2] in found.note
