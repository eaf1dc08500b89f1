"""Rules that read each cell of a slice: what they read, what is asked no more, what is refused."""

from __future__ import annotations

import sqlite3
from array import array
from math import sqrt
from pathlib import Path
from random import Random
from typing import Any

import msgspec
import polars as pl
import pytest
from auscult_testkit import shuffled
from runs import run
from stop_runs import plan_of, stops_of, told, trials

from auscult.api import open_run
from auscult.core.case import Brief, Case
from auscult.core.errors import UsageError
from auscult.core.protocols import DataSet, Watched
from auscult.core.verdict import Verdict
from auscult.engine.cells import MOST_CELLS, Cells, read_cells
from auscult.engine.declared import StopPlan
from auscult.engine.plan import Limits, Plan
from auscult.engine.records import TrialRow
from auscult.engine.stops import Stops, check_stops, make_stops, records
from auscult.stats.stopping import Clears, HalfWidth

HALF = Clears(0.5, between=(0.35, 0.65))
WATCHED = Watched("share right", "plain", "letter", yes_no=True)
SUITE: Any = type("Suite", (), {"watched": (WATCHED,)})()


def by_hand(rules: list[StopPlan], of: list[int], names: tuple[str, ...]) -> Stops:
    """One case a cluster, in an order that `of` gives the cells of."""
    counts = tuple(of.count(cell) for cell in range(len(names)))
    cells = Cells("ward", names, array("H", of), counts, counts)
    return make_stops(rules, [("s", SUITE)], {0: [1] * len(of)}, {}, {0: cells})


def right(score: float) -> list[TrialRow]:
    return [TrialRow("plain", 0, (), {}, (Verdict("letter", "1", "answered", score),))]


# --- by hand ------------------------------------------------------------------------------------


def test_a_decided_cell_is_passed_over_and_the_others_go_on() -> None:
    rule = StopPlan("s", "share right", HALF, by="ward")
    of = [0, 0, 1] * 60
    stops = by_hand([rule], of, ("eye", "lung"))
    number = 0
    while not stops.decided[0]:
        stops.note(0, number, f"c{number}", right(1.0 if of[number] == 0 else number % 2))
        number += 1
    eye, lung = stops.of_suite[0]
    assert stops.decided[0] == {0} and eye.decision.verdict == "above"
    passed_over = of.index(0, number)
    assert eye.cut == number
    assert stops.cut(0) == passed_over, "the ordinary figures end before who is not asked"
    assert lung.read == sum(cell == 1 for cell in of[:number])
    ahead = of.index(1, number)
    assert stops.skips(0, of.index(0, number)) and not stops.skips(0, ahead)
    before = lung.read
    stops.note(0, ahead, f"c{ahead}", right(0.0))  # those of the eye before it are not waited for
    assert (lung.read, eye.read) == (before + 1, number - before)
    assert not stops.is_closed(0)


def test_a_cell_with_nothing_left_to_pass_over_cuts_nothing() -> None:
    rule = StopPlan("s", "share right", HalfWidth(0.05), by="ward", population="this pack")
    of = [0, 1, *[1] * 200]
    stops = by_hand([rule], of, ("eye", "lung"))
    for number in range(150):
        stops.note(0, number, f"c{number}", right(number % 2))
    assert stops.decided[0] == {0}, "the only case of its pack was read"
    assert stops.cut(0) is None
    assert [stop.passes_over for stop in records(stops, ["s"])] == [None, None]


def test_what_is_read_does_not_depend_on_the_order_of_answers() -> None:
    rules = [StopPlan("s", "share right", HALF, by="ward"),
             StopPlan("s", "share right", HalfWidth(0.2), by="ward")]  # fmt: skip
    draw = Random(3)
    of = [draw.choice((0, 0, 0, 1, 2)) for _ in range(400)]
    score = [float(draw.random() < (0.9, 0.2, 0.5)[cell]) for cell in of]

    def decided(order: list[int]) -> Any:
        stops = by_hand(rules, of, ("eye", "lung", "skin"))
        for number in order:
            stops.note(0, number, f"c{number}", right(score[number]))
        return [(s.cut, s.read, s.total, s.decision) for s in stops.of_suite[0]], stops.cut(0)

    plain = decided(list(range(400)))
    assert plain[1] is not None
    for _ in range(5):
        jumbled = list(range(400))
        for start in range(0, 400, 40):  # as much out of order as so many slots allow
            window = jumbled[start : start + 40]
            draw.shuffle(window)
            jumbled[start : start + 40] = window
        assert decided(jumbled) == plain


def test_a_cluster_counts_in_every_cell_that_it_has_a_case_of() -> None:
    levels = ["easy", "hard", "easy", "easy", "easy", "", "hard"]
    cases = [Case(f"c{n}", brief=Brief(cluster=f"p{n // 3}", difficulty=level))
             for n, level in enumerate(levels)]  # fmt: skip
    cells = read_cells("s", "difficulty", cases)
    assert cells.names == ("easy", "hard", "not stated")
    assert (cells.cases, cells.clusters) == ((4, 2, 1), (2, 2, 1))
    assert list(cells.of) == [0, 1, 0, 0, 0, 2, 1]
    assert cells.weights({}) == (0.4, 0.4, 0.2)
    stops = make_stops(
        [StopPlan("s", "share right", HalfWidth(0.01), by="difficulty")],
        [("s", SUITE)], {0: [0, 0, 1, 0, 0, 1, 1]}, {}, {0: cells},
    )  # fmt: skip
    for number, score in enumerate([1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0]):
        stops.note(0, number, f"c{number}", right(score))
    assert [(s.read, s.total) for s in stops.of_suite[0]] == [(2, 1.5), (2, 1.0), (1, 1.0)]
    assert [s.monitor.rule.alpha for s in stops.of_suite[0]] == [pytest.approx(0.05 / 3)] * 3


def test_no_cell_at_all_is_wrong_more_often_than_the_plan_allows() -> None:
    """Four cells just on the wrong side of what either answer is free for, many audits."""
    audits, rates = 300, (0.35, 0.35, 0.65, 0.65)
    rule = StopPlan("s", "share right", Clears(0.5, between=(0.35, 0.65), alpha=0.1), by="ward")
    wrong = 0
    for audit in range(audits):
        draw = Random(audit)
        of = [n % 4 for n in range(1200)]
        stops = by_hand([rule], of, ("a", "b", "c", "d"))
        for number, cell in enumerate(of):
            if stops.is_closed(0):
                break
            if not stops.skips(0, number):
                stops.note(0, number, "c", right(float(draw.random() < rates[cell])))
        said = [stop.decision.verdict for stop in stops.of_suite[0]]
        assert "undecided" not in said
        wrong += said != ["below", "below", "above", "above"]
    assert 0 < wrong / audits <= 0.1 + 3 * sqrt(0.1 * 0.9 / audits)


# --- in a run -----------------------------------------------------------------------------------


def data(folder: Path, cases: int) -> DataSet:
    """Nine in ten cases are of the one ward, so that it knows enough first."""
    path = folder / "wards.csv"
    rows = [f"c{n},Case {n}: which?,a{n},b{n},c{n},d{n},A,{'eye' if n % 10 else 'lung'}"
            for n in range(cases)]  # fmt: skip
    path.write_text("id,question,A,B,C,D,answer,specialty\n" + "\n".join(rows), encoding="utf-8")
    return DataSet("table", str(path))


def cells_plan(folder: Path, cases: int, **more: Any) -> Plan:
    rule = StopPlan("knowledge", "accuracy", HALF, by="specialty")
    return plan_of(data(folder, cases), rule, **more)


LATE = "shuffled/scripted?ref=slow-when-wrong&p=0.8&seed=4&base_ms=4&sleep_ms=6"


def test_what_is_left_of_the_budget_goes_to_the_undecided_cell(tmp_path: Path) -> None:
    outcome = run(cells_plan(tmp_path, 600, concurrency=8), tmp_path / "r")
    assert outcome.stopped == "stopping rule"
    eye, lung = stops_of(tmp_path / "r")
    assert (eye.cell, lung.cell) == ("eye", "lung")
    assert eye.decision.verdict == lung.decision.verdict == "above"
    assert eye.weight == pytest.approx(0.9) and lung.weight == pytest.approx(0.1)
    rows = trials(tmp_path / "r")
    asked = dict(rows.group_by("specialty").len().iter_rows())
    assert asked["eye"] <= eye.clusters + 2 * 8 + 4, "but for those under way"
    assert asked["lung"] >= lung.clusters > 60 * eye.cut / 600, "more than its share by then"
    inside = rows.filter("in_prefix")
    assert inside["case_no"].to_list() == list(range(eye.passes_over))
    opened = open_run(tmp_path / "r")
    try:
        pooled, *cells = [e for e in opened.estimates() if e.condition == "valid at every look"]
        others = [e for e in opened.estimates() if e.condition != "valid at every look"]
        assert all(e.n <= eye.passes_over for e in others)
    finally:
        opened.view.close()
    assert pooled.headline and pooled.standing == "primary" and not pooled.group
    assert pooled.level == pytest.approx(0.9)
    assert pooled.value == pytest.approx(0.9 * eye.value + 0.1 * lung.value)
    assert [c.group for c in cells] == [{"specialty": "eye"}, {"specialty": "lung"}]
    truth = rows.filter(pl.col("specialty") == "lung").sort("case_no")["score"]
    assert lung.value == pytest.approx(truth.head(lung.clusters).mean())


def test_cells_decide_the_same_however_the_run_went(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = cells_plan(tmp_path, 400, target=LATE, concurrency=64)
    one, many, cut_short = tmp_path / "one", tmp_path / "many", tmp_path / "cut"
    run(msgspec.structs.replace(plan, limits=Limits(concurrency=1)), one)
    run(plan, many)
    monkeypatch.setattr(shuffled, "patience", 23)
    sessions = 0
    while run(plan, cut_short).stopped.startswith("failed"):
        sessions += 1
    assert sessions >= 2
    assert told(one) == told(many) == told(cut_short)
    kept = [trials(folder).filter("in_prefix") for folder in (one, many, cut_short)]
    assert kept[0].equals(kept[1]) and kept[0].equals(kept[2])


def test_data_that_end_before_a_cell_is_decided(tmp_path: Path) -> None:
    outcome = run(cells_plan(tmp_path, 40, concurrency=2), tmp_path / "r")
    assert outcome.stopped == "stopping rule in part"
    eye, lung = stops_of(tmp_path / "r")
    assert eye.decision.verdict == "above" and lung.decision.verdict == "undecided"
    opened = open_run(tmp_path / "r")
    try:
        pooled = next(e for e in opened.estimates() if e.condition == "valid at every look")
    finally:
        opened.view.close()
    assert pooled.stop_rule.startswith("1 of 2 cells decided.")


def test_a_run_that_has_decided_asks_nothing_more(tmp_path: Path) -> None:
    plan = cells_plan(tmp_path, 600, concurrency=8)
    run(plan, tmp_path / "r")
    before = len(trials(tmp_path / "r")), told(tmp_path / "r")
    assert run(plan, tmp_path / "r").stopped == "stopping rule"
    assert (len(trials(tmp_path / "r")), told(tmp_path / "r")) == before


# --- what is refused ----------------------------------------------------------------------------


def refused(tmp_path: Path, **more: Any) -> str:
    rule = StopPlan("knowledge", "accuracy", HALF, **more)
    with pytest.raises(UsageError) as raised:
        run(plan_of(data(tmp_path, 40), rule), tmp_path / "r")
    return str(raised.value)


def test_cells_that_the_data_do_not_have(tmp_path: Path) -> None:
    said = refused(tmp_path, by="speciality")
    assert "no case of 'knowledge' states 'speciality'" in said
    assert "Did you mean 'specialty'?" in said
    said = refused(tmp_path, by="specialty", weights={"eye": 0.5, "ear": 0.5})
    assert "no weight for 'lung' and no cell 'ear' in the data" in said


def test_more_cells_than_could_be_decided() -> None:
    cases = [Case(f"c{n}", brief=Brief(specialty=f"s{n}")) for n in range(MOST_CELLS + 1)]
    with pytest.raises(UsageError, match="into more than 200 cells"):
        read_cells("s", "specialty", cases)


@pytest.mark.parametrize(
    ("rules", "words"),
    [
        ([{"by": "ward"}, {}], "reads the suite as a whole, another of the same suite by 'ward'"),
        ([{"weights": {"a": 1.0}}], "weights are for cells"),
        ([{"by": "ward", "weights": {"a": 0.4, "b": 0.4}}], "add up to 1"),
        ([{"by": "ward", "weights": {"a": 1.2, "b": -0.2}}], "above 0"),
    ],
)
def test_rules_that_do_not_go_together(rules: list[dict[str, Any]], words: str) -> None:
    plans = [StopPlan("s", "share right", HalfWidth(0.1 + n / 10), **more)
             for n, more in enumerate(rules)]  # fmt: skip
    (fault,) = check_stops(plans, {"s": SUITE})
    assert words in fault.what


def test_a_run_of_before_there_were_cells_goes_on(tmp_path: Path) -> None:
    plan = plan_of(data(tmp_path, 40), StopPlan("knowledge", "accuracy", HalfWidth(0.01)))
    run(msgspec.structs.replace(plan, limits=Limits(calls=10, concurrency=1)), tmp_path / "r")
    database = sqlite3.connect(tmp_path / "r" / "run.db")
    (body,) = database.execute("SELECT value FROM meta WHERE key='manifest'").fetchone()
    manifest = msgspec.json.decode(body)
    for rule in manifest["plan"]["stop"]:
        del rule["by"], rule["weights"]
    database.execute(
        "UPDATE meta SET value=? WHERE key='manifest'", (msgspec.json.encode(manifest),)
    )
    database.commit()
    database.close()
    assert run(plan, tmp_path / "r").finished == 40
