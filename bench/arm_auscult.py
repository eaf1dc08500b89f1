"""The whole engine: every call intended, sent, journalled, judged and committed.

usage: python bench/arm_auscult.py URL CASES.jsonl CONCURRENCY DIR [LIMIT] [report]
Prints one line of JSON. CPU is user plus system of every thread of this process.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from pathlib import Path
from typing import Any

from auscult.api import Run, make_plan, run_async
from auscult.engine.plan import Limits
from auscult.engine.run import Options, run_plan
from auscult.engine.session import Session

_work = Session.work
marks: dict[str, float] = {}


async def _timed(self: Session, *args: Any, **kwargs: Any) -> str:
    marks["cpu"], marks["wall"] = time.process_time(), time.perf_counter()
    why = await _work(self, *args, **kwargs)
    marks["wall"] = time.perf_counter() - marks["wall"]
    return why


def main(url: str, cases: str, concurrency: int, folder: Path, limit: int | None) -> dict[str, Any]:
    Session.work = _timed  # type: ignore[method-assign]
    plan = make_plan(
        "knowledge",
        target="openai/m",
        data=[f"medqa={cases}"],
        limit=limit,
        limits=Limits(concurrency=concurrency),
        target_options={"base_url": url},
        suite_options={"repeats": 1, "options_only": False},
    )
    outcome = run_async(run_plan(plan, folder, Options()))
    after = time.process_time()
    told: dict[str, Any] = {
        "startup_cpu": marks["cpu"],
        "cpu": after - marks["cpu"],
        "wall": marks["wall"],
        "cases": outcome.finished,
        "stopped": outcome.stopped,
        "run_rss_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "ledger_bytes": (folder / "run.db").stat().st_size,
    }
    if "report" in sys.argv:
        Run(folder).report()
        told["report_cpu"] = time.process_time() - after
    told["rss_mb"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return told


if __name__ == "__main__":
    limit = int(sys.argv[5]) if len(sys.argv) > 5 and sys.argv[5].isdigit() else None
    print(json.dumps(main(sys.argv[1], sys.argv[2], int(sys.argv[3]), Path(sys.argv[4]), limit)))
