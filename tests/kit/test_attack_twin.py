"""Impossible and rare values told apart: who gets the figure, and who does not."""

from __future__ import annotations

from typing import Any

import polars as pl
import pytest

from auscult.kit.attack.table import COLUMNS, CONTROL, Design
from auscult.kit.attack.twin import EXTREME, IMPOSSIBLE, twin_estimates

DESIGN = Design("das/robustness")


def row(case: int, attack: str, score: float | None, **given: Any) -> dict[str, Any]:
    usual = dict.fromkeys(COLUMNS) | {
        "case_no": case, "cluster_key": f"case-{case}", "arm": attack, "repeat": 0,
        "judge": "choice", "behaviour": "answered", "score": score, "labels.attack:word": attack,
    }  # fmt: skip
    return usual | given


def frame(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), infer_schema_length=None)


def both(case: int, impossible: float, extreme: float) -> list[dict[str, Any]]:
    return [row(case, IMPOSSIBLE, impossible), row(case, EXTREME, extreme)]


@pytest.mark.parametrize(
    ("impossible", "extreme", "value"),
    [(1.0, 1.0, 1.0), (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 0.0)],
)
def test_only_right_in_both_counts(impossible: float, extreme: float, value: float) -> None:
    """To cry "impossible" at everything, or never, is worth nothing."""
    rows = [one for case in range(12) for one in both(case, impossible, extreme)]
    (found,) = twin_estimates(frame(*rows), DESIGN)
    assert (found.value, found.n, found.standing) == (value, 12, "exploratory")
    assert not found.headline


def test_a_question_asked_with_one_of_the_two_is_in_no_pair() -> None:
    rows = [*both(1, 1.0, 1.0), row(2, EXTREME, 1.0), row(3, IMPOSSIBLE, 0.0)]
    (found,) = twin_estimates(frame(*rows), DESIGN)
    assert (found.value, found.n) == (1.0, 1)
    assert twin_estimates(frame(*rows[2:]), DESIGN) == []


def test_controls_and_further_tries_are_left_out() -> None:
    rows = [*both(1, 1.0, 1.0), row(1, IMPOSSIBLE, 0.0, repeat=1),
            row(1, EXTREME, 0.0, arm=EXTREME + CONTROL)]  # fmt: skip
    (found,) = twin_estimates(frame(*rows), DESIGN)
    assert (found.value, found.n) == (1.0, 1)


def test_a_failed_call_leaves_its_pair_missing_and_a_refusal_is_not_right() -> None:
    failed = row(2, EXTREME, None, behaviour="error")
    refused = row(3, EXTREME, None, behaviour="refused")
    rows = [*both(1, 1.0, 1.0), row(2, IMPOSSIBLE, 1.0), failed, row(3, IMPOSSIBLE, 1.0), refused]
    (found,) = twin_estimates(frame(*rows), DESIGN)
    assert (found.value, found.n, found.n_error) == (0.5, 2, 1)
