"""What a specialist replied, read strictly: a finding, or the fault that makes it unusable."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from auscult.core.message import Reply
from auscult.kit.rubric.prompt import LISTED, quotable
from auscult.kit.rubric.reading import Fault
from auscult.kit.rubric.text import Quotable
from auscult.kit.specialists.corpus import Passage
from auscult.kit.specialists.item import Item
from auscult.kit.specialists.prompt import REASON_WORDS, answer_shown
from auscult.kit.specialists.table import Specialist, Verdict

_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
SHORT = 60


class Form(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """As it comes back. `passages` is there where passages were shown, and only there."""

    quotes: list[str]
    reason: str
    codes: list[str]
    verdict: Verdict
    passages: list[str] | None = None


class Finding(msgspec.Struct, frozen=True):
    verdict: Verdict
    codes: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    """In the answer's own words."""
    passages: tuple[str, ...] = ()
    """File and line of passages that were quoted."""
    reason: str = ""


def read_finding(
    reply: Reply, specialist: Specialist, item: Item, passages: Sequence[Passage] = ()
) -> Finding | Fault:
    if reply.status == "truncated":
        return Fault("it was cut off before its end; write less")
    form = _form(reply.text)
    if isinstance(form, Fault):
        return form
    fault = _fault(form, specialist, bool(passages))
    if fault:
        return Fault(fault)
    quotes = _quoted(form.quotes, quotable(answer_shown(specialist, item)), "the answer")
    if isinstance(quotes, Fault):
        return quotes
    shown = [p.text for p in passages]
    seen = _quoted(form.passages or [], shown, "a passage")
    if isinstance(seen, Fault):
        return seen
    shows = not all(specialist.omits(code) for code in form.codes)
    if form.verdict == "found" and shows and not quotes:
        return Fault("the verdict found rests on no quote; copy words of the answer")
    places = tuple(p.place for p in passages if any(quote in p.text for quote in seen))
    return Finding(form.verdict, tuple(form.codes), quotes, places, form.reason.strip())


def _form(text: str) -> Form | Fault:
    body = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.fullmatch(body)
    try:
        return msgspec.json.decode(fenced[1] if fenced else body, type=Form)
    except msgspec.ValidationError as error:
        return Fault(f"it does not have the form asked for ({error})")
    except msgspec.DecodeError:
        return Fault("it is not one JSON object" if body else "it is empty")


def _fault(form: Form, specialist: Specialist, passages: bool) -> str:
    if (form.passages is not None) is not passages:
        return f"it has {'no' if passages else 'a'} field passages; keep to the form"
    unknown = [code for code in form.codes if code not in specialist.code_names]
    if unknown:
        return f"'{unknown[0][:SHORT]}' is none of the codes; they are " + ", ".join(
            specialist.code_names
        )
    if len(set(form.codes)) < len(form.codes):
        return "a code stands there twice"
    if form.verdict == "found" and not form.codes:
        return "the verdict is found and no code says what"
    if form.verdict == "none" and form.codes:
        return "the verdict is none, and yet a code is given"
    if max(len(form.quotes), len(form.passages or ())) > LISTED:
        return f"a list has more than {LISTED} entries"
    if len(form.reason.split()) > REASON_WORDS:
        return f"the reason has more than {REASON_WORDS} words"
    if form.verdict != "none" and not form.reason.strip():
        return f"the verdict is {form.verdict} and no reason says why"
    return ""


def _quoted(quotes: Sequence[str], stretches: Sequence[str], what: str) -> tuple[str, ...] | Fault:
    page = Quotable(*stretches)
    kept: list[str] = []
    for quote in quotes:
        if not quote.strip():
            continue
        found = page.find(quote)
        if found is None:
            short = quote if len(quote) < SHORT else quote[: SHORT - 3] + "..."
            return Fault(f"the quote '{short}' does not occur in {what}; copy exactly")
        if found not in kept:
            kept.append(found)
    return tuple(kept)
