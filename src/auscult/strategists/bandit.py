"""Learns from case to case which attacks break which kind of case, and tries those first.

Contextual Thompson sampling: for every chain on offer a rate is drawn from what is believed of it
(kit/belief.py), and the chain that promises most for its cost is tried. What was learnt of earlier
blocks of cases and from the memory is pooled over all cases and, as far as it was tried, by feature
of the case. A memory that foretells badly is left aside as the target's answers come in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, RoleNeed
from auscult.core.strategist import Chain, Choice, Lesson, Remembered, View
from auscult.kit.belief import Beliefs, believe, drawn, learnt
from auscult.kit.options import parse_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    costs: dict[str, float] = msgspec.field(default_factory=dict)
    """What trying an attack costs, in questions to the target; 1 where it is not named. A chain
    costs as much as the dearest attack in it."""

    def __post_init__(self) -> None:
        if wrong := [name for name, cost in self.costs.items() if not 0 < cost < 1e6]:
            raise ValueError(f"costs gives {wrong[0]} no number above 0; mend it")


def build(options: Mapping[str, Any]) -> BanditStrategist:
    return BanditStrategist(parse_options(options, Options, "strategist 'bandit'"))


class BanditStrategist:
    name = "bandit"
    version = "1"
    roles: tuple[RoleNeed, ...] = ()
    calls = 0

    def __init__(self, options: Options) -> None:
        self.named = tuple(options.costs)
        """Attacks that it was told of; a suite says which of them it does not know."""
        self._costs = options.costs

    def start(self, memory: Sequence[Remembered]) -> Beliefs:
        return believe(memory)

    def learn(self, known: Beliefs, lessons: Sequence[Lesson]) -> Beliefs:
        return learnt(known, lessons)

    async def choose(self, view: View, known: Beliefs, arm: Arm, rng: Rng) -> Choice | None:
        if not view.offered:
            return None
        rates = drawn(known, view.features, view.offered, view.history, rng)
        worth = [rate / self._cost(chain) for rate, chain in zip(rates, view.offered, strict=True)]
        best = max(range(len(worth)), key=worth.__getitem__)
        return Choice(view.offered[best], f"thought to break {rates[best]:.0%}")

    def _cost(self, chain: Chain) -> float:
        return max(self._costs.get(name, 1.0) for name in chain)
