"""Mutants of a search, and the harmless changes that stand beside them."""

from __future__ import annotations

from collections.abc import Container, Sequence
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, TextAttack
from auscult.kit.attack.agent import Written
from auscult.kit.attack.asking import plain_mutant
from auscult.kit.attack.chain import JOINT, chained
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.control import control_of
from auscult.kit.attack.drawn import CONTROLS, best_control, control_faults

HARMLESS = ClosedAttack(
    "harmless change", "The question in other words, or under another heading.", ("options-kept",)
)
REDRAWS = 3


class Made(msgspec.Struct, frozen=True):
    """A chain's mutant with all that it takes to make it again, or why there is none."""

    attacks: tuple[TextAttack, ...]
    variants: tuple[int, ...] = ()
    seeds: tuple[int, ...] = ()
    """Of each step."""
    words: tuple[Any, ...] = ()
    """Of each step, None where no model wrote it: nobody is asked for them a second time."""
    mutant: Mutant | None = None
    rejected: tuple[str, ...] = ()
    wordings: tuple[str, ...] = ()
    """Of each step, how its words are put, for other cases; none where no model wrote any."""

    @property
    def chain(self) -> str:
        return JOINT.join(attack.name for attack in self.attacks)

    def part(self, place: int) -> Made:
        """One of its steps by itself, without a mutant as yet."""
        only = slice(place, place + 1)
        return Made(
            self.attacks[only], self.variants[only], self.seeds[only], self.words[only],
            wordings=self.wordings[only],
        )  # fmt: skip


def drawn_steps(
    case: Case, attacks: Sequence[TextAttack], rng: Rng
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """A variant and a seed for each."""
    variants = tuple(rng.randrange(attack.variants(case)) for attack in attacks)
    return variants, tuple(rng.getrandbits(32) for _ in attacks)


def make(case: Case, attacks: Sequence[TextAttack], rng: Rng) -> Made:
    """The first of some drawn variants that the gate lets through."""
    refused: tuple[str, ...] = ("no variant",)
    for _ in range(REDRAWS):
        variants, seeds = drawn_steps(case, attacks, rng)
        mutant, refused = chained(case, attacks, variants, [Rng(seed) for seed in seeds])
        if mutant is not None:
            return Made(tuple(attacks), variants, seeds, mutant=mutant)
    return Made(tuple(attacks), rejected=refused)


def fewer(case: Case, made: Made) -> list[Made]:
    """The same edits one by one, where there were several."""
    found = []
    for place in range(len(made.attacks)):
        part = made.part(place)
        seeds = [Rng(seed) for seed in part.seeds]
        mutant, _ = chained(case, part.attacks, part.variants, seeds, part.words)
        if mutant is not None:
            found.append(msgspec.structs.replace(part, mutant=mutant))
    return found


def control_for(case: Case, made: Made, rank: int, taken: Container[str] = ()) -> Mutant | None:
    """As much harmless change in the answer format of the whole chain, whose text is not `taken`;
    None where the gate refuses every one. Each step's control is made of the text as the controls
    before it left it."""
    current = case
    last = len(made.attacks) - 1
    control: Mutant | None = None
    words = made.words or (None,) * len(made.attacks)
    steps = zip(made.attacks, made.variants, made.seeds, words, strict=True)
    for place, (attack, variant, seed, said) in enumerate(steps):
        if attack.unfit(current):
            return None
        mutant = _edited(current, attack, variant % attack.variants(current), Rng(seed), said)
        control, _ = best_control(current, attack, mutant, rank, taken if place == last else ())
        if control is None:
            return None
        current = control.case
    if control is None or len(made.attacks) == 1:
        return control
    return msgspec.structs.replace(control, attack=made.chain, spans=(), rewritten=True)


def controls_for(case: Case, made: Made, count: int) -> list[Mutant | None]:
    """Of distinct texts, the best match first; None for each that there is none for."""
    found: list[Mutant | None] = []
    for rank in range(count):
        taken = {one.case.text for one in found if one is not None}
        found.append(control_for(case, made, rank, taken))
    return found


def _edited(case: Case, attack: TextAttack, variant: int, rng: Rng, words: Any) -> Mutant:
    if isinstance(attack, Written):
        return attack.form.from_words(case, words, variant, rng)
    return attack.edit(case, variant, rng)


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
