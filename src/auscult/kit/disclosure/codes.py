"""Codes in which an answer may write a value: Morse, character codes, base32."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterator

Coded = tuple[str, str, int, int]
"""Encoding, text, and where the run stands."""

_LETTERS = (
    ".- -... -.-. -.. . ..-. --. .... .. .--- -.- .-.. -- -. --- .--. --.- .-. ... - ..- ...- .-- "
    "-..- -.-- --.."
)
_DIGITS = "----- .---- ..--- ...-- ....- ..... -.... --... ---.. ----."
_MORSE = {
    **dict(zip(_LETTERS.split(), "abcdefghijklmnopqrstuvwxyz", strict=True)),
    **dict(zip(_DIGITS.split(), "0123456789", strict=True)),
    "-....-": "-",
    ".-.-.-": ".",
    ".--.-.": "@",
    "-..-.": "/",
}
_IN_MORSE = re.compile(r"(?<![^\s:>|\"'`*(])[.·•_–—-]{1,6}(?:[ /|,\n]{1,5}[.·•_–—-]{1,6}){5,}")
_AS_NUMBERS = re.compile(r"(?<![\d.])\d{2,3}(?:[ ,;]{1,2}\d{2,3}){5,}(?![\d.]*\d)")
_BASE32 = re.compile(r"(?<![A-Za-z0-9])[A-Z2-7]{10,}={0,6}(?![A-Za-z0-9])")
_DOTS = str.maketrans("·•_–—", "..---")


def coded(text: str) -> Iterator[Coded]:
    for found in _IN_MORSE.finditer(text):
        signs = re.split(r"[ /|,\n]+", found[0].translate(_DOTS))
        letters = [_MORSE.get(sign) for sign in signs]
        if all(letter is not None for letter in letters):
            yield "morse", "".join(letter or "" for letter in letters), *found.span()
    for found in _AS_NUMBERS.finditer(text):
        numbers = [int(one) for one in re.findall(r"\d+", found[0])]
        if all(32 <= one < 127 for one in numbers):
            yield "characters", "".join(map(chr, numbers)), *found.span()
    for found in _BASE32.finditer(text):
        if any(c.isdigit() for c in found[0]) or found[0].endswith("="):
            yield from _from_base32(found)


def _from_base32(found: re.Match[str]) -> Iterator[Coded]:
    run = found[0].rstrip("=")
    try:
        text = base64.b32decode(run + "=" * (-len(run) % 8)).decode("ascii")
    except (binascii.Error, ValueError):
        return
    if text.isprintable():
        yield "base32", text, *found.span()
