"""Why questions were not asked is told where figures are read; n and clusters are named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from auscult.api import Run, audit
from auscult.cli.main import app
from auscult.core.estimate import Estimate
from auscult.engine.plan import DataSet
from auscult.report.contract import NotAsked
from auscult.report.not_asked import with_reasons
from auscult.report.wording import size_text

WHY = "no judge model is bound: add [roles.judge]"


def rows(folder: Path, number: int, **more: Any) -> DataSet:
    """Closed questions with a picture that is not there."""
    folder.mkdir(parents=True, exist_ok=True)
    lines = [
        {"question_id": f"q{n}", "options": "A:melanoma, B:nevus", "fig_caption": "B:nevus",
         "age": 40, "gender": "male", "image": f"gone{n}.jpg", "text": "Which lesion is this?"}
        for n in range(number)
    ]  # fmt: skip
    path = folder / "lesions.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    return DataSet("ham10000", str(path), {"missing": "list"})


def results(run: Run) -> list[Estimate]:
    read = json.loads((run.folder / "results.json").read_bytes())
    return msgspec.convert(read["estimates"], list[Estimate])


def test_missing_pictures_are_listed_in_the_results_and_the_dossier(tmp_path: Path) -> None:
    run = audit("cares/input-shift", target="scripted/oracle", data=[rows(tmp_path, 8)],
                out=tmp_path / "run")  # fmt: skip
    (suite,) = json.loads((run.folder / "results.json").read_bytes())["run"]["suites"]
    (why,) = suite["not_asked"]
    assert why["cases"] == 8 and "missing" in why["reason"] and len(why["examples"]) == 5
    page = (run.folder / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "Questions that were not asked" in page and why["examples"][0] in page
    empty = [e for e in results(run) if e.value is None and e.n_not_applicable and not e.n]
    assert empty and all("Not asked: " in e.note for e in empty)


def test_the_terminal_says_it_too(tmp_path: Path) -> None:
    run = audit("cares/input-shift", target="scripted/oracle", data=[rows(tmp_path, 3)],
                out=tmp_path / "run")  # fmt: skip
    said = CliRunner().invoke(app, ["show", str(run.folder)]).output
    assert "Not asked: 3 cases of cares/input-shift: its picture is missing." in " ".join(
        said.split()
    )


def test_a_missing_judge_is_the_reason_given(tmp_path: Path) -> None:
    run = audit("cares/factuality", target="scripted/oracle", out=tmp_path / "run", limit=150,
                seed=3)  # fmt: skip
    (suite,) = json.loads((run.folder / "results.json").read_bytes())["run"]["suites"]
    assert [one["reason"] for one in suite["not_asked"]] == [WHY]
    told = [size_text(e) for e in results(run)]
    assert any(text.endswith("266 answers") and "pictures, patients" in text for text in told)
    assert any("cases asked both ways, on" in text for text in told)


def test_where_everything_was_asked_nothing_is_said(tmp_path: Path) -> None:
    run = audit("knowledge", target="scripted/oracle", out=tmp_path / "run", limit=12)
    (suite,) = json.loads((run.folder / "results.json").read_bytes())["run"]["suites"]
    assert suite["not_asked"] == []
    assert size_text(results(run)[0]) == "12 cases, 24 answers"


@pytest.mark.parametrize(("kinds", "says"), [(1, "Not asked: a."), (4, "and 3 more kinds")])
def test_an_empty_figure_says_why(kinds: int, says: str) -> None:
    empty = Estimate(
        suite="s", metric="accuracy", estimand="The share.", value=None, low=None, high=None,
        note="No rate.", n_not_applicable=3,
    )  # fmt: skip
    why = tuple(NotAsked(reason=word, cases=1, trials=1) for word in "abcd"[:kinds])
    (told,) = with_reasons([empty], {"s": why})
    assert told.note.startswith("No rate. ") and says in told.note
