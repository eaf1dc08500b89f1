"""auscult judges calibrate with a judge that asks a model: kept calls, caps, and what it says."""

from __future__ import annotations

import json
import os
import signal
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from rubric_model import form
from typer.testing import CliRunner

from auscult.api import audit
from auscult.cli.judges import judges_app
from auscult.core.errors import RunInterrupted, UsageError
from auscult.engine.ledger import open_reader
from auscult.kit.rubric.prompt import BAR

MODULE = "model_that_judges"
TRUTH = {
    "It is fluid.": ("right", "Which opacity?"),
    "Water in the chest.": ("right", "Which opacity?"),
    "It is a lung.": ("wrong", "Which opacity?"),
    "A bruise, I would say.": ("wrong", "Which mark?"),
    "A mole that is growing.": ("right", "Which mark?"),
    "Half a mole.": ("partly", "Which mark?"),
    "I don't know.": ("no-answer", "Which mark?"),
}
ASKED = len(TRUTH) - 1
"""All but the last, which code reads alone."""


class Model:
    """A function that plays the judge model, and counts."""

    def __init__(self) -> None:
        self.answers: list[str] = []
        self.rule: Callable[[str], str] = lambda answer: form(TRUTH[answer][0], [answer])

    def __call__(self, messages: list[dict[str, Any]]) -> str:
        shown = messages[1]["content"].splitlines()
        answer = next(line[len(BAR) :] for line in shown if line.startswith(BAR))
        self.answers.append(answer)
        return self.rule(answer)


@pytest.fixture
def model(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[Model]:
    module, played = ModuleType(MODULE), Model()
    vars(module)["answer"] = played
    monkeypatch.setitem(sys.modules, MODULE, module)
    monkeypatch.chdir(tmp_path)
    yield played


@pytest.fixture
def labels(tmp_path: Path) -> Path:
    path = tmp_path / "labels.jsonl"
    rows = [
        {"question": question, "answer": answer, "label": label, "reference": "What it is."}
        for answer, (label, question) in TRUTH.items()
    ]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return path


PLAYED = ("--judge-model", f"python/{MODULE}:answer?local=true")
PAID = ("--judge-model", f"python/{MODULE}:answer")


def called(labels: Path, *arguments: str, judge: str = "open-answer") -> Any:
    return CliRunner().invoke(
        judges_app,
        ["calibrate", judge, "--labels", str(labels), *arguments],
        catch_exceptions=False,
    )


def ran(labels: Path, *arguments: str) -> dict[str, Any]:
    done = called(labels, *arguments, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def refused(labels: Path, *arguments: str, judge: str = "open-answer") -> str:
    with pytest.raises(UsageError) as caught:
        called(labels, *arguments, judge=judge)
    assert caught.value.exit_code == 2 and len(str(caught.value)) < 600
    return str(caught.value)


def test_a_judge_that_agrees_is_measured_in_the_same_form(model: Model, labels: Path) -> None:
    found = ran(labels, *PLAYED, "--slice", "question")
    assert (found["judge"], found["agreement"], found["agreement_of"]) == (
        "open-answer", 1.0, "right or not",
    )  # fmt: skip
    assert found["n"] == len(TRUTH) and found["prompts"] == 2 and found["kappa"]["value"] == 1.0
    assert found["confusion"]["right"] == {"right": 3} and found["confusion"]["partly"]["partly"]
    assert found["sensitivity"]["value"] == found["specificity"]["value"] == 1.0
    assert {name: part["n"] for name, part in found["slices"].items()} == {
        "Which opacity?": 3, "Which mark?": 4,
    }  # fmt: skip
    assert found["judge_model"] == f"python/{MODULE}:answer" and found["stopped"] == "complete"
    assert found["calls"] == ASKED == len(model.answers)
    assert "string_matching" in found and "unread" not in found


def test_what_differs_is_counted(model: Model, labels: Path) -> None:
    model.rule = lambda answer: form("right", [answer])
    found = ran(labels, *PLAYED)
    assert found["agreement"] == pytest.approx(4 / 7)
    assert found["specificity"]["value"] == pytest.approx(1 / 4)
    assert found["confusion"]["wrong"] == {"right": 2}
    assert 0 < found["kappa"]["value"] < 1


def test_what_cannot_be_read_is_missing_and_bounded(model: Model, labels: Path) -> None:
    model.rule = lambda answer: (
        "hm" if answer == "It is fluid." else form(TRUTH[answer][0], [answer])
    )
    found = ran(labels, *PLAYED)
    assert found["n"] == 6 and found["agreement"] == 1.0
    assert found["unread"] == {"judge-unreadable": 1}
    assert found["agreement_bounds"] == pytest.approx([6 / 7, 1.0])
    assert found["calls"] == ASKED + 1
    text = " ".join(called(labels, *PLAYED, "--quiet").output.split())
    assert "not read, and left out: 1 (judge-unreadable 1)" in text and "0.857" in text


def test_nothing_read_is_no_figure(model: Model, labels: Path) -> None:
    model.rule = lambda _: "hm"
    found = ran(labels, *PLAYED, "--limit", "1", "--out", "one")
    assert (found["n"], found["agreement"]) == (0, None)
    assert found["agreement_bounds"] == [0.0, 1.0] and found["kappa"]["value"] is None
    assert "not read" in called(labels, *PLAYED, "--limit", "1", "--out", "one", "--quiet").output


# --- kept, capped and gone on with --------------------------------------------------------------


def test_the_same_command_asks_nothing_again(model: Model, labels: Path) -> None:
    first, again = ran(labels, *PLAYED), ran(labels, *PLAYED, "--slice", "question")
    assert len(model.answers) == ASKED
    assert {**again, "slices": {}} == first
    assert Path(first["folder"]).parts[0] == "runs"


def test_a_cap_stops_it_and_the_next_command_goes_on(model: Model, labels: Path) -> None:
    capped = ran(labels, *PLAYED, "--out", "kept", "--cap-calls", "4")
    assert capped["stopped"] == "calls cap" and capped["planned"] == len(TRUTH)
    assert 0 < capped["n"] < len(TRUTH) and capped["calls"] == len(model.answers) <= 4
    whole = ran(labels, *PLAYED, "--out", "kept")
    assert whole["n"] == len(TRUTH) and whole["calls"] == len(model.answers) == ASKED


def test_an_interrupted_calibration_loses_no_paid_call(model: Model, labels: Path) -> None:
    plain = model.rule

    def pressed(answer: str) -> str:
        if len(model.answers) == 3:
            os.kill(os.getpid(), signal.SIGINT)
        return plain(answer)

    model.rule = pressed
    one_by_one = (*PAID, "--yes", "--out", "kept", "--concurrency", "1")
    with pytest.raises(RunInterrupted) as caught:
        called(labels, *one_by_one, "--quiet")
    assert caught.value.exit_code == 130
    reader = open_reader(Path("kept"))
    kept = reader.totals()["judge"].calls
    reader.close()
    assert 3 <= kept == len(model.answers) < ASKED
    found = ran(labels, *one_by_one)
    assert found["n"] == len(TRUTH) and found["agreement"] == 1.0
    assert sorted(model.answers) == sorted(set(model.answers))


def test_a_limit_is_the_start_of_a_balanced_order(model: Model, labels: Path) -> None:
    few = ran(labels, *PLAYED, "--out", "kept", "--limit", "3")
    assert few["n"] == few["planned"] == 3 and len(model.answers) <= 3
    assert ran(labels, *PLAYED, "--out", "kept")["calls"] == len(model.answers) == ASKED


@pytest.mark.parametrize("change", ["model", "labels", "columns"])
def test_a_folder_is_for_one_judge_model_and_set(model: Model, labels: Path, change: str) -> None:
    ran(labels, *PLAYED, "--out", "kept")
    arguments = (*PLAYED, "--out", "kept")
    if change == "model":
        arguments = ("--judge-model", "scripted/refuses", "--out", "kept")
    elif change == "labels":
        labels.write_text(labels.read_text().replace("Half a mole.", "A mole, half."))
    else:
        arguments = (*arguments, "--fact", "rubric=reference")
    said = refused(labels, *arguments)
    assert "differs from what you ask for" in said and "--out" in said
    assert len(model.answers) == ASKED


def test_an_audit_does_not_go_on_in_its_folder(model: Model, labels: Path) -> None:
    ran(labels, *PLAYED, "--out", "kept")
    with pytest.raises(UsageError, match="differs from what you ask for"):
        audit("knowledge", target="scripted/right", limit=1, out="kept", report=False)


# --- before anything is spent -------------------------------------------------------------------


def test_a_judge_without_its_model_is_one_sentence(labels: Path) -> None:
    said = refused(labels)
    assert "'open-answer' asks a model" in said and "--judge-model TARGET" in said


def test_a_judge_that_asks_no_model_takes_none(model: Model, labels: Path) -> None:
    mapped = [f"--map={theirs}=complies" for theirs in ("right", "wrong", "partly", "no-answer")]
    assert "asks no model" in refused(labels, *PLAYED, *mapped, judge="refusal")
    assert "--limit and --cap-calls" in refused(
        labels, *mapped, "--limit", "3", "--cap-calls", "9", judge="refusal"
    )
    assert not model.answers


def test_an_unknown_model_is_named(labels: Path) -> None:
    assert "no target is named 'nowhere'" in refused(labels, "--judge-model", "nowhere/x")


def test_the_reference_must_be_named(model: Model, labels: Path) -> None:
    labels.write_text(labels.read_text().replace('"reference"', '"gold"'))
    assert "--fact reference=COLUMN" in refused(labels, *PLAYED)
    assert ran(labels, *PLAYED, "--fact", "reference=gold")["agreement"] == 1.0


def test_an_estimate_comes_before_spending(model: Model, labels: Path) -> None:
    done = CliRunner().invoke(
        judges_app, ["calibrate", "open-answer", "--labels", str(labels), *PAID]
    )
    assert isinstance(done.exception, UsageError) and "--yes" in str(done.exception)
    told = " ".join(done.stderr.split())
    assert f"{len(TRUTH)} answers, of which {ASKED} need the model: 6 to 12 calls" in told
    assert not model.answers
    assert ran(labels, *PAID, "--yes")["calls"] == ASKED


def test_what_is_left_in_a_folder_is_asked_about_too(model: Model, labels: Path) -> None:
    """The first three were agreed to; the others were not."""
    kept = ("--out", "kept")
    few = ran(labels, *PAID, *kept, "--limit", "3", "--yes")
    before = list(model.answers)
    left = ASKED - len(before)
    done = CliRunner().invoke(
        judges_app, ["calibrate", "open-answer", "--labels", str(labels), *PAID, *kept]
    )
    assert isinstance(done.exception, UsageError) and "--yes" in str(done.exception)
    told = " ".join(done.stderr.split())
    assert f"7 answers, 3 of them judged already; of the others {left} need the model" in told
    assert f"{left} to {2 * left} calls" in told and model.answers == before
    assert ran(labels, *PAID, *kept, "--limit", "3") == few  # nothing is left of these
    assert ran(labels, *PAID, *kept, "--yes")["calls"] == len(model.answers) == ASKED
    assert "none needs the model" in called(labels, *PAID, *kept).stderr


def test_another_folder_is_named_before_anybody_is_asked_to_pay(model: Model, labels: Path) -> None:
    ran(labels, *PAID, "--out", "kept", "--limit", "1", "--yes")
    labels.write_text(labels.read_text().replace("Half a mole.", "A mole, half."))
    assert "differs from what you ask for" in refused(labels, *PAID, "--out", "kept")


def test_a_cap_that_nothing_fits_under_is_refused_with_the_least(
    model: Model, labels: Path
) -> None:
    kept = (*PLAYED, "--out", "kept", "--cap-calls")
    said = refused(labels, *kept, "1")
    assert "--cap-calls 1 is too low: what is judged next may take 2 calls; give 2 at least" in said
    assert not model.answers
    capped = " ".join(called(labels, *kept, "2", "--quiet").output.split())
    assert "--cap-calls covers all sessions: the same command goes on with a higher one." in capped
    spent = len(model.answers)
    said = refused(labels, *kept, "2")
    assert f"it covers all sessions, {spent} calls were made already" in said
    assert f"give {spent + 2} at least" in said and len(model.answers) == spent
    for cap in range(spent + 2, ASKED + 2):
        ran(labels, *kept, str(cap))
    assert ran(labels, *kept, "1")["n"] == len(TRUTH)  # nothing is left
    assert len(model.answers) == ASKED
