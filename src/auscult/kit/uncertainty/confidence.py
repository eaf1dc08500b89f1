"""Reads the confidence that a reply states in words, as a share from 0 to 1.

Asked for is a last line "Confidence: NUMBER", a whole number from 0 to 100. Read beside it are
"85%", "0.85", "8/10", "85 out of 100", a range (its middle) and "B (85% sure)". Not a number, and
so not read: "high", a bound ("over 90"), a number outside the scale, two different ones.
"""

from __future__ import annotations

import re

import msgspec

MISSING, WORDS, BOUND, OUTSIDE, SEVERAL = "none", "words", "bound", "outside", "several"
_NUMBER = r"(-?\d+(?:[.,]\d+)?)"
_VALUE = rf"{_NUMBER} ?(%|per ?cent\b)?(?: ?(/|out of|of) ?(10|100)\b(?: ?%)?| ?(?:-|–|to|and) ?" \
         rf"{_NUMBER} ?(%|per ?cent\b)?)?"  # fmt: skip
_LABEL = (
    r"(?:confidence|certainty|sureness)(?: (?:level|score|rating|value|estimate))?"
    r"(?: (?:in|that|of) [^:.\n0-9]{0,60})?[\"'*]*\s*(?:[:=]|\bis\b|\bat\b|\bof\b|-)?\s*[\"'*(]*"
    r"(?:about |around |approximately |roughly |approx\.? |~ ?|between |an? )?"
)
_LABELLED = re.compile(_LABEL + _VALUE, re.IGNORECASE)
_BOUNDED = re.compile(
    _LABEL + r"(?:over|above|at least|more than|under|below|less than|at most|up to|[<>≤≥])",
    re.IGNORECASE,
)
_IN_WORDS = re.compile(
    _LABEL + r"(?:very |quite |fairly |moderately )?"
    r"(?:high|low|medium|moderate|strong|weak|certain|unsure|sure|full|complete|none|absolute)\b",
    re.IGNORECASE,
)
_SURE_OF = re.compile(
    _VALUE + r" ?(?:sure|certain|confident|confidence|certainty|positive)\b", re.IGNORECASE
)
_ALONE = re.compile(rf"[\W_]*{_VALUE}[\s.)*]*", re.IGNORECASE)
_IN_BRACKETS = re.compile(rf"\(\s*{_VALUE}\s*\)")
_LINE = re.compile(
    r"^[\s*_>\"'-]*(?:my |the )?(?:confidence|certainty)\b[^\n]*$", re.IGNORECASE | re.MULTILINE
)


class Confidence(msgspec.Struct, frozen=True):
    value: float | None
    cause: str = ""
    """Why it could not be read; empty where it could."""
    rest: str = ""
    """The reply without the line that states it, for the judge of the answer."""


def read_confidence(text: str) -> Confidence:
    rest = _LINE.sub("", text).strip()
    text = text.replace("*", "")
    labelled = list(_LABELLED.finditer(text))
    if not labelled and _BOUNDED.search(text):
        return Confidence(None, BOUND, rest)
    if not labelled and _IN_WORDS.search(text):
        return Confidence(None, WORDS, rest)
    found = labelled or list(_SURE_OF.finditer(text)) or _unlabelled(text)
    values = [_share(match) for match in found]
    if not labelled and found:
        rest = _without(text, found)
    if not values:
        return Confidence(None, MISSING, rest)
    if any(value is None for value in values):
        return Confidence(None, OUTSIDE, rest)
    if len(set(values)) > 1:
        return Confidence(None, SEVERAL, rest)
    return Confidence(values[0], "", rest)


def _unlabelled(text: str) -> list[re.Match[str]]:
    """A last line that is only a number, below an answer; or one with a per cent in brackets."""
    lines = [line for line in text.splitlines() if line.strip()]
    if len(lines) > 1 and (alone := _ALONE.fullmatch(lines[-1])):
        return [alone]
    return [match for match in _IN_BRACKETS.finditer(text) if match[2]]


def _without(text: str, found: list[re.Match[str]]) -> str:
    """Cuts what was read, by its wording: a match may be of a line and not of the whole."""
    for match in found:
        head, _, tail = text.rpartition(match[0])
        text = head + tail
    return text.strip()


def _share(match: re.Match[str]) -> float | None:
    """From 0 to 1, or None where it lies outside."""
    first, cent, _, whole, second, other = match.groups()
    percent = bool(cent or other)
    if whole:
        return _bounded(_number(first) / int(whole))
    low = _scaled(first, percent)
    if second is None:
        return _bounded(low)
    high = _scaled(second, percent)
    return _bounded((low + high) / 2) if low <= high else None


def _scaled(number: str, percent: bool) -> float:
    """A decimal from 0 to 1 is a share; anything else is of a hundred, as was asked."""
    value = _number(number)
    decimal = "." in number or "," in number
    return value if decimal and not percent and 0 <= value <= 1 else value / 100


def _number(text: str) -> float:
    return float(text.replace(",", "."))


def _bounded(value: float) -> float | None:
    return round(value, 6) if 0 <= value <= 1 else None
