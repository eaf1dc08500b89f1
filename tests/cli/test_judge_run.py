"""auscult judge RUN --with JUDGE: what it asks for, says and shows."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from asking_judge import NAME as ASKING
from asking_judge import installed
from runs import run
from typer.testing import CliRunner

from auscult.api import audit, open_run
from auscult.cli.main import app
from auscult.core.errors import UsageError
from auscult.engine import rejudge_forecast
from auscult.engine.plan import Plan, RolePlan, SuitePlan
from auscult.kit.panel import kin

MODULE = "model_of_judge_run"
PLAYED = ("--judge-model", f"python/{MODULE}:answer?local=true")
PAID = ("--judge-model", f"python/{MODULE}:answer")
TRIALS = 12


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    module, heard = ModuleType(MODULE), []

    def answer(messages: list[dict[str, Any]]) -> str:
        heard.append(messages[-1]["content"])
        return "yes"

    vars(module)["answer"] = answer
    monkeypatch.setitem(sys.modules, MODULE, module)
    with installed():
        yield heard


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("judge-run") / "run"
    audit("knowledge", target="scripted/verbose?p=0.6&seed=3", limit=4, out=folder)
    return folder


@pytest.fixture
def folder(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "run"))


def called(*arguments: object) -> Any:
    words = ["judge", *map(str, arguments)]
    return CliRunner().invoke(app, words, catch_exceptions=False)


def test_it_says_how_far_two_judges_agree(folder: Path) -> None:
    done = called(folder, "--with", "choice")
    assert done.exit_code == 0
    said = " ".join(done.output.split())
    assert f"{TRIALS} of {TRIALS} trials were judged again." in said
    assert "Neither is the truth" in said and "verdicts that a headline reads" in said
    page = (folder / "dossier" / "index.html").read_text()
    assert "Judged again" in page and f"{TRIALS} of {TRIALS} trials were judged again." in page


def test_a_dossier_without_a_second_judge_says_nothing_of_one(folder: Path) -> None:
    assert "Judged again" not in (folder / "dossier" / "index.html").read_text()


def test_json_holds_every_figure(folder: Path, asked: list[str]) -> None:
    told = json.loads(called(folder, "--with", ASKING, *PLAYED, "--json").stdout)
    assert (told["judge"], told["version"], told["stopped"]) == (ASKING, "1", "complete")
    assert told["judge_model"].startswith(f"python/{MODULE}")
    assert told["trials"]["judged"] == TRIALS == len(asked)
    (one,) = told["agreement"]
    trials = open_run(folder).trials()
    right = int(trials["score"].sum())
    assert (one["suite"], one["judge"], one["n"]) == ("knowledge", "choice", TRIALS)
    assert one["agreement"] == right / TRIALS and one["behaviour_agreement"]["value"] == 1.0
    assert one["confusion"] == {"answered, 0": {"answered, 1": TRIALS - right},
                                "answered, 1": {"answered, 1": right}}  # fmt: skip
    assert one["interval"][0] < one["agreement"] < one["interval"][1]
    assert one["kappa"]["value"] == 0.0 and one["clusters"] == 4
    accuracy = next(h for h in one["headlines"] if h["metric"] == "accuracy")
    full = trials.filter(trials["arm"].cast(str) == "baseline")
    assert accuracy["n"] == 8 and accuracy["new"] == 1.0
    assert accuracy["old"] == pytest.approx(full["score"].mean())
    assert accuracy["differ"] == 8 - int(full["score"].sum())
    assert len(one["most_different"]) == min(10, TRIALS - right)


def test_who_is_paid_is_asked_first(folder: Path, asked: list[str]) -> None:
    with pytest.raises(UsageError, match="nobody is here to ask: add --yes"):
        called(folder, "--with", ASKING, *PAID)
    assert asked == []
    done = called(folder, "--with", ASKING, *PAID, "--yes")
    assert f"{TRIALS} to {TRIALS} calls" in done.stderr and len(asked) == TRIALS


def test_a_cap_says_what_is_left(folder: Path, asked: list[str]) -> None:
    done = called(folder, "--with", ASKING, *PLAYED, "--cap-calls", "7")
    said = " ".join(done.output.split())
    assert done.exit_code == 0 and len(asked) == 6
    assert "6 are still to be judged: --cap-calls was reached" in said and "calls cap" in said
    assert "covers all sessions; the same command goes on with more." in said
    page = (folder / "dossier" / "index.html").read_text()
    assert "6 are still to be judged: --cap-calls was reached" in page


def test_a_cap_that_nothing_fits_under_is_refused_with_the_least(
    folder: Path, asked: list[str]
) -> None:
    """Each of the four cases has three trials: it would be stopped before the first, for ever."""
    capped = (folder, "--with", ASKING, *PLAYED, "--cap-calls")
    with pytest.raises(UsageError, match=r"--cap-calls 2 is too low: .* 3 calls; give 3 at least"):
        called(*capped, 2)
    assert asked == [] and not (folder / "judged").exists()
    called(*capped, 7)
    with pytest.raises(UsageError, match=r"all sessions, 6 calls were made .* give 9 at least"):
        called(*capped, 7)
    for cap in (9, 12):
        assert called(*capped, cap).exit_code == 0 and len(asked) == cap
    assert called(*capped, 1).exit_code == 0 and len(asked) == TRIALS  # nothing is left


def test_a_cap_keeps_nobody_from_what_asks_nothing(tmp_path: Path, asked: list[str]) -> None:
    audit("cares/privacy", target="scripted/right", limit=3, out=tmp_path / "run", report=False)
    done = called(tmp_path / "run", "--with", ASKING, *PAID, "--cap-calls", "1")
    said = " ".join(done.output.split())
    assert "none needs a model" in said and "were not judged" in said and asked == []
    assert "still to be judged" not in said


def test_what_only_a_later_suite_asks_is_not_spent_unasked(
    tmp_path: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first suite gives the judge no options, so that it asks nothing there."""
    monkeypatch.setattr(rejudge_forecast, "LOOKED_AT", 3)
    plan = Plan(
        RolePlan("scripted/verbose?p=0.6&seed=3"),
        (SuitePlan("cares/privacy", limit=8), SuitePlan("knowledge", limit=4)),
    )
    assert run(plan, tmp_path / "run").stopped == "complete"
    for more in ((), ("--quiet",), ("--json",)):
        with pytest.raises(UsageError, match="nobody is here to ask: add --yes"):
            called(tmp_path / "run", "--with", ASKING, *PAID, *more)
    assert asked == []
    said = " ".join(called(tmp_path / "run", "--with", ASKING, *PAID, "--yes").stderr.split())
    assert f"about {TRIALS} trials need the model: about {TRIALS} to {TRIALS} calls" in said
    assert "none needs a model" not in said and len(asked) == TRIALS


def test_a_judge_of_the_targets_family_is_flagged(
    folder: Path, asked: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    flags = ("--with", ASKING, "--judge-model", "scripted/verbose?p=0.6&seed=3")
    assert json.loads(called(folder, *flags, "--json").stdout)["kinship"] == []  # scripts have none
    monkeypatch.setattr(kin, "_NOT_MODELS", frozenset())
    (words,) = json.loads(called(folder, *flags, "--json").stdout)["kinship"]
    assert words.startswith("Self-preference: the judge in the role 'judge'")
    assert "are the same model, verbose" in words
    assert words in " ".join(called(folder, *flags).stdout.split())
    assert "are the same model, verbose" in (folder / "dossier" / "index.html").read_text()
    monkeypatch.setattr(kin, "families_of", lambda target: frozenset({"GPT"}))
    fresh = called(folder, "--with", ASKING, *PAID, "--yes")
    assert "are of one family, GPT" in " ".join(fresh.stderr.split())  # before it is spent
    assert "Self-preference" not in called(folder, "--with", "choice").output  # nobody plays it


def test_a_panel_needs_somebody_for_each_seat(folder: Path, asked: list[str]) -> None:
    with pytest.raises(UsageError, match="asks the role 'judge-2' and nobody plays it; add --role"):
        called(folder, "--with", "panel", *PLAYED)
    others = (
        f"{role}=python/{MODULE}:answer?local=true&threads=1" for role in ("judge-2", "judge-3")
    )
    flags = [word for other in others for word in ("--role", other)]
    told = json.loads(called(folder, "--with", "panel", *PLAYED, *flags, "--json").stdout)
    assert told["judge"] == "panel" and told["trials"]["waiting"] == 0
    assert (
        sum(told["trials"]["causes"].values()) + sum(told["trials"]["not_judged"].values())
        == TRIALS
    )


def test_options_reach_the_judge(folder: Path, asked: list[str]) -> None:
    given = ("--option", "score=0.5", "--option", "version=9")
    told = json.loads(called(folder, "--with", ASKING, *PLAYED, *given, "--json").stdout)
    assert (told["version"], told["options"]) == ("9", {"score": "0.5", "version": "9"})
    assert "answered, 0.5" in told["agreement"][0]["confusion"]["answered, 0"]


REFUSED = {
    ("--with", ASKING): "the target never plays it; say which with --judge-model",
    ("--with", "choise"): "Did you mean 'choice'",
    ("--with", ASKING, *PLAYED, "--option", "score"): "--option takes NAME=VALUE, not 'score'",
    ("--with", "choice", *PLAYED): "asks no model; leave --judge-model out",
    ("--with", "choice", "--role", "judge-2=scripted/right"): "'choice' asks no role 'judge-2'",
    ("--with", ASKING, *PLAYED, "--role", "juge-2=scripted/right"): "asks no role 'juge-2'",
    ("--with", ASKING, *PLAYED, "--role", "judge=scripted/right"): "--judge-model says who plays",
}


@pytest.mark.parametrize("arguments", REFUSED, ids=" ".join)
def test_what_is_refused(folder: Path, asked: list[str], arguments: tuple[str, ...]) -> None:
    with pytest.raises(UsageError) as refusal:
        called(folder, *arguments)
    assert REFUSED[arguments] in str(refusal.value)
    assert asked == [] and not (folder / "judged").exists()
