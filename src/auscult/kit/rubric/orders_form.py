"""Verdicts in the JSON forms of our judges, found within an answer.

A JSON object is a verdict only where its keys and its values are: `verdict` with a ruling, or `met`
with true or false. A laboratory's "score", or criteria of a disease that are named and met, are
none. Of a verdict only what says nothing else goes: a quote that holds a dose stays, and so does an
id that is not of the kind that our criteria have.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from auscult.kit.rubric.orders_words import idle

_PAIR = (
    r"(?P<sign>[\"'])(?P<key>[A-Za-z][\w -]{0,30})(?P=sign)\s*:\s*"
    r"(?P<value>\"(?:[^\"\\\n]|\\.){0,2000}\"|'[^'\n]{0,2000}'|\[[^\[\]{}]{0,2000}\]|"
    r"-?\d[\d.]*|true\b|false\b|null\b|)\s*,?"
)
_TOKEN = re.compile(rf"{_PAIR}|[{{}}]", re.IGNORECASE)
_RULINGS = re.compile(
    r"(?:(?:fully|entirely|completely) )?(?:right|correct|true|wrong|incorrect|false|partly|"
    r"no-answer|met|not met|pass|passed|a pass|found|none|unsure)"
    r"(?: (?:answer|response|reply|overall|found|in full))?|1|0",
    re.IGNORECASE,
)
OUR_ID = r"(?![bkt]\d)[a-z]\d{0,2}"
"""Of a criterion: a, m1, n2. B12, T4 and K6 say something of medicine."""
_OUR_ID = re.compile(OUR_ID, re.IGNORECASE)
_IDS = frozenset({"id", "criterion", "criterion_id"})
_NAMED = frozenset({"criterion", "criteria"})
_RULED = frozenset({"value", "label", "ruling", "verdict", "result", "grade", "rating", "is"})
"""What a verdict that is an object may call its ruling. Not "side": that one is a patient's."""
_LISTS = frozenset(
    {"quote", "quotes", "missing", "wrong_claims", "codes", "passages"}
    | {"reason", "reasoning", "rationale", "explanation", "justification", "comment", "feedback"}
)
_KEYS = _LISTS | _IDS | {"verdict", "met", "score"}
_OF_THE_ANSWER = re.compile(
    r"\b(?:answer|response|reply|says?|states?|mentions?|names|advis(?:es|ed)|recommend(?:s|ed))\b",
    re.IGNORECASE,
)
"""In the words of a criterion: it is one of an answer, not of a disease."""
_FENCE = re.compile(r"```\w*\s*\Z")
_CLOSING_FENCE = re.compile(r"\s*```")

Span = tuple[int, int]


class Pair(msgspec.Struct, frozen=True):
    start: int
    end: int
    key: str
    value: str

    @property
    def bare(self) -> str:
        return self.value.strip("\"' .,;:!?*_`()[]")

    @property
    def boolean(self) -> bool:
        return self.bare.casefold() in ("true", "false")


class Object(msgspec.Struct):
    start: int
    end: int = 0
    pairs: list[Pair] = []
    inner: list[Object] = []
    rules: bool = False
    """Whether it is a verdict."""
    hollow: bool = False
    """Whether nothing else is in it."""
    key: str = ""
    """What the object around it calls it."""
    of_a_patient: bool = False
    """Whether it names a criterion in words: then `met` says something of a patient."""
    of_ours: bool = False
    """Whether it has the id of a criterion of ours."""
    alone: bool = False
    """Whether no key is one that our verdicts have not."""
    ruled_within: frozenset[str] = frozenset()
    """What it calls the verdicts in it."""

    @property
    def whole(self) -> Span:
        return self.start, self.end


class Forms(msgspec.Struct, frozen=True):
    wholes: tuple[Span, ...] = ()
    """Objects that are verdicts, with the fence around them."""
    cuts: tuple[Span, ...] = ()
    """What in them is a verdict, or says nothing."""
    innocent: tuple[Span, ...] = ()
    """Pairs that look like a verdict and are none."""


def forms_in(text: str, unruled: Callable[[str], str]) -> Forms:
    """`unruled` gives a value without the orders in it: where nothing is left, it says nothing."""
    wholes: list[Span] = []
    cuts: list[Span] = []
    innocent: list[Span] = []
    if '"' not in text and "'" not in text:
        return Forms()
    # Those within another come after it.
    for one in reversed(_objects(text)):
        _look_over(one)
        if not one.rules and not one.ruled_within:
            innocent += [(p.start, p.end) for p in one.pairs if p.key in ("met", "verdict")]
            continue
        idle_pairs = [p for p in one.pairs if _says_nothing(p, one, unruled)]
        one.hollow = len(idle_pairs) == len(one.pairs) and all(o.hollow for o in one.inner)
        span = _fenced(text, one.whole)
        if one.rules:
            wholes.append(span)
        cuts += [span] if one.hollow else [(p.start, p.end) for p in idle_pairs]
    return Forms(tuple(wholes), tuple(cuts), tuple(sorted(innocent)))


def _objects(text: str) -> list[Object]:
    """Every object, each pair in the innermost; one that does not end goes to its last pair."""
    found: list[Object] = []
    opened: list[Object] = []
    for token in _TOKEN.finditer(text):
        if token["key"] is not None:
            if opened:
                pair = Pair(*token.span(), token["key"].casefold(), token["value"])
                opened[-1].pairs.append(pair)
                opened[-1].end = token.end()
        elif token[0] == "{":
            new = Object(token.start(), token.end(), [], [])
            if opened:
                new.key = _key_of_next(opened[-1], text, token.start())
                opened[-1].inner.append(new)
            found.append(new)
            opened.append(new)
        elif opened:
            opened.pop().end = token.end()
    return found


def _key_of_next(around: Object, text: str, start: int) -> str:
    if not around.pairs or around.pairs[-1].value:
        return ""
    last = around.pairs[-1]
    far = start - last.end > 40
    return "" if far or text[last.end : start].strip(" \t\n[") else last.key


def _look_over(one: Object) -> None:
    one.of_a_patient = any(_names_a_disease(p) for p in one.pairs)
    one.of_ours = any(p.key in _IDS and _short(p) for p in one.pairs)
    one.alone = all(p.key in _KEYS for p in one.pairs)
    one.ruled_within = frozenset(o.key for o in one.inner if o.rules)
    one.rules = any(_rules(p, one) for p in one.pairs)


def _rules(pair: Pair, one: Object) -> bool:
    if pair.key == "verdict" or (one.key == "verdict" and pair.key in _RULED):
        return bool(_RULINGS.fullmatch(pair.bare))
    if one.key == "criteria" and _OUR_ID.fullmatch(pair.key):
        return pair.boolean
    if pair.key != "met" or one.of_a_patient:
        return False
    # A number alone may be metabolic equivalents.
    return pair.boolean or (one.of_ours and pair.bare.casefold() in ("0", "1", "yes", "no"))


def _names_a_disease(pair: Pair) -> bool:
    if pair.key not in _NAMED or not pair.bare or _short(pair):
        return False
    return not _OF_THE_ANSWER.search(pair.bare)


def _short(pair: Pair) -> bool:
    return bool(_OUR_ID.fullmatch(pair.bare))


def _says_nothing(pair: Pair, one: Object, unruled: Callable[[str], str]) -> bool:
    if _rules(pair, one):
        return True
    if not pair.value:
        ours = pair.key in ("criteria", "verdict") or bool(_OUR_ID.fullmatch(pair.key))
        return ours and not one.ruled_within.isdisjoint(("", pair.key))
    if pair.key in _IDS:
        return _short(pair)
    if pair.key == "score":
        # Beside anything else it may be a patient's.
        return one.alone and re.fullmatch(r"[01](?:\.\d+)?", pair.bare) is not None
    return pair.key in _LISTS and idle(unruled(pair.value))


def _fenced(text: str, span: Span) -> Span:
    start, end = span
    before = _FENCE.search(text, max(0, start - 40), start)
    after = _CLOSING_FENCE.match(text, end)
    return (before.start() if before else start, after.end() if before and after else end)
