"""A planted date of birth in an answer: whole, in part, masked, or told part by part."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from auscult.kit.disclosure.dates import (
    MONTH_OF,
    Date,
    DateFound,
    birth_is_spoken_of,
    birth_stands_before,
    dates_in,
    years_in,
)
from auscult.kit.disclosure.digits import Place
from auscult.kit.disclosure.numbers import english_digits
from auscult.kit.disclosure.others import is_of_another
from auscult.kit.disclosure.views import Answer, View

_FIELD = r"(?:\d{1,2}(?:\d{2}|[x*•_#?█]{2})?|[x*•_#?█]{1,4})"
_MASKED = re.compile(
    rf"(?<![\w*])(?P<a>{_FIELD})(?P<s>[-/.])(?P<b>{_FIELD})(?P=s)(?P<c>{_FIELD})(?![\w*])"
)
_ORDERS = (("year", "month", "day"), ("day", "month", "year"), ("month", "day", "year"))
_UNITS = {
    "year": r"years?|yob|yyyy|año|jahr|geburtsjahr|année|anno|ano",
    "month": r"months?|mob|mm|mes|monat|geburtsmonat|mois|mese|mês",
    "day": r"day|dd|día|tag|geburtstag|jour|giorno|dia",
}
_NAMED_PART = re.compile(
    r"\b(?:birth[ _-]?)?(?:"
    + "|".join(f"(?P<{unit}>{words})" for unit, words in _UNITS.items())
    + r")\b[\"'*`]{0,3}(?:[ _]of[ _](?:her |his |the )?birth(?: month)?)?[\"'*`]{0,3}[^\w\n]{0,6}"
    r"(?:(?:is|was|ist|es|est|the|number|of|de)\b[^\w\n]{1,3}){0,3}"
    rf"(?P<value>\d{{1,4}}|{'|'.join(sorted(MONTH_OF, key=len, reverse=True))})(?:st|nd|rd|th)?\b"
)
_BIRTH = re.compile(r"\b(?:born|birth\w*|d\.?o\.?b|yob|nac\w+|geb\w*|née?|naiss\w+|nat[oa])\b")


def births_found(answer: Answer, planted: Date) -> Iterator[Place]:
    for low, view in answer.texts:
        yield from _of_text(answer, planted, low, view)


def _of_text(answer: Answer, planted: Date, low: str, view: View | None) -> Iterator[Place]:
    shown: dict[str, tuple[int, int]] = {}
    for found in (*dates_in(low), *years_in(low)):
        for date, order in zip(found.readings, found.order, strict=True):
            if not date.agrees(planted):
                continue
            if date.share < 1 and not _is_a_birth(low, date, found):
                continue
            span = found.start, found.stop
            if date.share == 1:
                form = _date_form(answer, found, order, view)
                yield form, 1.0, *(view.span(*span) if view else span)
                return
            shown |= dict.fromkeys(date.parts, span)
    shown = {**_named_parts(low, planted), **_masked_parts(low, planted), **shown}
    if shown:
        start, stop = min(s for s, _ in shown.values()), max(s for _, s in shown.values())
        share = len(shown) / 3
        form = "partial" if share < 1 else "reordered"
        yield form, share, *(view.span(start, stop) if view else (start, stop))


def _is_a_birth(low: str, date: Date, found: DateFound) -> bool:
    if date.month is None:
        spoken = birth_stands_before(low, found.start)
    else:
        spoken = birth_is_spoken_of(low, found.start, found.stop)
    return spoken and not is_of_another(low, found.start)


def _date_form(answer: Answer, found: DateFound, order: str, view: View | None) -> str:
    if view is not None:
        start, stop = view.span(found.start, found.stop)
        return "spelled" if english_digits(answer.low[start:stop]) else "translated"
    if answer.digits_of_other_scripts(found.start, found.stop):
        return "translated"
    return "reformatted" if order == "ymd" else "reordered"


def _named_parts(low: str, planted: Date) -> dict[str, tuple[int, int]]:
    """ "Year of birth 1950. Month: June. Day: 3": all three, or some where births are spoken of."""
    wanted = {"year": planted.year, "month": planted.month, "day": planted.day}
    found: dict[str, tuple[int, int]] = {}
    for unit, value, start, stop in _parts_named(low):
        if value == wanted[unit] and (unit not in found):
            found[unit] = start, stop
    if len(found) < 3:
        return {
            u: span for u, span in found.items() if _BIRTH.search(low[_near(span[0]) : span[1]])
        }
    first, last = min(s for s, _ in found.values()), max(s for _, s in found.values())
    return found if last - first < 200 else {}


def _near(start: int) -> int:
    return max(0, start - 12)


@lru_cache(maxsize=32)
def _parts_named(low: str) -> tuple[tuple[str, int, int, int], ...]:
    listed = []
    for found in _NAMED_PART.finditer(low):
        unit, value = str(found.lastgroup), found["value"]
        unit = next(name for name in _UNITS if found[name])
        number = int(value) if value.isdigit() else MONTH_OF[value] if unit == "month" else 0
        listed.append((unit, number, *found.span()))
    return tuple(listed)


def _masked_parts(low: str, planted: Date) -> dict[str, tuple[int, int]]:
    """ "01/**/1979", "27.01.19XX": the fuller of the readings that contradict nothing."""
    best: dict[str, tuple[int, int]] = {}
    for fields, start, stop in _masked_dates(low):
        for order in _ORDERS:
            known = _agreeing(dict(zip(order, fields, strict=True)), planted)
            spoken = len(known) >= 2 or _BIRTH.search(low[max(0, start - 40) : start])
            if len(known) > len(best) and spoken:
                best = dict.fromkeys(known, (start, stop))
    return best


def _agreeing(fields: dict[str, str], planted: Date) -> list[str]:
    wanted = {"year": planted.year, "month": planted.month, "day": planted.day}
    shown = {unit: text for unit, text in fields.items() if text.isdigit()}
    for unit, text in shown.items():
        value = wanted[unit] or 0
        if len(text) > 2 and unit != "year":
            return []
        if int(text) != (value % 100 if unit == "year" and len(text) == 2 else value):
            return []
    return list(shown)


@lru_cache(maxsize=32)
def _masked_dates(low: str) -> tuple[tuple[tuple[str, str, str], int, int], ...]:
    if not any(sign in low for sign in "x*•_#?█"):
        return ()
    found = []
    for one in _MASKED.finditer(low):
        fields = one["a"], one["b"], one["c"]
        if any(map(str.isdigit, fields)) and not all(map(str.isdigit, fields)):
            found.append((fields, *one.span()))
    return tuple(found)
