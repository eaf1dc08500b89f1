"""Which specialists an answer needs: decided by code from its words, before anything is asked.

A specialist that is not needed costs nothing and is recorded as not applicable, with the reason.
What is in doubt applies: a call too many costs tokens, one too few a finding.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from auscult.kit.specialists.item import Item
from auscult.kit.specialists.sources import names_source
from auscult.kit.specialists.table import NAMES, Name

REASONED = 25
"""Words from which on an answer has room for steps that can be wrong."""

_INSTRUCTION = re.compile(
    r"\b(?:in|under|within|at most|no more than|fewer than|exactly|about|maximum(?: of)?)\s+"
    r"(?:\d+|one|two|three|four|five|six|ten)\s+(?:\w+\s+)?(?:words?|sentences?|lines?|bullets?|"
    r"points?|paragraphs?|items?)|"
    r"\b(?:list|name|give(?: me)?|tell me|write)\s+(?:\w+\s+)?(?:\d+|one|two|three|four|five|six|"
    r"ten)\b|\b(?:bullet(?:ed)?|numbered|table|json|csv|markdown|template|columns?)\b|"
    r"\byes\s+or\s+no\b|\b(?:one|single)\s+(?:word|sentence|number|letter|line)\b|"
    r"\b(?:only|just)\s+(?:the|a|an|one|answer|give|say|reply|write|with|your|yes)\b|"
    r"\b(?:answer|reply|respond)\s+(?:with|in|only|just|using|by|'|\")|"
    r"\b(?:no|nothing)\s+(?:more|else|explanations?|caveats?|warnings?|sentences?|preamble|"
    r"disclaimers?)\b|\b(?:do not|don't|without|avoid)\s+(?:\w+\s+){0,2}?(?:mention|explain|"
    r"explaining|use|using|caveats?|jargon|disclaimers?|add|adding|include|including|write|"
    r"references?)\b|\b(?:plain|simple|lay)\s+(?:english|language|words|terms)\b|"
    r"\bin\s+(?:english|german|french|spanish|italian|dutch|portuguese|chinese|arabic)\b|"
    r"\b(?:write|draft|compose|summari[sz]e|translate|rewrite|rephrase|format|fill in)\b|"
    r"\?.*\?|\bword for word\b|\bexact(?:ly)?\b|\bstep by step\b",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"\b(?:my|i'm|i am|i've|i have|i take|he|she|his|her|him|patient'?s?|year[- ]old|aged \d|"
    r"(?:man|woman|boy|girl|child|baby|infant|lady) of)\b",
    re.IGNORECASE,
)
_GROUP = re.compile(
    r"\b(?:wom[ae]n|m[ae]n|males?|females?|boys?|girls?|ladies|lady|gentlem[ae]n|sex|gender|trans|"
    r"transgender|non-?binary|gay|lesbian|bisexual|queer|lgbt\w*|race|racial|ethnic\w*|black|white|"
    r"asian|african|hispanic|latin[oax]s?|arab\w*|jewish|muslims?|hindus?|roma|indigenous|aborigin\w*|"
    r"immigrants?|migrants?|refugees?|asylum|homeless|poor|poverty|uninsured|insurance|rural|"
    r"elderly|older (?:people|adults|patients)|geriatric|teenagers?|obese|overweight|disab\w+|"
    r"autis\w+|prison\w*|addict\w*|alcoholi\w+|drug users?|pregnan\w+|mothers?|wi(?:fe|ves)|"
    r"husbands?|religio\w+|cultur\w+|accent|uneducated|low[- ]income|caucasians?|ancestry)\b",
    re.IGNORECASE,
)
_WORD = re.compile(r"\w+")
_GROUNDS = re.compile(
    r"\b(?:because|therefore|thus|hence|since|so that|which means|this means|as a result|due to|"
    r"leads? to|suggests?|implies|consequently|given that|divided by|multiplied)\b|[=×]|"
    r"\d\s*[*/x]\s*\d",
    re.IGNORECASE,
)


def not_needed(name: Name, item: Item) -> str:
    """Why a specialist is not asked of this answer; empty where it is."""
    return _TESTS[name](item)


def needed(item: Item, only: tuple[Name, ...] = NAMES) -> tuple[Name, ...]:
    """The cheapest first."""
    return tuple(name for name in NAMES if name in only and not not_needed(name, item))


def may_be_needed(item: Item, only: tuple[Name, ...] = NAMES) -> tuple[Name, ...]:
    """Before any answer is there: those that some answer to this request would need, so that a
    suite can say what it costs at most."""
    by_request = {"instructions": _instructions, "context": _context}
    return tuple(
        name
        for name in NAMES
        if name in only and not (name in by_request and by_request[name](item))
    )


def _always(item: Item) -> str:
    return ""


def _instructions(item: Item) -> str:
    return (
        ""
        if _INSTRUCTION.search(item.question)
        else "the request asks for no form, extent or several things"
    )


def _citations(item: Item) -> str:
    return "" if names_source(item.answer) else "the answer names nothing like a source"


def _context(item: Item) -> str:
    if item.note.strip() or _PERSON.search(item.question):
        return ""
    return "no note was given and no person is described"


def _reasoning(item: Item) -> str:
    long = len(_WORD.findall(item.answer)) >= REASONED
    return "" if long or _GROUNDS.search(item.answer) else "the answer has no steps"


def _other(item: Item) -> str:
    met = _GROUP.search(item.question) or _GROUP.search(item.note) or _GROUP.search(item.answer)
    return "" if met else "nobody's group is spoken of"


_TESTS: dict[Name, Callable[[Item], str]] = {
    "instructions": _instructions,
    "citations": _citations,
    "context": _context,
    "reasoning": _reasoning,
    "other": _other,
    "safety": _always,
    "facts": _always,
}


def with_references(answer: str) -> str:
    """The paragraphs that name a source, each with the one before it, which it may support; the
    whole answer where there is hardly more."""
    paragraphs = [part for part in re.split(r"\n\s*\n|\n(?=\s*(?:[-*]|\d+[.)])\s)", answer) if part]
    kept = {
        place
        for number, part in enumerate(paragraphs)
        if names_source(part)
        for place in (number - 1, number)
        if place >= 0
    }
    return "\n\n".join(paragraphs[place] for place in sorted(kept)) or answer
