"""Several targets as they are typed: what is asked before spending, refused, stopped and shown."""

from __future__ import annotations

import json
import signal
import time
from pathlib import Path

import pytest
from command_line import calls_of, refused, told
from processes import auscult, start_auscult

from auscult.cli.running import Wishes
from auscult.cli.several import forecast_all, plans_of
from auscult.core.errors import AuditError
from auscult.engine.ledger import LEDGER_NAME
from auscult.several import turns_of

DATA = ("-d", "medqa=q.jsonl")
WORDS = ("audit", "das/robustness", *DATA, "-n", "12", "--out", "both")
WEAK, STRONG = "scripted/flips?p_clean=0.9&q=0.6", "scripted/flips?p_clean=0.9&q=0.05&seed=1"
PAID = ("openai/a?base_url=http://models.test/v1", "openai/b?base_url=http://models.test/v1")


@pytest.fixture(autouse=True)
def questions(tmp_path: Path) -> None:
    rows = [
        {"question": f"Patient {i} has had sign {i} for {i + 2} days. Which is it?",
         "options": {letter: f"disease {letter}{i}" for letter in "ABCD"},
         "answer_idx": "ABCD"[i % 4]}
        for i in range(20)
    ]  # fmt: skip
    (tmp_path / "q.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))


def folders(place: Path) -> list[Path]:
    return sorted(path.parent for path in place.glob(f"*/{LEDGER_NAME}"))


def test_two_targets_are_asked_and_set_side_by_side(tmp_path: Path) -> None:
    done = auscult(*WORDS, "-t", WEAK, "-t", STRONG, cwd=tmp_path)
    assert done.returncode == 0, told(done)
    assert "target 1 of 2: scripted/flips?p_clean=0.9&q=0.6" in done.stderr
    assert "as they are" in done.stdout and "under attack" in done.stdout
    assert "prompts identical, in 12 cases that every target finished." in done.stdout
    assert "dossier: both/dossier.html" in done.stdout.splitlines()[-1]
    assert len(folders(tmp_path / "both")) == 2
    assert (tmp_path / "both" / "dossier.html").is_file()


def test_ctrl_c_leaves_what_is_finished_and_the_same_command_goes_on(tmp_path: Path) -> None:
    slow = "scripted/right?base_ms=120"
    words = ("audit", "knowledge", *DATA, "-n", "4", "-c", "1", "--out", "r", "--quiet",
             "-t", "scripted/oracle", "-t", slow, "-t", "scripted/right")  # fmt: skip
    process = start_auscult(*words, cwd=tmp_path)
    try:
        wait_for_calls(tmp_path / "r", "right", 3)
    except BaseException:
        process.kill()
        process.communicate()
        raise
    process.send_signal(signal.SIGINT)
    out, said = process.communicate(timeout=60)
    assert process.returncode == 130, out + said
    assert "Traceback" not in said
    assert f"stopped by you during '{slow}'" in said and "the same command goes on" in said
    assert "scripted/right: not begun" in out
    assert len(folders(tmp_path / "r")) == 2

    done = auscult(*words, "--json", cwd=tmp_path)
    assert done.returncode == 0 and done.stderr == "", told(done)
    assert [calls_of(folder) for folder in folders(tmp_path / "r")] == [12, 12, 12]
    found = json.loads(done.stdout)
    assert [target["stopped"] for target in found["targets"]] == ["complete"] * 3
    assert found["comparison"]["prompts"][0]["identical"] == 12
    assert found["dossier"] == "r/dossier.html"


def wait_for_calls(place: Path, rule: str, count: int) -> None:
    """Until the ledger of the first target with that rule holds so many."""
    for _ in range(1200):
        try:
            found = [f for f in folders(place) if f.name.startswith(f"scripted-{rule}-")]
            if found and calls_of(found[0]) >= count:
                return
        except (AuditError, KeyError):
            pass  # not begun yet
        time.sleep(0.025)
    raise AssertionError("the run did not come to its calls")


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("-t", "scripted/nobody"), "--target scripted/nobody: no scripted rule is named 'nobody'"),
        (("-t", WEAK), f"--target {WEAK}: given twice -> name each target once"),
        (("-t", STRONG, "--price", "1,2"), "--price is of one target"),
        (("-t", STRONG, "--model", "qwen"), "give --target or --model, not both"),
        (("-t", STRONG, "--plan", "p.toml"), "--plan names its own target"),
    ],
)
def test_what_cannot_be_compared_is_refused_before_anything_is_asked(
    tmp_path: Path, more: tuple[str, ...], said: str
) -> None:
    assert said in refused(auscult(*WORDS, "-t", WEAK, *more, cwd=tmp_path))
    assert not (tmp_path / "both").exists()


def test_without_a_suite_there_is_nothing_to_compare_on(tmp_path: Path) -> None:
    assert "name the suites" in refused(auscult("audit", "-t", WEAK, "-t", STRONG, cwd=tmp_path))


def test_who_pays_is_asked_for_all_targets_together(tmp_path: Path) -> None:
    words = ("audit", "knowledge", *DATA, "-n", "5", "--cap-calls", "20", "--out", "r")
    targets = [word for target in PAID for word in ("-t", target)]
    done = auscult(*words, *targets, cwd=tmp_path, OPENAI_API_KEY="k")
    assert done.returncode == 2
    assert "nobody is here to ask: add --yes to spend this" in done.stderr
    assert "all of them" in done.stdout
    assert "the cap of 20 calls is below the 30 planned" in " ".join(done.stdout.split())
    assert not (tmp_path / "r").exists()


def test_the_forecast_of_all_is_the_sum(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    prices = tmp_path / "prices.toml"
    prices.write_text('["openai/a"]\ninput = 1\noutput = 2\n["openai/b"]\ninput = 3\noutput = 6\n')
    data = (f"medqa={tmp_path / 'q.jsonl'}",)
    wishes = Wishes(suites=("knowledge",), data=data, target=PAID, limit=5, prices=prices)
    _, turns = turns_of(plans_of(wishes), tmp_path / "r")
    found = forecast_all(turns)
    a, b = found.targets.values()
    assert a.calls == b.calls and found.calls.high == 2 * a.calls.high
    assert a.money is not None and b.money is not None and found.money is not None
    assert b.money.high == pytest.approx(3 * a.money.high)
    assert found.money.high == pytest.approx(a.money.high + b.money.high)


def test_one_unknown_price_makes_the_sum_unknown(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "k")
    prices = tmp_path / "prices.toml"
    prices.write_text('["openai/a"]\ninput = 1\noutput = 2\n')
    data = (f"medqa={tmp_path / 'q.jsonl'}",)
    wishes = Wishes(suites=("knowledge",), data=data, target=PAID, limit=2, prices=prices)
    _, turns = turns_of(plans_of(wishes), tmp_path / "r")
    assert forecast_all(turns).money is None


def test_estimate_takes_several_targets(tmp_path: Path) -> None:
    words = ("estimate", "knowledge", *DATA, "-n", "3", "-t", WEAK, "-t", STRONG, "--json")
    done = auscult(*words, cwd=tmp_path)
    assert done.returncode == 0, told(done)
    found = json.loads(done.stdout)
    assert set(found["targets"]) == {WEAK, STRONG}
    assert found["calls"]["low"] == 18
