"""auscult memory: what a person types and reads."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import pytest
from command_line import told
from processes import auscult
from runs import plan_for, run

from auscult.engine.plan import RolePlan
from auscult.kit.memory import read_memory, wordings_of


class Said(NamedTuple):
    output: str
    exit_code: int


def call(*words: str) -> Said:
    done = auscult(*words, cwd=Path.cwd())
    return Said(" ".join(told(done).split()), done.returncode)


NAME, WEAK = "das/adaptive", "scripted/flips?p_clean=1&q=1"


@pytest.fixture(scope="module")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "run"
    run(plan_for(NAME, WEAK, limit=12), folder)
    return folder


@pytest.fixture
def memory(audited: Path, tmp_path: Path) -> Path:
    file = tmp_path / "memory.json"
    assert call("memory", "add", str(audited), "--to", str(file)).exit_code == 0
    return file


def test_a_run_is_added_once_however_often(audited: Path, memory: Path) -> None:
    before = memory.read_bytes()
    said = call("memory", "add", str(audited), str(audited), "--to", str(memory))
    assert "holds 1 audit, " in said.output
    assert memory.read_bytes() == before
    (audit,) = read_memory(memory).audits.values()
    tries = sum(entry.tries for entry in audit.entries if not entry.feature)
    assert tries == 24, "twelve attacks drawn by lot, and twelve searches of one round"


def test_show_tells_what_worked_and_that_it_is_no_rate(memory: Path) -> None:
    said = call("memory", "show", str(memory))
    assert said.exit_code == 0
    assert "scripted/flips" in said.output and "no rates of a target" in said.output
    held = json.loads(call("memory", "show", str(memory), "--json").output)
    (audit,) = held["audits"]
    assert audit["family"] == "scripted/flips"
    assert all(row["broke"] == row["tries"] for row in held["chains"])
    wrong = call("memory", "show", str(memory), "--target", "scripted/flip")
    assert wrong.exit_code == 2 and "Known: scripted" in wrong.output


def test_merge_and_export_write_a_file_of_their_own(memory: Path, tmp_path: Path) -> None:
    out, shared = tmp_path / "all.json", tmp_path / "shared.json"
    assert call("memory", "merge", str(memory), str(memory), "--to", str(out)).exit_code == 0
    assert read_memory(out) == read_memory(memory)
    assert call("memory", "export", str(memory), "--to", str(shared)).exit_code == 0
    (audit,) = read_memory(shared).audits.values()
    assert audit.target == "scripted/flips"
    full = call("memory", "export", str(memory), "--to", str(shared), "--with-targets")
    assert full.exit_code == 0 and read_memory(shared) == read_memory(memory)


def test_forget_needs_to_be_told_what(memory: Path) -> None:
    assert "say what to forget" in call("memory", "forget", str(memory)).output
    assert "is no day" in call("memory", "forget", str(memory), "--before", "soon").output
    nothing = call("memory", "forget", str(memory), "--before", "2001-01-01")
    assert nothing.exit_code == 2 and "nothing in" in nothing.output
    (run_id,) = read_memory(memory).audits
    assert "forgot 1 of 1" in call("memory", "forget", str(memory), "--run", run_id).output
    assert not read_memory(memory).audits


def test_a_run_that_learnt_nothing_is_refused(tmp_path: Path) -> None:
    run(plan_for("knowledge", "scripted/oracle", limit=2), tmp_path / "run")
    said = call("memory", "add", str(tmp_path / "run"), "--to", str(tmp_path / "m.json"))
    assert said.exit_code == 2
    assert "no suite of" in said.output and "add a run of das/adaptive" in said.output
    assert not (tmp_path / "m.json").exists()


def test_a_memory_that_is_not_there_is_said(tmp_path: Path) -> None:
    said = call("memory", "show", str(tmp_path / "none.json"))
    assert said.exit_code == 2 and "there is no memory file" in said.output


def test_what_is_no_memory_is_neither_read_nor_written_over(audited: Path, tmp_path: Path) -> None:
    for body in ("{}", '{"suites": []}'):
        file = tmp_path / "other.json"
        file.write_text(body, encoding="utf-8")
        said = call("memory", "add", str(audited), "--to", str(file))
        assert said.exit_code == 2 and "is no memory file" in said.output
        assert file.read_text(encoding="utf-8") == body


def test_wording_is_added_and_given_away_only_where_it_is_asked_for(tmp_path: Path) -> None:
    folder, file, out = (tmp_path / name for name in ("run", "memory.json", "out.json"))
    options = {"form": "agent", "attacks": ["cognitive-bait"], "rounds": 1}
    writer = {"attacker": RolePlan("scripted/writer")}
    run(plan_for(NAME, WEAK, limit=4, suite_options=options, roles=writer), folder)

    def held(path: Path) -> int:
        (audit,) = read_memory(path).audits.values()
        return len(wordings_of(audit))

    call("memory", "add", str(folder), "--to", str(file))
    assert held(file) == 0
    call("memory", "add", str(folder), "--to", str(file), "--with-wording")
    assert held(file) > 0
    assert "wording" in call("memory", "show", str(file)).output
    shown = json.loads(call("memory", "show", str(file), "--json").output)
    assert shown["audits"][0]["wordings"] == held(file)
    assert all(row["tries"] for row in shown["chains"])
    call("memory", "merge", str(file), "--to", str(out))
    assert held(out) == held(file)
    call("memory", "export", str(file), "--to", str(out))
    assert held(out) == 0
    call("memory", "export", str(file), "--to", str(out), "--with-wording")
    assert held(out) == held(file)
    call("memory", "add", str(folder), "--to", str(file))
    assert held(file) == 0, "the run is replaced, with its wording"
