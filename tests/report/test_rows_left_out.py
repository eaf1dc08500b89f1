"""What a loader left out of the data is told in results.json and under what was not tested."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from auscult.api import audit
from auscult.engine.plan import DataSet

ROW = {
    "question": "Which bone is longest?",
    "options": {"A": "Femur", "B": "Tibia"},
    "answer_idx": "A",
    "answer": "Femur",
}


def medqa(path: Path, *rows: dict[str, Any]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


def told(folder: Path) -> tuple[dict[str, Any], str]:
    results = json.loads((folder / "results.json").read_bytes())
    page = (folder / "dossier" / "index.html").read_text(encoding="utf-8")
    return results["run"]["suites"][0]["datasets"][0], page


def audited(folder: Path, path: Path) -> tuple[dict[str, Any], str]:
    data = DataSet("medqa", str(path), options={"bad_rows": "skip"})
    audit("knowledge", target="scripted/oracle", data=[data], out=folder, seed=7)
    return told(folder)


def test_skipped_and_repeated_rows_are_counted_and_said(tmp_path: Path) -> None:
    rows = [ROW, ROW, {**ROW, "answer_idx": "Q", "question": "Which is shortest?"}]
    data, page = audited(tmp_path / "run", medqa(tmp_path / "q.jsonl", *rows))
    assert (data["skipped"], data["duplicates"], data["pictures_missing"]) == (1, 1, 0)
    assert "1 row could not be used or had no key; 1 row stood there twice" in page


def test_whole_data_say_nothing(tmp_path: Path) -> None:
    data, page = audited(tmp_path / "run", medqa(tmp_path / "q.jsonl", ROW))
    assert (data["skipped"], data["duplicates"], data["pictures_missing"]) == (0, 0, 0)
    assert "What its loader left out" not in page
