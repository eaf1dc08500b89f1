"""The bench of an adaptive campaign runs, and asks what the plan costs. No word of its speed."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.protocols import Abilities, DataSet
from auscult.kit.search.moves import IN_A_CHAIN
from auscult.kit.search.rounds import AFRESH
from auscult.suites.das.adaptive import NAME

BENCH = Path(__file__).resolve().parents[2] / "bench"
QUESTIONS, ASKED = 9, 5


@pytest.fixture(scope="module")
def bench() -> Iterator[Any]:
    sys.path.insert(0, str(BENCH))
    yield import_module("campaign")
    sys.path.remove(str(BENCH))


@pytest.fixture(scope="module")
def questions(bench: Any, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("campaign") / "questions.jsonl"
    written: Path = import_module("questions").write(QUESTIONS, path)
    return written


def cost_of_a_search_that_breaks_nothing(path: Path) -> set[int]:
    """Calls a case, as the plan reserves them, less what is asked only of a broken answer."""
    suite: Any = registry.build("suites", NAME, {})
    loaders = {"medqa": registry.build("data", "medqa")}
    cases = list(suite.cases([DataSet("medqa", str(path))], loaders))
    assert len(cases) == QUESTIONS
    reserved = {
        sum(ask.calls for ask in suite.cost(case, Abilities()) if ask.role == "target")
        for case in cases
    }
    return {calls - 2 * (1 + IN_A_CHAIN) * AFRESH for calls in reserved}


def test_a_campaign_makes_the_calls_that_the_plan_costs(questions: Path) -> None:
    done = subprocess.run(
        [sys.executable, str(BENCH / "campaign.py"), str(questions), "--limit", str(ASKED)],
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    told = re.fullmatch(
        r"(\d+) questions searched for five rounds, (\d+) calls\n"
        r"([\d.]+) s of CPU, ([\d.]+) ms a call; at most 60 s\n",
        done.stdout,
    )
    assert told is not None, done.stdout + done.stderr
    searched, calls = int(told[1]), int(told[2])
    (each,) = cost_of_a_search_that_breaks_nothing(questions)
    assert each == 2 + 2 + 5 + 5, "the case twice, a pair, five harmless changes, five rounds"
    assert (searched, calls) == (ASKED, ASKED * each)
    assert float(told[4]) * calls / 1000 == pytest.approx(float(told[3]), abs=0.06)


def test_the_stub_gives_the_right_answer_in_whatever_order(bench: Any, questions: Path) -> None:
    known = bench.right_answers(questions)
    assert len(known) == QUESTIONS
    for line in questions.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        turned = list(reversed(row["options"].values()))
        listed = "\n".join(f"{letter}. {text}" for letter, text in zip("ABCD", turned, strict=True))
        body = {"messages": [{"role": "user", "content": f"{row['question']}\n{listed}\nAnswer."}]}
        head, _, answer = bench.reply(json.dumps(body).encode(), known).partition(b"\r\n\r\n")
        said = json.loads(answer)["choices"][0]["message"]["content"]
        assert turned["ABCD".index(said)] == row["answer"]
        assert f"Content-Length: {len(answer)}".encode() in head


def test_of_a_question_that_it_does_not_know_the_stub_says_a(bench: Any) -> None:
    body = {"messages": [{"role": "user", "content": "Which?\nA. One\nB. Two"}]}
    answer = bench.reply(json.dumps(body).encode(), {}).partition(b"\r\n\r\n")[2]
    assert json.loads(answer)["choices"][0]["message"]["content"] == "A"
