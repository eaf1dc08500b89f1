"""Made-up populations of targets with hidden weaknesses, to try strategists on.

A target answers a case wrong under an attack with a probability that nobody is told. It depends on
the attack and on the kind of case, as drawn here: `sparsity` is the share of (kind, attack) pairs
that are weak; `signal` how much of the weakness goes with the kind of case (0: every kind is the
same, so features tell nothing; 1: each kind has weak attacks of its own); with `flat` every pair is
the same, so that nothing can be learnt. Targets of one population are like each other, as versions
of one product are: each is the population's profile with some pairs drawn anew.

The grid and the seeds are fixed here, before any strategist that learns was written. `TRAIN` seeds
may be used to tune one; `HELD_OUT` seeds are for the figures.

usage: python bench/populations.py     prints what share of cases can be broken at all, per cell
"""

from __future__ import annotations

import sys
from itertools import product

import numpy as np
from numpy.typing import NDArray

ATTACKS, KINDS, CASES = 12, 8, 200
"""Attacks to choose from, kinds of case, cases an audit asks."""
WEAK, STRONG = 0.6, 0.03
"""How often a weak and a strong pair fails."""
CHANGED = 0.15
"""The share of pairs that a target has drawn anew, beside its population's."""
SPARSITY = (0.1, 0.2, 0.4)
SIGNAL = (0.0, 0.5, 1.0)
MID = (0.2, 0.5)
TRAIN = tuple(range(1_000, 1_040))
HELD_OUT = tuple(range(7_000, 7_200))
Chances = NDArray[np.float64]


def profile(rng: np.random.Generator, sparsity: float, signal: float) -> Chances:
    """The chance of a wrong answer by kind and attack. A share `signal` of the kinds draw weak
    attacks of their own, the others share one draw; every row has as many weak attacks."""
    weak = max(1, round(sparsity * ATTACKS))
    shared = rng.permutation(ATTACKS)[:weak]
    out = np.full((KINDS, ATTACKS), STRONG)
    own = rng.permutation(KINDS)[: round(signal * KINDS)]
    for kind in range(KINDS):
        places = rng.permutation(ATTACKS)[:weak] if kind in own else shared
        out[kind, places] = WEAK
    return out


def flat(sparsity: float) -> Chances:
    """As many wrong answers over all, and no pair weaker than another."""
    weak = max(1, round(sparsity * ATTACKS))
    return np.full((KINDS, ATTACKS), (weak * WEAK + (ATTACKS - weak) * STRONG) / ATTACKS)


def target(rng: np.random.Generator, population: Chances) -> Chances:
    """One target of a population: some of its pairs are other targets' business."""
    out = population.copy()
    changed = rng.random(out.shape) < CHANGED
    out[changed] = rng.permutation(population.ravel())[: int(changed.sum())]
    return out


def turned(population: Chances) -> Chances:
    """What a misleading memory was made on: weak where the population is strong."""
    return np.where(population == WEAK, STRONG, np.where(population == STRONG, WEAK, population))


def cases(rng: np.random.Generator) -> NDArray[np.int64]:
    """The kinds of the cases of an audit, in order."""
    return rng.integers(0, KINDS, CASES)


def main() -> int:
    for sparsity, signal in product(SPARSITY, SIGNAL):
        shares = []
        for seed in HELD_OUT[:50]:
            rng = np.random.default_rng(seed)
            chances = target(rng, profile(rng, sparsity, signal))
            shares.append(float((1 - (1 - chances).prod(axis=1)).mean()))
        print(
            f"sparsity {sparsity:g}, signal {signal:g}: broken by some attack {np.mean(shares):.0%}"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
