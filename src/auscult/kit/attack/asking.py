"""How an edited question is put to a target, and what its judge is told."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.message import Message, user
from auscult.core.mutant import Mutant
from auscult.kit.attack.authored import moved
from auscult.kit.attack.key import INVERTED
from auscult.kit.mcq import LETTERS, render, render_set

JUDGES = {"one-letter": "choice", "letters": "choice-set"}
"""Who reads a reply of which form."""


def reordered(case: Case, order: Sequence[int]) -> Case:
    """The case with its options in this order (each place's option by its place in the original),
    and all that speaks of them by place."""
    brief = case.brief
    notes = tuple(brief.option_notes[old] for old in order) if brief.option_notes else ()
    key = None if brief.key is None else tuple(order).index(brief.key)
    extra = moved(brief.extra, order)
    return msgspec.structs.replace(
        case,
        options=tuple(case.options[old] for old in order),
        brief=msgspec.structs.replace(brief, key=key, option_notes=notes, extra=extra),
    )


def prompt_of(mutant: Mutant) -> str:
    case = mutant.case
    shown = render if mutant.form == "one-letter" else render_set
    return shown(case.text, case.options)


def messages_of(mutant: Mutant) -> tuple[Message, ...]:
    return (*mutant.case.messages, user(prompt_of(mutant)))


def facts_of(mutant: Mutant) -> dict[str, Any]:
    """For the judge of the mutant's form."""
    options = list(mutant.case.options)
    about = {"options": options, "letters": LETTERS[: len(options)]}
    if mutant.form == "one-letter":
        return {**about, "key": mutant.keys[0], "scoring": "text"}
    asks_not = INVERTED in mutant.case.question
    return {**about, "keys": list(mutant.keys), "asks_not": asks_not}


def plain_mutant(case: Case) -> Mutant:
    """The case as it is."""
    key = case.brief.key
    places = tuple(range(len(case.options)))
    return Mutant(case, "", order=places, keys=() if key is None else (key,))
