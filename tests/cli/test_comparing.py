"""compare and gate as they are typed: exit codes, what is printed, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import msgspec
import pytest
import typer
from command_line import refused, told
from processes import auscult

from auscult import audit
from auscult.cli.comparing import (
    beneath,
    compare_command,
    gate_command,
    read_margins,
    read_required,
    sentence,
)
from auscult.core.errors import RunError, UsageError
from auscult.core.estimate import Estimate


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `base` and `new`, 300 generated questions each, and `few` of ten."""
    folder = tmp_path_factory.mktemp("runs")
    with (folder / "q.jsonl").open("w") as file:
        for i in range(300):
            options = {letter: f"disease {letter}{i}" for letter in "ABCD"}
            row = {"question": f"Patient {i} is ill. What is it?", "options": options,
                   "answer_idx": "ABCD"[i % 4]}  # fmt: skip
            file.write(json.dumps(row) + "\n")
    for name, target, limit in [
        ("base", "scripted/right?p=0.6", None),
        ("new", "scripted/right?p=0.85&seed=2", None),
        ("few", "scripted/right?p=0.6", 10),
    ]:
        run = audit(
            "knowledge", target=target, data=[f"medqa={folder / 'q.jsonl'}"], limit=limit,
            out=folder / name, report=False, suite_options={"repeats": 1, "options_only": False},
        )  # fmt: skip
        run.view.close()
    return folder


def gated(runs: Path, run: str, base: str | None, *margins: str, **more: Any) -> int:
    """The exit code."""
    given = {"junit": None, "alpha": 0.05, "as_json": True, **more}
    require = given.pop("require", ())
    with pytest.raises(typer.Exit) as ended:
        gate_command(runs / run, None if base is None else runs / base, margins, require, **given)
    return int(ended.value.exit_code)


# --- as a process ---------------------------------------------------------------------------------


def test_a_release_that_fails_exits_4_and_leaves_its_xml(runs: Path) -> None:
    done = auscult(
        "gate", "base", "--against", "new", "--margin", "accuracy=0.05",
        "--require", "accuracy>=0.3", "--junit", "out/gate.xml", cwd=runs,
    )  # fmt: skip
    assert done.returncode == 4, told(done)
    lines = done.stdout.splitlines()
    assert any(
        line.startswith("FAIL       knowledge/accuracy: shown to be worse") for line in lines
    )
    assert any(line.startswith("PASS       knowledge/accuracy: shown to be at") for line in lines)
    assert lines[-1] == "Gate: FAIL"
    root = ElementTree.parse(runs / "out" / "gate.xml").getroot()
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("2", "1", "0")


def test_two_runs_are_compared_in_plain_words(runs: Path) -> None:
    done = auscult("compare", "new", "base", cwd=runs)
    assert done.returncode == 0, told(done)
    assert "such questions, about" in done.stdout
    assert "more were answered correctly with A than with B; 95% interval" in done.stdout
    assert "McNemar's exact test" in done.stdout and "after Holm; a difference is shown" in (
        done.stdout
    )
    assert "A is a fixture, not a system under audit" in done.stdout


def test_what_is_no_run_is_refused(runs: Path) -> None:
    done = auscult("gate", "nowhere", "--against", "base", "--margin", "0.05", cwd=runs)
    assert "'nowhere' is no run directory" in refused(done)


# --- exit codes -----------------------------------------------------------------------------------


def test_pass_fail_and_undecided(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert gated(runs, "new", "base", "0.05") == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["verdict"], found["checks"][0]["margin"]) == ("pass", 0.05)
    assert gated(runs, "base", "new", "0.05") == 4
    assert gated(runs, "base", "base", "0.05") == 0
    assert gated(runs, "few", "base", "accuracy=0.05") == 3
    assert gated(runs, "new", None, require=["accuracy>=0.7"]) == 0


def test_a_folder_without_a_run_and_a_broken_one(runs: Path, tmp_path: Path) -> None:
    for compared in ((tmp_path, runs / "base"), (runs / "base", tmp_path)):
        with pytest.raises(UsageError, match=r"is no run directory: it holds no run\.db"):
            compare_command(*compared, as_json=True)
    (tmp_path / "run.db").write_bytes(b"no ledger " * 1000)
    with pytest.raises(RunError) as broken:
        compare_command(runs / "base", tmp_path, as_json=True)
    assert broken.value.exit_code == 1


def test_nothing_compared_exits_1(
    runs: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    audit("testkit", target="testkit/x", out=tmp_path / "kit", limit=2, report=False).view.close()
    with pytest.raises(typer.Exit) as ended:
        compare_command(runs / "base", tmp_path / "kit", as_json=True)
    assert ended.value.exit_code == 1
    found = json.loads(capsys.readouterr().out)
    assert found["estimates"] == []
    assert found["not_compared"] == [
        "knowledge: B did not ask it.", "testkit: A did not ask it.",
    ]  # fmt: skip


def test_json_holds_the_sentences(runs: Path, capsys: pytest.CaptureFixture[str]) -> None:
    compare_command(runs / "new", runs / "base", as_json=True)
    found = json.loads(capsys.readouterr().out)
    first = found["estimates"][0]
    assert first["metric"] == "accuracy" and "more were answered correctly" in first["sentence"]
    assert [side["name"] for side in found["sides"]] == ["A", "B"]


# --- flags ----------------------------------------------------------------------------------------


def test_margins_are_read() -> None:
    assert read_margins(["accuracy=0.05", "knowledge/refusal rate = .1", "0.02"]) == (
        {"accuracy": 0.05, "knowledge/refusal rate": 0.1},
        0.02,
    )
    assert read_margins([]) == ({}, None)
    for wrong, said in [
        (["accuracy=five"], "takes METRIC=NUMBER"), (["x"], "takes METRIC=NUMBER"),
        (["5"], "five percentage points are 0.05"), (["0.1", "0.2"], "only one --margin"),
        (["accuracy=nan"], "five percentage points are 0.05"),
    ]:  # fmt: skip
        with pytest.raises(UsageError, match=said):
            read_margins(wrong)


def test_requirements_are_read() -> None:
    assert read_required("accuracy>=0.8") == ("accuracy", ">=", 0.8)
    assert read_required("refusal rate <= 0.05") == ("refusal rate", "<=", 0.05)
    for wrong, said in [
        ("accuracy", "quote it"), ("accuracy>0.8", "quote it"), (">=0.8", "quote it"),
        ("accuracy>=80", "0.05"), ("accuracy>=x", "METRIC>=NUMBER"),
    ]:  # fmt: skip
        with pytest.raises(UsageError, match=said):
            read_required(wrong)


# --- sentences ------------------------------------------------------------------------------------


def estimate(value: float | None, low: float, high: float, metric: str = "accuracy") -> Estimate:
    return Estimate(
        suite="knowledge", metric=metric, estimand="", value=value, low=low, high=high, arm="A",
        control_arm="B", unit="difference of proportions", note="No difference: no case is shared.",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (
            estimate(0.04, -0.01, 0.09),
            "In 100 such questions, about 4 more were answered correctly with A than with B; "
            "95% interval 1 fewer to 9 more.",
        ),
        (
            estimate(-0.10, -0.15, -0.05, "refusal rate"),
            "In 100 such questions, about 10 fewer were refused with A than with B; "
            "95% interval 5 to 15 fewer.",
        ),
        (
            estimate(0.0, -0.03, 0.03),
            "In 100 such questions, about as many were answered correctly with A as with B; "
            "95% interval 3 fewer to 3 more.",
        ),
        (
            estimate(0.004, 0.001, 0.007),
            "In 1,000 such questions, about 4 more were answered correctly with A than with B; "
            "95% interval 1 to 7 more.",
        ),
        (
            estimate(0.01, -0.02, 0.04, "excess over options-only"),
            "Excess over options only: about 1 percentage point higher with A than with B; "
            "95% interval 2 lower to 4 higher.",
        ),
        (
            estimate(0.0, -0.004, 0.004, "drift"),
            "Drift: about the same with A as with B; 95% interval 0.4 lower to 0.4 higher.",
        ),
        (estimate(None, 0, 0), "Accuracy: No difference: no case is shared."),
    ],
)
def test_a_difference_in_plain_words(found: Estimate, said: str) -> None:
    assert sentence(found) == said
    assert beneath(found) == ""


@pytest.mark.parametrize(
    ("low", "bounds", "rule", "said"),
    [
        (0.01, [0.01, 0.2], "fixed", "; a difference is shown."),
        (0.01, [-0.01, 0.2], "fixed", "no difference is shown."),
        (-0.01, [0.01, 0.2], "fixed", "no difference is shown."),
        (0.01, [0.01, 0.2], "a declared rule could stop this suite", "no claim is made, because"),
    ],
)
def test_a_claim_holds_in_both_intervals(low: float, bounds: Any, rule: str, said: str) -> None:
    extra = {"a": 0.9, "b": 0.8, "p_value": 0.01, "p_from": "a test", "rejected": True,
             "bound_interval": bounds}  # fmt: skip
    found = msgspec.structs.replace(estimate(0.1, low, 0.2), extra=extra, stop_rule=rule)
    assert said in beneath(found)
