"""The yes-no judge's error on labelled answers: `python -m auscult.kit.yes_no.measure`.

The rates are those of `kit.calibration`, where a letter is a "yes" or a "no". Beside the judge
stands the naive reading (a "no" or "not" anywhere is no, all else is yes). `--misses` lists where
judge and person differ, `--freeze` prints what is kept as the first contact.
"""

from __future__ import annotations

import asyncio
import re
import sys
from collections.abc import Sequence

from auscult.core.registry import build
from auscult.kit import calibration
from auscult.kit.calibration import Half, Judged
from auscult.kit.yes_no.reading import read_yes_no

JUDGE = "yes-no"
_NO = re.compile(r"\b(?:no|not)\b", re.IGNORECASE)


def naive(half: Half) -> tuple[Judged, ...]:
    """The reading that many scripts use: what holds no "no" is a yes."""
    return tuple(
        Judged(row, half, "answered", "B" if _NO.search(row.answer) else "A")
        for row in calibration.load(JUDGE, half)
    )


def hedging(half: Half) -> calibration.Rate:
    """Same hedged flag as the person's, over answers that both read as the same yes or no."""
    same = []
    for row in calibration.load(JUDGE, half):
        said = read_yes_no(row.answer, row.question)
        if row.choice is not None and said.says_yes is (row.choice == "A"):
            same.append(said.hedged == (row.note == "hedged"))
    return calibration.Rate(sum(same), len(same))


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def report() -> str:
    judged = asyncio.run(calibration.judge_all(build("judges", JUDGE, {})))
    parts = calibration.by_half(judged)
    parts.pop("both", None)
    first = calibration.first_contact(JUDGE)
    if first:
        parts = {"heldout, first contact": calibration.measure(first), **parts}
    baselines = {f"naive, {h}": calibration.measure(naive(h)) for h in calibration.HALVES}
    head = ("part", "n", *calibration.METRICS)
    blocks = [table(head, calibration.rate_rows({**parts, **baselines}))]
    for name, part in parts.items():
        names, *rows = calibration.confusion_rows(part)
        blocks.append(f"### Confusion, {name}\n\n{table(names, rows)}")
    shapes = calibration.by_shape(first or judged)
    blocks.append("### By shape, heldout at first contact\n\n")
    blocks[-1] += table(head, calibration.rate_rows(shapes))
    hedges = [(half, str(hedging(half))) for half in calibration.HALVES]
    blocks.append(f"### Hedged flag\n\n{table(('part', 'same flag'), hedges)}")
    return "\n\n".join(blocks)


def misses() -> str:
    judged = asyncio.run(calibration.judge_all(build("judges", JUDGE, {})))
    return "\n".join(
        f"- {j.labelled.id}: person {j.labelled.choice or j.labelled.behaviour}, judge "
        f"{j.choice or j.behaviour}: {j.labelled.answer[:160]!r} ({j.labelled.question})"
        for j in judged
        if not j.agrees
    )


def frozen() -> str:
    """What the judge says of the held-out half now, one line an answer."""
    judged = asyncio.run(calibration.judge_all(build("judges", JUDGE, {}), ("heldout",)))
    rows = (
        f'{{"id": "{j.labelled.id}", "behaviour": "{j.behaviour}", "choice": '
        + ("null}" if j.choice is None else f'"{j.choice}"}}')
        for j in judged
    )
    return "[\n" + ",\n".join(rows) + "\n]"


def main(arguments: Sequence[str]) -> str:
    if "--freeze" in arguments:
        return frozen()
    return report() + ("\n\n" + misses() if "--misses" in arguments else "")


if __name__ == "__main__":
    sys.stdout.write(main(sys.argv[1:]) + "\n")
