"""What cares/uncertainty says to a target and how both its replies are read, word for word. Rewrite
with `make golden`, after reading the diff."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from runs import run
from three_cases import write_pack

from auscult.api import make_plan
from auscult.core.protocols import DataSet
from auscult.engine.view import RunView

GOLDEN = Path(__file__).parent / "cares-uncertainty.json"
DRAWN = {"kinds": ["chest"], "count": 1, "tasks": ["yes-no"]}


def readings_of(folder: Path) -> dict[str, Any]:
    """Per trial: who said what, and every reading of it, because a trial in two turns has two."""
    view = RunView(folder)
    rows = list(view.table().collect().iter_rows(named=True))
    said = view.transcripts({(r["suite"], r["case_id"], r["arm"], r["repeat"]) for r in rows})
    view.close()
    found: dict[str, Any] = {}
    for row in sorted(rows, key=lambda r: (r["case_id"], r["arm"], r["repeat"], r["judge"])):
        turns = said[row["suite"], row["case_id"], row["arm"], row["repeat"]]
        trial = found.setdefault(
            f"{row['case_id']} {row['arm']} {row['repeat']}",
            {"transcript": [[turn.role, turn.text] for turn in turns], "readings": []},
        )
        reading = [row["judge"], row["behaviour"], row["score"], row["cause"]]
        trial["readings"].append([*reading, json.loads(row["labels"])])
    return found


@pytest.fixture
def readings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    monkeypatch.setenv("AUSCULT_CACHE", str(tmp_path / "drawn"))
    write_pack(tmp_path)
    monkeypatch.chdir(tmp_path)
    plan = make_plan(
        "cares/uncertainty", target="scripted/sure?p=0.6&style=mixed", seed=7,
        data=[DataSet("phantoms", "starter", DRAWN), DataSet("pack", "three.jsonl")],
        suite_options={"samples": 2, "legacy": True, "max_side": 64},
    )  # fmt: skip
    run(plan, tmp_path / "run")
    return readings_of(tmp_path / "run")


def test_the_transcripts_of_uncertainty(readings: dict[str, Any], update_golden: bool) -> None:
    if update_golden:
        text = json.dumps(readings, indent=1, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert readings == expected, "if this change is meant: make golden, and read the diff"


def test_the_golden_holds_each_arm_and_form() -> None:
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    arms = {name.split()[-2] for name in golden}
    assert arms == {"baseline", "confidence", "samples", "logprobs", "legacy"}
    two = [trial for name, trial in golden.items() if name.split()[-2] == "baseline"]
    judges = {reading[0] for trial in two for reading in trial["readings"]}
    assert judges == {"choice", "yes-no", "sureness"}
    assert all(len(trial["readings"]) == 2 for trial in two)
    labels = [reading[-1] for trial in two for reading in trial["readings"]]
    assert {label["form"] for label in labels} == {"yes-no", "multiple-choice"}
    assert {label["sure"] for label in labels} == {"sure", "unsure"}
    assert {label["right"] for label in labels} == {0.0, 1.0}
