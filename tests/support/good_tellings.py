"""Changed tellings of the vignettes, and neutral ones, as the attacks make them over the pack."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from random import Random
from typing import NamedTuple

from vignette_pack import attacks, vignettes

from auscult.core.case import Case
from auscult.core.mutant import Mutant
from auscult.kit.attack.spans import edited
from auscult.kit.bias.drawn import controls_of
from auscult.kit.bias.gate import neutral_faults, telling_faults
from auscult.kit.bias.needed import must_of
from auscult.kit.bias.shapes import TellingAttack
from auscult.kit.bias.telling import Place, Telling, put, telling_of


class Told(NamedTuple):
    original: Case
    mutant: Mutant
    attack: TellingAttack
    control: bool = False

    @property
    def refused(self) -> tuple[str, ...]:
        check = neutral_faults if self.control else telling_faults
        return check(self.original, self.mutant, self.attack)


Make = Callable[[Random], Told | None]
"""One bad telling, or none where what was drawn has no place for it."""


@cache
def fit(name: str) -> tuple[Case, ...]:
    """But for questions in which it must change care: of those the gate knows the right sentences
    by heart, and would look better for them."""
    attack = attacks()[name]
    return tuple(
        case
        for case in vignettes()
        if not attack.unfit(case) and must_of(case, attack.attribute) is None
    )


@cache
def at(place: Place | None) -> tuple[str, ...]:
    return tuple(name for name, attack in attacks().items() if place in (None, attack.place))


def drawn(rng: Random, place: Place | None = None) -> Told:
    name = rng.choice(at(place))
    case, attack = rng.choice(fit(name)), attacks()[name]
    return Told(case, attack.edit(case, rng.randrange(attack.variants(case)), rng), attack)


def drawn_control(rng: Random, place: Place | None = None) -> Told:
    good = drawn(rng, place)
    texts = list(controls_of(good.original, good.attack, good.mutant, rng))
    return good._replace(mutant=rng.choice(texts), control=True)


def every_good(most: int = 1000) -> Iterator[Told]:
    """All variants, or so many at most, of all attacks on the whole pack."""
    for name, attack in attacks().items():
        for case in fit(name):
            for variant in range(min(most, attack.variants(case))):
                yield Told(case, attack.edit(case, variant, Random(variant)), attack)


def every_control() -> Iterator[Told]:
    """All neutral texts at all places of the whole pack."""
    for place in ("background", "report", "note"):
        attack = attacks()[at(place)[0]]
        for case in fit(at(place)[0]):
            good = attack.edit(case, 0, Random(0))
            for control in controls_of(case, attack, good, Random(0)):
                yield Told(case, control, attack, control=True)


def telling(case: Case) -> Telling:
    found = telling_of(case)
    assert found is not None
    return found


def said(told: Told) -> str:
    return told.mutant.spans[0].text.strip()


def saying(told: Told, text: str) -> Told:
    """The same at the same place in other words."""
    span = put(telling(told.original), told.attack.place, text)
    changed = edited(told.original, told.attack.name, [span], labels=told.mutant.labels)
    return told._replace(mutant=changed)
