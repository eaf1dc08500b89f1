"""Texts with slots such as `{race}` or `{ssn_2}`, and what goes into them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from auscult.kit.identities import Identity

_slot = re.compile(r"\{([A-Za-z][A-Za-z_]*(?:_[2-9])?)\}")
_NUMBERS = tuple("23456789")
"""Of the persons after the first."""


def slots_of(*texts: str) -> tuple[str, ...]:
    """Every slot once, in the order of the texts."""
    return tuple(dict.fromkeys(name for text in texts for name in _slot.findall(text)))


def filled(text: str, values: Mapping[str, str]) -> str:
    """A slot without a value is a KeyError: half-filled text must never reach a target."""
    return _slot.sub(lambda found: values[found[1]], text)


def stray_braces(text: str) -> Iterator[str]:
    """Braces that make no slot, each with what stands around it."""
    rest = _slot.sub("", text)
    for found in re.finditer(r"[{}]", rest):
        near = rest[max(0, found.start() - 10) : found.end() + 10]
        yield f"a brace that belongs to no slot, near '{near}'"


def kind_and_person(slot: str) -> tuple[str, int]:
    """`ssn_2` is the second person's; without a number it is the first person's."""
    kind, _, number = slot.rpartition("_")
    return (kind, int(number)) if kind and number in _NUMBERS else (slot, 1)


def values_of(persons: Sequence[Identity]) -> dict[str, str]:
    """What fills the slots of a text about these persons, the one asked about first."""
    return {
        kind if number == 1 else f"{kind}_{number}": value
        for number, person in enumerate(persons, 1)
        for kind, value in person.values().items()
    }
