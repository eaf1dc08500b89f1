"""How many queries strategists need, on populations of targets with hidden weaknesses.

`bench/populations.py` makes the targets; its held-out seeds are for the figures printed here, its
training seeds (`--train`) for tuning. Every strategist is the shipped one, told what the suite
`das/adaptive` tells it. An audit asks 200 cases, each in rounds of which none repeats an attack and
which end with the first wrong answer; what is learnt is learnt in the blocks that the engine uses.

Per cell and strategist, each beside that of `random`. *First*: how many questions an audit has
asked when its first answer breaks, five rounds a case, on average over ten draws of the answers.
*Per failure*: all questions of a whole audit over all failures that it found; what is learnt on the
way tells here. Beside them, with all twelve attacks allowed, the mean queries of a case, and the
floor: what one needs who knows every hidden rate.

Planners are scripted, at the same budget of questions to the target; what they are asked themselves
is no query. The "knowing" one has the population's rates (those of no single target) and goes by
them in four rounds of five; the "naive" one names what it has tried before, or nothing known, so
that the strategist draws by lot.

"memory" is that of three earlier targets of the same population, each audited by the bandit without
one; "misleading memory" that of three whose weak and strong pairs are turned round.

usage: python bench/strategies.py [--train] [--seeds N] [--jobs N] [--cases N]
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import product
from random import Random
from typing import Any

import numpy as np

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.message import Reply, Request
from auscult.core.protocols import Target, TargetSpec
from auscult.core.strategist import Lesson, Remembered, Strategist, Tried, View
from auscult.engine.blocks import block_ends
from auscult.kit.memory import FAMILY, entries_of
from auscult.strategists.bandit import build as bandit
from auscult.strategists.evolve import build as evolve
from auscult.strategists.fixed import build as fixed
from auscult.strategists.planner import build as planner
from auscult.strategists.random import build as random
from populations import (
    ATTACKS,
    CASES,
    HELD_OUT,
    MID,
    SIGNAL,
    SPARSITY,
    TRAIN,
    cases,
    flat,
    profile,
    target,
    turned,
)

ROUNDS = 5
IDLE = (2, 2, 2, 3, 4)
"""Values of features that tell nothing, as many as a case has beside its specialty."""
EARLIER = 3
DRAWS = 10
NAMES = tuple(f"attack-{n:02}" for n in range(ATTACKS))
CHAINS = tuple((name,) for name in NAMES)
CASE = Case("simulated")
FLAT = "flat"
ARMS = (
    "random", "fixed", "bandit", "bandit, memory", "bandit, misled",
    "evolve", "evolve, memory", "evolve, misled", "planner, knowing", "planner, naive",
)  # fmt: skip
KNOWS = 0.8
"""How often the knowing planner goes by what it knows."""
Cell = tuple[float, float | str]
GRID: tuple[Cell, ...] = (*product(SPARSITY, SIGNAL), (MID[0], FLAT))
Seed = tuple[int, int, int]
"""Of a population, of what is audited of it, and of the draw: no two audits share their luck."""


def now(waiting: Coroutine[Any, Any, Any]) -> Any:
    """Strategists of these do not wait for anything."""
    try:
        waiting.send(None)
    except StopIteration as done:
        return done.value
    raise RuntimeError("a strategist waited for something")


class Desk:
    """The arm of a scripted planner: it asks, and nothing else."""

    def __init__(self, target: Target) -> None:
        self._target, self._asked = target, 0

    async def ask(
        self, messages: Any, *, sampling: Any, schema: Any, hints: Any, **_: Any
    ) -> Reply:
        self._asked += 1
        request = Request(tuple(messages), sampling, self._asked, schema, 0, hints)
        return await self._target.answer(request)


def scripted(rule: str, **options: Any) -> Desk:
    return Desk(registry.build("targets", "scripted", TargetSpec("scripted", rule, options)))


def knowing(population: Any, seed: int) -> Desk:
    table = {
        f"kind={kind}": dict(zip(NAMES, map(float, row), strict=True))
        for kind, row in enumerate(population)
    }
    return scripted("plans", table=table, p=KNOWS, seed=seed)


def audit(
    strategist: Strategist,
    chances: np.ndarray[Any, Any],
    kinds: Sequence[int],
    memory: Sequence[Remembered],
    rounds: int,
    seed: Seed,
    desk: Desk | None = None,
    *,
    to_first: bool = False,
) -> tuple[int, int, list[Lesson]]:
    """(queries, failures, what was learnt), of a whole audit or to its first failure. Whether a
    pair fails is drawn per case and attack, so that every strategist meets the same answers."""
    luck = np.random.default_rng(list(seed)).random((len(kinds), ATTACKS))
    known = strategist.start(memory)
    lessons: list[Lesson] = []
    queries = failures = 0
    start = 0
    for end in block_ends(len(kinds)):
        fresh = []
        for place in range(start, end):
            choose = partial(strategist.choose, known=known, arm=desk)  # type: ignore[arg-type]
            own = "|".join(map(str, (*seed, place)))
            features = features_of(kinds[place], own)
            lesson = _case(choose, features, chances[kinds[place]], luck[place], rounds, own)
            fresh.append(lesson)
            queries += len(lesson.tried)
            failures += lesson.tried[-1].outcome == "broke"
            if to_first and failures:
                return queries, failures, lessons
        known = strategist.learn(known, fresh)
        lessons += fresh
        start = end
    return queries, failures, lessons


def features_of(kind: int, seed: str) -> tuple[str, ...]:
    """The one that may matter, and `IDLE` that never do: nobody says which is which."""
    rng = Random(f"features {seed}")
    idle = (f"idle-{n}={rng.randrange(size)}" for n, size in enumerate(IDLE))
    return f"kind={kind}", *idle


def _case(
    choose: Any, features: tuple[str, ...], chances: Any, luck: Any, rounds: int, seed: str
) -> Lesson:
    history: list[Tried] = []
    rng = Random(seed)
    left = list(CHAINS)
    for number in range(1, rounds + 1):
        view = View(CASE, features, tuple(left), tuple(history), number, rounds)
        choice = now(choose(view, rng=rng))
        attack = NAMES.index(choice.chain[0])
        broke = bool(luck[attack] < chances[attack])
        history.append(Tried(choice.chain, "broke" if broke else "held"))
        left.remove(choice.chain)
        if broke:
            break
    return Lesson(features, tuple(history))


def memory_of(
    population: Any, rng: np.random.Generator, seed: int, which: int, size: int
) -> list[Remembered]:
    sums: dict[Any, list[float]] = {}
    for number in range(EARLIER):
        chances = target(rng, population)
        kinds = cases(rng)[:size].tolist()
        _, _, lessons = audit(bandit({}), chances, kinds, (), ROUNDS, (seed, which, number))
        for entry in entries_of(lessons):
            held = sums.setdefault((entry.feature, entry.chain), [0.0, 0.0])
            held[0] += FAMILY * entry.tries
            held[1] += FAMILY * entry.broke
    return [Remembered(*key, tries, broke) for key, (tries, broke) in sums.items()]


def one(cell: Cell, seed: int, size: int = CASES) -> list[tuple[float, ...]]:
    """Per arm: queries to the first failure; queries and failures in five rounds, and in all
    twelve; then what the floor is. `size` is how many cases an audit asks."""
    sparsity, signal = cell
    rng = np.random.default_rng(seed)
    population = flat(sparsity) if signal == FLAT else profile(rng, sparsity, float(signal))
    chances = target(rng, population)
    kinds = cases(rng)[:size].tolist()
    good = memory_of(population, rng, seed, 1, size)
    bad = memory_of(turned(population), rng, seed, 2, size)
    order = [NAMES[place] for place in rng.permutation(ATTACKS)]
    knows, naive = knowing(population, seed), scripted("misplans", kind="repeat", seed=seed)
    arms: list[tuple[Strategist, Sequence[Remembered], Desk | None]] = [
        (random({}), (), None), (fixed({"order": order}), (), None),
        (bandit({}), (), None), (bandit({}), good, None), (bandit({}), bad, None),
        (evolve({}), (), None), (evolve({}), good, None), (evolve({}), bad, None),
        (planner({}), (), knows), (planner({}), (), naive),
    ]  # fmt: skip
    rows = []
    for strategist, memory, desk in arms:
        few = audit(strategist, chances, kinds, memory, ROUNDS, (seed, 0, 0), desk)
        every = audit(strategist, chances, kinds, memory, ATTACKS, (seed, 0, 0), desk)
        first = sum(
            audit(strategist, chances, kinds, memory, ROUNDS, (seed, 0, n), desk, to_first=True)[0]
            for n in range(DRAWS)
        )
        rows.append((first / DRAWS, few[0], few[1], every[0], every[1]))
    return [*rows, _floor(chances[kinds])]


def _floor(rows: Any) -> tuple[float, ...]:
    best = -np.sort(-rows, axis=1)
    alive = np.cumprod(np.c_[np.ones(len(best)), 1 - best], axis=1)
    asked, broke = float(alive[:, :ROUNDS].sum()), float((1 - alive[:, ROUNDS]).sum())
    every, failed = float(alive[:, :ATTACKS].sum()), float((1 - alive[:, ATTACKS]).sum())
    return asked / broke, asked, broke, every, failed


def first(total: Any, arm: int) -> float:
    return float(total[arm, 0])


def per_failure(total: Any, arm: int) -> float:
    return float(total[arm, 1] / total[arm, 2])


def ratio(found: Any, of: Callable[[Any, int], float], arm: int, base: int) -> str:
    """One arm's figure over another's, with a bootstrap over populations."""
    rng = np.random.default_rng(0)

    def value(rows: Any) -> float:
        total = rows.sum(axis=0)
        return of(total, arm) / of(total, base)

    draws = [value(found[rng.integers(0, len(found), len(found))]) for _ in range(1000)]
    low, high = np.quantile(draws, [0.025, 0.975])
    return f"{value(found):.2f} ({low:.2f} to {high:.2f})"


def show(cell: Cell, found: Any, size: int = CASES) -> None:
    sparsity, signal = cell
    mid = "   <- mid-grid" if cell == MID else ""
    print(f"\nsparsity {sparsity:g}, signal {signal}{mid}")
    print(f"{'':18}{'first':>8}{'of random':>22}{'per failure':>13}{'of random':>22}{'a case':>8}")
    total, n = found.sum(axis=0), len(found)
    asked = n * size
    for place, name in enumerate((*ARMS, "floor")):
        print(
            f"{name:18}{total[place, 0] / n:8.2f}{ratio(found, first, place, 0):>22}"
            f"{per_failure(total, place):13.2f}{ratio(found, per_failure, place, 0):>22}"
            f"{total[place, 3] / asked:8.2f}"
        )
    for arm, base, words in (
        (3, 1, "bandit with memory over fixed"),
        (4, 2, "misled over no memory"),
        (4, 0, "misled over random"),
        (6, 3, "evolve with memory over bandit with memory"),
        (7, 5, "evolve, misled over no memory"),
        (9, 0, "naive planner over random"),
    ):
        told = f"{ratio(found, first, arm, base)}; {ratio(found, per_failure, arm, base)}"
        print(f"  {words}: {told}", flush=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--train", action="store_true")
    parser.add_argument("--seeds", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--cases", type=int, default=CASES, help="of an audit; fewer for a try")
    parser.add_argument("--mid", action="store_true", help="the middle of the grid alone")
    given = parser.parse_args()
    seeds = (TRAIN if given.train else HELD_OUT)[: given.seeds or None]
    size = min(given.cases, CASES)
    print(f"{len(seeds)} {'training' if given.train else 'held-out'} populations a cell")
    with ProcessPoolExecutor(given.jobs) as pool:
        for cell in (MID,) if given.mid else GRID:
            found = list(pool.map(partial(one, cell, size=size), seeds))
            show(cell, np.array(found), size)
    return 0


if __name__ == "__main__":
    sys.exit(main())
