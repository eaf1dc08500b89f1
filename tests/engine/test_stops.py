"""Stopping rules in the real engine: what they read, in which order, and what becomes of the rest.

The target answers late when it is wrong, so whatever reads answers as they come is misled.
"""

from __future__ import annotations

import asyncio
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec
import polars as pl
import pytest
from auscult_testkit import shuffled
from auscult_testkit import suite as testkit_suite
from processes import environment
from runs import run, totals_of

from auscult.api import make_plan, open_run
from auscult.core.errors import LedgerError, RunError, UsageError
from auscult.core.message import Reply
from auscult.core.protocols import DataSet, Watched
from auscult.core.verdict import Verdict
from auscult.engine.caseindex import CaseIndex
from auscult.engine.declared import StopPlan
from auscult.engine.gate import Gate
from auscult.engine.ledger import open_reader
from auscult.engine.plan import Limits, Plan
from auscult.engine.records import TrialRow
from auscult.engine.run import Runner
from auscult.engine.stops import Stop, Stops, make_stops, records
from auscult.engine.view import RunView
from auscult.stats.stopping import Clears, HalfWidth, NotWorse, decide
from auscult.stats.watched import NOT_APPLICABLE

TENTH = Clears(0.9, between=(0.85, 0.95))
"""Are more than a tenth of the answers wrong?"""
SLOW = "scripted/slow-when-wrong?p=0.8&seed=4&base_ms=4"
LATE = "shuffled/scripted?ref=slow-when-wrong&p=0.8&seed=4&base_ms=4&sleep_ms=6"


def table(folder: Path, cases: int, per_cluster: int = 1) -> DataSet:
    path = folder / f"q-{cases}-{per_cluster}.csv"
    rows = [
        f"c{n},p{n // per_cluster},Case {n}: which?,a{n},b{n},c{n},d{n},A" for n in range(cases)
    ]
    path.write_text("id,patient_id,question,A,B,C,D,answer\n" + "\n".join(rows), encoding="utf-8")
    return DataSet("table", str(path))


def plan_of(
    data: DataSet, *rules: Any, target: str = SLOW, calls: int | None = None,
    concurrency: int = 16, limit: int | None = None, **more: Any,
) -> Plan:  # fmt: skip
    stop = tuple(r if isinstance(r, StopPlan) else StopPlan("knowledge", "accuracy", r)
                 for r in rules)  # fmt: skip
    return make_plan(
        "knowledge", target=target, data=(data,), stop=stop, limit=limit,
        limits=Limits(concurrency=concurrency, calls=calls),
        suite_options={"repeats": 1, "options_only": False}, **more,
    )  # fmt: skip


def told(folder: Path) -> Any:
    """The decision, the cut, the interval and every figure: what must be the same."""
    opened = open_run(folder)
    try:
        estimates = msgspec.to_builtins(opened.estimates())
        return msgspec.to_builtins(opened.view.stops), estimates
    finally:
        opened.view.close()


def stops_of(folder: Path) -> list[Any]:
    view = RunView(folder)
    try:
        return view.stops
    finally:
        view.close()


def calls_of(folder: Path) -> int:
    return totals_of(folder)["target"].calls


def trials(folder: Path) -> pl.DataFrame:
    opened = open_run(folder)
    try:
        return opened.trials().sort("case_no")
    finally:
        opened.view.close()


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


# --- against another run ----------------------------------------------------------------------


def against(base: Path, rule: Any) -> StopPlan:
    return StopPlan("knowledge", "accuracy", rule, against=str(base))


def test_a_run_is_read_minus_another(tmp_path: Path) -> None:
    data, base = table(tmp_path, 300), tmp_path / "base"
    run(plan_of(data, target="scripted/sticky?p=0.9"), base)
    worse = plan_of(data, against(base, NotWorse(0.1)), target="scripted/sticky?p=0.5")
    assert run(worse, tmp_path / "worse").stopped == "stopping rule"
    (stop,) = stops_of(tmp_path / "worse")
    # `better` was left out; of accuracy higher is better, and the rule takes that from the suite.
    assert stop.decision.verdict == "worse" and stop.value < -0.2
    same = plan_of(data, against(base, NotWorse(0.2)), target="scripted/sticky?p=0.9&seed=1")
    run(same, tmp_path / "same")
    (stop,) = stops_of(tmp_path / "same")
    assert stop.decision.verdict == "no worse"
    kept = trials(tmp_path / "same").filter("in_prefix").select("case_id", "score")
    joined = kept.join(trials(base).select("case_id", b="score"), on="case_id")
    assert stop.value == pytest.approx((joined["score"] - joined["b"]).mean())


def test_cases_the_other_run_lacks_are_left_out_and_counted(tmp_path: Path) -> None:
    data, base = table(tmp_path, 200), tmp_path / "base"
    run(plan_of(data, target="scripted/sticky?p=0.9", limit=100), base)
    found = []
    for concurrency in (1, 64):
        folder = tmp_path / f"at-{concurrency}"
        plan = plan_of(data, against(base, HalfWidth(0.3)), target=LATE, concurrency=concurrency)
        run(plan, folder)
        found.append(msgspec.to_builtins(stops_of(folder)))
    (stop,) = found[0]
    assert found[0] == found[1]
    assert stop["unmatched"] > 0 and stop["unmatched"] + stop["clusters"] == stop["cut"]


def test_a_run_that_cannot_be_subtracted_is_refused(tmp_path: Path) -> None:
    data, base = table(tmp_path, 40), tmp_path / "base"
    run(plan_of(data, target="scripted/oracle"), base)

    def refusal(folder: Path = base, **more: Any) -> str:
        plan = plan_of(more.pop("data", data), against(folder, HalfWidth(0.3)), **more)
        with pytest.raises(UsageError) as caught:
            run(plan, tmp_path / "never")
        assert "\n" not in str(caught.value)
        return str(caught.value)

    assert "there is no run in" in refusal(tmp_path / "nowhere")
    assert "the data differ" in refusal(data=table(tmp_path, 41))
    other = make_plan("testkit", target="testkit/x", suite_options={"count": 5})
    run(other, tmp_path / "testkit")
    assert "has no suite 'knowledge'" in refusal(tmp_path / "testkit")
    # Nothing of that was pinned: mended, the same folder will do.
    plan = plan_of(data, against(base, HalfWidth(0.3)))
    assert run(plan, tmp_path / "never").error is None
    twice = msgspec.structs.replace(plan.suites[0], options={"repeats": 2, "options_only": False})
    with pytest.raises(UsageError, match=r"options\.repeats differ"):
        run(msgspec.structs.replace(plan, suites=(twice,)), tmp_path / "twice")


def test_other_code_of_the_suite_cannot_be_subtracted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    data, base = table(tmp_path, 40), tmp_path / "base"
    run(plan_of(data, target="scripted/oracle"), base)
    from auscult.engine import manifest

    monkeypatch.setattr(manifest, "_sources", lambda kind, name: {f"{kind}/{name}": "changed"})
    with pytest.raises(UsageError, match="the code of suites/knowledge, the code of judges/choice"):
        run(plan_of(data, against(base, HalfWidth(0.3))), tmp_path / "never")


def test_another_base_in_mid_run_is_refused(tmp_path: Path) -> None:
    data, base = table(tmp_path, 200), tmp_path / "base"
    first = plan_of(data, target="scripted/sticky?p=0.9", limit=100)
    run(first, base)
    plan = plan_of(data, against(base, HalfWidth(0.05)), limit=50)
    run(plan, tmp_path / "r")
    run(plan, tmp_path / "r")  # goes on
    run(plan_of(data, target="scripted/sticky?p=0.9"), base)
    with pytest.raises(UsageError, match="is not what it was when this run began"):
        run(plan, tmp_path / "r")


# --- one rule, by hand ------------------------------------------------------------------------


def rows(*scores: float | None, arm: str = "plain") -> list[TrialRow]:
    return [TrialRow(arm, n, (), {}, (Verdict("letter", "1", "answered", score),))
            for n, score in enumerate(scores)]  # fmt: skip


WATCHED = Watched("share right", "plain", "letter")


def one(rule: Any, ends: Sequence[int], **more: Any) -> Stops:
    whole = {"clusters": sum(ends), "one_case_each": len(ends) == sum(ends), **more}
    stop = Stop(StopPlan("s", "share right", rule), WATCHED, 1, **whole)
    return Stops({0: [stop]}, {0: ends})


def test_only_the_contiguous_prefix_is_read() -> None:
    stops = one(HalfWidth(0.01), [1] * 5)
    for number in (4, 2, 1):
        stops.note(0, number, f"c{number}", rows(1.0))
        assert stops.of_suite[0][0].decision.at == 0
    stops.note(0, 0, "c0", rows(0.0))
    assert stops.of_suite[0][0].decision.at == 3
    assert stops.of_suite[0][0].total == 2.0


def test_a_cluster_with_a_missing_case_is_missing_and_one_not_applicable_is_no_cluster() -> None:
    stops = one(HalfWidth(0.01), [0, 1, 0, 1, 1])
    given = [rows(1.0), rows(None), rows(1.0), rows(arm="other"), rows(arm="other")]
    for number, trial_rows in enumerate(given):
        stops.note(0, number, f"c{number}", trial_rows)
    stop = stops.of_suite[0][0]
    assert (stop.decision.at, stop.monitor.missing, stop.not_applicable) == (2, 1, 1)
    assert (stop.total, stop.read) == (1.0, 1), "half of the second cluster is applicable"


def test_of_a_pack_a_cluster_that_is_not_applicable_is_unseen() -> None:
    rule = HalfWidth(0.01)
    plan = StopPlan("s", "share right", rule, population="this pack")
    stop = Stop(plan, WATCHED, 1, clusters=3, one_case_each=True)
    for number, value in enumerate((1.0, NOT_APPLICABLE, 1.0)):
        stop.push([(f"c{number}", value)], number + 1)
    assert stop.cut == 3 and stop.decision.verdict == "undecided"
    assert (stop.monitor.low, stop.monitor.high) == (pytest.approx(2 / 3), 1.0)


def test_a_value_the_suite_ruled_out_is_its_fault() -> None:
    stops = one(HalfWidth(0.01), [1, 1])
    with pytest.raises(RunError, match=r"cannot read case 'c0': the value 1\.5 .* a fault of the"):
        stops.note(0, 0, "c0", rows(1.5))


def test_such_a_fault_stops_the_run_with_a_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values between 0 and 1 from a suite that declared a yes or no."""
    watched = (Watched("x", "plain", "letter", yes_no=True),)
    monkeypatch.setattr(testkit_suite.TestSuite, "watched", watched, raising=False)
    monkeypatch.setattr(testkit_suite, "float", lambda _: 0.5, raising=False)
    plan = make_plan("testkit", target="testkit/x", stop=(StopPlan("testkit", "x", TENTH),))
    outcome = run(plan, tmp_path)
    assert isinstance(outcome.error, RunError) and "testkit/x cannot read" in str(outcome.error)


def test_alpha_is_shared_among_the_rules_of_the_plan() -> None:
    suite = testkit_suite.build({})
    suite.watched = (WATCHED,)  # type: ignore[attr-defined]
    plans = [StopPlan(name, "share right", HalfWidth(0.1)) for name in ("a", "a", "b")]
    stops = make_stops(plans, [("a", suite), ("b", suite)], {0: [1], 1: [1]}, {})
    levels = [stop.monitor.level for rules in stops.of_suite.values() for stop in rules]
    assert levels == [pytest.approx(1 - 0.05 / 3)] * 3
    assert [record.suite for record in records(stops, ["a", "b"])] == ["a", "a", "b"]


def test_the_record_of_a_rule_comes_back_from_the_ledger(tmp_path: Path) -> None:
    plan = plan_of(table(tmp_path, 60), TENTH, HalfWidth(0.2), limit=30)

    async def go() -> None:
        from auscult.engine.progress import Progress
        from auscult.engine.run import Options

        await Runner(plan, tmp_path / "r", Options(), Progress()).run()

    asyncio.run(go())
    assert [stop.plan for stop in stops_of(tmp_path / "r")] == list(plan.stop)
