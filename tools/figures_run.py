"""Runs the audits behind the figures: predicts, asks what has not finished, and reads what came."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec
from figures_kept import REPLY_TOKENS, ROOT, SEED, Asked, Kept, measured

from auscult.report.contract import Results
from auscult.report.wording import counted, duration


class Job(msgspec.Struct, frozen=True):
    model: str
    asked: Asked
    limit: int
    threads: int
    out: Path

    @property
    def place(self) -> Path:
        return self.out / f"{self.model}-{self.asked.suite.replace('/', '-')}"

    @property
    def arguments(self) -> list[str]:
        """What an audit and its estimate are both given."""
        options = [f"--suite-option={name}={value}" for name, value in self.asked.options.items()]
        return [
            self.asked.suite, "--target", f"local/{self.model}", "--option",
            f"threads={self.threads}", "--limit", str(self.limit), "--seed", str(SEED),
            "--max-tokens", str(REPLY_TOKENS), *options, "--out", str(self.place),
        ]  # fmt: skip

    def results(self) -> Results | None:
        """Of a run that has finished what this job asks for, and else None."""
        try:
            found = msgspec.json.decode(
                (ROOT / self.place / "results.json").read_bytes(), type=Results
            )
        except FileNotFoundError:
            return None
        run, suite = found.run, found.run.suites[0]
        same = run.plan["suites"][0]["options"] == self.asked.options and run.seed == SEED
        planned = min(self.limit, suite.cases_in_data)
        done = same and run.stopped == "complete" and suite.cases_planned >= planned
        return found if done else None


def auscult(*arguments: str, **more: int) -> subprocess.CompletedProcess[bytes]:
    """The very command line a reader has, from the root, so that no path of this machine shows."""
    line = [sys.executable, "-m", "auscult.cli.main", *arguments]
    done = subprocess.run(line, cwd=ROOT, check=False, **more)  # type: ignore[call-overload]
    if done.returncode == 130:
        raise SystemExit("stopped; the same command goes on")
    if done.returncode:
        raise SystemExit(f"auscult {' '.join(arguments)} failed, see above")
    return done  # type: ignore[no-any-return]


def predict(jobs: Sequence[Job]) -> None:
    print("Predicted by `auscult estimate`, which knows a model's pace once it has been asked:")
    low = high = 0.0
    for job in jobs:
        said = auscult("estimate", *job.arguments, "--json", stdout=subprocess.PIPE).stdout
        found = json.loads(said)
        least, most = found["seconds"]["low"], found["seconds"]["high"]
        low, high = low + least, high + most
        calls = counted(round(found["calls"]["low"]), "call")
        time = f"{duration(least)} to {duration(most)}"
        print(f"  {job.model:8} {job.asked.suite:18} {calls:>10}  {time}")
    print(f"  in all: {duration(low)} to {duration(high)}", flush=True)


def run(jobs: Sequence[Job]) -> Kept:
    waiting = [job for job in jobs if job.results() is None]
    if waiting:
        predict(waiting)
    for number, job in enumerate(waiting, 1):
        print(f"{number} of {len(waiting)}: {job.model}, {job.asked.suite}", flush=True)
        auscult("audit", *job.arguments, "--yes", stdout=subprocess.DEVNULL)
    return Kept(runs=tuple(measured(job.model, job.asked, found_of(job)) for job in jobs))


def found_of(job: Job) -> Results:
    found = job.results()
    if found is None:
        raise SystemExit(f"{job.place} did not finish; the same command goes on")
    return found
