"""What an attack weighs in the mean over attacks, and what was left out of it."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.attack_cells import mean_weights, with_left_out
from auscult.kit.shift.table import Cell, Shifted
from auscult.stats.table import blank


def table(*names: str) -> Shifted:
    none: Any = None
    cells = tuple(Cell(name, 1) for name in names)
    return Shifted(
        rows=none, cells=cells, cell=none, cluster=none, right=none, abstained=none, answered=none
    )


@pytest.mark.parametrize(
    ("declared", "weights"),
    [
        ({}, {0: 1 / 3, 1: 1 / 3, 2: 1 / 3}),
        ({"a": 2.0}, {0: 0.5, 1: 0.25, 2: 0.25}),
        ({"b": 0.0}, {0: 0.5, 2: 0.5}),
        ({"a": 0.0, "b": 0.0, "c": 0.0}, {}),
        ({"another": 9.0}, {0: 1 / 3, 1: 1 / 3, 2: 1 / 3}),
    ],
)
def test_weights_are_as_declared_and_in_sum_one(
    declared: dict[str, float], weights: dict[int, float]
) -> None:
    assert mean_weights(table("a", "b", "c"), declared) == pytest.approx(weights)


def test_without_an_attack_nothing_weighs() -> None:
    assert mean_weights(table(), {}) == {}


def counted(rows: list[tuple[int, str, str | None, str | None]], attack: str) -> Estimate:
    names = ("case_id", "attack", "unfit", "rejected")
    schema = {"case_id": pl.Int64} | dict.fromkeys(names[1:], pl.String)
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    about = blank("das/testing", "metric", "estimand", judge="choice", arm=attack)
    return with_left_out(about, frame, attack)


def test_cases_are_counted_once_and_each_of_their_reasons() -> None:
    found = counted(
        [
            (1, "a", "no drug in it", None),
            (2, "a", "no drug in it", None),
            (3, "a", "no number in it", None),
            (4, "a", None, "names the key; too long"),
            (4, "a", None, "too long"),
            (5, "a", None, None),
            (6, "b", "no drug in it", "too long"),
        ],
        "a",
    )
    assert (found.n_not_applicable, found.n_rejected) == (3, 1)
    assert found.extra["does_not_apply"] == {"no drug in it": 2, "no number in it": 1}
    assert found.extra["refused_by_the_gate"] == {"too long": 2, "names the key": 1}


def test_of_an_attack_that_always_fits_nothing_is_left_out() -> None:
    found = counted([(1, "a", None, None)], "a")
    assert (found.n_not_applicable, found.n_rejected) == (0, 0)
    assert found.extra == {"does_not_apply": {}, "refused_by_the_gate": {}}
