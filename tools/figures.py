"""The embedded models through every text suite, for the table in README.md and docs/figures.md.

`python tools/figures.py` predicts, runs what has not finished, and writes. `--render` writes both
pages again from docs/figures.json and runs nothing; `--check` only says whether they are stale.
No figure on either page is typed by hand.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from figures_kept import ROOT, beside, design, read_kept, write_kept
from figures_page import block, pages, stale
from figures_run import Job, predict, run

from auscult.kit import models


def jobs_of(chosen: argparse.Namespace) -> list[Job]:
    return [
        Job(model, asked, min(asked.limit, chosen.limit or asked.limit), chosen.threads, chosen.out)
        for model in chosen.models
        for asked in design()
        if not chosen.suites or asked.suite in chosen.suites
    ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [card.name for card in models.catalogue()]
    parser.add_argument("--models", nargs="+", choices=names, default=names)
    parser.add_argument("--suites", nargs="+", choices=[asked.suite for asked in design()])
    parser.add_argument("--limit", type=int, help="at most so many cases a suite, for a try")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/figures"))
    parser.add_argument("--predict", action="store_true", help="run nothing")
    parser.add_argument("--print", action="store_true", help="print the table, write nothing")
    parser.add_argument("--render", action="store_true", help="write the pages again, run nothing")
    parser.add_argument("--check", action="store_true", help="say what is stale, write nothing")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        found = stale(read_kept())
        for path in found:
            print(f"{path.relative_to(ROOT)} is stale: run `python tools/figures.py --render`")
        return 1 if found else 0
    if chosen.predict:
        predict(jobs_of(chosen))
        return 0
    kept = read_kept() if chosen.render else run(jobs_of(chosen))
    if chosen.print:
        print(block(kept))
        return 0
    kept = kept if chosen.render else beside(kept, read_kept())
    write_kept(kept)
    for path, text in pages(kept).items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
