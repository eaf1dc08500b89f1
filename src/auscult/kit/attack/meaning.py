"""What must hold of a text that says another one in other words, by the facts that both state."""

from __future__ import annotations

import re

from auscult.core.case import Case
from auscult.core.mutant import Mutant
from auscult.kit.attack.facts import (
    Facts,
    exchanged,
    facts_of,
    least_kept,
    mixed_up,
    opposed,
    side_changed,
    turned,
)

LENGTHS = (0.7, 1.45)
"""What a rewriting may come to, in times of the original's length."""
KEPT = 0.38
"""The share of its words that every longer sentence of either text must have in the other."""
_SENSE = (
    re.compile(r"\b(?:likel\w+|probabl\w+)\b"),
    re.compile(
        r"\b(?:first|initial\w*|immediate\w*|begin\w*|start(?:ed)? with|before anything else|"
        r"at once|straight away|right away|without delay|urgent\w*)\b"
    ),
    re.compile(r"\b(?:not|except|incorrect|false|untrue|wrong|avoid(?:ed)?)\b"),
    re.compile(
        r"\b(?:least|unlikel\w+|worst|never|hardly|last|final\w*|eventual\w*|in the end|"
        r"contradict\w*|prevent\w*|dangerous|harmful|unusual\w*|contraindicat\w*)\b"
    ),
)
"""Words of a question that change what is asked for."""


def numbers_kept(original: Case, mutant: Mutant) -> str:
    before, after = _both(original, mutant)
    return "" if before.numbers == after.numbers else "a number or a unit changed"


def values_kept(original: Case, mutant: Mutant) -> str:
    before, after = _both(original, mutant)
    if before.rates != after.rates or exchanged(before.times, after.times):
        return "how often or how long changed"
    return "a value is now of another thing" if mixed_up(before, after) else ""


def sides_kept(original: Case, mutant: Mutant) -> str:
    before, after = _both(original, mutant)
    other = side_changed(before, after) or "side" in opposed(before, after)
    return "a side changed" if other else ""


def sexes_kept(original: Case, mutant: Mutant) -> str:
    before, after = _both(original, mutant)
    return "the patient's sex changed" if after.sexes - before.sexes else ""


def polarity_kept(original: Case, mutant: Mutant) -> str:
    return "what is denied changed" if turned(*_both(original, mutant)) else ""


def directions_kept(original: Case, mutant: Mutant) -> str:
    """What was high is not low now, nor before after, nor mild severe."""
    found = opposed(*_both(original, mutant)) - {"side"}
    return "a word gave way to its opposite" if found else ""


def names_kept(original: Case, mutant: Mutant) -> str:
    before, after = _both(original, mutant)
    if before.drugs != after.drugs:
        return "a drug changed"
    return "a body site changed" if exchanged(before.sites, after.sites) else ""


def content_kept(original: Case, mutant: Mutant) -> str:
    before, after = _both(original, mutant)
    if least_kept(before.sentences, after) < KEPT:
        return "a sentence is lost"
    return "a sentence is new" if least_kept(after.sentences, before) < KEPT else ""


def sense_kept(original: Case, mutant: Mutant) -> str:
    """A question for the first step, for the likeliest, or for what is not so stays one."""
    before, after = original.question.lower(), mutant.case.question.lower()
    other = any(bool(p.search(before)) != bool(p.search(after)) for p in _SENSE)
    return "the question asks something else" if other else ""


def _both(original: Case, mutant: Mutant) -> tuple[Facts, Facts]:
    return facts_of(_whole(original)), facts_of(_whole(mutant.case))


def length_near(original: Case, mutant: Mutant) -> str:
    share = len(_whole(mutant.case)) / max(1, len(_whole(original)))
    return "" if LENGTHS[0] <= share <= LENGTHS[1] else "it is far longer or shorter"


def _whole(case: Case) -> str:
    return f"{case.stem} {case.question}".strip()
