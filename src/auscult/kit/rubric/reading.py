"""What a judge model replied, read strictly: a judgement, or the fault that makes it unusable."""

from __future__ import annotations

import re

import msgspec

from auscult.core.message import Reply
from auscult.core.verdict import Verdict
from auscult.kit.rubric.prompt import Ruling, quotable
from auscult.kit.rubric.text import Quotable

_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The form as it came back."""

    verdict: Ruling
    quotes: list[str]
    missing: list[str]
    wrong_claims: list[str]


class Judgement(msgspec.Struct, frozen=True):
    ruling: Ruling
    quotes: tuple[str, ...] = ()
    """In the answer's own words."""
    missing: tuple[str, ...] = ()
    wrong_claims: tuple[str, ...] = ()

    @property
    def at_odds(self) -> bool:
        """Whether the verdict and the lists say different things: counted, not mended."""
        return self.ruling == "right" and bool(self.missing or self.wrong_claims)


class Fault(msgspec.Struct, frozen=True):
    what: str
    """For the judge model, as the end of a sentence."""


def read_judgement(reply: Reply, answer: str) -> Judgement | Fault:
    """`answer` is what the judge model was asked of: quotes must occur in what it was shown."""
    if reply.status == "truncated":
        return Fault("it was cut off before its end; list less")
    said = _form(reply.text)
    if isinstance(said, Fault):
        return said
    page = Quotable(*quotable(answer))
    quotes: list[str] = []
    for quote in said.quotes:
        if not quote.strip():
            continue
        found = page.find(quote)
        if found is None:
            return Fault(f"the quote {_short(quote)} does not occur in the answer; copy exactly")
        if found not in quotes:
            quotes.append(found)
    if said.verdict in ("right", "partly") and not quotes:
        return Fault(f"the verdict {said.verdict} rests on no quote; copy words of the answer")
    return Judgement(said.verdict, tuple(quotes), _filled(said.missing), _filled(said.wrong_claims))


def ruling_of(verdict: Verdict) -> str:
    """What a verdict of the open-answer judge rules; empty where nothing could be read."""
    if verdict.behaviour == "error":
        return ""
    by_code = "right" if verdict.labels.get("by") == "match" else "no-answer"
    return str(verdict.labels.get("ruling") or by_code)


def _form(text: str) -> Said | Fault:
    body = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.fullmatch(body)
    try:
        return msgspec.json.decode(fenced[1] if fenced else body, type=Said)
    except msgspec.ValidationError as error:
        return Fault(f"it does not have the form asked for ({error})")
    except msgspec.DecodeError:
        return Fault("it is not one JSON object" if body else "it is empty")


def _short(quote: str) -> str:
    return '"' + (quote if len(quote) < 80 else quote[:77] + "...") + '"'


def _filled(items: list[str]) -> tuple[str, ...]:
    return tuple(item.strip() for item in items if item.strip())
