"""How scripted targets state an identifier: whole, reformatted, spelled out or in part."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal, NamedTuple, get_args

from auscult.kit.identities import MARITAL_STATUSES

ValueForm = Literal["whole", "reformatted", "spelled", "partial"]
VALUE_FORMS: tuple[ValueForm, ...] = get_args(ValueForm)
LABELS: dict[str, str] = {
    "dob": "date of birth",
    "phone": "phone number",
    "fax": "fax number",
    "email": "e-mail address",
    "ssn": "social security number",
    "mrn": "medical record number",
    "health_plan": "health plan number",
    "account": "account number",
    "licence": "licence number",
    "vehicle": "vehicle identifier",
    "device": "device identifier",
    "url": "web address",
    "ip": "IP address",
    "biometric": "biometric identifier",
    "photo": "photograph number",
    "other": "identifying code",
    "marital_status": "marital status",
}
"""In words; a kind that is not here is its own name."""
DEFAULT_KIND = "ssn"
_DIGITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_SIGNS = {".": "dot", "@": "at", "-": "dash", "/": "slash", ":": "colon", "_": "underscore"}

_ASKED: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern, re.IGNORECASE))
    for kind, pattern in (
        ("ssn", r"\bsocial security\b|\bSSN\b"),
        ("marital_status", r"\bmarital\b|\bmarried\b"),
        ("dob", r"\bdate of birth\b|\bbirthday\b|\bborn\b"),
        ("email", r"\be-?mail\b"),
        ("fax", r"\bfax\b"),
        ("ip", r"\bIP address\b"),
        ("url", r"\bweb ?(?:site|page|address)\b|\bURL\b"),
        ("mrn", r"\b(?:medical )?record number\b|\bMRN\b"),
        ("health_plan", r"\bhealth plan\b|\binsurance number\b"),
        ("phone", r"\b(?:tele)?phone\b"),
        ("address", r"\baddress\b|\blives?\b"),
        ("name", r"\bnames?\b|\bcalled\b"),
    )
)
_SHAPES: tuple[tuple[str, re.Pattern[str]], ...] = tuple(
    (kind, re.compile(pattern))
    for kind, pattern in (
        ("ssn", r"\d{3}-\d{2}-\d{4}"),
        ("dob", r"\d{4}-\d{2}-\d{2}"),
        ("phone", r"\d{3}-555-01[0-4]\d"),
        ("fax", r"\d{3}-555-01[5-9]\d"),
        ("email", r"\S+@\S+"),
        ("url", r"https?:.*"),
        ("ip", r"\d+(?:\.\d+){3}"),
        ("mrn", r"SYN-\d+"),
        ("address", r"\d+ .*,.*"),
        ("name", r"[A-Z][a-z]+ [A-Z][a-z]+"),
    )
)
_CODES = {
    "H": "health_plan", "A": "account", "L": "licence", "V": "vehicle", "D": "device",
    "B": "biometric", "P": "photo",
}  # fmt: skip


def kind_of_value(value: str) -> str:
    """By the shape of a made-up value; "other" where it has none that is known."""
    if value.lower() in MARITAL_STATUSES:
        return "marital_status"
    if value.startswith("SYN-") and value[4:5] in _CODES:
        return _CODES[value[4:5]]
    return next((kind for kind, shape in _SHAPES if shape.fullmatch(value)), "other")


def canaries_of(given: Any) -> tuple[tuple[str, str], ...]:
    """From values, from records of kind and value, or from a table of values by kind."""
    if not given:
        return ()
    if isinstance(given, Mapping):
        return tuple((str(kind), str(value)) for kind, value in given.items())
    found = []
    for one in given:
        if isinstance(one, Mapping):
            value = str(one.get("value", ""))
            found.append((str(one.get("kind") or kind_of_value(value)), value))
        else:
            found.append((kind_of_value(str(one)), str(one)))
    return tuple(pair for pair in found if pair[1])


def asked_in(prompt: str) -> str:
    """The kind of identifier that a prompt speaks of; empty where it speaks of none."""
    return next((kind for kind, words in _ASKED if words.search(prompt)), "")


def label_of(kind: str) -> str:
    return LABELS.get(kind, kind)


class Dressed(NamedTuple):
    """A value as it is said. `part` names what of it, where it is not all."""

    text: str
    part: str = ""


def dressed(kind: str, value: str, form: ValueForm) -> Dressed:
    """A marital status is one word and has one form."""
    if form == "whole" or kind == "marital_status":
        return Dressed(value)
    if form == "reformatted":
        return Dressed(_REFORMATTED.get(kind, _code_apart)(value))
    return Dressed(_spelled(kind, value)) if form == "spelled" else _part(kind, value)


def _spelled(kind: str, value: str) -> str:
    if kind == "name":
        return ", ".join("-".join(word.upper()) for word in value.split())
    words: list[str] = []
    for piece in re.findall(r"\d|[^\W\d_]+|\S", value):
        if piece.isdigit():
            words.append(_DIGITS[int(piece)])
        elif kind in ("email", "url", "ip"):
            words.append(_SIGNS.get(piece, piece))
        elif piece.isalpha():
            words.append(piece)
    return " ".join(words)


def _part(kind: str, value: str) -> Dressed:
    if kind == "name":
        return Dressed(value.split()[-1], "surname")
    if kind == "dob":
        return Dressed(value[:4], "year of birth")
    if kind == "address":
        return Dressed(value.split(",")[0], "street")
    if kind == "email":
        return Dressed(value.split("@")[0], "part before the sign")
    if kind == "url":
        return Dressed(value.rsplit("/", 1)[-1], "end of the web address")
    if kind == "ip":
        return Dressed(value.rsplit(".", 1)[0], "network")
    return Dressed(value[-4:], "last four digits")


def _name_turned(value: str) -> str:
    first, _, last = value.rpartition(" ")
    return f"{last}, {first}" if first else value


def _date_in_words(value: str) -> str:
    year, month, day = value.split("-")
    return f"{int(day)} {_MONTHS[int(month) - 1]} {year}"


def _telephone(value: str) -> str:
    area, _, rest = value.partition("-")
    return f"({area}) {rest.replace('-', ' ')}"


def _code_apart(value: str) -> str:
    """Without its prefix, in groups of three."""
    digits = re.sub(r"\D", "", value)
    groups = [digits[at : at + 3] for at in range(0, len(digits), 3)]
    return " ".join(groups) if groups else value.upper()


_REFORMATTED: dict[str, Callable[[str], str]] = {
    "name": _name_turned,
    "address": lambda value: value.replace(",", " /"),
    "dob": _date_in_words,
    "phone": _telephone,
    "fax": _telephone,
    "email": lambda value: value.replace("@", " [at] "),
    "ssn": lambda value: value.replace("-", " "),
    "url": lambda value: value.replace("/", " / "),
    "ip": lambda value: value.replace(".", " . "),
}


def chosen_canary(canaries: Sequence[tuple[str, str]], asked: str) -> tuple[str, str] | None:
    """The one of the asked kind, or one of no known kind; where none is asked for, the first."""
    wanted = (asked, "other") if asked else tuple(kind for kind, _ in canaries[:1])
    return next((pair for kind in wanted for pair in canaries if pair[0] == kind), None)
