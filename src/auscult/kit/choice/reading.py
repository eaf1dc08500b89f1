"""Reads an answer to a multiple-choice question as a person would, and never guesses.

An answer is read in falling order of commitment: a form or a "final answer", a statement ("the
answer is B", a letter that leads or stands alone), a deduction ("so B", "suggests pneumonia"), a
silence (does not know, will not say), probabilities, elimination, and last the only option named.
At each level several options mean that none was chosen, unless the later one takes the earlier
back. Our own rules; `docs/judges/choice.md` shows their measured error.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from auscult.kit.choice.formal import read_text
from auscult.kit.choice.options import Choices
from auscult.kit.choice.outcome import Reading, invalid
from auscult.kit.choice.text import Text, capped

LETTERS = "ABCDEFGHIJ"
_BARE = re.compile(r"[\s*_`\"'(\[{<#>.:-]{0,8}([A-Za-z])[\s*_`\"')\]}.:,;!-]{0,8}")
_LETTER_AND_TEXT = re.compile(r"\s{0,4}\(?([A-Za-z])[).:]{1,2} {1,4}([^\n]{1,240}?)[\s.]{0,4}")

__all__ = ["LETTERS", "Reading", "read_choice"]


def read_choice(text: str, options: Sequence[str], *, letters: Sequence[str] = LETTERS) -> Reading:
    """What `text` chooses among `options`, which were shown in this order under `letters`."""
    if len(options) > len(letters):
        raise ValueError(f"{len(options)} options need as many letters, not {len(letters)}")
    text = text.strip()
    if len(text) < 280:
        quick = _quickly(text, options, letters)
        if quick is not None:
            return quick
    if not text:
        return invalid("empty")
    return read_text(Text(capped(text)), _choices(tuple(options), tuple(letters)))


def _quickly(text: str, options: Sequence[str], letters: Sequence[str]) -> Reading | None:
    """A bare letter, or a letter with its own text: most answers, at little cost."""
    found = _BARE.fullmatch(text)
    said = ""
    if found is None:
        found = _LETTER_AND_TEXT.fullmatch(text)
        if found is None:
            return None
        said = found[2]
    place = _place(found[1], letters, len(options))
    if place is None:
        return None
    if said:
        if said.strip(" .").lower() != options[place].strip(" .").lower():
            return None
    elif any(len(option) < 3 for option in options):
        return None
    return Reading("answered", place, "letter", text)


def _place(letter: str, letters: Sequence[str], count: int) -> int | None:
    for place in range(count):
        if letters[place] == letter:
            return place
    upper = letter.upper()
    return next((i for i in range(count) if letters[i].upper() == upper), None)


@lru_cache(maxsize=256)
def _choices(options: tuple[str, ...], letters: tuple[str, ...]) -> Choices:
    return Choices(options, letters)
