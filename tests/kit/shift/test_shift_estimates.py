"""Weighted sums over shifts and severities, and what they say of tables with a known truth."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest

from auscult.core.estimate import Estimate
from auscult.kit.shift.cells import UNIT, weighted
from auscult.kit.shift.estimates import ADDED, input_shift_estimates
from auscult.kit.shift.table import COLUMNS, Design
from auscult.stats.paired import difference
from auscult.stats.table import blank, label_column

SHIFTS, SEVERITIES = ("blur", "jpeg", "noise"), (1, 3, 5)
DESIGN = Design("cares/input-shift")
SEEDS = 1000
NAN = float("nan")


def simulated(rng: np.random.Generator, clusters: int = 60) -> tuple[Any, Any, Any]:
    """Drops (clean minus shifted) of 4 questions a picture, each in 4 of 9 cells. A picture is easy
    or hard as a whole; accuracy falls by 0.08 a step of severity, whatever the shift."""
    cases = clusters * 4
    cluster = np.repeat(np.arange(clusters), 4)
    easy = 0.85 + rng.choice((-0.1, 0.1), clusters)[cluster]
    drawn = rng.permuted(np.tile(np.arange(9), (cases, 1)), axis=1)[:, :4]
    falls = 0.08 * np.array(SEVERITIES)[drawn % 3]
    clean = rng.random(cases) < easy
    shifted = rng.random((cases, 4)) < easy[:, None] - falls
    drop = clean[:, None].astype(float) - shifted
    return drawn.ravel(), np.repeat(cluster, 4), drop.ravel()


MEAN = dict.fromkeys(range(9), 1 / 9)
SLOPE = {place: ((-2, 0, 2)[place % 3]) / 8 / 3 for place in range(9)}


@pytest.mark.parametrize(
    ("weights", "truth", "clusters"),
    [(MEAN, 0.24, 60), (SLOPE, 0.08, 60), (MEAN, 0.24, 12), ({4: 1.0}, 0.24, 30)],
)
def test_the_intervals_cover_the_planted_drop(
    weights: dict[int, float], truth: float, clusters: int
) -> None:
    held, values = 0, []
    for seed in range(SEEDS):
        found = weighted(*simulated(np.random.default_rng(seed), clusters), weights, (-1.0, 1.0))
        assert found is not None
        held += found.low <= truth <= found.high
        values.append(found.value)
    assert held / SEEDS >= 0.93
    assert np.mean(values) == pytest.approx(truth, abs=0.01)


def test_the_intervals_cover_a_share_near_the_end() -> None:
    held = 0
    for seed in range(SEEDS):
        rng = np.random.default_rng(seed)
        cell, cluster, _ = simulated(rng, 40)
        found = weighted(cell, cluster, (rng.random(len(cell)) < 0.02) * 1.0, MEAN, UNIT)
        assert found is not None
        held += found.low <= 0.02 <= found.high
    assert held / SEEDS >= 0.93


def test_one_cell_is_the_paired_interval_of_the_house() -> None:
    rng = np.random.default_rng(5)
    cluster = rng.integers(0, 15, 60)
    first, second = (rng.random(60) < 0.8) * 1.0, (rng.random(60) < 0.5) * 1.0
    frame = pl.concat(
        pl.DataFrame({
            "case_id": range(60), "cluster": cluster, "arm": arm, "behaviour": "answered",
            "score": score,
        }) for arm, score in (("a", first), ("b", second))
    )  # fmt: skip
    theirs = difference(frame, blank("s", "m", "e.", arm="a", control_arm="b"))
    ours = weighted(np.zeros(60, int), cluster, first - second, {0: 1.0}, (-1.0, 1.0))
    assert ours is not None
    assert (ours.value, ours.low, ours.high) == pytest.approx(
        (theirs.value, theirs.low, theirs.high)
    )


def test_the_weights_decide_and_not_how_many_were_asked() -> None:
    cell = np.array([0] * 90 + [1] * 10)
    found = weighted(cell, np.arange(100), (cell == 0) * 1.0, {0: 0.5, 1: 0.5}, UNIT)
    assert found is not None and found.value == 0.5


def test_what_was_never_measured_has_no_value() -> None:
    values = np.array([1.0, NAN])
    assert weighted(np.array([0, 1]), np.arange(2), values, {0: 0.5, 1: 0.5}, UNIT) is None
    assert weighted(np.array([0, 1]), np.arange(2), values, {}, UNIT) is None


# --- a table ----------------------------------------------------------------------------------


def reply(
    case: int, arm: str, behaviour: str, score: float | None = None, **labels: Any
) -> dict[str, Any]:
    judge = "yes-no" if behaviour else ""
    told = {"form": "yes-no", **labels}
    return {
        "case_no": case, "cluster_key": case // 2, "arm": arm, "judge": judge,
        "behaviour": behaviour, "score": score, "labels": msgspec.json.encode(told).decode(),
    }  # fmt: skip


def cell(shift: str, severity: int, effect: str = "kept") -> dict[str, Any]:
    return {"shift": shift, "severity": severity, "effect": effect}


def table(rows: list[dict[str, Any]]) -> dict[str, list[Estimate]]:
    frame = pl.DataFrame(rows, schema_overrides={"score": pl.Float64, "cluster_key": pl.UInt64})
    labels = [label_column(name) for name in COLUMNS if name.startswith("labels.")]
    frame = frame.with_columns(labels).select(COLUMNS)
    frame = frame.with_columns(pl.col("arm", "judge", "behaviour").cast(pl.Categorical))
    out: dict[str, list[Estimate]] = {}
    for estimate in input_shift_estimates(frame, DESIGN):
        out.setdefault(estimate.metric, []).append(estimate)
    return out


def whole(shifted: Any) -> list[dict[str, Any]]:
    """40 cases, right on the clean picture; `shifted` gives the behaviour and score of a case."""
    rows = []
    for case in range(40):
        rows += [reply(case, arm, "answered", 1.0) for arm in ("baseline", "control")]
        for severity in SEVERITIES:
            told = shifted(case, severity)
            rows.append(reply(case, f"blur-{severity}", *told, **cell("blur", severity)))
    return rows


def test_a_known_fall_comes_out_in_every_figure() -> None:
    """Severity 1, 3 and 5 spoil a tenth, three tenths and half of the cases."""
    found = table(whole(lambda case, s: ("answered", float(case % 10 >= s))))
    assert found[ADDED][0].value == pytest.approx(0.3)
    assert found[ADDED][0].headline and found[ADDED][0].standing == "primary"
    assert found["accuracy under shift"][0].value == pytest.approx(0.7)
    assert found["accuracy drop under shift"][0].value == pytest.approx(0.3)
    assert found["right answers lost to shifts"][0].value == pytest.approx(0.3)
    assert found["wrong answers mended by shifts"][0].value == pytest.approx(0.0)
    assert found["accuracy lost per step of severity"][0].value == pytest.approx(0.1)
    by = {e.group["severity"]: e.value for e in found["accuracy by severity"]}
    assert by == pytest.approx({"1": 0.9, "3": 0.7, "5": 0.5})
    cells = found["wrong answers added, by shift and severity"]
    assert [e.value for e in cells] == pytest.approx([0.1, 0.3, 0.5])
    assert all(e.family and e.p_adjusted is not None for e in cells)


def test_lost_and_mended_answers_add_up_and_the_control_is_taken_off() -> None:
    """A target that changes its mind as often when nothing is changed is not hurt by a shift."""
    rows = []
    for case in range(40):
        first, second = float(case % 4 != 0), float(case % 4 != 1)
        rows += [reply(case, "baseline", "answered", first)]
        rows += [reply(case, "control", "answered", second)]
        shifted = float(case % 4 != 2)
        rows += [reply(case, "blur-1", "answered", shifted, **cell("blur", 1))]
    found = table(rows)
    assert found[ADDED][0].value == pytest.approx(0.0)
    assert found["right answers lost to shifts"][0].value == pytest.approx(0.0)
    assert found["wrong answers mended by shifts"][0].value == pytest.approx(0.0)
    assert "accuracy lost per step of severity" not in found


def test_abstaining_is_wrong_and_shown_as_what_it_is() -> None:
    found = table(whole(lambda case, s: ("abstained",) if case % 2 else ("answered", 1.0)))
    assert found[ADDED][0].value == pytest.approx(0.5)
    assert found["abstention added by shifts"][0].value == pytest.approx(0.5)
    assert found["abstention by severity"][0].value == pytest.approx(0.5)
    assert found[ADDED][0].n_abstained == 60


def test_failed_calls_are_missing_and_bounded() -> None:
    found = table(whole(lambda case, s: ("error",) if case < 10 else ("answered", 0.0)))
    first = found[ADDED][0]
    assert (first.value, first.n, first.n_error) == (pytest.approx(1.0), 90, 30)
    assert first.extra["bound_low"] == pytest.approx(0.75)
    assert first.extra["bound_high"] == pytest.approx(1.0)
    slope = found["accuracy lost per step of severity"][0]
    assert slope.extra["bound_low"] < 0 < slope.extra["bound_high"] and slope.extra["undecided"]


def test_a_cell_without_a_usable_reply_is_left_out_named_and_bounded() -> None:
    rows = whole(lambda case, s: ("answered", float(case % 10 >= s)))
    every = [
        reply(case, f"jpeg-{s}", *(("error",) if s == 3 else ("answered", 0.0)), **cell("jpeg", s))
        for case in range(40)
        for s in SEVERITIES
    ]
    found = table(rows + every)
    first = found[ADDED][0]
    # Of six cells one is gone: 0.1, 0.3, 0.5 under blur, 1 and 1 under jpeg.
    assert first.value == pytest.approx(2.9 / 5)
    assert first.extra["bound_low"] == pytest.approx(2.9 / 6)
    assert first.extra["bound_high"] == pytest.approx(3.9 / 6)
    assert (first.n, first.n_error) == (200, 40)
    assert "jpeg 3" in first.note and first.extra["left_out"] == ["jpeg 3"]
    by_shift = {e.group["shift"]: e for e in found["wrong answers added, by shift"]}
    assert by_shift["jpeg"].value == pytest.approx(1.0)
    assert "left_out" not in by_shift["blur"].extra
    slopes = {e.group["shift"]: e for e in found["accuracy lost per step of severity, by shift"]}
    assert slopes["blur"].value == pytest.approx(0.1)
    assert slopes["jpeg"].value is None and "jpeg 3" in slopes["jpeg"].note
    slope = found["accuracy lost per step of severity"][0]
    assert slope.value == pytest.approx(0.1) and "jpeg" in slope.note


def test_a_pair_whose_clean_reply_failed_is_missing_too() -> None:
    rows = whole(lambda case, s: ("answered", 1.0))
    for row in rows:
        if row["case_no"] < 3 and row["arm"] == "control":
            row |= {"behaviour": "error", "score": None}
    found = table(rows)
    assert (found[ADDED][0].n, found[ADDED][0].n_error) == (111, 9)
    assert found["accuracy drop under shift"][0].n_error == 0, "it does not need that reply"


def test_the_published_noise_and_replaced_pictures_stay_out_of_the_mean() -> None:
    rows = whole(lambda case, s: ("answered", 1.0))
    read = {"legacy_right": 1.0, "legacy_abstains": 0.0}
    for case in range(40):
        noise, grey = cell("legacy-noise", 1), cell("control-grey", 1, "not-answerable")
        other = cell("wrong-patient", 1, "not-answerable")
        rows.append(reply(case, "legacy-noise-1", "abstained", **noise, **read))
        rows.append(reply(case, "control-grey-1", *(
            ("answered", 0.0) if case < 10 else ("abstained",)), **grey))  # fmt: skip
        rows.append(reply(case, "wrong-patient-1", "answered", 0.0, **other))
    found = table(rows)
    assert found[ADDED][0].value == pytest.approx(0.0)
    assert found["answered without the picture it is about"][0].value == pytest.approx(0.25)
    assert found["answers withheld without the picture it is about"][0].value == pytest.approx(0.75)
    alike = found["answered without the picture it is about, by shift"]
    assert {e.group["shift"]: bool(e.note) for e in alike} == {
        "control-grey": False, "wrong-patient": True,
    }  # fmt: skip
    # The same replies: nothing right as we read them, all of them right by the published scorer.
    published = "published scorer minus corrected, {}"
    assert found[published.format("accuracy")][0].value == pytest.approx(1.0)
    assert found[published.format("abstention")][0].value == pytest.approx(-1.0)


def test_declared_weights_are_used_and_said() -> None:
    rows = whole(lambda case, s: ("answered", 1.0))
    rows += [
        reply(case, "jpeg-1", "answered", 0.0, **cell("jpeg", 1)) for case in range(40)
    ]  # fmt: skip
    assert table(rows)[ADDED][0].value == pytest.approx(0.5)
    frame = pl.DataFrame(rows, schema_overrides={"score": pl.Float64, "cluster_key": pl.UInt64})
    labels = [label_column(name) for name in COLUMNS if name.startswith("labels.")]
    heavy = Design("cares/input-shift", {"jpeg": 3.0})
    first = input_shift_estimates(frame.with_columns(labels).select(COLUMNS), heavy)[0]
    assert first.value == pytest.approx(0.75)
    assert first.extra["weights"]["jpeg 1"] == pytest.approx(0.75)


def test_where_nothing_applies_nothing_is_measured() -> None:
    rows = [reply(case, arm, "") for case in range(5) for arm in ("baseline", "control")]
    found = table(rows)
    assert found[ADDED][0].value is None and found[ADDED][0].note
    assert found["accuracy, clean"][0].n_not_applicable == 5
