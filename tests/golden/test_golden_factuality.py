"""What cares/factuality says to a target and how its answer is read, word for word. Rewrite with
`make golden`, after reading the diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runs import run
from test_golden import transcripts_of
from three_cases import write_pack

from auscult.api import make_plan

GOLDEN = Path(__file__).parent / "cares-factuality.json"
QUESTIONS = [
    {"question": "Is there a pleural effusion?", "answer": "No.", "image": "CXR1/0.png"},
    {"question": "Is the heart enlarged?", "answer": "Yes, it is.", "image": "CXR2/0.png"},
]


@pytest.fixture
def transcripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    write_pack(tmp_path)
    lines = [json.dumps(row) for row in QUESTIONS]
    (tmp_path / "iu.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    plan = make_plan(
        "cares/factuality", target="scripted/verbose?p=0.6", seed=7,
        data=["pack=three.jsonl", "iu-xray=iu.jsonl"],
        suite_options={"without_images": "ask", "legacy": True},
    )  # fmt: skip
    run(plan, tmp_path / "run")
    return transcripts_of(tmp_path / "run")


def test_the_transcripts_of_factuality(transcripts: dict[str, Any], update_golden: bool) -> None:
    assert len(transcripts) == 3 * 4 + 2 * 3
    if update_golden:
        text = json.dumps(transcripts, indent=1, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert transcripts == expected, "if this change is meant: make golden, and read the diff"


def test_the_golden_holds_each_arm_and_form() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name.split()[-2] for name in golden} == {"baseline", "options-only", "legacy"}
    assert {trial["labels"]["form"] for trial in golden.values()} == {"yes-no", "multiple-choice"}
    assert {trial["verdict"][2] for trial in golden.values()} >= {0.0, 1.0}
