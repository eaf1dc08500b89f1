"""Several targets in turn: checked first, asked one after another, capped together, resumable."""

from __future__ import annotations

import json
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import msgspec
import pytest
from runs import totals_of

from auscult import api
from auscult import several as module
from auscult.api import make_plan
from auscult.core.errors import PlanError, RunError, UsageError
from auscult.engine.plan import Limits, Plan, Price
from auscult.engine.run import Options
from auscult.engine.view import RunView
from auscult.report.several_page import PAGE, RECORD
from auscult.several import (
    SeveralRuns,
    Spent,
    Turn,
    audit_several,
    compare_turns,
    limits_of,
    raise_failures,
    run_in_turn,
    spent_in,
    turns_of,
)

RIGHT, POOR, CRASH = "scripted/right?p=0.9", "scripted/right?p=0.5&seed=1", "scripted/crash?n=7"
CASES = 12


@pytest.fixture(scope="module")
def questions(tmp_path_factory: pytest.TempPathFactory) -> Path:
    file = tmp_path_factory.mktemp("asked") / "q.jsonl"
    rows = [
        {"question": f"Patient {i} is ill. What is it?", "answer_idx": "ABCD"[i % 4],
         "options": {letter: f"disease {letter}{i}" for letter in "ABCD"}}
        for i in range(CASES)
    ]  # fmt: skip
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return file


def plans(questions: Path, *targets: str, **more: Any) -> list[Plan]:
    """One call a case."""
    given = {
        "data": [f"medqa={questions}"], "suite_options": {"repeats": 1, "options_only": False},
        **more,
    }  # fmt: skip
    return [make_plan("knowledge", target=target, **given) for target in targets]


def asked(turns: list[Turn], **options: Any) -> None:
    run_in_turn(turns, Options(**options), lambda *_: nullcontext())


@pytest.fixture
def no_reports(monkeypatch: pytest.MonkeyPatch) -> None:
    """For tests that count calls alone: a dossier each would take most of their time."""
    monkeypatch.setattr(api.Run, "report", lambda self: self.folder)


def calls(turn: Turn) -> int:
    found = totals_of(turn.folder)
    return found["target"].calls if found else 0


# --- what is checked before anything is asked -----------------------------------------------------


def test_all_faults_of_all_targets_are_told_at_once(questions: Path, tmp_path: Path) -> None:
    wrong = plans(questions, RIGHT, "scripted/nobody", "openai/x", "scripted/right?p=2")
    with pytest.raises(PlanError) as told:
        turns_of(wrong, tmp_path / "out")
    assert [fault.where for fault in told.value.faults] == [
        "--target scripted/nobody", "--target openai/x",
        "--target scripted/right?p=2, scripted/right options",
    ]  # fmt: skip
    assert not (tmp_path / "out").exists()


def test_a_fault_of_the_suite_is_told_once(questions: Path) -> None:
    wrong = plans(questions, RIGHT, POOR, suite_options={"repeats": "many"})
    with pytest.raises(PlanError) as told:
        turns_of(wrong)
    assert len(told.value.faults) == 1


@pytest.mark.parametrize(
    ("second", "said"),
    [(RIGHT, "given twice"), (f"{RIGHT}&seed=0", f"the same target as '{RIGHT}'")],
)
def test_a_target_is_named_once(questions: Path, second: str, said: str) -> None:
    with pytest.raises(PlanError, match="name each target once") as told:
        turns_of(plans(questions, RIGHT, second))
    assert told.value.faults[0].what == said


@pytest.mark.parametrize("targets", [(), (RIGHT,)])
def test_one_target_is_nothing_to_compare(questions: Path, targets: tuple[str, ...]) -> None:
    with pytest.raises(UsageError, match="name at least two"):
        turns_of(plans(questions, *targets))


def test_one_cap_on_money_wants_one_currency(questions: Path) -> None:
    prices = {"scripted/right": Price(1, 1, "EUR"), "scripted/oracle": Price(1, 1, "USD")}
    two = (RIGHT, "scripted/oracle")
    with pytest.raises(PlanError, match="EUR and USD"):
        turns_of(plans(questions, *two, prices=prices, limits=Limits(money=5)))
    turns_of(plans(questions, *two, prices=prices))


def test_a_run_of_one_target_is_not_taken_for_a_folder_of_several(
    questions: Path, tmp_path: Path
) -> None:
    _, turns = turns_of(plans(questions, RIGHT, POOR, limit=2), tmp_path / "out")
    asked(turns[:1])
    with pytest.raises(UsageError, match="is a run of one target"):
        turns_of(plans(questions, RIGHT, POOR), turns[0].folder)


# --- where the runs lie ---------------------------------------------------------------------------


def test_a_further_target_joins_those_that_are_there(questions: Path) -> None:
    two, runs = turns_of(plans(questions, RIGHT, POOR))
    three, more = turns_of(plans(questions, "scripted/oracle", POOR, RIGHT))
    assert two == three
    assert {turn.folder for turn in runs} < {turn.folder for turn in more}
    other, _ = turns_of(plans(questions, RIGHT, POOR, seed=1))
    assert other != two


# --- the sequence ---------------------------------------------------------------------------------


def test_the_same_again_asks_nothing_and_says_the_same(questions: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "targets": [RIGHT, POOR], "data": [f"medqa={questions}"], "out": tmp_path / "out",
        "suite_options": {"repeats": 1, "options_only": False}, "limits": Limits(calls=60),
    }  # fmt: skip
    first = audit_several("knowledge", **given)
    page = (tmp_path / "out" / PAGE).read_bytes()
    again = audit_several("knowledge", **given)
    assert [calls(turn) for turn in again.turns] == [CASES, CASES]
    assert (tmp_path / "out" / PAGE).read_bytes() == page
    assert first.dossier == again.dossier == tmp_path / "out" / PAGE
    assert (tmp_path / "out" / RECORD).is_file()
    for turn in again.turns:
        view = RunView(turn.folder)
        assert view.deviations == () and (turn.folder / "dossier" / "index.html").is_file()
        view.close()


@pytest.mark.usefixtures("no_reports")
def test_a_target_that_fails_leaves_the_others_whole_and_can_be_mended(
    questions: Path, tmp_path: Path
) -> None:
    folder, turns = turns_of(plans(questions, RIGHT, CRASH, POOR), tmp_path / "out")
    asked(turns)
    assert [turn.stopped.partition(":")[0] for turn in turns] == ["complete", "failed", "complete"]
    with pytest.raises(RunError, match=r"1 of 3 targets failed, the others are whole: 'scripted"):
        raise_failures(turns)
    runs = SeveralRuns(folder, turns)
    compare_turns(runs)
    assert runs.comparison is not None
    _, once_more = turns_of(plans(questions, RIGHT, CRASH, POOR), tmp_path / "out")
    asked(once_more)
    assert once_more[1].stopped == "complete" and calls(once_more[1]) >= CASES
    raise_failures(once_more)


@pytest.mark.usefixtures("no_reports")
def test_a_run_in_use_fails_by_itself(questions: Path, tmp_path: Path) -> None:
    from auscult.engine.ledger import Ledger

    _, turns = turns_of(plans(questions, RIGHT, POOR, limit=2), tmp_path / "out")
    held = Ledger(turns[0].folder)
    try:
        asked(turns)
    finally:
        held.close()
    assert turns[0].stopped.startswith("failed:") and turns[1].stopped == "complete"
    with pytest.raises(RunError, match="the others are whole"):
        raise_failures(turns)


@pytest.mark.usefixtures("no_reports")
def test_with_fewer_than_two_runs_there_is_no_page(questions: Path, tmp_path: Path) -> None:
    folder, turns = turns_of(plans(questions, RIGHT, "scripted/crash?n=0", limit=2), tmp_path / "o")
    asked(turns)
    runs = SeveralRuns(folder, turns)
    compare_turns(runs)
    assert runs.dossier is None and not (folder / PAGE).exists()


# --- caps -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("no_reports")
def test_caps_hold_over_all_targets_together(questions: Path, tmp_path: Path) -> None:
    three = (RIGHT, POOR, "scripted/oracle")
    _, turns = turns_of(plans(questions, *three, limits=Limits(calls=15)), tmp_path / "out")
    asked(turns)
    assert [calls(turn) for turn in turns] == [5, 5, 5]
    assert all(turn.stopped == "calls cap" for turn in turns)
    _, more = turns_of(plans(questions, *three, limits=Limits(calls=27)), tmp_path / "out")
    asked(more)
    assert [calls(turn) for turn in more] == [9, 9, 9]


@pytest.mark.usefixtures("no_reports")
def test_what_one_does_not_need_the_next_may_have(questions: Path, tmp_path: Path) -> None:
    _, turns = turns_of(
        plans(questions, RIGHT, POOR, limits=Limits(calls=2 * CASES - 4)), tmp_path / "out"
    )
    turns[0].plan = msgspec.structs.replace(
        turns[0].plan,
        suites=tuple(msgspec.structs.replace(s, limit=2) for s in turns[0].plan.suites),
    )
    asked(turns)
    assert [calls(turn) for turn in turns] == [2, CASES]


@pytest.mark.usefixtures("no_reports")
def test_nothing_left_is_nothing_asked(questions: Path, tmp_path: Path) -> None:
    _, turns = turns_of(plans(questions, RIGHT, POOR, limits=Limits(calls=8)), tmp_path / "out")
    asked(turns)
    _, less = turns_of(plans(questions, RIGHT, POOR, limits=Limits(calls=6)), tmp_path / "out")
    asked(less)
    assert [turn.stopped for turn in less] == ["not asked: the caps are used up"] * 2
    assert [calls(turn) for turn in less] == [4, 4]


def test_shares_of_every_cap(questions: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    limits = Limits(calls=100, tokens=1000, money=10.0, minutes=6.0)
    _, turns = turns_of(plans(questions, RIGHT, POOR, "scripted/oracle"))
    for turn in turns:
        turn.plan = msgspec.structs.replace(turn.plan, limits=limits)
    spent = dict(
        zip(
            [turn.folder for turn in turns],
            [Spent(20, 100, 1.0, 1.0), Spent(10, 100, 0.0, 0.5), Spent()],
            strict=True,
        )
    )
    monkeypatch.setattr(module, "spent_in", spent.__getitem__)
    second = limits_of(turns, 1)
    assert second is not None
    assert (second.calls, second.tokens) == (10 + 35, 100 + 400)
    assert second.money == pytest.approx(4.5)
    assert second.minutes == pytest.approx(0.5 + 2.25)
    last = limits_of(turns, 2)
    assert last is not None and last.calls == 70


@pytest.mark.usefixtures("no_reports")
def test_what_was_spent_counts_calls_without_an_answer(questions: Path, tmp_path: Path) -> None:
    assert spent_in(tmp_path) == Spent()
    _, turns = turns_of(plans(questions, RIGHT, POOR, limit=3), tmp_path / "out")
    asked(turns)
    found = spent_in(turns[0].folder)
    assert (found.calls, found.complete) == (3, True)
    assert found.tokens > 0 and found.minutes > 0
