"""The gated pair that is asked of a vignette under one attack: a changed telling and its control.

Drawn by lot before any reply: a variant of the attack, and a neutral text for the same place out of
those that come nearest in length. A variant that the gate refuses is drawn again.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.spans import edited
from auscult.kit.bias.gate import neutral_faults, telling_faults
from auscult.kit.bias.neutral import NEAREST, neutral_texts
from auscult.kit.bias.shapes import TellingAttack
from auscult.kit.bias.telling import put, telling_of


class Pair(msgspec.Struct, frozen=True):
    """Without either where the gate refused every variant, and `rejected` says why."""

    attack: TellingAttack
    mutant: Mutant | None = None
    control: Mutant | None = None
    rejected: tuple[str, ...] = ()
    drawn: int = 1
    """How many variants it took."""


def pair_of(case: Case, attack: TellingAttack, rng: Rng) -> Pair:
    refused: list[str] = []
    count = attack.variants(case)
    for drawn, variant in enumerate(rng.sample(range(count), count), 1):
        mutant = attack.edit(case, variant, rng)
        if wrong := telling_faults(case, mutant, attack):
            refused += wrong
            continue
        control, wrong = _control(case, attack, mutant, rng)
        if control is not None:
            return Pair(attack, mutant, control, drawn=drawn)
        refused += wrong
    return Pair(attack, rejected=tuple(dict.fromkeys(refused)) or ("no variant",), drawn=count)


def _control(
    case: Case, attack: TellingAttack, mutant: Mutant, rng: Rng
) -> tuple[Mutant | None, tuple[str, ...]]:
    wrong: tuple[str, ...] = ("nothing neutral is known for its place",)
    for control in controls_of(case, attack, mutant, rng):
        if not (wrong := neutral_faults(case, control, attack)):
            return control, ()
    return None, tuple(f"control: {fault}" for fault in wrong)


def controls_of(case: Case, attack: TellingAttack, mutant: Mutant, rng: Rng) -> Iterator[Mutant]:
    """Neutral tellings changed at the same place, the nearest in length first, in drawn order."""
    telling = telling_of(case)
    if telling is None:
        return
    length = len(mutant.spans[0].text.strip()) if mutant.spans else 0
    texts = neutral_texts(telling, attack.place, length)
    near = list(texts[:NEAREST])
    for text in (*rng.sample(near, len(near)), *texts[NEAREST:]):
        yield edited(case, attack.name, [put(telling, attack.place, text)])
