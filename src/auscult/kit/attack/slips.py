"""Ordinary words of a question and the slips that may befall them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Field, Span

SHARE = 0.25
"""Of the ordinary words that are touched."""
ORDINARY = frozenset(
    re.findall(
        r"\w+",
        """
    about afternoon again along already another appears appropriate arrived arrives attends
    because been brought called child clinic comes complaining complains describes during
    evening every family feels first following found friend given going hospital just keeps
    known later likely lives looks management morning night noticed office often other
    otherwise parents patient people presents question recently regular regularly remembers
    reports returns says school seems seen several since sometimes started their there these
    they think this today together tonight usually visit wants weekend works worried
    yesterday
    """,
    )
)
"""Words whose slip nobody can take for another finding."""
HEARD = {
    "and": "end", "there": "their", "their": "there", "which": "witch", "whole": "hole",
    "been": "bean", "since": "sense", "would": "wood", "through": "threw", "seen": "scene",
    "with": "width", "some": "sum", "comes": "combs", "when": "wenn", "also": "all so",
    "because": "be cause", "however": "how ever", "otherwise": "other wise", "who": "hoo",
}  # fmt: skip
"""Words that carry no finding, and what software may write for them."""
_OTHER_WORDS = frozenset(
    ("three", "sad", "very", "fiend", "bought", "chid", "fist", "paint", "latter")
)
"""Slips of ordinary words that are words themselves."""
_WORD = re.compile(r"(?<![\w{-])[A-Za-z]+(?![\w}-])")
_NEIGHBOURS = dict(
    zip(
        "abcdefghijklmnopqrstuvwxyz",
        ["s", "v", "x", "f", "r", "g", "h", "j", "o", "k", "l", "k", "n", "m", "p", "o", "w", "t",
         "d", "y", "i", "b", "e", "c", "t", "x"],
        strict=True,
    )
)  # fmt: skip


class Word(msgspec.Struct, frozen=True, order=True):
    """Compared by place: the stem comes before the question."""

    place: int
    start: int
    end: int
    text: str
    heard: str = ""

    def span(self, text: str) -> Span:
        field: Field = "question" if self.place else "stem"
        return Span(field, self.start, self.end, text)


def plain_words(case: Case) -> list[Word]:
    return [word for word in _words(case) if len(word.text) > 3 and word.text in ORDINARY]


def heard_words(case: Case) -> list[Word]:
    return [
        msgspec.structs.replace(word, heard=HEARD[word.text])
        for word in _words(case)
        if word.text in HEARD
    ]


def _words(case: Case) -> Iterator[Word]:
    for place, text in enumerate((case.stem, case.question)):
        for found in _WORD.finditer(text):
            yield Word(place, found.start(), found.end(), found[0])


@lru_cache(maxsize=256)
def slips_of(word: str) -> tuple[str, ...]:
    """Every single slip, not at the first letter or the last: a reader knows a word by its ends."""
    found = []
    for at in range(1, len(word) - 1):
        found += [
            word[:at] + word[at + 1 :],
            word[:at] + word[at] + word[at:],
            word[:at] + _NEIGHBOURS[word[at]] + word[at + 1 :],
        ]
        if at + 2 < len(word):
            found.append(word[:at] + word[at + 1] + word[at] + word[at + 2 :])
    return tuple(slip for slip in dict.fromkeys(found) if slip not in {word, *_OTHER_WORDS})


def is_slip(word: str, written: str) -> bool:
    """Of a keyboard or of dictation, in a word that cannot mislead."""
    return HEARD.get(word) == written or (word in ORDINARY and written in slips_of(word))


def touched(words: Sequence[Word], first: int) -> list[Word]:
    """The share of them that begins with the one numbered `first` and goes on in a circle, so that
    each first word gives another set."""
    count = max(1, round(SHARE * len(words)))
    return [words[(first + step) % len(words)] for step in range(count)]
