"""The validity gate for changed tellings: what it asks of every mutant, and three things more.

The change stands at one of the vignette's places and nowhere else; a report is one that its author
wrote; and what is put in says nothing clinical. Like the gate itself it trusts no word of an
attack, and never sees an answer.
"""

from __future__ import annotations

import re

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Span, TextAttack
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.facts import facts_of
from auscult.kit.attack.gate import faults
from auscult.kit.bias.neutral import REWORDINGS, neutral_texts
from auscult.kit.bias.shapes import PUT_IN, RETOLD, TellingAttack
from auscult.kit.bias.telling import Place, Telling, neutral, put, telling_of

_DIGITS = re.compile(r"\d+(?:[.,]\d+)*")
_MORE = re.compile(r"[.!?]\s+\S")
_CLINICAL = re.compile(
    r"\b(?:pains?|painful|fever\w*|bleed\w*|vomit\w*|cough\w*|disease\w*|illness\w*|medicines?|"
    r"tablets?|symptom\w*|allerg\w*|smok\w+|drinks?|drugs?|alcohol|pregnan\w+|diabet\w+|cancer\w*|"
    r"weigh\w*|sleepless|tested|infect\w+|surgery|operat\w+|pressure|pulse|ill|sick|treat\w*|"
    r"doses?|diagnos\w+|refus\w+|complian\w+|adheren\w+)\b",
    re.IGNORECASE,
)
"""Words that say something of a patient's health. What no list names, it cannot see."""


def telling_faults(original: Case, mutant: Mutant, attack: TellingAttack) -> tuple[str, ...]:
    """Why a changed telling is not valid, each reason once; nothing where it is."""
    found = (*faults(original, mutant, attack), *_at_its_place(original, mutant, attack.place))
    return tuple(dict.fromkeys(found))


class _AsControl(ClosedAttack, frozen=True):
    """What is declared of a control, for the gate."""


def neutral_faults(original: Case, control: Mutant, attack: TellingAttack) -> tuple[str, ...]:
    """The same of a control, which besides must name no option and keep to neutral manners."""
    declared = RETOLD if attack.place == "report" else PUT_IN
    as_control: TextAttack = _AsControl(attack.name, "", declared)
    found = [*faults(original, control, as_control)]
    found += _at_its_place(original, control, attack.place, control=True)
    return tuple(dict.fromkeys(found))


def _at_its_place(
    original: Case, mutant: Mutant, place: Place, *, control: bool = False
) -> tuple[str, ...]:
    telling = telling_of(original)
    if telling is None or original.stem != neutral(telling).text:
        return ("the original is no neutral telling",)
    if len(mutant.spans) != 1 or mutant.rewritten:
        return ("more than one place changed",)
    (span,) = mutant.spans
    if place == "report":
        return _as_written(telling, span, control=control)
    text = span.text.strip()
    if span != put(telling, place, text):
        return ("it does not stand at its place",)
    return _says_only_that(original, text, control=control)


def _as_written(telling: Telling, span: Span, *, control: bool) -> tuple[str, ...]:
    """A manner is as the author wrote it; of a control a neutral one, perhaps with a few words
    before it."""
    if control:
        written = set(neutral_texts(telling, "report", 0))
    else:
        written = {text for name, text in telling.reports.items() if name not in REWORDINGS}
    if span.text not in written or span != put(telling, "report", span.text):
        return ("the report is not one that its author wrote",)
    said, new = _DIGITS.findall(telling.report), _DIGITS.findall(span.text)
    return () if sorted(said) == sorted(new) or not new else ("a number changed",)


def _says_only_that(original: Case, text: str, *, control: bool) -> tuple[str, ...]:
    quoted = _without_options(original, text)
    if control and quoted != text:
        return ("a control names an option",)
    found = []
    if not text.endswith(".") or _MORE.search(quoted):
        found.append("it is not one sentence")
    if clinical(quoted):
        found.append("it says something clinical")
    if facts_of(quoted).sexes - facts_of(original.text).sexes:
        found.append("the patient's sex changed")
    return tuple(found)


def clinical(text: str) -> bool:
    """Whether it names a number, a drug, a body site, a side or a symptom, as far as lists tell."""
    facts = facts_of(text)
    stated = facts.numbers or facts.drugs or facts.sites or any(facts.sides.values()) or facts.rates
    return bool(stated) or _CLINICAL.search(text) is not None


def _without_options(original: Case, text: str) -> str:
    for option in original.options:
        plain = option.strip().rstrip(".")
        if plain and len(plain) > 3:
            text = text.replace(f'"{plain}"', '""').replace(plain, "")
    return text
