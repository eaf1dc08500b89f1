"""The picture of another patient in place of this one, fitted to its size."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift, fitted, with_channels_of


def build() -> Shift:
    return Shift(
        name="shift/wrong-patient",
        changes="Puts another patient's picture of the same modality in place of this one.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seed-free", "input-independent", "changes-something",
        ),
        key="not-answerable",
        severities=ONE,
        needs=("donor",),
        render=exchanged,
    )  # fmt: skip


def exchanged(given: Given) -> Any:
    donor = with_channels_of(given.extra["donor"], given.pixels)
    return fitted(donor, *given.pixels.shape[:2])
