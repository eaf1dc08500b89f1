"""Trials that say how likely an attack was to be drawn: every figure over attacks weighs by it."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from attack_simulation import Lot, attacks, drawn, found, weak_where_few_fit

from auscult.core.estimate import Estimate
from auscult.kit.attack.estimates import (
    ADDED,
    BY_ATTACK,
    OVERALL,
    UNDER_ATTACK,
    UNDER_CONTROL,
    attack_estimates,
    between,
)
from auscult.kit.attack.table import BASELINE, CONTROL, LABELS, Design
from auscult.kit.bias import estimates as bias
from auscult.kit.bias.table import LABELS as BIAS_LABELS
from auscult.kit.bias.table import NEUTRAL
from auscult.kit.bias.table import Design as BiasDesign
from auscult.stats.table import label_columns

TYPES: dict[str, Any] = {"word": pl.String, "small": pl.Int16, "number": pl.Float64}
NO_LOT = "no lot"


def run_of(seed: int) -> tuple[Lot, Any, Any, Any]:
    """A lot, and a target that is weak only where few attacks fit."""
    rng = np.random.default_rng(seed)
    lot = drawn(rng)
    return lot, *weak_where_few_fit(rng, lot)


def framed(rows: list[dict[str, Any]], labels: dict[str, Any]) -> pl.DataFrame:
    columns = label_columns(labels)
    kinds = {column: TYPES[kind] for column, kind in zip(columns, labels.values(), strict=True)}
    held = [
        {
            "case_no": row["case"], "cluster_key": row["case"], "arm": row["arm"], "repeat": 0,
            "judge": "choice", "behaviour": "answered", "score": float(row["right"]),
            **dict(zip(columns, map(row.get, labels), strict=True)),
        }
        for row in rows
    ]  # fmt: skip
    types = {"score": pl.Float64, "cluster_key": pl.UInt64, **kinds}
    return pl.DataFrame(held, schema_overrides=types, infer_schema_length=None)


def trials(run: tuple[Lot, Any, Any, Any], *, of: str = "lot") -> list[dict[str, Any]]:
    """As suites record them: `lot` stands with the reply under attack."""
    lot, attacked, control, first = run
    rows = []
    for case, place, chance, shown, beside, clean in zip(
        lot.case.tolist(), lot.attack, lot.chance, attacked, control, first, strict=True
    ):
        name, told = attacks()[place], {of: chance}
        about = {"case": case, "attack": name, "rule": "must-not", "vote": 0, "value": "any"}
        if not rows or rows[-1]["case"] != case:
            plain = {"case": case, "arm": BASELINE, "right": clean, "chosen": int(not clean)}
            rows += [plain, {**plain, "arm": NEUTRAL, "vote": 0}]
        rows.append(about | {"arm": name + CONTROL, "right": beside, "chosen": int(not beside)})
        rows.append(about | told | {"arm": name, "right": shown, "chosen": int(not shown)})
    return rows


def robustness(run: tuple[Lot, Any, Any, Any], of: str = "lot") -> list[Estimate]:
    rows = [row for row in trials(run, of=of) if row["arm"] != NEUTRAL]
    return attack_estimates(framed(rows, LABELS), Design("das/testing"))


def telling(run: tuple[Lot, Any, Any, Any], of: str = "lot") -> list[Estimate]:
    rows = [row for row in trials(run, of=of) if row["arm"] != BASELINE]
    return bias.bias_estimates(framed(rows, BIAS_LABELS), BiasDesign("das/testing"))


def one(estimates: list[Estimate], metric: str) -> Estimate:
    return next(e for e in estimates if e.metric == metric and not e.group)


def test_the_headline_is_the_weighted_figure_of_the_simulation() -> None:
    run = run_of(5)
    lot, attacked, control, _ = run
    added = control.astype(float) - attacked.astype(float)
    weighed, alike = found(lot, added, lot.chance), found(lot, added, None)
    assert abs(weighed.value - alike.value) > 0.01, "else this shows nothing"
    for estimates, expected in ((robustness(run), weighed), (robustness(run, NO_LOT), alike)):
        headline = one(estimates, ADDED)
        assert (headline.value, headline.low, headline.high) == pytest.approx(
            (expected.value, expected.low, expected.high)
        )


def test_answers_that_change_are_weighed_alike() -> None:
    """The target never changes its answer but under attack: what is added is what changes."""
    run = run_of(5)
    lot, attacked, control, _ = run
    changed = (control != attacked).astype(float)
    for estimates, chance in ((telling(run), lot.chance), (telling(run, NO_LOT), None)):
        expected, headline = found(lot, changed, chance), one(estimates, bias.CHANGES)
        assert (headline.value, headline.low, headline.high) == pytest.approx(
            (expected.value, expected.low, expected.high)
        )


@pytest.mark.parametrize(
    ("figures", "metrics", "by"),
    [
        (robustness, [ADDED, UNDER_ATTACK, OVERALL[0][0]], [BY_ATTACK]),
        (telling, [bias.CHANGES, bias.ACCURACY], [bias.BY_ATTACK, bias.BY_VALUE]),
    ],
)
def test_no_figure_over_attacks_forgets_the_lot(figures: Any, metrics: Any, by: Any) -> None:
    run = run_of(6)
    weighed, alike = figures(run), figures(run, NO_LOT)
    for metric in metrics:
        assert one(weighed, metric).value != pytest.approx(one(alike, metric).value, abs=0.005)
    for metric in by:
        pairs = [
            (mine, plain) for mine, plain in zip(weighed, alike, strict=True)
            if mine.metric == plain.metric == metric and 0 < plain.value < 0.5
        ]  # fmt: skip
        assert len(pairs) > 5
        assert all(mine.group == plain.group for mine, plain in pairs)
        assert all(mine.value != pytest.approx(plain.value, abs=1e-6) for mine, plain in pairs)


def test_the_two_halves_are_weighed_as_their_difference_is() -> None:
    estimates = robustness(run_of(7))
    halves = one(estimates, UNDER_CONTROL).value - one(estimates, UNDER_ATTACK).value
    assert one(estimates, ADDED).value == pytest.approx(halves)


def test_targets_are_set_against_each_other_with_the_lot_that_both_met() -> None:
    lot, attacked, control, first = run_of(8)
    steady = (lot, control, control, first)

    def contrast(of: str) -> Estimate:
        frames = [
            framed([row for row in trials(run, of=of) if row["arm"] != NEUTRAL], LABELS)
            for run in ((lot, attacked, control, first), steady)
        ]
        return one(between(*frames, Design("das/testing"), ("a", "b")), ADDED)

    own = one(robustness((lot, attacked, control, first)), ADDED)
    assert contrast("lot").value == pytest.approx(own.value), "the other loses nothing"
    assert contrast("lot").extra["a"] == pytest.approx(own.value)
    assert contrast("lot").value != pytest.approx(contrast(NO_LOT).value, abs=0.005)
