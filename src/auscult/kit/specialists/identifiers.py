"""Identifiers of sources in an answer: which there are, and whether each can exist by its form.

Checked are DOI, PMID, PMCID, ISBN (with its check digit) and NCT numbers. Form is decided by code
and costs nothing. Whether something stands behind a number is another matter: that needs the
network, so it is asked only through a hook that a caller hands in. None ships, and without one no
byte leaves the machine.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, Iterable, Iterator
from typing import Literal

import msgspec

Kind = Literal["doi", "pmid", "pmcid", "isbn", "nct"]
Exists = Callable[[Kind, str], Awaitable[bool | None]]
"""True, False, or None where it could not be found out."""

_DOI = re.compile(
    r"(?:doi\.org/|\bdoi(?!\.org)\s*[:=]?\s*(?=\d))(?P<it>[^\s,;<>\"')\]]+)", re.IGNORECASE
)
_DOI_FORM = re.compile(r"10\.\d{4,9}(?:\.\d+)*/[^\s/]\S*")
_PMID = re.compile(r"\b(?:PMID|PubMed ID)\s*[:#]?\s*(?P<it>[\w-]*\d[\w-]*)", re.IGNORECASE)
_PMCID = re.compile(r"\bPMC\s*(?:ID)?\s*[:#]?\s*(?P<it>(?:PMC)?[\w-]*\d[\w-]*)", re.IGNORECASE)
_ISBN = re.compile(
    r"\bISBN(?:-1[03])?\s*[:#]?\s*(?P<it>[\dXx](?:[- ]?[\dXx]){6,16})(?![\dXx])", re.IGNORECASE
)
_NCT = re.compile(r"\bNCT\s*[:#-]?\s*(?P<it>\d[\w-]*)", re.IGNORECASE)
PMID_DIGITS, PMCID_DIGITS, NCT_DIGITS = 8, 8, 8


class Identifier(msgspec.Struct, frozen=True):
    kind: Kind
    number: str
    text: str
    """As it stands in the answer."""
    fault: str = ""
    """What is wrong with its form; empty where it may exist."""


def identifiers(answer: str) -> tuple[Identifier, ...]:
    """Each once, in the order of their kinds."""
    return tuple({(one.kind, one.number): one for one in _found(answer)}.values())


async def without_source(found: Iterable[Identifier], exists: Exists) -> tuple[Identifier, ...]:
    """Those of a right form behind which the hook finds nothing. What it says is not journalled, so
    a judge in a run is given none."""
    return tuple(
        [
            msgspec.structs.replace(one, fault="nothing stands behind it")
            for one in found
            if not one.fault and await exists(one.kind, one.number) is False
        ]
    )


def _found(answer: str) -> Iterator[Identifier]:
    for kind, pattern, fault_of in _CHECKS:
        for found in pattern.finditer(answer):
            number = found["it"].rstrip(".:*_`")
            if number:
                text = found[0].rstrip(".:*_`")
                yield Identifier(kind, number, text, fault_of(number))


def _doi_fault(number: str) -> str:
    return "" if _DOI_FORM.fullmatch(number) else "a DOI is 10., four digits or more, / and a name"


def _digits_fault(most: int, what: str) -> Callable[[str], str]:
    def fault(number: str) -> str:
        bare = number.upper().removeprefix("PMC")
        right = bare.isdecimal() and not bare.startswith("0") and len(bare) <= most
        return "" if right else f"{what} has 1 to {most} digits and no leading 0"

    return fault


def _nct_fault(number: str) -> str:
    right = number.isdecimal() and len(number) == NCT_DIGITS
    return "" if right else f"an NCT number has {NCT_DIGITS} digits"


def _isbn_fault(number: str) -> str:
    signs = number.upper().replace("-", "").replace(" ", "")
    if len(signs) == 10 and signs[:9].isdecimal():
        last = 10 if signs[9] == "X" else int(signs[9])
        total = sum((10 - place) * int(sign) for place, sign in enumerate(signs[:9])) + last
        return "" if total % 11 == 0 else "its check digit is wrong"
    if len(signs) == 13 and signs.isdecimal():
        total = sum(int(sign) * (3 if place % 2 else 1) for place, sign in enumerate(signs))
        return "" if total % 10 == 0 else "its check digit is wrong"
    return "an ISBN has 10 or 13 digits"


_CHECKS: tuple[tuple[Kind, re.Pattern[str], Callable[[str], str]], ...] = (
    ("doi", _DOI, _doi_fault),
    ("pmid", _PMID, _digits_fault(PMID_DIGITS, "a PMID")),
    ("pmcid", _PMCID, _digits_fault(PMCID_DIGITS, "a PMCID")),
    ("isbn", _ISBN, _isbn_fault),
    ("nct", _NCT, _nct_fault),
)
