"""What the figures of das/bias say of targets whose bias is known, over many seeds.

usage: python tests/support/bias_simulation.py [SEEDS]     prints the table of the suite's page

A run asks the questions of the pack `bias`, each neutrally and under 3 of the attacks that fit it
(13 to 16 of them), drawn by lot, with a matched control each, and three votes to every telling.
Pairs under whose attribute care may change are drawn and not counted, as in the suite, and every
pair counts for the inverse of its chance. The targets: `biased throughout`
gives another answer under each attack at a rate of its own, known exactly; `minds low income` does
so in 20% of the questions where the patient is said to be poor (half the wordings of one attack),
and nowhere else; `unstable` strays from its answer in 20% of all replies; `minds wording` strays
once for all in 20% of all wordings; `both` does both. For the last three the truth is 0.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import numpy as np
from vignette_pack import attacks, vignettes

from auscult.kit.bias.legacy import Counted, flipped, union
from auscult.kit.bias.table import differences
from auscult.kit.bias.telling import telling_of
from auscult.kit.shift.cells import risen, weighted

VIGNETTES, QUESTIONS, ATTACKS = 104, 247, 16
DRAWN, VOTES, OPTIONS = 3, 3, 4
INCOME = 6
FLIPS = np.linspace(0.0, 0.4, ATTACKS)
"""How often each attack changes the answer of the target that is biased throughout."""
STRAYS = 0.2
Said = tuple[Any, Any, Any]
"""Options chosen: neutrally (question, vote), under attack and control (question, attack, vote)."""


class Draw(NamedTuple):
    rng: np.random.Generator
    attack: Any
    """(question, place): which attacks it meets."""
    poor: Any
    """Where the wording of the attack on income is one of the poor."""


class Told(NamedTuple):
    truth: float
    mean: float
    covered: float
    claimed: float
    """Runs whose interval shows more changes under attack."""
    das: float
    das_control: float


class Pack(NamedTuple):
    cluster: Any
    """Of each question, its vignette."""
    fits: Any
    """(question, attack): whether the lot may draw it."""
    counts: Any
    """(question, attack): whether the headline counts it."""


@cache
def pack() -> Pack:
    names: dict[str, int] = {}
    fits, counts, cluster = [], [], []
    for case in vignettes():
        telling = telling_of(case)
        assert telling is not None
        rules = [telling.rule(attack.attribute) for attack in attacks().values()]
        fit = [
            not a.unfit(case) and r != "must"
            for a, r in zip(attacks().values(), rules, strict=True)
        ]
        fits.append(fit)
        counts.append([f and r == "must-not" for f, r in zip(fit, rules, strict=True)])
        cluster.append(names.setdefault(case.cluster, len(names)))
    found = Pack(np.array(cluster), np.array(fits), np.array(counts))
    assert (len(names), *found.fits.shape) == (VIGNETTES, QUESTIONS, ATTACKS)
    return found


def strayed(rng: np.random.Generator, own: Any, p: Any, shape: tuple[int, ...]) -> Any:
    """`own` or, with probability p, one of the others."""
    other = (own + rng.integers(1, OPTIONS, shape)) % OPTIONS
    return np.where(rng.random(shape) < p, other, own)


def planted(draw: Draw, p: Any) -> Said:
    """Steady, but that the attacks change the answer for all votes with probability p. Half of the
    vignettes are twice as prone, the others never, so that questions of one vignette are alike."""
    prone = np.repeat([0.0, 2.0], VIGNETTES // 2)[draw.rng.permutation(VIGNETTES)]
    prone = prone[pack().cluster, None]
    own = draw.rng.integers(0, OPTIONS, (QUESTIONS, 1))
    under = strayed(draw.rng, own, p * prone, (QUESTIONS, DRAWN))
    steady = np.repeat(own, VOTES, 1)
    beside = np.repeat(steady[:, None], DRAWN, 1)
    return steady, np.repeat(under[:, :, None], VOTES, 2), beside


def biased_throughout(draw: Draw) -> Said:
    return planted(draw, FLIPS[draw.attack])


def minds_low_income(draw: Draw) -> Said:
    return planted(draw, STRAYS * draw.poor)


def unsteady(by_wording: float, by_vote: float) -> Callable[[Draw], Said]:
    def target(draw: Draw) -> Said:
        rng, own = draw.rng, draw.rng.integers(0, OPTIONS, QUESTIONS)
        said = []
        for shape in ((QUESTIONS,), (QUESTIONS, DRAWN), (QUESTIONS, DRAWN)):
            of_wording = strayed(rng, own.reshape(-1, *[1] * (len(shape) - 1)), by_wording, shape)
            said.append(strayed(rng, of_wording[..., None], by_vote, (*shape, VOTES)))
        return said[0], said[1], said[2]

    return target


HEADLINE = "the headline"
LOW = "bias/income, low"
TARGETS: dict[str, tuple[Callable[[Draw], Said], str, float]] = {
    "biased throughout, by attack from 0 to 40%": (
        biased_throughout, HEADLINE, float(FLIPS.mean()),
    ),
    "minds low income in 20%": (minds_low_income, LOW, STRAYS),
    "unstable in 20% of replies": (unsteady(0.0, STRAYS), HEADLINE, 0.0),
    "minds wording in 20% of wordings": (unsteady(STRAYS, 0.0), HEADLINE, 0.0),
    "both": (unsteady(STRAYS, STRAYS), HEADLINE, 0.0),
}  # fmt: skip


@cache
def told(name: str, seeds: int) -> Told:
    target, figure, truth = TARGETS[name]
    values, das, covered, claimed = [], [], 0, 0
    for seed in range(seeds):
        rng = np.random.default_rng(seed)
        order = np.where(pack().fits, rng.random(pack().fits.shape), 2.0)
        every = order.argsort(axis=1)[:, :DRAWN]
        poor = (every == INCOME) & (rng.random(every.shape) < 0.5)
        said = target(Draw(rng, every, poor))
        found = measured(said, every, poor if figure == LOW else None)
        values.append(found.value)
        covered += found.low <= truth <= found.high
        claimed += found.low > 0
        if seed % 10 == 0:  # slow, and steady from seed to seed
            das.append(as_das_counts(said))
    attacked, control = np.mean(das, axis=0)
    return Told(
        truth, float(np.mean(values)), covered / seeds, claimed / seeds,
        float(attacked), float(control),
    )  # fmt: skip


def measured(said: Said, attack: Any, only: Any) -> Any:
    """As `kit.bias.estimates` does: a row a vote, a cell an attack; `only` keeps rows of one."""
    neutral, under, beside = said
    before = np.broadcast_to(neutral[:, None], under.shape)
    rows = np.stack([under, before, beside], axis=-1).reshape(-1, 3).astype(float)
    value = risen(*differences(rows).T)
    cell = np.repeat(attack[:, :, None], VOTES, 2).ravel()
    cluster = np.broadcast_to(pack().cluster[:, None, None], under.shape).ravel()
    chance = np.broadcast_to(DRAWN / pack().fits.sum(axis=1)[:, None, None], under.shape).ravel()
    counted = np.take_along_axis(pack().counts, attack, axis=1)
    weights = dict.fromkeys(range(ATTACKS), 1 / ATTACKS)
    if only is not None:
        counted, weights = counted & only, {INCOME: 1.0}
    kept = np.repeat(counted[:, :, None], VOTES, 2).ravel()
    found = weighted(
        cell[kept], cluster[kept], value[kept], weights, (-1.0, 1.0), chance=chance[kept]
    )
    assert found is not None
    return found


def as_das_counts(said: Said) -> tuple[float, float]:
    """Its union over the attacks of a question; and the same of their neutral controls."""
    neutral, under, beside = (part.tolist() for part in said)
    tested = [
        Counted(q, 0, "", flipped(neutral[q], under[q][n]), flipped(neutral[q], beside[q][n]))
        for q in range(QUESTIONS)
        for n in range(DRAWN)
    ]
    attacked, control = (union(tested, of).values() for of in ("attacked", "control"))
    return sum(attacked) / len(attacked), sum(control) / len(control)


def main() -> int:
    seeds = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    print(
        "| target | figure | planted | found on average | interval covers | claims an effect "
        "| as DAS counts | the same of neutral controls |"
    )
    print("|---|---|---|---|---|---|---|---|")
    for name, (_, figure, _) in TARGETS.items():
        t = told(name, seeds)
        print(
            f"| {name} | {figure} | {100 * t.truth:.0f} points | {100 * t.mean:.1f} | "
            f"{t.covered:.1%} | {t.claimed:.1%} | {t.das:.0%} changed | {t.das_control:.0%} |"
        )
    return 0


if __name__ == "__main__":
    sys.exit(main())
