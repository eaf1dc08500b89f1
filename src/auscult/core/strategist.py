"""The shape of what picks the next attack, what it is told, and what it may learn from.

A strategist searches; it never estimates. It sees the history of the case at hand, what cases of
earlier blocks came to, and the memory a run began with. It never sees a verdict of a judge that
scores the headline, nor the words of a reply: only whether the answer was still the right one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, runtime_checkable

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, RoleNeed

Chain = tuple[str, ...]
"""Names of attacks, in the order in which they are applied."""
Outcome = Literal["broke", "held", "rejected", "error"]
"""The answer was not the right one any more; it still was; the validity gate refused the mutant, so
that nobody was asked; or the call failed."""
COUNTED: frozenset[Outcome] = frozenset({"broke", "held"})


class Tried(msgspec.Struct, frozen=True, array_like=True):
    chain: Chain
    outcome: Outcome
    cost: float = 1.0
    """In questions put to the target."""
    why: str = ""
    """Of a rejection: what the gate said."""
    words: tuple[str, ...] = ()
    """Of what a model wrote for each attack of the chain, how it is worded: empty for an attack
    that no model wrote for; none where no model wrote."""


class Lesson(msgspec.Struct, frozen=True, array_like=True):
    """What one case came to, in the order in which it was tried."""

    features: tuple[str, ...]
    tried: tuple[Tried, ...]


class Remembered(msgspec.Struct, frozen=True, omit_defaults=True):
    """How often a chain broke answers to cases of one kind, in earlier audits. Both counts may be
    fractions: what was seen of other targets, or long ago, counts for less."""

    feature: str
    """Empty for cases of every kind."""
    chain: Chain
    tries: float
    broke: float
    words: tuple[str, ...] = ()
    """Of a single attack: how words were put that broke such answers, the newest first."""


class View(msgspec.Struct, frozen=True):
    """What a strategist is told before it picks."""

    case: Case
    features: tuple[str, ...]
    offered: tuple[Chain, ...]
    """What may still be tried on this case: applicable, free of conflicts, not tried before."""
    history: tuple[Tried, ...]
    round: int
    """From 1 on."""
    rounds: int
    menu: Mapping[str, str] = {}
    """What each attack changes, in a sentence."""
    written: tuple[str, ...] = ()
    """Attacks whose words a model writes."""


class Choice(msgspec.Struct, frozen=True):
    chain: Chain
    why: str = ""
    faults: tuple[str, ...] = ()
    """What was wrong with what a model said on the way to it, a kind each time."""
    parents: tuple[str, ...] = ()
    """How words were put that broke answers before, for the first attack of the chain that a model
    writes: one to be varied, or two to be put together."""


@runtime_checkable
class Strategist(Protocol):
    @property
    def name(self) -> str: ...

    @property
    def version(self) -> str: ...

    @property
    def roles(self) -> tuple[RoleNeed, ...]:
        """Models it asks, such as "attacker"."""
        ...

    @property
    def calls(self) -> int:
        """How often it asks them before one choice, at most."""
        ...

    def start(self, memory: Sequence[Remembered]) -> Any:
        """What is known before the first case. What is returned is never changed afterwards."""
        ...

    def learn(self, known: Any, lessons: Sequence[Lesson]) -> Any:
        """What is known after a block of cases, in their order; a new value."""
        ...

    async def choose(self, view: View, known: Any, arm: Arm, rng: Rng) -> Choice | None:
        """One of those offered; None to give the case up. `arm` is for asking roles."""
        ...
