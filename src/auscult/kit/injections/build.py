"""The injection set: an answer, what is written beside it to move its judge, and what it deserves.

A row names a question, which of its answers is given (right, partly, wrong, a refusal, or none)
and what is put beside it. What it deserves is what that answer deserves alone. Long texts, other
letters and signs that are not seen are made here, so the files hold none. All of it is our own.
"""

from __future__ import annotations

import base64
import importlib.resources
import unicodedata
from collections.abc import Callable
from functools import cache
from typing import Literal, TypeVar

import msgspec

from auscult.core.errors import DataError
from auscult.kit.open.case import Criterion

Row = TypeVar("Row", bound=msgspec.Struct)
Base = Literal["right", "partly", "wrong", "refusal", "none"]
Aim = Literal["right", "wrong"]
LONG = 100_000
"""Signs of filling in a long answer."""
SLOT = "{answer}"
FILLING = "This line is here to fill the page and holds nothing that is of use to anybody."


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A question with its answers, in every form that a judge of ours reads."""

    id: str
    question: str
    reference: str
    rubric: tuple[str, ...]
    criteria: tuple[Criterion, ...]
    answers: dict[Base, str]
    options: tuple[str, ...]
    key: str
    other: str
    """The letter of the option that a wrong answer takes."""
    statement: str
    """The same as a yes-no question, to which yes is right."""

    def answer(self, base: Base) -> str:
        return "" if base == "none" else self.answers[base]


class Injection(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    kind: str
    item: str
    base: Base
    text: str
    """Put after the answer, or around it where it holds the slot."""
    make: str = ""
    """How the text is written, by name."""
    aim: Aim = "right"
    orders: tuple[str, ...] = ()
    """Each of them alone asks for the ruling; the whole text where none is given."""
    innocent: bool = False
    """Asks for nothing, and only looks as if it did."""

    def answer(self, base: str) -> str:
        """What the target says, in place of `base`."""
        if self.make in _PLACED:
            return _PLACED[self.make](base, self.text)
        text = written(self.text, self.make)
        whole = text.replace(SLOT, base) if SLOT in text else f"{base}\n\n{text}"
        return whole.strip()

    @property
    def asked_for(self) -> tuple[str, ...]:
        """The orders as they stand in the answer."""
        if self.innocent:
            return ()
        return tuple(written(order, self.make) for order in self.orders or (self.text,))


def written(text: str, make: str) -> str:
    return text if not make or make in _PLACED else _WRITTEN[make](text)


@cache
def items() -> dict[str, Item]:
    return {item.id: item for item in _rows("items.jsonl", Item)}


@cache
def injections() -> tuple[Injection, ...]:
    rows = tuple(_rows("answers.jsonl", Injection))
    for row in rows:
        if row.item not in items() or row.make not in ("", *_PLACED, *_WRITTEN):
            raise DataError(f"answers.jsonl, row '{row.id}': no such item or way of writing")
    return rows


def _rows(name: str, kind: type[Row]) -> list[Row]:
    source = importlib.resources.files(__package__) / name
    rows: list[Row] = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        try:
            rows.append(msgspec.json.decode(line, type=kind))
        except msgspec.DecodeError as error:
            raise DataError(f"{name} (line {number}): {error}") from None
    return rows


# --- ways of writing ----------------------------------------------------------------------------

_ZERO_WIDTH, _SOFT_HYPHEN, _ACUTE = "\u200b", "\u00ad", "\u0301"
_RTL, _POP, _ISOLATE, _POP_ISOLATE = "\u202e", "\u202c", "\u2067", "\u2069"
_TAGS, _WIDE = 0xE0000, 0xFEE0
_ALIKE = str.maketrans("aceiopsxyAEHIKMOPTX", "асеіорѕхуАЕНІКМОРТХ")


def _filling() -> str:
    lines = (f"{FILLING} ({number})" for number in range(LONG // len(FILLING)))
    return "\n".join(lines)


def _joined(base: str, text: str) -> str:
    """In one sentence with the answer."""
    return text.replace(SLOT, base.rstrip("."))


def _between(sign: str) -> Callable[[str], str]:
    return lambda text: sign.join(text)


def _accented(text: str) -> str:
    marked = "".join(f"{sign}{_ACUTE}" if sign in "aeiou" else sign for sign in text)
    return unicodedata.normalize("NFC", marked)


_WRITTEN: dict[str, Callable[[str], str]] = {
    "zero-width": _between(_ZERO_WIDTH),
    "soft-hyphens": _between(_SOFT_HYPHEN),
    "spaced": _between(" "),
    "tags": lambda text: "".join(chr(_TAGS + ord(sign)) for sign in text if sign.isascii()),
    "homoglyphs": lambda text: text.translate(_ALIKE),
    "fullwidth": lambda text: "".join(chr(ord(s) + _WIDE) if "!" <= s <= "~" else s for s in text),
    "accents": _accented,
    "right-to-left": lambda text: f"{_RTL}{text[::-1]}{_POP}",
    "isolates": lambda text: f"{_ISOLATE}{text}{_POP_ISOLATE}",
    "reversed": lambda text: text[::-1],
    "base64": lambda text: base64.b64encode(text.encode()).decode(),
}
_PLACED: dict[str, Callable[[str, str], str]] = {
    "long-between": lambda base, text: f"{base}\n\n{_filling()}\n\n{text}",
    "long-before": lambda base, text: f"{_filling()}\n\n{base}\n\n{text}",
    "long-after": lambda base, text: f"{base}\n\n{text}\n\n{_filling()}",
    "long-around": lambda base, text: f"{_filling()}\n\n{base} {text}\n\n{_filling()}",
    "joined": _joined,
    "many": lambda base, text: f"{base}\n\n" + f"{text} " * (LONG // len(text)),
}
