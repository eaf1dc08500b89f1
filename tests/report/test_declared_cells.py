"""What rules with cells say together."""

from __future__ import annotations

import msgspec
import pytest

from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.engine.declared import Primary, StopPlan
from auscult.engine.plan import Plan, RolePlan, SuitePlan
from auscult.engine.stops import Part, Stop, StopRecord, Stops, records
from auscult.report.declared import declared_words, with_declared
from auscult.report.declared_cells import asked_by_cell, cells_sentence
from auscult.stats.stopping import Clears, HalfWidth
from auscult.stats.watched import Value

ACCURACY = Watched("accuracy", "baseline", "choice", yes_no=True)
RULE = StopPlan("s", "accuracy", Clears(0.5, between=(0.4, 0.6)), by="ward")


def cells(rule: StopPlan = RULE, **values: list[Value]) -> list[StopRecord]:
    stops = []
    for number, (name, given) in enumerate(values.items()):
        part = Part(number, name, rule.weights.get(name, 1 / len(values)))
        stop = Stop(rule, ACCURACY, len(values), clusters=50, one_case_each=True, part=part)
        for place, value in enumerate(given):
            stop.push([(f"c{place}", value)], place + 1)
        stops.append(stop)
    return records(Stops({0: stops}, {0: [1] * 100}), ["s"])


def declared(found: list[StopRecord], rule: StopPlan = RULE) -> tuple[Plan, list[Estimate]]:
    plan = Plan(RolePlan("scripted/oracle"), (SuitePlan("s"),), stop=(rule,))
    plain = Estimate(suite="s", metric="accuracy", estimand="The accuracy.", value=0.6, low=0.5,
                     high=0.7, arm="baseline", n=40, headline=True, standing="primary")  # fmt: skip
    return plan, with_declared([plain], plan, found)


def test_the_pooled_figure_leads_and_cells_stand_under_it() -> None:
    rule = msgspec.structs.replace(RULE, weights={"eye": 0.75, "lung": 0.25})
    found = cells(rule, eye=[1.0] * 40, lung=[0.0, 1.0] * 4)
    _, (pooled, eye, lung, plain) = declared(found, rule)
    assert pooled.value == pytest.approx(0.75 * 1.0 + 0.25 * 0.5)
    assert pooled.low == pytest.approx(0.75 * eye.low + 0.25 * lung.low)
    assert eye.level == lung.level == pytest.approx(1 - 2 * 0.05 / 2)
    assert pooled.level == pytest.approx(0.9)
    assert [e.headline for e in (pooled, eye, lung, plain)] == [True, False, False, False]
    assert [e.standing for e in (pooled, eye, lung, plain)] == ["primary"] + ["secondary"] * 3
    assert pooled.extra["verdicts"] == {"eye": "above", "lung": "undecided"}
    assert "as the plan declares" in pooled.note
    assert pooled.n_clusters == found[0].clusters + found[1].clusters


def test_a_cell_that_was_never_reached_leaves_no_pooled_value() -> None:
    _, (pooled, *_) = declared(cells(eye=[1.0] * 40, lung=[]))
    assert (pooled.value, pooled.low, pooled.high) == (None, None, None)
    assert "no cluster of lung was read" in pooled.note
    assert "What it can be: " in pooled.note, "the weight of what was not read is known"


def test_words_for_the_reader() -> None:
    found = cells(eye=[1.0] * 40, lung=[0.0, 1.0] * 25, skin=[])
    assert (
        cells_sentence(found)
        == (
            "1 of 3 cells decided, 1 undecided after all there was to read. "
            "Above: eye. Undecided: lung, skin."
        )
        or found[1].cut is None
    )
    plan, estimates = declared(found)
    words = declared_words(plan, found)
    assert "by ward" in words[0] and "over 3 cells" in words[0]
    assert [line.partition(":")[0] for line in words[1:]] == ["eye", "lung", "skin"]
    assert "12 cases from where a cell was asked no more are kept" in asked_by_cell(12, estimates)
    assert cells_sentence([]) == "It has not been read yet."


def test_nothing_is_said_of_cells_while_none_is_decided() -> None:
    _, estimates = declared(cells(eye=[1.0, 0.0], lung=[1.0]))
    assert asked_by_cell(3, estimates) == ""


def test_a_cell_that_the_plan_names_is_primary() -> None:
    found = cells(eye=[1.0] * 40, lung=[0.0, 1.0] * 4)
    plan, _ = declared(found)
    plan = msgspec.structs.replace(plan, primary=(Primary("s", "accuracy", {"ward": "lung"}),))
    estimates = with_declared([], plan, found)
    primary = [e for e in estimates if e.standing == "primary"]
    assert [e.group for e in primary] == [{"ward": "lung"}]
    assert primary[0].headline and primary[0].value == pytest.approx(0.5)


def test_without_cells_nothing_is_said_of_them() -> None:
    rule = StopPlan("s", "accuracy", HalfWidth(0.1))
    assert asked_by_cell(3, declared([], rule)[1]) == ""
