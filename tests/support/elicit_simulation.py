"""What the figures of das/hallucination say where the truth is known, over many seeds.

usage: python tests/support/elicit_simulation.py [SEEDS]     prints the tables of the suite's page

A run asks 106 rows as they are, in a harder form drawn by lot, under headings, through all harder
forms, and as a twin. Rows are unlike: the chance that a row hallucinates is drawn from a beta
distribution around the planted rate, and a row that is easy to fall for stays so when pressed.
A judge reads each reply, with a planted sensitivity and specificity for faults. Every estimate is
that of the suite itself. Corrected are those whose judge errs, with a person's labels of 50 replies
of each arm picked at random from the run; one of the ways is by the labels' error rates, the other
is prediction-powered.
"""

from __future__ import annotations

import sys
from functools import cache
from typing import Any, NamedTuple

import numpy as np
import polars as pl
from scipy.special import betaincinv

from auscult.kit.elicit.case import HARDER
from auscult.kit.elicit.estimates import added, headline_of, search_estimates, twin_estimates
from auscult.kit.elicit.table import (
    BASELINE,
    CONTROL,
    DRAWN,
    HARMLESS,
    SEARCH,
    TWIN,
    flag,
)
from auscult.stats.agreement import labels
from auscult.stats.confusion import error_draws
from auscult.stats.correction import corrected, powered_difference, powered_rate

ROWS, LABELLED, SPREAD = 106, 50, 2.0
DENIES = 0.15


class Design(NamedTuple):
    rate: float
    pressed: float
    """Rate upon harder forms."""
    sensitivity: float = 1.0
    specificity: float = 1.0


PERFECT = (Design(0.1, 0.1), Design(0.1, 0.3), Design(0.3, 0.5), Design(0.6, 0.75))
ERRING = (
    Design(0.1, 0.3, 0.8, 0.9),
    Design(0.3, 0.5, 0.8, 0.9),
    Design(0.3, 0.5, 0.9, 0.75),
    Design(0.6, 0.75, 0.7, 0.95),
)


class Told(NamedTuple):
    """Mean value, and the share of runs whose interval holds the truth; `given` is the share of
    runs that gave an interval at all."""

    mean: float
    covered: float
    given: float = 1.0


def truths(design: Design) -> dict[str, float]:
    spared = [_spared_by_all(p) for p in (design.rate, design.pressed)]
    return {
        "rate": design.rate,
        "added": design.pressed - design.rate,
        "search": spared[0] - spared[1],
        "denied": DENIES,
    }


def _spared_by_all(p: float) -> float:
    """The mean over rows of the chance that none of the tries hallucinates: moments of a beta."""
    a, b = SPREAD * p, SPREAD * (1 - p)
    return float(np.prod([(b + n) / (a + b + n) for n in range(HARDER)]))


def run_of(design: Design, rng: np.random.Generator) -> pl.DataFrame:
    """The trial table, with what is true beside what the judge said."""
    ease = rng.random(ROWS)
    plain, pressed = (
        betaincinv(SPREAD * p, SPREAD * (1 - p), ease) for p in (design.rate, design.pressed)
    )
    arms = [
        _replies(BASELINE, 0, plain, rng),
        _replies(DRAWN, 0, pressed, rng),
        _replies(CONTROL, 0, plain, rng),
        *(_replies(HARMLESS, n, plain, rng) for n in range(1, HARDER)),
        *(_replies(SEARCH, n, pressed, rng) for n in range(1, HARDER)),
        _replies(TWIN, 0, np.full(ROWS, DENIES), rng),
    ]
    rows = pl.concat(arms)
    true = rows["true"].to_numpy()
    chance = np.where(true, design.sensitivity, 1 - design.specificity)
    said = rng.random(len(true)) < chance
    picked = np.concatenate([_picked(rng) for _ in arms])
    rows = rows.with_columns(
        hallucinated=pl.Series(said) & (pl.col("arm") != TWIN),
        denied=pl.Series(said) & (pl.col("arm") == TWIN),
        truth=pl.when(pl.Series(picked)).then(pl.col("true").cast(pl.Float64)),
        inclusion=pl.when(pl.Series(picked)).then(LABELLED / ROWS),
    )
    return _cut(rows)


def _replies(arm: str, repeat: int, chance: Any, rng: np.random.Generator) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "case_id": np.arange(ROWS),
            "cluster": np.arange(ROWS),
            "arm": arm,
            "repeat": repeat,
            "behaviour": "answered",
            "true": rng.random(ROWS) < chance,
            "outcome": "incomplete",
            "right": False,
            "codes": pl.Series([None] * ROWS, dtype=pl.String),
            "left_out": pl.Series([None] * ROWS, dtype=pl.Int32),
        }
    )


def _picked(rng: np.random.Generator) -> Any:
    chosen = np.zeros(ROWS, bool)
    chosen[rng.choice(ROWS, LABELLED, replace=False)] = True
    return chosen


def _cut(rows: pl.DataFrame) -> pl.DataFrame:
    """A search ends at the first form that hallucinates; the headings are never cut."""
    fell = rows.filter(pl.col("arm").is_in([DRAWN, SEARCH]), pl.col("hallucinated"))
    first = fell.group_by("case_id").agg(pl.col("repeat").min().alias("first"))
    joined = rows.join(first, on="case_id", how="left")
    kept = (pl.col("arm") != SEARCH) | (pl.col("repeat") <= pl.col("first").fill_null(HARDER))
    return joined.filter(kept).drop("first")


def found_in(rows: pl.DataFrame) -> dict[str, Any]:
    search = list(search_estimates(rows))
    denied = next(e for e in twin_estimates(rows) if e.metric.startswith("over-denial"))
    return {
        "rate": headline_of(rows), "added": added(rows), "search": search[-1], "denied": denied,
    }  # fmt: skip


def corrected_in(rows: pl.DataFrame, seed: int) -> dict[str, Any]:
    mine = rows.filter(pl.col("arm") == BASELINE)
    raw = headline_of(mine)
    known = mine.filter(pl.col("truth").is_not_null())
    names = {True: "hallucinated", False: "not"}
    found = labels(
        [names[bool(one)] for one in known["truth"].to_list()],
        [names[one] for one in known["hallucinated"].to_list()],
        LABELLED / ROWS,
        levels=("not", "hallucinated"),
    )
    errors = error_draws(found, source="run", seed=seed)
    change = added(rows)
    return {
        "rate": corrected(raw, errors, positive="hallucinated"),
        "rate, powered": powered_rate(mine, raw, success=flag("hallucinated")),
        "added, powered": powered_difference(rows, change, success=flag("hallucinated")),
    }


@cache
def told(design: Design, seeds: int) -> dict[str, Told]:
    erring = design.sensitivity < 1
    truth = truths(design)
    every: dict[str, list[tuple[float, bool]]] = {}
    for seed in range(seeds):
        rows = run_of(design, np.random.default_rng(seed))
        found = found_in(rows)
        if erring:
            found |= {f"{name}, corrected": e for name, e in corrected_in(rows, seed).items()}
        for name, e in found.items():
            known = truth[name.partition(",")[0]]
            if e.value is not None:
                assert e.low is not None and e.high is not None
                every.setdefault(name, []).append((e.value, e.low <= known <= e.high))
    return {
        name: Told(
            float(np.mean([value for value, _ in pairs])),
            float(np.mean([held for _, held in pairs])),
            len(pairs) / seeds,
        )
        for name, pairs in every.items()
    }


def _cell(one: Told) -> str:
    return f"{100 * one.mean:.1f}, {one.covered:.1%}"


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(
        "| planted: rate, added | rate | added | within a search, beyond headings | over-denial |"
    )
    print("|---|---|---|---|---|")
    for design in PERFECT:
        t, truth = told(design, seeds), truths(design)
        cells = [_cell(t[name]) for name in ("rate", "added", "search", "denied")]
        planted = f"{100 * design.rate:.0f}%, {100 * truth['added']:.0f} points"
        print(f"| {planted} | {' | '.join(cells)} |")
    print()
    print(
        "| planted: rate, added | sensitivity, specificity | rate, raw | by error rates "
        "| prediction-powered | added, raw | added, prediction-powered |"
    )
    print("|---|---|---|---|---|---|---|")
    names = ("rate", "rate, corrected", "rate, powered, corrected", "added",
             "added, powered, corrected")  # fmt: skip
    for design in ERRING:
        t, truth = told(design, seeds), truths(design)
        planted = f"{100 * design.rate:.0f}%, {100 * truth['added']:.0f} points"
        judge = f"{design.sensitivity:.2f}, {design.specificity:.2f}"
        cells = [_cell(t[name]) for name in names]
        print(f"| {planted} | {judge} | {' | '.join(cells)} |")
        refused = {name: 1 - t[name].given for name in names if t[name].given < 1}
        for name, share in refused.items():
            print(f"<!-- {planted}, {judge}: {name} refused in {share:.1%} of runs -->")
    return 0


if __name__ == "__main__":
    sys.exit(main())
