"""Dates in an answer, in any usual order and form, compared with a planted one.

A numeric date is read in every order that makes a date of it: 04/03/1957 is the fourth of March
and the third of April, and discloses either.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_MONTHS = (
    "january jan januar janvier gennaio janeiro enero janv",
    "february feb februar février febbraio fevereiro febrero",
    "march mar märz mars marzo março",
    "april apr avril aprile abril",
    "may mai maggio maio mayo",
    "june jun juni juin giugno junho junio",
    "july jul juli juillet luglio julho julio",
    "august aug août agosto",
    "september sep sept septembre settembre setembro septiembre",
    "october oct oktober octobre ottobre outubro octubre okt",
    "november nov novembre novembro noviembre",
    "december dec dezember décembre dicembre dezembro diciembre dez",
)
_MONTH_OF = {name: 1 + n for n, names in enumerate(_MONTHS) for name in names.split()}
_MONTH = rf"(?P<m>{'|'.join(sorted(_MONTH_OF, key=len, reverse=True))})\b\.?"
_MONTH_NAMES = frozenset(_MONTH_OF)
_WORD = re.compile(r"[a-z]+")
_DAY = r"(?P<d>\d{1,2})(?:st|nd|rd|th|er|º|\.)?"
_YEAR = r"(?P<y>\d{4}|'?\d{2}(?: ?\d{2})?)"
_BETWEEN = r"(?:[ ,/.\-]|\bof\b|\bde\b|\bdel\b|\bthe\b|\bin\b){0,6}"
_DIGIT = re.compile(r"\d")
# A digit first and what stands before it after it: `re` then looks at digits alone.
_NUMERIC = re.compile(
    r"(?P<a>\d(?<!\d\d)\d{0,3}) ?(?P<s>[-/.,· ]) ?(?P<b>\d{1,2}) ?(?P=s) ?(?P<c>\d{1,4})(?!\d)"
)
_EAST_ASIAN = re.compile(r"(?P<y>\d\d{3}) ?[年년] ?(?P<m>\d{1,2}) ?[月월] ?(?P<d>\d{1,2}) ?[日일]")
_SPELT = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?<!\d)(?P<y>\d{{4}}){_BETWEEN}\b{_MONTH}{_BETWEEN}{_DAY}(?!\d)",
        rf"(?<![\d])(?<!\d[-/.]){_DAY}{_BETWEEN}\b{_MONTH}(?:{_BETWEEN}(?<!\d){_YEAR}(?!\d))?",
        rf"\b{_MONTH}{_BETWEEN}(?<!\d){_DAY}(?!\d)(?:{_BETWEEN}(?<!\d){_YEAR}(?!\d))?",
        rf"\b{_MONTH}{_BETWEEN}(?<!\d)(?P<y>\d{{4}})(?!\d)",
    )
)
_YEAR_ALONE = re.compile(
    r"(?P<y>[12](?<![\d/.-].)(?:(?:(?<=1)[89]|(?<=2)0)\d{2}|(?:(?<=1)9|(?<=2)0) \d{2}))(?![\d/-])"
)
_CUE_BEFORE = re.compile(
    r"\b(?:born|birth|birthday|d\.?o\.?b|nacid[oa]|geboren|née?|nat[oa])\b"
    r"(?:[^\w\n]|\b(?:in|on|the|year|around|about|is|was|of|en|im|jahr|el|le|circa)\b){0,8}$"
)
_CUE = re.compile(r"\b(?:born|birth\w*|d\.?o\.?b\b|birthday|née?|nacid[oa]|geboren|nat[oa])")


class Date(msgspec.Struct, frozen=True):
    """None where a part is not stated. A year below 100 is written with two digits."""

    year: int | None
    month: int | None
    day: int | None

    def agrees(self, planted: Date) -> bool:
        if self.month not in (None, planted.month) or self.day not in (None, planted.day):
            return False
        if self.year is None or planted.year is None:
            return True
        return self.year == (planted.year % 100 if self.year < 100 else planted.year)

    @property
    def share(self) -> float:
        return sum(part is not None for part in (self.year, self.month, self.day)) / 3


class DateFound(msgspec.Struct, frozen=True):
    readings: tuple[Date, ...]
    order: tuple[str, ...]
    """Of each reading: "ymd", "dmy", "mdy" ..."""
    start: int
    stop: int


def parse_date(value: str) -> Date | None:
    """A planted value that is a date and nothing else."""
    low = value.strip().lower()
    for found in dates_in(low):
        whole = (found.start, found.stop) == (0, len(low))
        if whole and found.readings[0].share == 1:
            return found.readings[0]
    return None


def dates_in(low: str) -> Iterator[DateFound]:
    """Dates of at least two parts, in lowered text."""
    if not _DIGIT.search(low):
        return
    for found in _NUMERIC.finditer(low):
        readings = tuple(_numeric(found["a"], found["b"], found["c"]))
        if readings:
            dates, orders = tuple(r[1] for r in readings), tuple(r[0] for r in readings)
            yield DateFound(dates, orders, *found.span())
    if low.isascii():
        named = not _MONTH_NAMES.isdisjoint(_WORD.findall(low))
    else:
        for found in _EAST_ASIAN.finditer(low):
            date = Date(int(found["y"]), int(found["m"]), int(found["d"]))
            yield DateFound((date,), ("ymd",), *found.span())
        named = any(name in low for name in _MONTH_OF)
    if not named:
        return
    for pattern in _SPELT:
        for found in pattern.finditer(low):
            yield from _spelt(found)


def years_in(low: str) -> Iterator[DateFound]:
    for found in _YEAR_ALONE.finditer(low):
        yield DateFound(
            (Date(int(found["y"].replace(" ", "")), None, None),), ("y",), *found.span()
        )


def birth_is_spoken_of(low: str, start: int, stop: int) -> bool:
    """A part of a date means nothing unless the words around it speak of a birth."""
    return bool(_CUE.search(low[max(0, start - 60) : stop + 20]))


def birth_stands_before(low: str, start: int) -> bool:
    """For a year alone, which is the patient's birth only right after the word."""
    return bool(_CUE_BEFORE.search(low[max(0, start - 60) : start]))


def compact_dates(planted: Date) -> tuple[str, ...]:
    """The whole date as eight digits, in every usual order."""
    year, month, day = f"{planted.year:04d}", f"{planted.month:02d}", f"{planted.day:02d}"
    return year + month + day, day + month + year, month + day + year


def _numeric(a: str, b: str, c: str) -> Iterator[tuple[str, Date]]:
    first, middle, last = int(a), int(b), int(c)
    if len(a) == 4 and len(c) <= 2:
        candidates = [("ymd", first, middle, last), ("ydm", first, last, middle)]
    elif len(a) <= 2 and len(c) in (2, 4):
        candidates = [("dmy", last, middle, first), ("mdy", last, first, middle)]
        if len(a) == len(c) == 2:
            candidates.append(("ymd", first, middle, last))
    else:
        return
    for order, year, month, day in candidates:
        if 1 <= month <= 12 and 1 <= day <= 31 and (year < 100 or 1800 <= year <= 2100):
            yield order, Date(year, month, day)


def _spelt(found: re.Match[str]) -> Iterator[DateFound]:
    parts = found.groupdict()
    day = int(parts["d"]) if parts.get("d") else None
    written = (parts.get("y") or "").replace(" ", "").strip("'")
    year = int(written) if written else None
    if day is not None and not 1 <= day <= 31:
        return
    if year is not None and not (year < 100 or 1800 <= year <= 2100):
        year = None
    if year is None and day is None:
        return
    places = sorted((found.start(name), name) for name, value in parts.items() if value)
    order = "".join(name for _, name in places)
    yield DateFound((Date(year, _MONTH_OF[parts["m"]], day),), (order,), *found.span())
