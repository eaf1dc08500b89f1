"""What each shift costs and how far it moves a picture; writes the table of docs/attacks/shift.md.

usage: python bench/shifts.py [--write] [--rounds N]

CPU time is the median over severities and rounds for one picture of 512 x 512 in colour, on one
thread, after a first call that is not counted. Distances are those of a picture made by code.
"""

from __future__ import annotations

import argparse
import platform
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import PIL
import scipy

from auscult.core import registry
from auscult.kit.imaging.edit import Shift, mean_difference, psnr, with_channels_of
from auscult.kit.imaging.edit_checks import natural_picture

PAGE = Path(__file__).resolve().parent.parent / "docs" / "attacks" / "shift.md"
BEGIN, END = "<!-- shifts:begin -->", "<!-- shifts:end -->"
SIDE, SEED = 512, 1
WORDS = "Small effusion on the left"
HEAD = (
    "| shift | key | severity table | mean absolute difference | PSNR, dB | CPU ms |",
    "|---|---|---|---|---|---|",
)


def arguments(given: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Measures the image shifts.")
    parser.add_argument("--write", action="store_true", help="into docs/attacks/shift.md")
    parser.add_argument("--rounds", type=int, default=5)
    return parser.parse_args(given)


def shifts() -> list[Shift]:
    names = sorted(name for name in registry.plugins("attacks") if name.startswith("shift/"))
    built = [registry.build("attacks", name) for name in names]
    return [shift for shift in built if isinstance(shift, Shift)]


def row(shift: Shift, pixels: Any, extra: dict[str, Any], rounds: int) -> str:
    shift.edit(pixels, shift.severities[0], Random(SEED), extra)
    spent, outs = [], {}
    for _ in range(rounds):
        for severity in shift.severities:
            begun = time.process_time()
            outs[severity] = shift.edit(pixels, severity, Random(SEED), extra)
            spent.append(time.process_time() - begun)
    pairs = [(with_channels_of(out, pixels), pixels) for out in outs.values()]
    cells = (
        f"`{shift.name.removeprefix('shift/')}`",
        shift.key,
        "; ".join(f"{name} {told(values)}" for name, values in shift.table.items()),
        ", ".join(f"{mean_difference(*pair):.3f}" for pair in pairs),
        ", ".join(f"{psnr(*pair):.1f}" for pair in pairs),
        f"{1000 * statistics.median(spent):.1f}",
    )
    return "| " + " | ".join(cells) + " |"


def told(values: Sequence[float]) -> str:
    return ", ".join(f"{value:g}" for value in values)


def table(rounds: int) -> str:
    pixels = natural_picture(SIDE, SIDE, colour=True)
    extra = {"donor": natural_picture(600, 480, seed=2), "text": WORDS}
    command = f"python bench/shifts.py --write --rounds {rounds}"
    where = (
        f"{SIDE} x {SIDE} in colour, Python {platform.python_version()}, numpy {np.__version__}, "
        f"scipy {scipy.__version__}, pillow {PIL.__version__}, {platform.machine()}. "
        f"Command: `{command}`."
    )
    rows = [row(shift, pixels, extra, rounds) for shift in shifts()]
    return "\n".join([where, "", *HEAD, *rows])


def main() -> None:
    given = arguments()
    text = table(given.rounds)
    print(text)
    if given.write:
        before, begin, rest = PAGE.read_text(encoding="utf-8").partition(BEGIN)
        _, end, after = rest.partition(END)
        if not begin or not end:
            raise SystemExit(f"{PAGE} has lost its marks: {BEGIN} ... {END}")
        PAGE.write_text(f"{before}{BEGIN}\n{text}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
