"""Every attack in one order, the same for every case: the plainest search there is.

The order is that of the names, or the one that `order` gives; what is not named comes after it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, RoleNeed
from auscult.core.strategist import Choice, Lesson, Remembered, View
from auscult.kit.options import parse_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: tuple[str, ...] = ()


def build(options: Mapping[str, Any]) -> FixedStrategist:
    return FixedStrategist(parse_options(options, Options, "strategist 'fixed'"))


class FixedStrategist:
    name = "fixed"
    version = "1"
    roles: tuple[RoleNeed, ...] = ()
    calls = 0

    def __init__(self, options: Options) -> None:
        self.named = options.order
        """Attacks that it was told of; a suite says which of them it does not know."""
        self._place = {name: place for place, name in enumerate(options.order)}

    def start(self, memory: Sequence[Remembered]) -> None:
        return None

    def learn(self, known: None, lessons: Sequence[Lesson]) -> None:
        return None

    async def choose(self, view: View, known: None, arm: Arm, rng: Rng) -> Choice | None:
        last = len(self._place)

        def place(chain: tuple[str, ...]) -> tuple[int, list[int], tuple[str, ...]]:
            return len(chain), [self._place.get(name, last) for name in chain], chain

        return Choice(min(view.offered, key=place)) if view.offered else None
