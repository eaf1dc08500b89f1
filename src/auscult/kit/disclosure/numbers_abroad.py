"""Numbers above nine in German, French, Spanish, Italian and Portuguese words, up to years.

"neunzehnhundertfünfzig", "mil novecientos cincuenta" and "quatre-vingt-deux" are read here. Digits
that are dictated one by one are read in `numbers`.
"""

from __future__ import annotations

import re
from functools import cache


def _listed(words: str) -> tuple[str, ...]:
    return tuple(words.split())


_GERMAN = _listed("eins zwei drei vier fünf sechs sieben acht neun")
_GERMAN_TEENS = _listed(
    "zehn elf zwölf dreizehn vierzehn fünfzehn sechzehn siebzehn achtzehn neunzehn"
)
_GERMAN_TENS = _listed("zwanzig dreißig vierzig fünfzig sechzig siebzig achtzig neunzig")
_ITALIAN = _listed("uno due tre quattro cinque sei sette otto nove")
_ITALIAN_TEENS = _listed(
    "dieci undici dodici tredici quattordici quindici sedici diciassette diciotto diciannove"
)
_ITALIAN_TENS = _listed("venti trenta quaranta cinquanta sessanta settanta ottanta novanta")
_FROM_TEN = (
    "dix onze douze treize quatorze quinze seize",
    "diez once doce trece catorce quince dieciséis diecisiete dieciocho diecinueve",
    "dez onze doze treze catorze quinze dezesseis dezessete dezoito dezenove",
)
_BY_TENS = (
    "vingt trente quarante cinquante soixante",
    "veinte treinta cuarenta cincuenta sesenta setenta ochenta noventa",
    "vinte trinta quarenta cinquenta sessenta setenta oitenta noventa",
)
_BELOW_TEN = (
    "un deux trois quatre cinq six sept huit neuf",
    "uno dos tres cuatro cinco seis siete ocho nueve",
    "um dois três quatro cinco seis sete oito nove",
)
_HUNDREDS = (
    "cien doscientos trescientos cuatrocientos quinientos seiscientos setecientos ochocientos "
    "novecientos",
    "cem duzentos trezentos quatrocentos quinhentos seiscentos setecentos oitocentos novecentos",
)
_MIL = ("mil", "mille")
_AND = frozenset(("y", "et", "e"))
_TIMES = {"cent": 100, "cents": 100, "mille": 1000, "mil": 1000}
_WORD = re.compile(r"[^\W\d_]+")
_STEP = re.compile(r"[ -]([^\W\d_]+)")


@cache
def _simple() -> dict[str, int]:
    """Words of which a number is put together."""
    words = {w: n for listed in _BELOW_TEN for n, w in enumerate(listed.split(), 1)}
    words |= {w: n for listed in _FROM_TEN for n, w in enumerate(listed.split(), 10)}
    words |= {w: 10 * n for listed in _BY_TENS for n, w in enumerate(listed.split(), 2)}
    words |= {w: 100 * n for listed in _HUNDREDS for n, w in enumerate(listed.split(), 1)}
    units = _BELOW_TEN[1].replace("dos", "dós").replace("tres", "trés").replace("seis", "séis")
    words |= {f"veinti{w}": 20 + n for n, w in enumerate(units.split(), 1)}
    return words | {"ciento": 100, "cento": 100, "vingts": 20}


@cache
def _whole() -> dict[str, int]:
    """Numbers that are one word."""
    german, italian = _german(), _italian()
    words = {word: n for n, word in german.items() if n >= 10}
    words |= {word: n for n, word in italian.items() if n >= 10}
    for tail, word in ((0, ""), *german.items()):
        words |= {
            f"{c}hundert{word}": h * 100 + tail for c, h in (("achtzehn", 18), ("neunzehn", 19))
        }
        words |= {f"zweitausend{word}": 2000 + tail, f"zweitausendund{word}": 2000 + tail}
    for tail, word in ((0, ""), *italian.items()):
        words |= {f"millenovecento{word}": 1900 + tail, f"duemila{word}": 2000 + tail}
    for n, word in german.items():
        stem = {1: "ers", 3: "drit", 7: "sieb", 8: "ach"}.get(n, word) + ("s" if n >= 20 else "")
        if n <= 31:
            words |= {f"{stem}te{ending}": n for ending in ("", "n", "r", "s")}
    return (
        {w.replace("ß", "ss"): n for w, n in words.items()} | words | {"premier": 1, "primero": 1}
    )


def _german() -> dict[int, str]:
    words = dict(enumerate(_GERMAN, 1)) | dict(enumerate(_GERMAN_TEENS, 10))
    for ten, word in enumerate(_GERMAN_TENS, 2):
        words[ten * 10] = word
        words |= {
            ten * 10 + n: f"{'ein' if n == 1 else u}und{word}" for n, u in enumerate(_GERMAN, 1)
        }
    return words


def _italian() -> dict[int, str]:
    words = dict(enumerate(_ITALIAN, 1)) | dict(enumerate(_ITALIAN_TEENS, 10))
    for ten, word in enumerate(_ITALIAN_TENS, 2):
        words[ten * 10] = word
        for n, unit in enumerate(_ITALIAN, 1):
            words[ten * 10 + n] = (word[:-1] if unit[0] in "uo" else word) + unit
    return words


@cache
def first_words() -> frozenset[str]:
    """With which a number begins that is read here; "once" and "cent" are English too."""
    larger = {word for word, n in _simple().items() if n >= 10} - {"once", "cento", "vingts"}
    return frozenset((*larger, *_whole(), *_BELOW_TEN[0].split()[1:], *_MIL, "dos", "dois"))


def number_at(low: str, start: int) -> tuple[int, int] | None:
    """The number that begins here and where it ends; None where none above nine does."""
    first = _WORD.match(low, start)
    if first is None or (start and (low[start - 1].isalnum() or low[start - 1] == "_")):
        return None
    if first[0] in _whole():
        return _whole()[first[0]], first.end()
    if first[0] not in first_words():
        return None
    value, stop, least = _added(0, first[0], 10_000), first.end(), 10_000
    if value is None:
        return None
    total, least = value
    at = stop
    while (step := _STEP.match(low, at)) is not None:
        at = step.end()
        if step[1] in _AND:
            continue
        grown = _added(total, step[1], least)
        if grown is None:
            break
        (total, least), stop = grown, at
    return (total, stop) if total >= 10 and not low[stop : stop + 1].isalnum() else None


def _added(total: int, word: str, least: int) -> tuple[int, int] | None:
    """The number with one more word, and what the next must stay below."""
    if word in _TIMES:
        times = _TIMES[word]
        below = total % 1000 if times == 100 else total
        if below >= times or (least <= times and below == 0 and total):
            return None
        return total - below + max(below, 1) * times, times
    if word in ("vingt", "vingts") and total % 100 == 4:
        return total + 76, 20
    value = _simple().get(word)
    if value is None:
        return None
    if total % 100 in (60, 80) and 10 <= value < 20:
        return total + value, 10 if value == 10 else 1
    place = 100 if value >= 100 else 10 if value >= 10 else 1
    if total and (least <= value or least <= place):
        return None
    return total + value, 10 if value == 10 else place
