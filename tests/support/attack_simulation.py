"""What the figures of das/robustness say of targets whose weakness is known, over many seeds.

usage: python tests/support/attack_simulation.py [SEEDS]     prints the table of the suite's page

A run asks 252 cases, each under 3 of 13 attacks drawn by lot, with a matched control each, and
once as it is. The targets: `weak` is right in a share of the cases and turns wrong under each
attack at a rate of its own, known exactly; `unstable` is right with the same probability at every
asking; `minds wording` draws once for every wording; `prefers a place` names one letter half the
time. For all but the first the truth is 0: attack and control change as much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from auscult.kit.shift.cells import weighted

CASES, ATTACKS, DRAWN, OPTIONS = 252, 13, 3, 4
FLIPS = np.linspace(0.0, 0.6, ATTACKS)
"""How often each attack turns a right answer of the weak target."""
CLEAN = 0.8
Outcomes = tuple[Any, Any, Any]
"""Right under attack, right under control, right as it is: a row a drawn attack."""


class Told(NamedTuple):
    truth: float
    mean: float
    covered: float
    claimed: float
    """Runs whose interval shows more wrong answers under attack."""
    das: float
    """Fooled of those first answered right, as DAS counts."""


def weak(rng: np.random.Generator, attack: Any) -> Outcomes:
    right = np.repeat(rng.random(CASES) < CLEAN, DRAWN)
    return right & (rng.random(len(attack)) >= FLIPS[attack]), right, right


def unstable(rng: np.random.Generator, attack: Any) -> Outcomes:
    first = np.repeat(rng.random(CASES) < 0.7, DRAWN)
    return rng.random(len(attack)) < 0.7, rng.random(len(attack)) < 0.7, first


def minds_wording(rng: np.random.Generator, attack: Any) -> Outcomes:
    """Cases are easy or hard; given that, every wording has a draw of its own."""
    ease = np.repeat(rng.choice((0.5, 0.9), CASES), DRAWN)
    first = np.repeat(rng.random(CASES) < ease[::DRAWN], DRAWN)
    return rng.random(len(attack)) < ease, rng.random(len(attack)) < ease, first


def prefers_a_place(rng: np.random.Generator, attack: Any) -> Outcomes:
    """Half the time it names one place. Options keep their order in all arms of a case but under
    permutation (the last attack here), which puts the key elsewhere."""
    first = np.repeat(rng.random(CASES) < 1 / OPTIONS, DRAWN)
    moved = attack == ATTACKS - 1
    there = np.where(moved, rng.random(len(attack)) < 1 / OPTIONS, first)
    tied = rng.random((2, len(attack))) < 0.5
    other = rng.random((2, len(attack))) < 0.8
    return np.where(tied[0], there, other[0]), np.where(tied[1], first, other[1]), first


TARGETS: dict[str, tuple[Callable[..., Outcomes], float]] = {
    "weak, by attack from 0 to 60%": (weak, CLEAN * float(FLIPS.mean())),
    "unstable": (unstable, 0.0),
    "minds wording": (minds_wording, 0.0),
    "prefers a place": (prefers_a_place, 0.0),
}


@cache
def told(name: str, seeds: int) -> Told:
    target, truth = TARGETS[name]
    weights = dict.fromkeys(range(ATTACKS), 1 / ATTACKS)
    values, das, covered, claimed = [], [], 0, 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        drawn = rng.permuted(np.tile(np.arange(ATTACKS), (CASES, 1)), axis=1)[:, :DRAWN].ravel()
        attacked, control, first = target(rng, drawn)
        added = control.astype(float) - attacked.astype(float)
        found = weighted(drawn, np.repeat(np.arange(CASES), DRAWN), added, weights, (-1.0, 1.0))
        assert found is not None
        values.append(found.value)
        covered += found.low <= truth <= found.high
        claimed += found.low > 0
        das.append(float((~attacked.astype(bool))[first.astype(bool)].mean()))
    return Told(
        truth, float(np.mean(values)), covered / seeds, claimed / seeds, float(np.mean(das))
    )


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(
        "| target | planted | found on average | interval covers | claims an effect "
        "| as DAS counts |"
    )
    print("|---|---|---|---|---|---|")
    for name in TARGETS:
        t = told(name, seeds)
        print(
            f"| {name} | {100 * t.truth:.0f} points | {100 * t.mean:.1f} | {t.covered:.1%} | "
            f"{t.claimed:.1%} | {t.das:.0%} fooled |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
