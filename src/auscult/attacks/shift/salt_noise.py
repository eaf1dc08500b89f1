"""Salt noise: pixels drawn by lot become white in all channels."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/salt-noise",
        changes="Turns a share of the pixels, drawn by lot, white.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seeded", "only-brighter", "changes-something",
            "distance-grows",
        ),
        table={"share": (0.01, 0.03, 0.07, 0.13, 0.22)},
        render=salted,
    )  # fmt: skip


def salted(given: Given) -> Any:
    out = given.pixels.copy()
    out[given.draws().random(out.shape[:2]) < given.at["share"]] = 1.0
    return out
