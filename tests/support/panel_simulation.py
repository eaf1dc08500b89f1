"""Panels whose members err by known and partly shared odds: what does each rule gain, and cost?

    python tests/support/panel_simulation.py [SEEDS]

An answer has one right label of four. A member errs with its own probability; a share of its errors
is that of a common draw, the same wrong label for all who take it, so that members err together.
`correlation` is that of the errors of two members with equal odds. A member may also fail, and then
has no vote. What is run is the rule that the judge `panel` runs.
"""

from __future__ import annotations

import sys
from itertools import product
from typing import NamedTuple

import numpy as np

from auscult.kit.panel.rules import RULES, Rule, asks_more, decide

ANSWERS = 300
"""Judged in one seed."""
LABELS, FAILED = 4, 4
"""0 is the right one; FAILED is none."""
MEMBERS = 3


class Design(NamedTuple):
    errors: tuple[float, float, float]
    correlation: float
    failures: float = 0.0


GRID = (
    Design((0.1, 0.1, 0.1), 0.0),
    Design((0.1, 0.1, 0.1), 0.25),
    Design((0.1, 0.1, 0.1), 0.5),
    Design((0.1, 0.1, 0.1), 1.0),
    Design((0.3, 0.3, 0.3), 0.0),
    Design((0.3, 0.3, 0.3), 0.5),
    Design((0.05, 0.1, 0.3), 0.25),
    Design((0.05, 0.3, 0.3), 0.5),
    Design((0.1, 0.1, 0.1), 0.25, failures=0.1),
)


class Gain(NamedTuple):
    """Means over seeds. `wrong` is of the verdicts that were given, `none` of all answers."""

    wrong: float
    none: float
    calls: float
    wrong_error: float
    """Monte Carlo standard error of `wrong`."""


def drawn(design: Design, seed: int) -> np.ndarray:
    """A label by answer and member."""
    generator = np.random.Generator(np.random.PCG64(seed))
    size = (ANSWERS, MEMBERS)
    odds = np.array(design.errors)
    common = generator.random(ANSWERS)[:, None]
    shares = generator.random(size) < np.sqrt(design.correlation)
    errs = np.where(shares, common, generator.random(size)) < odds
    one = generator.integers(1, LABELS, ANSWERS)[:, None]
    which = np.where(shares, one, generator.integers(1, LABELS, size))
    said = np.where(errs, which, 0)
    return np.where(generator.random(size) < design.failures, FAILED, said)


def outcomes(rule: Rule) -> tuple[np.ndarray, np.ndarray]:
    """By every combination of labels: what is decided, and how many members are asked."""
    decided = np.empty((LABELS + 1,) * MEMBERS, dtype=np.int64)
    asked = np.empty_like(decided)
    for said in product(range(LABELS + 1), repeat=MEMBERS):
        ballots = [None if label == FAILED else (str(label),) for label in said]
        count = 0
        while asks_more(rule, ballots[:count], MEMBERS):
            count += 1
        found = decide(rule, ballots[:count], MEMBERS).said
        decided[said] = int(found[0]) if found else FAILED
        asked[said] = count
    return decided, asked


def gain(design: Design, rule: Rule | None, *, seeds: int) -> Gain:
    """Without a rule, of the first member alone."""
    table, asked = outcomes(rule) if rule else (None, None)
    wrong, none, calls = np.empty(seeds), np.empty(seeds), np.empty(seeds)
    for seed in range(seeds):
        said = drawn(design, seed)
        place = tuple(said.T)
        found = said[:, 0] if table is None else table[place]
        given = found != FAILED
        wrong[seed] = (found[given] != 0).mean()
        none[seed] = 1 - given.mean()
        calls[seed] = 1.0 if asked is None else asked[place].mean()
    spread = float(wrong.std(ddof=1) / np.sqrt(seeds))
    return Gain(float(wrong.mean()), float(none.mean()), float(calls.mean()), spread)


def table(seeds: int) -> str:
    head = ("errors of the members", "correlation", "failures", "one alone: wrong, none")
    head += tuple(f"{rule}: wrong, none, calls" for rule in RULES)
    lines = [head, ("---",) * len(head)]
    for design in GRID:
        alone = gain(design, None, seeds=seeds)
        cells = [
            ", ".join(f"{error:g}" for error in design.errors),
            f"{design.correlation:g}",
            f"{design.failures:g}",
            f"{alone.wrong:.3f}, {alone.none:.3f}",
        ]
        for rule in RULES:
            found = gain(design, rule, seeds=seeds)
            cells.append(f"{found.wrong:.3f}, {found.none:.3f}, {found.calls:.2f}")
        lines.append(tuple(cells))
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
