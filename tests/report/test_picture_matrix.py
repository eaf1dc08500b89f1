"""The matrix of modality by region: its tables, its words, and where they stand."""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from fake_view import FakeView
from rich.console import Console
from test_dossier import Page

import auscult
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.caseindex import INDEX_NAME
from auscult.engine.purge import purge
from auscult.report import coverage, matrix
from auscult.report.contract import DataPictures, PictureCell, PictureCoverage, Results
from auscult.report.dossier import render
from auscult.report.pictures import LISTED_MODALITIES, LISTED_REGIONS
from auscult.report.pictures_kept import EARLIER
from auscult.report.results import build_results
from auscult.report.schema import results_schema
from auscult.report.terminal import summary


def cell(modality: str, region: str, replied: int, pictures: int, **more: Any) -> PictureCell:
    words: dict[str, Any] = {"synthetic": False, "cases": replied, "answered": replied} | more
    return PictureCell(
        modality=modality, region=region, replied=replied, pictures=pictures, **words
    )


def covering(*cells: PictureCell, cases: int = 500, counted_from: str = "run"):
    real = [c for c in cells if c.replied and not c.synthetic]
    modalities, regions = {c.modality for c in real}, {c.region for c in real}
    return PictureCoverage(
        counted_from=counted_from,
        cases=cases if counted_from else 0,
        cases_with_pictures=sum(c.cases for c in cells),
        pictures=sum(c.pictures for c in real),
        synthetic_pictures=sum(c.pictures for c in cells if c.synthetic),
        modalities_covered=tuple(m for m in LISTED_MODALITIES if m in modalities),
        modalities_not_covered=tuple(m for m in LISTED_MODALITIES if m not in modalities),
        regions_covered=tuple(r for r in LISTED_REGIONS if r in regions),
        regions_not_covered=tuple(r for r in LISTED_REGIONS if r not in regions),
        cells=cells,
    )


CHEST = cell("CR", "chest", 120, 60)
MIXED = covering(
    CHEST,
    cell("CR", "hand", 7, 7),
    cell("MR", "brain", 40, 4),
    cell("not stated", "lung", 30, 30, cases=34),
    cell("ECG", "heart", 18, 6, synthetic=True),
)
NONE = PictureCoverage(counted_from="run", cases=500)


def page_of(folder: Path, told: PictureCoverage, *claims: str) -> tuple[str, Results]:
    view = FakeView(folder)
    view._plugins["knowledge"].covers = claims  # type: ignore[attr-defined]
    results = build_results(view)
    results.run.picture_coverage = told
    # Decoded as a reader of the file would have it.
    results = msgspec.json.decode(msgspec.json.encode(results), type=Results)
    return render(view, results), results


def words_of(html: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", html))


# --- tables -----------------------------------------------------------------------------------


def test_columns_are_modalities_and_rows_are_regions_that_occur() -> None:
    real, drawn = matrix.parts(MIXED)
    (table,) = real.tables
    assert [(c.name, c.code) for c in table.columns] == [
        ("plain radiograph", "CR"), ("magnetic resonance", "MR"), ("not stated", ""),
    ]  # fmt: skip
    assert [row.name for row in table.rows] == ["brain", "chest", "lung", "hand"]
    chest = table.rows[1]
    assert [e and (e.replied, e.pictures) for e in chest.entries] == [(120, 60), None, None]
    assert [c.total.replied for c in table.columns] == [127, 40, 30]
    assert table.total and (table.total.replied, table.total.cases) == (197, 201)
    assert [c.code for c in drawn.tables[0].columns] == ["ECG"]


def test_a_cell_of_few_questions_or_few_pictures_is_marked() -> None:
    rows = {row.name: row for row in matrix.parts(MIXED)[0].tables[0].rows}
    assert not rows["chest"].entries[0].few  # type: ignore[union-attr]
    assert rows["hand"].entries[0].few  # type: ignore[union-attr]
    assert rows["brain"].entries[1].few, "40 questions about 4 pictures"  # type: ignore[union-attr]
    assert matrix.has_few(matrix.parts(MIXED))
    assert not matrix.has_few(matrix.parts(covering(CHEST)))


@pytest.mark.parametrize(("number", "split"), [(1, [1]), (7, [7]), (8, [4, 4]), (11, [6, 5])])
def test_a_wide_matrix_is_split_evenly(number: int, split: list[int]) -> None:
    codes = LISTED_MODALITIES[:number]
    tables = matrix.parts(covering(*(cell(code, "chest", 20, 20) for code in codes)))[0].tables
    assert [len(t.columns) for t in tables] == split
    assert [c.code for t in tables for c in t.columns] == list(codes)
    assert (tables[0].total is None) is (len(tables) > 1)


def test_names_that_this_version_does_not_know_come_last() -> None:
    told = covering(cell("QQ", "aura", 20, 20), CHEST, cell("unlisted", "chest", 20, 20))
    (table,) = matrix.parts(told)[0].tables
    assert [c.name for c in table.columns] == ["plain radiograph", "not on the list", "QQ"]
    assert [row.name for row in table.rows] == ["chest", "aura"]


# --- words ------------------------------------------------------------------------------------


def test_what_is_covered_is_a_sentence_and_what_is_not_is_named() -> None:
    real, drawn = matrix.parts(MIXED)
    assert real.words == (
        "197 questions about 101 pictures got a reply. 4 questions more came with a picture and "
        "got none: the call failed, or the suite says why it did not apply. They cover 2 of 25 "
        "modalities and 4 of 61 regions of the body, magnetic resonance by fewer than 10 questions "
        "or pictures."
    )
    assert real.asides[0].startswith("Modalities not covered: digital radiograph, computed tom")
    assert "thermogram" in real.asides[0] and "other" not in real.asides[0]
    assert "Regions not covered: whole body, head" in real.asides[1]
    assert "chest" not in real.asides[1]
    assert drawn.words == (
        "18 questions about 6 pictures got a reply. Synthetic pictures do not count as clinical "
        "coverage."
    )
    assert drawn.asides == ()


def test_only_synthetic_pictures_cover_nothing_and_say_so() -> None:
    (drawn,) = matrix.parts(covering(cell("ECG", "heart", 18, 6, synthetic=True)))
    assert drawn.words.endswith("no modality and no region is covered.")


@pytest.mark.parametrize(
    ("words", "said"), [(["a"], "a"), (["a", "b"], "a and b"), (["a", "b", "c"], "a, b and c")]
)
def test_lists_in_words(words: list[str], said: str) -> None:
    assert matrix.listed(words) == said


def test_a_line_for_the_terminal(tmp_path: Path) -> None:
    assert matrix.terminal_line(MIXED) == (
        "Pictures: 197 questions about 101 pictures got a reply; 2 of 25 modalities and 4 of 61 "
        "regions covered; 18 questions about 6 pictures got a reply, all synthetic; no clinical "
        "coverage."
    )
    assert matrix.terminal_line(NONE) == ""
    view = FakeView(tmp_path)
    results = build_results(view)
    for told, seen in ((MIXED, True), (NONE, False)):
        results.run.picture_coverage = told
        printed = io.StringIO()
        summary(view, results, Console(width=80, file=printed))  # type: ignore[arg-type]
        assert ("2 of 25 modalities" in " ".join(printed.getvalue().split())) is seen


def test_words_for_one_data_set() -> None:
    told = DataPictures(data="ward", cases=300, cases_with_pictures=219, cells=MIXED.cells)
    assert matrix.data_words(told) == (
        "ward: 197 of 201 questions with a picture got a reply, 2 modalities, 4 regions; 18 of 18 "
        "questions with a picture got a reply, 1 modality, 1 region, all synthetic"
    )
    bare = DataPictures(data="ward", cases=1, cases_with_pictures=0)
    assert matrix.data_words(bare) == "ward: none, in 1 case"


# --- what was not tested ----------------------------------------------------------------------


def gaps_of(folder: Path, told: PictureCoverage, *claims: str) -> dict[str, str]:
    return {gap.what: gap.why for gap in coverage.gaps(page_of(folder, told, *claims)[1])}


def test_modalities_and_regions_without_a_reply_are_named(tmp_path: Path) -> None:
    told = gaps_of(tmp_path, MIXED)
    assert told["Modalities"].startswith("No reply about a picture of 23 of 25: digital radiog")
    assert "computed tomography" in told["Modalities"]
    assert "magnetic resonance" not in told["Modalities"]
    assert told["Regions of the body"].startswith("No reply about a picture of 57 of 61: whole")
    assert told["Pictures of an unknown kind"].startswith("For 30 questions with a picture")
    assert "Images" not in told, "what was counted is better than what a suite says of itself"


def test_text_alone_is_one_sentence_whatever_a_suite_claims(tmp_path: Path) -> None:
    told = gaps_of(tmp_path, NONE, "images")
    assert told["Images"] == (
        "No question of this run came with a picture: it tells nothing of how one is read."
    )
    assert not {"Modalities", "Regions of the body", "What was pictured"} & told.keys()


def test_pictures_that_got_no_reply_are_no_pictures(tmp_path: Path) -> None:
    told = gaps_of(tmp_path, covering(cell("CT", "chest", 0, 0, cases=12)), "images")
    assert told["Images"] == "None of the 12 questions that came with a picture got a reply."
    assert "Modalities" not in told


def test_synthetic_pictures_alone_leave_medical_ones_untested(tmp_path: Path) -> None:
    drawn = covering(cell("ECG", "heart", 18, 6, synthetic=True))
    told = gaps_of(tmp_path, drawn, "images")
    assert "Synthetic pictures do not count as clinical coverage." in told["Medical images"]
    assert "Modalities" not in told


def test_what_cannot_be_counted_is_said_where_a_suite_used_pictures(tmp_path: Path) -> None:
    unknown = PictureCoverage()
    assert "What was pictured" not in gaps_of(tmp_path, unknown)
    assert "cannot be counted" in gaps_of(tmp_path, unknown, "images")["What was pictured"]


# --- the page ---------------------------------------------------------------------------------


def test_the_page_shows_the_matrix_before_what_was_not_tested(tmp_path: Path) -> None:
    html, _ = page_of(tmp_path, MIXED)
    Page(html)  # complains of tags that do not nest
    assert html.index('id="pictures"') < html.index('id="untested"')
    assert html.count('<table class="plain numbers matrix"') == 2
    assert '<a href="#pictures">' in html
    words = words_of(html)
    assert "Plain radiograph CR Magnetic resonance MR Not stated All" in words
    assert "Chest 120 60 pictures – – 120" in words
    assert "Hand 7 few 7 pictures" in words
    assert "Lung – – 30 of 34 30 pictures 30" in words
    assert "Synthetic pictures do not count as clinical coverage." in words
    assert 'data-label="plain radiograph"' in html, "what a phone prints before the number"


def test_a_run_without_pictures_shows_no_table(tmp_path: Path) -> None:
    html, _ = page_of(tmp_path, NONE)
    assert 'id="pictures"' not in html and "#pictures" not in html
    assert '<table class="plain numbers matrix"' not in html
    assert words_of(html).count("came with a picture") == 1


# --- whole runs -------------------------------------------------------------------------------


@pytest.fixture
def audited(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "cache"))
    drawn = DataSet("phantoms", "starter", {"count": 1, "tasks": ["yes-no"], "kinds": ["chest"]})
    table = tmp_path / "q.csv"
    table.write_text("question,A,B,answer\nWhich is best?,this,that,A\n", encoding="utf-8")
    auscult.audit(
        "knowledge",
        target="scripted/oracle",
        data=[drawn, DataSet("table", str(table))],
        out=tmp_path / "run",
    )
    yield tmp_path / "run"


def told(folder: Path) -> dict[str, Any]:
    whole: dict[str, Any] = json.loads((folder / "results.json").read_bytes())
    jsonschema.validate(whole, results_schema())
    return dict(whole["run"])


def test_a_run_is_counted_by_suite_and_data_and_survives_a_purge(audited: Path) -> None:
    run = told(audited)
    asked = run["picture_coverage"]["cases_with_pictures"]
    assert asked > 0 and run["picture_coverage"]["cases"] == asked + 1
    assert run["picture_coverage"]["synthetic_pictures"] == 1
    assert run["picture_coverage"]["modalities_covered"] == []
    by_data = {d["data"]: d for d in run["suites"][0]["pictures"]}
    assert by_data["table"]["cells"] == []
    assert by_data["starter"]["cells"] == [
        {"modality": "CR", "region": "chest", "synthetic": True, "cases": asked,
         "replied": asked, "answered": asked, "pictures": 1},
    ]  # fmt: skip
    page = (audited / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "Synthetic pictures do not count as clinical coverage." in page
    purge(audited)
    assert not (audited / INDEX_NAME).exists()
    auscult.open_run(audited).report()
    after = told(audited)
    assert after["picture_coverage"] == run["picture_coverage"] | {"counted_from": EARLIER}
    assert after["suites"][0]["pictures"] == run["suites"][0]["pictures"]


def test_a_run_of_text_is_told_from_its_ledger_alone(tmp_path: Path) -> None:
    table = tmp_path / "q.csv"
    rows = "".join(f"Which is best {n}?,this,that,A\n" for n in range(3))
    table.write_text(f"question,A,B,answer\n{rows}", encoding="utf-8")
    run = auscult.audit(
        ["knowledge", "cares/uncertainty"],
        target="scripted/oracle",
        data=[DataSet("table", str(table))],
        out=tmp_path / "run",
    )
    before = told(run.folder)
    assert before["picture_coverage"]["counted_from"] == "run"
    assert (before["picture_coverage"]["cases"], before["picture_coverage"]["cells"]) == (3, [])
    for name in (INDEX_NAME, "results.json"):
        (run.folder / name).unlink()
    auscult.open_run(run.folder).report()
    assert told(run.folder) == before


def test_a_ledger_with_pictures_does_not_say_of_what(audited: Path) -> None:
    for name in (INDEX_NAME, "results.json"):
        (audited / name).unlink()
    auscult.open_run(audited).report()
    assert told(audited)["picture_coverage"]["counted_from"] == ""


def test_cases_that_were_not_asked_may_have_had_pictures(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "cache"))
    drawn = DataSet("phantoms", "starter", {"count": 1, "tasks": ["yes-no"], "kinds": ["chest"]})
    monkeypatch.setattr("auscult.targets.scripted.ScriptedTarget.abilities", Abilities())
    run = auscult.audit("knowledge", target="scripted/oracle", data=[drawn], out=tmp_path / "run")
    asked = told(run.folder)["picture_coverage"]
    assert asked["cases_with_pictures"] > 0 == asked["cells"][0]["replied"]
    page = (run.folder / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "came with a picture got a reply" in page
    for name in (INDEX_NAME, "results.json"):
        (run.folder / name).unlink()
    auscult.open_run(run.folder).report()
    assert told(run.folder)["picture_coverage"]["counted_from"] == ""
