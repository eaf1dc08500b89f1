"""Independent normal noise on every channel value, drawn in floats and clipped to the range."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/gaussian-noise",
        changes="Adds independent normal noise to every channel value.",
        invariants=(*EVERY_EDIT, "same-shape", "seeded", "changes-something", "distance-grows"),
        table={"sigma": (0.03, 0.06, 0.10, 0.16, 0.25)},
        render=noisy,
    )


def noisy(given: Given) -> Any:
    noise = given.draws().standard_normal(given.pixels.shape, dtype="float32")
    return given.pixels + given.at["sigma"] * noise
