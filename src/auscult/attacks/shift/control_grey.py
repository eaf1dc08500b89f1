"""Control: a mid-grey picture of the same size, which shows nothing."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift

GREY = 0.5


def build() -> Shift:
    return Shift(
        name="shift/control-grey",
        changes="Makes every value mid grey: nothing of the picture is left.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seed-free", "input-independent", "changes-something",
        ),
        key="not-answerable",
        severities=ONE,
        render=blanked,
    )  # fmt: skip


def blanked(given: Given) -> Any:
    import numpy as np

    return np.full_like(given.pixels, GREY)
