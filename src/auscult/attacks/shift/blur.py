"""Gaussian blur, its width a share of the picture's size: a picture out of focus."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/blur",
        changes="Blurs with a Gaussian whose sigma is a share of the picture's size.",
        invariants=(*EVERY_EDIT, "same-shape", "seed-free", "changes-something", "distance-grows"),
        table={"sigma share": (0.002, 0.004, 0.007, 0.011, 0.016)},
        render=blurred,
    )


def blurred(given: Given) -> Any:
    from scipy.ndimage import gaussian_filter

    sigma = given.at["sigma share"] * given.scale
    widths = (sigma, sigma, 0.0)[: given.pixels.ndim]
    return gaussian_filter(given.pixels, widths, mode="nearest")
