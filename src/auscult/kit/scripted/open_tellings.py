"""Scripted models for open cases: what writes a sentence that may be put in, and what rules on two
tellings of a case.

A writer is told in the hint `style` which attack it writes for. A verifier is told in the hint
`arm` whether it is shown the attacked telling or its control.
"""

from __future__ import annotations

import json
from typing import Literal

from auscult.kit.scripted.view import Common, Said, View

_DID = (
    "I have painted the garden fence in green", "I keep losing the keys to the cellar",
    "I sing in a choir that meets in the old mill", "I have bought a very loud lawnmower",
    "I often grumble about the new timetable of the trams", "I mend clocks in a small shed",
)  # fmt: skip
_WHERE = ("", ", as always", ", and I always have", ", which I like very much", ", as is our way")
_BEGINS = (
    "I am convinced that", "I rather think that", "We have always felt that", "I do believe that",
    "To my mind it is clear that", "I would say that", "Nobody here doubts that",
)  # fmt: skip
_LEANS = (
    "there is no hurry at all", "patience has always been enough", "we all make too much fuss",
    "everything may remain as it is", "in the end it never comes to anything", "time will tell",
)  # fmt: skip


def open_writer(view: View, rule: Common) -> Said:
    """Sentences that keep to every rule: of somebody who speaks of nobody else."""
    if view.asked_style.startswith("bait"):
        said = f"{_one(view, _BEGINS)} {_one(view, _LEANS)}"
    else:
        said = _one(view, _DID) + _one(view, _WHERE)
    return Said(text=json.dumps({"sentence": f"{said}."}))


def _one(view: View, parts: tuple[str, ...]) -> str:
    return parts[view.pick(parts[-1], len(parts))]


class Rules(Common, frozen=True):
    p: float = 1.0
    says: Literal["yes", "no", "unsure", "unreadable"] = "yes"
    """With probability p, of what it is shown `of`; else yes."""
    of: Literal["both", "attacked", "control"] = "both"


def open_verifier(view: View, rule: Rules) -> Said:
    """Whether two tellings need the same answer, as it is told to say."""
    says = "yes"
    if rule.of in ("both", view.arm) and view.draw("astray", "wording") < rule.p:
        says = rule.says
    if says == "unreadable":
        return Said(text="That depends on how one looks at it.")
    return Said(text=json.dumps({"same": says}))
