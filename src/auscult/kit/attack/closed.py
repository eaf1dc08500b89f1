"""What every attack on a multiple-choice question shares: it needs a key, and texts to show."""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Domain, Mutant, Rng, TextKey
from auscult.kit.mcq import order_matters


class ClosedAttack(msgspec.Struct, frozen=True):
    """Fields of `core.mutant.TextAttack` with the commonest values; an attack says the rest."""

    name: str
    changes: str
    invariants: tuple[str, ...]
    version: str = "1"
    domain: Domain = "robustness"
    key: TextKey = "kept"
    needs: tuple[str, ...] = ()
    conflicts: tuple[str, ...] = ()

    def unfit(self, case: Case) -> str:
        if len(case.options) < 2:
            return "it has no options"
        if case.brief.key is None:
            return "it has no key"
        return self.why_not(case)

    def why_not(self, case: Case) -> str:
        """What else keeps it from this case; empty where nothing does."""
        return ""

    def variants(self, case: Case) -> int:
        return 1

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        raise NotImplementedError

    def plain(self, case: Case) -> Mutant | None:
        return None


def by_place(case: Case) -> str:
    """Options that speak of each other by place or letter cannot be moved or added to."""
    return "an option speaks of others by their place" if order_matters(case.options) else ""
