"""The answer key of a mutant, worked out by code from the original's and what the edit declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from auscult.core.case import Case
from auscult.core.mutant import NEW, Mutant, TextKey

NONE_OF_THEM = "None of the options are correct"
IMPOSSIBLE = (
    "The information given cannot be right, so the question cannot be answered as it stands"
)
GRADED = re.compile(
    r"\b(?:most|best|first|next|initial|immediate(?:ly)?|prefer\w*|likeliest|least|greatest|"
    r"highest|lowest|main|primary|strongest|single|appropriate|better|usually|typically)\b",
    re.IGNORECASE,
)
"""Such a question ranks its options, so "which are not correct?" has no answer of a set."""
INVERTED = "Which of the options are NOT correct answers to this question"


def key_fault(original: Case, mutant: Mutant, rule: TextKey) -> str:
    """What is wrong with the key, or empty."""
    place = original.brief.key
    if place is None:
        return "the original has no key"
    if len(mutant.keys) != len(set(mutant.keys)) or any(
        not 0 <= key < len(mutant.case.options) for key in mutant.keys
    ):
        return "the key is no option"
    return next(_FAULTS[rule](original, mutant, place), "")


def all_others_wrong(case: Case) -> bool:
    """The author marked every other option absolutely wrong, and not merely second best."""
    notes, key = case.brief.option_notes, case.brief.key
    others = [note.status for place, note in enumerate(notes) if place != key]
    return len(notes) == len(case.options) > 1 and all(status == "wrong" for status in others)


def as_set(words: str, question: str) -> str:
    """A question that asks for a set of options of another one, which it quotes."""
    return f'{words}: "{question.strip()}"'


def is_graded(case: Case) -> bool:
    return GRADED.search(case.question) is not None


def _kept(original: Case, mutant: Mutant, place: int) -> Iterator[str]:
    if mutant.form != "one-letter" or len(mutant.keys) != 1:
        yield "the answer takes another form"
        return
    (key,) = mutant.keys
    if mutant.order[key : key + 1] != (place,):
        yield "the key is another option"
    if mutant.case.brief.key != key:
        yield "the case says another key"


def _none_of_them(original: Case, mutant: Mutant, place: int) -> Iterator[str]:
    if not all_others_wrong(original):
        yield "another option is not absolutely wrong"
    expected = tuple(NEW if n == place else n for n in range(len(original.options)))
    if mutant.form != "one-letter" or mutant.keys != (place,) or mutant.order != expected:
        yield "the key is not where the right answer was"
    elif mutant.case.options[place] != NONE_OF_THEM or mutant.case.brief.key != place:
        yield "the key does not say that none is correct"


def _complement(original: Case, mutant: Mutant, place: int) -> Iterator[str]:
    if not all_others_wrong(original) or is_graded(original):
        yield "the question ranks its options"
    others = tuple(n for n, came_from in enumerate(mutant.order) if came_from != place)
    if mutant.form != "letters" or NEW in mutant.order or tuple(sorted(mutant.keys)) != others:
        yield "the key is not the set of the others"
    if mutant.case.brief.key is not None:
        yield "the case says another key"
    asked = mutant.case.question
    if asked != as_set(INVERTED, original.question) and not (
        mutant.rewritten and asked.startswith(f'{INVERTED}: "')
    ):
        yield "the question is not inverted"


def _impossible(original: Case, mutant: Mutant, place: int) -> Iterator[str]:
    old = tuple(range(len(original.options)))
    if mutant.form != "one-letter" or (mutant.order, mutant.keys) != ((*old, NEW), (len(old),)):
        yield "the key is not the added option"
    elif mutant.case.options[-1] != IMPOSSIBLE or mutant.case.brief.key != len(old):
        yield "the key does not say that it cannot be"


_FAULTS = {
    "kept": _kept,
    "none-of-them": _none_of_them,
    "complement": _complement,
    "impossible": _impossible,
}
