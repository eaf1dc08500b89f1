"""What a judge model said of a list of criteria, read strictly: what is met, or the fault.

Also what the words alone would say, the trivial reading beside it.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from auscult.core.message import Reply
from auscult.core.verdict import Verdict
from auscult.kit.open.case import Criterion
from auscult.kit.rubric.prompt import quotable
from auscult.kit.rubric.reading import Fault
from auscult.kit.rubric.text import Quotable, overlaps

_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
_LINE = re.compile(r'[^"\\\n\r\t]{3,100}')
SHORT = 60


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    quote: str
    met: bool


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    criteria: list[Entry]


class Reading(msgspec.Struct, frozen=True):
    met: tuple[str, ...]
    """Ids in the order of the criteria."""
    quotes: tuple[str, ...] = ()
    """In the answer's own words: one for each that is met, in that order, but for the unquoted."""
    unquoted: list[str] = []
    """Faults said to be met on no words at all. A fault of leaving something out has none, so
    these stand, and are named."""


def read_criteria(reply: Reply, criteria: Sequence[Criterion], answer: str) -> Reading | Fault:
    """`answer` is what the judge model was asked of: quotes must occur in what it was shown."""
    if reply.status == "truncated":
        return Fault("it was cut off before its end; use shorter quotes")
    form = _form(reply.text)
    if isinstance(form, Fault):
        return form
    wanted = [c.id for c in criteria]
    given = [entry.id for entry in form.criteria]
    if sorted(given) != sorted(wanted):
        return Fault(_ids_fault(wanted, given))
    return _checked(form, criteria, Quotable(*quotable(answer)))


def _checked(form: Form, criteria: Sequence[Criterion], page: Quotable) -> Reading | Fault:
    said = {entry.id: entry for entry in form.criteria}
    quotes, unquoted = list[str](), list[str]()
    for criterion in criteria:
        entry = said[criterion.id]
        quote = entry.quote.strip()
        if not entry.met:
            continue
        if quote:
            found = page.find(quote)
            if found is None or not found.strip():
                return Fault(_foreign(criterion.id, quote))
            quotes.append(found)
        elif criterion.points < 0:
            unquoted.append(criterion.id)
        else:
            return Fault(f"{criterion.id} is said to be met on no quote; copy words of the answer")
    met = tuple(c.id for c in criteria if said[c.id].met)
    return Reading(met, tuple(quotes), unquoted)


def _foreign(name: str, quote: str) -> str:
    shown = quote if len(quote) < SHORT else quote[: SHORT - 3] + "..."
    return (
        f"the quote for {name}, '{shown}', does not occur in the answer or is too short; copy more "
        "of it exactly"
    )


def quotes_by_criterion(verdict: Verdict) -> dict[str, str]:
    """The words that the judge of criteria quoted for each criterion that is met. Nothing where
    its verdict does not say which quote is whose: those of older versions do not."""
    bare = verdict.labels.get("unquoted", ())
    named = bare if isinstance(bare, list) else []
    quoted = [name for name in verdict.labels.get("met", ()) if name not in named]
    if len(quoted) != len(verdict.quotes):
        return {}
    return dict(zip(quoted, verdict.quotes, strict=True))


def _form(text: str) -> Form | Fault:
    body = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.fullmatch(body)
    try:
        return msgspec.json.decode(fenced[1] if fenced else body, type=Form)
    except msgspec.ValidationError as error:
        return Fault(f"it does not have the form asked for ({error})")
    except msgspec.DecodeError:
        return Fault("it is not one JSON object" if body else "it is empty")


def _ids_fault(wanted: Sequence[str], given: Sequence[str]) -> str:
    missing = [one for one in wanted if one not in given]
    if missing:
        return f"the criterion {missing[0]} is missing; give every criterion one entry"
    more = [one for one in given if one not in wanted]
    if more:
        return f"'{more[0][:SHORT]}' is the id of no criterion"
    twice = next(one for one in given if given.count(one) > 1)
    return f"the criterion {twice} stands there more than once"


def words_say(criteria: Sequence[Criterion], answer: str) -> tuple[str, ...]:
    """The trivial reading: a criterion is met where half of its longer words occur."""
    return tuple(c.id for c in criteria if overlaps(answer, c.text))


def filled_by_words(criteria: Sequence[Criterion], answer: str) -> str:
    """The form as the trivial reading fills it in."""
    parts = quotable(answer)
    met = words_say(criteria, " ".join(parts))
    line = next((found for part in parts if (found := _LINE.search(part))), None)
    quote = line[0].strip() if line else ""
    entries = [Entry(c.id, quote if c.id in met else "", c.id in met) for c in criteria]
    return msgspec.json.encode(Form(entries)).decode()
