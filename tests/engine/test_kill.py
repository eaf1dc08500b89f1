"""kill -9 at any moment loses what was in flight and nothing else."""

from __future__ import annotations

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from random import Random

import pytest
from processes import environment, stub
from runs import estimates_of, plan_for, run, totals_of, trials_of
from stub_server import read_counts

from auscult.engine.view import RunView

KILLS = 20
CONCURRENCY = 8
CASES, TURNS = 500, 2  # more than all the sessions before the last can ask
RUNNER = """
import sys
from pathlib import Path
from auscult.api import make_plan, run_async
from auscult.engine.plan import Limits
from auscult.engine.run import Options, run_plan
plan = make_plan("testkit", target=sys.argv[1], limits=Limits(concurrency=int(sys.argv[3])),
                 suite_options=dict(count=int(sys.argv[4]), turns=int(sys.argv[5]), draws=True))
print("ready", flush=True)
print(run_async(run_plan(plan, Path(sys.argv[2]), Options())).stopped, flush=True)
"""


def start(target: str, folder: Path) -> subprocess.Popen[str]:
    arguments = [target, str(folder), str(CONCURRENCY), str(CASES), str(TURNS)]
    process = subprocess.Popen(
        [sys.executable, "-c", RUNNER, *arguments],
        env=environment(), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stdout is not None and process.stdout.readline() == "ready\n"
    return process


@contextmanager
def killing(process: subprocess.Popen[str]) -> Iterator[None]:
    try:
        yield
    finally:
        process.send_signal(signal.SIGKILL)
        process.communicate()


def test_twenty_kills_cost_no_more_than_what_was_in_flight(tmp_path: Path) -> None:
    counts, folder = tmp_path / "counts", tmp_path / "killed"
    draw = Random(11)
    latency = ("--latency", "0.03", "--latency-spread", "0.04")
    with stub("--answers", "hash", *latency, "--counts-file", str(counts)) as url:
        target = f"openai/m?base_url={url}"
        killed = 0
        for _ in range(KILLS):
            process = start(target, folder)
            with killing(process), suppress(subprocess.TimeoutExpired):
                process.wait(timeout=draw.uniform(0.05, 0.45))
                break  # it got through; the rest of the kills have nothing to kill
            killed += 1
        process = start(target, folder)
        assert process.communicate(timeout=120)[0] == "complete\n"
        served = sum(read_counts(counts).values())

        plan = plan_for(
            target=target, limits={"concurrency": CONCURRENCY},
            suite_options={"count": CASES, "turns": TURNS, "draws": True},
        )  # fmt: skip
        whole = tmp_path / "whole"
        assert run(plan, whole).stopped == "complete"
    planned = CASES * TURNS
    assert killed == KILLS
    assert planned <= served <= planned + killed * CONCURRENCY
    assert trials_of(folder) == trials_of(whole)
    assert estimates_of(folder) == estimates_of(whole)
    view = RunView(folder)
    assert view.roles == RunView(whole).roles, "the models seen by killed sessions count too"
    # Charged: every call that came back, and every intent that may have been sent in vain.
    assert totals_of(folder)["target"].calls + view.unresolved >= served


def test_unresolved_intents_count_against_a_cap(tmp_path: Path) -> None:
    with stub("--answers", "hash", "--latency", "0.2") as url:
        process = start(f"openai/m?base_url={url}", tmp_path / "r")
        with killing(process), pytest.raises(subprocess.TimeoutExpired):
            process.wait(timeout=1.0)
        lost = RunView(tmp_path / "r").unresolved
        calls = totals_of(tmp_path / "r")["target"].calls
        assert lost > 0
        plan = plan_for(
            target=f"openai/m?base_url={url}",
            limits={"concurrency": CONCURRENCY, "calls": calls + lost + 1},
            suite_options={"count": CASES, "turns": TURNS, "draws": True},
        )  # fmt: skip
        assert run(plan, tmp_path / "r").stopped == "calls cap"
        assert totals_of(tmp_path / "r")["target"].calls <= calls + 1
