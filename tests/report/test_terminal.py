"""The summary in a terminal of 80 columns, with and without Unicode."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from fake_view import FakeSuite, FakeView
from rich.console import Console

from auscult.report.results import build_results
from auscult.report.terminal import summary


def printed(view: FakeView, *, encoding: str = "utf-8", width: int = 80) -> str:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, encoding=encoding, write_through=True)
    console = Console(file=stream, width=width, no_color=True, force_terminal=False)
    summary(view, build_results(view), console)  # type: ignore[arg-type]
    return raw.getvalue().decode(encoding)


@pytest.fixture
def view() -> FakeView:
    return FakeView(Path("runs/ward"))


def test_it_fits_in_80_columns(view: FakeView) -> None:
    assert max(len(line) for line in printed(view).splitlines()) <= 80


def test_a_bar_shows_dot_interval_and_baselines(view: FakeView) -> None:
    (row,) = (line for line in printed(view).splitlines() if line.startswith("Accuracy  "))
    bar = row[26:51]
    assert bar == "·     ◇ ◇   ├──●─┤·     ·"
    assert row[51:].split() == ["62%", "51", "to", "72%"]


def test_it_says_why_it_stopped_what_it_cost_and_what_to_do(view: FakeView) -> None:
    words = " ".join(printed(view).split())
    assert "The run stopped early, at its cap on time. 5 cases beyond the finished prefix" in words
    assert "Spent: 267 calls (3 failed), 1 more without an answer on record, 50,350 tokens" in words
    assert "tokens, cost 0.01 USD, 4 min 58 s." in words
    assert "Narrower: Accuracy to plus or minus 5 points: about 271 more cases" in words
    assert "trivial baselines: always B 27%, options alone 33%, longest option 35%" in words
    assert "84 cases, 168 answers" in words
    assert "engineering evidence, not clinician-reviewed" in words
    assert "runs/ward/dossier/index.html" in words
    assert "auscult resume runs/ward" in words


def test_a_complete_run_is_not_told_to_resume(view: FakeView) -> None:
    view.stopped = "complete"
    words = printed(view)
    assert "auscult resume" not in words
    assert "auscult show runs/ward" in words


def test_a_console_without_unicode_gets_none(view: FakeView) -> None:
    words = printed(view, encoding="ascii")
    assert ".     ^ ^   [--o-].     ." in words
    assert "-40" in words


def test_competence_not_shown_is_said(view: FakeView) -> None:
    weak = FakeView(Path("runs/ward"), competence=False, robustness=True)
    words = " ".join(printed(weak).split())
    assert "Not every trivial baseline is beaten: the score alone" in words
    assert "Flips under paraphrase (robustness) is not headlined. It presupposes" in words


def test_a_fixture_is_called_one_before_any_figure(view: FakeView) -> None:
    view.roles["target"]["identity"] = "scripted/constant"
    words = printed(view)
    assert words.index("FIXTURE, NOT A SYSTEM UNDER AUDIT") < words.index("Accuracy")


def test_an_unknown_cost_is_the_word(view: FakeView) -> None:
    view.unpriced = True
    assert "cost unknown" in " ".join(printed(view).split())


def test_nothing_to_headline_is_said(view: FakeView) -> None:
    view._plugins["knowledge"] = FakeSuite([], [])
    assert "No figure of this run may be headlined; the dossier says why." in printed(view)
