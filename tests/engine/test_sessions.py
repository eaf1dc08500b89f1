"""A system that keeps the conversation itself is met again from turn one, never half way."""

from __future__ import annotations

from pathlib import Path

from runs import plan_for, run, totals_of, trials_of

from auscult.core.errors import TargetUnusable
from auscult.engine.view import RunView

CASES, TURNS = 30, 3
SUITE = {"count": CASES, "turns": TURNS}


def test_after_a_crash_the_conversation_starts_again_and_the_lost_turns_stay_charged(
    tmp_path: Path,
) -> None:
    def plan(crash_after: int):  # type: ignore[no-untyped-def]
        target = f"testkit/x?sessions=1&latency=0.01&crash_after={crash_after}"
        return plan_for(target=target, suite_options=SUITE, limits={"concurrency": 4})

    outcome = run(plan(41), tmp_path)
    assert isinstance(outcome.error, TargetUnusable)
    before = totals_of(tmp_path)["target"].calls
    finished = RunView(tmp_path).suites[0].finished
    assert before > finished * TURNS  # some conversations were cut
    # the same plan: what made it crash belongs to the plan here, so accept nothing, ask the same
    outcome = run(plan(41), tmp_path)
    while outcome.error is not None:
        outcome = run(plan(41), tmp_path)
    rows = trials_of(tmp_path)
    assert len(rows) == CASES and {row[12] for row in rows} == {"answered"}
    assert max(row[9] for row in rows) >= 1
    assert totals_of(tmp_path)["target"].calls > CASES * TURNS
    turns = RunView(tmp_path).transcript("testkit", rows[0][2], "plain")
    assert [m.role for m in turns] == ["user", "assistant"] * TURNS


def test_a_conversation_lost_in_mid_run_is_asked_again_whole(tmp_path: Path) -> None:
    plan = plan_for(target="testkit/x?sessions=1&forgets=0.05", suite_options=SUITE)
    outcome = run(plan, tmp_path)
    assert outcome.stopped == "complete"
    rows = trials_of(tmp_path)
    assert {row[12] for row in rows} == {"answered"} and len(rows) == CASES
    assert totals_of(tmp_path)["target"].calls >= CASES * TURNS


def test_a_system_that_keeps_no_conversation_is_said_to(tmp_path: Path) -> None:
    plan = plan_for(target="testkit/x?sessions=1&forgets=1", suite_options=SUITE)
    outcome = run(plan, tmp_path)
    assert isinstance(outcome.error, TargetUnusable)
    assert "lost the conversation" in str(outcome.error)
