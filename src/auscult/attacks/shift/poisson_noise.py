"""Shot noise: every channel value becomes a count of few expected photons, and back."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/poisson-noise",
        changes="Replaces every channel value by a Poisson count around it, over the peak count.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seeded", "black-stays", "changes-something",
            "distance-grows",
        ),
        table={"peak": (300.0, 120.0, 50.0, 20.0, 8.0)},
        render=counted,
    )  # fmt: skip


def counted(given: Given) -> Any:
    return given.draws().poisson(given.at["peak"] * given.pixels) / given.at["peak"]
