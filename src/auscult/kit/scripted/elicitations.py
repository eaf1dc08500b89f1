"""Scripted models for prompts that bring hallucination out: a target that states faults at known
rates, and a judge that reads them with a known sensitivity and specificity.

The target is told in the hint `reference` what a right reply says and in `planted` what the faults
are. The judge reads what it is shown: a criterion is met where its very words stand in the answer,
and then it errs as it is told to. Both are exact where a target repeats criteria word for word.
"""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from auscult.kit.scripted.view import NO_REFERENCE, Common, Said, Scope, View
from auscult.kit.scripted.words import ABSTENTIONS

HARDER_ARMS = ("drawn", "search", "confirmed")
TWIN_ARM = "twin"
DENIED = "I cannot confirm that this exists, so I do not give an answer to it."
_listed = re.compile(r"^\[([a-z]\d+)\] (.+)$", re.MULTILINE)
_barred = re.compile(r"^\| ?(.*)$", re.MULTILINE)


class Confabulates(Common, frozen=True):
    p: float = 0.3
    """Of prompts as they are, and under a heading, it states the faults of this share."""
    p_harder: float = 0.5
    """Of harder forms."""
    p_right: float = 0.8
    """Of all that it answers without a fault, the share in which nothing is left out."""
    p_abstains: float = 0.0
    p_denies: float = 0.0
    """Of twins."""
    steady: bool = False
    """Draws once for every wording, and not at every asking."""


def confabulates(view: View, rule: Confabulates) -> Said:
    """States the listed faults at known rates; else what a right reply says, or its first half."""
    if not view.reference:
        return NO_REFERENCE
    scope: Scope = "wording" if rule.steady else "call"
    if view.arm == TWIN_ARM:
        if view.draw("deny", scope) < rule.p_denies:
            return Said(text=" ".join((DENIED, *view.planted)))
        return Said(text=_reply(view, rule, scope))
    chance = rule.p_harder if view.arm in HARDER_ARMS else rule.p
    if view.draw("confabulate", scope) < chance:
        return Said(text=" ".join(f"{fault}." for fault in view.planted))
    if view.draw("abstain", scope) < rule.p_abstains:
        return Said(text=ABSTENTIONS[0])
    return Said(text=_reply(view, rule, scope))


def _reply(view: View, rule: Confabulates, scope: Scope) -> str:
    if view.draw("whole", scope) < rule.p_right:
        return view.reference
    return "That depends on more than can be told from here, and it is worth a second look."


class ReadsFaults(Common, frozen=True):
    p_sensitive: float = 1.0
    """Of replies that state a fault, it sees this share as such."""
    p_specific: float = 1.0
    """Of the others, it sees this share as such."""


def reads_faults(view: View, rule: ReadsFaults) -> Said:
    """Fills in the form of the judge of criteria; faults are those whose id begins with n or d."""
    criteria = _listed.findall(view.prompt.split("Answer to check:")[0])
    answer = " ".join(_barred.findall(view.prompt))
    if not criteria:
        return Said(text="There is nothing to check.")
    met = {name for name, text in criteria if text.rstrip(".") in answer}
    faults = [name for name, _ in criteria if name[0] in "nd"]
    stated = [name for name in faults if name in met]
    chance = rule.p_sensitive if stated else rule.p_specific
    if view.draw("read") >= chance:
        met = met - set(faults) if stated else met | set(faults[:1])
    return Said(text=_form(criteria, met, answer))


def _form(criteria: Sequence[tuple[str, str]], met: set[str], answer: str) -> str:
    entries = []
    for name, text in criteria:
        words = text.rstrip(".")
        quote = " ".join(words.split()[:12]) if name in met and words in answer else ""
        entries.append({"id": name, "quote": quote, "met": name in met})
    return json.dumps({"criteria": entries})
