"""What the figures of das/robustness say of targets whose weakness is known, over many seeds.

usage: python tests/support/attack_simulation.py [SEEDS]     prints the table of the suite's page

A run asks 252 cases, drawn from those of the pack `knowledge` by which attacks of the library fit
them. Each is asked once as it is, and under 3 of the attacks that fit it, drawn by lot, with a
matched control each; so the fewer fit, the likelier each is drawn, and the estimate is told how
likely, as the suite tells it. The targets: the first is right in a share of the cases and turns
wrong under each attack at a rate of its own, known exactly; the second turns wrong only in cases
that few attacks fit, under all alike. The others are as weak under attack as under its control, so
that the truth is 0: one is right with the same probability at every asking, one draws once for
every wording, one names a certain letter half the time.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from good_mutants import pack

from auscult.kit.attack.chosen import attacks_of
from auscult.kit.attack.drawn import fitting
from auscult.kit.shift.cells import usable, weighted

CASES, DRAWN, OPTIONS, CLEAN = 252, 3, 4, 0.8
STRONGEST = 0.6
"""How often the attack that works best turns a right answer of a weak target."""
FEW = 8
"""Fitting attacks, at most, of the cases in which the second target is weak."""
PERMUTATION = "robustness/option-permutation"
Outcomes = tuple[Any, Any, Any]
"""Right under attack, right under control, right as it is: a row a drawn attack."""


class Lot(NamedTuple):
    """What one run drew, a row a drawn attack: `DRAWN` rows a case."""

    attack: Any
    """Its place among the attacks."""
    fit: Any
    """How many attacks fit the case."""

    @property
    def case(self) -> Any:
        return np.repeat(np.arange(len(self.attack) // DRAWN), DRAWN)

    @property
    def chance(self) -> Any:
        return DRAWN / self.fit


class Told(NamedTuple):
    truth: float
    mean: float
    covered: float
    claimed: float
    """Runs whose interval shows more wrong answers under attack."""
    unweighted: float
    """What would be found on average if every pair counted alike."""
    unweighted_covered: float
    das: float
    """Fooled of those first answered right, as DAS counts."""


@cache
def attacks() -> tuple[str, ...]:
    return tuple(attack.name for attack in attacks_of(("all",), "robustness/", "das/robustness"))


@cache
def fits() -> Any:
    """(case of the pack, attack): whether it fits."""
    library = attacks_of(("all",), "robustness/", "das/robustness")
    fit = ({one.name for one in fitting(case, library)[0]} for case in pack())
    return np.array([[name in of_case for name in attacks()] for of_case in fit])


def flips() -> Any:
    """How often each attack turns a right answer of the first target."""
    return np.linspace(0.0, STRONGEST, len(attacks()))


def drawn(rng: np.random.Generator) -> Lot:
    fit = fits()[rng.integers(0, len(fits()), CASES)]
    order = np.where(fit, rng.random(fit.shape), 2.0)
    return Lot(order.argsort(axis=1)[:, :DRAWN].ravel(), np.repeat(fit.sum(axis=1), DRAWN))


def weak(rng: np.random.Generator, lot: Lot) -> Outcomes:
    right = np.repeat(rng.random(CASES) < CLEAN, DRAWN)
    return right & (rng.random(len(lot.attack)) >= flips()[lot.attack]), right, right


def weak_where_few_fit(rng: np.random.Generator, lot: Lot) -> Outcomes:
    right = np.repeat(rng.random(CASES) < CLEAN, DRAWN)
    turned = (lot.fit <= FEW) & (rng.random(len(lot.attack)) < STRONGEST)
    return right & ~turned, right, right


def unstable(rng: np.random.Generator, lot: Lot) -> Outcomes:
    first = np.repeat(rng.random(CASES) < 0.7, DRAWN)
    return rng.random(len(lot.attack)) < 0.7, rng.random(len(lot.attack)) < 0.7, first


def minds_wording(rng: np.random.Generator, lot: Lot) -> Outcomes:
    """Cases are easy or hard; given that, every wording has a draw of its own."""
    ease = np.repeat(rng.choice((0.5, 0.9), CASES), DRAWN)
    first = np.repeat(rng.random(CASES) < ease[::DRAWN], DRAWN)
    return rng.random(len(lot.attack)) < ease, rng.random(len(lot.attack)) < ease, first


def prefers_a_place(rng: np.random.Generator, lot: Lot) -> Outcomes:
    """Half the time it names one place. Options keep their order in all arms of a case but under
    permutation, which puts the key elsewhere."""
    first = np.repeat(rng.random(CASES) < 1 / OPTIONS, DRAWN)
    moved = lot.attack == attacks().index(PERMUTATION)
    there = np.where(moved, rng.random(len(moved)) < 1 / OPTIONS, first)
    tied = rng.random((2, len(moved))) < 0.5
    other = rng.random((2, len(moved))) < 0.8
    return np.where(tied[0], there, other[0]), np.where(tied[1], first, other[1]), first


def nothing() -> float:
    return 0.0


def by_attack() -> float:
    return CLEAN * float(flips().mean())


def where_few_fit() -> float:
    """Each attack over the cases that it fits, and then the mean over attacks."""
    few = fits().sum(axis=1) <= FEW
    return CLEAN * STRONGEST * float((fits()[few].sum(axis=0) / fits().sum(axis=0)).mean())


TARGETS: dict[str, tuple[Callable[..., Outcomes], Callable[[], float]]] = {
    "weak, by attack from 0 to 60%": (weak, by_attack),
    f"weak by 60% where at most {FEW} attacks fit": (weak_where_few_fit, where_few_fit),
    "unstable: right with 0.7 at every asking": (unstable, nothing),
    "minds any change of wording": (minds_wording, nothing),
    "prefers a place among the options": (prefers_a_place, nothing),
}


def found(lot: Lot, added: Any, chance: Any) -> Any:
    """As `kit.attack.estimates` finds its primary figure."""
    same = dict.fromkeys(range(len(attacks())), 1 / len(attacks()))
    met = usable(lot.attack, added, same)
    one = weighted(lot.attack, lot.case, added, met, (-1.0, 1.0), chance=chance)
    assert one is not None
    return one


@cache
def told(name: str, seeds: int) -> Told:
    target, planted = TARGETS[name]
    truth = planted()
    rows = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        lot = drawn(rng)
        attacked, control, first = target(rng, lot)
        added = control.astype(float) - attacked.astype(float)
        ours, plain = found(lot, added, lot.chance), found(lot, added, None)
        fooled = (~attacked.astype(bool))[first.astype(bool)].mean()
        rows.append(
            (
                ours.value, ours.low <= truth <= ours.high, ours.low > 0,
                plain.value, plain.low <= truth <= plain.high, fooled,
            )
        )  # fmt: skip
    return Told(truth, *map(float, np.mean(rows, axis=0)))


def points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:.1f}"  # no minus before a zero


def table(seeds: int) -> str:
    lines = [
        "| target | planted | found on average | interval covers | claims an effect "
        "| were all pairs to count alike: found | covers | as DAS counts |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for name in TARGETS:
        t = told(name, seeds)
        lines.append(
            f"| {name} | {points(t.truth)} points | {points(t.mean)} | {t.covered:.1%} | "
            f"{t.claimed:.1%} | {points(t.unweighted)} | {t.unweighted_covered:.1%} | "
            f"{t.das:.0%} fooled |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
