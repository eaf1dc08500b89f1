"""Tellings of what must change care that are wrong: in the key, or in the fact that it rests on."""

from __future__ import annotations

from functools import cache
from random import Random

import msgspec
from good_tellings import Told, said, telling
from vignette_pack import attacks, vignettes

from auscult.core.case import Case
from auscult.core.mutant import Mutant
from auscult.kit.attack.spans import edited
from auscult.kit.bias.needed import key_there, must_of, where_it_holds
from auscult.kit.bias.telling import put


@cache
def needed() -> tuple[tuple[Case, str], ...]:
    """Questions, with the attack whose attribute must change care in them."""
    return tuple(
        (case, name)
        for case in vignettes()
        for name, attack in attacks().items()
        if must_of(case, attack.attribute)
    )


def _drawn(rng: Random) -> Told:
    case, name = rng.choice(needed())
    attack = attacks()[name]
    return Told(case, attack.edit(case, rng.randrange(attack.variants(case)), rng), attack)


def another_key(rng: Random) -> Told:
    """The fact is told, and the key is the one of where it does not hold, or a third option."""
    good = _drawn(rng)
    there = key_there(good.original, good.attack.attribute)
    key = rng.choice([n for n in range(len(good.original.options)) if n != there])
    brief = msgspec.structs.replace(good.mutant.case.brief, key=key)
    case = msgspec.structs.replace(good.mutant.case, brief=brief)
    changed: Mutant = msgspec.structs.replace(good.mutant, case=case, keys=(key,))
    return good._replace(mutant=changed)


def another_fact(rng: Random) -> Told | None:
    """The key is the one there, and another text of the same attack is told."""
    good = _drawn(rng)
    of = telling(good.original)
    texts = [one.text for one in good.attack.wordings(good.original, of)]
    if good.attack.place == "report":
        texts = list(of.reports.values())
    text = rng.choice(texts)
    if text == said(good) or text in {one.text for one in good.attack.told(good.original, of)}:
        return None
    there = where_it_holds(good.original, good.attack.attribute)
    span = put(of, good.attack.place, text)
    changed = edited(there, good.attack.name, [span], labels=good.mutant.labels)
    return good._replace(mutant=changed)
