"""auscult audit regressions --from RUN as it is typed: the file, the checklist, and refusals."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from replayed import replay
from runs import plan_for, run
from typer.testing import CliRunner, Result

from auscult.cli.main import app
from auscult.cli.regressions import roles_of, with_findings
from auscult.core.errors import UsageError
from auscult.core.message import Sampling
from auscult.core.protocols import DataSet
from auscult.kit.regression.export import lines_of

WEAK = "scripted/flips?p_clean=0.95&q=1&seed=5"
EASY = DataSet("pack", "knowledge", {"edits": True, "difficulty": "easy"})


@pytest.fixture(scope="module")
def old(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("old") / "r"
    attacks = {"attacks": ["question-inversion", "dictation"], "per_case": 1}
    plan = plan_for("das/robustness", WEAK, data=(EASY,), limit=30, suite_options=attacks)
    assert run(plan, folder).stopped == "complete"
    return folder


@pytest.fixture(autouse=True)
def in_its_own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def audit(*words: str) -> Result:
    return CliRunner().invoke(app, ["audit", *words, "--yes", "--quiet"])


def replayed(old: Path, *words: str) -> Result:
    done = audit("regressions", "--from", str(old), *words)
    assert done.exit_code == 0, done.output or done.exception
    return done


def refusal(*words: str) -> str:
    done = audit(*words)
    assert isinstance(done.exception, UsageError), done.output
    return str(done.exception)


def test_the_findings_are_kept_beside_the_run_and_told_as_a_checklist(old: Path) -> None:
    done = replayed(old, "-t", "scripted/oracle", "--role", f"previous={WEAK}", "--out", "new")
    kept = Path("new.findings.jsonl").read_text().splitlines()
    number = len(kept)
    assert number > 5 and {json.loads(line)["found_on"] for line in kept} == {
        "scripted/flips?base_ms=0&p_clean=0.95&q=1&seed=5&style=bare"
    }
    assert f"Checklist of {number} findings" in done.output
    assert f"{number} findings that are mended while the previous release" in done.output
    assert done.output.count("MENDED") == number
    assert "previous release: fails it today" in done.output
    assert "One-sided" not in done.output and "findings are of" not in done.output


def test_without_the_previous_release_it_is_one_sided(old: Path) -> None:
    done = replayed(old, "-t", WEAK, "--out", "new")
    assert "One-sided: the previous release was not asked again" in done.output
    assert "STILL FAILS" in done.output and "previous release: not asked" in done.output


def test_another_previous_release_than_the_findings_are_of_is_told(old: Path) -> None:
    done = replayed(old, "-t", "scripted/oracle", "--role", "previous=scripted/oracle")
    assert "findings are of scripted/flips" in done.output
    assert len(list(Path("runs").glob("regressions-scripted-oracle-*/run.db"))) == 1


def test_the_same_command_goes_on_and_fresh_begins_again(old: Path) -> None:
    for _ in range(2):
        replayed(old, "-t", "scripted/oracle")
    assert len(list(Path("runs").glob("*/run.db"))) == 1
    replayed(old, "-t", "scripted/oracle", "--fresh")
    assert len(list(Path("runs").glob("*/run.db"))) == 2
    assert len(list(Path("runs").glob("*.findings.jsonl"))) == 2


def test_json_is_json_alone(old: Path) -> None:
    done = CliRunner().invoke(
        app, ["audit", "regressions", "--from", str(old), "-t", "scripted/oracle", "--json"]
    )
    told = json.loads(done.stdout)
    assert {e["metric"] for e in told["estimates"]} >= {"checklist", "findings that are mended"}


def test_the_file_can_be_asked_again_by_itself(old: Path) -> None:
    replayed(old, "-t", "scripted/oracle", "--out", "new")
    again = ("regressions", "-d", "findings=new.findings.jsonl", "-t", WEAK, "--out", "b")
    assert audit(*again, "--role", f"previous={WEAK}").exit_code == 0
    replayed(Path("b"), "-t", "scripted/oracle", "--out", "c")
    first, third = (Path(f"{name}.findings.jsonl").read_text() for name in ("new", "c"))
    ids = [sorted(json.loads(line)["id"] for line in text.splitlines()) for text in (first, third)]
    assert ids[0] == ids[1], "a finding keeps its name"


def test_a_folder_of_several_targets_names_the_runs_in_it(old: Path) -> None:
    for name in ("scripted-b", "scripted-a"):
        shutil.copytree(old, Path("both") / name)
    said = refusal("regressions", "--from", "both", "-t", WEAK)
    assert said == (
        "'both' is no run, but a folder of 2 runs; name one of them after --from: "
        "both/scripted-a, both/scripted-b"
    )
    assert not list(Path().glob("**/*.jsonl"))


def test_what_cannot_be_is_refused_in_a_sentence(old: Path) -> None:
    source = ("--from", str(old))
    assert "add --from RUN" in refusal("regressions", "-t", WEAK)
    assert "with the suite 'regressions' alone" in refusal("knowledge", *source, "-t", WEAK)
    assert "alone" in refusal("regressions", *source, "-d", "findings=x.jsonl", "-t", WEAK)
    assert "there is no run in" in refusal("regressions", "--from", "nowhere", "-t", WEAK)
    assert "ROLE=TARGET" in refusal("regressions", *source, "-t", WEAK, "--role", "previous")
    several = ("-t", WEAK, "-t", "scripted/oracle")
    assert "name one --target" in refusal("regressions", *source, *several)
    assert not list(Path().glob("**/*.jsonl")), "nothing is written by a command that is refused"
    replayed(old, "-t", "scripted/oracle", "--out", "mended")
    said = refusal("regressions", "--from", "mended", "-t", WEAK)
    assert "holds no finding that can be asked again" in said


def test_a_run_keeps_the_findings_that_it_began_with(old: Path) -> None:
    replayed(old, "-t", "scripted/oracle", "--out", "new")
    Path("new.findings.jsonl").write_bytes(lines_of([replay()]))
    said = refusal("regressions", "--from", str(old), "-t", "scripted/oracle", "--out", "new")
    assert "began with other findings" in said


def test_the_previous_release_is_asked_as_the_new_one_is() -> None:
    sampling = Sampling(temperature=0.3)
    found = roles_of(("previous=openai/a?x=1", "judge=openai/b"), "Be kind.", sampling)
    previous, judge = found["previous"], found["judge"]
    assert (previous.use, previous.system, previous.sampling) == (
        "openai/a?x=1", "Be kind.", sampling,
    )  # fmt: skip
    assert (judge.system, judge.sampling) == ("", Sampling())
    for wrong in (("previous=",), ("=x",), ("target=x",), ("a=b", "a=c")):
        with pytest.raises(UsageError, match="--role"):
            roles_of(wrong, "", sampling)


def test_other_audits_are_left_as_they_are() -> None:
    said = {"suites": ["knowledge"], "from_run": None, "role": ["judge=openai/b"], "data": None}
    assert with_findings(said) is said
