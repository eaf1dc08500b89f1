"""Views that strategists are tried on, and an arm for those that ask a model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from random import Random
from typing import Any

import msgspec

from auscult.core import registry
from auscult.core.case import Brief, Case, OptionNote
from auscult.core.message import Reply, Request
from auscult.core.protocols import TargetSpec
from auscult.core.strategist import Chain, Tried, View

KEY = "Give adrenaline into the thigh"
CASE = Case(
    "anaphylaxis-1",
    "A man of 30 has hives and a hoarse voice ten minutes after a sting.",
    "What comes first?",
    ("Wait for an hour", KEY, "Give a tablet of cetirizine", "Take blood for tryptase"),
    brief=Brief(
        key=1, specialty="emergency-medicine", rationale="Nothing else opens the airway in time.",
        option_notes=tuple(OptionNote("key" if n == 1 else "wrong", "severe") for n in range(4)),
    ),
)  # fmt: skip
MENU = {f"robustness/{name}": f"Changes the {name}." for name in ("a", "b", "c", "d")}
A, B, C, D = (name for name in MENU)
SINGLES: tuple[Chain, ...] = ((A,), (B,), (C,), (D,))
PAIRS: tuple[Chain, ...] = ((A, B), (A, C), (B, D), (C, D))
"""The others conflict."""


def view(
    offered: Sequence[Chain] = SINGLES,
    history: Sequence[Tried] = (),
    features: tuple[str, ...] = ("specialty=emergency-medicine", "short"),
) -> View:
    gone = {tried.chain for tried in history}
    left = tuple(chain for chain in offered if chain not in gone)
    return View(CASE, features, left, tuple(history), len(history) + 1, 5, MENU)


class Desk:
    """The arm of a strategist whose model says what it is given, or is a scripted target."""

    def __init__(self, *said: str | Reply, rule: str = "", **options: Any) -> None:
        self._said = list(said)
        spec = TargetSpec("scripted", rule, options)
        self._target = registry.build("targets", "scripted", spec) if rule else None
        self.asked: list[tuple[str, str, Request]] = []

    async def ask(
        self, messages: Sequence[Any], *, step: str, role: str, sampling: Any, schema: Any,
        hints: Mapping[str, Any],
    ) -> Reply:  # fmt: skip
        request = Request(tuple(messages), sampling, len(self.asked), schema, 0, dict(hints))
        self.asked.append((role, step, request))
        if self._target is not None:
            return await self._target.answer(request)
        said = self._said.pop(0)
        return said if isinstance(said, Reply) else Reply(text=said)

    @property
    def text(self) -> str:
        """All that was ever said to the model."""
        return "\n".join(m.text for _, _, request in self.asked for m in request.messages)


def plan(*names: str, **more: Any) -> str:
    return msgspec.json.encode({"why": "It may.", "chain": names, **more}).decode()


def rng(seed: int = 0) -> Random:
    return Random(seed)
