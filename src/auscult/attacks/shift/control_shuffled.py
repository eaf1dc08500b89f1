"""Control: the picture of another case, so that only the question's words are left to go by."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift, fitted, with_channels_of


def build() -> Shift:
    return Shift(
        name="shift/control-shuffled",
        changes="Puts another case's picture in place of this one.",
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
