"""Coverage of failure-at-k and of first-failure curves, and what stopping early does to them."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from auscult.stats.survival import curve, paths_of
from auscult.stats.tries import Share, case_failure_at_k, mean_share
from simulations.cells import (
    Cell,
    Check,
    Done,
    Result,
    Section,
    Table,
    generator,
    of,
    percent,
    span,
)

CHANCES = {"seldom": (0.01, 0.1), "often": (0.05, 0.2, 0.5)}
"""A patient's chance of failing at one try is one of these."""
DRAWS, K, BUDGET = 5, 3, 5
CASES = (1, 4)
CLUSTERS = (15, 60, 240)
LOW = 0.93
Mean = Callable[..., Share]


def at_k(
    chances: str, cases: int, clusters: int, replicates: int, mean: Mean = mean_share
) -> Result:
    """At least one failure in 3 of 5 exchangeable draws a case."""
    draws = generator("at k", chances, cases, clusters)
    kinds = np.array(CHANCES[chances])
    true = float((1 - (1 - kinds) ** K).mean())
    number, held, total, width = np.repeat(np.arange(clusters), cases), 0, 0.0, 0.0
    for _ in range(replicates):
        chance = np.repeat(draws.choice(kinds, clusters), cases)
        failed = draws.binomial(DRAWS, chance)
        found = mean(case_failure_at_k(failed, np.full(len(chance), DRAWS), K), number)
        held += found.low <= true <= found.high
        total += found.value
        width += found.high - found.low
    return {"coverage": held / replicates, "bias": total / replicates - true, "true": true,
            "width": width / replicates}  # fmt: skip


def first(chances: str, cases: int, clusters: int, replicates: int) -> Result:
    """Failed by try 5, where a case may stop after 1 to 6 tries for reasons of its own; beside it
    the plain share of failed cases, which counts those that stopped as safe."""
    draws = generator("first", chances, cases, clusters)
    kinds = np.array(CHANCES[chances])
    true = float((1 - (1 - kinds) ** BUDGET).mean())
    number = np.repeat(np.arange(clusters), cases)
    held = early = 0
    width = total = plain = 0.0
    for _ in range(replicates):
        chance = np.repeat(draws.choice(kinds, clusters), cases)
        fails, stops = draws.geometric(chance), draws.integers(1, BUDGET + 2, len(chance))
        failed = fails <= stops
        steps = curve(
            paths_of(np.minimum(fails, stops), failed, np.arange(len(chance)), number), BUDGET
        )
        plain += float((failed & (fails <= BUDGET)).mean())
        if not steps or (steps[-1].attempt < BUDGET and steps[-1].share < 1):
            early += 1
            continue
        last = steps[-1]
        held += last.low <= true <= last.high
        total += last.share
        width += last.high - last.low
    told = replicates - early
    return {"coverage": held / told, "bias": total / told - true, "true": true,
            "width": width / told, "plain": plain / replicates - true,
            "ended_early": early / replicates}  # fmt: skip


def cells(replicates: int) -> list[Cell]:
    return [
        Cell(work, {"chances": c, "cases": m, "clusters": k, "replicates": replicates})
        for work in (at_k, first)
        for c in CHANCES
        for m in CASES
        for k in CLUSTERS
    ]


def section(done: list[Done]) -> Section:
    exchangeable, ordered = of(done, at_k), of(done, first)
    checks = []
    for what, some in (("failure-at-k", exchangeable), ("first-failure curves", ordered)):
        shares = [cell["coverage"] for cell in some]
        checks.append(
            Check(f"{what}: intervals cover at least 93%: {span(shares)}", min(shares) >= LOW)
        )
    plain = [cell["plain"] for cell in ordered]
    words = (
        "A patient has one chance of failing for all tries, drawn from "
        + " or from ".join(f"{chances} (*{name}*)" for name, chances in CHANCES.items())
        + f". Failure-at-k: {DRAWS} exchangeable draws a case, k = {K}. First failure: cases stop "
        f"after 1 to {BUDGET + 1} tries whatever comes, and the share failed by try {BUDGET} is "
        "asked; the plain share of cases seen to fail would be off by "
        f"{100 * min(plain):.0f} to {100 * max(plain):.0f} points. Curves that nobody followed to "
        "the budget have no value there, and are left out."
    )
    return Section("Repeated tries", words, checks, [_table(exchangeable, ordered)])


def _table(exchangeable: list[Done], ordered: list[Done]) -> Table:
    rows = [
        [
            what,
            cell["chances"],
            f"{cell['clusters']} of {cell['cases']}",
            f"{cell['true']:.3f}",
            percent(cell["coverage"]),
            f"{cell['width']:.3f}",
            f"{100 * cell['bias']:+.2f}",
        ]
        for what, some in (("failure at 3", exchangeable), ("failed by try 5", ordered))
        for cell in some
    ]
    heads = ["estimate", "failing", "patients of cases", "truth", "coverage", "mean width",
             "bias, points"]  # fmt: skip
    return Table("Simulated coverage of nominal 95% intervals:", heads, rows)
