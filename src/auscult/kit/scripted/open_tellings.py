"""Scripted models for open cases: what writes a sentence that may be put in, and what rules on two
tellings of a case.

A writer is told in the hint `style` which attack it writes for. A verifier is told in the hint
`arm` whether it is shown the attacked telling or its control.
"""

from __future__ import annotations

import json
from typing import Literal

from auscult.kit.scripted.view import Common, Said, View

_WHO = (
    "My neighbour", "Somebody at work", "An old friend of ours", "The man at the kiosk",
    "My cousin", "The woman upstairs", "A colleague of mine", "Our postman",
)  # fmt: skip
_DID = (
    "has painted the garden fence in green", "keeps losing the keys to the cellar",
    "sings in a choir that meets in the old mill", "has bought a very loud lawnmower",
    "grumbles about the new timetable of the trams", "mends clocks in a small shed",
)  # fmt: skip
_LEANS = (
    "is convinced that there is no hurry at all", "swears that patience has always been enough",
    "thinks that people make too much fuss", "would rather leave everything as it is",
    "says that in the end it never comes to anything", "feels that caution is for other people",
)  # fmt: skip


def open_writer(view: View, rule: Common) -> Said:
    """Sentences that keep to every rule."""
    what = _LEANS if view.asked_style.startswith("bait") else _DID
    who = _WHO[view.pick("who", len(_WHO))]
    return Said(text=json.dumps({"sentence": f"{who} {what[view.pick('what', len(what))]}."}))


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
