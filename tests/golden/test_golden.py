"""What is said to a target and how its answer is read, word for word.

A change here is a change of what is measured: read the diff, raise the suite's version, and say so
in CHANGELOG.md. Rewrite with `make golden`.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from processes import environment
from runs import run
from three_cases import CASES, write_pack

from auscult.api import make_plan
from auscult.engine.view import RunView

HERE = Path(__file__).parent
GOLDEN = HERE / "knowledge.json"


def transcripts_of(folder: Path) -> dict[str, Any]:
    """Per trial: who said what, and the verdict."""
    view = RunView(folder)
    rows = list(view.table().collect().iter_rows(named=True))
    names = {(r["suite"], r["case_id"], r["arm"], r["repeat"]) for r in rows}
    said = view.transcripts(names)
    view.close()
    return {
        f"{row['case_id']} {row['arm']} {row['repeat']}": {
            "transcript": [
                [message.role, message.text]
                for message in said[row["suite"], row["case_id"], row["arm"], row["repeat"]]
            ],
            "verdict": [row["judge"], row["behaviour"], row["score"], row["cause"]],
            "labels": json.loads(row["labels"]),
        }
        for row in sorted(rows, key=lambda row: (row["case_id"], row["arm"], row["repeat"]))
    }


@pytest.fixture
def transcripts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    write_pack(tmp_path)
    monkeypatch.chdir(tmp_path)
    plan = make_plan(
        "knowledge", target="scripted/verbose?p=0.6", data=["pack=three.jsonl"], seed=7
    )
    run(plan, tmp_path / "run")
    return transcripts_of(tmp_path / "run")


def test_the_transcripts_of_knowledge(transcripts: dict[str, Any], update_golden: bool) -> None:
    assert len(transcripts) == 3 * len(CASES)
    if update_golden:
        text = json.dumps(transcripts, indent=1, ensure_ascii=False)
        GOLDEN.write_text(text + "\n", encoding="utf-8")
    expected = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert transcripts == expected, "if this change is meant: make golden, and read the diff"


def test_the_golden_holds_every_kind_of_thing() -> None:
    """Or it would pin little: each arm, right and wrong, and options that keep their places."""
    golden = json.loads(GOLDEN.read_text(encoding="utf-8"))
    assert {name.split()[-2] for name in golden} == {"baseline", "options-only"}
    assert {trial["verdict"][2] for trial in golden.values()} >= {0.0, 1.0}
    kept = [t["labels"] for name, t in golden.items() if "golden-2" in name]
    assert all(labels["order"] == [0, 1, 2, 3, 4] and not labels["permuted"] for labels in kept)
    moved = [t["labels"]["order"] for name, t in golden.items() if "golden-1" in name]
    assert len({tuple(order) for order in moved}) > 1


def test_the_option_to_rewrite_exists_and_is_off() -> None:
    arguments = ["-m", "pytest", str(HERE), "--help"]
    done = subprocess.run(
        [sys.executable, *arguments], env=environment(), capture_output=True, text=True,
        timeout=60, check=False,
    )  # fmt: skip
    assert "--update-golden" in done.stdout
