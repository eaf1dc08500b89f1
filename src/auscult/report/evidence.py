"""Findings with their transcripts, made fit to be read: short at sight, whole on request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from auscult.core import registry
from auscult.core.estimate import Finding
from auscult.core.message import ImagePart, Message
from auscult.report.clean import SURROGATE

if TYPE_CHECKING:
    from auscult.engine.view import RunView

SHORT = 700
LONGEST = 40_000
WITH_TRANSCRIPT = 40
"""Findings beyond this many are listed without one: the page has to open on a phone."""
SEVERITIES = ("life-threatening", "severe", "moderate", "mild", "none", "ungraded")
_CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""With the marks that reorder text: they could make an answer read as what it does not say."""
SPEAKERS = {"system": "System prompt", "user": "Asked", "assistant": "Answered"}


class Turn(msgspec.Struct, frozen=True):
    role: str
    speaker: str
    start: str
    rest: str
    """The whole text where `start` is only its beginning; empty else."""
    length: int
    cut: bool
    """True where even `rest` is not the whole: the ledger has it."""


class Exhibit(msgspec.Struct, frozen=True):
    finding: Finding
    severity: str
    turns: tuple[Turn, ...]
    missing: str
    """Why there is no transcript; empty where there is one."""


def exhibits(view: RunView, findings: tuple[Finding, ...]) -> list[Exhibit]:
    """The gravest first; in the suite's order within one severity."""
    ordered = sorted(findings, key=lambda f: _rank(f.severity))
    wanted = {_key(f) for f in ordered[:WITH_TRANSCRIPT]}
    found = view.transcripts(wanted) if wanted else {}
    kept_back = {suite for suite in {f.suite for f in ordered} if redacts(view, suite)}
    return [
        _exhibit(
            f,
            found.get(_key(f), []),
            shown=number < WITH_TRANSCRIPT,
            redacted=bool(f.extra.get("redacted")) or f.suite in kept_back,
        )
        for number, f in enumerate(ordered)
    ]


def redacts(view: RunView, suite: str) -> bool:
    """Whether replies to the suite are withheld wherever a run is shown: as it says itself. Of
    those that do not say, only ours are known to ask for no harm."""
    declared = getattr(view.plugin(suite), "redacts", None)
    if declared is None:
        return registry.find("suites", suite).package != "auscult"
    return bool(declared)


def _rank(severity: str) -> int:
    return SEVERITIES.index(severity) if severity in SEVERITIES else len(SEVERITIES)


def _key(finding: Finding) -> tuple[str, str, str, int]:
    return finding.suite, finding.case_id, finding.arm, int(finding.extra.get("repeat", 0))


def _exhibit(finding: Finding, messages: list[Message], *, shown: bool, redacted: bool) -> Exhibit:
    missing = ""
    if redacted:
        messages = [withheld(m) for m in messages]
    if not shown:
        missing = (
            f"Only the {WITH_TRANSCRIPT} gravest findings carry their transcript on this page; the "
            "ledger holds the rest."
        )
    elif not messages:
        missing = "The transcript is not kept: it was purged from the ledger."
    severity = finding.severity if finding.severity != "ungraded" else "harm not graded"
    return Exhibit(finding, severity, tuple(_turn(m) for m in messages), missing)


def withheld(message: Message) -> Message:
    """What a target wrote, where it could do harm, is kept in the ledger and not spread by us."""
    if message.role != "assistant" or not message.text:
        return message
    size = f"{len(message.text):,} characters"
    return Message(
        message.role, f"[{size}, withheld because they could do harm; the ledger has them]"
    )


def _turn(message: Message) -> Turn:
    text = printable(_text(message))
    short = text if len(text) <= SHORT else text[: SHORT - 100].rstrip() + " …"
    return Turn(
        role=message.role,
        speaker=SPEAKERS.get(message.role, message.role),
        start=short or "(nothing)",
        rest="" if short == text else text[:LONGEST],
        length=len(text),
        cut=len(text) > LONGEST,
    )


def _text(message: Message) -> str:
    if isinstance(message.content, str):
        return message.content
    parts = []
    for part in message.content:
        if isinstance(part, ImagePart):
            parts.append(f"[image: {part.media_type}, sha256 {part.digest[:16]}]")
        else:
            parts.append(part.text)
    return "\n".join(parts)


def printable(text: str) -> str:
    """Control characters are made visible; half a surrogate pair becomes the replacement sign."""
    return _CONTROL.sub(_picture, SURROGATE.sub("\ufffd", text.replace("\r\n", "\n")))


def _picture(found: re.Match[str]) -> str:
    code = ord(found[0])
    return chr(0x2400 + code) if code < 0x20 else f"[U+{code:04X}]"
