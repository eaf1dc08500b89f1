"""Running, stopping, resuming, extending, refusing."""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
from auscult_testkit import target as testkit_target
from runs import estimates_of, plan_for, run, totals_of, trials_of

import auscult
from auscult.core.errors import LedgerError, PlanError, UsageError
from auscult.core.message import Reply, Request
from auscult.engine.ledger import Ledger
from auscult.engine.view import RunView

DRAWS = {"count": 60, "turns": 2, "draws": True}


def test_same_trials_at_any_concurrency_with_shuffled_latency(tmp_path: Path) -> None:
    slow = plan_for(suite_options=DRAWS, limits={"concurrency": 1})
    wide = plan_for(
        target="testkit/x?latency=0.02", suite_options=DRAWS, limits={"concurrency": 64}
    )
    run(slow, tmp_path / "one")
    run(wide, tmp_path / "many")
    assert len(trials_of(tmp_path / "one")) == 60
    assert trials_of(tmp_path / "one") == trials_of(tmp_path / "many")
    assert estimates_of(tmp_path / "one") == estimates_of(tmp_path / "many")


def test_an_identical_plan_resumes_and_asks_nothing_twice(tmp_path: Path) -> None:
    plan = plan_for(suite_options=DRAWS)
    run(plan, tmp_path)
    before = trials_of(tmp_path)
    again = run(plan, tmp_path)
    assert again.stopped == "complete" and again.finished == 60
    assert totals_of(tmp_path)["target"].calls == 120
    assert trials_of(tmp_path) == before


def test_a_larger_limit_extends_and_keeps_the_order(tmp_path: Path) -> None:
    run(plan_for(suite_options=DRAWS, limit=20), tmp_path / "a")
    first = trials_of(tmp_path / "a")
    run(plan_for(suite_options=DRAWS, limit=45), tmp_path / "a")
    run(plan_for(suite_options=DRAWS, limit=45), tmp_path / "b")
    assert set(first) <= set(trials_of(tmp_path / "a"))
    assert trials_of(tmp_path / "a") == trials_of(tmp_path / "b")
    assert totals_of(tmp_path / "a")["target"].calls == 90


@pytest.mark.parametrize(
    ("change", "named"),
    [({"seed": 5}, "plan seed"), ({"limit": 10}, "limit"), ({"system": "x"}, "target.system")],
)
def test_any_other_difference_is_refused_and_named(
    tmp_path: Path, change: dict[str, object], named: str
) -> None:
    run(plan_for(suite_options=DRAWS, limit=20), tmp_path)
    other = {"suite_options": DRAWS, "limit": 20, **change}
    with pytest.raises(UsageError, match=named):
        run(plan_for(**other), tmp_path)
    assert totals_of(tmp_path)["target"].calls == 40


def test_accepted_changes_ask_again_and_are_told(tmp_path: Path) -> None:
    run(plan_for(suite_options=DRAWS, limit=20), tmp_path)
    run(plan_for(suite_options=DRAWS, limit=20, seed=5), tmp_path, accept_changes=True)
    view = RunView(tmp_path)
    assert totals_of(tmp_path)["target"].calls == 80
    assert view.suites[0].finished == 20 and view.suites[0].attempt == 1
    assert any("seed" in word for word in view.deviations)


def test_a_cap_on_calls_holds_and_leaves_a_finished_prefix(tmp_path: Path) -> None:
    plan = plan_for(
        target="testkit/x?latency=0.005", suite_options=DRAWS,
        limits={"calls": 51, "concurrency": 8},
    )  # fmt: skip
    outcome = run(plan, tmp_path)
    view = RunView(tmp_path)
    assert outcome.stopped == "calls cap"
    assert totals_of(tmp_path)["target"].calls == 50  # 25 cases of 2; the 51st buys no case
    assert view.suites[0].prefix == 25 and view.suites[0].beyond == 0
    assert run(plan, tmp_path).stopped == "calls cap"
    assert totals_of(tmp_path)["target"].calls == 50
    more = msgspec.structs.replace(plan, limits=msgspec.structs.replace(plan.limits, calls=None))
    assert run(more, tmp_path).stopped == "complete"


def test_a_token_cap_holds_at_the_worst_case(tmp_path: Path) -> None:
    plan = plan_for(suite_options=DRAWS, limits={"tokens": 900})
    assert run(plan, tmp_path).stopped == "tokens cap"
    used = totals_of(tmp_path)["target"]
    assert 0 < used.input_tokens + used.output_tokens <= 900


def test_a_time_cap_is_cumulative(tmp_path: Path) -> None:
    plan = plan_for(
        target="testkit/x?latency=0.02", suite_options={"count": 5000},
        limits={"minutes": 0.01, "concurrency": 4},
    )  # fmt: skip
    assert run(plan, tmp_path).stopped == "time cap"
    calls = totals_of(tmp_path)["target"].calls
    assert 0 < calls < 5000
    assert run(plan, tmp_path).stopped == "time cap"
    assert totals_of(tmp_path)["target"].calls <= calls * 1.5  # little time is left


def test_a_money_cap_with_an_unknown_price_refuses_to_start(tmp_path: Path) -> None:
    plan = plan_for(target="openai/m?base_url=http://example.invalid/v1", limits={"money": 1.0})
    with pytest.raises(PlanError, match="price of target is unknown"):
        run(plan, tmp_path)


def test_errors_are_retried_whole_as_a_new_attempt(tmp_path: Path) -> None:
    plan = plan_for(target="testkit/x?p_error=0.3", suite_options=DRAWS)
    run(plan, tmp_path)
    errors = [row for row in trials_of(tmp_path) if row[12] == "error"]
    assert 5 < len(errors) < 40
    run(plan, tmp_path, retry_errors=True)
    after = trials_of(tmp_path)
    assert {row[9] for row in after} == {0, 1}
    assert sum(row[9] == 1 for row in after) == len(errors)
    untouched = {row for row in after if row[9] == 0}
    assert len(untouched) == 60 - len(errors)


def test_a_second_process_on_a_run_is_refused(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    try:
        with pytest.raises(LedgerError, match="in use by another auscult process"):
            run(plan_for(suite_options=DRAWS), tmp_path)
    finally:
        ledger.close()


def test_run_directories_are_private(tmp_path: Path) -> None:
    run(plan_for(suite_options=DRAWS), tmp_path / "r")
    assert stat.S_IMODE((tmp_path / "r").stat().st_mode) == 0o700
    assert stat.S_IMODE((tmp_path / "r" / "run.db").stat().st_mode) == 0o600
    assert not (tmp_path / "r" / "run.reserve").exists()


@pytest.fixture
def open_umask() -> Iterator[None]:
    """As where the library is used and nobody has set one for it."""
    before = os.umask(0o022)
    yield
    assert os.umask(before) == 0o022, "a library leaves the process's umask alone"


def open_to_others(folder: Path) -> list[str]:
    return [
        path.name
        for path in (folder, *sorted(folder.rglob("*")))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_every_file_of_a_run_is_private_whoever_makes_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, open_umask: None
) -> None:
    folder = tmp_path / "r"
    seen: set[str] = set()
    loose: list[str] = []
    answer = testkit_target.TestTarget.answer

    async def looking(self: Any, request: Request) -> Reply:
        loose.extend(open_to_others(folder))
        seen.update(path.name for path in folder.iterdir())
        return await answer(self, request)

    monkeypatch.setattr(testkit_target.TestTarget, "answer", looking)
    made = auscult.audit("testkit", target="testkit/x", suite_options={"count": 3}, out=folder)
    assert {"run.db", "run.lock", "run.reserve", "cases.db"} <= seen and loose == []
    assert (folder / "dossier" / "index.html").exists() and open_to_others(folder) == []
    for path in folder.rglob("*"):  # a run of an earlier version
        path.chmod(0o755 if path.is_dir() else 0o644)
    made.report()
    assert open_to_others(folder) == []


def test_names_that_are_not_known_get_a_suggestion(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match="Did you mean 'testkit'"):
        run(plan_for(suite="teskit"), tmp_path)


def test_an_empty_suite_says_so(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no case to ask"):
        run(plan_for(suite_options={"count": 0}), tmp_path)


def test_the_transcript_of_a_conversation_has_each_turn_once(tmp_path: Path) -> None:
    run(plan_for(suite_options=DRAWS), tmp_path)
    turns = RunView(tmp_path).transcript("testkit", "t-7", "plain")
    assert [m.role for m in turns] == ["user", "assistant", "user", "assistant"]
    assert turns[2].text == "Are you sure?"
