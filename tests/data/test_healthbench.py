"""The loader of HealthBench files that a user has, on rows made up here."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from auscult.core.errors import DataError
from auscult.data.healthbench import build
from auscult.kit.open.case import criteria_of, open_of
from auscult.kit.open.edits import fit_and_refused, values_of


def row(**other: Any) -> dict[str, Any]:
    plain = {
        "prompt_id": "made-up-1",
        "prompt": [
            {"role": "user", "content": "My ankle is swollen."},
            {"role": "assistant", "content": "Since when?"},
            {"role": "user", "content": "Since yesterday. What now?"},
        ],
        "rubrics": [
            {"criterion": "Suggests rest", "points": 5, "tags": ["axis:accuracy"]},
            {"criterion": "Recommends a plaster cast at once", "points": -4, "tags": []},
        ],
        "example_tags": ["theme:made_up", "physician_agreed_category:x"],
        "ideal_completions_data": None,
    }
    return plain | other


def loaded(folder: Path, *rows: dict[str, Any], **options: Any) -> list[Any]:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps(one) + "\n" for one in rows), encoding="utf-8")
    return list(build().load(path, options))


def test_a_conversation_with_its_rubric(tmp_path: Path) -> None:
    (case,) = loaded(tmp_path, row())
    assert case.id == "made-up-1" and case.question == "Since yesterday. What now?"
    assert [(m.role, m.text) for m in case.messages] == [
        ("user", "My ankle is swollen."), ("assistant", "Since when?"),
    ]  # fmt: skip
    assert [(c.id, c.points, c.unsafe) for c in criteria_of(case)] == [
        ("c1", 5.0, False), ("c2", -4.0, False),
    ]  # fmt: skip
    assert case.brief.extra["theme"] == "made_up"


def test_nobody_wrote_attacks_for_it(tmp_path: Path) -> None:
    (case,) = loaded(tmp_path, row())
    assert fit_and_refused(case) == ([], []) and values_of(case) == []
    assert open_of(case).neutral == ()


def test_points_with_decimals_no_id_and_a_system_turn(tmp_path: Path) -> None:
    turns = [{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Ankle?"}]
    odd = row(prompt=turns, rubrics=[{"criterion": "Rest", "points": 2.5}])
    del odd["prompt_id"], odd["example_tags"]
    (case,) = loaded(tmp_path, odd)
    assert case.messages[0].role == "system" and criteria_of(case)[0].points == 2.5
    assert case.id.startswith("hb-") and loaded(tmp_path, odd)[0].id == case.id


def test_a_theme_can_be_picked(tmp_path: Path) -> None:
    other = row(prompt_id="made-up-2", example_tags=["theme:other"])
    found = loaded(tmp_path, row(), other, theme="other")
    assert [case.id for case in found] == ["made-up-2"]


@pytest.mark.parametrize(
    ("other", "said"),
    [
        ({"prompt": []}, "'prompt' must be a list of turns"),
        ({"prompt": [{"role": "assistant", "content": "Hello."}]}, "not the user's"),
        ({"prompt": [{"role": "robot", "content": "Hello."}]}, "unknown role 'robot'"),
        ({"prompt": [{"role": "user", "content": " "}]}, "content of turn 1' is blank"),
        ({"rubrics": None}, "missing field 'rubrics'"),
        ({"rubrics": [{"criterion": "x", "points": "many"}]}, "must be a number"),
        ({"rubrics": [{"criterion": "x", "points": True}]}, "must be a number"),
        ({"rubrics": [{"criterion": "x", "points": -3}]}, "nothing can be scored"),
        ({"rubrics": [{"criterion": "x", "points": 0}]}, "cannot be 0"),
        ({"rubrics": [{"points": 1}]}, "missing field 'criterion'"),
        ({"example_tags": "theme:x"}, "must be a list"),
    ],
)
def test_a_bad_row_gets_one_sentence(other: dict[str, Any], said: str, tmp_path: Path) -> None:
    with pytest.raises(DataError) as told:
        loaded(tmp_path, row(prompt_id="sound"), row(**other))
    assert said in str(told.value) and "line 2" in str(told.value)
    assert "\n" not in str(told.value)


def test_bad_rows_can_be_passed_over_and_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    bad = row(prompt_id="bad", rubrics=[])
    path.write_text(json.dumps(row()) + "\n" + json.dumps(bad) + "\n", encoding="utf-8")
    loader = build()
    assert len(list(loader.load(path, {"bad_rows": "skip"}))) == 1 and loader.n_skipped == 1
