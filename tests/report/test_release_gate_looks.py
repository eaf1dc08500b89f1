"""A gate over runs that a rule could have stopped: bounds that hold at every look."""

from __future__ import annotations

import msgspec
import numpy as np
import polars as pl
import pytest
from gate_lab import Lab, only

from auscult.engine.declared import StopPlan
from auscult.engine.view import RunView
from auscult.report.gate import _sequential, gate
from auscult.report.junit import Figure, Margin, told_check
from auscult.stats.families import Endpoint
from auscult.stats.sequences import ConfidenceSequence, confidence_sequence
from auscult.stats.stopping import HalfWidth

# --- where a rule could stop the run --------------------------------------------------------------


def stopping(view: RunView, lab: Lab) -> RunView:
    copy = RunView(view.folder)
    lab.views.append(copy)
    rule = StopPlan("knowledge", "accuracy", HalfWidth(0.01))
    copy.plan = msgspec.structs.replace(copy.plan, stop=(rule,))
    return copy


def test_a_run_that_could_stop_is_bounded_at_every_look(
    better: RunView, base: RunView, lab: Lab
) -> None:
    check = only(gate(stopping(better, lab), base, margin=0.05))
    plain = only(gate(better, base, margin=0.05))
    assert check.verdict == "pass" and "valid at every look" in check.method
    assert check.low is not None and plain.low is not None and check.low < plain.low

    sequence = in_order(better, base)
    assert (check.low, check.high) == pytest.approx((sequence.low, sequence.high))


def in_order(ruled: RunView, other: RunView) -> ConfidenceSequence:
    """What the differences are known to be at every look, in the order of the first."""
    rows = [v.frame("knowledge", ("case_no", "case_id", "score")) for v in (ruled, other)]
    both = rows[0].join(rows[1], on="case_id").sort("case_no")
    sequence = confidence_sequence("betting", 0.9, bounds=(-1.0, 1.0))
    for value in (both["score"] - both["score_right"]).cast(pl.Float64):
        sequence.push(value)
    return sequence


def test_a_level_of_such_a_run_too(better: RunView, lab: Lab) -> None:
    run = stopping(better, lab)
    check = only(gate(run, require=[("accuracy", ">=", 0.7)]))
    assert check.verdict == "pass" and "valid at every look" in check.method


def test_two_such_runs_in_different_orders_stay_undecided(better: RunView, lab: Lab) -> None:
    other = lab.run("another-order", "scripted/right?p=0.7&seed=1", seed=9)
    check = only(gate(stopping(better, lab), stopping(other, lab), margin=0.05))
    assert check.verdict == "undecided" and "run both with the same seed" in check.sentence
    assert check.value is not None and check.low is not None
    assert gate(better, other, margin=0.05).verdict == "pass"


def test_one_such_run_is_read_in_its_own_order(better: RunView, base: RunView, lab: Lab) -> None:
    other = lab.run("yet-another-order", "scripted/right?p=0.7&seed=1", seed=9)
    ruled = stopping(better, lab)
    one = only(gate(ruled, other, margin=0.05))
    assert (one.verdict, one.low) == ("pass", pytest.approx(in_order(better, other).low))
    back = only(gate(other, ruled, margin=0.05))
    assert back.high == pytest.approx(-one.low, abs=1e-3)
    some = lab.run("some-of-it", "scripted/right?p=0.7&seed=1", limit=390)
    check = only(gate(ruled, some, margin=0.05))
    assert check.verdict == "undecided"
    assert "the base did not finish 10 cases of it: both need the same kind of order" in (
        check.sentence
    )
    mirrored = only(gate(some, ruled, margin=0.5))
    assert "the run did not finish 10 cases of it" in mirrored.sentence


def unequal(share_in_large: float) -> Figure:
    """400 clusters in the order of a rule, one in eight of forty cases, of which some are worse."""
    generator = np.random.Generator(np.random.PCG64(2))
    sizes = np.array([40 if k % 8 == 0 else 1 for k in range(400)])
    clusters = np.repeat(np.arange(400), sizes)
    worse = (sizes[clusters] == 40) & (generator.random(len(clusters)) < share_in_large)
    value = -worse.astype(float)
    table = pl.DataFrame(
        {"cluster": clusters, "case_no": np.arange(len(clusters)), "value": value, "least": value,
         "most": value}
    )  # fmt: skip
    return _sequential(table, "case_no", (-1.0, 1.0))


def test_such_a_figure_is_the_mean_over_clusters() -> None:
    found = unequal(0.5)
    low, high = found.kept(0.05) if found.kept else (1.0, 0.0)
    assert found.value is not None and low < found.value < high
    assert found.value == pytest.approx(-0.0625, abs=0.005) and found.n == 400
    assert found.by_case == pytest.approx(-0.426, abs=0.02)
    margin = Margin(Endpoint("s", "accuracy"), 0.5)
    wide = msgspec.structs.replace(found, line=-0.5)
    assert wide.meets(0.05)
    check = told_check(margin, wide, "pass", 0.05, signed=True)
    assert check.claim.endswith("50 percentage points, in the mean over clusters")
    assert "from 400 clusters" in check.sentence and check.n == 400


def test_two_means_on_two_sides_of_the_line_decide_nothing() -> None:
    torn = msgspec.structs.replace(unequal(0.5), line=-0.2)
    assert not torn.meets(0.05) and not torn.misses(0.05)
    assert msgspec.structs.replace(torn, by_case=torn.value).meets(0.05)
    margin = Margin(Endpoint("s", "accuracy"), 0.2)
    said = told_check(margin, torn, "undecided", 0.05, signed=True).sentence
    assert "the mean over cases, -42" in said and "on the other side of the line" in said
    # Falling short over clusters, and not over cases, is no failure either.
    short = msgspec.structs.replace(unequal(0.5), line=-0.2, up=False)
    assert not short.misses(0.05)
    assert msgspec.structs.replace(short, by_case=short.value).misses(0.05)
