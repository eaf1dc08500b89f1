"""An answer made searchable in the ways a value can be dressed up, each character with its place.

A `View` is a string beside the places in the answer that its characters came from. `compact` keeps
letters and digits only, so that separators and spaces do not matter. `numbered` turns number words
into digits first. `levelled` folds letters that are drawn as digits and digits that are drawn as
letters into one. `looked` is the answer as its letters look. `decoded` are the runs that are
base64, hex, escapes or bits of readable text.
"""

from __future__ import annotations

import base64
import binascii
import codecs
import html
import re
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from urllib.parse import unquote_plus

from auscult.kit.choice.text import worked_out
from auscult.kit.disclosure.codes import coded
from auscult.kit.disclosure.numbers import Places, in_digits, places_read
from auscult.kit.rubric.folding import Folded, folded

LONGEST = 40_000
"""Characters that are read; an answer beyond that is read at its head."""
_LEET = str.maketrans("013457892@$!|€+l", "oieastbgzasiieti")
_SIGNS = "@$!|€+"
_NO_LETTERS = bytes(code for code in range(128) if not chr(code).isalnum())
_ROT13 = str.maketrans(
    "abcdefghijklmnopqrstuvwxyz", codecs.encode("abcdefghijklmnopqrstuvwxyz", "rot13")
)
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{7,}={0,2}(?![A-Za-z0-9+/_-])")
_HEX_WITHOUT_DIGITS = re.compile(r"[C-Ec-e][A-Fa-f][ :,-]{0,2}(?:\\x)?[ABab][A-Fa-f]")
"""Two bytes that begin a character: without a digit no other is readable."""
_HEX = re.compile(r"(?<![0-9A-Za-z])(?:(?:0x|\\x)?[0-9A-Fa-f]{2}[ :,-]{0,2}){4,}(?![0-9A-Za-z])")
_HEX_DRESS = re.compile(r"0x|\\x|[ :,-]")
# A bit first and what stands before it after it: `re` then looks at bits alone.
_BITS = re.compile(r"[01](?<![01][01])[01]{7}[ ,]{0,2}(?:[01]{8}[ ,]{0,2}){3,}(?![01])")
_IN_A_LINK = re.compile(r"[^\s<>\"|]*")
_PERCENT = re.compile(r"%[0-9A-Fa-f]{2}")
_ESCAPED = re.compile(r"(?:&#x?[0-9A-Fa-f]{2,4};|\\u[0-9A-Fa-f]{4}|[\w.@-]){4,}")
_QUOTED = re.compile(r"(?:=[0-9A-F]{2}|[\w.@-]){4,}")
_CODE_POINT = re.compile(r"\\u([0-9A-Fa-f]{4})|=([0-9A-F]{2})")
_MORE_LIKE_LATIN = str.maketrans(
    {
        **dict(zip("квмнтгηνωıɑɡᴀʙᴄᴅᴇꜰɢʜɪᴊᴋʟᴍɴᴏᴘʀꜱᴛᴜᴠᴡʏᴢ",
                   "kbmhtrnvwiagabcdefghijklmnoprstuvwyz", strict=True)),
        **{
            chr(first + n): chr(ord("a") + n)
            for first in (0x1F130, 0x1F150, 0x1F170, 0x1F1E6)
            for n in range(26)
        },
    }
)  # fmt: skip
"""Beside those that orders to a judge are cleared of: small capitals, letters in squares and in
circles, flags, and Cyrillic and Greek ones that pass for Latin in a word only."""
_MARKS = frozenset(("Mn", "Me", "Cf"))


class View:
    """`text` and, worked out when something was found in it, where its characters stand."""

    __slots__ = ("__dict__", "_locate", "text")

    def __init__(self, text: str, locate: Callable[[], Places]) -> None:
        self.text = text
        self._locate = locate

    @worked_out
    def places(self) -> Places:
        """Where each character begins and ends in the answer."""
        return self._locate()

    def find(self, wanted: str) -> Iterator[tuple[int, int]]:
        """Places in the view; the ends are past the last character."""
        at = self.text.find(wanted)
        while at >= 0:
            yield at, at + len(wanted)
            at = self.text.find(wanted, at + 1)

    def span(self, start: int, stop: int) -> tuple[int, int]:
        """The places in the answer."""
        starts, stops = self.places
        return starts[start], stops[stop - 1]

    def widest_gap(self, start: int, stop: int) -> int:
        """Between two characters that are neighbours in the view."""
        starts, stops = self.places
        gaps = zip(stops[start : stop - 1], starts[start + 1 : stop], strict=True)
        return max((b - a for a, b in gaps), default=0)


class Answer:
    """One answer and its views, made when they are asked for. `low` is as long as `original`."""

    __slots__ = ("__dict__", "low", "original", "plain")

    def __init__(self, original: str) -> None:
        self.original = original[:LONGEST]
        self.plain = plain(self.original)
        low = self.plain.lower()
        if len(low) != len(self.plain):
            low = "".join(c.lower() if len(c.lower()) == 1 else c for c in self.plain)
        self.low = low

    @worked_out
    def digits(self) -> int:
        """How many there are: most answers hold too few for most values."""
        return digits_in(self.low)

    @worked_out
    def compact(self) -> View:
        return compacted(self.low)

    @worked_out
    def numbered(self) -> View | None:
        """None where no number word stands in the answer."""
        found = in_digits(self.low)
        if found is None:
            return None
        text, read = found
        return View(text, lambda: places_read(read, len(self.low)))

    @worked_out
    def texts(self) -> tuple[tuple[str, View | None], ...]:
        """Lowered: as it is, and where number words stand in it with those as digits."""
        plainly: tuple[tuple[str, View | None], ...] = ((self.low, None),)
        if self.numbered is None:
            return plainly
        return *plainly, (self.numbered.text, self.numbered)

    @worked_out
    def numbered_compact(self) -> View | None:
        return None if self.numbered is None else compacted(self.numbered.text, self.numbered)

    @worked_out
    def levelled(self) -> tuple[View, ...]:
        """With signs read as letters, and where there are any also without them."""
        signs = any(sign in self.low for sign in _SIGNS)
        bare = View(levelled(self.compact.text), lambda: self.compact.places)
        return (compacted(levelled(self.low)), bare) if signs else (bare,)

    @worked_out
    def decoded(self) -> tuple[tuple[str, str, int, int], ...]:
        """Every run that decodes to readable text: encoding, text, where the run stands."""
        return tuple(_decoded(self.original))

    @worked_out
    def looked(self) -> tuple[Answer, Folded] | None:
        """None where every letter is what it looks like."""
        if self.original.isascii() or not any(map(_may_deceive, set(self.original))):
            return None
        look = folded(self.original.translate(_MORE_LIKE_LATIN))
        return Answer(look.text), look

    @worked_out
    def only_accented(self) -> bool:
        """Whether the letters beyond ASCII are those of a European language as it is written."""
        return all(c.isascii() or _is_accented(c) for c in self.original if _may_deceive(c))

    @worked_out
    def layers(self) -> tuple[tuple[str, Answer, int, int], ...]:
        """What is decoded as an answer of its own, and what is decoded once more in that."""
        first = [(code, Answer(text), start, stop) for code, text, start, stop in self.decoded]
        again = [
            (outer, Answer(text), start, stop)
            for outer, within, start, stop in first
            for _, text, _, _ in within.decoded
        ]
        return *first, *again

    def digits_of_other_scripts(self, start: int, stop: int) -> bool:
        return any(c.isdecimal() and not c.isascii() for c in self.original[start:stop])


def digits_in(text: str) -> int:
    if text.isascii():
        return len(text) - len(text.encode().translate(None, b"0123456789"))
    return sum(map(str.isdecimal, text))


def compacted(text: str, under: View | None = None) -> View:
    """Letters and digits only; `under` is the view whose text this is, none for the answer."""

    def locate() -> Places:
        kept = [i for i, c in enumerate(text) if c.isalnum()]
        if under is None:
            return kept, [i + 1 for i in kept]
        starts, stops = under.places
        return [starts[i] for i in kept], [stops[i] for i in kept]

    return View(_letters_and_digits(text), locate)


def compact_text(text: str) -> str:
    return _letters_and_digits(plain(text).lower())


def _letters_and_digits(text: str) -> str:
    if text.isascii():  # bytes are translated much faster than letters are asked
        return text.encode().translate(None, _NO_LETTERS).decode()
    return "".join(filter(str.isalnum, text))


def levelled(text: str) -> str:
    return text.translate(_LEET)


_LETTERS = "abcdefghijklmnopqrstuvwxyz"
_SHIFTS = tuple(
    str.maketrans(_LETTERS, _LETTERS[by:] + _LETTERS[:by]) for by in range(1, 26) if by != 13
)
_COUNTED_ON = tuple(
    str.maketrans("0123456789", "0123456789"[by:] + "0123456789"[:by]) for by in range(1, 10)
)


def shifted(text: str) -> tuple[str, ...]:
    """Letters moved along the alphabet or mirrored in it; digits counted on."""
    if text.isdigit():
        return tuple(text.translate(table) for table in _COUNTED_ON)
    mirrored = text.translate(str.maketrans(_LETTERS, _LETTERS[::-1]))
    return *(text.translate(table) for table in _SHIFTS), mirrored


def rotated(text: str) -> str:
    return text.translate(_ROT13)


def plain(text: str) -> str:
    """Full-width, circled and styled characters and the digits of any script as plain ones."""
    if text.isascii():
        return text
    return text.translate({ord(c): _plain_character(c) for c in set(text) if c > "\x7f"})


@lru_cache(maxsize=4096)
def _plain_character(character: str) -> str:
    if character.isdecimal():
        return str(unicodedata.decimal(character))
    if character in "‐‑‒–—―−－":
        return "-"
    if character in "‘’ʼ＇":
        return "'"
    if character in "“”«»":
        return '"'
    if unicodedata.category(character) in ("Cf", "Zs"):
        return " "
    folded = unicodedata.normalize("NFKC", character)
    if len(folded) == 1:
        return folded
    digit = unicodedata.digit(character, None)
    return character if digit is None else str(digit)


def _decoded(text: str) -> Iterator[tuple[str, str, int, int]]:
    if not all(map(_is_a_word, _BASE64.findall(text))):
        for found in _BASE64.finditer(text):
            if not _is_a_word(found[0]):
                yield from _readable("base64", _from_base64(found[0]), found)
    yield from _from_hex(text)
    yield from coded(text)
    yield from _escaped(text)
    for found in _BITS.finditer(text):
        bits = re.sub(r"[ ,]", "", found[0])
        whole = bytes(int(bits[i : i + 8], 2) for i in range(0, len(bits), 8))
        yield from _readable("binary", whole, found)


def _escaped(text: str) -> Iterator[tuple[str, str, int, int]]:
    """A sign of each way apart: "q=38%20" is of a link, and no quoted-printable 8."""
    if "%" in text and _PERCENT.search(text):
        for found in _IN_A_LINK.finditer(text):
            if _PERCENT.search(found[0]):
                yield "escaped", unquote_plus(found[0]), found.start(), found.end()
    for signs, pattern in ((("&#", "\\u"), _ESCAPED), (("=3", "=4"), _QUOTED)):
        if not any(sign in text for sign in signs):
            continue
        for found in pattern.finditer(text):
            undone = _CODE_POINT.sub(_character, html.unescape(found[0]))
            if undone != found[0]:
                yield "escaped", undone, found.start(), found.end()


def _may_deceive(character: str) -> bool:
    if character.isascii():
        return False
    known = character.isalpha() or ord(character) in _MORE_LIKE_LATIN
    return known or unicodedata.category(character) in _MARKS


def _is_accented(character: str) -> bool:
    return unicodedata.name(character, "").startswith("LATIN") and ord(character) < 0x250


def _character(found: re.Match[str]) -> str:
    return chr(int(found[1] or found[2], 16))


def _is_a_word(run: str) -> bool:
    """Or a number, of which hardly any answer is without."""
    return run.islower() or run.istitle() or run.isdigit() or (run.isalpha() and run.isupper())


def _from_hex(text: str) -> Iterator[tuple[str, str, int, int]]:
    if text.isascii() and not digits_in(text) and not _HEX_WITHOUT_DIGITS.search(text):
        return
    for found in _HEX.finditer(text):
        try:
            yield from _readable("hex", bytes.fromhex(_HEX_DRESS.sub("", found[0])), found)
        except ValueError:
            continue


def _from_base64(run: str) -> bytes:
    stripped = run.rstrip("=").replace("-", "+").replace("_", "/")
    try:
        return base64.b64decode(stripped + "=" * (-len(stripped) % 4))
    except (binascii.Error, ValueError):
        return b""


def _readable(
    encoding: str, found: bytes, place: re.Match[str]
) -> Iterator[tuple[str, str, int, int]]:
    try:
        text = found.decode("utf-8")
    except UnicodeDecodeError:
        return
    if len(text) > 2 and all(c.isprintable() or c in "\r\n\t" for c in text):
        yield encoding, text, place.start(), place.end()
