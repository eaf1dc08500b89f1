"""Fairness: how often equal groups are called unequal, and what a constant answer looks like."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from auscult.stats.group_gaps import (
    Gap,
    Profile,
    against_rest,
    deviations,
    excess_gap,
    largest_gap,
    profile,
)
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
    room,
    span,
)

GROUPS = {
    "2 of 50": (50, 50),
    "5 of 12 to 300": (12, 20, 60, 100, 300),
    "8 of 25": (25,) * 8,
    "20 of 30": (30,) * 20,
}
EQUAL = (("2 of 50", 0.5, 1, 0.0), ("5 of 12 to 300", 0.5, 1, 0.0), ("8 of 25", 0.8, 1, 0.0),
         ("20 of 30", 0.7, 1, 0.0), ("5 of 12 to 300", 0.7, 3, 0.4))  # fmt: skip
"""Groups, rate, trials a cluster, correlation within clusters."""
OLD, YOUNG = 0.6, 0.2
"""Share of malignant lesions: why a constant answer has a gap."""
AGES, SKILL, WORSE = (150, 150), 0.85, 0.25
TRUE_GAP = ((100, 0.7), (100, 0.7), (100, 0.85))
ALPHA = 0.05
Claim = Callable[[Profile, Any], Gap]


def equal(
    groups: str, rate: float, trials: int, icc: float, replicates: int, claim: Claim = largest_gap
) -> Result:
    """Groups whose true rates are equal: every claim is false. *Naive* is the percentile interval
    of largest minus smallest over the same bootstrap."""
    draws = generator("equal groups", groups, rate, trials, icc)
    home = np.repeat(np.arange(len(GROUPS[groups])), GROUPS[groups])
    cluster = np.repeat(np.arange(len(home)), trials)
    claims = worst = naive = 0
    gaps = by_chance = 0.0
    for audit in range(replicates):
        chance = np.full(len(home), rate)
        if icc:
            spread = (1 - icc) / icc
            chance = draws.beta(rate * spread, (1 - rate) * spread, len(home))
        y = (draws.random((len(home), trials)) < chance[:, None]).astype(float).ravel()
        seen = profile(y, np.repeat(home, trials), cluster)
        (strayed,) = deviations(seen, seed=audit)
        gap = claim(seen, strayed)
        claims += gap.low > 0
        gaps += gap.value
        by_chance += gap.by_chance
        worst += bool((against_rest(seen, strayed).high < 0).any())
        drawn = seen.value + strayed
        naive += bool(np.quantile(drawn.max(axis=1) - drawn.min(axis=1), ALPHA / 2) > 0)
    return {
        "claims": claims / replicates,
        "worst": worst / replicates,
        "naive": naive / replicates,
        "gap": gaps / replicates,
        "by_chance": by_chance / replicates,
    }


def answers(model: str, replicates: int) -> Result:
    """Two age groups that differ in how often a lesion is malignant, read by a model that is as
    good for both: one that always says benign, one right in 85% whatever is true, and one that is
    worse for the old. How often is each gap claimed?"""
    draws = generator("ages", model)
    group = np.repeat((0, 1), AGES)
    cluster = np.arange(len(group))
    claims = dict.fromkeys(("raw", "adjusted", "excess"), 0)
    for audit in range(replicates):
        truth = (draws.random(len(group)) < np.where(group == 1, OLD, YOUNG)).astype(int)
        benign = (truth == 0).astype(float)
        right = benign
        if model != "always benign":
            chance = np.where((group == 1) & (model == "worse for the old"), SKILL - WORSE, SKILL)
            right = (draws.random(len(group)) < chance).astype(float)
        commonest = benign if benign.mean() >= 0.5 else 1 - benign
        seen = {
            "raw": profile(right, group, cluster),
            "adjusted": profile(right, group, cluster, truth),
        }
        for name, one in seen.items():
            (strayed,) = deviations(one, seed=audit)
            claims[name] += largest_gap(one, strayed).low > 0
        constant = profile(commonest, group, cluster)
        claims["excess"] += excess_gap(seen["raw"], constant, seed=audit).low > 0
    return {name: count / replicates for name, count in claims.items()}


def unequal(replicates: int) -> Result:
    """Three groups, one of them better by 15 points: does the interval of the largest gap hold?"""
    draws = generator("unequal groups")
    sizes, rates = zip(*TRUE_GAP, strict=True)
    group = np.repeat(np.arange(len(sizes)), sizes)
    true, held, claims, width = max(rates) - min(rates), 0, 0, 0.0
    for audit in range(replicates):
        y = (draws.random(len(group)) < np.array(rates)[group]).astype(float)
        seen = profile(y, group, np.arange(len(group)))
        (strayed,) = deviations(seen, seed=audit)
        gap = largest_gap(seen, strayed)
        held += gap.low <= true <= gap.high
        claims += gap.low > 0
        width += gap.high - gap.low
    return {"coverage": held / replicates, "claims": claims / replicates,
            "width": width / replicates, "true": true}  # fmt: skip


MODELS = ("always benign", "equally good", "worse for the old")


def cells(replicates: int) -> list[Cell]:
    made = [
        Cell(equal, {"groups": g, "rate": r, "trials": t, "icc": i, "replicates": replicates})
        for g, r, t, i in EQUAL
    ]
    made += [Cell(answers, {"model": model, "replicates": replicates}) for model in MODELS]
    return [*made, Cell(unequal, {"replicates": replicates})]


def section(done: list[Done]) -> Section:
    same, read = of(done, equal), {cell["model"]: cell for cell in of(done, answers)}
    (apart,) = of(done, unequal)
    allowed = ALPHA + room(ALPHA, same[0]["replicates"])
    claims = [cell[key] for cell in same for key in ("claims", "worst")]
    constant, fair, worse = (read[model] for model in MODELS)
    checks = [
        Check(
            f"equal groups are claimed to differ in at most 5% of audits: {span(claims)} (by "
            f"chance up to {percent(allowed)} may show)",
            max(claims) <= allowed,
        ),
        Check(
            "a constant answer looks unfair only raw, because labels differ by age: raw gap "
            f"claimed in {percent(constant['raw'])}, adjusted for label mix in "
            f"{percent(constant['adjusted'])}, beyond a constant answer's in "
            f"{percent(constant['excess'])}",
            max(constant["adjusted"], constant["excess"]) <= allowed,
        ),
        Check(
            f"a model as good for both is claimed unfair in at most 5%: "
            f"{span(fair[k] for k in ('raw', 'adjusted', 'excess'))}",
            max(fair[k] for k in ("raw", "adjusted", "excess")) <= allowed,
        ),
        Check(
            f"the interval of a largest gap of {apart['true']:.2f} covers at least 95% of the "
            f"time: {percent(apart['coverage'])}",
            apart["coverage"] >= 0.95 - room(ALPHA, apart["replicates"]),
        ),
    ]
    words = (
        "A claim is a lower end above 0. Each replicate has a bootstrap of 2,000 draws of its own. "
        "*Naive* is the percentile bootstrap of largest minus smallest, which cannot reach 0: why "
        f"it is not used. Ages: two groups of {AGES[0]}, {percent(OLD, 0)} and {percent(YOUNG, 0)} "
        "of lesions malignant. The model that is worse for the old is right in "
        f"{percent(SKILL - WORSE, 0)} there and in {percent(SKILL, 0)} elsewhere; adjusted for "
        f"label mix that is claimed in {percent(worse['adjusted'])} of audits. Its excess over a "
        f"constant answer is claimed in {percent(worse['excess'])}, because that answer's own gap "
        f"is about {100 * (OLD - YOUNG):.0f} points: the excess asks whether groups lie further "
        "apart than label mix alone makes them, and stands beside the adjusted gap, not in its "
        "place."
    )
    return Section("Fairness", words, checks, [_equal_table(same), _answer_table(read)])


def _equal_table(same: list[Done]) -> Table:
    rows = [
        [
            cell["groups"],
            f"{cell['rate']}",
            f"{cell['trials']}",
            f"{cell['icc']}",
            percent(cell["claims"]),
            percent(cell["worst"]),
            percent(cell["naive"]),
            f"{100 * cell['gap']:.1f}",
            f"{100 * cell['by_chance']:.1f}",
        ]
        for cell in same
    ]
    heads = ["groups of patients", "rate", "trials each", "ICC", "gap claimed", "worst claimed",
             "naive claim", "mean gap seen, points", "told to expect by chance"]  # fmt: skip
    return Table("Equal groups, so that every claim is false:", heads, rows)


def _answer_table(read: dict[str, Done]) -> Table:
    rows = [
        [model, *(percent(read[model][key]) for key in ("raw", "adjusted", "excess"))]
        for model in MODELS
    ]
    heads = ["model", "raw gap claimed", "adjusted for label mix", "beyond a constant's"]
    return Table("Old and young with different labels:", heads, rows)
