"""What cares/input-shift says to a target and how its answer is read, word for word. Rewrite with
`make golden`, after reading the diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runs import run
from test_golden import transcripts_of

from auscult.api import make_plan
from auscult.core.protocols import DataSet

GOLDEN = Path(__file__).parent / "cares-input-shift.json"
ASKED = {"kinds": ["chest"], "count": 1, "tasks": ["yes-no", "multiple-choice"]}


@pytest.fixture
def transcripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "drawn"))
    plan = make_plan(
        "cares/input-shift", target="scripted/verbose?p=0.6", seed=7,
        data=[DataSet("phantoms", "starter", ASKED)],
        suite_options={
            "shifts": ["blur", "flip-horizontal", "control-grey"], "severities": [1, 5],
            "per_case": 0, "legacy": True, "max_side": 64,
        },
    )  # fmt: skip
    run(plan, tmp_path / "run")
    return transcripts_of(tmp_path / "run")


def test_the_transcripts_of_input_shift(transcripts: dict[str, Any], update_golden: bool) -> None:
    if update_golden:
        text = json.dumps(transcripts, indent=1, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert transcripts == expected, "if this change is meant: make golden, and read the diff"


def test_the_golden_holds_each_arm_and_form() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name.split()[-2] for name in golden} == {
        "baseline", "control", "blur-1", "blur-5", "flip-horizontal-1", "control-grey-1",
        "legacy-noise-1", "again", "legacy",
    }  # fmt: skip
    assert {trial["labels"]["form"] for trial in golden.values()} == {"yes-no", "multiple-choice"}
    assert {trial["verdict"][2] for trial in golden.values()} >= {0.0, 1.0}
