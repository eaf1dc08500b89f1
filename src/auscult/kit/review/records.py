"""What a run's ledger keeps of its reviews: queues as drawn, their items, and people's labels."""

from __future__ import annotations

from typing import Literal
from unicodedata import normalize

import msgspec

from auscult.kit.review.scheme import Outcome

Part = Literal["random", "priority"]


def reader_key(name: str) -> str:
    """What tells readers apart: neither capitals nor spaces do."""
    return " ".join(normalize("NFC", name).casefold().split())


class Stratum(msgspec.Struct, frozen=True):
    size: int
    drawn: int


class Queue(msgspec.Struct, frozen=True, kw_only=True):
    """As it was when it was drawn."""

    id: str
    at: str
    judge: str
    version: str
    seed: int
    frame: str
    """A digest of all verdicts that had a chance, so that a run that has grown is known."""
    verdicts: int
    without_verdict: int
    """Trials that the judge read without a verdict (errors): missing data, with no chance."""
    strata: dict[str, Stratum]
    labels: tuple[str, ...]
    positive: str
    outcomes: dict[str, tuple[Outcome, ...]]


class Drawn(msgspec.Struct, frozen=True, kw_only=True):
    """An item with everything its reader is not shown."""

    id: str
    place: int
    """In the queue's shuffled order."""
    suite: str
    case_no: int
    case_id: str
    cluster: str
    attempt: int
    arm: str
    repeat: int
    judged: str
    """The judge's label; empty where it was unsure."""
    stratum: str = ""
    part: Part = "random"
    inclusion: float | None = None
    """None of the priority part, which stands for nothing but itself."""
    reasons: tuple[str, ...] = ()
    readers: int = 1

    @property
    def trial(self) -> tuple[str, int, str, int]:
        return self.suite, self.case_no, self.arm, self.repeat


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """One person's word on one item; a changed one is a further label."""

    item: str
    reviewer: str
    label: str
    at: str
    added: str
    part: Part
    inclusion: float | None


class Review(msgspec.Struct, frozen=True):
    """One queue with all that came of it."""

    queue: Queue
    items: tuple[Drawn, ...]
    labels: tuple[Label, ...]
