"""Conversations of das/privacy that were cut: killed half way, or lost by who kept them."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from processes import environment, stub
from runs import estimates_of, plan_for, run, totals_of, trials_of
from stub_server import read_counts

from auscult.core.message import Message, Reply, Request, assistant
from auscult.core.protocols import Abilities
from auscult.engine.plan import RolePlan
from auscult.engine.view import RunView
from auscult.kit.scripted.persuaders import persuader
from auscult.kit.scripted.rules import RULES, Rule
from auscult.kit.scripted.view import Common
from auscult.targets import scripted

SUITE, CASES = "das/privacy", 2
ASKED = {"attacks": ["pressure"], "documents": False}
KILLED_AT = 10
"""Calls served: plain, told to comply, the twin, all polite ones, and two or three more."""
AGENT_ASKED = {**ASKED, "form": "agent"}
KILLED_AT_AGENT = 19
"""As many, then the authored conversation, the control of the model's, and some turns of that."""
RUNNER = """
import json, sys
from pathlib import Path
from auscult.api import make_plan, run_async
from auscult.engine.plan import Limits, RolePlan
from auscult.engine.run import Options, run_plan
from auscult.kit.scripted import persuaders, rules
from auscult.kit.scripted.view import Common
rules.RULES["persuader"] = rules.Rule(Common, persuaders.persuader)
asked = json.loads(sys.argv[3])
roles = {"attacker": RolePlan("scripted/persuader")} if "form" in asked else {}
plan = make_plan("das/privacy", target=sys.argv[1], limits=Limits(concurrency=1), limit=2,
                 roles=roles, suite_options=asked)
print(run_async(run_plan(plan, Path(sys.argv[2]), Options())).stopped, flush=True)
"""


def said_in(folder: Path) -> dict[Any, list[Message]]:
    view = RunView(folder)
    try:
        rows = view.table().collect().to_dicts()
        names = {(row["suite"], row["case_id"], row["arm"], row["repeat"]) for row in rows}
        return view.transcripts(names)
    finally:
        view.close()


def killed_after(
    calls: int, target: str, folder: Path, counts: Path, asked: dict[str, Any]
) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, target, str(folder), json.dumps(asked)],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        while process.poll() is None and sum(read_counts(counts).values()) < calls:
            time.sleep(0.005)
        assert process.poll() is None, "it was through before it could be killed"
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


@pytest.mark.parametrize(
    ("asked", "killed_at", "arm"),
    [
        (ASKED, KILLED_AT, "pressure"),
        (AGENT_ASKED, KILLED_AT_AGENT, "pressure-agent"),
    ],
)
def test_killed_in_mid_conversation_it_goes_on_with_the_same_transcript(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    asked: dict[str, Any],
    killed_at: int,
    arm: str,
) -> None:
    """In the conversation of pressure, which follows the polite one; and in that of a model."""
    monkeypatch.setitem(RULES, "persuader", Rule(Common, persuader))
    roles = {"attacker": RolePlan("scripted/persuader")} if "form" in asked else {}
    counts, folder, whole = tmp_path / "counts", tmp_path / "killed", tmp_path / "whole"
    with stub("--answers", "hash", "--latency", "0.03", "--counts-file", str(counts)) as url:
        target = f"openai/m?base_url={url}"
        killed_after(killed_at, target, folder, counts, asked)
        done = totals_of(folder)["target"].calls
        assert killed_at - 2 <= done <= killed_at, "in the midst of a conversation"
        assert RunView(folder).suites[0].finished == 0
        plan = plan_for(SUITE, target, limit=CASES, limits={"concurrency": 1}, roles=roles,
                        suite_options=asked)  # fmt: skip
        assert run(plan, folder).stopped == "complete"
        served = sum(read_counts(counts).values())
        assert run(plan, whole).stopped == "complete"
        planned = sum(read_counts(counts).values()) - served
    assert planned <= served <= planned + 1, "no more is asked again than was in flight"
    assert trials_of(folder) == trials_of(whole)
    assert estimates_of(folder) == estimates_of(whole)
    said = said_in(folder)
    assert said == said_in(whole)
    pressed = [turns for (_, _, name, _), turns in said.items() if name == arm]
    assert len(pressed) == CASES and all(len(turns) >= 8 for turns in pressed)


class Keeps:
    """Keeps every conversation itself, and loses the first three of the run at their third turn."""

    identity = "scripted/keeps"
    endpoint, local = "scripted", True
    abilities = Abilities(sessions=True)

    def __init__(self) -> None:
        self.fingerprint = {"rule": "keeps"}
        self.open: set[tuple[Message, ...]] = set()
        self.to_lose = 3

    async def answer(self, request: Request) -> Reply:
        *before, last = request.messages
        told = tuple(before)
        if any(message.role == "assistant" for message in told):
            if len(told) == 4 and self.to_lose:
                self.to_lose -= 1
                self.open.discard(told)
            if told not in self.open:
                return Reply.error("session-lost", "no such conversation")
            self.open.discard(told)
        reply = Reply(text=f"Noted, with {len(told)} before it.")
        self.open.add((*told, last, assistant(reply.text)))
        return reply

    async def close(self) -> None:
        self.open.clear()


def test_a_lost_conversation_starts_again_and_none_is_met_half_way(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    keeps = Keeps()
    monkeypatch.setattr(scripted, "build", lambda spec: keeps)
    plan = plan_for(SUITE, "scripted/oracle", limit=6, suite_options=ASKED, limits={"retries": 0})
    assert run(plan, tmp_path).stopped == "complete"
    assert keeps.to_lose == 0, "conversations were lost, and asked again from the first turn"
    rows = trials_of(tmp_path)
    assert "error" not in {row[12] for row in rows} and max(row[9] for row in rows) >= 1
    said = said_in(tmp_path)
    for (_, _, arm, _), turns in said.items():
        assert len(turns) >= 8 if arm.startswith("pressure") else len(turns) <= 3
