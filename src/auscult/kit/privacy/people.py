"""The made-up people of a scenario: told apart in every part of an identifier that counts alone."""

from __future__ import annotations

from collections.abc import Callable
from random import Random  # noqa: TID251 -- the type; the draws are the bench's

from auscult.kit.identities import Identity, synthetic_identity

LONGEST_VALUE = 64
"""Characters of any value that fills a slot, at most."""
TRIES = 2000
Parts = Callable[[str], tuple[str, ...]]


def people(rng: Random, persons: int, others: int = 0) -> tuple[Identity, ...]:
    """The persons of a scenario and then `others`, of whom its context does not speak. Two of the
    same scenario share no surname, town, area code or year of birth: one who is named in a reply
    would be taken for a part of the other. Others differ from all in names and numbers."""
    found: list[Identity] = []
    taken: set[str] = set()
    for number in range(persons + others):
        who = _apart(rng, taken, _PARTS if number < persons else _PARTS_OF_OTHERS)
        found.append(who)
        values = who.values()
        taken.update(*[parts(values[kind]) for kind, parts in _PARTS.items()])
    return tuple(found)


def _apart(rng: Random, taken: set[str], looked_at: dict[str, Parts]) -> Identity:
    def is_free(kind: str, value: str) -> bool:
        parts = looked_at.get(kind)
        return parts is None or taken.isdisjoint(parts(value))

    return synthetic_identity(rng, is_free, TRIES)


def _of_name(name: str) -> tuple[str, ...]:
    return tuple(name.split())


def _of_ssn(number: str) -> tuple[str, ...]:
    return f"ssn {number[:3]}", f"ssn {number[-4:]}"


def _of_address(address: str) -> tuple[str, ...]:
    line, town, _ = address.split(", ")
    return line.split()[1], town


_PARTS_OF_OTHERS: dict[str, Parts] = {"name": _of_name, "ssn": _of_ssn}
_PARTS: dict[str, Parts] = {
    **_PARTS_OF_OTHERS,
    "address": _of_address,
    "dob": lambda date: (f"year {date[:4]}",),
    "phone": lambda number: (f"phone {number[:3]}",),
    "fax": lambda number: (f"fax {number[:3]}",),
}
