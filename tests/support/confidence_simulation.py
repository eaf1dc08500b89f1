"""What the primary figure of das/privacy says of targets whose leaking is known, over many seeds.

usage: python tests/support/confidence_simulation.py [SEEDS]        prints the table of its page

A run asks the 96 scenarios of the pack `confidences`: each under two of the disguises that apply to
it, drawn by lot, under their chain and in a conversation of pressure, with a matched control each;
the rows of that are read as the suite reads its own. The targets: one tells more under each attack
by a rate of its own, known exactly, the more so in cases in which it tells anyway; one does so in
every third case only. The others tell as much under the control, so that the truth is 0: at every
asking alike, or in the same cases always, or once a wording, or at every turn of a conversation.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import polars as pl

from auscult.core import registry
from auscult.kit.confidence.asking import ATTACKS, CHAINED, CONTROL, DISGUISES, PRESSURE, unfit
from auscult.kit.confidence.metrics import Design
from auscult.kit.confidence.primary import primary
from auscult.kit.confidence.scenario import scenario_of
from auscult.kit.confidence.table import pairs

DRAWN = 2
STRONGEST = 0.5
"""How much more the weak target tells under the attack that works best."""
Asked = dict[str, Any]
"""Per attack: places of the cases that met it, and how likely each was to."""


class Told(NamedTuple):
    truth: float
    mean: float
    covered: float
    claimed: float
    """Runs whose interval leaves nothing out, either way."""


@cache
def pack() -> tuple[Any, Any]:
    """Per case and disguise whether it applies; per case its turns."""
    loader = registry.build("data", "confidences")
    scenarios = [scenario_of(case) for case in loader.load(Path("confidences"), {})]
    fit = np.array([[not unfit(one, name) for name in DISGUISES] for one in scenarios])
    return fit, np.array([len(one.pressure) for one in scenarios])


def drawn(rng: np.random.Generator) -> Asked:
    fit, _ = pack()
    order = np.where(fit, rng.random(fit.shape), 2.0).argsort(axis=1)[:, :DRAWN]
    lot = DRAWN / fit.sum(axis=1)
    met: Asked = {}
    for place, name in enumerate(DISGUISES):
        cases = np.flatnonzero((order == place).any(axis=1))
        met[name] = (cases, lot[cases])
    everyone = np.arange(len(fit))
    return met | {name: (everyone, np.ones(len(fit))) for name in (CHAINED, PRESSURE)}


def added() -> dict[str, float]:
    return dict(zip(ATTACKS, np.linspace(0.0, STRONGEST, len(ATTACKS)), strict=True))


Says = Callable[[np.random.Generator, Asked], dict[str, tuple[Any, Any]]]
"""Per attack: what came out under it and under its control, case by case."""


def weak(rng: np.random.Generator, met: Asked) -> dict[str, tuple[Any, Any]]:
    base = rng.choice((0.1, 0.5), len(pack()[0]))
    more = added()
    return {
        name: (rng.random(len(c)) < base[c] + more[name], rng.random(len(c)) < base[c])
        for name, (c, _) in met.items()
    }


def weak_in_a_third(rng: np.random.Generator, met: Asked) -> dict[str, tuple[Any, Any]]:
    """The cases are the pack's own: what is estimated is of them."""
    hit = np.arange(len(pack()[0])) % 3 == 0
    return {
        name: (rng.random(len(c)) < 0.2 + 0.6 * hit[c], rng.random(len(c)) < 0.2)
        for name, (c, _) in met.items()
    }


def alike(rng: np.random.Generator, met: Asked) -> dict[str, tuple[Any, Any]]:
    return {
        name: (rng.random(len(c)) < 0.3, rng.random(len(c)) < 0.3) for name, (c, _) in met.items()
    }


def always_the_same(rng: np.random.Generator, met: Asked) -> dict[str, tuple[Any, Any]]:
    """Nine of ten cases are told or kept for good; in the others it tells half the time."""
    base = rng.choice((0.0, 0.5, 1.0), len(pack()[0]), p=(0.5, 0.1, 0.4))
    return {
        name: (rng.random(len(c)) < base[c], rng.random(len(c)) < base[c])
        for name, (c, _) in met.items()
    }


def hardly_ever(rng: np.random.Generator, met: Asked) -> dict[str, tuple[Any, Any]]:
    return {
        name: (rng.random(len(c)) < 0.02, rng.random(len(c)) < 0.02) for name, (c, _) in met.items()
    }


def by_turn(rng: np.random.Generator, met: Asked) -> dict[str, tuple[Any, Any]]:
    """At every turn with a tenth, pressed or asked politely: a conversation tells more than one
    reply, and its control as much."""
    turns = pack()[1]
    out = {}
    for name, (c, _) in met.items():
        p = 1 - 0.9 ** (1 + turns[c]) if name == PRESSURE else np.full(len(c), 0.1)
        out[name] = rng.random(len(c)) < p, rng.random(len(c)) < p
    return out


def nothing() -> float:
    return 0.0


def mean_added() -> float:
    return float(np.mean(list(added().values())))


def in_a_third() -> float:
    """Each attack over the cases that it applies to, and then the mean over attacks."""
    fit, _ = pack()
    hit = np.arange(len(fit)) % 3 == 0
    shares = [hit[fit[:, place]].mean() for place in range(len(DISGUISES))]
    return 0.6 * float(np.mean([*shares, hit.mean(), hit.mean()]))


TARGETS: dict[str, tuple[Says, Callable[[], float]]] = {
    "tells more, by attack from 0 to 50 points": (weak, mean_added),
    "tells 60 points more in every third case": (weak_in_a_third, in_a_third),
    "tells in 30% of all askings": (alike, nothing),
    "tells or keeps nine of ten cases for good": (always_the_same, nothing),
    "tells in 2% of all askings": (hardly_ever, nothing),
    "tells in 10% of all turns": (by_turn, nothing),
}


def rows_of(met: Asked, said: dict[str, tuple[Any, Any]]) -> pl.DataFrame:
    """As `confidence.table.typed` gives them."""
    parts = []
    for name, (cases, lot) in met.items():
        for arm, out in zip((name, name + CONTROL), said[name], strict=True):
            parts.append(
                pl.DataFrame(
                    {
                        "case_id": cases.astype(np.uint32), "cluster": cases.astype(np.uint32),
                        "score": 1.0 - out.astype(float), "lot": lot,
                    }
                ).with_columns(
                    pl.lit(arm).alias("arm"), pl.lit(name).alias("attack"),
                    pl.lit("answered").alias("behaviour"),
                )
            )  # fmt: skip
    return pl.concat(parts)


@cache
def told(name: str, seeds: int) -> Told:
    target, planted = TARGETS[name]
    truth = planted()
    found = []
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        met = drawn(rng)
        e = primary(pairs(rows_of(met, target(rng, met))), Design("das/privacy"))
        assert e.value is not None and e.low is not None and e.high is not None
        found.append((e.value, e.low <= truth <= e.high, e.low > 0 or e.high < 0))
    return Told(truth, *map(float, np.mean(found, axis=0)))


def points(share: float) -> str:
    return f"{round(100 * share, 1) + 0.0:.1f}"  # no minus before a zero


def table(seeds: int) -> str:
    lines = [
        "| target | planted | found on average | interval covers | claims an effect |",
        "|---|---|---|---|---|",
    ]
    for name in TARGETS:
        t = told(name, seeds)
        lines.append(
            f"| {name} | {points(t.truth)} points | {points(t.mean)} | {t.covered:.1%} | "
            f"{t.claimed:.1%} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(table(int(sys.argv[1]) if len(sys.argv) > 1 else 1000))
