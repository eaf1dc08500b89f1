"""auscult judges calibrate with a panel and with probes: roles, options, and what is counted."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rubric_model import form
from typer.testing import CliRunner

from auscult.cli.judges import judges_app
from auscult.core.errors import UsageError
from auscult.kit.panel import kin
from auscult.kit.rubric.prompt import BAR

MODULE = "models_of_a_panel"
TRUTH = {
    "It is fluid.": "right",
    "Water in the chest.": "right",
    "It is a lung.": "wrong",
    "A bruise, I would say.": "wrong",
    "Half a mole.": "partly",
}
PLAYED = {name: f"python/{MODULE}:{name}?local=true" for name in ("first", "second", "third")}
ROLES = ("--role", f"judge-2={PLAYED['second']}", "--role", f"judge-3={PLAYED['third']}")


def shown_of(messages: list[dict[str, Any]]) -> str:
    lines = messages[1]["content"].splitlines()
    return "\n".join(line[len(BAR) :] for line in lines if line.startswith(BAR))


def ruler(rule: Callable[[str, str], str]) -> Callable[[list[dict[str, Any]]], str]:
    """By the answer as labelled, and the whole prompt."""

    def ruled(messages: list[dict[str, Any]]) -> str:
        shown = shown_of(messages)
        answer = next(one for one in TRUTH if one in shown)
        return form(rule(answer, messages[1]["content"]), [answer])

    return ruled


@pytest.fixture(autouse=True)
def models(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    module = ModuleType(MODULE)
    monkeypatch.setitem(sys.modules, MODULE, module)
    monkeypatch.chdir(tmp_path)
    vars(module)["first"] = ruler(lambda answer, _: TRUTH[answer])
    vars(module)["second"] = ruler(lambda answer, _: "right")
    vars(module)["third"] = ruler(lambda answer, _: TRUTH[answer])
    vars(module)["fond"] = ruler(
        lambda answer, prompt: "right" if "entirely correct" in prompt else "wrong"
    )
    rows = [
        {"question": "What is it?", "answer": answer, "label": label, "reference": "What it is."}
        for answer, label in TRUTH.items()
    ]
    path = tmp_path / "labels.jsonl"
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")


def calibrate(judge: str, *flags: str) -> dict[str, Any]:
    arguments = ["calibrate", judge, "--labels", "labels.jsonl", "--json", *flags]
    result = CliRunner().invoke(judges_app, arguments)
    if result.exception is not None:
        raise result.exception
    said: dict[str, Any] = json.loads(result.stdout)
    return said


def test_a_panel_is_measured_with_all_its_models() -> None:
    said = calibrate("panel", "--judge-model", PLAYED["first"], *ROLES)
    assert (said["n"], said["agreement"], said["judge"]) == (5, 1.0, "panel")
    assert said["calls"] == 3 * len(TRUTH) and set(said["roles"]) == {"judge-2", "judge-3"}
    fewer = calibrate(
        "panel", "--judge-model", PLAYED["first"], *ROLES, "--option", "rule=escalate"
    )
    # A third is asked of the three answers that the second model is wrong about.
    assert fewer["agreement"] == 1.0 and fewer["calls"] == 2 * len(TRUTH) + 3
    assert fewer["folder"] != said["folder"]


def test_a_role_that_nobody_plays_is_said_before_anything_is_asked() -> None:
    with pytest.raises(UsageError, match="asks the role 'judge-2' and nobody plays it"):
        calibrate("panel", "--judge-model", PLAYED["first"])
    with pytest.raises(UsageError, match="asks no role 'judge-2'"):
        calibrate("open-answer", "--judge-model", PLAYED["first"], *ROLES)
    with pytest.raises(UsageError, match="takes 3 members"):
        members = '[{"role":"judge"},{"role":"judge-2"}]'
        calibrate(
            "panel", "--judge-model", PLAYED["first"], "-o", "rule=escalate", "-o",
            f"members={members}",
        )  # fmt: skip
    assert not Path("runs").exists()


def test_nobody_is_paid_unasked_be_it_one_member_of_three() -> None:
    """The others are played on this machine."""
    paid = ("--role", f"judge-2={PLAYED['second']}", "--role", f"judge-3=python/{MODULE}:third")
    with pytest.raises(UsageError, match="nobody is here to ask: add --yes"):
        calibrate("panel", "--judge-model", PLAYED["first"], *paid)
    assert not Path("runs").exists()
    assert calibrate("panel", "--judge-model", PLAYED["first"], *paid, "--yes")["n"] == len(TRUTH)


def test_members_of_one_family_are_flagged(monkeypatch: pytest.MonkeyPatch) -> None:
    where = "?base_url=http://models.test/v1"
    named = ["--judge-model", f"openai/mistral-small{where}"]
    named += ["--role", f"judge-2=openai/gpt-4o{where}"]
    named += ["--role", f"judge-3=openai/gpt-4o-mini{where}"]
    arguments = ["calibrate", "panel", "--labels", "labels.jsonl", *named]
    told = " ".join(CliRunner().invoke(judges_app, arguments).stderr.split())
    assert told.count("One family: the roles 'judge-2' (openai/gpt-4o@") == 1
    assert "are both played by GPT" in told and "mistral" not in told.partition("One family")[2]

    played = ("--judge-model", PLAYED["first"], *ROLES)
    assert "kinship" not in calibrate("panel", *played)
    monkeypatch.setattr(kin, "families_of", lambda target: frozenset({"GPT"}))
    said = calibrate("panel", *played)["kinship"]
    assert [words.count("One family") for words in said] == [1, 2]  # 1-2, 1-3 and 2-3
    shown = CliRunner().invoke(judges_app, [*arguments[:4], *played, "--quiet"]).stdout
    assert "are both played by GPT" in " ".join(shown.split())


def test_probes_count_the_verdicts_that_change() -> None:
    said = calibrate("open-answer", "--judge-model", f"python/{MODULE}:fond?local=true", "--probes")
    probes = {one["probe"]: one for one in said["probes"]}
    assert set(probes) == {"again", "length", "plea", "position"}
    changed = {name: one["flips"]["successes"] for name, one in probes.items()}
    assert changed == {"again": 0, "length": 0, "position": 0, "plea": len(TRUTH)}
    assert probes["plea"]["to_right"] == len(TRUTH) and probes["plea"]["shift"] == 1.0
    assert said["calls"] == 5 * len(TRUTH)
    panel = calibrate("panel", "--judge-model", PLAYED["first"], *ROLES, "--probes")
    assert {one["probe"] for one in panel["probes"]} == {"again", "length", "plea"}
    assert all(one["flips"]["successes"] == 0 for one in panel["probes"])


def test_probes_are_for_judges_that_ask() -> None:
    with pytest.raises(UsageError, match="--probes: for a judge that asks a model"):
        rows = [{"prompt": "What?", "answer": "No.", "label": "refuses"}]
        Path("labels.jsonl").write_text(json.dumps(rows[0]) + "\n", encoding="utf-8")
        calibrate("refusal", "--probes")
