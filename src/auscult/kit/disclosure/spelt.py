"""Words spelled out letter by letter: "H-E-X", "H as in hotel", "Hotel Echo X-ray"."""

from __future__ import annotations

import re
from functools import lru_cache

_ALPHABET = (
    "alpha alfa bravo charlie delta echo foxtrot golf hotel india juliet juliett kilo lima mike "
    "november oscar papa quebec romeo sierra tango uniform victor whiskey whisky x-ray xray yankee "
    "zulu"
)
"""Of radio: each stands for its first letter."""
_RADIO = frozenset(_ALPHABET.split())
_WORD = re.compile(r"[^\W\d_]+(?:-ray)?")
_AS_IN = (
    r"(?: ?[(,]? ?(?:as in|for|like|wie|comme|come|como|de|di)(?: in| der| die)?) "
    r"[^\W\d_]+(?:-ray)?\)?"
)
_LETTER = re.compile(
    rf"(?<![^\W_])(?P<radio>{'|'.join(sorted(_RADIO, key=len, reverse=True))})(?![^\W_])"
    r"|(?<![^\W_])(?:(?:capital|upper ?case|lower ?case|big|small|letter) )?"
    r"(?P<twice>double |dos )?"
    rf"(?P<letter>[^\W\d_])(?![^\W_])(?:{_AS_IN})?"
)
_LETTERS = re.compile(
    r"(?<![^\W_])[^\W\d_][ ,.;:/|–-]{1,3}[^\W\d_][ ,.;:/|–-]{1,3}[^\W\d_](?![^\W_])"
)
_EXPLAINED = re.compile(rf"(?<![^\W_])[^\W\d_]{_AS_IN}")
_FEWEST = 3
_WIDEST_GAP = 9
"""Characters between two letters of a word: a mark and "then" or "and"."""

Spelt = tuple[str, int, int]


@lru_cache(maxsize=32)
def spelt_words(low: str) -> tuple[Spelt, ...]:
    """In lowered text: letters that follow one another, as one word each run."""
    if not _may_spell(low):
        return ()
    words: list[Spelt] = []
    run, start, stop = "", 0, 0
    for found in _LETTER.finditer(low):
        letter = (found["letter"] or found["radio"][0]) * (2 if found["twice"] else 1)
        between = low[stop : found.start()]
        if run and (len(between) > _WIDEST_GAP or not _joins(between)):
            words.append((run, start, stop))
            run = ""
        if not run:
            start = found.start()
        run, stop = run + letter, found.end()
    words.append((run, start, stop))
    return tuple(word for word in words if len(word[0]) >= _FEWEST)


def _joins(between: str) -> bool:
    return all(word in ("then", "and", "dann", "und", "y", "et") for word in _WORD.findall(between))


def _may_spell(low: str) -> bool:
    if _LETTERS.search(low) or _EXPLAINED.search(low):
        return True
    if not any(word in low for word in ("echo", "india", "alpha", "alfa", "oscar", "sierra")):
        return False
    return len(_RADIO.intersection(_WORD.findall(low))) >= _FEWEST
