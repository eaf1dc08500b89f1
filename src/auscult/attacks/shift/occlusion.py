"""Grey patches over places drawn by lot; a stronger severity covers those of the weaker too."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift

CELLS = 12
"""A side of the picture holds so many patches, where it has as many pixels."""
GREY = 0.5


def build() -> Shift:
    return Shift(
        name="shift/occlusion",
        changes="Covers a share of the picture with mid-grey patches at places drawn by lot.",
        invariants=(*EVERY_EDIT, "same-shape", "seeded", "changes-something", "distance-grows"),
        table={"area": (0.05, 0.10, 0.20, 0.30, 0.45)},
        render=covered,
    )


def covered(given: Given) -> Any:
    import numpy as np

    height, width = given.pixels.shape[:2]
    rows, columns = min(CELLS, height), min(CELLS, width)
    patches = max(1, round(given.at["area"] * rows * columns))
    hidden = np.zeros(rows * columns, dtype=bool)
    hidden[given.draws().permutation(rows * columns)[:patches]] = True
    row_of = np.arange(height) * rows // height
    column_of = np.arange(width) * columns // width
    out = given.pixels.copy()
    out[hidden.reshape(rows, columns)[np.ix_(row_of, column_of)]] = GREY
    return out
