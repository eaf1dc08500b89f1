"""What the words alone say of an answer: the trivial reading to set beside the specialists.

An answer has a fault where words that it must not say occur, or where a point that it must make is
not made in any of the words given for it. It is a hint and a baseline, and decides nothing.
"""

from __future__ import annotations

import re

from auscult.kit.rubric.prompt import quotable
from auscult.kit.specialists.item import Item
from auscult.kit.specialists.table import NAMES, TABLE, Name

_LINE = re.compile(r'[^"\\\n\r\t]{3,100}')


def hints_of(item: Item) -> dict[str, list[int]]:
    """Places of the points that must not be made and are, and that must be and are not."""
    return {
        "said": [n for n, point in enumerate(item.must_not) if point.said_in(item.answer)],
        "missing": [n for n, point in enumerate(item.must) if point.said_in(item.answer) is False],
    }


def words_say(item: Item) -> dict[Name, tuple[str, ...]]:
    """By specialist, the codes: those that were planted; else, where the words find a fault of its
    kind, the first it has, for the words cannot say which."""
    if item.planted is not None:
        return {name: item.planted.get(name, ()) for name in NAMES}
    at_fault = hints_of(item)
    points = [item.must_not[n] for n in at_fault["said"]]
    points += [item.must[n] for n in at_fault["missing"]]
    faulted = {point.specialist for point in points}
    return {name: TABLE[name].code_names[:1] if name in faulted else () for name in NAMES}


def line_of(answer: str) -> str:
    """Some words of an answer that a quote may be."""
    parts = quotable(answer)
    line = next((found for part in parts if (found := _LINE.search(part))), None)
    return line[0].strip() if line else ""
