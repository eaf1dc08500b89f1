"""Long patterns of phrases made fast: an alternative is tried only where it can be found at all.

`"\\bbut i (?:can't|cannot)\\b"` cannot match a text that holds no "but", nor one that holds neither
"can't" nor "cannot". Such letters, which a match cannot do without, are worked out once from the
pattern itself; a text's words tell at one glance which of them it holds. Whatever is left is
searched by `re`, so that the matches are those of `re.compile`, and only the time differs. A
construct that is not understood here asks for nothing and is always tried.
"""

from __future__ import annotations

import operator
import re
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import lru_cache
from typing import Any

from auscult.kit.patterns import needs
from auscult.kit.patterns.needs import EDGE, alternatives, cut_up, hastened, necessary

LONGEST_WORD, MOST_WORDS = 40, 10_000
"""Words that are remembered, and how many."""
TEXTS, MOST_LIVE = 128, 128
"""Texts whose letters are remembered, and findings of which alternatives are worth a try."""

_BEGIN = operator.methodcaller("start")
_AT_EDGE = re.compile(r"\b")


class Sieve:
    """The letters that one family of patterns looks for, and which of them a text holds."""

    def __init__(self) -> None:
        self._bit_of: dict[str, int] = {}
        self._longest = 0
        self._tree: dict[str, Any] = {}
        self._words: dict[str, int] = {}
        self.held = lru_cache(maxsize=TEXTS)(self._held)
        """Which letters stand in a text, as bits. The lowest stands for no letters at all."""

    def compile(self, pattern: str, *, named: bool = False) -> Sieved:
        """`named` says that the groups are read by name: cut up, they have other numbers."""
        return Sieved(self, pattern, named=named)

    def bits(self, clause: Iterable[str]) -> int:
        """Of letters of which one must be there."""
        found = 0
        for letters in clause:
            if letters not in self._bit_of:
                bit = 2 << len(self._bit_of)
                self._bit_of[letters] = bit
                node = self._tree
                for letter in letters:
                    node = node.setdefault(letter, {})
                node[""] = bit
                self._longest = max(self._longest, len(letters))
                self._words.clear()
                self.held.cache_clear()
            found |= self._bit_of[letters]
        return found

    def _held(self, text: str) -> int:
        found, known = 1, self._words
        for word in text.split():
            bits = known.get(word)
            found |= self._learnt(word) if bits is None else bits
        return found

    def _learnt(self, word: str) -> int:
        bits, marked = 0, _AT_EDGE.sub(EDGE, word)
        for at in range(len(marked)):
            node: Any = self._tree
            for letter in marked[at : at + self._longest]:
                node = node.get(letter)
                if node is None:
                    break
                bits |= node.get("", 0)
        if len(word) <= LONGEST_WORD:
            if len(self._words) >= MOST_WORDS:
                self._words.clear()
            self._words[word] = bits
        return bits


Find = Callable[[str, int, int], re.Match[str] | None]


class _Alternative:
    """`first`, `second` and `third` are bits of which a text must hold one each."""

    __slots__ = ("first", "match", "search", "second", "source", "third")

    def __init__(self, sieve: Sieve, source: str) -> None:
        self.source = source
        bits = [*map(sieve.bits, necessary(source)), 1, 1, 1]
        self.first, self.second, self.third = bits[:3]

    def ready(self) -> _Alternative:
        """Compiled when it is first worth a try."""
        if not hasattr(self, "match"):
            pattern = re.compile(hastened(self.source))
            self.match: Find = pattern.match
            match = pattern.match
            # `re` tries a "^" at every place.
            opens = self.source.startswith("^") and len(alternatives(self.source)) == 1
            self.search: Find = (
                (lambda text, start, end: None if start else match(text, 0, end))
                if opens
                else pattern.search
            )
        return self


class Sieved:
    """As `re.Pattern`, for what is asked of it here."""

    __slots__ = ("_alternatives", "_live_by_held", "_looked_for", "_named", "_sieve", "pattern")

    def __init__(self, sieve: Sieve, source: str, *, named: bool) -> None:
        self.pattern = source
        self._sieve, self._named = sieve, named
        self._alternatives: tuple[_Alternative, ...] = ()
        self._looked_for = 0
        self._live_by_held: dict[int, tuple[_Alternative, ...]] = {}

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        live = self._live(text, start, end)
        if not live:
            return None
        if len(live) == 1:
            return live[0].search(text, start, end)
        return _leftmost([one.search(text, start, end) for one in live])

    def match(self, text: str) -> re.Match[str] | None:
        found = (one.match(text, 0, sys.maxsize) for one in self._live(text, 0, sys.maxsize))
        return next((match for match in found if match is not None), None)

    def stands_in(self, text: str) -> bool:
        return any(one.search(text, 0, sys.maxsize) for one in self._live(text, 0, sys.maxsize))

    def finditer(
        self, text: str, start: int = 0, end: int = sys.maxsize
    ) -> Iterator[re.Match[str]]:
        live = self._live(text, start, end)
        return _in_turn(live, text, start, end) if live else iter(())

    def sub(self, put: Callable[[re.Match[str]], str], text: str) -> str:
        pieces: list[str] = []
        at = 0
        for found in self.finditer(text):
            pieces += text[at : found.start()], put(found)
            at = found.end()
        return "".join((*pieces, text[at:])) if pieces else text

    def _live(self, text: str, start: int, end: int) -> tuple[_Alternative, ...]:
        """The alternatives that can be found, in their order."""
        part = text if not start and end >= len(text) else text[start:end]
        live = self._live_by_held.get(self._sieve.held(part) & self._looked_for)
        return self._worked_out(part) if live is None else live

    def _worked_out(self, part: str) -> tuple[_Alternative, ...]:
        if not self._alternatives:
            self._take_apart()
        held = self._sieve.held(part) & self._looked_for
        if len(self._live_by_held) >= MOST_LIVE:
            self._live_by_held.clear()
        self._live_by_held[held] = live = tuple(
            one.ready()
            for one in self._alternatives
            if held & one.first and held & one.second and held & one.third
        )
        return live

    def _take_apart(self) -> None:
        """When a text is first looked at: most runs need the patterns of few judges."""
        source = self.pattern
        if needs.parser is None:
            self._keep([source])
            return
        parsed = needs.parser.parse(source)
        if parsed.state.flags != re.UNICODE:
            raise ValueError(f"a sieved pattern takes no flags: {source}")
        if not parsed.getwidth()[0]:
            raise ValueError(f"a sieved pattern matches some letters: {source}")
        # Cut up, groups would get other numbers.
        self._keep(cut_up(source) if self._named or parsed.state.groups == 1 else [source])

    def _keep(self, cut: list[str]) -> None:
        self._alternatives = tuple(_Alternative(self._sieve, one) for one in cut)
        for one in self._alternatives:
            self._looked_for |= one.first | one.second | one.third


def _leftmost(found: list[re.Match[str] | None]) -> re.Match[str] | None:
    """Of those that begin in one place the earliest alternative's, as `re` prefers it."""
    if len(found) < 2:
        return found[0] if found else None
    return min((m for m in found if m is not None), key=_BEGIN, default=None)


def _in_turn(
    live: Sequence[_Alternative], text: str, start: int, end: int
) -> Iterator[re.Match[str]]:
    """One match after the other, each looked for behind the one before."""
    found = [one.search(text, start, end) for one in live]
    while (best := _leftmost(found)) is not None:
        yield best
        for i, match in enumerate(found):
            if match is not None and match.start() < best.end():
                found[i] = live[i].search(text, best.end(), end)
