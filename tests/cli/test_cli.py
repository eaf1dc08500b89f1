"""The command line as a user meets it: real processes, real exit codes, nobody at the keyboard."""

from __future__ import annotations

import json
import shlex
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from processes import auscult, start_auscult, stub
from runs import totals_of
from typer.main import get_command

from auscult import open_run
from auscult.cli.main import app
from auscult.core.errors import AuditError
from auscult.engine.ledger import open_reader

VERBOSE = "scripted/verbose?p=0.7&seed=3"
AUDIT = ("audit", "knowledge", "--target", VERBOSE, "--seed", "7", "--out", "run", "--yes")
SAID = "explains all of the findings"
"""Words of the target, in some of its answers."""
SENTENCE = 900
"""Characters at most: what is longer is no sentence."""


def commands(group: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[str, Any]]:
    for name, sub in group.commands.items():
        if getattr(sub, "commands", None):
            yield from commands(sub, (*path, name))
        else:
            yield " ".join((*path, name)), sub


COMMANDS = dict(commands(get_command(app)))


def told(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What was said by a command that must end in exit 2 with words and no traceback."""
    assert done.returncode == 2, told(done)
    assert "Traceback" not in told(done)
    assert not done.stdout
    assert len(done.stderr) < SENTENCE, done.stderr[:3000]
    return " ".join(done.stderr.replace("│", " ").split())


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which somebody has audited twelve cases, into `run`."""
    folder = tmp_path_factory.mktemp("cli")
    done = auscult(*AUDIT, "--limit", "12", "--json", cwd=folder)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    (folder / "audit.json").write_text(done.stdout)
    return folder


@pytest.fixture
def copy(place: Path, tmp_path: Path) -> Path:
    """A copy of that folder, for those who change it."""
    shutil.copytree(place, tmp_path / "copy")
    return tmp_path / "copy"


def case_id(folder: Path) -> str:
    return str(json.loads((folder / "audit.json").read_text())["findings"][0]["case_id"])


# --- help -------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", COMMANDS)
def test_help_of_every_command_has_an_example(path: str, tmp_path: Path) -> None:
    done = auscult(*path.split(), "--help", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == ""
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
    ("audit knowledge -t scripted/rigth", "Did you mean 'right'?"),
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


def everything_in(folder: Path) -> bytes:
    """Every file's bytes, and what the ledger's compressed segments say."""
    parts = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    reader = open_reader(folder)
    for kind in ("call", "intent", "effect", "case"):
        parts += list(reader._segments(kind))
    parts += [bytes(row[0]) for row in reader._db.execute("SELECT body FROM blobs")]
    parts += [bytes(row[0]) for row in reader._db.execute("SELECT value FROM meta")]
    reader.close()
    return b"\n".join(parts)


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


def calls_of(folder: Path) -> int:
    return totals_of(folder)["target"].calls


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


# --- estimates and plans ----------------------------------------------------------------------


def test_an_estimate_counts_the_very_calls_and_knows_what_it_does_not_know(place: Path) -> None:
    words = ("estimate", "knowledge", "-t", "openai/x", "-n", "12")
    done = auscult(*words, cwd=place)
    assert done.returncode == 0, told(done)
    assert "36 to 38" in done.stdout and "unknown (no price given)" in done.stdout
    told_json = json.loads(auscult(*words, "--json", cwd=place).stdout)
    assert told_json["calls"]["low"] == 36 == calls_of(place / "run")
    assert told_json["money"] is None
    priced = json.loads(auscult(*words, "--price", "0.15,0.60", "--json", cwd=place).stdout)
    assert 0 < priced["money"]["low"] < priced["money"]["high"]
    used = totals_of(place / "run")["target"]
    assert used.input_tokens <= priced["input_tokens"]["high"]
    assert used.output_tokens <= priced["output_tokens"]["high"]


def test_a_money_cap_without_a_price_refuses_to_start(tmp_path: Path) -> None:
    done = auscult(
        "audit", "knowledge", "-t", "openai/x", "--cap-money", "1", "--yes", cwd=tmp_path,
        OPENAI_API_KEY="sk-nobody-1234",
    )  # fmt: skip
    assert "price of target is unknown" in refused(done)


GOOD_PLAN = """
seed = 7
[target]
use = "scripted/right?p=0.7"
[[suites]]
use = "knowledge"
limit = 4
"""
BAD_PLAN = """
sede = 7
[target]
use = "scriptd/right"
sampling = { temperature = "hot" }
[[suites]]
use = "knowlege"
limit = 0
data = ["medqa=nowhere.jsonl"]
[limits]
calls = -1
"""


def test_a_plan_is_checked_whole(tmp_path: Path) -> None:
    (tmp_path / "good.toml").write_text(GOOD_PLAN)
    (tmp_path / "bad.toml").write_text(BAD_PLAN)
    good = auscult("plan", "check", "good.toml", cwd=tmp_path)
    assert good.returncode == 0 and "is sound: knowledge on scripted/right" in good.stdout
    assert json.loads(auscult("plan", "check", "good.toml", "--json", cwd=tmp_path).stdout)["ok"]

    bad = auscult("plan", "check", "bad.toml", cwd=tmp_path)
    assert bad.returncode == 2 and "has 7 faults" in bad.stderr, bad.stderr
    for line, hint in [
        (2, "Did you mean 'seed'?"), (4, "Did you mean 'scripted'?"), (5, "number"),
        (7, "Did you mean 'knowledge'?"), (8, "1 or more"), (9, "nowhere.jsonl"), (11, "-1"),
    ]:  # fmt: skip
        assert any(
            f"(line {line})" in fault and hint in fault for fault in bad.stderr.splitlines()
        ), f"line {line}: {hint}\n{bad.stderr}"
    faults = auscult("plan", "check", "bad.toml", "--json", cwd=tmp_path)
    assert faults.returncode == 2
    assert len(json.loads(faults.stdout)["faults"]) == 7


def test_a_plan_runs_and_leaves_no_room_for_flags(tmp_path: Path) -> None:
    (tmp_path / "plan.toml").write_text(GOOD_PLAN)
    done = auscult("audit", "--plan", "plan.toml", "--out", "r", "--yes", "--json", cwd=tmp_path)
    assert done.returncode == 0, told(done)
    assert calls_of(tmp_path / "r") == 12
    said = refused(auscult("audit", "--plan", "plan.toml", "--seed", "3", cwd=tmp_path))
    assert "--plan says everything" in said and "--seed" in said


# --- keys -------------------------------------------------------------------------------------

KEY = "sk-planted-4f9Qz/+x=secret"
SPELT = (KEY, "sk-planted-4f9Qz%2F%2Bx%3Dsecret", "planted-4f9Qz")


@pytest.mark.parametrize("where", ["environment", "option", "plan"])
@pytest.mark.parametrize("wanted", ["another", "this"])
def test_a_key_is_nowhere_to_be_found(where: str, wanted: str, tmp_path: Path) -> None:
    """Against an endpoint that wants another key it is echoed in the refusal; and the 401 ends the
    run. Against one that takes it, everything is written."""
    with stub("--api-key", KEY if wanted == "this" else "sk-another-key") as url:
        words = ["audit", "knowledge", "-n", "3", "--out", "r", "--yes"]
        target = ["--target", "openai/m", "--base-url", url]
        if where == "option":
            target += ["-o", f"api_key={KEY}"]
        elif where == "plan":
            target = ["--plan", "plan.toml"]
            words = ["audit", "--out", "r", "--yes"]
            (tmp_path / "plan.toml").write_text(
                f'[target]\nuse = "openai/m"\n[target.options]\nbase_url = "{url}"\n'
                f'api_key = "{KEY}"\n[[suites]]\nuse = "knowledge"\nlimit = 3\n'
            )
        known = {"OPENAI_API_KEY": KEY} if where == "environment" else {}
        done = auscult(*words, *target, cwd=tmp_path, **known)
    assert done.returncode == (0 if wanted == "this" else 1), told(done)
    if wanted == "another":
        assert "401" in done.stderr or "key" in done.stderr
    kept = everything_in(tmp_path / "r") + told(done).encode()
    for spelling in SPELT:
        assert spelling.encode() not in kept


# --- data -------------------------------------------------------------------------------------


def test_every_script_and_direction_survives(tmp_path: Path) -> None:
    asked = [
        ("ما هو العلاج الأول لصدمة الحساسية؟", {"A": "الأدرينالين", "B": "الماء"}),
        ("מהו הטיפול הראשון? \u202eABC\u202c", {"A": "אדרנלין", "B": "מים"}),
        ("过敏性休克首选药物是什么？ 👩🏽‍⚕️", {"A": "肾上腺素", "B": "水"}),
        ("Odd: \u200b\ufeff\\n [bold]x[/bold] {{ y }} <script>?", {"A": "é", "B": "e\u0301x"}),
    ]
    file = tmp_path / "fragen über alles.jsonl"
    rows = [{"question": q, "options": o, "answer_idx": "A"} for q, o in asked]
    lines = [json.dumps(row, ensure_ascii=False) for row in rows]
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    done = auscult(
        "audit", "knowledge", "-t", "scripted/oracle?style=mixed", "-d", f"medqa={file.name}",
        "--out", "أول", "--json", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 0, told(done)
    accuracy = json.loads(done.stdout)["estimates"][0]
    assert (accuracy["n"], accuracy["n_invalid"]) == (8, 0)

    run = open_run(tmp_path / "أول")
    cases = run.trials()["case_id"].unique().to_list()
    said = run.view.transcripts({("knowledge", case, "baseline", 0) for case in cases})
    prompts = {name[1]: turns[0].text for name, turns in said.items()}
    for text, options in asked:
        assert any(text in p and all(o in p for o in options.values()) for p in prompts.values())
    odd = next(case for case, prompt in prompts.items() if "<script>" in prompt)
    shown = auscult("show", "أول", "--case", odd, cwd=tmp_path).stdout
    assert "[bold]x[/bold] {{ y }} <script>" in shown
    page = (tmp_path / "أول" / "dossier" / "index.html").read_text(encoding="utf-8")
    assert "<script" not in page


WORDS = ("audit", "knowledge", "-t", "scripted/right", "--out", "r", "--yes", "-d")


@pytest.mark.parametrize(
    ("what", "loader", "name"),
    [
        ("empty", "medqa", "bad.jsonl"),
        ("folder", "mmlu", "bad.csv"),
        ("cut short", "medmcqa", "bad.json"),
        ("a 50 MB line", "medqa", "bad.jsonl"),
        ("a 50 MB line", "table", "bad.csv"),
    ],
)
def test_a_bad_file_gets_one_sentence(what: str, loader: str, name: str, tmp_path: Path) -> None:
    """What each loader says of each kind of file is a contract of its own."""
    file = tmp_path / name
    if what == "folder":
        file.mkdir()
    elif what == "a 50 MB line":
        with file.open("wb") as stream:
            for _ in range(50):
                stream.write(b"x" * 1_000_000)
    else:
        file.write_bytes(b"" if what == "empty" else b'{"question": "Which vit')
    said = refused(auscult(*WORDS, f"{loader}={file.name}", cwd=tmp_path))
    assert "bad." in said
    assert said.count("auscult:") == 1


def test_a_file_once_mended_is_audited_by_the_same_command(tmp_path: Path) -> None:
    file = tmp_path / "mine.csv"
    file.write_text("question,A,B,answer\nWhich?,x,y\n")
    refused(auscult(*WORDS, "table=mine.csv", cwd=tmp_path))
    file.write_text("question,A,B,answer\nWhich?,x,y,A\n")
    done = auscult(*WORDS, "table=mine.csv", cwd=tmp_path)
    assert done.returncode == 0, told(done)
