"""Number words read as digits: "nine double zero", "forty-five", "tres siete", "vier".

English is read with tens, teens, hundreds, years and ordinals. Of nine other languages the words
for zero to nine are read, which is how a number is dictated.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_UNITS = _listed("zero one two three four five six seven eight nine")
_TEENS = _listed("ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen")
_TENS = _listed("twenty thirty forty fifty sixty seventy eighty ninety")
_ORDINALS = _listed(
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_DICTATED = (
    "cero uno dos tres cuatro cinco seis siete ocho nueve",
    "zéro un deux trois quatre cinq six sept huit neuf",
    "null eins zwei drei vier fünf sechs sieben acht neun",
    "zero uno due tre quattro cinque sei sette otto nove",
    "zero um dois três quatro cinco seis sete oito nove",
    "nul een twee drie vier vijf zes zeven acht negen",
    "ноль один два три четыре пять шесть семь восемь девять",
    "शून्य एक दो तीन चार पाँच छह सात आठ नौ",
    "صفر واحد اثنان ثلاثة أربعة خمسة ستة سبعة ثمانية تسعة",
    "零 一 二 三 四 五 六 七 八 九",
)
_VARIANTS = {
    "〇": "0",
    "oh": "0",
    "nought": "0",
    "naught": "0",
    "zwo": "2",
    "fuenf": "5",
    "पांच": "5",
}
_WORD = r"[^\W\d_]+"
_SPELT_SIGNS = frozenset(_listed("dot punto punkt"))
_SPOKEN_SIGNS = (
    frozenset(
        _listed("at colon dash hyphen minus point slash guion guión tiret bindestrich trattino")
    )
    | _SPELT_SIGNS
)
_DIGIT_WORDS: dict[str, str] = {
    **{word: str(n) for listed in _DICTATED for n, word in enumerate(listed.split())},
    **{word: str(n) for n, word in enumerate(_UNITS)},
    **_VARIANTS,
}
_LARGER: dict[str, int] = {
    **{word: 10 + n for n, word in enumerate(_TEENS)},
    **{word: 20 + 10 * n for n, word in enumerate(_TENS)},
    "fourty": 40,
}
_NTH: dict[str, int] = {word: 1 + n for n, word in enumerate(_ORDINALS)} | {"thirtieth": 30}
_REPEATS = {"double": 2, "triple": 3, "treble": 3}
_CJK = frozenset("零一二三四五六七八九〇")


@cache
def _pattern() -> re.Pattern[str]:
    unit = "|".join(_UNITS[1:])
    tens, teens = "|".join(_TENS), "|".join(_TEENS)
    nth = "|".join(_NTH)
    below = rf"(?:(?:{tens})(?:[ -](?:{unit}))?|{teens}|{unit})"
    others = sorted((w for w in _DIGIT_WORDS if not set(w) <= _CJK), key=len, reverse=True)
    signs = "|".join(_SPOKEN_SIGNS)
    digit = "|".join(others)
    return re.compile(
        rf"(?<!\w)(?:(?P<thousand>(?:{unit}) thousand(?:(?: and)? {below})?)"
        rf"|(?P<hundred>(?:{unit}) hundred(?:(?: and)? {below})?)"
        rf"|(?P<nth>(?:(?:{tens})[ -](?:{nth})|{nth}))"
        rf"|(?P<tens>(?:{tens})(?:[ -](?:{unit}))?|{teens}|fourty)"
        rf"|(?P<repeat>(?:double|triple|treble)[ -](?:{digit}|\d))"
        rf"|(?P<digit>{digit})|(?P<sign>{signs}))(?!\w)"
        rf"|(?P<cjk>[{''.join(_CJK)}])"
    )


_WORDS = re.compile(_WORD)
_PLAIN_WORDS = re.compile(r"[a-z]+")
_HINTS = frozenset((*_DIGIT_WORDS, *_LARGER, *_NTH, *_SPELT_SIGNS, "at"))
_FIRST_WORDS = frozenset((*_DIGIT_WORDS, *_LARGER, *_NTH, *_REPEATS, *_SPOKEN_SIGNS))
"""With which whatever is read begins."""
_LONE_O = re.compile(r"(?<=[a-z0-9] )o(?= [a-z0-9])")

Read = tuple[int, int, str]
"""Where number words stand, and the digits that they are."""
Places = tuple[list[int], list[int]]


def in_digits(low: str) -> tuple[str, list[Read]] | None:
    """The lowered text with number words as digits, and what was read so."""
    words = set(_PLAIN_WORDS.findall(low)) if low.isascii() else None
    if words is not None and _HINTS.isdisjoint(words):
        return None
    if " o " in low:
        low = _LONE_O.sub("0", low)
    pieces: list[str] = []
    read: list[Read] = []
    done = 0
    changed = False
    for found in _number_words(low, words):
        start, stop = found.span()
        digits = _value(found)
        bracketed = start > 0 and low[start - 1] in "[({<"
        changed = changed or digits != "." or bracketed or found[0] in _SPELT_SIGNS
        pieces += (low[done:start], digits)
        read.append((start, stop, digits))
        done = stop
    if not changed:
        return None
    pieces.append(low[done:])
    return "".join(pieces), read


def _number_words(low: str, words: set[str] | None) -> Iterator[re.Match[str]]:
    """What the pattern finds. Where the words are known it is tried only where one stands with
    which it can begin."""
    if words is None:
        yield from _pattern().finditer(low)
        return
    match, done = _pattern().match, 0
    for at in sorted(at for word in words & _FIRST_WORDS for at in _places_of(word, low)):
        found = match(low, at) if at >= done else None
        if found is not None:
            yield found
            done = found.end()


def _places_of(word: str, low: str) -> Iterator[int]:
    at = low.find(word)
    while at >= 0:
        yield at
        at = low.find(word, at + 1)


def places_read(read: list[Read], length: int) -> Places:
    """Where each character of the text in digits begins and ends in the text of that length."""
    starts: list[int] = []
    stops: list[int] = []
    done = 0
    for start, stop, digits in read:
        starts += range(done, start)
        stops += range(done + 1, start + 1)
        starts += [start] * len(digits)
        stops += [stop] * len(digits)
        done = stop
    starts += range(done, length)
    stops += range(done + 1, length + 1)
    return starts, stops


def english_digits(words: str) -> bool:
    """Whether the number words are all English, or digits."""
    return all(word in _ENGLISH for word in _WORDS.findall(words))


_ENGLISH = frozenset(
    (*_UNITS, *_TEENS, *_TENS, *_ORDINALS, *_REPEATS, "oh", "nought", "naught", "and",
     "hundred", "thousand", "o", "colon", "dash", "hyphen", "minus", "dot", "point", "slash",
     "then", "of", "at", "area", "group", "digit", "the")
)  # fmt: skip


def _value(found: re.Match[str]) -> str:
    words, kind = found[0], found.lastgroup
    if kind == "sign":
        return "."
    if kind == "cjk":
        return str(_DIGIT_WORDS[words])
    if kind == "digit":
        return _DIGIT_WORDS[words]
    if kind == "repeat":
        times, _, digit = words.replace("-", " ").partition(" ")
        return _DIGIT_WORDS.get(digit, digit) * _REPEATS[times]
    if kind == "nth":
        tens, _, last = words.replace("-", " ").rpartition(" ")
        return str(_LARGER.get(tens, 0) + _NTH[last])
    return _composed(words)


def _composed(words: str) -> str:
    listed = re.split(r"[ -]", words)
    total = 0
    for word in listed:
        if word == "thousand":
            total *= 1000
        elif word == "hundred":
            total *= 100
        elif word != "and":
            total += _LARGER.get(word, int(_DIGIT_WORDS.get(word, "0")))
    return str(total)
