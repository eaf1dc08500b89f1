"""The bench runs, and its arms do the same work. What it takes is for `make bench` to say."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BENCH = Path(__file__).resolve().parents[2] / "bench"


def run(script: str, *arguments: object) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, str(BENCH / script), *map(str, arguments)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


@pytest.fixture(scope="module")
def floor(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    folder = tmp_path_factory.mktemp("bench")
    raw = folder / "raw.json"
    done = run("run.py", "--quick", "--only", "floor", "--work", folder / "work", "--json", raw)
    assert done.returncode == 0, done.stdout + done.stderr
    assert not list((folder / "work").iterdir()), "scratch was left behind"
    (part,) = json.loads(raw.read_text())
    return {**part, "said": done.stdout}


def test_both_arms_ask_every_case_once_and_in_the_same_words(floor: dict[str, Any]) -> None:
    arms = floor["raw"]
    assert set(arms) == {"bare aiohttp", "bare aiohttp on uvloop", "auscult"}
    (bare,), (ours,), (lean,) = (
        arms["bare aiohttp"],
        arms["auscult"],
        arms["bare aiohttp on uvloop"],
    )
    for told in (bare, lean, ours):
        assert told["cases"] == told["served"] == 200
        assert told["cpu"] > 0
    assert bare["body_bytes"] == lean["body_bytes"] == ours["body_bytes"] > 200 * 700
    assert ours["stopped"] == "complete"


def test_the_table_says_what_is_required(floor: dict[str, Any]) -> None:
    judged = [line for line in floor["lines"] if line["required"]]
    assert [line["required"] for line in judged] == ["at least 45%"]
    assert f"| {judged[0]['what']} | {judged[0]['measured']} |" in floor["said"]


def test_a_part_by_itself_leaves_the_table_alone(tmp_path: Path) -> None:
    before = (BENCH / "README.md").read_text()
    assert before.count("<!-- bench:begin -->") == before.count("<!-- bench:end -->") == 1
    done = run("run.py", "--quick", "--only", "cli", "--work", tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (BENCH / "README.md").read_text() == before


def test_questions_are_seeded_distinct_and_as_long_as_real_ones(tmp_path: Path) -> None:
    first, again, other = (tmp_path / name for name in ("a", "b", "c"))
    for path, seed in ((first, 0), (again, 0), (other, 1)):
        assert run("questions.py", 300, path, seed).returncode == 0
    assert first.read_bytes() == again.read_bytes() != other.read_bytes()
    rows = [json.loads(line) for line in first.read_text().splitlines()]
    assert len({row["question"] for row in rows}) == len(rows) == 300
    lengths = [len(row["question"].split()) for row in rows]
    assert 110 <= sum(lengths) / len(lengths) <= 130
    assert all(set(row["options"]) == set("ABCD") for row in rows)
    assert all(row["options"][row["answer_idx"]] == row["answer"] for row in rows)
    assert {row["answer_idx"] for row in rows} == set("ABCD")
