"""Several attacks on one case, one after the other, and never two that conflict.

Every step is gated by itself, against the case as the step before left it, so that a chain is valid
where each of its steps is. What a model wrote is also held against the case before any step: else
an option that one step adds would excuse, in the next, a finding or a hint. The text of a chain is
read as rewritten: its spans are of different texts, and each was checked against its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import NEW, Mutant, Rng, TextAttack
from auscult.kit.attack.agent import Written, put
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
    case: Case,
    attacks: Sequence[TextAttack],
    variants: Sequence[int],
    rng: Rng | Sequence[Rng],
    words: Sequence[Any] = (),
) -> tuple[Mutant | None, tuple[str, ...]]:
    """The mutant after all steps, or why there is none. With a generator for each step, a step
    draws the same alone as in a chain. `words` of each step, None where no model wrote it."""
    if why := conflict(attacks):
        return None, (why,)
    if not attacks:
        return None, ("no attack",)
    current = case
    made: list[Mutant] = []
    rngs = [rng] * len(attacks) if isinstance(rng, Rng) else rng
    said = words or (None,) * len(attacks)
    for attack, variant, own, its in zip(attacks, variants, rngs, said, strict=True):
        mutant, wrong = stepped(current, attack, variant, own, its, case)
        if mutant is None:
            return None, wrong
        made.append(mutant)
        current = mutant.case
    return joined(case, made), ()


def stepped(
    case: Case,
    attack: TextAttack,
    variant: int,
    rng: Rng,
    words: Any = None,
    original: Case | None = None,
) -> tuple[Mutant | None, tuple[str, ...]]:
    """One attack on the case as the steps before left it, or why not; of words where a model wrote
    them, which are held against the `original`."""
    if why := attack.unfit(case):
        return None, (f"{attack.name}: {why}",)
    place = variant % attack.variants(case)
    mutant: Mutant | None
    if isinstance(attack, Written):
        mutant, wrong = put(case, attack, words, place, rng, original)
    else:
        mutant = attack.edit(case, place, rng)
        wrong = faults(case, mutant, attack)
    return (None, named_faults(attack, wrong)) if wrong else (mutant, ())


def named_faults(attack: TextAttack, wrong: Iterable[str]) -> tuple[str, ...]:
    return tuple(f"{attack.name}: {fault}" for fault in wrong)


def joined(case: Case, made: Sequence[Mutant]) -> Mutant:
    """One mutant of what the steps made of the case, each of what the one before left."""
    if len(made) == 1:
        return made[0]
    order = tuple(range(len(case.options)))
    labels: dict[str, str | int | float | bool] = dict(made[-1].labels)
    for mutant in made:
        order = tuple(NEW if place == NEW else order[place] for place in mutant.order)
        if mutant.labels.get("written"):
            labels["written"] = True
    name = JOINT.join(mutant.attack for mutant in made)
    return msgspec.structs.replace(
        made[-1], attack=name, order=order, spans=(), rewritten=True, labels=labels
    )
