"""What the command line is given: plans, keys, and data in every script and state."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from command_line import calls_of, everything_in, refused, told
from processes import auscult, stub
from runs import totals_of

from auscult import open_run

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


def test_a_cap_below_one_case_is_a_failed_run_and_says_so(tmp_path: Path) -> None:
    words = ("audit", "knowledge", "-t", "scripted/right", "-n", "4", "--out", "run", "--yes")
    done = auscult(*words, "--cap-calls", "1", cwd=tmp_path)
    assert done.returncode == 1 and not done.stdout
    assert "no case was finished within the calls cap" in " ".join(done.stderr.split())
    again = auscult(*words, "--cap-calls", "12", cwd=tmp_path)
    assert again.returncode == 0 and "finished everything" in again.stdout, told(again)


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
