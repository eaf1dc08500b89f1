"""Several attacks on one case, one after the other, and never two that conflict.

Every step is gated by itself, against the case as the step before left it, so that a chain is valid
where each of its steps is. The text of a chain is read as rewritten: its spans are of different
texts, and each was checked against its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import NEW, Mutant, Rng, TextAttack
from auscult.kit.attack.gate import faults

JOINT = " + "


def conflict(attacks: Sequence[TextAttack]) -> str:
    """Why these must not share a chain; empty where they may."""
    names = [attack.name for attack in attacks]
    if len(set(names)) < len(names):
        return "an attack stands in it twice"
    for attack in attacks:
        against = [name for name in attack.conflicts if name in names]
        if against:
            return f"{attack.name} conflicts with {against[0]}"
    ends = [attack.name for attack in attacks[:-1] if attack.key != "kept"]
    return f"{ends[0]} changes the key, so it must come last" if ends else ""


def chained(
    case: Case, attacks: Sequence[TextAttack], variants: Sequence[int], rng: Rng | Sequence[Rng]
) -> tuple[Mutant | None, tuple[str, ...]]:
    """The mutant after all steps, or why there is none. With a generator for each step, a step
    draws the same alone as in a chain."""
    if why := conflict(attacks):
        return None, (why,)
    current, order = case, tuple(range(len(case.options)))
    mutant: Mutant | None = None
    rngs = [rng] * len(attacks) if isinstance(rng, Rng) else rng
    for attack, variant, own in zip(attacks, variants, rngs, strict=True):
        if why := attack.unfit(current):
            return None, (f"{attack.name}: {why}",)
        mutant = attack.edit(current, variant % attack.variants(current), own)
        if wrong := faults(current, mutant, attack):
            return None, tuple(f"{attack.name}: {fault}" for fault in wrong)
        order = tuple(NEW if place == NEW else order[place] for place in mutant.order)
        current = mutant.case
    if mutant is None:
        return None, ("no attack",)
    name = JOINT.join(attack.name for attack in attacks)
    if len(attacks) == 1:
        return mutant, ()
    return msgspec.structs.replace(mutant, attack=name, order=order, spans=(), rewritten=True), ()
