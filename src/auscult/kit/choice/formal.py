"""Answers in a form or behind a reasoning block, read piece by piece by the rules of prose."""

from __future__ import annotations

import re

from auscult.kit.choice import phrases
from auscult.kit.choice.decide import read_prose
from auscult.kit.choice.forms import (
    Object,
    by_flags,
    json_object,
    stated_by_all,
    stated_pieces,
    text_beside,
    values,
)
from auscult.kit.choice.mentions import OUTSIDE, mentions
from auscult.kit.choice.options import Choices
from auscult.kit.choice.outcome import Reading, answered, invalid
from auscult.kit.choice.silence import silence
from auscult.kit.choice.text import Text
from auscult.kit.choice.weight import FINAL, weigh_all


def read_text(text: Text, choices: Choices) -> Reading:
    if not text.low.strip():
        return _only_thoughts(text, choices)
    formal = _from_form(text, choices)
    return read_prose(text, choices) if formal is None else formal


def _only_thoughts(text: Text, choices: Choices) -> Reading:
    """Nothing but a reasoning block: it counts only where it says that an answer is final."""
    if text.thoughts:
        inner = Text(re.sub(r"<[^<>]{0,20}>", " ", text.thoughts))
        finals = [e for e in weigh_all(inner, mentions(inner, choices)) if e.level == FINAL]
        finals = [e for e in finals if not e.refuted]
        if finals and len(finals[-1].picks) == 1 and finals[-1].picks[0] != OUTSIDE:
            start = text.original.find(inner.original[finals[-1].start : finals[-1].end])
            quote = text.quote(start, start + 1) if start >= 0 else ""
            return answered(finals[-1].picks[0], "final", quote)
        return invalid("reasoning-only")
    return invalid("empty")


def _from_form(text: Text, choices: Choices) -> Reading | None:
    pieces = stated_pieces(text)
    if pieces:
        return _from_pieces(text, choices, [(p.words, p.start, p.end) for p in pieces])
    found = json_object(text)
    if found is None:
        return None
    quote = text.quote(found.start, found.start + 1)
    if len(stated_by_all(text)) > 1:
        return invalid("contradiction", quote)
    stated = values(found.value)
    if stated is None:
        flags = by_flags(found.value, choices)
        if flags is None:
            return None
        return answered(flags[0], "form", quote) if len(flags) == 1 else invalid("several", quote)
    if not stated:
        quiet = silence(text)
        return Reading(quiet.kind, None, quiet.kind) if quiet else invalid("empty")
    return _from_object(text, choices, found, stated)


def _from_object(text: Text, choices: Choices, found: Object, stated: list[str]) -> Reading:
    quote = text.quote(found.start, found.start + 1)
    if _numbered(stated, choices):
        return answered(0 if stated[0] == "0" else choices.count - 1, "form", quote)
    if len(stated) == 1 and isinstance(found.value, dict):
        said = _read_piece(stated[0], choices)
        beside = text_beside(found.value, choices)
        if said.choice is not None and beside not in (None, said.choice):
            return invalid("mismatch", quote)
        return _after_form(text, choices, said, found.start, found.end)
    readings = [_read_piece(words, choices) for words in stated]
    picks = {r.choice for r in readings}
    if len(picks) == 1 and readings[0].choice is not None:
        return answered(readings[0].choice, "form", quote)
    return invalid("several" if len(picks - {None}) > 1 else "no-option-named", quote)


def _numbered(stated: list[str], choices: Choices) -> bool:
    """{"answer": 4} of four options can only be the last, and 0 only the first; what lies between
    depends on where the target counts from."""
    if len(stated) != 1 or stated[0] not in ("0", str(choices.count)):
        return False
    return not any(any(c.isdigit() for c in text) for text in choices.texts)


def _from_pieces(text: Text, choices: Choices, pieces: list[tuple[str, int, int]]) -> Reading:
    readings = [(_read_piece(words, choices), start, end) for words, start, end in pieces]
    picks = {r.choice for r, _, _ in readings if r.choice is not None}
    last, start, end = readings[-1]
    if len(picks) > 1:
        gap = text.low[readings[0][2] : start]
        if not (phrases.TOOK_BACK.search(gap) or phrases.SOFT_BACK.search(gap)):
            return invalid("contradiction", text.quote(start, end))
    return _after_form(text, choices, last, start, end)


def _read_piece(words: str, choices: Choices) -> Reading:
    """A form's value is an answer of its own, and a short one."""
    piece = Text(words[:400])
    if not piece.low.strip():
        return invalid("empty")
    return read_prose(piece, choices)


def _after_form(text: Text, choices: Choices, said: Reading, start: int, end: int) -> Reading:
    """What a form says, unless the words after it take it back."""
    rest = text.low[end:]
    if said.choice is not None and len(rest.split()) > 2 and phrases.TOOK_BACK.search(rest):
        later = read_prose(Text(text.original[end:]), choices)
        if later.behaviour != "invalid":
            return later
        return invalid("contradiction", text.quote(start, end))
    quote = text.quote(start, end)
    cause = "form" if said.behaviour == "answered" else said.cause
    return Reading(said.behaviour, said.choice, cause, quote)
