"""What a reading of an answer can come to."""

from __future__ import annotations

from typing import Literal

import msgspec

ReadBehaviour = Literal["answered", "abstained", "refused", "invalid"]


class Reading(msgspec.Struct, frozen=True):
    behaviour: ReadBehaviour
    choice: int | None = None
    """Place of the chosen option, as displayed; only where answered."""
    cause: str = ""
    """How it was read, or why it could not be."""
    evidence: str = ""
    """A piece of the answer, verbatim."""


def answered(choice: int, cause: str, evidence: str = "") -> Reading:
    return Reading("answered", choice, cause, evidence)


def invalid(cause: str, evidence: str = "") -> Reading:
    return Reading("invalid", None, cause, evidence)
