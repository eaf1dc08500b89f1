"""What happened (behaviour), kept apart from what it is worth (score)."""

from __future__ import annotations

from typing import Any, Literal, get_args

import msgspec

Behaviour = Literal["answered", "partial", "abstained", "refused", "invalid", "error"]
BEHAVIOURS: tuple[Behaviour, ...] = get_args(Behaviour)


class Verdict(msgspec.Struct, frozen=True, omit_defaults=True):
    """A judge's reading of one trial. `score` is None where the behaviour carries none;
    how they map to pass and fail is the suite's business, declared before the run."""

    judge: str
    version: str
    behaviour: Behaviour
    score: float | None = None
    cause: str = ""
    labels: dict[str, Any] = {}
    quotes: tuple[str, ...] = ()


class Trial(msgspec.Struct, frozen=True, omit_defaults=True):
    """One arm of one case: one row. Its transcript is the calls it names, kept in the ledger."""

    suite: str
    case_no: int
    case_id: str
    arm: str
    repeat: int = 0
    attempt: int = 0
    calls: tuple[str, ...] = ()
    """Logical paths within the case; the ledger finds the replies by them."""
    labels: dict[str, Any] = {}
    verdicts: tuple[Verdict, ...] = ()
