"""Coverage of paired differences and ratios, over discordance and correlation within clusters."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from auscult.stats.grouped import pooled
from auscult.stats.paired import Contrast, contrast
from auscult.stats.ratio import paired_ratio
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

CLUSTERS, CORRELATIONS = (20, 40, 100), (0.0, 0.1, 0.5)
CASES, ALONE = 5, (50, 100, 400)
"""Cases of a cluster; and how many clusters where each holds one."""
ENOUGH = 40
PATTERNS = {
    "both 0.05, worse 0.05, better 0.05": (0.05, 0.05, 0.05),
    "both 0.05, worse 0.15, better 0.05": (0.05, 0.15, 0.05),
    "both 0.1, worse 0.4, better 0.1": (0.1, 0.4, 0.1),
    "both 0.3, worse 0.02, better 0.02": (0.3, 0.02, 0.02),
    "both 0.6, worse 0.2, better 0": (0.6, 0.2, 0.0),
}
"""Shares of cases that fail in both arms, in the attack only, in the control only."""
LOW = 0.93
Interval = Callable[[Any], Contrast]


def product(sums: Any) -> Contrast:
    """Rows of changes and sizes, one a cluster, as `paired.difference` reads them."""
    return contrast(pooled([sums], 2), 0, 1, 0.95)


def paired(
    pattern: str,
    cases: int,
    icc: float,
    clusters: int,
    replicates: int,
    interval: Interval = product,
) -> Result:
    """Four-way outcomes of the cases of a cluster, Dirichlet-multinomial with this correlation."""
    both, worse, better = PATTERNS[pattern]
    draws = generator("contrasts", pattern, cases, icc, clusters)
    outcomes = _outcomes(draws, np.array([both, worse, better]), icc, (replicates, clusters, cases))
    size = np.full(clusters, float(cases))
    number = np.repeat(np.arange(clusters), cases)
    true, ratio = worse - better, (both + worse) / (both + better)
    held = ratio_held = no_limits = 0
    width = 0.0
    for table in outcomes:
        turned = (table == 1).sum(axis=1) - (table == 2).sum(axis=1)
        found = interval(np.column_stack((turned, size)).astype(float))
        held += found.low <= true <= found.high
        width += found.high - found.low
        flat = table.ravel()
        share = paired_ratio(flat <= 1, (flat == 0) | (flat == 2), number)
        low, high = share.low, share.high
        no_limits += low is None or high is None
        ratio_held += (low is None or low <= ratio) and (high is None or ratio <= high)
    return {
        "coverage": held / replicates,
        "width": width / replicates,
        "ratio": ratio_held / replicates,
        "no_limits": no_limits / replicates,
    }


def _outcomes(
    draws: np.random.Generator, shares: Any, icc: float, shape: tuple[int, int, int]
) -> Any:
    """0 both, 1 worse, 2 better, 3 neither: one row a replicate, one column a case of a cluster."""
    chances = np.broadcast_to([*shares, 1 - shares.sum()], (*shape[:2], 4))
    if icc:
        gamma = draws.standard_gamma(chances * (1 - icc) / icc)
        chances = gamma / np.maximum(gamma.sum(axis=-1, keepdims=True), 1e-300)
    edges = np.cumsum(chances, axis=-1)[..., None, :3]
    return (draws.random((*shape, 1)) > edges).sum(axis=-1).astype(np.int8)


def cells(replicates: int) -> list[Cell]:
    alone = [(1, 0.0, clusters) for clusters in ALONE]
    alike = [(CASES, icc, clusters) for icc in CORRELATIONS for clusters in CLUSTERS]
    return [
        Cell(
            paired,
            {
                "pattern": pattern,
                "cases": cases,
                "icc": icc,
                "clusters": clusters,
                "replicates": replicates,
            },
        )
        for pattern in PATTERNS
        for cases, icc, clusters in (*alone, *alike)
    ]


def section(done: list[Done]) -> Section:
    every = of(done, paired)
    checks = []
    for what, key in (("difference", "coverage"), ("ratio", "ratio")):
        enough = [c[key] for c in every if c["clusters"] >= ENOUGH]
        few = [c[key] for c in every if c["clusters"] < ENOUGH]
        words = (
            f"the paired {what} covers at least 93% with {ENOUGH} clusters or more: {span(enough)} "
            f"in {len(enough)} cells; with fewer, where nothing is promised, {span(few)}"
        )
        checks.append(Check(words, min(enough) >= LOW))
    alone = [c["coverage"] for c in every if c["cases"] == 1]
    alike = [c["coverage"] for c in every if c["cases"] > 1]
    words = (
        f"Clusters of one case, or of {CASES}, asked in both arms. Of all cases a share fails in "
        "both, a share turns worse under attack, a share turns better; outcomes of a cluster are "
        "alike with the ICC given (Dirichlet-multinomial). True differences are worse minus "
        "better, ratios (both + worse) / (both + better). Where an arm has no failure at all the "
        "ratio has one limit or none, which counts as covering where nothing contradicts the "
        "truth; how often is in the last column.\n\nThe interval of the difference adds two whole "
        "pseudo-clusters. With one case a cluster that is Bonett and Price's interval, and it "
        f"covers {span(alone)}; with {CASES} cases a cluster it is cautious ({span(alike)}), most "
        "of all with few clusters and little discordance: such an interval is wider than it need "
        "be, never narrower."
    )
    return Section("Paired differences and ratios", words, checks, [_table(every)])


def _table(every: list[Done]) -> Table:
    rows = [
        [
            cell["pattern"],
            f"{cell['cases']}",
            f"{cell['icc']}",
            f"{cell['clusters']}",
            percent(cell["coverage"]),
            f"{cell['width']:.3f}",
            percent(cell["ratio"]),
            percent(cell["no_limits"]),
        ]
        for cell in every
    ]
    heads = ["shares of cases", "cases each", "ICC", "clusters", "difference covers", "mean width",
             "ratio covers", "ratio without a limit"]  # fmt: skip
    return Table("Simulated coverage of nominal 95% intervals:", heads, rows)
