"""Tries what the statistics promise on data whose truth is known, and writes docs/simulations.md.

usage: python bench/simulate.py [--only PART ...] [--replicates N] [--workers N] [--work DIR]

The full grid takes about twenty minutes on two cores. It may be stopped and started again: every
piece of work that is done is kept in DIR, until the code it tried has changed.
"""

from __future__ import annotations

import argparse
import hashlib
import inspect
import json
import os
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from simulations import (
    confidence,
    contrasts,
    engine,
    families,
    groups,
    judges,
    proportions,
    sequences,
    sources,
    tries,
)
from simulations.cells import Cell, Done, Part, Result, Section

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
SOURCE = ROOT / "src" / "auscult"
REPLICATES = 10_000
PAGE = ROOT / "docs" / "simulations.md"
BEGIN, END = "<!-- simulations:begin -->", "<!-- simulations:end -->"
PARTS = {
    "rates": Part(proportions.cells, proportions.section),
    "sequences": Part(sequences.cells, sequences.section),
    "efficiency": Part(sequences.costs, sequences.efficiency_section),
    "engine": Part(engine.cells, engine.section),
    "contrasts": Part(contrasts.cells, contrasts.section),
    "families": Part(families.cells, families.section),
    "tries": Part(tries.cells, tries.section),
    "judges": Part(judges.cells, judges.section),
    "fairness": Part(groups.cells, groups.section),
    "confidence": Part(confidence.cells, confidence.section),
}
LONG_ONES = ("judges", "engine", "fairness", "sequences")
"""Begun first, so that no long piece is left for the end."""


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description="Tries what the statistics promise; docs/simulations.md has what came of it."
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, help="the page stays as it is")
    parser.add_argument("--replicates", type=int, default=REPLICATES, help="fewer leave the page")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "simulations")
    return parser.parse_args(given)


@cache
def digest(part: str) -> str:
    """Of the code a part tries. What the engine finds by name is no import of anybody's."""
    plugins = ("suites", "judges", "targets", "data") if part == "engine" else ()
    found = [path for name in plugins for path in sorted((SOURCE / name).glob("*.py"))]
    return sources.digest(Path(inspect.getfile(PARTS[part].cells)), *found)


def kept_at(work: Path, part: str, cell: Cell) -> Path:
    told = json.dumps([digest(part), cell.name])
    return work / f"{hashlib.sha256(told.encode()).hexdigest()[:24]}.json"


def timed(cell: Cell) -> tuple[Result, float]:
    began = time.process_time()
    return cell.run(), time.process_time() - began


class Progress:
    def __init__(self, total: int) -> None:
        self.total, self.count, self.began = total, 0, time.monotonic()

    def tell(self, cell: Cell, seconds: float) -> None:
        self.count += 1
        name = cell.name.removeprefix("simulations.")
        line = f"{self.count:>4} of {self.total}  {time.monotonic() - self.began:6.0f} s  "
        print(f"{line}{name[:110]}: {seconds:.1f} s of CPU", file=sys.stderr, flush=True)


def measure(parts: Sequence[str], said: argparse.Namespace) -> dict[str, list[Done]]:
    """Whatever is not kept yet is done, on all workers; results come in the order of the cells."""
    said.work.mkdir(parents=True, exist_ok=True)
    wanted = {name: PARTS[name].cells(said.replicates) for name in parts}
    places = {
        (name, number): kept_at(said.work, name, cell)
        for name, cells in wanted.items()
        for number, cell in enumerate(cells)
    }
    open_ones = [key for key, path in places.items() if not path.exists()]
    open_ones.sort(key=lambda key: key[0] not in LONG_ONES)
    print(f"{len(places) - len(open_ones)} of {len(places)} pieces are kept", file=sys.stderr)
    progress = Progress(len(open_ones))
    # Workers with a polars thread for every core would get into each other's way.
    os.environ.setdefault("POLARS_MAX_THREADS", "1")
    # Spawned, not forked: polars and scipy hold threads.
    with ProcessPoolExecutor(said.workers, mp_context=get_context("spawn")) as pool:
        jobs = {pool.submit(timed, wanted[name][at]): (name, at) for name, at in open_ones}
        for job in as_completed(jobs):
            name, at = jobs[job]
            result, seconds = job.result()
            path = places[name, at]
            path.with_suffix(".part").write_text(json.dumps({"result": result, "cpu_s": seconds}))
            path.with_suffix(".part").rename(path)
            progress.tell(wanted[name][at], seconds)
    return {name: [done(places[name, at], cell) for at, cell in enumerate(cells)]
            for name, cells in wanted.items()}  # fmt: skip


def done(path: Path, cell: Cell) -> Done:
    kept: dict[str, Any] = json.loads(path.read_text())
    return Done(cell.function.__name__, cell.arguments, kept["result"])


def heading(sections: Sequence[Section], replicates: int) -> str:
    checks = [check for section in sections for check in section.checks]
    held = sum(check.held for check in checks)
    failed = [f"- {check.words}" for check in checks if not check.held]
    told = (
        f"{replicates:,} replicates wherever coverage is simulated, with seeds of their own; "
        f"a share of 95% then has a standard error of 0.2 points. {held} of {len(checks)} "
        "statements held"
    )
    return told + (". Not held:\n\n" + "\n".join(failed) if failed else ".")


def put_into_page(text: str) -> None:
    whole = PAGE.read_text(encoding="utf-8")
    before, _, rest = whole.partition(BEGIN)
    _, _, after = rest.partition(END)
    PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


def main() -> int:
    said = arguments()
    names = said.only or list(PARTS)
    began = time.monotonic()
    found = measure(names, said)
    sections = [PARTS[name].section(found[name]) for name in names]
    text = "\n\n".join([heading(sections, said.replicates), *(s.written() for s in sections)])
    print(text)
    if not said.only and said.replicates >= REPLICATES:
        put_into_page(text)
    print(f"took {time.monotonic() - began:.0f} s", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
