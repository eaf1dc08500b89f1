from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.errors import DataError, PlanError

ROW = {
    "id": "x1",
    "question": "Which is a bone?",
    "opa": "Femur",
    "opb": "Liver",
    "opc": "Spleen",
    "opd": "Lung",
    "cop": 1,
    "exp": "The femur is a bone.",
    "subject_name": "Anatomy",
    "topic_name": "Leg",
}


def load(folder: Path, *rows: dict[str, Any], array: bool = False, **options: Any) -> list[Any]:
    path = folder / "f.json"
    lines = "".join(json.dumps(row) + "\n" for row in rows)
    path.write_text(json.dumps(rows) if array else lines, encoding="utf-8")
    return list(registry.build("data", "medmcqa").load(path, options))


@pytest.mark.parametrize("array", [True, False])
def test_the_key_counts_from_one(tmp_path: Path, array: bool) -> None:
    cases = load(tmp_path, *({**ROW, "id": str(n), "cop": n} for n in (1, 2, 3, 4)), array=array)
    assert [case.brief.key for case in cases] == [0, 1, 2, 3]
    first = cases[0]
    assert first.id == "medmcqa-1"
    assert first.options == ("Femur", "Liver", "Spleen", "Lung")
    assert first.brief.specialty == "Anatomy"
    assert first.brief.rationale == "The femur is a bone."
    assert first.brief.extra == {"topic": "Leg"}


@pytest.mark.parametrize("bad_rows", ["error", "skip"])
@pytest.mark.parametrize("zero", [0, "0", 0.0])
def test_a_zero_anywhere_says_that_the_file_is_0_indexed_before_any_case(
    tmp_path: Path, bad_rows: str, zero: Any
) -> None:
    path = tmp_path / "f.json"
    rows = [{**ROW, "id": "a"}, {**ROW, "id": "b", "cop": zero}]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    loader = registry.build("data", "medmcqa")
    with pytest.raises(DataError, match=r"\(line 2\).*looks 0-indexed.*key_base=0"):
        loader.load(path, {"bad_rows": bad_rows})


def test_key_base_0_mends_it_and_a_4_then_says_that_it_does_not_fit(tmp_path: Path) -> None:
    cases = load(tmp_path, {**ROW, "cop": 0}, {**ROW, "id": "y", "cop": 3}, key_base="0")
    assert [case.brief.key for case in cases] == [0, 3]
    with pytest.raises(DataError, match="looks 1-indexed"):
        load(tmp_path, {**ROW, "cop": 4}, key_base=0)
    with pytest.raises(PlanError, match="key_base"):
        load(tmp_path, ROW, key_base=2)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"cop": 5}, "found 5"),
        ({"cop": -1}, "unlabelled"),
        ({"cop": None}, "unlabelled"),
        ({"cop": "B"}, "found 'B'"),
        ({"opc": None, "question": None}, "missing fields 'question', 'opc'"),
        ({"opd": "Femur"}, "option D reads the same as the key"),
    ],
)
def test_bad_rows_are_refused(tmp_path: Path, change: dict[str, Any], says: str) -> None:
    with pytest.raises(DataError, match=says):
        load(tmp_path, {**ROW, **change})


def test_without_id_the_content_names_the_case(tmp_path: Path) -> None:
    row = {key: value for key, value in ROW.items() if key not in ("id", "exp", "topic_name")}
    (case,) = load(tmp_path, row)
    assert len(case.id) == len("medmcqa-") + 16
    assert case.brief.rationale == ""
