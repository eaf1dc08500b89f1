"""One answer that somebody else collected, with what their detector or a person said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.message import Message, ReplyStatus
from auscult.kit.rows import BadRow, content_id

EXTRA = "transcript"
CLEAN, UNSURE = "0", "0.5"
KINDS: dict[str, str] = {
    "1": "facts",
    "2": "citations",
    "3": "reasoning",
    "4": "context",
    "5": "safety",
    "6": "instructions",
    "7": "bias and other",
}
"""What the seven codes of DAS stand for."""
FLAGGED = "flagged"
"""Stands for a label that says only that something is wrong."""


class Transcript(msgspec.Struct, frozen=True, omit_defaults=True):
    answer: str
    model: str
    status: ReplyStatus = "ok"
    cause: str = ""
    codes: tuple[str, ...] | None = None
    """What was found, by kind; "0" alone for nothing, "0.5" alone for unsure. None where nobody
    looked, or what was found cannot be read."""
    why: str = ""


class Counted:
    """Names cases: of one model the same prompt may occur several times, and each occurrence is
    the same case of every model."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def case(self, transcript: Transcript, messages: Sequence[Message], phi: bool = False) -> Case:
        *before, last = messages
        prompt = content_id("prompt", *(f"{turn.role}: {turn.text}" for turn in messages))
        place = (transcript.model, prompt)
        number = self._seen[place] = self._seen.get(place, 0) + 1
        asked = f"{prompt}-{number}"
        brief = Brief(
            cluster=prompt,
            groups={"model": transcript.model},
            task="transcript",
            extra={EXTRA: msgspec.to_builtins(transcript), "asked": asked},
        )
        return Case(f"{transcript.model}/{asked}", question=last.text, messages=tuple(before),
                    brief=brief, phi=phi)  # fmt: skip


def transcript_of(case: Case) -> Transcript | None:
    found = case.brief.extra.get(EXTRA)
    return None if found is None else msgspec.convert(found, Transcript)


def codes_of(given: Any) -> tuple[str, ...]:
    """Strictly: numbers of kinds, or 0 or 0.5 by itself; texts or numbers, in a list or alone."""
    many = given if isinstance(given, list) else [given]
    codes = tuple(dict.fromkeys(_code(one) for one in many))
    if not codes:
        raise BadRow("'merged_codes' is empty", 'nothing found is written as "0"')
    if len(codes) > 1 and (alone := [one for one in codes if one in (CLEAN, UNSURE)]):
        raise BadRow(f"'merged_codes' holds {alone[0]} beside other codes, which contradicts them")
    return codes


def _code(given: Any) -> str:
    text = "" if isinstance(given, bool) or given is None else str(given).strip()
    text = text.removesuffix(".0")
    if text not in {*KINDS, CLEAN, UNSURE}:
        raise BadRow(f"'{given}' is no code of a finding; known: 0, 0.5 and 1 to 7")
    return text


def label_of(given: Any) -> tuple[str, ...] | None:
    """A person's label: 1 for a hallucination, 0 for none, 0.5 for unsure; None where none is."""
    text = "" if given is None or isinstance(given, bool) else str(given).strip()
    known = {"1": FLAGGED, "0": CLEAN, UNSURE: UNSURE}
    if not text:
        return None
    if text.removesuffix(".0") not in known:
        raise BadRow(f"'{given}' is no label; known: 0, 0.5 and 1")
    return (known[text.removesuffix(".0")],)


def verdict_score(codes: Sequence[str]) -> float:
    """1 where nothing was found, 0.5 where it is unsure."""
    return {CLEAN: 1.0, UNSURE: 0.5}.get(codes[0], 0.0)


def text_at(data: Mapping[str, Any], *names: str) -> Any:
    """The first of several names that holds something."""
    return next((data[name] for name in names if data.get(name) is not None), None)
