"""A picture of another modality in place of this one, fitted to its size, in its own colours."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift, fitted


def build() -> Shift:
    return Shift(
        name="shift/modality-swap",
        changes="Puts a picture of another modality, in its own colours, in place of this one.",
        invariants=(
            *EVERY_EDIT, "same-size", "seed-free", "input-independent", "changes-something",
        ),
        key="not-answerable",
        severities=ONE,
        needs=("donor",),
        render=exchanged,
    )  # fmt: skip


def exchanged(given: Given) -> Any:
    return fitted(given.extra["donor"], *given.pixels.shape[:2])
