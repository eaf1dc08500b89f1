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
from functools import lru_cache, reduce
from operator import or_
from typing import Any

from auscult.kit.patterns import needs
from auscult.kit.patterns.needs import (
    EDGE,
    alternatives,
    branches,
    hastened,
    necessary,
)

LONGEST_WORD, MOST_WORDS = 40, 10_000
"""Words that are remembered, and how many."""
TEXTS, MOST_LIVE = 128, 512
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


class _Needs:
    """Bits of which a text must hold one each, or a pattern cannot be found in it."""

    __slots__ = ("first", "second", "third")

    def __init__(self, sieve: Sieve, clauses: Iterable[Iterable[str]]) -> None:
        bits = [*map(sieve.bits, clauses), 1, 1, 1]
        self.first, self.second, self.third = bits[:3]


class _Branch(_Needs):
    """One way to begin an alternative, compiled when it is first worth a try."""

    __slots__ = ("finditer", "match", "opens", "search", "source")

    def __init__(self, sieve: Sieve, source: str, clauses: Iterable[Iterable[str]]) -> None:
        super().__init__(sieve, clauses)
        self.source = source
        self.opens = source.startswith("^") and len(alternatives(source)) == 1
        """It stands at the start of a text or nowhere."""

    def ready(self) -> _Branch:
        if not hasattr(self, "match"):
            pattern = re.compile(hastened(self.source))
            self.match: Find = pattern.match
            self.search: Find = pattern.search
            self.finditer = pattern.finditer
            if self.opens:  # `re` tries a "^" at every place
                match = pattern.match
                self.search = lambda text, start, end: None if start else match(text, 0, end)
        return self


class _Alternative(_Needs):
    __slots__ = ("any", "branches")

    def __init__(self, sieve: Sieve, source: str, *, whole: bool) -> None:
        super().__init__(sieve, necessary(source))
        cut = [(source, [])] if whole else branches(source)
        self.branches = [_Branch(sieve, one, clauses) for one, clauses in cut]
        self.any = self.first
        if self.any == 1:  # what it begins with may be rarer than what is in it
            self.any = reduce(or_, (branch.first for branch in self.branches))


class Sieved:
    """As `re.Pattern`, for what is asked of it here."""

    __slots__ = (
        "_alternatives",
        "_any",
        "_held",
        "_live_by_held",
        "_looked_for",
        "_named",
        "pattern",
        "sieve",
    )

    def __init__(self, sieve: Sieve, source: str, *, named: bool) -> None:
        self.pattern = source
        self.sieve, self._held, self._named = sieve, sieve.held, named
        self._alternatives: tuple[_Alternative, ...] = ()
        self._any = -1
        """Bits of which each alternative needs one; until they are known all."""
        self._looked_for = 0
        self._live_by_held: dict[int, Sequence[_Branch]] = {}

    # A text that holds nothing of what a pattern looks for ends nearly every search, so each of
    # these asks that first and by itself. What stands behind `start` is part of the text, whose
    # letters are known already; `end` may cut a word in two.

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        part = text if end >= len(text) else text[start:end]
        held = self._held(part)
        if not held & self._any:
            return None
        live = self._live(held, part)
        if len(live) == 1:
            return live[0].search(text, start, end)
        return _leftmost([one.search(text, start, end) for one in live])

    def match(self, text: str) -> re.Match[str] | None:
        held = self._held(text)
        if not held & self._any:
            return None
        found = (one.match(text, 0, sys.maxsize) for one in self._live(held, text))
        return next((match for match in found if match is not None), None)

    def stands_in(self, text: str) -> bool:
        held = self._held(text)
        if not held & self._any:
            return False
        return any(one.search(text, 0, sys.maxsize) for one in self._live(held, text))

    def finditer(
        self, text: str, start: int = 0, end: int = sys.maxsize
    ) -> Iterator[re.Match[str]]:
        part = text if end >= len(text) else text[start:end]
        held = self._held(part)
        if not held & self._any:
            return iter(())
        live = self._live(held, part)
        if len(live) == 1 and not live[0].opens:
            return live[0].finditer(text, start, end)
        found = [one.search(text, start, end) for one in live]
        return _in_turn(live, found, text, end) if any(found) else iter(())

    def sub(self, put: Callable[[re.Match[str]], str], text: str) -> str:
        pieces: list[str] = []
        at = 0
        for found in self.finditer(text):
            pieces += text[at : found.start()], put(found)
            at = found.end()
        return "".join((*pieces, text[at:])) if pieces else text

    def bits(self) -> int:
        """Of which a text must hold one."""
        if not self._alternatives:
            self._take_apart()
        return self._any

    def _live(self, held: int, part: str) -> Sequence[_Branch]:
        """What can be found, in its order."""
        live = self._live_by_held.get(held & self._looked_for)
        return self._worked_out(part) if live is None else live

    def _worked_out(self, part: str) -> Sequence[_Branch]:
        if not self._alternatives:
            self._take_apart()
        held = self._held(part)  # again: what is looked for may have become more
        if len(self._live_by_held) >= MOST_LIVE:
            self._live_by_held.clear()
        self._live_by_held[held & self._looked_for] = live = [
            branch.ready()
            for one in self._alternatives
            if held & one.first and held & one.second and held & one.third
            for branch in one.branches
            if held & branch.first and held & branch.second and held & branch.third
        ]
        return live

    def _take_apart(self) -> None:
        """When a text is first looked at: most runs need the patterns of few judges."""
        source = self.pattern
        if needs.parser is None:
            self._keep([source], whole=True)
            return
        parsed = needs.parser.parse(source)
        if parsed.state.flags != re.UNICODE:
            raise ValueError(f"a sieved pattern takes no flags: {source}")
        if not parsed.getwidth()[0]:
            raise ValueError(f"a sieved pattern matches some letters: {source}")
        # Cut up, groups would get other numbers.
        whole = not self._named and parsed.state.groups > 1
        self._keep([source] if whole else alternatives(source), whole=whole)

    def _keep(self, cut: list[str], *, whole: bool) -> None:
        self._alternatives = tuple(_Alternative(self.sieve, one, whole=whole) for one in cut)
        self._any = 0
        for one in self._alternatives:
            self._any |= one.any
            for wanted in (one, *one.branches):
                self._looked_for |= wanted.first | wanted.second | wanted.third


class AnyOf:
    """Several patterns of one sieve, of which hardly ever one is found."""

    __slots__ = ("_any", "_held", "_patterns")

    def __init__(self, *patterns: Sieved) -> None:
        sieve = patterns[0].sieve
        if any(pattern.sieve is not sieve for pattern in patterns):
            raise ValueError("patterns that are looked for together must be of one sieve")
        self._held, self._patterns = sieve.held, patterns
        self._any = 0

    def may_stand_in(self, text: str) -> bool:
        """False where none of them can: one look instead of one for each."""
        if not self._any:
            for pattern in self._patterns:
                self._any |= pattern.bits()
        return self._held(text) & self._any != 0


def _leftmost(found: list[re.Match[str] | None]) -> re.Match[str] | None:
    """Of those that begin in one place the earliest alternative's, as `re` prefers it."""
    if len(found) < 2:
        return found[0] if found else None
    return min((m for m in found if m is not None), key=_BEGIN, default=None)


def _in_turn(
    live: Sequence[_Branch], found: list[re.Match[str] | None], text: str, end: int
) -> Iterator[re.Match[str]]:
    """One match after the other, each looked for behind the one before. `found` has the first
    of each."""
    while (best := _leftmost(found)) is not None:
        yield best
        for i, match in enumerate(found):
            if match is not None and match.start() < best.end():
                found[i] = live[i].search(text, best.end(), end)
