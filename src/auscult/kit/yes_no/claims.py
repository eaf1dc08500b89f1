"""Whether a clause says that what was asked is so ("Is the heart enlarged?"), or that it is not.

A clause counts only where it holds every word of content of the question and its subject names
nothing else. One negation turns it round, two make it unreadable. Comparisons must keep or swap
their two sides; a handful of plain opposites ("benign", "malignant") are known.
"""

from __future__ import annotations

import re
from typing import Literal

from auscult.kit.choice.text import words
from auscult.kit.yes_no.question import PICTURE, Asked, stem, stems
from auscult.kit.yes_no.words import SIEVE

Said = Literal["so", "not so", ""]

_PAIRS = (
    "normal abnormal|benign malignant|present absent|increased decreased|symmetrical asymmetrical|"
    "symmetric asymmetric|left right|upper lower|larger smaller|bigger smaller|darker lighter|"
    "darker brighter|higher lower|longer shorter|wider narrower|thicker thinner|greater smaller|"
    "greater less|male female|acute chronic|safe unsafe|appropriate inappropriate|"
    "suitable unsuitable|stable unstable|solid cystic|more less|older younger|true false"
)


def _opposites() -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = {}
    for pair in _PAIRS.split("|"):
        one, other = map(stem, pair.split())
        found.setdefault(one, set()).add(other)
        found.setdefault(other, set()).add(one)
    return {word: frozenset(others) for word, others in found.items()}


_OPPOSITE = _opposites()
_UNWELL = frozenset(
    map(
        stem,
        words(
            "enlarged swollen dilated thickened displaced deviated fractured inflamed oedematous "
            "abnormal collapsed widened narrowed blunted elevated flattened atrophic diseased"
        ),
    )
)
_NORMAL = re.compile(
    r"\b(?:of |a )?(?:normal|unremarkable)(?:$| (?:in )?(?:size|appearance|calibre|caliber)\b"
    r"| limits\b| on th)"
)
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")
_VERB = re.compile(
    r"(?:'s|n't)?\b(?:is|are|was|were|does|do|did|has|have|had|can|cannot|should|will|would|looks?|"
    r"appears?|seems?|isn't|aren't|wasn't|weren't|doesn't|don't|didn't|hasn't|haven't|shouldn't|"
    r"can't|won't|it's|lies|shows?)\b"
)
_NEGATOR = re.compile(r"\b(?:no|not|never|cannot|neither|nor|hardly|without)\b|n't\b")
_BLOCKED = SIEVE.compile(
    r"\b(?:may|might|could|possibl[ey]|whether|unless|if|rather than|instead of|only|except|was "
    r"previously|previously|would have|suspicious|mimics?|rule[ds]? out|exclude[ds]?|more than|"
    r"borderline|almost|nearly|less|as \w+ as|than (?:before|last|previously))\b"
)
_UNTHOUGHT = SIEVE.compile(r"\b(?:do not|don't) (?:think|believe)(?: that)?\b|\bdoubt(?: that)?\b")
_FRAME = re.compile(
    r"^.*\b(?:(?:appears?|seems?|think|believe|say|conclude|find|looks? like) that|i (?:think|"
    r"believe))\b"
)
_PRONOUN = re.compile(r"^(?:it|they|this|that|these|those|he|she)\b")
_EQUAL = SIEVE.compile(r"\b(?:equally|equal|identical|the same)\b")
_FILLING = words(
    "clearly obviously markedly mildly slightly significantly therefore thus indeed also still "
    "likely probably rather quite very somewhat grossly moderately definitely certainly not no "
    "never that yes then so overall really truly just simply once one"
)


def so_or_not(clause: str, asked: Asked) -> Said:
    unthought = _UNTHOUGHT.search(clause)
    rest = clause[unthought.end() :] if unthought else _FRAME.sub("", clause)
    rest = rest.strip()
    said: Said = ""
    if not _BLOCKED.search(rest) or asked.compared:
        said = _compared(rest, asked) if asked.compared else _plainly(rest, asked)
    if unthought:
        return "not so" if said == "so" else ""
    return said


def _plainly(clause: str, asked: Asked) -> Said:
    verb = _VERB.search(clause)
    if verb is None or not _about(clause[: verb.start()], asked):
        return ""
    said = stems(clause)
    if _PRONOUN.match(clause):
        said = [*asked.required[:-1], *said]
    have = set(said)
    negators = len(_NEGATOR.findall(clause))
    if set(asked.required) <= have:
        if not set(asked.required) & set(stems(clause[verb.end() :])):
            return ""  # "The CT was done yesterday" does not say what the picture is
        if negators > 1 or (negators and not _denies_all(clause, asked)):
            return ""
        return "not so" if negators else "so"
    return "" if negators else _opposed(clause, have, asked)


def _opposed(clause: str, have: set[str], asked: Asked) -> Said:
    missing = set(asked.required) - have
    if len(missing) != 1:
        return ""
    word = missing.pop()
    if have & (_OPPOSITE.get(word, frozenset()) | {f"un{word}", f"non-{word}", f"non{word}"}):
        return "not so"
    return "not so" if word in _UNWELL and _NORMAL.search(clause) else ""


def _about(subject: str, asked: Asked) -> bool:
    """Whether the subject names nothing that the question does not name."""
    named = {s for s in stems(subject) if s not in _FILLING}
    return named <= asked.known | PICTURE


def _denies_all(clause: str, asked: Asked) -> bool:
    """ "Not markedly enlarged" may still be enlarged: between the negation and what it denies
    stands nothing of weight."""
    negator = _NEGATOR.search(clause)
    assert negator is not None
    required = set(asked.required)
    for word in stems(clause[negator.end() :]):
        if word in required:
            return True
        if word not in asked.known and word not in _PASSING:
            return False
    return True


_PASSING = words("clearly obviously definitely actually therefore indeed giv be")


def _compared(clause: str, asked: Asked) -> Said:
    assert asked.compared is not None
    first, word, second = asked.compared
    have = set(stems(clause))
    if _EQUAL.search(clause) and not _NEGATOR.search(clause) and have & asked.known:
        return "not so"
    verb = _VERB.search(clause)
    negators = len(_NEGATOR.findall(clause))
    if verb is None or negators > 1:
        return ""
    left, right = set(stems(clause[: verb.start()])), set(stems(clause[verb.end() :]))
    kept = word in right
    if not kept and not right & _OPPOSITE.get(word, frozenset()):
        return ""
    same, swapped = _sides(left, right, first, second, whole=" than " in clause)
    if not same and not swapped:
        return ""
    if negators:
        return "not so" if same and kept else ""
    return "so" if same == kept else "not so"


def _sides(
    left: set[str], right: set[str], first: frozenset[str], second: frozenset[str], *, whole: bool
) -> tuple[bool, bool]:
    """Whether the clause's sides are those of the question, or those of it swapped."""
    same = first <= left and not second & left
    swapped = second <= left and not first & left
    if not whole:
        return same, swapped
    return same and not first & right, swapped and not second & right
