"""Stopping rules in the real engine: what they read, in which order, and what becomes of the rest.

The target answers late when it is wrong, so whatever reads answers as they come is misled.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import msgspec
import polars as pl
import pytest
from auscult_testkit import shuffled
from auscult_testkit import suite as testkit_suite
from processes import environment
from runs import run
from stop_runs import LATE, SLOW, TENTH, calls_of, plan_of, stops_of, table, told, trials

from auscult.api import open_run
from auscult.core.errors import LedgerError, UsageError
from auscult.core.message import Reply
from auscult.core.protocols import Watched
from auscult.engine.caseindex import CaseIndex
from auscult.engine.declared import StopPlan
from auscult.engine.gate import Gate
from auscult.engine.ledger import open_reader
from auscult.engine.plan import Limits
from auscult.engine.view import RunView
from auscult.stats.stopping import HalfWidth, decide

# --- whatever comes first ---------------------------------------------------------------------


def test_the_decision_does_not_depend_on_what_comes_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data = table(tmp_path, 400)
    one, many, cut_short = tmp_path / "one", tmp_path / "many", tmp_path / "cut"
    plan = plan_of(data, TENTH, HalfWidth(0.15), target=LATE)
    wide = msgspec.structs.replace(plan, limits=Limits(concurrency=64))
    assert run(msgspec.structs.replace(plan, limits=Limits(concurrency=1)), one).stopped == (
        "stopping rule"
    )
    assert run(wide, many).stopped == "stopping rule"
    monkeypatch.setattr(shuffled, "patience", 23)
    sessions = 0
    while run(wide, cut_short).stopped.startswith("failed"):
        sessions += 1
    assert sessions >= 2, "it was to be interrupted several times"
    decided = stops_of(one)
    assert [stop.decision.verdict for stop in decided] == ["below", "narrow enough"]
    assert told(one)[0] == told(many)[0] == told(cut_short)[0]
    kept = [trials(folder).filter("in_prefix") for folder in (one, many, cut_short)]
    assert kept[0].equals(kept[1]) and kept[0].equals(kept[2])
    assert len(kept[0]) == max(stop.cut for stop in decided)
    assert told(one)[1] == told(many)[1] == told(cut_short)[1]


def test_completion_order_would_say_the_contrary(tmp_path: Path) -> None:
    """With wrong answers three times as slow, those that come first are right."""
    plan = plan_of(table(tmp_path, 600), TENTH, target=f"{SLOW}0", concurrency=64)
    run(plan, tmp_path / "r")
    reader = open_reader(tmp_path / "r")
    came = [case.trials[0].verdicts[0].score for case in reader.cases()]
    reader.close()
    (mine,) = stops_of(tmp_path / "r")
    naive = decide(TENTH, came, kind="yes-no")
    first = came[: naive.at]
    assert naive.verdict == "above", "the wrong claim: a fifth of the answers is wrong"
    assert 1 - sum(first) / len(first) < 0.05
    assert mine.decision.verdict == "below"
    assert abs(mine.value - 0.8) < 0.15
    truth = trials(tmp_path / "r").filter("in_prefix")["score"]
    assert mine.value == pytest.approx(truth.mean())


def test_cases_finished_beyond_the_cut_are_kept_and_left_out(tmp_path: Path) -> None:
    run(plan_of(table(tmp_path, 600), TENTH, concurrency=64), tmp_path / "r")
    rows, (stop,) = trials(tmp_path / "r"), stops_of(tmp_path / "r")
    inside, beyond = rows.filter("in_prefix"), rows.filter(~pl.col("in_prefix"))
    assert inside["case_no"].to_list() == list(range(stop.cut)) and len(beyond) > 0
    opened = open_run(tmp_path / "r")
    try:
        status = opened.view.suites[0]
        assert (status.prefix, status.beyond) == (stop.cut, len(beyond))
        for estimate in opened.estimates():
            assert estimate.n <= stop.cut
        sequential = opened.estimates()[0]
        assert sequential.value == pytest.approx(inside["score"].mean())
        assert sequential.n_clusters == stop.cut
    finally:
        opened.view.close()


RUNNER = """
import sys
from pathlib import Path
from auscult.api import run_async
from auscult.engine.planfile import read_plan
from auscult.engine.run import Options, run_plan
plan = read_plan(Path(sys.argv[1]))
print("ready", flush=True)
print(run_async(run_plan(plan, Path(sys.argv[2]), Options())).stopped, flush=True)
"""
KILLED = """
[target]
use = "scripted/slow-when-wrong?p=0.8&seed=4&base_ms=8"
[[suites]]
use = "knowledge"
options = {{ repeats = 1, options_only = false }}
data = ["table={}"]
[[stop]]
suite = "knowledge"
metric = "accuracy"
rule = {{ when = "clears", threshold = 0.9, between = [0.87, 0.93] }}
[limits]
concurrency = 4
"""


def kill_soon(folder: Path, cases: int) -> None:
    """Starts the run and kills it once so many cases are on disk."""
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, "plan.toml", "killed"],
        cwd=folder, env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None and process.stdout.readline() == "ready\n"
        while finished(folder / "killed") < cases:
            assert process.poll() is None, "it ended before it could be killed"
            with suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.02)
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def finished(folder: Path) -> int:
    try:
        reader = open_reader(folder)
    except (UsageError, LedgerError):
        return 0
    try:
        return sum(len(keys) // 3 for _, keys in reader.keys("case"))
    except LedgerError:
        return 0
    finally:
        reader.close()


def test_kill_nine_changes_no_decision(tmp_path: Path) -> None:
    data = table(tmp_path, 500)
    (tmp_path / "plan.toml").write_text(KILLED.format(data.path), encoding="utf-8")
    kill_soon(tmp_path, 5)
    kill_soon(tmp_path, 15)
    killed = open_run(tmp_path / "killed")
    assert killed.stopped == "killed" and killed.view.stops[0].cut is None
    # A report of the killed run knows of the rule, and headlines no interval for a fixed number.
    headed = [e for e in killed.estimates() if e.headline]
    assert all("fixed number" not in e.method or e.metric != "accuracy" for e in headed)
    killed.view.close()
    from auscult.engine.planfile import read_plan

    plan = read_plan(tmp_path / "plan.toml")
    assert run(plan, tmp_path / "killed").stopped == "stopping rule"
    assert run(plan, tmp_path / "whole").stopped == "stopping rule"
    assert told(tmp_path / "killed")[0] == told(tmp_path / "whole")[0]


def test_a_clean_stop_between_is_no_decision(tmp_path: Path) -> None:
    plan = plan_of(table(tmp_path, 300), TENTH, concurrency=4)
    capped = msgspec.structs.replace(plan, limits=Limits(concurrency=4, calls=8))
    assert run(capped, tmp_path / "r").stopped == "calls cap"
    (stop,) = stops_of(tmp_path / "r")
    assert (stop.cut, stop.clusters, stop.decision.verdict) == (None, 8, "undecided")
    assert "still undecided" in stop.decision.sentence
    assert run(plan, tmp_path / "r").stopped == "stopping rule"


async def test_who_came_first_is_served_first() -> None:
    """A case overtaken for ever would hold up the prefix, and with it every decision."""
    gate = Gate("x", 2, None, None)
    served: list[int] = []

    async def ask(number: int) -> None:
        for _ in range(20):
            await gate.enter(1)
            served.append(number)
            await asyncio.sleep(0)
            gate.leave(Reply(text="A"), 0.001)

    await asyncio.gather(*(ask(number) for number in range(9)))
    rounds = [served[start : start + 9] for start in range(0, len(served), 9)]
    assert all(len(set(one)) == 9 for one in rounds[:-2]), rounds
    assert gate.active == 0


def test_a_ledger_half_made_by_a_killed_process_is_made_again(tmp_path: Path) -> None:
    plan = plan_of(table(tmp_path, 30), HalfWidth(0.4), limit=5)
    folder = tmp_path / "r"
    folder.mkdir()
    half = sqlite3.connect(folder / "run.db")
    half.execute("PRAGMA journal_mode=WAL")
    half.close()
    assert (folder / "run.db").stat().st_size > 0
    assert run(plan, folder).error is None


# --- after a decision -------------------------------------------------------------------------


def test_what_was_decided_stays_so(tmp_path: Path) -> None:
    plan = plan_of(table(tmp_path, 600), TENTH, limit=300)
    run(plan, tmp_path / "r")
    before, calls = told(tmp_path / "r"), calls_of(tmp_path / "r")
    assert run(plan, tmp_path / "r").stopped == "stopping rule"
    assert calls_of(tmp_path / "r") == calls
    longer = msgspec.structs.replace(
        plan, suites=(msgspec.structs.replace(plan.suites[0], limit=None),)
    )
    assert run(longer, tmp_path / "r").stopped == "stopping rule"
    assert calls_of(tmp_path / "r") == calls
    assert told(tmp_path / "r") == before


FLAKY = "scripted/flaky?p=0.15&p_right=0.97&retry=false&seed=2"


def test_failed_calls_count_as_both_extremes(tmp_path: Path) -> None:
    run(plan_of(table(tmp_path, 120), TENTH, target=FLAKY, concurrency=4), tmp_path / "r")
    (stop,) = stops_of(tmp_path / "r")
    rows = trials(tmp_path / "r").filter("in_prefix")
    values = rows["score"].to_list()
    assert stop.missing == values.count(None) > 0
    right = decide(TENTH, [1.0 if v is None else v for v in values], kind="yes-no")
    wrong = decide(TENTH, [0.0 if v is None else v for v in values], kind="yes-no")
    assert right.verdict == "above" != wrong.verdict, "the missing could turn it round"
    assert stop.decision.verdict != "above"
    assert stop.value == pytest.approx(rows["score"].drop_nulls().mean())
    assert f"{stop.missing} of them missing" in stop.decision.sentence


def test_retried_errors_are_read_again(tmp_path: Path) -> None:
    plan = plan_of(table(tmp_path, 120), TENTH, target=FLAKY, concurrency=4)
    run(plan, tmp_path / "r")
    (before,) = stops_of(tmp_path / "r")
    for _ in range(6):
        run(plan, tmp_path / "r", retry_errors=True)
    (after,) = stops_of(tmp_path / "r")
    assert after.missing < before.missing
    assert after.decision.verdict == "above" and after.cut is not None
    calls = calls_of(tmp_path / "r")
    run(plan, tmp_path / "r")
    assert calls_of(tmp_path / "r") == calls
    assert stops_of(tmp_path / "r") == [after]


def test_two_rules_share_alpha_and_the_later_one_closes_the_suite(tmp_path: Path) -> None:
    data = table(tmp_path, 600)
    run(plan_of(data, TENTH, HalfWidth(0.1)), tmp_path / "both")
    run(plan_of(data, TENTH), tmp_path / "alone")
    first, second = stops_of(tmp_path / "both")
    (alone,) = stops_of(tmp_path / "alone")
    assert alone.level == pytest.approx(0.9)  # 1 - 2 alpha: each end a bound at alpha
    assert first.level == pytest.approx(1 - 2 * 0.025) and second.level == pytest.approx(0.975)
    assert alone.cut <= first.cut < second.cut
    rows = trials(tmp_path / "both")
    assert rows["in_prefix"].sum() == second.cut
    scores = rows["score"].to_list()
    assert first.value == pytest.approx(sum(scores[: first.cut]) / first.cut)


def test_a_decided_suite_leaves_its_budget_to_the_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two suites share a cap on calls; the rule of one decides, the other gets what is left."""
    watched = (Watched("share right", "plain", "letter", yes_no=True),)
    monkeypatch.setattr(testkit_suite.TestSuite, "watched", watched, raising=False)
    data, hard = table(tmp_path, 300), HalfWidth(0.02)

    def go(folder: str, *stop: StopPlan) -> dict[str, int]:
        plan = plan_of(data, *stop, calls=150, concurrency=2)
        other = msgspec.structs.replace(plan.suites[0], use="testkit", data=(),
                                        options={"count": 300})  # fmt: skip
        both = msgspec.structs.replace(plan, suites=(plan.suites[0], other))
        assert run(both, tmp_path / folder).stopped == "calls cap"
        view = RunView(tmp_path / folder)
        try:
            return {status.name: status.finished for status in view.suites}
        finally:
            view.close()

    fixed = go("fixed")
    other = StopPlan("testkit", "share right", hard)
    ruled = go("ruled", StopPlan("knowledge", "accuracy", TENTH), other)
    assert fixed["testkit"] == 75
    assert ruled["testkit"] > fixed["testkit"] and sum(ruled.values()) == 150
    mine, theirs = stops_of(tmp_path / "ruled")
    assert mine.cut is not None and theirs.cut is None
    assert theirs.clusters == ruled["testkit"], "the undecided one goes on"


# --- clusters ---------------------------------------------------------------------------------


def test_clusters_stand_whole_in_the_order(tmp_path: Path) -> None:
    run(plan_of(table(tmp_path, 90, 3), TENTH), tmp_path / "r")
    index = CaseIndex(tmp_path / "r")
    order = [case.cluster for _, case in index.page(0, 0, 90)]
    ends = index.cluster_ends(0)
    index.close()
    firsts = [order.index(cluster) for cluster in dict.fromkeys(order)]
    assert firsts == list(range(0, 90, 3)), "no cluster is torn"
    assert order != sorted(order), "and their order is drawn"
    assert list(ends) == [0, 0, 1] * 30


def test_a_cluster_counts_once_and_only_when_whole(tmp_path: Path) -> None:
    """A limit of 32 ends within the eleventh patient, of whom two cases of three are asked."""
    plan = plan_of(table(tmp_path, 90, 3), HalfWidth(0.01), limit=32)
    assert run(plan, tmp_path / "r").stopped == "complete"
    (stop,) = stops_of(tmp_path / "r")
    rows = trials(tmp_path / "r")
    assert len(rows) == 32 and stop.clusters == 10
    means = rows.head(30).group_by("cluster").agg(pl.col("score").mean())["score"]
    assert stop.value == pytest.approx(means.mean())
    whole = msgspec.structs.replace(
        plan, suites=(msgspec.structs.replace(plan.suites[0], limit=33),)
    )
    run(whole, tmp_path / "r")
    assert stops_of(tmp_path / "r")[0].clusters == 11


def test_the_last_case_of_a_limit_is_read(tmp_path: Path) -> None:
    run(plan_of(table(tmp_path, 90), HalfWidth(0.01), limit=20), tmp_path / "r")
    assert stops_of(tmp_path / "r")[0].clusters == 20


def test_this_pack_read_whole_is_known(tmp_path: Path) -> None:
    rule = StopPlan("knowledge", "accuracy", HalfWidth(0.01), population="this pack")
    run(plan_of(table(tmp_path, 60, 2), rule), tmp_path / "r")
    (stop,) = stops_of(tmp_path / "r")
    truth = trials(tmp_path / "r")["score"].mean()
    assert stop.decision.verdict == "narrow enough" and stop.cut is not None
    assert stop.low - 1e-9 <= truth <= stop.high + 1e-9
    assert stop.high - stop.low <= 0.02 + 1e-9
