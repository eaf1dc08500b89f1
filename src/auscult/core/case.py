"""A clinical situation put to a target, and the Brief that the target never sees."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from auscult.core.message import Message

OptionStatus = Literal["key", "wrong", "second-best", "unknown"]
Harm = Literal["none", "mild", "moderate", "severe", "life-threatening", "ungraded"]


class Measurement(msgspec.Struct, frozen=True, omit_defaults=True):
    """A quantity in the stem. `text` occurs exactly once there, so that an edit can find it."""

    quantity: str
    value: str
    unit: str
    text: str


class Source(msgspec.Struct, frozen=True, omit_defaults=True):
    """Where the fact comes from in general; not a quotation."""

    name: str
    kind: str = ""
    year: int | None = None


class OptionNote(msgspec.Struct, frozen=True, omit_defaults=True):
    """What the author knows of one option: how wrong it is, and what acting on it would do."""

    status: OptionStatus = "unknown"
    harm: Harm = "ungraded"
    why: str = ""


class ImageRef(msgspec.Struct, frozen=True, omit_defaults=True):
    path: str
    media_type: str = ""


class Brief(msgspec.Struct, frozen=True, omit_defaults=True):
    """Everything about a case that is for us and not for the target."""

    key: int | None = None
    """Index of the right option, in the order of `Case.options`."""
    reference: str = ""
    goal: str = ""
    rubric: tuple[str, ...] = ()
    option_notes: tuple[OptionNote, ...] = ()
    cluster: str = ""
    """Patient, image or vignette the case belongs to; empty means the case itself."""
    groups: dict[str, str] = {}
    specialty: str = ""
    modality: str = ""
    region: str = ""
    task: str = ""
    difficulty: str = ""
    harm_level: str = ""
    jurisdiction: str = ""
    source: Source | None = None
    as_of: str = ""
    licence: str = ""
    rationale: str = ""
    reviewers: tuple[str, ...] = ()
    extra: dict[str, Any] = {}


class Case(msgspec.Struct, frozen=True, omit_defaults=True):
    """`id` is unique within its data set. Text for the target is stem, question and options;
    `messages` holds earlier turns where there are any."""

    id: str
    stem: str = ""
    question: str = ""
    options: tuple[str, ...] = ()
    images: tuple[ImageRef, ...] = ()
    messages: tuple[Message, ...] = ()
    measurements: tuple[Measurement, ...] = ()
    brief: Brief = Brief()
    phi: bool = False
    """True where the data set declares real patient data: local or allow-listed endpoints only."""

    @property
    def cluster(self) -> str:
        return self.brief.cluster or self.id

    @property
    def text(self) -> str:
        return f"{self.stem} {self.question}".strip() if self.stem else self.question
