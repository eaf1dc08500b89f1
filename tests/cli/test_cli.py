"""The command line as a user meets it: real processes, real exit codes, nobody at the keyboard."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from command_line import AUDIT, SAID, calls_of, case_id, everything_in, refused, told
from processes import auscult, start_auscult
from runs import totals_of
from typer.main import get_command
from typer.testing import CliRunner

from auscult.cli.main import app
from auscult.core.errors import AuditError


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, sub in group.commands.items():
        if getattr(sub, "commands", None):
            yield from commands(sub, (*path, name))
        else:
            yield " ".join((*path, name)), sub


COMMANDS = dict(commands(get_command(app)))


# --- help -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMMANDS)
def test_help_of_every_command_has_an_example(path: str) -> None:
    """In this process: `auscult --help` below and every other test of this file starts one."""
    done = CliRunner().invoke(app, [*path.split(), "--help"], env={"COLUMNS": "100"})
    assert done.exit_code == 0 and done.stderr == ""
    assert f"Example: auscult {path}" in " ".join(done.stdout.split())


@pytest.mark.parametrize("path", COMMANDS)
def test_the_example_is_understood_by_its_command(path: str) -> None:
    command = COMMANDS[path]
    words = shlex.split(command.epilog.partition("Example: ")[2])
    assert words[: len(path.split()) + 1] == ["auscult", *path.split()]
    command.make_context(path, words[len(path.split()) + 1 :])


def test_root_help_names_every_command(tmp_path: Path) -> None:
    done = auscult("--help", cwd=tmp_path)
    assert done.returncode == 0
    for path in COMMANDS:
        assert f" {path.split()[0]} " in done.stdout


def test_version(tmp_path: Path) -> None:
    assert auscult("--version", cwd=tmp_path).stdout.startswith("auscult 0.")


# --- wrong usage ------------------------------------------------------------------------------

MISTYPED = [
    ("audit knowlege -t scripted/right", "Did you mean 'knowledge'?"),
    ("audit knowledge -t scriptd/right", "Did you mean 'scripted'?"),
    ("audit knowledge -t scripted/rigth", "Did you mean 'right' or"),
    ("audit knowledge -t scripted/right -o sed=1", "Did you mean 'seed'"),
    ("audit knowledge -t scripted/right --suite-option repeat=3", "Did you mean 'repeats'?"),
    ("audit knowledge -t scripted/right -d medq=x.jsonl", "Did you mean 'medqa'"),
    ("audit knowledge -t scripted/right -d knowlege", "knowledge"),
    ("audit knowledge --targt scripted/right", "--target"),
    ("adit knowledge", "audit"),
    ("list suits", "Did you mean 'suites'"),
    ("models get smolm2", "smollm2"),
    ("packs check knowlege", "Did you mean 'knowledge'?"),
    ("audit knowledge -t scripted/right -o p", "NAME=VALUE"),
    ("audit knowledge -t scripted/right --model qwen", "not both"),
    ("audit knowledge -t scripted/right --price cheap", "INPUT,OUTPUT"),
    ("audit knowledge -t scripted/right --limit 0", "limit"),
    ("audit knowledge -t scripted/right -d medqa=nowhere.jsonl", "nowhere.jsonl"),
    ("audit --plan nowhere.toml", "nowhere.toml"),
    ("show nowhere", "nowhere"),
    ("resume nowhere", "nowhere"),
    ("purge nowhere --yes", "nowhere"),
]


@pytest.mark.parametrize(("words", "hint"), MISTYPED, ids=[words for words, _ in MISTYPED])
def test_what_is_mistyped_gets_a_hint_and_exit_2(words: str, hint: str, tmp_path: Path) -> None:
    assert hint in refused(auscult(*words.split(), cwd=tmp_path))
    if " -d " not in words:
        assert list(tmp_path.iterdir()) == [], "nothing is left behind"


def test_a_case_that_is_not_there_gets_a_suggestion(place: Path) -> None:
    known = case_id(place)
    said = refused(auscult("show", "run", "--case", known + "x", cwd=place))
    assert f"Did you mean '{known}'" in said


def test_a_paid_target_needs_somebodys_yes_before_any_network(tmp_path: Path) -> None:
    done = auscult(
        "audit", "knowledge", "--target", "openai/x", "--base-url", "http://example.invalid/v1",
        "--limit", "3", cwd=tmp_path, OPENAI_API_KEY="sk-nobody-1234",
    )  # fmt: skip
    assert done.returncode == 2
    assert "nobody is here to ask: add --yes" in done.stderr
    assert "calls" in done.stdout, "what it would cost is shown first"
    assert list(tmp_path.iterdir()) == []


# --- JSON -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "keys"),
    [
        ("list", {"kind", "name", "from", "summary"}),
        ("list suites", {"kind", "name"}),
        ("doctor", {"what", "ok", "found"}),
        ("models list", {"name", "bytes", "here"}),
        ("packs list", {"pack", "cases", "specialties"}),
        ("packs check knowledge", {"pack", "cases", "faults"}),
        ("estimate knowledge -t scripted/right", {"cases", "calls", "money", "seconds"}),
        ("show run", {"folder", "stopped", "estimates", "findings"}),
        ("report run", {"folder", "dossier"}),
    ],
)
def test_json_parses_and_is_all_there_is(words: str, keys: set[str], place: Path) -> None:
    done = auscult(*words.split(), "--json", cwd=place)
    assert done.returncode == 0 and done.stderr == "", told(done)
    value = json.loads(done.stdout)
    rows = value if isinstance(value, list) else [value]
    assert rows and all(keys <= set(row) for row in rows)


def test_an_installed_plugin_is_listed_with_its_package(place: Path) -> None:
    assert "testkit (from auscult-testkit)" in auscult("list", "suites", cwd=place).stdout
    rows = json.loads(auscult("list", "targets", "--json", cwd=place).stdout)
    where = {row["name"]: row["from"] for row in rows}
    assert where["shuffled"] == "auscult-testkit" and where["scripted"] == "auscult"


# --- a run and what can be read of it ---------------------------------------------------------


def test_show_agrees_with_the_audit_and_with_results_json(place: Path) -> None:
    audited = json.loads((place / "audit.json").read_text())
    shown = json.loads(auscult("show", "run", "--json", cwd=place).stdout)
    assert shown == audited
    results = json.loads((place / "run" / "results.json").read_text())
    assert results["estimates"] == shown["estimates"]
    assert shown["stopped"] == "complete"


def test_show_prints_a_summary(place: Path) -> None:
    text = auscult("show", "run", cwd=place).stdout
    assert "12 of 12 cases" in text and "Accuracy" in text


def test_a_case_is_shown_with_its_transcripts(place: Path) -> None:
    known = case_id(place)
    shown = json.loads(auscult("show", "run", "--case", known, "--json", cwd=place).stdout)
    assert len(shown["trials"]) == len(shown["transcripts"]) == 3
    roles = [message["role"] for message in shown["transcripts"][0]["messages"]]
    assert roles == ["user", "assistant"]
    text = auscult("show", "run", "--case", known, cwd=place).stdout
    answer = shown["transcripts"][0]["messages"][1]["text"].splitlines()[0][:40]
    assert answer in text and "score" in text


def test_a_report_is_rebuilt_from_the_ledger_alone(copy: Path) -> None:
    names = ("results.json", "dossier/index.html", "trials.parquet")
    before = {name: (copy / "run" / name).read_bytes() for name in names}
    for name in ("trials.parquet", "results.json", "cases.db"):
        (copy / "run" / name).unlink()
    shutil.rmtree(copy / "run" / "dossier")
    done = auscult("report", "run", cwd=copy)
    assert done.returncode == 0, told(done)
    assert {name: (copy / "run" / name).read_bytes() for name in names} == before


def test_purging_removes_what_was_said_and_keeps_the_figures(copy: Path) -> None:
    known = case_id(copy)
    asked = json.loads(auscult("show", "run", "--case", known, "--json", cwd=copy).stdout)
    question = asked["transcripts"][0]["messages"][0]["text"].encode()[:60]
    assert SAID.encode() in everything_in(copy / "run") and question in everything_in(copy / "run")
    before = json.loads((copy / "run" / "results.json").read_text())

    done = auscult("purge", "run", "--yes", "--json", cwd=copy)
    assert json.loads(done.stdout)["transcripts_removed"] == 36, told(done)
    left = everything_in(copy / "run")
    assert SAID.encode() not in left and question not in left
    after = json.loads((copy / "run" / "results.json").read_text())
    assert after["estimates"] == before["estimates"]
    assert auscult("report", "run", cwd=copy).returncode == 0

    assert "purged" in refused(auscult("resume", "run", cwd=copy))
    # Nor does the other way to go on lead round that.
    assert "purged" in refused(auscult(*AUDIT, "--limit", "14", cwd=copy))


def test_purging_asks_first(place: Path) -> None:
    done = auscult("purge", "run", cwd=place)
    assert done.returncode != 0 and "for good?" in told(done)
    assert SAID.encode() in everything_in(place / "run")


# --- resuming, extending, refusing ------------------------------------------------------------


def test_the_same_command_asks_nothing_twice_and_a_larger_limit_extends(copy: Path) -> None:
    again = auscult(*AUDIT, "--limit", "12", "--json", cwd=copy)
    assert json.loads(again.stdout) == json.loads((copy / "audit.json").read_text())
    assert calls_of(copy / "run") == 36
    more = auscult(*AUDIT, "--limit", "14", "--json", cwd=copy)
    assert more.returncode == 0, told(more)
    assert calls_of(copy / "run") == 42
    assert auscult("resume", "run", "--limit", "15", cwd=copy).returncode == 0
    assert calls_of(copy / "run") == 45


@pytest.mark.parametrize(
    ("change", "difference"),
    [
        (("--seed", "8"), "plan seed: was 7, now 8"),
        (("--limit", "5"), "limit: was 12, now 5"),
        (("--suite-option", "repeats=3"), "repeats"),
    ],
)
def test_any_other_difference_is_refused_and_named(
    change: tuple[str, str], difference: str, place: Path
) -> None:
    said = refused(auscult(*AUDIT, "--limit", "12", *change, cwd=place))
    assert difference in said and "--accept-changes" in said
    assert calls_of(place / "run") == 36


def test_fresh_makes_a_run_of_its_own(copy: Path) -> None:
    done = auscult(*AUDIT, "--limit", "2", "--fresh", "--json", cwd=copy)
    assert json.loads(done.stdout)["folder"] == "run-2"
    assert calls_of(copy / "run") == 36 and calls_of(copy / "run-2") == 6


def test_a_failed_run_exits_1_with_a_sentence_and_keeps_the_rest(tmp_path: Path) -> None:
    words = ("audit", "knowledge", "-t", "scripted/crash?n=20", "-n", "30", "-c", "1", "--out", "r")
    done = auscult(*words, cwd=tmp_path)
    assert done.returncode == 1 and "Traceback" not in told(done)
    assert "auscult: the scripted target gave up after 20 calls" in done.stderr
    assert "6 of 30 cases" in done.stdout, "what is there is reported"
    assert calls_of(tmp_path / "r") == 20


def test_ctrl_c_stops_cleanly_and_the_same_command_goes_on(tmp_path: Path) -> None:
    words = ("audit", "knowledge", "-t", "scripted/right?base_ms=40", "-n", "10", "-c", "1",
             "--out", "r", "--quiet")  # fmt: skip
    process = start_auscult(*words, cwd=tmp_path)
    wait_for_calls(tmp_path / "r", 5)
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=30)
    assert process.returncode == 130, out + said
    assert "run the same command to go on" in said and "Traceback" not in said
    stopped = calls_of(tmp_path / "r")
    assert 5 <= stopped < 30
    done = auscult(*words, "--json", cwd=tmp_path)
    assert done.returncode == 0, told(done)
    assert calls_of(tmp_path / "r") == 30, "nothing was asked twice"
    assert json.loads(done.stdout)["stopped"] == "complete"


def wait_for_calls(folder: Path, count: int) -> None:
    for _ in range(400):
        try:
            if totals_of(folder)["target"].calls >= count:
                return
        except (AuditError, KeyError):
            pass  # not begun yet
        time.sleep(0.025)
    raise AssertionError("the run did not come to its calls")
