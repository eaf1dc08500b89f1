"""Reads which options an answer chooses where the right answer is a set, and never guesses.

A set may be given by its members, by its complement ("all except C"), as all or none, option by
option ("A: incorrect. B: correct."), or in a form. Read in falling order of commitment: a form, a
final answer, a stated or leading set, then statements about single options. Whether those said to
be correct are meant, or those said not to be, depends on the question (`asks_not`). Our own rules;
`docs/judges/choice-set.md` shows their measured error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

import msgspec

from auscult.kit.choice import letter_set_words as words
from auscult.kit.choice import phrases
from auscult.kit.choice.forms import Object, json_object, stated_pieces
from auscult.kit.choice.letter_set_decide import (
    SetReading,
    chose,
    read_prose,
    statements_of,
    unread,
)
from auscult.kit.choice.letter_set_said import FINAL
from auscult.kit.choice.options import Choices
from auscult.kit.choice.reading import LETTERS
from auscult.kit.choice.text import Text, capped, levelled

__all__ = ["LETTERS", "SetReading", "read_letter_set"]

BARE = 120
"""Characters of an answer that may be nothing but letters."""
_OPENS = r"[\s*_`\"'(\[{<#>.:$-]{0,8}"
_BETWEEN = r"(?:[\s.)\]}*_\"',;/&+|(\[{$]{1,12}(?:and[\s(*_]{1,4})?)"
_LETTERS = re.compile(
    rf"{_OPENS}(?i:options?[\s:]{{1,3}}|answers?[\s:]{{1,3}})?"
    rf"([A-Za-z](?:{_BETWEEN}[A-Za-z])*)[\s*_`\"')\]}}.;!>$]{{0,8}}",
)
_RUN = re.compile(rf"{_OPENS}(?i:answers?:\s{{0,2}})?([A-Za-z]{{2,12}})[\s*_`\"')\]}}.;!>$]{{0,8}}")
_SINGLE = re.compile(r"(?<![A-Za-z])[A-Za-z](?![A-Za-z])")
_KEYS = re.compile(
    r"(?:final_?|my_?|your_?|selected_?|chosen_?)?(?:answers?|choices?|options?|letters?|selections?|"
    r"selected|chosen|picks?|set|response|result|output|prediction)(?:_?(?:letters?|set|choices?|"
    r"options?|list|keys?|ids?))?|final"
)
_WRONG_KEYS = re.compile(
    r"(?:not_?correct|incorrect|wrong|non_?correct|false)(?:_?(?:answers?|options?|choices?|letters?))?"
)
_RIGHT_KEYS = re.compile(r"(?:correct|right|true)(?:_?(?:answers?|options?|choices?|letters?))?")
_TEXT_KEYS = ("letter", "option", "id", "key", "label", "answer", "choice")
_SAYS_WRONG = re.compile(r"(?:incorrect|wrong|false|not (?:correct|right|true))\b")
_SAYS_RIGHT = re.compile(r"(?:correct|right|true)\b")
_HTML = re.compile(r"</?(?:(ul|ol|li|p|br|div)|b|i|em|strong|code)\s*/?>")


def read_letter_set(
    text: str, options: Sequence[str], *, letters: Sequence[str] = LETTERS, asks_not: bool = False
) -> SetReading:
    """The set that `text` chooses among `options`, shown in this order under `letters`. `asks_not`
    says that the question asks for the options that are not correct."""
    if len(options) > len(letters):
        raise ValueError(f"{len(options)} options need as many letters, not {len(letters)}")
    text = text.strip()
    if not text:
        return unread("empty")
    if len(text) < BARE:
        quick = _bare(text, options, letters)
        if quick is not None:
            return quick
    plain = _HTML.sub(_without_tag, text) if "<" in text else text
    said = _read(Text(capped(plain)), _choices(tuple(options), tuple(letters)), asks_not=asks_not)
    return said if said.evidence in text else msgspec.structs.replace(said, evidence="")


def _without_tag(tag: re.Match[str]) -> str:
    return ("\n" if tag[1] else " ").rjust(len(tag[0]))


def _bare(text: str, options: Sequence[str], letters: Sequence[str]) -> SetReading | None:
    """Nothing but letters: most answers, at little cost."""
    if "\n" in text and ("," in text or ";" in text):
        return None  # rows of letters, which may differ
    plain = levelled(text)
    found = _LETTERS.fullmatch(plain)
    if found is not None:
        said = _SINGLE.findall(found[1])
    else:
        found = _RUN.fullmatch(plain)
        if found is None:
            return None
        said = list(found[1])
    if any(len(option) < 3 or option.lower() == found[1].lower() for option in options):
        return None
    places = _places(said, letters, len(options))
    if places is None:
        return None
    run = len(said) > 1 and len(said) == len(found[1])
    if run and said[0].islower() and list(places) != sorted(set(places)):
        return None  # "bad" is a word
    if -1 not in places:
        return chose(frozenset(places), "letters", text)
    # A word of small or mixed letters is no row of letters.
    return None if run and not found[1].isupper() else unread("not-an-option", text)


def _places(said: Sequence[str], letters: Sequence[str], count: int) -> list[int] | None:
    """-1 for letters that were not shown; None where the labels are no letters, or the cases of
    the letters differ."""
    if not all(len(label) == 1 and label.isalpha() for label in letters[:count]):
        return None
    if len({letter.isupper() for letter in said}) > 1:
        return None
    shown = {letter.upper(): place for place, letter in enumerate(letters[:count])}
    return [shown.get(letter.upper(), -1) for letter in said]


@lru_cache(maxsize=256)
def _choices(options: tuple[str, ...], letters: tuple[str, ...]) -> Choices:
    return Choices(options, letters)


def _read(text: Text, choices: Choices, *, asks_not: bool) -> SetReading:
    if not text.low.strip():
        return _only_thoughts(text, choices, asks_not=asks_not)
    formal = _from_form(text, choices, asks_not=asks_not)
    return read_prose(text, choices, asks_not=asks_not) if formal is None else formal


def _only_thoughts(text: Text, choices: Choices, *, asks_not: bool) -> SetReading:
    """Nothing but a reasoning block: it counts only where it says that a set is final."""
    if not text.thoughts:
        return unread("empty")
    inner = Text(re.sub(r"<[^<>]{0,20}>", lambda tag: " " * len(tag[0]), text.thoughts))
    finals = [s for s in statements_of(inner, choices, asks_not=asks_not) if s.level == FINAL]
    said = read_prose(inner, choices, asks_not=asks_not) if finals else None
    if said is None or said.behaviour != "answered" or said.cause != "final":
        return unread("reasoning-only")
    return said


# --- forms ------------------------------------------------------------------------------------


def _from_form(text: Text, choices: Choices, *, asks_not: bool) -> SetReading | None:
    pieces = stated_pieces(text)
    if pieces:
        said = [(_piece(p.words, choices, asks_not=asks_not), p.start, p.end) for p in pieces]
        return _after(text, choices, _of_pieces(text, said), said[-1][2], asks_not=asks_not)
    if text.low.strip(" `\n") in ("[]", "{}"):
        return chose(frozenset(), "form", text.original.strip())
    found = json_object(text)
    if found is None:
        return None
    said_there = _of_object(text, found, choices, asks_not=asks_not)
    if said_there is None:
        return None
    return _after(text, choices, said_there, found.end, asks_not=asks_not)


def _piece(said: str, choices: Choices, *, asks_not: bool) -> SetReading:
    return read_letter_set(
        said[:400], choices.options, letters=tuple(choices.labels), asks_not=asks_not
    )


def _of_pieces(text: Text, said: list[tuple[SetReading, int, int]]) -> SetReading:
    """Several boxes or tags: one option each is a set in pieces; sets must say the same, unless a
    later one takes the earlier back."""
    readings = [reading for reading, _, _ in said]
    last, start, end = said[-1]
    quote = text.quote(said[0][1], end)
    sets = [frozenset(r.chosen) for r in readings if r.chosen is not None]
    if len(sets) < len(readings):
        return _with_quote(last, quote)
    if len(set(sets)) == 1:
        return chose(sets[0], "form", quote)
    gap = text.low[said[0][2] : start]
    if phrases.TOOK_BACK.search(gap) or words.BACK.search(gap):
        return _with_quote(last, quote)
    if all(len(one) == 1 for one in sets):
        return chose(frozenset().union(*sets), "form", quote)
    return unread("contradiction", quote)


def _with_quote(reading: SetReading, quote: str) -> SetReading:
    cause = "form" if reading.behaviour == "answered" else reading.cause
    return SetReading(reading.behaviour, reading.chosen, cause, quote)


def _after(
    text: Text, choices: Choices, said: SetReading, end: int, *, asks_not: bool
) -> SetReading:
    """What a form says, unless the words after it take it back."""
    rest = text.low[end:]
    if said.chosen is not None and len(rest.split()) > 2 and phrases.TOOK_BACK.search(rest):
        later = read_prose(Text(text.original[end:]), choices, asks_not=asks_not)
        return later if later.behaviour != "invalid" else unread("contradiction", said.evidence)
    return said


def _of_object(text: Text, found: Object, choices: Choices, *, asks_not: bool) -> SetReading | None:
    quote = text.quote(found.start, found.start + 1)
    value = found.value
    if isinstance(value, dict):
        keyed = {re.sub(r"[\s-]+", "_", str(k).strip().lower()): v for k, v in value.items()}
        by_key = _stated(keyed, asks_not=asks_not)
        if by_key is None:
            return _by_option(value, keyed, choices, quote, asks_not=asks_not)
        value = by_key[0]
    said = _value(value, choices, asks_not=asks_not)
    return None if said is None else _with_quote(said, quote)


def _stated(keyed: dict[str, Any], *, asks_not: bool) -> tuple[Any] | None:
    """What stands under the key of the answer, or under that of the options asked for."""
    asked = _WRONG_KEYS if asks_not else _RIGHT_KEYS
    for keys in (asked, _KEYS):
        for key, value in keyed.items():
            if keys.fullmatch(key):
                return (value,)
    for value in keyed.values():
        inner = (
            _stated({str(k).lower(): v for k, v in value.items()}, asks_not=asks_not)
            if (isinstance(value, dict))
            else None
        )
        if inner is not None:
            return inner
    return None


def _value(value: Any, choices: Choices, *, asks_not: bool) -> SetReading | None:
    if value is None:
        return unread("empty")
    if isinstance(value, str):
        return _piece(value, choices, asks_not=asks_not)
    if not isinstance(value, list | tuple | set | frozenset):
        return _value(_text_of(value), choices, asks_not=asks_not) if _text_of(value) else None
    texts = [_text_of(item) for item in value]
    readings = [_piece(item, choices, asks_not=asks_not) for item in texts if item is not None]
    if len(readings) < len(texts) or len(texts) > 40:
        return None
    for reading in readings:
        if reading.chosen is None:
            return reading
    return chose(frozenset(p for r in readings for p in r.chosen or ()), "form")


def _text_of(value: Any) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, dict):
        lowered = {str(k).lower(): v for k, v in value.items()}
        return next((str(lowered[k]) for k in _TEXT_KEYS if lowered.get(k)), None)
    return None


def _by_option(
    value: dict[Any, Any], keyed: dict[str, Any], choices: Choices, quote: str, *, asks_not: bool
) -> SetReading | None:
    """{"A": true, "B": "incorrect"}: what stands beside each option."""
    beside: dict[int, Any] = {}
    for key, said in value.items():
        place = _piece(str(key), choices, asks_not=False).chosen
        if place is not None and len(place) == 1:
            beside[place[0]] = said
    if not beside:
        other = any((_RIGHT_KEYS if asks_not else _WRONG_KEYS).fullmatch(key) for key in keyed)
        return unread("other-side-only", quote) if other else None
    senses = {place: _sense(said) for place, said in beside.items()}
    if all(sense is not None for sense in senses.values()):
        ask = -1 if asks_not else 1
        chosen = frozenset(p for p, sense in senses.items() if sense == ask)
        return chose(chosen, "form", quote)
    if all(isinstance(said, bool) for said in beside.values()) and not asks_not:
        return chose(frozenset(p for p, said in beside.items() if said), "form", quote)
    return unread("no-commitment", quote)


def _sense(said: Any) -> int | None:
    if not isinstance(said, str):
        return None
    low = said.strip().lower()
    if _SAYS_WRONG.match(low):
        return -1
    return 1 if _SAYS_RIGHT.match(low) else None
