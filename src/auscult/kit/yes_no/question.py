"""What a yes-no question asks, in so far as an answer without a "yes" or a "no" needs it.

Two shapes are told apart: whether something is there ("Is there X", "Does the image show X", "Is X
visible") and whether something is so ("Is the heart enlarged?"). Words are compared by crude stems,
British and American spelling alike. No synonym is known: the reader knows no medicine.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import msgspec

from auscult.kit.choice.text import words

Shape = Literal["existence", "claim", "other"]

PRESENT = (
    r"(?:visible|present|seen|shown|evident|visuali[sz]ed|identified|identifiable|detected|noted|"
    r"observed|apparent|demonstrated|discernible|found|detectable|recogni[sz]able|appreciated|"
    r"recogni[sz]ed|depicted|there)"
)
PICTURE = words(
    "imag pictur scan x-ray xray radiograph film photo photograph figur view study slid exam "
    "examination patient cas display ultrasound angiogram mammogram"
)
_STOP = words(
    "a an the any some this that these those there here of in on at within to for with by and or "
    "from is are was were be been being am do does did has have had can could will would should "
    "it its they their he she his her you we i me my as both so very visible present seen shown "
    "evident identified detected noted apparent observed located look looks appear appears seem "
    "seems"
)
_LEFT_OUT = words("pleural pulmonary lung hepatic renal retinal cardiac brain bone chest skin")
"""Adjectives of place that an answer may drop: "effusion" for "pleural effusion"."""
_FEWER = re.compile(r"\b(?:fewer|less than|at most|only|exactly|without|free of|absen\w+|lack)\b")
_SENTENCE_END = re.compile(r"[.!?:] ")
_SEVERAL = re.compile(
    r"\b(?:(?:two|three|four|\d{1,2}) or more|more than (?:one|two|three|\d{1,2})|at least (?:two|"
    r"three|four|\d{1,2}))\b"
)
_ASKED = re.compile(
    r"\b(?P<asked>(?:is|are|was|were|does|do|did|can|could|has|have|"
    r"should|will|would|isn't|aren't|doesn't)\s[^?\n]*)\?"
)
_OF_SIGNS = (
    r"(?:(?:clear |any |radiographic |visible )?(?:evidence|signs?|indications?|findings?|"
    r"presence|features|suggestion) of )?"
)
_DET = r"(?:(?:any|an?|some|the|visible) )*"
_EXISTENCE = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:is|are|was|were|isn't|aren't) there (?P<neg>no |not )?{_DET}{_OF_SIGNS}{_DET}"
        r"(?P<topic>.+)",
        r"(?:does|do|did|doesn't) (?:the|this|these|that) [\w -]{1,40}? (?P<neg>not )?(?:show|"
        r"demonstrate|reveal|contain|depict|display|have|exhibit|include) "
        rf"{_DET}{_OF_SIGNS}{_DET}(?P<topic>.+)",
        r"(?:can|do|could|did) (?:you|we|one) (?:see|observe|identify|detect|find|notice|spot) "
        rf"(?P<neg>no )?{_DET}{_OF_SIGNS}{_DET}(?P<topic>.+)",
        rf"(?:is|are|was|were) {_DET}{_OF_SIGNS}(?P<topic>[\w -]+?) (?P<neg>not )?{PRESENT}\b"
        r"(?P<rest>.*)",
    )
)
_NEGATED = re.compile(r"\b(?:not|no)\b")
_TAIL = re.compile(
    r" (?:in|on|at|within|of|over|along|near|with|around|that|which|located|visible|present|seen|"
    r"shown|from|for|to|involving|affecting|overlying|anywhere)\b"
)
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_ENDINGS = re.compile(r"(?:ement|ment|ing|ed)$")


class Asked(msgspec.Struct, frozen=True):
    """`head` is the thing asked for, `before` what must stand before it, `after` what follows
    (where it is). `terms` are all words of content in their order, `known` every word."""

    shape: Shape
    negative: bool = False
    head: str = ""
    before: frozenset[str] = frozenset()
    optional: frozenset[str] = frozenset()
    after: frozenset[str] = frozenset()
    terms: tuple[str, ...] = ()
    required: tuple[str, ...] = ()
    known: frozenset[str] = frozenset()
    compared: tuple[frozenset[str], str, frozenset[str]] | None = None
    """What only stands before the comparison, the comparison, what only stands after it."""
    text: str = ""


@lru_cache(maxsize=8192)
def stem(word: str) -> str:
    word = word.removesuffix("'s").removesuffix("-sided").removesuffix("sided")
    word = word.replace("aem", "em").replace("oed", "ed").replace("our", "or")
    if len(word) > 4:
        if word.endswith("ies"):
            word = word[:-3] + "y"
        elif word.endswith(("sses", "xes", "ches", "shes")):
            word = word[:-2]
        elif word.endswith("s") and not word.endswith(("ss", "us", "is")):
            word = word[:-1]
    if len(word) > 5:
        word = _ENDINGS.sub("", word)
    return word[:-1] if len(word) > 3 and word.endswith("e") else word


def stems(text: str) -> list[str]:
    """Words of content, in their order."""
    return [stem(w) for w in _WORD.findall(text) if w not in _STOP]


@lru_cache(maxsize=1024)
def understood(question: str) -> Asked:
    low = " ".join(question.lower().replace("’", "'").split())
    end = low.rfind("?")
    starts = [m.end() for m in _SENTENCE_END.finditer(low, 0, max(end, 0))]
    found = _ASKED.search(low, starts[-1] if starts else 0)
    if found is None:
        return Asked("other", text=low)
    asked = found["asked"].strip()
    asked = _SEVERAL.sub("multiple", asked)
    if _FEWER.search(asked) or re.search(r"\bor\b|\band\b", asked):
        return Asked("other", text=low, negative=bool(_NEGATED.search(asked)))
    for pattern in _EXISTENCE:
        match = pattern.fullmatch(asked)
        if match is not None:
            return _existence(match, low)
    return _claim(asked, low)


def _existence(match: re.Match[str], low: str) -> Asked:
    topic = match["topic"].strip()
    cut = _TAIL.search(topic)
    noun, rest = (topic[: cut.start()], topic[cut.start() :]) if cut else (topic, "")
    rest += " " + (match.groupdict().get("rest") or "")
    named = stems(noun)
    if not named:
        return Asked("other", text=low)
    before = frozenset(named[:-1])
    return Asked(
        "existence",
        negative=bool(match["neg"]),
        head=named[-1],
        before=before,
        optional=before & frozenset(map(stem, _LEFT_OUT)),
        after=frozenset(_without_picture(stems(rest))),
        terms=tuple(stems(topic)),
        known=frozenset(map(stem, _WORD.findall(match[0]))),
        text=low,
    )


def _without_picture(named: list[str]) -> list[str]:
    """ "This chest radiograph": what stands before a word for the picture goes with it."""
    loose = {a for a, b in pairwise(named) if b in PICTURE}
    return [s for s in named if s not in PICTURE and s not in loose]


def _claim(asked: str, low: str) -> Asked:
    _, _, rest = asked.partition(" ")
    negative = bool(_NEGATED.search(rest))
    named = tuple(s for s in stems(_NEGATED.sub(" ", rest)))
    outside = tuple(s for s in named if s not in PICTURE)
    required = tuple(_without_picture(list(named))) or outside or named
    if not required:
        return Asked("other", text=low, negative=negative)
    known = frozenset(map(stem, _WORD.findall(rest)))
    compared = _comparison(rest) if " than " in rest else None
    if " than " in rest and compared is None:
        return Asked("other", text=low, negative=negative)
    return Asked(
        "claim",
        negative=negative,
        terms=named,
        required=required,
        known=known,
        compared=compared,
        text=low,
    )


def _comparison(rest: str) -> tuple[frozenset[str], str, frozenset[str]] | None:
    first, _, second = rest.partition(" than ")
    left, right = stems(first), stems(second)
    if not left or not right:
        return None
    word = left.pop()
    only_left, only_right = set(left) - set(right), set(right) - set(left)
    if not only_left or not only_right:
        return None
    return frozenset(only_left), word, frozenset(only_right)
