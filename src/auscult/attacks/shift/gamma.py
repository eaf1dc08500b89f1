"""Gamma raised: middle greys grow darker, black and white stay."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/gamma",
        changes="Raises every value to a power above 1, which darkens the middle.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seed-free", "keeps-order", "black-stays",
            "changes-something", "distance-grows",
        ),
        not_kept=("brightness",),
        table={"exponent": (1.2, 1.5, 1.9, 2.5, 3.3)},
        render=darkened,
    )  # fmt: skip


def darkened(given: Given) -> Any:
    return given.pixels ** given.at["exponent"]
