"""Letters with accents in a font that has none: the plain letter, and its mark drawn by code.

The font that Pillow brings has the letters of English and a few signs. Marks are those of European
names; a few signs are written in plain ones.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

_PLAIN = str.maketrans(
    {
        "ß": "ss", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "þ": "th", "Þ": "Th", "ı": "i",
        "–": "-", "—": "-", "−": "-", "‑": "-", "µ": "u", "μ": "u", "…": "...", "½": "1/2",
        "¼": "1/4", "¾": "3/4", "≥": ">=", "≤": "<=", "×": "x", "€": "EUR ", "\u00a0": " ",
        "\u202f": " ", "²": "2", "³": "3", "\t": " ",
    }
)  # fmt: skip
_SLASH, _BAR = "\u0338", "\u0335"
_STRUCK = {"ø": "o" + _SLASH, "Ø": "O" + _SLASH, "ł": "l" + _BAR, "Ł": "L" + _BAR, "đ": "d" + _BAR,
           "Đ": "D" + _BAR, "ð": "d" + _BAR, "ħ": "h" + _BAR}  # fmt: skip
Place = tuple[float, float]
Strokes = Sequence[Sequence[Place]]
_REFERENCE = 22
"""The size of letters for which marks are given, in pixels."""


def _arch(turn: int, wide: float = 3.5, high: float = 4.0) -> Strokes:
    """Of three points; upside down with -1."""
    low, top = (-2.0, -2.0 - high) if turn > 0 else (-2.0 - high, -2.0)
    return (((-wide, low), (0.0, top), (wide, low)),)


_ABOVE: dict[str, Strokes] = {
    "\u0300": (((2, -2), (-3, -7)),),
    "\u0301": (((-2, -2), (3, -7)),),
    "\u0302": _arch(1),
    "\u0303": (((-4, -3), (-2, -5), (1, -3), (4, -5)),),
    "\u0304": (((-4, -4), (4, -4)),),
    "\u0306": (((-4, -6), (-2, -3), (2, -3), (4, -6)),),
    "\u0307": (((-0.5, -4), (0.5, -4)),),
    "\u0308": (((-4, -4), (-3, -4)), ((3, -4), (4, -4))),
    "\u030a": (((0, -7), (2, -5), (0, -2), (-2, -5), (0, -7)),),
    "\u030b": (((-4, -2), (-1, -7)), ((1, -2), (4, -7))),
    "\u030c": _arch(-1),
}
_BELOW: dict[str, Strokes] = {
    "\u0326": (((0, 2), (-1, 6)),),
    "\u0327": (((0, 0), (0, 2), (2, 4), (0, 6), (-2, 5)),),
    "\u0328": (((1, 0), (-1, 3), (1, 5), (3, 5)),),
}
_ACROSS = (_SLASH, _BAR)


def spelt(text: str) -> str:
    """With every accent behind its letter, and without signs that have plain ones."""
    plain = "".join(_STRUCK.get(letter, letter) for letter in text).translate(_PLAIN)
    return unicodedata.normalize("NFD", plain)


def bare(text: str) -> str:
    """Of a spelt text, the letters without their marks: what gives a line its width."""
    return "".join(sign for sign in text if not _is_mark(sign))


def undrawable(text: str, font: FreeTypeFont) -> str:
    """The first sign that cannot be drawn; empty where all can be."""
    for sign in spelt(text):
        if sign.isspace() or _is_mark(sign):
            continue
        if unicodedata.combining(sign) or _drawn(font, sign) == _drawn(font, "\uffff"):
            return sign
    return ""


def write(
    sheet: ImageDraw, place: tuple[int, int], text: str, font: FreeTypeFont, ink: int
) -> None:
    """One line of spelt text."""
    letters = bare(text)
    sheet.text(place, letters, fill=ink, font=font)
    number = -1
    for sign in text:
        if not _is_mark(sign):
            number += 1
        elif number >= 0:
            before = place[0] + font.getlength(letters[:number])
            _mark(sheet, (before, place[1]), letters[number], sign, font, ink)


def _mark(
    sheet: ImageDraw, place: Place, letter: str, mark: str, font: FreeTypeFont, ink: int
) -> None:
    left, top, right, bottom = font.getbbox(letter)
    scale = font.size / _REFERENCE
    middle = place[0] + (left + right) / 2
    if mark in _ACROSS:
        _across(sheet, (place[0] + left, place[1] + top, place[0] + right, place[1] + bottom), mark,
                ink)  # fmt: skip
        return
    edge = top if mark in _ABOVE else bottom
    for stroke in _ABOVE.get(mark) or _BELOW[mark]:
        points = [(middle + scale * x, place[1] + edge + scale * y) for x, y in stroke]
        sheet.line(points, fill=ink, width=2)


def _across(sheet: ImageDraw, box: tuple[float, float, float, float], mark: str, ink: int) -> None:
    left, top, right, bottom = box
    if mark == _SLASH:
        sheet.line((left - 1, bottom + 1, right + 1, top - 1), fill=ink, width=2)
        return
    middle = top + 0.45 * (bottom - top)
    sheet.line((left - 3, middle + 2, left + 6, middle - 2), fill=ink, width=2)


def _is_mark(sign: str) -> bool:
    return sign in _ABOVE or sign in _BELOW or sign in _ACROSS


@lru_cache(maxsize=1024)
def _drawn(font: FreeTypeFont, sign: str) -> bytes:
    return bytes(font.getmask(sign))
