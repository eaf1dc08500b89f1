"""Multiple-choice questions: how they are shown, in which order, and how a prompt is read back."""

from __future__ import annotations

import re
import string
from collections.abc import Sequence
from functools import lru_cache
from random import Random  # noqa: TID251 -- the type; the draws are the bench's

LETTERS = string.ascii_uppercase

# The stem comes first and the instruction last, so that every order of the options shares the
# longest possible prefix and an endpoint's cache is of use.
_INSTRUCTION = (
    "Reply with the letter of the single best option and nothing else. "
    'If you do not know the answer, you may reply "I don\'t know" instead.'
)
_SET_INSTRUCTION = (
    "Reply with the letters of all such options and nothing else. "
    'If you do not know the answer, you may reply "I don\'t know" instead.'
)
_WITHHELD = (
    "Below are the answer options of a medical examination question. "
    "The question itself has been withheld."
)
# A guess is asked for and no way out offered: a baseline that may pass would look weaker than it
# is, and the target would look better.
_GUESS = "Reply with the letter of the option most likely to be the right one, and nothing else."

_BY_PLACE = re.compile(
    r"\b(?:all|any|both|each|either|neither|none|one|two|three|more)"
    r"(?: of)?(?: the)? (?:above|below|preceding|foregoing)\b"
    r"|\bthe (?:above|preceding|foregoing)(?: (?:options|answers|choices|statements))?$",
    re.IGNORECASE,
)
_KIND = r"(?:options?|answers?|choices?|statements?)"
_LETTER = r"\(?[A-H]\)?"
_BY_LETTER = re.compile(
    rf"(?:(?i:both|either|neither|only|all of|{_KIND}) )*"
    rf"{_LETTER}(?:(?:, | ?& ?|,? and | or | nor ){_LETTER})+(?: (?:is|are)\b.*|\.)?"
    rf"|(?:.*\s)?(?i:{_KIND}) {_LETTER}(?:\W.*)?"
)

_PLACES = ("above", "below", "preceding", "foregoing")
_LONE_LETTER = re.compile(r"\b[A-H]\b")


def render(case_text: str, options: Sequence[str], *, letters: str = LETTERS) -> str:
    """The question as the target sees it; `options` in the order shown."""
    return f"{case_text.strip()}\n\n{_listed(options, letters)}\n\n{_INSTRUCTION}"


def render_set(case_text: str, options: Sequence[str], *, letters: str = LETTERS) -> str:
    """The same for a question that asks for all options of a kind."""
    return f"{case_text.strip()}\n\n{_listed(options, letters)}\n\n{_SET_INSTRUCTION}"


def options_only(options: Sequence[str], *, letters: str = LETTERS) -> str:
    """The options without stem and question: what can be guessed from them alone."""
    return f"{_WITHHELD}\n\n{_listed(options, letters)}\n\n{_GUESS}"


def read_options(prompt: str, *, letters: str = LETTERS) -> dict[str, str]:
    """The options of a rendered prompt by letter; empty where the text is none of ours."""
    _, found, block = prompt.rpartition("\n\nOptions:\n")
    shown: dict[str, str] = {}
    for letter, line in zip(letters, block.split("\n") if found else (), strict=False):
        if not line.startswith(f"{letter}. "):
            break
        shown[letter] = line[len(letter) + 2 :]
    return shown


def permutation(rng: Random, n: int) -> tuple[int, ...]:
    """`order[position]` is the index, in the author's order, of the option shown there."""
    order = list(range(n))
    rng.shuffle(order)
    return tuple(order)


def balanced_orders(rng: Random, n: int, repeats: int) -> tuple[tuple[int, ...], ...]:
    """One order per repeat: cyclic shifts of a random order, so that within a run of `n` repeats
    no option stands twice in the same place, and each place is equally likely for each."""
    orders: list[tuple[int, ...]] = []
    while n and len(orders) < repeats:
        base = permutation(rng, n)
        if repeats - len(orders) == 1:
            orders.append(base)  # alone, a random order needs no shift
            break
        orders += (base[shift:] + base[:shift] for shift in permutation(rng, n))
    return tuple(orders[:repeats]) if n else ((),) * repeats


def order_matters(options: Sequence[str]) -> bool:
    """True where an option speaks of others by place or letter ("none of the above", "both A and
    C"): such options are shown in the author's order or they make no sense."""
    # Nearly no option does; three quick looks at all of them spare two slow ones at each.
    said = "\n".join(options)
    low = said.lower()
    if not any(word in low for word in _PLACES) and not _LONE_LETTER.search(said):
        return False
    spoken = (text.strip() for text in options)
    return any(_BY_PLACE.search(text) or _BY_LETTER.fullmatch(text) for text in spoken)


@lru_cache(maxsize=64)
def longest_score(options: tuple[str, ...], key: int | None) -> float:
    """What always naming the longest option scores here; a tie is drawn by lot."""
    lengths = [len(" ".join(text.split())) for text in options]
    longest = max(lengths, default=0)
    tied = [i for i, length in enumerate(lengths) if length == longest]
    return (key in tied) / len(tied)


def _listed(options: Sequence[str], letters: str) -> str:
    if len(options) > len(letters):
        raise ValueError(f"{len(options)} options need as many letters, not {len(letters)}")
    # One line each, whatever was in the file, so that a prompt can be read back.
    lines = (f"{a}. {' '.join(b.split())}" for a, b in zip(letters, options, strict=False))
    return "Options:\n" + "\n".join(lines)
