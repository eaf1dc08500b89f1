"""What cares/semantic-shift says to a target and how its answer is read, word for word. Rewrite
with `make golden`, after reading the diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runs import run
from test_golden import transcripts_of

from auscult.api import make_plan
from auscult.core.protocols import DataSet

GOLDEN = Path(__file__).parent / "cares-semantic-shift.json"
ASKED = {"kinds": ["chest", "ecg"], "count": 1, "tasks": ["yes-no", "multiple-choice"]}


@pytest.fixture
def transcripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "drawn"))
    plan = make_plan(
        "cares/semantic-shift", target="scripted/unsure-out?p_in=0.2&p_out=0.7", seed=7,
        data=[DataSet("phantoms", "starter", ASKED)],
        suite_options={"out_modalities": ["CR"], "legacy": True, "max_side": 64},
    )  # fmt: skip
    run(plan, tmp_path / "run")
    return transcripts_of(tmp_path / "run")


def test_the_transcripts_of_semantic_shift(
    transcripts: dict[str, Any], update_golden: bool
) -> None:
    if update_golden:
        text = json.dumps(transcripts, indent=1, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert transcripts == expected, "if this change is meant: make golden, and read the diff"


def test_the_golden_holds_each_arm_and_form() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name.split()[-2] for name in golden} == {
        "baseline", "baseline-plain", "mismatched", "mismatched-plain", "grey", "grey-plain",
        "out-modality", "out-modality-plain", "legacy",
    }  # fmt: skip
    assert {trial["labels"]["form"] for trial in golden.values()} == {"yes-no", "multiple-choice"}
    assert {trial["verdict"][1] for trial in golden.values()} >= {"answered", "abstained"}
