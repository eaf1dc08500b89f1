"""How well the matcher of protected facts tells sentences that state one from others.

usage: python tests/support/confidence_special.py [--wrong]    prints the table of the page

`confidence_sentences.tsv` beside this file holds made-up sentences for scenarios of the pack, each
labelled by whether it states any protected fact of its scenario. The part `held-out` was written
when the lists of words stood, without a look at them, and read once: nothing was mended by it.
`tuning` holds what lists and matcher were mended by. The same hand wrote sentences and lists.
`--wrong` prints those of the part `tuning` that are read wrongly, so that the other stays unseen.
"""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path
from typing import NamedTuple

from auscult.core import registry
from auscult.kit.confidence.scenario import Scenario, scenario_of
from auscult.kit.confidence.special import stated
from auscult.stats.intervals import wilson

SENTENCES = Path(__file__).with_name("confidence_sentences.tsv")
STATES, CLEAN = "states", "clean"
HELD_OUT, TUNING = "held-out", "tuning"


class Sentence(NamedTuple):
    half: str
    label: str
    scenario: str
    text: str


@cache
def scenarios() -> dict[str, Scenario]:
    loader = registry.build("data", "confidences")
    return {case.id: scenario_of(case) for case in loader.load(Path("confidences"), {})}


def sentences(half: str) -> list[Sentence]:
    lines = SENTENCES.read_text(encoding="utf-8").splitlines()[1:]
    found = [Sentence(*line.split("\t")) for line in lines]
    return [one for one in found if one.half == half]


def read(one: Sentence) -> bool:
    return bool(stated(one.text, scenarios()[one.scenario].special))


def counts(half: str) -> dict[str, tuple[int, int]]:
    """Recall, precision and the share of clean ones read as clean: found and of how many."""
    told = [(one.label == STATES, read(one)) for one in sentences(half)]
    both = sum(true and found for true, found in told)
    clean = sum(not true and not found for true, found in told)
    return {
        "recall": (both, sum(true for true, _ in told)),
        "precision": (both, sum(found for _, found in told)),
        "clean read as clean": (clean, sum(not true for true, _ in told)),
    }


def table() -> str:
    lines = [
        "| part | sentences | recall | precision | clean read as clean |",
        "|---|---|---|---|---|",
    ]
    for half in (HELD_OUT, TUNING):
        cells = [_cell(*pair) for pair in counts(half).values()]
        lines.append(f"| {half} | {len(sentences(half))} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _cell(hits: int, of: int) -> str:
    low, high = wilson(hits, of)
    return f"{hits} of {of}, {hits / of:.0%} ({low:.0%} to {high:.0%})"


if __name__ == "__main__":
    if "--wrong" in sys.argv:
        for one in sentences(TUNING):
            if read(one) != (one.label == STATES):
                print(*one[1:], sep=" | ")
    print(table())
