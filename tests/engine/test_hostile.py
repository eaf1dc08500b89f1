"""What a hostile reader of the engine found: each finding stays found."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from auscult_testkit import suite as testkit_suite
from auscult_testkit import target as testkit_target
from runs import plan_for, run, totals_of, trials_of

import auscult
from auscult.api import make_plan
from auscult.cli.running import _masked
from auscult.core.errors import PlanError, RunError, TargetUnusable, UsageError
from auscult.core.message import Reply, Request, Usage
from auscult.core.verdict import Verdict
from auscult.engine.ledger import open_reader
from auscult.engine.ledger_file import RESERVE_NAME
from auscult.engine.plan import SuitePlan
from auscult.engine.purge import purge
from auscult.engine.view import RunView

TestTarget, TestSuite = testkit_target.TestTarget, testkit_suite.TestSuite


LONE = "half of a pair: \ud800"


@pytest.mark.parametrize(
    "bad",
    [
        Reply(text="A", usage=Usage(2**70, 1)),
        Reply(text="A", usage=Usage(1, 2**70)),
        Reply(text="A", usage=Usage(1, 1, cached_tokens=2**70)),
        Reply(text="A", usage=Usage(1, 1, reasoning_tokens=2**70)),
        Reply(text=LONE),
        Reply(text="A", reasoning=LONE),
        Reply(text="A", model=LONE),
        Reply(text="A", fingerprint=LONE),
        Reply(text="A", cause=LONE),
    ],
    ids=["read", "wrote", "cached", "thought", "text", "reasoning", "model", "print", "cause"],
)
def test_a_reply_no_file_can_hold_is_an_error_and_the_run_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, bad: Reply
) -> None:
    async def answer(self: Any, request: Request) -> Reply:
        return bad if "Case 7." in request.messages[0].text else Reply(text="A")

    monkeypatch.setattr(TestTarget, "answer", answer)
    assert run(plan_for(suite_options={"count": 20}), tmp_path).stopped == "complete"
    assert [row[14] for row in trials_of(tmp_path) if row[12] == "error"] == ["unstorable"]


def test_a_record_no_file_can_hold_blames_the_suite_and_never_hangs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        bench.arm("plain").record(thing=object())

    monkeypatch.setattr(TestSuite, "examine", examine)
    outcome = run(plan_for(suite_options={"count": 20}), tmp_path)
    assert isinstance(outcome.error, RunError) and "fault of the suite" in str(outcome.error)


@pytest.mark.parametrize("score", [1.5, -0.001, float("nan"), float("inf")])
@pytest.mark.parametrize("swallowed", [False, True])
def test_a_score_outside_its_range_stops_the_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, score: float, swallowed: bool
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        arm = bench.arm("plain")
        good = Verdict("letter", "1", "answered", 1.0)
        if "Case 3." not in case.text:
            arm.record(good, Verdict("other", "1", "answered", 0.0), Verdict("x", "1", "refused"))
            return
        try:
            arm.record(good, Verdict("other", "1", "answered", score))
        except RunError:
            if not swallowed:
                raise

    monkeypatch.setattr(TestSuite, "examine", examine)
    outcome = run(plan_for(suite_options={"count": 12}, limits={"concurrency": 1}), tmp_path)
    assert isinstance(outcome.error, RunError)
    said = str(outcome.error)
    assert f"the score {score} of the judge 'other' under 'plain.0'" in said
    assert "from 0 to 1, or none" in said and "\n" not in said
    assert {row[13] for row in trials_of(tmp_path)} <= {0.0, 1.0, None}


def test_a_fault_of_a_suite_stops_the_run_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        await bench.arm("plain").ask([testkit_suite.user("hello")])
        raise RuntimeError("made to fail")

    monkeypatch.setattr(TestSuite, "examine", examine)
    outcome = run(plan_for(suite_options={"count": 300}, limits={"concurrency": 4}), tmp_path)
    assert "RuntimeError: made to fail" in str(outcome.error)
    assert totals_of(tmp_path)["target"].calls < 40
    assert RunView(tmp_path).stopped.startswith("failed")


def test_a_stray_exception_of_a_target_is_its_behaviour(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(self: Any, request: Request) -> Reply:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(TestTarget, "answer", answer)
    assert run(plan_for(suite_options={"count": 5}), tmp_path).stopped == "complete"
    assert {(row[12], row[14]) for row in trials_of(tmp_path)} == {("error", "exception")}


def test_a_token_cap_is_not_renewed_where_no_usage_is_reported(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(self: Any, request: Request) -> Reply:
        return Reply(text="A")

    monkeypatch.setattr(TestTarget, "answer", answer)
    plan = plan_for(suite_options={"count": 400}, limits={"tokens": 5000})
    assert run(plan, tmp_path).stopped == "tokens cap"
    calls = totals_of(tmp_path)["target"].calls
    assert run(plan, tmp_path).stopped == "tokens cap"
    assert totals_of(tmp_path)["target"].calls <= calls + 2
    assert totals_of(tmp_path)["target"].charged <= 5000


def test_an_endpoint_that_overspends_is_stopped_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def answer(self: Any, request: Request) -> Reply:
        return Reply(text="A", usage=Usage(40, 4000))

    monkeypatch.setattr(TestTarget, "answer", answer)
    plan = plan_for(suite_options={"count": 400}, limits={"tokens": 50_000, "concurrency": 4})
    assert run(plan, tmp_path).stopped == "tokens cap"
    assert totals_of(tmp_path)["target"].charged <= 50_000 + 16 * 4040  # what was under way


@pytest.mark.parametrize("concurrency", [1, 16, 128])
def test_how_much_a_cap_buys_does_not_depend_on_concurrency(
    tmp_path: Path, concurrency: int
) -> None:
    plan = plan_for(
        suite_options={"count": 2000}, limits={"tokens": 4000, "concurrency": concurrency}
    )
    assert run(plan, tmp_path).stopped == "tokens cap"
    assert totals_of(tmp_path)["target"].calls > 300  # 11 tokens each


def test_a_wrong_key_spends_nothing_of_a_cap(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = TestTarget.answer

    async def refused(self: Any, request: Request) -> Reply:
        raise TargetUnusable("wrong key")

    plan = plan_for(suite_options={"count": 40}, limits={"calls": 40})
    monkeypatch.setattr(TestTarget, "answer", refused)
    for _ in range(3):
        assert isinstance(run(plan, tmp_path).error, TargetUnusable)
    assert RunView(tmp_path).unresolved == 0
    monkeypatch.setattr(TestTarget, "answer", good)
    assert run(plan, tmp_path).stopped == "complete"


def test_an_exact_cap_buys_the_rest_of_a_case_cut_in_the_middle(tmp_path: Path) -> None:
    def plan(crash_after: int):  # type: ignore[no-untyped-def]
        target = f"testkit/x?crash_after={crash_after}"
        return plan_for(
            target=target, suite_options={"count": 20, "turns": 3},
            limits={"calls": 60, "concurrency": 4},
        )  # fmt: skip

    for _ in range(6):
        if run(plan(11), tmp_path).stopped == "complete":
            break
    assert totals_of(tmp_path)["target"].calls == 60
    assert RunView(tmp_path).suites[0].finished == 20


def test_a_step_given_up_stays_given_up_when_more_retries_are_allowed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    dies = [True]

    async def answer(self: Any, request: Request) -> Reply:
        asked.append(len(request.messages))
        if len(request.messages) == 1:
            return Reply.error("down", retry=True)
        if dies[0]:
            raise TargetUnusable("made to fail")
        return Reply(text="A")

    def plan(retries: int):  # type: ignore[no-untyped-def]
        return plan_for(
            suite_options={"count": 1, "turns": 2}, limits={"retries": retries, "concurrency": 1}
        )

    monkeypatch.setattr(TestTarget, "answer", answer)
    assert isinstance(run(plan(0), tmp_path).error, TargetUnusable)
    dies[0] = False
    assert run(plan(2), tmp_path).stopped == "complete"
    assert asked == [1, 3, 3]  # the first step was journalled as given up, and is not asked again


def test_an_accepted_change_of_code_asks_the_new_cases(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(plan_for(suite_options={"count": 10}), tmp_path)
    other = make_plan("knowledge", target="testkit/x", limit=5)
    run(other, tmp_path, accept_changes=True)
    assert all(row[2].startswith("knowledge/") for row in trials_of(tmp_path))


def test_a_purge_forgets_the_dictionary_too(tmp_path: Path) -> None:
    plan = plan_for(suite_options={"count": 450, "words": 40}, limits={"concurrency": 1})
    run(plan, tmp_path)
    reader = open_reader(tmp_path)
    assert reader._db.execute("SELECT count(*) FROM dictionaries").fetchone()[0] == 1
    reader.close()
    before = trials_of(tmp_path)
    purge(tmp_path)
    planted = b"felt no better"
    assert all(planted not in f.read_bytes() for f in tmp_path.rglob("*") if f.is_file())
    assert trials_of(tmp_path) == before
    with pytest.raises(UsageError, match="purged"):
        run(plan, tmp_path)


def test_a_suite_that_catches_everything_cannot_turn_a_stop_into_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def examine(self: Any, case: Any, bench: Any) -> None:
        arm = bench.arm("plain")
        try:
            await arm.ask([testkit_suite.user(case.text)])
            arm.record(Verdict("letter", "1", "answered", 1.0))
        except Exception:  # noqa: BLE001 - the fault on trial
            arm.record(Verdict("letter", "1", "error"))

    monkeypatch.setattr(TestSuite, "examine", examine)
    run(plan_for(target="testkit/x?crash_after=20", suite_options={"count": 60}), tmp_path)
    assert {row[12] for row in trials_of(tmp_path)} <= {"answered"}


def test_the_table_follows_the_ledger(tmp_path: Path) -> None:
    how = {"target": "scripted/oracle", "out": tmp_path, "suite_options": {"repeats": 1}}
    assert auscult.audit("knowledge", limit=10, **how).trials()["case_id"].n_unique() == 10
    more = auscult.audit("knowledge", limit=25, report=False, **how)
    assert more.trials()["case_id"].n_unique() == 25
    assert any("limit" in word for word in more.view.deviations)


def test_the_same_suite_twice_is_refused(tmp_path: Path) -> None:
    plan = plan_for()
    twice = msgspec.structs.replace(plan, suites=(SuitePlan("testkit"), SuitePlan("testkit")))
    with pytest.raises(PlanError, match="stands in the plan already"):
        run(twice, tmp_path)


def test_another_system_behind_the_same_name_is_refused(tmp_path: Path) -> None:
    run(plan_for(target="openai/m?base_url=http://127.0.0.1:9/v1", limits={"retries": 0},
                 suite_options={"count": 2}), tmp_path)  # fmt: skip
    with pytest.raises(UsageError, match="endpoint"):
        run(plan_for(target="openai/m?base_url=http://127.0.0.1:10/v1", limits={"retries": 0},
                     suite_options={"count": 2}), tmp_path)  # fmt: skip


def test_secrets_on_the_command_line_are_masked_in_every_form() -> None:
    for said in ("api_key=sk-1234567890", "--option=api_key=sk-1234567890"):
        assert "sk-1" not in _masked(said)
    assert _masked("--limit=5") == "--limit=5"


def test_a_folder_of_other_things_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("mine")
    tmp_path.chmod(0o755)
    with pytest.raises(UsageError, match="holds other files"):
        run(plan_for(), tmp_path)
    assert tmp_path.stat().st_mode & 0o777 == 0o755


def test_a_run_killed_before_it_had_a_ledger_is_begun_again(tmp_path: Path) -> None:
    (tmp_path / "run.lock").write_text("12345")
    (tmp_path / RESERVE_NAME).write_bytes(b"0" * 100)
    (tmp_path / ".probe").write_bytes(b"")
    assert run(plan_for(), tmp_path).stopped == "complete"


def test_a_damaged_index_is_built_again(tmp_path: Path) -> None:
    plan = plan_for(suite_options={"count": 30}, limits={"calls": 10})
    run(plan, tmp_path)
    (tmp_path / "cases.db").write_bytes(b"rubbish " * 500)
    more = msgspec.structs.replace(plan, limits=msgspec.structs.replace(plan.limits, calls=None))
    assert run(more, tmp_path).stopped == "complete"
