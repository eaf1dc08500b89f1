"""Motion blur along a straight line whose direction is drawn by lot: a patient or probe moved."""

from __future__ import annotations

import math
from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift, per_channel


def build() -> Shift:
    return Shift(
        name="shift/motion-blur",
        changes="Averages along a straight line; direction by lot, length a share of the size.",
        invariants=(*EVERY_EDIT, "same-shape", "seeded", "changes-something", "distance-grows"),
        table={"length share": (0.01, 0.02, 0.035, 0.055, 0.08)},
        render=smeared,
    )


def smeared(given: Given) -> Any:
    angle = math.pi * given.rng.random()
    kernel = line(given.at["length share"] * given.scale, angle)
    return per_channel(given.pixels, lambda plane: convolved(plane, kernel))


def line(length: float, angle: float) -> Any:
    """A kernel of sum 1: points along the line, each shared among its four neighbours."""
    import numpy as np

    reach = math.ceil(length / 2) + 1
    side = 2 * reach + 1
    along = np.linspace(-length / 2, length / 2, 4 * side)
    ys, xs = reach + along * math.sin(angle), reach + along * math.cos(angle)
    top, left = np.floor(ys).astype(int), np.floor(xs).astype(int)
    down, right = ys - top, xs - left
    kernel = np.zeros((side, side))
    np.add.at(kernel, (top, left), (1 - down) * (1 - right))
    np.add.at(kernel, (top, left + 1), (1 - down) * right)
    np.add.at(kernel, (top + 1, left), down * (1 - right))
    np.add.at(kernel, (top + 1, left + 1), down * right)
    return (kernel / kernel.sum()).astype(np.float32)


def convolved(plane: Any, kernel: Any) -> Any:
    """By Fourier transform, so that a long line costs no more than a short one. The border is
    carried on outwards; what wraps round falls outside of what is kept."""
    import numpy as np
    from scipy.fft import irfft2, next_fast_len, rfft2

    height, width = plane.shape
    before = kernel.shape[0] - 1
    padded = np.pad(plane, kernel.shape[0] // 2, mode="edge")
    size = tuple(next_fast_len(length, real=True) for length in padded.shape)
    whole = irfft2(rfft2(padded, size) * rfft2(kernel, size), size)
    return whole[before : before + height, before : before + width]
