"""What was pictured: counted from the case index and the trials, without a model."""

from __future__ import annotations

import sqlite3
import tracemalloc
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pictured import MadeRun, Suite, case

from auscult.core.case import Brief, Source
from auscult.core.protocols import DataSet
from auscult.engine.caseindex import INDEX_NAME
from auscult.report.contract import NOT_STATED, PictureCell
from auscult.report.pictures import (
    LISTED_MODALITIES,
    LISTED_REGIONS,
    UNLISTED,
    count_pictures,
    is_synthetic,
    place_of,
)
from auscult.report.pictures_kept import EARLIER, RUN, Counted


def counted(folder: Path, *suites: Suite) -> Counted:
    return count_pictures(MadeRun(folder, *suites))  # type: ignore[arg-type]


def cells(found: Counted) -> dict[tuple[str, str, bool], tuple[int, int, int, int]]:
    return {
        (c.modality, c.region, c.synthetic): (c.cases, c.replied, c.answered, c.pictures)
        for c in found.run.cells
    }


def test_a_picture_asked_about_twice_counts_once(tmp_path: Path) -> None:
    suite = Suite(
        "factuality",
        [case("table/1", "a.png"), case("table/2", "a.png"), case("table/3", "b.png", "c.png"),
         case("table/4")],
    )  # fmt: skip
    found = counted(tmp_path, suite)
    assert cells(found) == {("CT", "chest", False): (3, 3, 3, 3)}
    run = found.run
    assert (run.counted_from, run.cases, run.cases_with_pictures) == (RUN, 4, 3)
    assert (run.pictures, run.synthetic_pictures) == (3, 0)
    assert run.modalities_covered == ("CT",) and run.regions_covered == ("chest",)
    assert {*run.modalities_not_covered, "CT"} == set(LISTED_MODALITIES)
    assert {*run.regions_not_covered, "chest"} == set(LISTED_REGIONS)


def test_a_picture_of_two_regions_stands_in_both_cells_and_once_in_all(tmp_path: Path) -> None:
    suite = Suite(
        "factuality",
        [case("table/1", "a.png", region=r) if n == 0 else case("table/2", "a.png", region=r)
         for n, r in enumerate(("lung", "heart"))],
    )  # fmt: skip
    found = counted(tmp_path, suite)
    assert cells(found) == {
        ("CT", "lung", False): (1, 1, 1, 1), ("CT", "heart", False): (1, 1, 1, 1),
    }  # fmt: skip
    assert found.run.pictures == 1


def test_a_failed_call_is_no_reply_and_a_refusal_is_no_answer(tmp_path: Path) -> None:
    suite = Suite(
        "factuality",
        [case(f"table/{n}", f"{n}.png") for n in range(5)],
        {
            "table/0": {"baseline": "error", "no-image": "answered"},
            "table/1": {"baseline": "refused"},
            "table/2": {"baseline": None},
            "table/3": {"baseline": "partial"},
        },
    )
    assert cells(counted(tmp_path, suite)) == {("CT", "chest", False): (5, 3, 2, 3)}


def test_a_control_speaks_only_for_a_case_that_the_first_arm_does_not_hold(tmp_path: Path) -> None:
    suite = Suite(
        "shift",
        [case("table/1", "1.png"), case("table/2", "2.png")],
        {
            "table/1": {"baseline": None, "no-image": "answered"},
            "table/2": {"no-image": "answered"},
        },
    )
    assert cells(counted(tmp_path, suite)) == {("CT", "chest", False): (2, 1, 1, 1)}


def test_only_the_finished_prefix_counts(tmp_path: Path) -> None:
    every = [case(f"table/{n}", f"{n}.png") for n in range(20)]
    found = counted(tmp_path, Suite("factuality", every, prefix=8))
    assert cells(found) == {("CT", "chest", False): (8, 8, 8, 8)}


def test_suites_on_the_same_data_count_a_question_once_over_all(tmp_path: Path) -> None:
    every = [case(f"table/{n}", f"{n // 2}.png") for n in range(4)]
    refused = {"table/0": {"baseline": "refused"}, "table/1": {"baseline": "error"}}
    first = Suite("factuality", every, refused)
    second = Suite("uncertainty", every, {"table/1": {"baseline": "answered"}})
    third = Suite("shift", [case("table/0", "other.png")])
    found = counted(tmp_path, first, second, third)
    assert cells(found) == {("CT", "chest", False): (5, 5, 5, 3)}
    assert found.run.cases == found.run.cases_with_pictures == 5
    per_suite = {
        name: [(d.data, d.cases, d.cells[0].replied, d.cells[0].answered) for d in told]
        for name, told in found.suites.items()
    }
    assert per_suite == {
        "factuality": [("table", 4, 3, 2)], "uncertainty": [("table", 4, 4, 4)],
        "shift": [("table", 1, 1, 1)],
    }  # fmt: skip


def test_data_sets_are_counted_apart_under_the_names_of_their_ids(tmp_path: Path) -> None:
    sets = (DataSet("table", "a.csv"), DataSet("table", "b.csv", {"name": "ward"}))
    every = [case("table/1", "1.png"), case("ward/1", "1.png"), case("stray", "1.png")]
    found = counted(tmp_path, Suite("factuality", every, data=sets))
    told = {d.data: d.cells[0].pictures for d in found.suites["factuality"]}
    assert told == {"table": 1, "ward": 1, NOT_STATED: 1}
    assert cells(found) == {("CT", "chest", False): (3, 3, 3, 1)}


def test_the_data_of_a_suite_that_was_given_none_are_its_own(tmp_path: Path) -> None:
    own = (DataSet("phantoms", "starter"),)
    suite = Suite("factuality", [case("starter/1", "1.png")], data=(), default_data=own)
    assert [d.data for d in counted(tmp_path, suite).suites["factuality"]] == ["starter"]


def test_synthetic_pictures_are_apart_and_cover_nothing(tmp_path: Path) -> None:
    every = [
        case("table/1", "1.png", extra={"phantom": True}),
        case("table/2", "2.png", modality="X-ray"),
    ]
    found = counted(tmp_path, Suite("factuality", every))
    assert cells(found) == {
        ("CR", "chest", False): (1, 1, 1, 1), ("CT", "chest", True): (1, 1, 1, 1),
    }  # fmt: skip
    assert (found.run.pictures, found.run.synthetic_pictures) == (1, 1)
    assert found.run.modalities_covered == ("CR",)


def test_a_question_without_a_reply_covers_nothing(tmp_path: Path) -> None:
    suite = Suite("factuality", [case("table/1", "1.png")], {"table/1": {"baseline": None}})
    found = counted(tmp_path, suite)
    assert cells(found) == {("CT", "chest", False): (1, 0, 0, 0)}
    assert found.run.modalities_covered == found.run.regions_covered == ()


@pytest.mark.parametrize(
    ("brief", "said"),
    [
        (Brief(), False),
        (Brief(extra={"phantom": True}), True),
        (Brief(extra={"synthetic": True}), True),
        (Brief(extra={"phantom": False}), False),
        (Brief(source=Source("drawn", "phantom")), True),
        (Brief(source=Source("an archive", "images")), False),
    ],
)
def test_who_says_that_a_picture_is_synthetic(brief: Brief, said: bool) -> None:
    assert is_synthetic(brief) is said


@pytest.mark.parametrize(
    ("modality", "region", "place"),
    [
        ("CT(Computed Tomography)", "Thorax", ("CT", "chest")),
        ("", " ", (NOT_STATED, NOT_STATED)),
        ("crystal ball", "aura", (UNLISTED, UNLISTED)),
        ("(" * 5000, "x" * 100_000, (UNLISTED, UNLISTED)),
    ],
)
def test_places_have_names_of_the_declared_lists(
    modality: str, region: str, place: tuple[str, str]
) -> None:
    assert place_of(Brief(modality=modality, region=region))[:2] == place


def test_other_is_no_modality_to_be_covered(tmp_path: Path) -> None:
    found = counted(tmp_path, Suite("factuality", [case("table/1", "1.png", modality="other")]))
    assert cells(found) == {("OT", "chest", False): (1, 1, 1, 1)}
    assert found.run.modalities_covered == () and "OT" not in found.run.modalities_not_covered


# --- the case index is gone -------------------------------------------------------------------


def earlier(view: MadeRun, found: Counted, **changes: Any) -> None:
    """A results.json as far as a later count reads it."""
    status = view.suites[0]
    suite = {"name": status.name, "attempt": 0, "cases_in_estimates": status.prefix}
    suite["pictures"] = found.suites[status.name]
    run = {"plan_hash": view.plan_hash, "picture_coverage": found.run, "suites": [suite], **changes}
    (view.folder / "results.json").write_bytes(msgspec.json.encode({"run": run}))


@pytest.fixture
def made(tmp_path: Path) -> MadeRun:
    return MadeRun(tmp_path, Suite("factuality", [case("table/1", "1.png")]))


def test_without_the_index_an_earlier_file_of_the_same_cases_tells(made: MadeRun) -> None:
    whole = count_pictures(made)  # type: ignore[arg-type]
    earlier(made, whole)
    (made.folder / INDEX_NAME).unlink()
    again = count_pictures(made)  # type: ignore[arg-type]
    assert again.run.counted_from == EARLIER
    assert again.suites == whole.suites and again.run.cells == whole.run.cells
    earlier(made, again)
    assert count_pictures(made) == again  # type: ignore[arg-type]


@pytest.mark.parametrize("body", [b"", b"{}", b"\xff", b'{"run": 3}'])
def test_without_either_nothing_is_claimed(made: MadeRun, body: bytes) -> None:
    (made.folder / INDEX_NAME).unlink()
    if body:
        (made.folder / "results.json").write_bytes(body)
    found = count_pictures(made)  # type: ignore[arg-type]
    assert found.run.counted_from == "" and found.run.cells == () and found.suites == {}


def test_a_file_of_another_plan_or_of_fewer_cases_tells_nothing(made: MadeRun) -> None:
    whole = count_pictures(made)  # type: ignore[arg-type]
    (made.folder / INDEX_NAME).unlink()
    earlier(made, whole, plan_hash="cd" * 32)
    assert count_pictures(made).run.counted_from == ""  # type: ignore[arg-type]
    earlier(made, whole)
    made.suites[0].prefix = 2
    assert count_pictures(made).run.counted_from == ""  # type: ignore[arg-type]


@pytest.mark.parametrize("spoil", ["layout", "bytes", "case"])
def test_an_index_that_cannot_be_read_is_left_as_it_is(made: MadeRun, spoil: str) -> None:
    path = made.folder / INDEX_NAME
    if spoil == "bytes":
        path.write_bytes(b"no database at all" * 300)
    else:
        with closing(sqlite3.connect(path)) as db, db:
            what = "PRAGMA user_version=99" if spoil == "layout" else "UPDATE raw SET body = x'c1'"
            db.execute(what)
    before = path.read_bytes()
    assert count_pictures(made).run.counted_from == ""  # type: ignore[arg-type]
    assert path.read_bytes() == before


def test_memory_stays_flat(tmp_path: Path) -> None:
    def peak(name: str, number: int) -> int:
        folder = tmp_path / name
        folder.mkdir()
        every = [case(f"table/{n}", f"a/place/{n}.png") for n in range(number)]
        view = MadeRun(folder, Suite("factuality", every))
        tracemalloc.start()
        found = count_pictures(view)  # type: ignore[arg-type]
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert found.run.pictures == number
        return most

    peak("warm", 600)
    assert peak("many", 8000) - peak("few", 2000) < 6000 * 16


def test_cells_are_in_a_fixed_order(tmp_path: Path) -> None:
    every = [
        case("table/1", "1.png", modality="MR"),
        case("table/2", "2.png", extra={"phantom": True}),
        case("table/3", "3.png", region="abdomen"),
        case("table/4", "4.png"),
    ]
    found = counted(tmp_path, Suite("factuality", every))
    assert [(c.modality, c.region, c.synthetic) for c in found.run.cells] == [
        ("CT", "abdomen", False), ("CT", "chest", False), ("MR", "chest", False),
        ("CT", "chest", True),
    ]  # fmt: skip
    assert all(isinstance(c, PictureCell) for c in found.run.cells)
