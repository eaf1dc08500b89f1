"""Contrast lowered: every value moves towards the picture's own mean."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/contrast",
        changes="Shrinks every value's distance from the picture's mean.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seed-free", "keeps-order", "keeps-mean",
            "changes-something", "distance-grows",
        ),
        not_kept=("brightness",),
        table={"factor": (0.8, 0.6, 0.45, 0.3, 0.18)},
        render=flattened,
    )  # fmt: skip


def flattened(given: Given) -> Any:
    mean = float(given.pixels.mean(dtype="float64"))
    return mean + given.at["factor"] * (given.pixels - mean)
