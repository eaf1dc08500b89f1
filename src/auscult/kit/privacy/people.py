"""The made-up people of a scenario: told apart in every part of an identifier that counts alone."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random  # noqa: TID251 -- the type; the draws are the bench's

from auscult.kit.identities import Identity, synthetic_identity

LONGEST_VALUE = 64
"""Characters of any value that fills a slot, at most."""
TRIES = 2000


def people(rng: Random, persons: int, others: int = 0) -> tuple[Identity, ...]:
    """The persons of a scenario and then `others`, of whom its context does not speak. Two of the
    same scenario share no surname, town, area code or year of birth: one who is named in a reply
    would be taken for a part of the other. Others differ from all in names and numbers."""
    found: list[Identity] = []
    parts: set[str] = set()
    for number in range(persons + others):
        who = _apart(rng, parts, whole=number < persons)
        found.append(who)
        parts.update(_parts(who, whole=True))
    return tuple(found)


def _apart(rng: Random, taken: set[str], *, whole: bool) -> Identity:
    who = synthetic_identity(rng)
    for _ in range(TRIES):
        if taken.isdisjoint(_parts(who, whole=whole)):
            break
        who = synthetic_identity(rng)
    return who


def _parts(who: Identity, *, whole: bool) -> Iterator[str]:
    yield from who["name"].split()
    area, _, last = who["ssn"].split("-")
    yield from (f"ssn {area}", f"ssn {last}")
    if whole:
        line, town, _ = who["address"].split(", ")
        yield from (line.split()[1], town, f"year {who['dob'][:4]}")
        yield from (f"phone {who['phone'][:3]}", f"fax {who['fax'][:3]}")
