"""What the ledger holds, as msgpack arrays. Fields may be added at the end, never moved."""

from __future__ import annotations

from typing import Any

import msgspec

from auscult.core.message import Reply
from auscult.core.verdict import Verdict


class Intent(msgspec.Struct, frozen=True, array_like=True):
    """Durable before the call is sent, so that an unresolved one can be counted as spent."""

    id: int
    suite: int
    case_no: int
    attempt: int
    path: str
    role: str
    tokens: int
    cost: float | None = None


class Call(msgspec.Struct, frozen=True, array_like=True):
    id: int
    suite: int
    case_no: int
    attempt: int
    path: str
    role: str
    digest: bytes
    request: bytes
    reply: Reply
    seconds: float
    cost: float | None
    at: float
    charged: int = 0


class Effect(msgspec.Struct, frozen=True, array_like=True):
    """A nondeterministic value that is not a call: the time, a strategist's choice, a version."""

    suite: int
    case_no: int
    attempt: int
    path: str
    value: Any


class TrialRow(msgspec.Struct, frozen=True, array_like=True):
    arm: str
    repeat: int
    calls: tuple[str, ...]
    labels: dict[str, Any]
    verdicts: tuple[Verdict, ...]


class EncodedCase(msgspec.Struct, frozen=True):
    """A FinishedCase already encoded, where a fault could be laid at its suite's door."""

    suite: int
    case_no: int
    attempt: int
    body: bytes


class FinishedCase(msgspec.Struct, frozen=True, array_like=True):
    """A case and all its trials, committed together: the unit that resuming skips."""

    suite: int
    case_no: int
    attempt: int
    case_id: str
    cluster: str
    specialty: str
    difficulty: str
    groups: dict[str, str]
    trials: tuple[TrialRow, ...]
