"""Result files in the schemas of the DAS release, with their odd ends."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.data import das_results
from auscult.kit.transcripts.record import Transcript, transcript_of

ROW: dict[str, Any] = {
    "prompt": "Summarise the note.", "response": "A summary.",
    "metadata": {"model": "model-a", "temperature": 0.7, "response_time": float("nan")},
    "error": None,
}  # fmt: skip


def read(path: Path, body: Any, **options: Any) -> list[Case]:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(body), encoding="utf-8")
    return list(das_results.build().load(path, options))


def held(case: Case) -> Transcript:
    found = transcript_of(case)
    assert found is not None
    return found


def test_a_file_of_answers(tmp_path: Path) -> None:
    body = {"statistics": {"n": 2}, "results": [ROW, ROW | {"error": "timeout", "response": None}]}
    first, second = read(tmp_path / "results_a.json", body)
    assert held(first) == Transcript("A summary.", "model-a")
    assert held(second).status == "error" and "timeout" in held(second).cause
    assert first.brief.groups == {"model": "model-a"}
    assert first.cluster == second.cluster and first.id != second.id


def test_a_file_of_detections(tmp_path: Path) -> None:
    rows = [ROW | {"merged_codes": ["1", "2"], "rationale": "why"}, ROW | {"merged_codes": "0.5"}]
    first, second = read(tmp_path / "detailed_outputs.json", rows)
    assert held(first).codes == ("1", "2") and held(first).why == "why"
    assert held(second).codes == ("0.5",)


def test_a_labelled_file(tmp_path: Path) -> None:
    rows = [
        {"Prompt": "p", "Response": "r", "Model": "M", "Hallucination/Accuracy": 1.0,
         "Additional comments": float("nan"), "row_idx": 0},
        {"Prompt": "q", "Response": "r", "Hallucination/Accuracy": "0", "row_idx": 1},
    ]  # fmt: skip
    first, second = read(tmp_path / "gpt-x_positive" / "cases.json", rows)
    assert held(first) == Transcript("r", "M", codes=("flagged",))
    assert held(second) == Transcript("r", "gpt-x", codes=("0",))
    named = read(tmp_path / "gpt-x_positive" / "cases.json", rows, model="other")
    assert held(named[1]).model == "other"


def test_a_contradiction_is_refused_with_its_place(tmp_path: Path) -> None:
    rows = [ROW | {"merged_codes": "0"}, ROW | {"merged_codes": ["0", "3"]}]
    with pytest.raises(DataError, match=r"item 2.*contradicts"):
        read(tmp_path / "detailed_outputs.json", rows)
    (kept,) = read(tmp_path / "detailed_outputs.json", rows, bad_rows="skip")
    assert held(kept).codes == ("0",)


def test_an_object_without_results_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="no list 'results'"):
        read(tmp_path / "other.json", {"answers": []})
    with pytest.raises(DataError, match="must be a list"):
        read(tmp_path / "other.json", {"results": {"a": 1}})


def test_an_error_that_is_none_and_a_row_with_a_number(tmp_path: Path) -> None:
    rows = [ROW | {"error": False, "row_idx": 7}, ROW | {"error": "boiled over"}]
    fine, failed = read(tmp_path / "results_a.json", rows)
    assert held(fine) == Transcript("A summary.", "model-a") and fine.id.endswith("-row7")
    assert held(failed).status == "error" and "boiled over" in held(failed).cause
