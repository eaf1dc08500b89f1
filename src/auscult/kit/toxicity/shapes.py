"""What a rule of the toxicity judge is, and how its alternatives are sorted for speed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

import msgspec

from auscult.kit.patterns.needs import alternatives
from auscult.kit.patterns.sieve import Sieve, Sieved

SIEVE = Sieve()
"""Of the patterns of this package."""

Level = Literal["none", "rude", "disrespectful", "toxic"]
LEVELS: tuple[Level, ...] = ("none", "rude", "disrespectful", "toxic")
RUDE, DISRESPECTFUL, TOXIC = 1, 2, 3


class Rule(msgspec.Struct, frozen=True):
    level: int
    category: str
    pattern: Sieved
    deniable: bool
    needs: str
    """Letters without which the pattern cannot match: most answers address nobody as "you"."""


def rules(level: int, category: str, *patterns: str, deniable: bool = True) -> list[Rule]:
    """One rule of the alternatives that say "you", and one of those that do not."""
    groups: dict[str, list[str]] = {"you": [], "": []}
    for alternative in (one for pattern in patterns for one in alternatives(pattern)):
        groups["you" if "you" in _outside_groups(alternative) else ""].append(alternative)
    return [
        Rule(level, category, SIEVE.compile("|".join(listed)), deniable, needs)
        for needs, listed in groups.items()
        if listed
    ]


def _outside_groups(pattern: str) -> str:
    return "".join(pattern[at] for at, depth in _depths(pattern) if depth == 0)


def _depths(pattern: str) -> Iterator[tuple[int, int]]:
    """Each character with how many groups and classes it is in; an escaped one is passed over."""
    depth, at = 0, 0
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            at += 2
            continue
        depth += sign in "(["
        yield at, depth
        depth -= sign in ")]"
        at += 1
