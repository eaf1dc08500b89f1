"""The released code's noise, measured: what it did, and what it was meant to do."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import pytest

from auscult.core import registry
from auscult.kit.imaging.edit import psnr

LEVEL = 100
"""The grey of 255 at which the overflow costs 9 dB; the loss depends on what there is to lose."""


def legacy(pixels: Any, seed: int = 1) -> Any:
    return registry.build("attacks", "shift/legacy-noise").edit(pixels, 1, Random(seed), {})


def grey(level: int, side: int = 400) -> Any:
    return np.full((side, side, 3), level / 255, dtype=np.float32)


@pytest.mark.parametrize("level", [LEVEL, 128])
def test_a_third_of_the_values_become_white_and_most_pixels_lose_one(level: int) -> None:
    white = np.isclose(legacy(grey(level)), 1.0)
    assert white.mean() == pytest.approx(0.3415, abs=0.005)
    assert white.any(axis=-1).mean() == pytest.approx(0.7145, abs=0.006)


@pytest.mark.parametrize(("level", "expected"), [(LEVEL, 9.0), (128, 10.7)])
def test_it_costs_thirty_decibels_more_than_the_noise_it_was_meant_to_be(
    level: int, expected: float
) -> None:
    clean = grey(level)
    assert psnr(legacy(clean), clean) == pytest.approx(expected, abs=0.1)
    noise = np.random.default_rng(1).normal(0.0, 6.0**0.5 / 255, clean.shape)
    assert psnr(clean + noise, clean) == pytest.approx(40.35, abs=0.1)


def test_the_overflow_saturates_what_is_bright_and_fills_what_is_black() -> None:
    """A draw of -1 or less is 253 or so after the cast: on black it is nearly white."""
    black = np.rint(legacy(grey(0)) * 255)
    assert (black > 240).mean() == pytest.approx(0.3415, abs=0.005)
    assert ((black > 12) & (black < 240)).sum() == 0, "the draws are small, or wrapped"
    assert (legacy(grey(255)) == 1.0).all(), "white saturates"


def test_a_grey_picture_is_read_as_three_channels() -> None:
    out = legacy(np.full((60, 50), 0.4, dtype=np.float32))
    assert out.shape == (60, 50, 3)
    assert (out.min(axis=-1) < out.max(axis=-1)).any(), "its noise is coloured"


def test_the_measurement_proper_does_not_overflow() -> None:
    """The default beside the legacy: mild noise at its mildest, no white at all."""
    clean = grey(LEVEL)
    noisy = registry.build("attacks", "shift/gaussian-noise").edit(clean, 1, Random(1), {})
    assert psnr(noisy, clean) > 29.0
    assert not np.isclose(noisy, 1.0).any()
