"""What a search may try next on a case, and what it is told of the case."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import permutations

from auscult.core.case import Case
from auscult.core.mutant import TextAttack
from auscult.core.strategist import Chain, Tried
from auscult.core.verdict import Verdict
from auscult.kit.attack.chain import conflict

IN_A_CHAIN = 2
"""Attacks of a chain at most."""
LONG_STEM = 400
"""Characters: about half of our questions are longer."""
SHORT_REPLY = 12
"""Characters of a reply that gives a letter and no reason."""


def features_of(case: Case, reply: str, verdict: Verdict) -> tuple[str, ...]:
    """Of the case, and of the target's answer to it as it is."""
    brief = case.brief
    found = [
        f"specialty={brief.specialty}" if brief.specialty else "",
        f"difficulty={brief.difficulty}" if brief.difficulty else "",
        "long" if len(case.text) > LONG_STEM else "short",
        "numbers" if case.measurements else "no numbers",
        f"options={len(case.options)}",
        "answers with reasons" if len(reply.strip()) > SHORT_REPLY else "answers with a letter",
    ]
    return tuple(feature for feature in found if feature)


def offered(
    fit: Sequence[TextAttack], history: Sequence[Tried], number: int, chains_from: int
) -> tuple[Chain, ...]:
    """Every single attack that was not tried on this case, and from round `chains_from` on every
    two that may stand together."""
    gone = {tried.chain for tried in history}
    singles: list[Chain] = [(attack.name,) for attack in fit]
    found = [chain for chain in singles if chain not in gone]
    if chains_from and number >= chains_from:
        found += [chain for chain in pairs(fit) if chain not in gone]
    return tuple(found)


def pairs(fit: Sequence[TextAttack]) -> Iterator[Chain]:
    """Two attacks in the order in which they can be applied: the one that changes the key last, and
    else by name, for the order of two edits of the text says nothing."""
    for first, second in permutations(fit, 2):
        settled = first.key != second.key or first.name < second.name
        if settled and not conflict((first, second)):
            yield first.name, second.name
