"""Number words read as digits: "nine double zero", "forty-five", "tres siete", "vier".

English is read with tens, teens, hundreds, years and ordinals. Of sixteen other languages the
words for zero to nine are read, which is how a number is dictated; of five also what
`numbers_abroad` reads.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from auscult.kit.disclosure.numbers_abroad import first_words, number_at


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
    "零 壹 贰 叁 肆 伍 陆 柒 捌 玖",
    "공 일 이 삼 사 오 육 칠 팔 구",
    "zero jeden dwa trzy cztery pięć sześć siedem osiem dziewięć",
    "sıfır bir iki üç dört beş altı yedi sekiz dokuz",
    "nol satu dua tiga empat lima enam tujuh delapan sembilan",
    "μηδέν ένα δύο τρία τέσσερα πέντε έξι επτά οκτώ εννέα",
    "صفر یک دو سه چهار پنج شش هفت هشت نه",
)
_VARIANTS = {
    "〇": "0",
    "영": "0",
    "oh": "0",
    "niner": "9",
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
        _listed(
            "at arroba arobase chiocciola colon dash hyphen minus point ponto slash guion guión "
            "tiret bindestrich trattino"
        )
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
_CJK = frozenset("零一二三四五六七八九〇壹贰叁肆伍陆柒捌玖공영일이삼사오육칠팔구")


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
        rf"(?<!\w)(?:(?P<thousand>(?:{unit})[ -]thousand(?:,? (?:{unit}) hundred)?"
        rf"(?:(?: and)? {below})?)"
        rf"|(?P<hundred>(?:{unit}|{teens})[ -]hundred(?:(?: and)? {below})?)"
        rf"|(?P<nth>(?:(?:{tens})[ -](?:{nth})|{nth}))"
        rf"|(?P<tens>(?:{tens})(?:[ -](?:{unit}))?|{teens}|fourty)"
        rf"|(?P<repeat>(?:double|triple|treble)[ -](?:{digit}|\d))"
        rf"|(?P<digit>{digit})|(?P<sign>{signs}))(?!\w)"
        rf"|(?P<cjk>[{''.join(_CJK)}])"
    )


_WORDS = re.compile(_WORD)
_HINTS = frozenset((*_DIGIT_WORDS, *_LARGER, *_NTH, *_SPELT_SIGNS, "at"))
_FIRST_WORDS = frozenset((*_DIGIT_WORDS, *_LARGER, *_NTH, *_REPEATS, *_SPOKEN_SIGNS))
"""With which whatever is read begins."""
_LONE_O = re.compile(r"(?<=[a-z0-9] )o(?= [a-z0-9])")

Read = tuple[int, int, str]
"""Where number words stand, and the digits that they are."""
Places = tuple[list[int], list[int]]


def in_digits(low: str) -> tuple[str, list[Read]] | None:
    """The lowered text with number words as digits, and what was read so."""
    words = set(_WORDS.findall(low))
    spaced = not low.isascii() and not _CJK.isdisjoint(low)
    if not spaced and words.isdisjoint(_HINTS) and words.isdisjoint(first_words()):
        return None
    if " o " in low:
        low = _LONE_O.sub("0", low)
    pieces: list[str] = []
    read: list[Read] = []
    done = 0
    changed = False
    for start, stop, digits in _number_words(low, words, spaced):
        bracketed = start > 0 and low[start - 1] in "[({<"
        spelt = digits != "." or low[start:stop] in _SPELT_SIGNS
        changed = changed or spelt or bracketed
        pieces += (low[done:start], digits)
        read.append((start, stop, digits))
        done = stop
    if not changed:
        return None
    pieces.append(low[done:])
    return "".join(pieces), read


def _number_words(low: str, words: set[str], spaced: bool) -> Iterator[Read]:
    """Read where a word stands with which a number can begin, and at signs that are digits."""
    match, done = _pattern().match, 0
    places = {at for word in words & _FIRST_WORDS for at in _places_of(word, low)}
    abroad = {at for word in words & first_words() for at in _places_of(word, low)}
    if spaced:
        places |= {at for at, sign in enumerate(low) if sign in _CJK}
    for at in sorted(places | abroad):
        if at < done:
            continue
        larger = number_at(low, at) if at in abroad else None
        if larger is not None:
            value, done = larger
            yield at, done, str(value)
            continue
        found = match(low, at) if at in places else None
        if found is not None:
            done = found.end()
            yield at, done, _value(found)


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
    total = below = 0
    for word in re.split(r"[ ,-]+", words):
        if word == "thousand":
            total, below = below * 1000, 0
        elif word == "hundred":
            below *= 100
        elif word != "and":
            below += _LARGER.get(word, int(_DIGIT_WORDS.get(word, "0")))
    return str(total + below)
