"""When two wrong replies to one shifted picture are a fault, and when they are chance."""

from __future__ import annotations

from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import polars as pl
import pytest

from auscult.core.verdict import Verdict
from auscult.kit.shift.confirm import beyond_chance, to_confirm
from auscult.kit.shift.standing import doubt
from auscult.kit.shift.table import COLUMNS, Design

SEEDS = 400
SHIFTS = ("blur", "jpeg", "noise")
SCHEMA: dict[str, Any] = {
    "case_no": pl.UInt32, "cluster_key": pl.UInt64, "score": pl.Float64,
    "labels.severity:small": pl.Int16, "labels.key_position:small": pl.Int16,
    "labels.legacy_right:number": pl.Float64, "labels.legacy_abstains:number": pl.Float64,
}  # fmt: skip


def frame(cases: int, arms: dict[str, Any], **labels: Any) -> pl.DataFrame:
    """`arms` gives the score of each case by arm; an arm "blur" is a cell of that shift."""
    parts = []
    for arm, right in arms.items():
        shifted = arm in SHIFTS
        row = {
            "case_no": range(cases), "cluster_key": range(cases), "arm": arm, "judge": "yes-no",
            "behaviour": "answered", "score": right, "labels.form:word": "yes-no",
            "labels.shift:word": arm if shifted else None,
            "labels.severity:small": 1 if shifted else None,
            "labels.effect:word": "kept" if shifted else None,
            **{f"labels.{name}": value for name, value in labels.items()},
        }  # fmt: skip
        parts.append(pl.DataFrame(row))
    whole = pl.concat(parts, how="diagonal_relaxed")
    missing = [pl.lit(None).alias(name) for name in COLUMNS if name not in whole.columns]
    kinds: Any = {name: SCHEMA.get(name, pl.Categorical) for name in COLUMNS}
    return whole.with_columns(missing).select(COLUMNS).cast(kinds)


def test_of_a_target_that_no_shift_touches_few_runs_list_anything() -> None:
    """Right seven times in ten, 40 cases, three shifts: at most one run in twenty, as declared."""
    listed = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        arms = {arm: (rng.random(40) < 0.7) * 1.0 for arm in ("baseline", "control", *SHIFTS)}
        listed += bool(beyond_chance(frame(40, arms)))
    assert listed <= 0.07 * SEEDS, listed


def test_a_shift_that_breaks_answers_is_told_from_one_that_does_not() -> None:
    rng = np.random.default_rng(3)
    arms = {arm: (rng.random(80) < 0.8) * 1.0 for arm in ("baseline", "control", "jpeg")}
    arms["blur"] = (rng.random(80) < 0.3) * 1.0
    found = beyond_chance(frame(80, arms))
    assert list(found) == ["blur"] and "than asking again does" in found["blur"]


@pytest.mark.parametrize(("cases", "listed"), [(19, False), (20, True)])
def test_of_a_steady_target_one_broken_case_is_enough(cases: int, listed: bool) -> None:
    right = np.ones(cases)
    broken = right.copy()
    broken[0] = 0.0
    found = beyond_chance(frame(cases, {"baseline": right, "control": right, "blur": broken}))
    assert bool(found) is listed
    assert (
        not listed or found["blur"] == "no answer changed when 20 clean pictures were asked again"
    )


def edit(name: str, severity: int = 1, effect: str = "kept") -> Any:
    attack = SimpleNamespace(key=effect)
    return SimpleNamespace(name=name, severity=severity, attack=attack)


def said(score: float | None, behaviour: Any = "answered") -> Verdict:
    return Verdict("yes-no", "1", behaviour, score)


def test_what_is_asked_again_is_what_would_be_a_finding() -> None:
    strong, mild = edit("blur", 5), edit("jpeg", 1)
    grey, other = edit("control-grey", 1, "not-answerable"), edit("wrong-patient", 1, "x")
    right, wrong, passed = said(1.0), said(0.0), said(None, "abstained")
    tried = [(grey, wrong), (strong, wrong), (mild, wrong)]
    assert to_confirm([right, right], tried, Random(1)) is mild
    assert to_confirm([right, wrong], tried, Random(1)) is grey, "it was not sound to begin with"
    drawn = {
        to_confirm([right, right], [(mild, right), (grey, passed), (other, wrong)], Random(n)).name
        for n in range(20)
    }
    assert drawn == {"jpeg", "control-grey", "wrong-patient"}, "where nothing is broken, by lot"
    assert to_confirm([right, right], [(mild, passed), (grey, wrong)], Random(1)) is grey


@pytest.mark.parametrize(
    ("right", "clear"), [(0.95, True), (0.75, False), (0.4, False), (0.0, False)]
)
def test_accuracy_must_be_above_the_best_constant(right: float, clear: bool) -> None:
    """Three keys in four are no: a target right on three in four may have said no to all."""
    keys = ["yes" if case % 4 == 0 else "no" for case in range(200)]
    scores = (np.arange(200) < right * 200) * 1.0
    rows = pl.DataFrame({
        "case_id": range(200), "cluster": range(200), "arm": "baseline", "behaviour": "answered",
        "score": scores, "form": "yes-no", "key_text": keys, "key_position": 0,
    })  # fmt: skip
    note = doubt(rows, [], Design("cares/input-shift"))
    assert (note == "") is clear
    assert clear or f"is {100 * right:.0f}%, not shown to be above the 75% that" in note
