"""Answers given in a form: JSON, XML tags, a box, a row of probabilities, ticked boxes.

Each reader returns the pieces of text in which the answer is stated; reading a piece is the
reader's of prose. A form that cannot be parsed is left to that one as well.
"""

from __future__ import annotations

import ast
import json
import re
import warnings
from collections.abc import Iterator
from typing import Any

import msgspec

from auscult.kit.choice.mentions import Mention
from auscult.kit.choice.options import Choices, clean
from auscult.kit.choice.text import Text

LONGEST_OBJECT = 20_000
DEEPEST = 6

_TAG = re.compile(
    r"<(final_?answer|answer|choice|option|response|result|selection|letter|output|solution)"
    r"(?: [^<>]{0,40})?>([^<]{0,400})(?:</\1\s*>|$)"
)
_BOX = re.compile(r"\\(?:boxed|fbox)\s*\{((?:[^{}]|\{[^{}]{0,120}\}){0,240})\}")
_BRACKETED = re.compile(r"\[\[([^\[\]\n]{1,80})\]\]")
_HASHES = re.compile(r"(?:^|\n)####\s+([^\s#][^\n]{0,60})\s*$")
_LATEX = re.compile(r"\\[a-z]+|[{}$]")
_FENCE = re.compile(r"```[\w-]*\n?|'''[\w-]*\n?")
_KEYS = (
    "final_answer",
    "finalanswer",
    "final",
    "answer",
    "correct_answer",
    "answer_letter",
    "answer_choice",
    "choice",
    "selected",
    "selected_option",
    "selection",
    "selected_answer",
    "chosen",
    "correct_option",
    "best_answer",
    "option",
    "letter",
    "response",
    "prediction",
    "label",
    "result",
    "output",
    "respuesta",
    "antwort",
    "réponse",
    "resposta",
    "risposta",
    "ответ",
    "答案",
    "回答",
    "decision",
)
_TEXT_KEYS = ("text", "option_text", "answer_text", "value", "label", "content")
SHARE = re.compile(
    r"[^\w\n%,;]*(?:probability|confidence|likelihood|p|prob|score)?[^\w\n%,;]{0,4}"
    r"(?:(\d{1,3}(?:\.\d+)?) ?%|(0?\.\d+|1\.0+|0|1)(?![\d%.]| ?(?:mg|ml|g)\b))"
)
_SHARE_BEFORE = re.compile(
    r"(\d{1,3}(?:\.\d+)?) ?%(?: (?:for|chance of|on|that it is|to))?[\s:(-]*$"
)


_DECODER = json.JSONDecoder()
_REVISED = re.compile(r"\b(?:wait|correction|actually|revised|updated)\b")


class Piece(msgspec.Struct, frozen=True):
    """What a form states as the answer, and where it stands in the text."""

    words: str
    start: int
    end: int


def stated_pieces(text: Text) -> list[Piece]:
    """In the order in which they stand; empty where the answer is in no form."""
    low = text.low
    found: list[Piece] = []
    if "<" in low:
        found += [_piece(text, m, 2) for m in _TAG.finditer(low)]
    if "boxed" in low or "fbox" in low:
        found += [_boxed(text, m) for m in _BOX.finditer(low)]
    if "[[" in low:
        found += [_piece(text, m, 1) for m in _BRACKETED.finditer(low)]
    if "####" in low:
        found += [_piece(text, m, 1) for m in _HASHES.finditer(low.rstrip())]
    return sorted(found, key=lambda p: p.start)


def _piece(text: Text, match: re.Match[str], group: int) -> Piece:
    start, end = match.span(group)
    return Piece(text.plain[start:end], start, end)


def _boxed(text: Text, match: re.Match[str]) -> Piece:
    start, end = match.span(1)
    return Piece(_LATEX.sub(" ", text.plain[start:end]), start, end)


class Object(msgspec.Struct, frozen=True):
    """An answer that is a JSON object or list, and where."""

    value: Any
    start: int
    end: int


def json_object(text: Text) -> Object | None:
    """The last whole object of the answer; single quotes and a fence do no harm."""
    plain = text.plain
    if "{" not in plain and not plain.lstrip().startswith("["):
        return None
    for start, end in _spans(plain):
        value = _parsed(plain[start:end])
        if isinstance(value, dict | list) and value:
            return Object(value, start, end)
    return None


def _spans(plain: str) -> Iterator[tuple[int, int]]:
    end = max(plain.rfind("}"), plain.rfind("]")) + 1
    start = min((at for at in (plain.find("{"), plain.find("[")) if at >= 0), default=-1)
    if 0 <= start < end <= start + LONGEST_OBJECT:
        yield start, end
    brace, end = plain.find("{"), plain.rfind("}") + 1
    if 0 <= brace < end <= brace + LONGEST_OBJECT:
        yield brace, end
    brace = plain.rfind("{", 0, end)
    if 0 <= brace < end <= brace + LONGEST_OBJECT:
        yield brace, end


def _parsed(raw: str) -> Any:
    try:
        return msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeEncodeError, RecursionError):
        pass
    if len(raw) > 4_000 or raw.count("{") + raw.count("[") > 60:
        return None
    try:
        with warnings.catch_warnings():  # an odd escape in an answer is no news to the user
            warnings.simplefilter("ignore")
            return ast.literal_eval(raw)
    except (ValueError, SyntaxError, RecursionError, MemoryError, TypeError):
        return None


def stated_by_all(text: Text) -> set[str]:
    """What the objects of an answer that gives more than one state; they should say the same."""
    plain = text.plain
    if plain.count("}") < 2 or plain.count("{") > 60:
        return set()
    said: set[str] = set()
    at = plain.find("{")
    while at >= 0:
        try:
            value, end = _DECODER.raw_decode(plain, at)
        except (ValueError, RecursionError):
            value, end = None, at + 1
        stated = values(value) if isinstance(value, dict) else None
        said |= {words.strip().lower()[:1] for words in stated or ()}
        at = plain.find("{", end)
    return said if len(said) > 1 and not _REVISED.search(text.low) else set()


def text_beside(value: Any, choices: Choices) -> int | None:
    """The option whose very text stands under a key of its own beside the letter."""
    if not isinstance(value, dict):
        return None
    for key in _TEXT_KEYS:
        said = value.get(key)
        if isinstance(said, str) and clean(said) in choices.texts:
            return choices.texts.index(clean(said))
    return None


def values(value: Any, depth: int = 0) -> list[str] | None:
    """What an object says under its answer key: one or several texts, [] for null, None where
    it has no such key."""
    if isinstance(value, list):
        return _of_list(value, depth)
    if not isinstance(value, dict) or depth > DEEPEST:
        return None
    lowered = {str(k).lower().replace(" ", "_").replace("-", "_"): v for k, v in value.items()}
    for key in _KEYS:
        if key in lowered:
            return _leaf(lowered[key], depth)
    for inner in lowered.values():
        if isinstance(inner, dict | list):
            found = values(inner, depth + 1)
            if found is not None:
                return found
    return None


def _of_list(value: list[Any], depth: int) -> list[str] | None:
    if depth > DEEPEST:
        return None
    if all(isinstance(v, str) for v in value):
        return list(value) if len(value) <= 12 else None
    inner = [values(v, depth + 1) for v in value if isinstance(v, dict)]
    flat = [text for texts in inner if texts for text in texts]
    return flat or None


def _leaf(value: Any, depth: int) -> list[str]:
    if isinstance(value, str):
        return [value]
    if isinstance(value, bool) or value is None:
        return {True: ["yes"], False: ["no"], None: []}[value]
    if isinstance(value, int | float):
        return [str(value) if isinstance(value, int) else f"{value:g}"]
    if isinstance(value, dict):
        found = values(value, depth + 1)
        texts = [v for k, v in value.items() if k in _TEXT_KEYS and isinstance(v, str)]
        if found is None and len(value) == 1:
            key, only = next(iter(value.items()))
            return [f"{key}. {only}" if isinstance(only, str) else str(key)]
        return [" ".join((*found, *texts))] if found and texts else (found or texts)
    return _of_list(value, depth) or [] if isinstance(value, list) else []


def by_flags(value: Any, choices: Choices) -> tuple[int, ...] | None:
    """{"A": false, "B": true} and {"A": 0.1, "B": 0.7}: the true ones, or the likeliest."""
    if not isinstance(value, dict):
        return None
    for candidate in (value, *(v for v in value.values() if isinstance(v, dict))):
        named = {_place(str(k), choices): v for k, v in candidate.items()}
        named.pop(None, None)
        if len(named) >= 2:
            flags = [v for v in named.values() if isinstance(v, bool)]
            if len(flags) == len(named):
                return tuple(p for p, v in named.items() if v and p is not None)
            if all(isinstance(v, int | float) and abs(v) <= 100 for v in named.values()):
                return _likeliest({p: float(v) for p, v in named.items() if p is not None})
    return None


def _place(key: str, choices: Choices) -> int | None:
    key = key.strip()
    if key.upper() in choices.labels:
        return choices.labels[key.upper()]
    exact = choices.by_phrase(key)
    return exact[0] if len(exact) == 1 else None


def likeliest(text: Text, found: list[Mention], choices: Choices) -> tuple[int, ...] | None:
    """Where probabilities stand beside most options: the largest, or all that share it."""
    shares: dict[int, float] = {}
    if "%" not in text.low and "0." not in text.low:
        return None
    for mention in (part for m in found for part in (m.parts or (m,))):
        if len(mention.picks) != 1:
            continue
        match = SHARE.match(text.low, mention.end)
        if match is None:
            match = _SHARE_BEFORE.search(text.low, max(0, mention.start - 32), mention.start)
            number = float(match[1]) / 100 if match else None
        else:
            number = float(match[1]) / 100 if match[1] else float(match[2])
        if number is not None and number <= 1:
            shares.setdefault(mention.picks[0], number)
    if len(shares) < 2 or sum(shares.values()) > 1.25:
        return None
    return _likeliest(shares)


def _likeliest(shares: dict[int, float]) -> tuple[int, ...]:
    top = max(shares.values())
    return tuple(place for place, share in shares.items() if share == top)


def unfenced(text: Text) -> str:
    return _FENCE.sub(" ", text.plain)
