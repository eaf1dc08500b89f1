"""One answer that somebody else collected, with what their detector or a person said of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.message import Message, ReplyStatus
from auscult.kit.rows import BadRow, content_id

EXTRA = "transcript"
OCCURRENCE = "occurrence"
ROW = "row"
"""What the name of an occurrence starts with where a file numbers its rows."""
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
    absent: bool = False
    """Other models answered this question, and of this one the files hold no row."""


class Counted:
    """Names cases. Of one model the same prompt may occur several times: an occurrence is called by
    the number of its row where the file gives one, else by its place among its like."""

    def __init__(self) -> None:
        self._seen: dict[tuple[str, str], int] = {}

    def case(self, transcript: Transcript, messages: Sequence[Message], row: str = "") -> Case:
        *before, last = messages
        prompt = content_id("prompt", *(f"{turn.role}: {turn.text}" for turn in messages))
        place = (transcript.model, prompt)
        number = self._seen[place] = self._seen.get(place, 0) + 1
        brief = Brief(cluster=prompt, task="transcript")
        case = Case("", question=last.text, messages=tuple(before), brief=brief)
        return held_by(case, transcript, f"{ROW}{row}" if row else str(number))


def held_by(case: Case, transcript: Transcript, occurrence: str) -> Case:
    """The same question with what a model said to it; `occurrence` tells its like apart."""
    asked = f"{case.brief.cluster}-{occurrence}"
    extra = {EXTRA: msgspec.to_builtins(transcript), "asked": asked, OCCURRENCE: occurrence}
    brief = msgspec.structs.replace(case.brief, groups={"model": transcript.model}, extra=extra)
    return msgspec.structs.replace(case, id=f"{transcript.model}/{asked}", brief=brief)


def row_number(given: Any) -> str:
    """The number of a row as its file has it; empty where it has none."""
    text = "" if given is None or isinstance(given, bool) else str(given).strip()
    text = text.removesuffix(".0")
    return text if text.isdecimal() else ""


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
    """A person's label: 1 or true for a hallucination, 0 or false for none, 0.5 for unsure; None
    where none is."""
    text = "" if given is None else str(given).strip().lower()
    if not text:
        return None
    known = {"true": FLAGGED, "1": FLAGGED, "false": CLEAN, "0": CLEAN, UNSURE: UNSURE}
    plain = text.rstrip("0").removesuffix(".") if "." in text else text
    if (plain or "0") not in known:
        raise BadRow(
            f"'{given}' is no label; known: 0, 0.5, 1, true and false",
            "say what theirs stand for with --label THEIRS=OURS",
        )
    return (known[plain or "0"],)


def verdict_score(codes: Sequence[str]) -> float:
    """1 where nothing was found, 0.5 where it is unsure."""
    return {CLEAN: 1.0, UNSURE: 0.5}.get(codes[0], 0.0)


def text_at(data: Mapping[str, Any], *names: str) -> Any:
    """The first of several names that holds something."""
    return next((data[name] for name in names if data.get(name) is not None), None)
