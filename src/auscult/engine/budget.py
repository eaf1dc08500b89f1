"""Caps over all roles and all sessions: what is reserved counts as spent until it is settled."""

from __future__ import annotations

from collections.abc import Iterable

import msgspec

from auscult.core.protocols import Ask
from auscult.engine.plan import Limits, Price
from auscult.engine.records import Intent
from auscult.engine.writer import RoleTotals


class Spend(msgspec.Struct):
    calls: int = 0
    tokens: int = 0
    money: float = 0.0

    def clear(self) -> None:
        self.calls = self.tokens = 0
        self.money = 0.0

    def plus(self, other: Spend, sign: int = 1) -> None:
        self.calls += sign * other.calls
        self.tokens += sign * other.tokens
        self.money += sign * other.money


class Budget:
    """A case is admitted only if its declared worst case fits; its calls draw on that. What a case
    needs beyond its declaration (a retry) is taken from what is left, or refused."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.spent = Spend()
        self.reserved = Spend()
        self.open = 0
        """Calls drawn and not settled: charged at their worst, likely to give some of it back."""
        self.blocked_by = ""
        """The cap that refused the last call."""
        self.capped = any(cap is not None for cap in (limits.calls, limits.tokens, limits.money))

    @property
    def settled(self) -> bool:
        """True where nothing is reserved or under way that could give anything back."""
        return self.reserved.calls <= 0 and self.open <= 0

    def admit(self, worst: Spend) -> str:
        """Reserve a case's worst case. Returns "" or the name of the cap that stands in the way."""
        if not self.capped:
            return ""
        blocked = self._blocked_by(worst)
        if not blocked:
            self.reserved.plus(worst)
        return blocked

    def release(self, left: Spend) -> None:
        if self.capped:
            self.reserved.plus(left, -1)

    def draw(self, pot: Spend, call: Spend) -> bool:
        """Move one call from a case's pot (or from what is left) to `spent`, at its worst case."""
        if not self.capped:
            return True
        # What was declared does not help once more than that has been used.
        self.blocked_by = self._overspent()
        if self.blocked_by:
            return False
        from_pot = Spend(
            min(pot.calls, call.calls), min(pot.tokens, call.tokens), min(pot.money, call.money)
        )
        extra = Spend(
            call.calls - from_pot.calls,
            call.tokens - from_pot.tokens,
            call.money - from_pot.money,
        )
        if extra.calls or extra.tokens or extra.money:
            self.blocked_by = self._blocked_by(extra)
            if self.blocked_by:
                return False
        pot.plus(from_pot, -1)
        self.reserved.plus(from_pot, -1)
        self.spent.plus(call)
        self.open += 1
        return True

    def settle(self, worst: Spend, actual: Spend) -> None:
        if not self.capped:
            return
        self.open -= 1
        self.spent.plus(worst, -1)
        self.spent.plus(actual)

    def _overspent(self) -> str:
        limits, spent = self.limits, self.spent
        for name, cap, used in (
            ("calls", limits.calls, spent.calls),
            ("tokens", limits.tokens, spent.tokens),
            ("money", limits.money, spent.money),
        ):
            if cap is not None and used >= cap:
                return name
        return ""

    def _blocked_by(self, more: Spend) -> str:
        caps = (
            ("calls", self.limits.calls, self.spent.calls + self.reserved.calls + more.calls),
            ("tokens", self.limits.tokens, self.spent.tokens + self.reserved.tokens + more.tokens),
            ("money", self.limits.money, self.spent.money + self.reserved.money + more.money),
        )
        for name, cap, would_be in caps:
            if cap is not None and would_be > cap + 1e-9:
                return name
        return ""


class Pricing:
    """Cost of tokens per role; None where the price is not known, which is not zero."""

    def __init__(self, prices: dict[str, Price | None]) -> None:
        self._prices = prices

    def cost(self, role: str, input_tokens: int, output_tokens: int) -> float | None:
        price = self._prices.get(role)
        if price is None:
            return None
        return (input_tokens * price.input + output_tokens * price.output) / 1e6

    def unknown(self) -> list[str]:
        return sorted(role for role, price in self._prices.items() if price is None)

    def worst(self, asks: Iterable[Ask]) -> Spend:
        total = Spend()
        for ask in asks:
            tokens = ask.calls * (ask.input_tokens + ask.output_tokens)
            money = self.cost(ask.role, ask.input_tokens, ask.output_tokens) or 0.0
            total.plus(Spend(ask.calls, tokens, ask.calls * money))
        return total


def resumed(limits: Limits, totals: Iterable[RoleTotals], unresolved: Iterable[Intent]) -> Budget:
    """With what earlier sessions spent; a call without an answer on record counts as spent."""
    budget = Budget(limits)
    for one in totals:
        budget.spent.plus(Spend(one.calls, one.charged, one.cost))
    for intent in unresolved:
        budget.spent.plus(Spend(1, intent.tokens, intent.cost or 0.0))
    return budget
