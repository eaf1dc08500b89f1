"""Low resolution: averaged down by a factor and drawn up again to the same size."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift, resized


def build() -> Shift:
    return Shift(
        name="shift/low-resolution",
        changes="Averages down by a factor and interpolates back to the same size.",
        invariants=(*EVERY_EDIT, "same-shape", "seed-free", "changes-something", "distance-grows"),
        table={"factor": (2, 3, 4, 6, 9)},
        render=coarsened,
    )


def coarsened(given: Given) -> Any:
    height, width = given.pixels.shape[:2]
    factor = given.at["factor"]
    small = resized(
        given.pixels, max(1, round(height / factor)), max(1, round(width / factor)), "area"
    )
    return resized(small, height, width, "linear")
