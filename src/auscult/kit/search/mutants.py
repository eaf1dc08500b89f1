"""Mutants of a search, and the harmless changes that stand beside them."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, TextAttack
from auscult.kit.attack.asking import plain_mutant
from auscult.kit.attack.chain import JOINT, chained
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.control import control_of
from auscult.kit.attack.drawn import CONTROLS, control_faults

HARMLESS = ClosedAttack(
    "harmless change", "The question in other words, or under another heading.", ("options-kept",)
)
REDRAWS = 3


class Made(msgspec.Struct, frozen=True):
    """A chain's mutant with the variants it was made of, or why there is none."""

    attacks: tuple[TextAttack, ...]
    variants: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    """Of each step."""
    mutant: Mutant | None = None
    rejected: tuple[str, ...] = ()


def make(case: Case, attacks: Sequence[TextAttack], rng: Rng) -> Made:
    """The first of some drawn variants that the gate lets through."""
    refused: tuple[str, ...] = ("no variant",)
    for _ in range(REDRAWS):
        variants = tuple(rng.randrange(attack.variants(case)) for attack in attacks)
        seeds = tuple(rng.getrandbits(32) for _ in attacks)
        mutant, refused = chained(case, attacks, variants, [Rng(seed) for seed in seeds])
        if mutant is not None:
            return Made(tuple(attacks), variants, seeds, mutant)
    return Made(tuple(attacks), rejected=refused)


def fewer(case: Case, made: Made) -> list[Made]:
    """The same edits one by one, where there were several."""
    found = []
    for place, attack in enumerate(made.attacks):
        variants, seeds = made.variants[place : place + 1], made.seeds[place : place + 1]
        mutant, _ = chained(case, (attack,), variants, Rng(seeds[0]))
        if mutant is not None:
            found.append(Made((attack,), variants, seeds, mutant))
    return found


def control_for(case: Case, made: Made, rank: int) -> Mutant | None:
    """As much harmless change in the answer format of the whole chain; None where the gate refuses
    every one. Each step's control is made of the text as the controls before it left it."""
    current = case
    control: Mutant | None = None
    for attack, variant, seed in zip(made.attacks, made.variants, made.seeds, strict=True):
        if attack.unfit(current):
            return None
        mutant = attack.edit(current, variant % attack.variants(current), Rng(seed))
        control = _first(current, attack, mutant, rank)
        if control is None:
            return None
        current = control.case
    if control is None or len(made.attacks) == 1:
        return control
    name = JOINT.join(attack.name for attack in made.attacks)
    return msgspec.structs.replace(control, attack=name, spans=(), rewritten=True)


def _first(case: Case, attack: TextAttack, mutant: Mutant, rank: int) -> Mutant | None:
    for further in range(rank, rank + CONTROLS):
        control = control_of(case, attack, mutant, further)
        if not control_faults(case, attack, control):
            return control
    return None


def harmless_changes(case: Case, count: int) -> list[Mutant]:
    """Distinct texts of the same meaning in the case's own format, as many as there are up to
    `count`: the author's wordings first."""
    plain = plain_mutant(case)
    found: dict[str, Mutant] = {}
    for rank in range(count + CONTROLS):
        if len(found) == count:
            break
        control = control_of(case, HARMLESS, plain, rank)
        if not control_faults(case, HARMLESS, control):
            found.setdefault(control.case.text, control)
    return list(found.values())
