"""Any attack of those left, each as likely: what every strategist that learns has to beat."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, RoleNeed
from auscult.core.strategist import Choice, Lesson, Remembered, View
from auscult.kit.options import parse_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


def build(options: Mapping[str, Any]) -> RandomStrategist:
    parse_options(options, Options, "strategist 'random'")
    return RandomStrategist()


class RandomStrategist:
    name = "random"
    version = "1"
    roles: tuple[RoleNeed, ...] = ()
    calls = 0

    def start(self, memory: Sequence[Remembered]) -> None:
        return None

    def learn(self, known: None, lessons: Sequence[Lesson]) -> None:
        return None

    async def choose(self, view: View, known: None, arm: Arm, rng: Rng) -> Choice | None:
        return Choice(rng.choice(view.offered)) if view.offered else None
