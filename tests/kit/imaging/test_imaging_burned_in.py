"""Burned-in text: words of letters' size are suspected, anatomy-like shapes and noise are not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont
from scipy import ndimage

from auscult.kit.imaging.burned_in import suspect_text

WORDS = "EXAMPLE ANNA 02.04.1961"


def ground(kind: str, height: int = 300, width: int = 400, seed: int = 1) -> Any:
    rng = np.random.default_rng(seed)
    rows, columns = np.mgrid[0:height, 0:width].astype(np.float32)
    flat = np.zeros((height, width), np.float32)
    if kind == "black":
        return flat
    if kind == "gradient":
        return (rows / height * 0.5 + columns / width * 0.3).astype(np.float32)
    if kind == "noise":
        return np.clip(rng.normal(0.3, 0.05, flat.shape), 0, 1).astype(np.float32)
    body = ((rows - height / 2) / (0.4 * height)) ** 2 + (
        (columns - width / 2) / (0.35 * width)
    ) ** 2
    drawn = 0.45 * (body < 1) + 0.4 * ((body > 0.9) & (body < 1.05))
    texture = ndimage.gaussian_filter(rng.normal(0, 1, flat.shape), 4)
    drawn = drawn + (body < 0.9) * texture / texture.std() * 0.08
    return np.clip(ndimage.gaussian_filter(drawn, 1), 0, 1).astype(np.float32)


def written(pixels: Any, size: int, ink: float, place: tuple[int, int], words: str = WORDS) -> Any:
    mask = Image.new("L", (pixels.shape[1], pixels.shape[0]))
    ImageDraw.Draw(mask).text(place, words, fill=255, font=ImageFont.load_default(size))
    share = np.asarray(mask, np.float32) / 255
    if pixels.ndim == 3:
        share = share[..., None]
    return (pixels * (1 - share) + share * ink).astype(np.float32)


GROUNDS = ["black", "gradient", "noise", "body"]


@pytest.mark.parametrize("kind", GROUNDS)
def test_nothing_is_suspected_where_nothing_is_written(kind: str) -> None:
    for seed in range(3):
        assert not suspect_text(ground(kind, seed=seed))


@pytest.mark.parametrize("kind", GROUNDS)
@pytest.mark.parametrize("size", [11, 16, 28])
def test_words_are_suspected_where_they_stand(kind: str, size: int) -> None:
    place = (6, 260)
    found = suspect_text(written(ground(kind), size, 1.0, place))
    assert found
    covered = sum((b - t) * (r - le) for t, le, b, r in found.boxes)
    assert found.share == pytest.approx(covered / (300 * 400))
    for top, _, bottom, _ in found.boxes:
        assert 250 <= top < bottom <= 300


def test_black_words_on_white_and_coloured_words() -> None:
    white = np.ones((120, 400), np.float32)
    assert suspect_text(written(white, 14, 0.0, (5, 5)))
    colour = np.zeros((120, 400, 3), np.float32)
    yellow = written(colour, 14, 1.0, (5, 5)) * np.array([1, 1, 0], np.float32)
    assert suspect_text(yellow)


def test_red_words_on_white() -> None:
    white = np.ones((120, 400, 3), np.float32)
    dark = written(white[..., 0], 14, 0.0, (5, 5))
    white[..., 1] = white[..., 2] = dark
    assert suspect_text(white)


def test_dark_words_on_a_coloured_ground() -> None:
    blue = np.zeros((120, 400, 3), np.float32) + np.array([0.1, 0.2, 0.9], np.float32)
    assert suspect_text(written(blue, 14, 0.0, (5, 5)))


def test_single_letters_and_rulers_in_pictures_are_not_names() -> None:
    assert not suspect_text(written(ground("body"), 24, 1.0, (10, 10), "R"))
    dots = ground("black")
    dots[::30, 200:203] = 1
    assert not suspect_text(dots)


def test_large_pictures_are_looked_at_smaller() -> None:
    large = np.zeros((3000, 4200), np.float32)
    found = suspect_text(written(large, 40, 1.0, (100, 2900)))
    assert found and min(box[0] for box in found.boxes) >= 2880
    assert max(box[2] for box in found.boxes) <= 3000


@pytest.mark.parametrize("shape", [(1, 1), (3, 500), (500, 2), (6, 6, 3)])
def test_tiny_pictures_hold_no_text(shape: tuple[int, ...]) -> None:
    rng = np.random.default_rng(1)
    assert not suspect_text(rng.random(shape, dtype=np.float32))


def test_white_noise_of_full_strength_is_no_text() -> None:
    rng = np.random.default_rng(3)
    for shape in ((300, 300), (300, 300, 3)):
        assert not suspect_text(rng.random(shape, dtype=np.float32))
