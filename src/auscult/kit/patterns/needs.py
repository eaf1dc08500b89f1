"""What a pattern says of itself: its alternatives, and letters that every match of it holds.

Worked out from the pattern as `re` itself parses it. A construct that is not understood here asks
for nothing. An edge of a word counts where the pattern or a space says that there is one, so that
the "no" of "know" is told from the word.
"""

from __future__ import annotations

import importlib
import re
from collections.abc import Iterable, Iterator
from itertools import pairwise, product
from typing import Any

try:
    parser: Any = importlib.import_module("re._parser")
except ImportError:  # it is Python's own affair: without it patterns are searched whole
    parser = None
"""The parser of `re` itself: another one might read a pattern otherwise."""

EDGE = "\0"
"""Stands for `\\b`."""
MOST_WORDINGS = 64
"""Spellings of a stretch that are told apart: "(?:can't|cannot) (?:see|tell)" has four."""
MOST_STARTS = 64
RARE = 0.92
"""Letters that a greater share of texts is thought to hold are not worth a look."""

_USUAL_WORDS = (
    "the and not you that with for are is to can can't have this will it be i a in of or on as an "
    "was were has had do does no but if any your he they we what how which all more just only like "
    "should would could may must than too so there here get make use help most also other such"
)
_USUAL = frozenset(_USUAL_WORDS.split())
_SHARE_OF_TEXTS = (1.0, 1.0, 0.6, 0.2, 0.06, 0.03, 0.02, 0.015, 0.01)
"""Of texts that hold some letters, by how many letters: a rough guess serves to choose."""
_GROUP = re.compile(r"\((?:\?:|\?P<\w+>|(?!\?))")
_FIRST_WORDS = re.compile(
    r"(?P<edge>\\b)?"
    r"(?P<words>[^\W_](?:[^\W_]|[' -])*(?![?*+{]))(?P<end>\\b)?"
)
_WITHIN = re.compile(r"(?<=\w)(?=\W)|(?<=\W)(?=\w)")
_SPACE = re.compile(r"\s+")

Wordings = frozenset[str]
NOTHING: Wordings = frozenset([""])
SPACE: Wordings = frozenset([" "])


def alternatives(source: str) -> list[str]:
    """Cut at each "|" that stands in no group and no class."""
    cuts = [at for at, depth in _signs(source) if source[at] == "|" and not depth]
    return [source[a + 1 : b] for a, b in pairwise([-1, *cuts, len(source)])]


def branches(one: str, needs: tuple[Wordings, ...] = ()) -> list[tuple[str, list[Wordings]]]:
    """Of a pattern that begins with a choice, a pattern for each: "(?:^|[.!])no" is "^no" and
    "[.!]no". The first of them that matches in a place matches as the whole would. Beside each
    stands what its own beginning needs, which `necessary` would find for all of them only."""
    edge, rest = (r"\b", one[2:]) if one.startswith(r"\b") else ("", one)
    group = _GROUP.match(rest)
    if group is None:
        return [(one, _rarest((*needs, *_first_words(one))))]
    end = _end_of_group(rest)
    starts = alternatives(rest[group.end() : end])
    if rest[end + 1 : end + 2] in tuple("?*+{") or len(starts) > MOST_STARTS:
        return [(one, _rarest(needs))]
    opened, closed = ("", "") if group[0] == "(?:" else (group[0], ")")
    if opened and len(starts) == 1:
        return [(one, _rarest((*needs, *_first_words(edge + starts[0]))))]
    found = []
    for start in starts:
        also = necessary(edge + start) if len(starts) > 1 else ()
        branch = edge + opened + start + closed + rest[end + 1 :]
        found += branches(branch, (*needs, *also))
    return found


def _first_words(branch: str) -> list[Wordings]:
    """The words that a pattern begins with, all of which are needed; none where it begins
    otherwise."""
    found = _FIRST_WORDS.match(branch)
    if found is None:
        return []
    wording = EDGE * bool(found["edge"]) + found["words"] + EDGE * bool(found["end"])
    return [frozenset([part]) for part in _parts(wording)]


def _rarest(clauses: Iterable[Wordings]) -> list[Wordings]:
    """The three of them that the fewest texts are likely to hold, each letter set once."""
    rated = sorted((_share_of_any(clause), sorted(clause)) for clause in map(_lookable, clauses))
    found = {tuple(x.strip(EDGE) for x in c): frozenset(c) for share, c in rated if share <= RARE}
    return list(found.values())[:3]


def _end_of_group(source: str) -> int:
    """Of the group that the source begins with."""
    return next(at for at, depth in _signs(source) if source[at] == ")" and depth == 1)


def _signs(source: str) -> Iterator[tuple[int, int]]:
    """Each sign that is neither escaped nor in a class, and how many groups it stands in."""
    depth = at = 0
    while at < len(source):
        yield at, depth
        depth += (source[at] == "(") - (source[at] == ")")
        at = _end_of_class(source, at) if source[at] == "[" else at + (source[at] == "\\")
        at += 1


def _end_of_class(source: str, at: int) -> int:
    at += 2 if source.startswith("[^", at) else 1
    at += source[at] == "]"
    while source[at] != "]":
        at += 2 if source[at] == "\\" else 1
    return at


def hastened(source: str) -> str:
    """The same pattern, with a `\\b` at its start put behind the first letter, "(?:f(?<=\\bf)oo|"
    for "\\b(?:foo|". `re` goes straight to an "f", but tries a `\\b` at every place."""
    if not source.startswith(r"\b"):
        return source
    rest = source[2:]
    group = _GROUP.match(rest)
    opened, branches, tail = "", [rest], ""
    if group is not None:
        opened, end = group[0], _end_of_group(rest)
        branches, tail = alternatives(rest[len(opened) : end]), rest[end:]
    plain = all(b[:1].isalnum() and b[1:2] not in tuple("?*+{") for b in branches)
    if not plain or tail[1:2] in tuple("?*+{"):
        return source
    return opened + "|".join(rf"{b[0]}(?<=\b{b[0]}){b[1:]}" for b in branches) + tail


def necessary(source: str) -> list[Wordings]:
    """Sets of letters within a word: every match holds at least one of each set. The three that
    the fewest texts are likely to hold."""
    return [] if parser is None else _rarest(_clauses(parser.parse(source)))


def _lookable(clause: Wordings) -> Wordings:
    """Of each wording the part within a word that is the rarest."""
    return frozenset(min(_parts(wording), key=_share) for wording in clause)


def _parts(wording: str) -> list[str]:
    """What stands between white space, with an edge where the pattern or a space says that there
    is one, and within."""
    found = []
    words = _SPACE.split(wording)
    for i, word in enumerate(words):
        bare = word.replace(EDGE, "")
        begins = bare[:1].isalnum() and (i > 0 or word.startswith(EDGE))
        ends = bare[-1:].isalnum() and (i < len(words) - 1 or word.endswith(EDGE))
        found.append(EDGE * begins + _WITHIN.sub(EDGE, bare) + EDGE * ends)
    return found


def _share(letters: str) -> float:
    bare = letters.strip(EDGE)
    if not bare.isascii():
        return 0.02
    if not bare.isalnum():
        return 0.5 if len(bare) == 1 else 0.06 if bare else 1.0
    edges = len(letters) - len(bare)
    if edges == 2 and bare in _USUAL:
        return 0.5
    return _SHARE_OF_TEXTS[min(len(bare), 8)] / (1, 3, 8)[edges]


def _share_of_any(clause: Wordings) -> float:
    without = 1.0
    for letters in clause:
        without *= 1.0 - _share(letters)
    return 1.0 - without


def _clauses(items: Iterable[Any]) -> list[Wordings]:
    """Stretches that every match holds: each in one of its wordings."""
    found: list[Wordings] = []
    stretch: Wordings = NOTHING
    for item in items:
        said = _wordings([item])
        longer = None if said is None else _joined(stretch, said)
        if said == SPACE:  # between words, each of which must be there
            found.append(frozenset(wording + " " for wording in stretch))
            stretch = SPACE
            continue
        if longer is not None:
            stretch = longer
            continue
        found.append(stretch)
        found += _within(item)
        stretch = NOTHING if said is None else said
    return [*found, stretch]


def _within(item: Any) -> list[Wordings]:
    """Of a part that cannot be spelt out."""
    kind, value = str(item[0]), item[1]
    if kind == "SUBPATTERN" and not value[1] and not value[2]:
        return _clauses(value[3])
    if kind in ("MAX_REPEAT", "MIN_REPEAT") and value[0] > 0:
        return _clauses(value[2])
    if kind == "BRANCH":
        best = [min(_clauses(branch), key=_share_of_any_looked_at) for branch in value[1]]
        return [frozenset().union(*best)]
    return []


def _share_of_any_looked_at(clause: Wordings) -> float:
    return _share_of_any(_lookable(clause))


def _joined(first: Wordings, second: Wordings) -> Wordings | None:
    if len(first) * len(second) > MOST_WORDINGS:
        return None
    return frozenset(a + b for a, b in product(first, second))


def _wordings(items: Iterable[Any]) -> Wordings | None:
    """Every text that the parts can match in a row; None where they are too many to spell out."""
    spelt: Wordings | None = NOTHING
    for item in items:
        said = _spelt(str(item[0]), item[1])
        spelt = None if said is None or spelt is None else _joined(spelt, said)
        if spelt is None:
            return None
    return spelt


def _spelt(kind: str, value: Any) -> Wordings | None:
    if kind == "LITERAL" and value:
        return frozenset([chr(value)])
    if kind == "AT":
        return NOTHING if str(value) == "AT_NON_BOUNDARY" else frozenset([EDGE])
    if kind in ("ASSERT", "ASSERT_NOT"):
        return NOTHING
    if kind == "IN":
        return _of_class(value)
    if kind == "SUBPATTERN" and not value[1] and not value[2]:
        return _wordings(value[3])
    if kind == "BRANCH":
        branches = [_wordings(branch) for branch in value[1]]
        said = frozenset().union(*(b for b in branches if b is not None))
        return said if None not in branches and len(said) <= MOST_WORDINGS else None
    if kind in ("MAX_REPEAT", "MIN_REPEAT") and tuple(value[:2]) == (0, 1):
        said_once = _wordings(value[2])
        return None if said_once is None else said_once | {""}
    return None


def _of_class(parts: Iterable[Any]) -> Wordings | None:
    if any(str(kind) != "LITERAL" for kind, _ in parts):
        return None
    return frozenset(chr(value) for _, value in parts)
