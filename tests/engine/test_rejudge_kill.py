"""A judging that is killed loses what was in flight, and pays for nothing twice."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from time import monotonic, sleep

from processes import HERE, environment, stub
from runs import plan_for, run, totals_of
from stub_server import read_counts

from auscult.engine.rejudge_kept import compared, judgings
from auscult.engine.view import RunView

CASES, TRIALS, AT_ONCE = 20, 60, 4
RUNNER = """
import sys
from pathlib import Path
from asking_judge import NAME, installed
from auscult.api import run_async
from auscult.engine.rejudge import Rejudging, Wish
from auscult.engine.view import RunView
with installed():
    work = Rejudging(RunView(Path(sys.argv[1])), Wish(NAME, sys.argv[2], concurrency=4))
    print(run_async(work.run()).stopped, flush=True)
"""


def start(folder: Path, model: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", RUNNER, str(folder), model],
        env=environment(PYTHONPATH=str(HERE)), stdout=subprocess.PIPE, text=True,
    )  # fmt: skip


def served(counts: Path) -> int:
    return sum(read_counts(counts).values()) if counts.exists() else 0


def killed_after(calls: int, folder: Path, model: str, counts: Path) -> None:
    process, deadline = start(folder, model), monotonic() + 60
    try:
        while served(counts) < calls and process.poll() is None and monotonic() < deadline:
            sleep(0.01)
    finally:
        process.kill()
        process.communicate()


def test_two_kills_cost_what_was_in_flight(tmp_path: Path) -> None:
    folder, counts = tmp_path / "run", tmp_path / "counts"
    run(plan_for("knowledge", "scripted/verbose?p=0.6&seed=3", limit=CASES), folder)
    before = totals_of(folder)
    with stub("--answers", "hash", "--latency", "0.03", "--counts-file", str(counts)) as url:
        model = f"openai/m?base_url={url}"
        for calls in (8, 24):
            killed_after(calls, folder, model, counts)
            assert calls <= served(counts) < TRIALS
        done = start(folder, model)
        assert done.communicate(timeout=60)[0] == "complete\n"
    assert TRIALS <= served(counts) <= TRIALS + 2 * AT_ONCE
    view = RunView(folder)
    reader, states, names = view.parts()
    rows, told = compared(reader, judgings(folder)[0], states, names)
    view.close()
    assert (len(rows), told.judged, told.waiting) == (TRIALS, TRIALS, 0)
    assert totals_of(folder) == before
