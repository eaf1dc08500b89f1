"""The charts: axes that hold their figures, marks where the numbers are."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET

import pytest
from fake_view import estimate, knowledge_estimates
from hypothesis import given
from hypothesis import strategies as st

from auscult.report import figures, forest
from auscult.report.wording import Mark

DIFFERENCE = "difference of proportions"


@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3))
def test_a_difference_axis_holds_every_end_and_is_symmetric(ends: list[float]) -> None:
    low, value, high = sorted(ends)
    axis = forest.axis_for([estimate("d", value, low, high, unit=DIFFERENCE)])
    assert axis.low <= low and high <= axis.high
    assert axis.low == -axis.high and axis.origin == 0.0


@given(st.floats(0.001, 1e6), st.floats(0, 1e6))
def test_any_other_unit_gets_an_axis_that_holds_it(value: float, more: float) -> None:
    axis = forest.axis_for([estimate("t", value, value / 2, value + more, unit="seconds")])
    assert axis.low <= value / 2 and axis.high >= (value + more) * (1 - 1e-9)
    assert 2 <= len(axis.ticks) <= 7


def test_shares_stand_on_the_whole_scale_however_small() -> None:
    axis = forest.axis_for([estimate("leak", 0.01, 0.0, 0.03)])
    assert (axis.low, axis.high) == (0.0, 1.0)


def test_marks_stand_where_the_numbers_are() -> None:
    found = estimate("accuracy", 0.5, 0.25, 0.75)
    axis = forest.axis_for([found])
    svg = ET.fromstring(forest.strip(found, axis, "a", [Mark("guess", 0.25)], lanes=True))
    (dot,) = svg.findall("circle")
    assert dot.get("cx") == "50.0%"
    (whisker,) = (x for x in svg.findall("line") if x.get("class") == "whisker")
    assert (whisker.get("x1"), whisker.get("x2")) == ("26.25%", "73.75%")
    (mark,) = svg.findall("svg")
    assert mark.get("x") == "26.25%"


def test_a_chart_is_well_formed_and_escaped() -> None:
    found = estimate('<b onload="x">&', 0.5, 0.25, 0.75)
    svg = ET.fromstring(forest.strip(found, forest.axis_for([found]), "a"))
    assert svg.findtext("title") == '<b onload="x">&'


def test_no_figure_draws_no_dot() -> None:
    found = estimate("accuracy", None, None, None)
    svg = forest.strip(found, forest.axis_for([found]), "a")
    assert "circle" not in svg and "whisker" not in svg
    assert "no figure" in svg


@pytest.mark.parametrize(("n_error", "drawn"), [(0, False), (3, True)])
def test_bounds_are_drawn_only_where_calls_failed(n_error: int, drawn: bool) -> None:
    found = estimate(
        "accuracy", 0.5, 0.4, 0.6, n_error=n_error, extra={"bound_interval": [0.35, 0.65]}
    )
    assert ("bounds" in forest.strip(found, forest.axis_for([found]), "a")) is drawn


def test_baselines_are_told_by_shape_and_not_by_colour_alone() -> None:
    marks = [Mark(f"b{n}", 0.1 * n) for n in range(6)]
    found = estimate("accuracy", 0.5, 0.4, 0.6)
    svg = forest.strip(found, forest.axis_for([found]), "a", marks)
    shapes = re.findall(r'class="mark (\w+)"', svg)
    assert shapes == ["diamond", "triangle", "square", "cross", "cross", "cross"]


def test_baselines_of_a_suite_are_found_lowest_first() -> None:
    everything = knowledge_estimates()
    marks = figures.baselines(everything[0], everything)
    assert [m.name for m in marks] == ["always B", "options alone", "longest option"]
    assert figures.baselines(everything[1], everything) == ()


def test_a_suite_may_declare_a_baseline_of_its_own() -> None:
    score = estimate("recall", 0.5, 0.4, 0.6, standing="primary")
    prior = estimate("prior", 0.3, 0.2, 0.4, arm="prior", extra={"baseline_of": "recall"})
    other = estimate("x recall", 0.1, 0.0, 0.2, arm="text-only", extra={"baseline_of": "x"})
    assert figures.baselines(score, [score, prior, other]) == (Mark("prior", 0.3, "prior"),)
