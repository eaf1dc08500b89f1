"""What the figures of das/open-ended say of targets whose weakness is known, over many seeds.

usage: python tests/support/open_simulation.py [SEEDS]     prints the table of the suite's page

A run asks 48 cases as they are, again, and under 3 of 5 sentences drawn by lot, each beside a
control. A case has three unsafe criteria: two to meet (8 and 4 points) and one fault (6). `weak`
drops a criterion that it held, or states the fault, at a rate of each sentence's own; `unstable`
holds each criterion with the same probability at every asking; `minds wording` draws once for every
wording, some cases being easier than others. For the last two the truth is 0. Every estimate is
that of the suite itself. Of each case one pair is asked afresh, chosen as the suite chooses; told
are the findings of a run whose headline shows more failures, and, beside them, how many there would
be if nobody looked at the headline.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from auscult.kit.open.confirming import chance_of_one
from auscult.kit.open.estimates import ADDED, FLIPPED, flipped
from auscult.kit.open.findings import shows_more
from auscult.kit.open.pairs import paired_difference
from auscult.kit.open.scoring import lost
from auscult.kit.open.table import (
    AGAIN,
    ATTACKED,
    BASELINE,
    CONFIRMATIONS,
    CONTROL,
    words,
)

CASES, SENTENCES, DRAWN = 48, 5, 3
POINTS = np.array([8.0, 4.0, 6.0])
DROPS = np.array([0.0, 0.1, 0.3, 0.5, 0.7])
"""How often each sentence makes the weak target fail a criterion that it held."""
KNOWN, STEADY = 0.85, 0.65
ASKED = 2 + 2 * DRAWN
EVERY = ASKED + 2 * DRAWN * CONFIRMATIONS
Held = Any
"""Cases x askings x criteria: whether it held. Askings: first, again, then attacks and controls;
then the same afresh, of which one pair is looked at."""


class Told(NamedTuple):
    truth: float
    mean: float
    covered: float
    claimed: float
    """Runs whose interval shows more failures under attack."""
    das: float
    """Of the criteria held at first, failed under attack, as DAS counts."""
    again: float
    findings: float
    """Told in a run, on average."""
    unguarded: float
    """The same, were they told whatever the headline shows."""


def weak(rng: np.random.Generator, drawn: Any) -> Held:
    knows = rng.random((CASES, 1, 3)) < KNOWN
    held = np.repeat(knows, EVERY, axis=1)
    for start in _starts():
        dropped = rng.random((CASES, DRAWN, 3)) < DROPS[drawn][:, :, None]
        held[:, start : start + DRAWN] &= ~dropped
    return held


def _starts() -> range:
    """Where each round of attacks begins; its controls follow it."""
    return range(2, EVERY, 2 * DRAWN)


def unstable(rng: np.random.Generator, drawn: Any) -> Held:
    return rng.random((CASES, EVERY, 3)) < STEADY


def minds_wording(rng: np.random.Generator, drawn: Any) -> Held:
    """Asked again in the same words it says the same."""
    ease = rng.choice((0.45, 0.9), (CASES, 1, 3))
    held = rng.random((CASES, EVERY, 3)) < ease
    held[:, 1] = held[:, 0]
    first, *fresh = _starts()
    for start in fresh:
        held[:, start : start + 2 * DRAWN] = held[:, first : first + 2 * DRAWN]
    return held


TARGETS: dict[str, tuple[Callable[..., Held], float]] = {
    "weak, by sentence from 0 to 70%": (weak, KNOWN * float(DROPS.mean())),
    "unstable": (unstable, 0.0),
    "minds wording": (minds_wording, 0.0),
}


def found_afresh(held: Held, rng: np.random.Generator) -> int:
    """How many criteria are lost every time, one pair of each case being asked afresh."""
    steady = held[:, 0] & held[:, 1]
    failed, kept = ~held[:, 2 : 2 + DRAWN], held[:, 2 + DRAWN : ASKED]
    broken = (steady[:, None] & failed & kept).any(axis=2)
    count = 0
    # A pair that broke nothing at first cannot become a finding.
    for case in np.flatnonzero(broken.any(axis=1)):
        chosen = rng.choice(np.flatnonzero(broken[case]))
        attacked = [_signs(held[case, start + chosen]) for start in _starts()]
        control = [_signs(held[case, start + DRAWN + chosen]) for start in _starts()]
        as_it_is = [_signs(held[case, 0]), _signs(held[case, 1])]
        count += len(lost([*as_it_is, *control], attacked, range(3)))
    return count


def _signs(held: Any) -> str:
    return "".join("fh"[int(one)] for one in held)


def table(held: Held) -> pl.DataFrame:
    held = held[:, :ASKED]
    arms = [BASELINE, AGAIN, *[ATTACKED] * DRAWN, *[CONTROL] * DRAWN]
    failed = (~held * POINTS).sum(axis=2) / POINTS.sum()
    repeats = [0, 0, *range(DRAWN), *range(DRAWN)]
    case = np.repeat(np.arange(CASES), len(arms))
    return pl.DataFrame(
        {
            "case_id": case,
            "cluster": case,
            "arm": arms * CASES,
            "repeat": repeats * CASES,
            "attack": "any",
            "behaviour": "answered",
            "failed": failed.ravel(),
            "states": [_signs(row) for row in held.reshape(-1, 3)],
        }
    )


@cache
def told(name: str, seeds: int) -> Told:
    target, truth = TARGETS[name]
    values, das, again, covered, claimed = [], [], [], 0, 0
    told_of, unguarded = 0, 0
    about = words(ADDED, "", arm=ATTACKED, control_arm=CONTROL)
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = rng.permuted(np.tile(np.arange(SENTENCES), (CASES, 1)), axis=1)[:, :DRAWN]
        held = target(rng, drawn)
        rows = table(held)
        found = paired_difference(rows, about, pl.col("failed"))
        assert found.value is not None and found.low is not None and found.high is not None
        values.append(found.value)
        covered += found.low <= truth <= found.high
        claimed += found.low > 0
        afresh = found_afresh(held, rng)
        unguarded += afresh
        told_of += afresh * shows_more(found)
        das.append(_mean(flipped(rows, ATTACKED)))
        again.append(_mean(flipped(rows, AGAIN)))
    return Told(
        truth, float(np.mean(values)), covered / seeds, claimed / seeds,
        float(np.mean(das)), float(np.mean(again)), told_of / seeds, unguarded / seeds,
    )  # fmt: skip


def most_by_chance(pairs: int = DRAWN) -> tuple[float, float]:
    """The steadiness at which a merely unstable target loses most criteria so, and of how many."""
    worst = max(np.linspace(0, 1, 1001), key=lambda steady: chance_of_one(float(steady), pairs))
    return float(worst), chance_of_one(float(worst), pairs)


def _mean(rows: pl.DataFrame) -> float:
    return float(rows["score"].to_numpy().mean())


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(
        "| target | planted | found on average | interval covers | claims an effect "
        "| as DAS counts | the same, asked again | findings a run | told whatever the headline |"
    )
    print("|---|---|---|---|---|---|---|---|---|")
    for name in TARGETS:
        t = told(name, seeds)
        print(
            f"| {name} | {100 * t.truth:.0f} points | {100 * t.mean:.1f} | {t.covered:.1%} | "
            f"{t.claimed:.1%} | {t.das:.0%} {FLIPPED.split()[1]} | {t.again:.0%} | "
            f"{t.findings:.2f} | {t.unguarded:.2f} |"
        )
    holds, share = most_by_chance()
    print(
        f"A merely unstable target loses at most {share:.2%} of its unsafe criteria every time by "
        f"chance ({CASES * len(POINTS) * share:.2f} of {CASES * len(POINTS)}), where it holds each "
        f"with {holds:.2f}."
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
