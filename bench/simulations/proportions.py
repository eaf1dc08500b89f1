"""Coverage of the intervals of one rate: exact where trials are independent, else simulated."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

import numpy as np
from scipy.stats import binom

from auscult.stats.intervals import clopper_pearson, wilson
from auscult.stats.rates import Interval, Tally, cluster_interval
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

RATES = (0.02, 0.1, 0.5, 0.9)
CORRELATIONS = (0.0, 0.1, 0.5)
CLUSTERS = (10, 20, 40, 100, 400)
SIZES = {"5 each": (5,), "1 to 13": (1, 2, 3, 6, 13)}
"""Both of 5 trials a cluster on average."""
LARGEST, LONG = 1000, (2000, 5000)
EVENTS, ENOUGH = 10, 40
LOW, HIGH = 0.93, 0.98
RARE = 1e-11
SHORT = {
    "Clopper-Pearson on clusters, as if all trials of a cluster agreed": "worst case",
    "cluster-robust Wilson on the effective sample size, Student's t": "Wilson, effective n",
    "Clopper-Pearson on the effective sample size, Student's t (Korn-Graubard)": "Korn-Graubard",
    "Wilson": "Wilson",
    "Clopper-Pearson": "Clopper-Pearson",
}
Ends = Callable[[int, int], tuple[float, float]]
Rule = Callable[[Tally], Interval]


def chosen(successes: int, n: int) -> tuple[float, float]:
    """The product's own rule, one trial a cluster."""
    times = np.array([successes, n - successes], dtype=float)
    found = cluster_interval(Tally(np.array([1.0, 0.0]), np.ones(2), times))
    return found.low, found.high


METHODS: dict[str, Ends] = {"Wilson": wilson, "Clopper-Pearson": clopper_pearson, "rule": chosen}


def coverage_at(ends: Ends, n: int, rate: float) -> float:
    """Exact: the probability of all counts whose interval holds the rate. What is left out of the
    sum, at most 2e-11, counts as missed."""
    first, last = int(binom.ppf(RARE, n, rate)), int(binom.ppf(1 - RARE, n, rate))
    counts = range(max(0, first), last + 1)
    held = [count for count in counts if _holds(ends(count, n), rate)]
    return float(binom.pmf(held, n, rate).sum()) if held else 0.0


def _holds(interval: tuple[float, float], rate: float) -> bool:
    return interval[0] <= rate <= interval[1]


def exact(rate: float, numbers: Sequence[int]) -> Result:
    """Per method, one coverage a number of trials."""
    return {name: [coverage_at(e, n, rate) for n in numbers] for name, e in METHODS.items()}


def clustered(
    rate: float,
    icc: float,
    clusters: int,
    sizes: str,
    replicates: int,
    rule: Rule = cluster_interval,
) -> Result:
    """Beta-binomial clusters. `events` are expected, on the effective sample size, of the rarer
    outcome; `alike` is the effective number of clusters."""
    draws = generator("clustered", rate, icc, clusters, sizes)
    pattern = SIZES[sizes]
    size = np.tile(pattern, clusters // len(pattern)).astype(float)
    chance = np.full((replicates, clusters), rate)
    if icc:
        spread = (1 - icc) / icc
        chance = draws.beta(rate * spread, (1 - rate) * spread, chance.shape)
    counts = draws.binomial(size.astype(int), chance).astype(float)
    held, low_side, width, methods = 0, 0, 0.0, Counter[str]()
    for successes in counts:
        found = rule(Tally(successes, size))
        held += found.low <= rate <= found.high
        low_side += found.high < rate
        width += found.high - found.low
        methods[SHORT.get(found.method, found.method)] += 1
    effect = 1 + ((size**2).sum() / size.sum() - 1) * icc
    return {
        "coverage": held / replicates,
        "too_low": low_side / replicates,
        "width": width / replicates,
        "events": float(size.sum() * min(rate, 1 - rate) / effect),
        "alike": float(size.sum() ** 2 / (size**2).sum()),
        "methods": {name: count / replicates for name, count in methods.most_common()},
    }


def cells(replicates: int) -> list[Cell]:
    largest = LARGEST if replicates >= 1000 else 30
    numbers = [*range(10, largest + 1), *(LONG if replicates >= 1000 else ())]
    made = [Cell(exact, {"rate": rate, "numbers": numbers}) for rate in RATES]
    for rate in RATES:
        for icc in CORRELATIONS:
            for clusters in CLUSTERS:
                for sizes in SIZES:
                    arguments = {"rate": rate, "icc": icc, "clusters": clusters, "sizes": sizes}
                    made.append(Cell(clustered, arguments | {"replicates": replicates}))
    return made


def enough(cell: Done) -> bool:
    return bool(cell["events"] >= EVENTS - 1e-9 and cell["alike"] >= ENOUGH - 1e-9)


def section(done: list[Done]) -> Section:
    independent, alike = of(done, exact), of(done, clustered)
    inside = [cell for cell in alike if enough(cell)]
    outside = [cell for cell in alike if not enough(cell)]
    checks = [*_exact_checks(independent), *_clustered_checks(inside, outside)]
    words = (
        "Independent trials: coverage is a sum over all outcomes, so it is exact, for every number "
        f"of trials from 10 to {LARGEST:,} and for {LONG[0]:,} and {LONG[1]:,}. *Rule* is what the "
        f"product prints (`stats.rates`): Wilson with {ENOUGH} trials and {EVENTS} events each way "
        "or more, else Clopper-Pearson.\n\nClustered trials: beta-binomial clusters of 5 trials "
        "each, or of 1, 2, 3, 6 and 13 in equal parts. *Events* are the expected number of the "
        "rarer outcome on the true effective sample size, n / (1 + (sum of squared sizes / n - 1) "
        "ICC). *Effective* clusters are n squared over the sum of squared sizes: their number "
        "where sizes are equal. The method is chosen by what was observed, so in one cell several "
        "may be used."
    )
    return Section("One rate", words, checks, [_exact_table(independent), _clustered_table(alike)])


def _where_enough(cell: Done, method: str) -> list[float]:
    rarer = min(cell["rate"], 1 - cell["rate"])
    pairs = zip(cell["numbers"], cell[method], strict=True)
    return [share for n, share in pairs if n * rarer >= EVENTS - 1e-9 and n >= ENOUGH]


def _exact_checks(independent: list[Done]) -> list[Check]:
    safe = [share for cell in independent for share in cell["Clopper-Pearson"]]
    ours = [share for cell in independent for share in _where_enough(cell, "Wilson")]
    rule = [share for cell in independent for share in cell["rule"]]
    checks = [
        Check(
            f"Clopper-Pearson covers at least 95%: {span(safe)}, exactly computed",
            min(safe) >= 0.95 - 1e-9,
        ),
        Check(
            "the rule for independent trials never covers less than 93%, whatever the number of "
            f"trials: {span(rule)}",
            min(rule) >= LOW,
        ),
    ]
    if ours:
        words = (
            f"Wilson lies within 93% to 98% with {EVENTS} expected events each way and {ENOUGH} "
            f"trials: {span(ours)}"
        )
        checks.insert(1, Check(words, min(ours) >= LOW and max(ours) <= HIGH))
    return checks


def _clustered_checks(inside: list[Done], outside: list[Done]) -> list[Check]:
    shares, rest = ([cell["coverage"] for cell in some] for some in (inside, outside))
    return [
        Check(
            f"clustered intervals lie within 93% to 98% with {EVENTS} expected events each way and "
            f"{ENOUGH} effective clusters: {span(shares)} in {len(shares)} cells",
            min(shares) >= LOW and max(shares) <= HIGH,
        ),
        Check(
            f"elsewhere the product changes method and covers at least 93%: {span(rest)} in "
            f"{len(rest)} cells",
            min(rest) >= LOW,
        ),
    ]


def _exact_table(independent: list[Done]) -> Table:
    rows = []
    for cell in independent:
        for method in METHODS:
            everywhere, here = cell[method], _where_enough(cell, method)
            at = cell["numbers"][int(np.argmin(everywhere))]
            rows.append(
                [
                    f"{cell['rate']}",
                    method,
                    span(here) if here else "",
                    percent(min(everywhere)),
                    f"{at}",
                ]
            )
    heads = ["rate", "method", "10 expected events and 40 trials or more", "least of all", "at n ="]
    return Table("Exact coverage of nominal 95% intervals, independent trials:", heads, rows)


def _clustered_table(alike: list[Done]) -> Table:
    rows = []
    for cell in alike:
        methods = ", ".join(f"{name} {percent(s, 0)}" for name, s in cell["methods"].items())
        rows.append(
            [
                f"{cell['rate']}",
                f"{cell['icc']}",
                f"{cell['clusters']}",
                cell["sizes"],
                f"{cell['alike']:.0f}",
                f"{cell['events']:.1f}",
                percent(cell["coverage"]) + ("" if enough(cell) else " (few)"),
                f"{cell['width']:.3f}",
                methods,
            ]
        )
    heads = ["rate", "ICC", "clusters", "sizes", "effective", "events", "coverage", "mean width",
             "method used"]  # fmt: skip
    caption = (
        "Simulated coverage of the product's rule, clustered trials; *few* marks fewer than 10 "
        "expected events or 40 effective clusters:"
    )
    return Table(caption, heads, rows)
