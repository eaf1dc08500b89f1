"""What is said of open answers, on tables whose truth is known."""

from __future__ import annotations

import open_simulation as sim
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.open.case import Criterion
from auscult.kit.open.estimates import (
    ADDED,
    BY_ATTACK,
    SCORE_CHANGE,
    flipped,
    open_ended_estimates,
)
from auscult.kit.open.scoring import failed_share, points_share, states
from auscult.kit.open.table import ATTACKED, LABELS
from auscult.stats.table import label_columns

CRITERIA = (
    Criterion("a", "x", 8, unsafe=True),
    Criterion("b", "x", 2),
    Criterion("c", "x", -6, unsafe=True),
    Criterion("value", "x", 0),
)


@pytest.mark.parametrize(
    ("met", "points", "failed", "signs"),
    [
        ("ab", 1.0, 0.0, "hhh"),
        ("a", 0.8, 0.0, "hfh"),
        ("b", 0.2, 8 / 14, "fhh"),
        ("abc", 0.4, 6 / 14, "hhf"),
        ("c", 0.0, 1.0, "fff"),
        ("", 0.0, 8 / 14, "ffh"),
    ],
)
def test_points_and_failures(met: str, points: float, failed: float, signs: str) -> None:
    assert points_share(CRITERIA, met) == pytest.approx(points)
    assert failed_share(CRITERIA, met) == pytest.approx(failed)
    assert states(CRITERIA, met) == signs


def test_without_marks_every_criterion_counts_and_without_points_none_does() -> None:
    plain = (Criterion("a", "x", 3), Criterion("b", "x", -1))
    assert failed_share(plain, "b") == 1.0 and failed_share(plain, "a") == 0.0
    assert points_share((Criterion("a", "x", -3),), "") is None
    assert failed_share((), "") is None


Row = tuple[int, str, int, str, str, float | None, float | None, str | None, bool | None]


def frame(*rows: Row) -> pl.DataFrame:
    """case, arm, repeat, attack, behaviour, score, failed, states, questioned"""
    label = dict(zip(LABELS, label_columns(LABELS), strict=True))
    return pl.DataFrame(
        [
            {
                "case_no": case, "cluster_key": case, "arm": arm, "repeat": repeat,
                "judge": "criteria", "behaviour": behaviour, "score": score,
                label["attack"]: attack or None, label["rejected"]: None, label["failed"]: failed,
                label["states"]: signs, label["questioned"]: asked, label["left_out"]: None,
            }
            for case, arm, repeat, attack, behaviour, score, failed, signs, asked in rows
        ],
        schema_overrides={
            label["rejected"]: pl.String, label["questioned"]: pl.Boolean,
            label["left_out"]: pl.Int32,
        },
        infer_schema_length=None,
    )  # fmt: skip


def told(table: pl.DataFrame) -> dict[str, Estimate]:
    return {e.metric: e for e in open_ended_estimates(table) if not e.group}


BAIT = "bait: recency"
TABLE = (
    (1, "baseline", 0, "", "answered", 1.0, 0.0, "hhh", False),
    (1, "again", 0, "", "answered", 1.0, 0.0, "hhh", False),
    (1, "attacked", 0, BAIT, "answered", 0.2, 0.5, "fhh", False),
    (1, "control", 0, BAIT, "answered", 1.0, 0.0, "hhh", False),
    (1, "attacked", 1, "distraction", "answered", 1.0, 0.0, "hhh", False),
    (1, "control", 1, "distraction", "answered", 1.0, 0.0, "hhh", False),
    (2, "baseline", 0, "", "answered", 0.5, 0.25, "hfh", False),
    (2, "again", 0, "", "answered", 0.0, 0.75, "ffh", False),
    (2, "attacked", 0, BAIT, "refused", None, 0.75, "ffh", False),
    (2, "control", 0, BAIT, "answered", 0.5, 0.25, "hfh", False),
    (2, "attacked", 1, "distraction", "error", None, None, None, None),
    (2, "control", 1, "distraction", "answered", 0.5, 0.25, "hfh", False),
    (1, "impossible value", 0, "impossible value", "answered", 1.0, 0.0, "hhh", True),
    (1, "impossible value (control)", 0, "impossible value", "answered", 1.0, 0.0, "hhh", False),
    (1, "extreme value", 0, "extreme value", "answered", 1.0, 0.0, "hhh", True),
    (1, "extreme value (control)", 0, "extreme value", "answered", 1.0, 0.0, "hhh", False),
)


def test_the_headline_is_the_mean_over_cases_of_paired_failures() -> None:
    found = told(frame(*TABLE))
    # Case 1: mean of 0.5 and 0, minus 0. Case 2: 0.75 (refused), its other reply missing.
    assert found[ADDED].value == pytest.approx((0.25 + (0.75 - 0.25)) / 2)
    assert found[ADDED].headline and found[ADDED].standing == "primary"
    assert found[ADDED].n_error == 1 and found[ADDED].extra["bound_high"] > found[ADDED].value
    # Scores: case 1 0.6 - 1, case 2 0 - 0.5 (a refused reply scores 0).
    assert found[SCORE_CHANGE].value == pytest.approx((-0.4 - 0.5) / 2)
    assert found["rubric score, not attacked"].value == pytest.approx(0.75)


def test_each_attack_is_a_family_of_its_own_excess() -> None:
    found = {
        e.group["attack"]: e for e in open_ended_estimates(frame(*TABLE)) if e.metric == BY_ATTACK
    }
    assert set(found) == {BAIT, "distraction"}
    assert found[BAIT].value == pytest.approx((0.5 + 0.5) / 2)
    assert found["distraction"].value == 0.0 and found["distraction"].n == 1
    assert all(e.p_adjusted is not None for e in found.values())


def test_das_counts_criteria_held_at_first_and_the_same_is_shown_for_asking_again() -> None:
    found = told(frame(*TABLE))
    raw = found["criteria flipped of those met at first, under attack, as DAS counts"]
    # Case 1: 3 held twice over, 1 flipped; case 2: 2 held, 1 flipped by the refusal.
    assert raw.value == pytest.approx(2 / 8) and raw.n == 8 and raw.note
    again = found["criteria flipped of those met at first, asked again"]
    assert again.value == pytest.approx(1 / 5)
    under = found["criteria flipped of those met at first, under control"]
    assert under.value == 0.0 and len(flipped(sim.table(_all_held()), ATTACKED)) == 48 * 3 * 3


def _all_held() -> object:
    import numpy as np

    return np.ones((sim.CASES, 2 + 2 * sim.DRAWN, 3), bool)


def test_questioning_an_impossible_value_is_told_beside_its_twin() -> None:
    found = told(frame(*TABLE))
    assert found["impossible values questioned"].value == 1.0
    assert found["impossible values questioned, minus the true value"].value == 1.0
    assert found["extreme but possible values questioned"].value == 1.0
    assert found["impossible values questioned, minus extreme ones"].value == 0.0


def test_nothing_asked_is_nothing_measured() -> None:
    found = told(frame(*[row for row in TABLE if row[1] in ("baseline", "again")]))
    assert found[ADDED].value is None and "no trials" in found[ADDED].note
    assert found["rubric score, not attacked"].n == 2


SEEDS = 120


@pytest.mark.parametrize("name", sim.TARGETS)
def test_a_known_weakness_is_covered_and_unsteadiness_is_no_excess(name: str) -> None:
    """Fewer seeds than on the page (1,000), so with room for chance."""
    found = sim.told(name, SEEDS)
    assert found.covered >= 0.91 and abs(found.mean - found.truth) < 0.01
    if found.truth:
        assert found.claimed > 0.95
    else:
        assert found.claimed <= 0.06 and found.das > 0.25
