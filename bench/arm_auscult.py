"""The whole engine: every call intended, sent, journalled, judged and durably committed.

usage: python bench/arm_auscult.py RESULT.json URL CASES.jsonl CONCURRENCY RUN_DIR [CAP_CALLS]
       python bench/arm_auscult.py RESULT.json report RUN_DIR

Start-up ends where the first case is admitted: imports, reading and indexing the data, opening
the ledger and, when resuming, reading it come before. The end is a closed ledger.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from auscult.api import make_plan, open_run, run_async
from auscult.engine.plan import Limits, Plan
from auscult.engine.run import Options, run_plan
from auscult.engine.session import Session
from marks import Work, tell


def plan_for(url: str, cases: str, concurrency: int, cap: int | None) -> Plan:
    return make_plan(
        "knowledge",
        target="openai/m",
        data=[f"medqa={cases}"],
        limits=Limits(calls=cap, concurrency=concurrency),
        target_options={"base_url": url},
        suite_options={"repeats": 1, "options_only": False},
    )


def audit(url: str, cases: str, concurrency: str, folder: str, cap: str = "") -> dict[str, Any]:
    work = Work()
    admit = Session.work

    async def marked(self: Session, *args: Any, **kwargs: Any) -> str:
        work.begin()
        return await admit(self, *args, **kwargs)

    Session.work = marked  # type: ignore[method-assign]
    plan = plan_for(url, cases, int(concurrency), int(cap) if cap else None)
    outcome = run_async(run_plan(plan, Path(folder), Options()))
    told = work.end()
    if outcome.error is not None:
        raise outcome.error
    size = sum(path.stat().st_size for path in Path(folder).glob("run.db*"))
    return {**told, "cases": outcome.finished, "stopped": outcome.stopped, "ledger_bytes": size}


def report(folder: str) -> dict[str, Any]:
    work = Work()
    run = open_run(folder)
    work.begin()
    run.report()
    return work.end()


if __name__ == "__main__":
    if sys.argv[2] == "report":
        tell(Path(sys.argv[1]), report(*sys.argv[3:]))
    else:
        tell(Path(sys.argv[1]), audit(*sys.argv[2:]))
