"""Where an answer names options side by side: lists, runs of letters ("ABDE") and ranges."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from auscult.kit.choice.mentions import OUTSIDE, mentions
from auscult.kit.choice.options import Choices
from auscult.kit.choice.text import Text

SHORT = 48
"""Characters of an answer in which a full stop or a space may stand between two letters."""
_RUN = re.compile(r"(?<![A-Za-z0-9À-ɏ'-])[A-Z]{2,12}(?![A-Za-z0-9À-ɏ'-])")
_ROW = re.compile(r"(?<![\w'])[A-Z](?: [A-Z]){2,11}(?![\w'])")
_LETTER = 3
"""Characters of a name that is a letter and nothing more."""
_RANGE = re.compile(
    r"(?<![A-Za-z0-9À-ɏ'-])([A-Z])(?: ?- ?| (?:to|through|thru|until|bis) )([A-Z])"
    r"(?![A-Za-z0-9À-ɏ'-])"
)
_CHAIN = re.compile(r"(?<![A-Za-z0-9])[A-Z](?:-[A-Z]){2,12}(?![A-Za-z0-9-])")
_NUMBERED = re.compile(
    r"\b(?:options|choices|answers|numbers|items) ((?:10|[1-9])(?:(?:, | and | & |, and |,)"
    r"(?:10|[1-9]))+)(?![\d.]*\d)"
)
_ORDINALS = re.compile(
    r"\b((?:first|second|third|fourth|fifth|sixth)(?:(?:, and | and |, )(?:first|second|third|"
    r"fourth|fifth|sixth))+) (?:options|choices|answers|ones)\b"
)
_ORDER = {"first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6}
_AND = r"and|nor|plus|as well as|y|e|et|und|и|和|及|と|و|और|및"
_OR = r"and/or|or|oder|ou|o|или|или|或|か|또는"
_JOIN = re.compile(
    r"[\s.)\]*_\"'}$]*(?P<mark>[,;/&+|])?[\s)\]*_\"'}$]*"
    rf"(?P<word>(?:{_AND}|{_OR})(?![a-z]))?[ \t,]*"
    r"(?P<soft>(?:(?:also|too|possibly|maybe|perhaps|probably|even|then|options?|choices?|"
    r"answers?|the|vitamins?|letters?)[ :,]+)*)[ \t(\[*_\"'{$]*"
)
_ALONE = re.compile(r"(?<![A-Za-z0-9À-ɏ])([A-Z])(?= (?:only|alone)\b)")
_NEXT_BRACKET = re.compile(r"[)\]}] ?[(\[{]")
_SPACED = re.compile(r"[)\].*_]{0,4} {0,3}[*_]{0,2}")
_GLOSS = re.compile(
    r"[\s*_]{0,3}\((?![^()]*\b(?:(?:in)?correct|wrong|right|false|true|yes|no|not)\b)"
    r"[^()\n✓✔✅☑✗✘❌✖]{1,60}\)"
)
_NOT_THERE = re.compile(
    r" (?:is|are|does|do|isn't|doesn't|was)\b[^.\n]{0,40}?(?:\bnot|n't|\bno)\b[^.\n]{0,16}?"
    r"\b(?:listed|exist|option|among|given|shown|here|offered)"
)
_IS_OR = re.compile(rf"(?:{_OR})")
_DOUBT = re.compile(r"possibly|maybe|perhaps|probably")


class Group(msgspec.Struct):
    """Options named in one breath."""

    start: int
    end: int
    picks: frozenset[int]
    lettered: bool = True
    clash: bool = False
    unsure: bool = False
    """ "A or B", "A and maybe B"."""
    doubt: bool = False
    single: bool = True
    """One name, not several joined."""


def groups_of(text: Text, choices: Choices) -> list[Group]:
    names = _names(text, choices)
    joined: list[Group] = []
    for name in names:
        last = joined[-1] if joined else None
        found = None
        if last is not None:
            gloss = _GLOSS.match(text.low, last.end, name.start)
            found = _JOIN.fullmatch(text.low, gloss.end() if gloss else last.end, name.start)
        if last is None or found is None or not _joins(text, last, name, found):
            joined.append(name)
            continue
        word = found["word"] or ""
        doubt = _DOUBT.search(found["soft"]) is not None
        last.end, last.single = name.end, False
        last.picks |= name.picks
        last.clash |= name.clash
        last.lettered = last.lettered or name.lettered
        last.unsure |= _IS_OR.fullmatch(word) is not None
        last.doubt |= doubt
    return joined


def _joins(text: Text, last: Group, name: Group, gap: re.Match[str]) -> bool:
    between = gap[0]
    if gap["mark"] or gap["word"]:
        return "\n" not in between and not (gap["mark"] is None and "." in between)
    if gap["soft"]:
        return False
    if not last.lettered or not name.lettered or "\n" in between:
        return False
    if not between.strip(" ([") and min(last.end - last.start, name.end - name.start) > _LETTER:
        return True  # "(A) Amoxicillin (B) Vancomycin"
    return bool(_NEXT_BRACKET.fullmatch(between)) or (
        len(text.low) <= SHORT and bool(_SPACED.fullmatch(between))
    )


def _names(text: Text, choices: Choices) -> list[Group]:
    """Letters, texts and places one by one, and what stands for several of them at once."""
    found = [
        Group(part.start, part.end, frozenset(part.picks), part.lettered, part.clash)
        for mention in mentions(text, choices)
        for part in (mention.parts or (mention,))
    ]
    spans = [*_spans(text, choices, found)]
    kept = [f for f in found if not any(s.start < f.end and f.start < s.end for s in spans)]
    there = [f for f in kept if OUTSIDE not in f.picks or not _NOT_THERE.match(text.low, f.end)]
    return sorted((*there, *spans), key=lambda g: g.start)


def _spans(text: Text, choices: Choices, found: Sequence[Group]) -> Iterator[Group]:
    said = [f for f in found if not f.lettered]
    ready = (_ranges, _runs, _alone, _numbered)
    for group in (group for reader in ready for group in reader(text, choices)):
        if not any(s.start < group.end and group.start < s.end for s in said):
            yield group


def _ranges(text: Text, choices: Choices) -> Iterator[Group]:
    if not choices.latin:
        return
    done = 0
    for found in _CHAIN.finditer(text.plain):
        done = found.end()
        yield Group(*found.span(), _places(found[0].split("-"), choices), single=False)
    for found in _RANGE.finditer(text.plain, done):
        first, last = (choices.labels.get(letter) for letter in found.groups())
        ordered = first is not None and last is not None and first < last
        if ordered and first is not None and last is not None:
            yield Group(*found.span(), frozenset(range(first, last + 1)), single=False)
        elif first is not None:
            yield Group(*found.span(), frozenset({OUTSIDE}), single=False)


def _runs(text: Text, choices: Choices) -> Iterator[Group]:
    """As in "ABDE". A row of capitals that an option holds, or that is no row, is a short name."""
    if not choices.latin:
        return
    for found in (*_RUN.finditer(text.plain), *_ROW.finditer(text.plain)):
        letters = found[0].replace(" ", "")
        places = [choices.labels.get(letter, OUTSIDE) for letter in letters]
        if OUTSIDE in places or any(letters.lower() in t.split() for t in choices.texts):
            continue
        if places == sorted(set(places)) or len(text.low.strip()) <= len(letters) + 12:
            yield Group(*found.span(), frozenset(places), single=False)


def _alone(text: Text, choices: Choices) -> Iterator[Group]:
    """ "A only": no article stands before these words."""
    for found in _ALONE.finditer(text.plain):
        if found[1] in choices.labels:
            yield Group(*found.span(), frozenset({choices.labels[found[1]]}))


def _numbered(text: Text, choices: Choices) -> Iterator[Group]:
    if choices.numbered:
        return
    for found in _NUMBERED.finditer(text.low):
        yield _by_number(found, [int(n) for n in re.findall(r"\d+", found[1])], choices)
    for found in _ORDINALS.finditer(text.low):
        yield _by_number(
            found, [_ORDER[w] for w in re.findall(r"[a-z]+", found[1]) if w in _ORDER], choices
        )


def _by_number(found: re.Match[str], numbers: list[int], choices: Choices) -> Group:
    places = (n - 1 if n <= choices.count else OUTSIDE for n in numbers)
    return Group(*found.span(), frozenset(places), single=False)


def _places(letters: Sequence[str], choices: Choices) -> frozenset[int]:
    return frozenset(choices.labels.get(letter, OUTSIDE) for letter in letters)
