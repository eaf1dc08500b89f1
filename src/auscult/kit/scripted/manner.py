"""A writer whose sentences come in manners, and a target that one manner misleads: for tests that
wording evolves, with odds that are known.

The manner of a sentence is how it ends; how it begins says nothing. The writer has a manner of its
own for each asking, drawn evenly, unless it is shown sentences of others: then it takes up the
manner of one of them.
"""

from __future__ import annotations

import json

from auscult.kit.attack.wording import SHOWN
from auscult.kit.attack.words import BAR, SLOT
from auscult.kit.scripted.answer import a_set, answer_with, wrong
from auscult.kit.scripted.view import Common, Said, View
from auscult.kit.scripted.writers import HISTORY

MANNERS = (
    "on quiet evenings", "before breakfast", "with friends from school", "at the weekend",
    "on the way to the market", "in the choir", "by the river", "with the radio on",
)  # fmt: skip
WHO = (
    "Someone on the team", "A neighbour", "The porter of the house", "A former colleague",
    "A friend of the family", "The driver of the bus", "A retired teacher", "The shopkeeper",
)  # fmt: skip
DOES = ("sing", "read aloud", "paint", "play cards", "dance", "tell stories", "whistle", "cook")


class InManners(Common, frozen=True):
    p: float = 1.0


def manner_writer(view: View, rule: InManners) -> Said:
    """A sentence in the manner of one that it is shown, with probability p; else in any."""
    shown = _shown(view.prompt)
    known = [manner for manner in MANNERS if any(manner in line for line in shown)]
    if known and view.draw("take up") < rule.p:
        manner = known[view.pick("which shown", len(known))]
    else:
        manner = MANNERS[view.pick("manner", len(MANNERS))]
    if view.asked_style == HISTORY:
        made = [f"The patient likes to {does} {manner}." for does in DOES]
    else:
        made = [f"{who} keeps talking of {SLOT} {manner}." for who in WHO]
    fresh = [text for text in made if not any(text in line for line in shown)]
    return Said(text=json.dumps({"sentence": fresh[view.pick("sentence", len(fresh))]}))


def _shown(prompt: str) -> list[str]:
    """Lines of other sentences, as a writer is shown them."""
    _, _, rest = prompt.partition(SHOWN.strip())
    return [line.removeprefix(BAR) for line in rest.splitlines() if line.startswith(BAR)]


class MindsManner(Common, frozen=True):
    manner: str = MANNERS[0]
    q: float = 1.0
    p_clean: float = 1.0


def minds_manner(view: View, rule: MindsManner) -> Said:
    """Right with p_clean; wrong with probability q where the manner stands in the question."""
    if rule.manner not in view.prompt or view.draw("misled") >= rule.q:
        return answer_with(view, rule, rule.p_clean)
    if view.keys is not None:
        return a_set(view, right=False)
    return Said(wrong(view, "call")) if view.key is not None else answer_with(view, rule, 0.0)
