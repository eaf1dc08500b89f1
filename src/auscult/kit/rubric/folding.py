"""A text as its letters look, with the place that each of them has in the text itself.

Orders to a judge may be written with letters of another script, with accents, or with signs between
them that nobody sees. They are looked for in the folded text and cut from the text as it stands.
"""

from __future__ import annotations

import unicodedata

import msgspec

_LIKE_LATIN = str.maketrans(
    "асеіјорѕԛԝхуһԁӏАВЕНІЈКМОРЅТХУαειοκνρτυχΑΒΕΗΙΚΜΝΟΡΤΥΧΖ",
    "aceijopsqwxyhdlABEHIJKMOPSTXYaeioknptuxABEHIKMNOPTYXZ",
)
"""Cyrillic and Greek letters that pass for Latin ones."""
_UNSEEN = frozenset({"Cf", "Mn", "Me", "Cc"})
"""Kinds of signs that add nothing to be seen, or only a mark on a letter."""
_KEPT = frozenset("\n\t\r")
_TAGS = range(0xE0020, 0xE007F)
"""Unseen twins of the ASCII signs, which a model may read."""


class Folded(msgspec.Struct, frozen=True):
    text: str
    places: tuple[int, ...] | None = None
    """Of each sign in the text that was folded; none where nothing changed."""

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Of the text that was folded."""
        if self.places is None or start >= end:
            return start, end
        return self.places[start], self.places[end - 1] + 1


def folded(text: str) -> Folded:
    if text.isascii():
        return Folded(text)
    signs: list[str] = []
    places: list[int] = []
    for place, sign in enumerate(text):
        if ord(sign) in _TAGS:
            sign = chr(ord(sign) - 0xE0000)
        for part in unicodedata.normalize("NFKD", sign):
            if part in _KEPT or unicodedata.category(part) not in _UNSEEN:
                signs.append(part)
                places.append(place)
    return Folded("".join(signs).translate(_LIKE_LATIN), tuple(places))
