"""What phantoms are drawn with: soft shapes on a plane where x and y run from -1 to 1.

x grows to the right and y downwards, as the picture is displayed.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

SIZE = 256
Plane = NDArray[np.float32]
Drawing = Callable[[Mapping[str, str], int], tuple[Plane, dict[str, Any]]]
Colour = tuple[float, float, float]


def generator(name: str, seed: int) -> np.random.Generator:
    """Each kind draws its own numbers from one seed."""
    return np.random.default_rng([seed, zlib.crc32(name.encode())])


def plane(height: int = SIZE, width: int = SIZE) -> tuple[Plane, Plane]:
    """x and y of every pixel's centre; the shorter side runs from -1 to 1."""
    half = min(height, width) / 2
    y = (np.arange(height, dtype=np.float32) + 0.5 - height / 2) / half
    x = (np.arange(width, dtype=np.float32) + 0.5 - width / 2) / half
    across, down = np.meshgrid(x, y)
    return across.astype(np.float32), down.astype(np.float32)


def edge(distance: Plane, soft: float) -> Plane:
    """1 inside (distance below 0), 0 outside, over a border `soft` wide."""
    covered: Plane = np.clip(0.5 - distance / soft, 0.0, 1.0).astype(np.float32)
    return covered


def ellipse(
    at: tuple[Plane, Plane],
    centre: tuple[float, float],
    radii: tuple[float, float],
    *,
    angle: float = 0.0,
    soft: float = 0.02,
) -> Plane:
    """How much of each pixel an ellipse covers; `angle` in radians."""
    x, y = at[0] - centre[0], at[1] - centre[1]
    cos, sin = np.cos(angle), np.sin(angle)
    along, across = x * cos + y * sin, y * cos - x * sin
    reach = np.sqrt((along / radii[0]) ** 2 + (across / radii[1]) ** 2)
    return edge((reach - 1.0) * min(radii), soft)


def bar(
    at: tuple[Plane, Plane],
    centre: tuple[float, float],
    half: tuple[float, float],
    *,
    angle: float = 0.0,
    soft: float = 0.015,
) -> Plane:
    """A rectangle by its centre and its half length and half width."""
    x, y = at[0] - centre[0], at[1] - centre[1]
    cos, sin = np.cos(angle), np.sin(angle)
    along, across = np.abs(x * cos + y * sin), np.abs(y * cos - x * sin)
    return edge(np.maximum(along - half[0], across - half[1]), soft)


def shade(value: float | Colour) -> Plane:
    """A grey or a colour, in the pixels' own type."""
    return np.asarray(value, dtype=np.float32)


def lay(pixels: Plane, mask: Plane, value: float | Colour) -> Plane:
    """The value laid over the picture where the mask is 1."""
    cover = mask if pixels.ndim == 2 else mask[..., None]
    return (pixels * (1 - cover) + shade(value) * cover).astype(np.float32)


def stamp(
    pixels: Plane,
    at: tuple[Plane, Plane],
    centre: tuple[float, float],
    radii: tuple[float, float],
    value: Colour,
    *,
    angle: float = 0.0,
) -> None:
    """A small ellipse, drawn in place and only around itself: a picture may hold many."""
    reach = max(radii) + 0.03
    rows, columns = (
        slice(
            max(int((middle - reach + 1) * SIZE / 2), 0), int((middle + reach + 1) * SIZE / 2) + 1
        )
        for middle in (centre[1], centre[0])
    )
    near = at[0][rows, columns], at[1][rows, columns]
    mask = ellipse(near, centre, radii, angle=angle, soft=0.015)
    pixels[rows, columns] = lay(pixels[rows, columns], mask, value)


def texture(rng: np.random.Generator, shape: tuple[int, ...], sigma: float, depth: float) -> Plane:
    """Smooth random unevenness with the standard deviation `depth`."""
    rough = ndimage.gaussian_filter(rng.standard_normal(shape), sigma)
    uneven: Plane = (depth * rough / rough.std()).astype(np.float32)
    return uneven


def finish(pixels: Plane, rng: np.random.Generator, noise: float) -> Plane:
    """With the grain of a detector, and within the range of a picture."""
    grain = noise * rng.standard_normal(pixels.shape[:2]).astype(np.float32)
    grain = grain if pixels.ndim == 2 else grain[..., None]
    return np.clip(pixels + grain, 0.0, 1.0).astype(np.float32)


def side_of(level: str) -> int:
    """-1 for the left of the picture, 1 for the right."""
    return {"left": -1, "right": 1}[level]


def scattered(
    rng: np.random.Generator,
    count: int,
    allowed: Callable[[float, float], bool],
    apart: float,
    taken: tuple[tuple[float, float], ...] = (),
) -> list[tuple[float, float]]:
    """Places at least `apart` from one another, where they are allowed."""
    places: list[tuple[float, float]] = []
    for _ in range(20_000):
        if len(places) == count:
            break
        x, y = (float(value) for value in rng.uniform(-1.0, 1.0, 2))
        near = any((x - a) ** 2 + (y - b) ** 2 < apart**2 for a, b in (*taken, *places))
        if not near and allowed(x, y):
            places.append((x, y))
    return places
