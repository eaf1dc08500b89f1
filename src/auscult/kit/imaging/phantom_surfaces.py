"""Draws phantoms that look like colour pictures: a retina, a spot of the skin, stained tissue."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from scipy import ndimage

from auscult.kit.imaging.phantom_shapes import (
    Colour,
    Drawing,
    Plane,
    edge,
    ellipse,
    finish,
    generator,
    lay,
    plane,
    scattered,
    shade,
    side_of,
    stamp,
    texture,
)

RETINA: Colour = (0.78, 0.38, 0.18)
DISC: Colour = (0.93, 0.76, 0.42)
CUP: Colour = (1.0, 0.97, 0.84)
BLOOD: Colour = (0.45, 0.08, 0.05)
DISC_RADIUS = 0.19
CUP_SHARE = {"small": (0.28, 0.34), "large": (0.68, 0.74)}
DOTS = {"none": (0, 0), "few": (2, 4), "many": (12, 16)}
SKIN: Colour = (0.87, 0.70, 0.60)
BROWN: Colour = (0.48, 0.28, 0.16)
BLUE: Colour = (0.36, 0.42, 0.58)
BLACK: Colour = (0.10, 0.08, 0.09)
STAIN: Colour = (0.93, 0.74, 0.84)
NUCLEAR: Colour = (0.36, 0.20, 0.55)
NUCLEI = {"few": (8, 12), "some": (28, 34), "many": (62, 70)}
NUCLEUS = {"round": (0.036, 0.036), "elongated": (0.052, 0.019)}


def fundus(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("fundus", seed)
    at = plane()
    field = ellipse(at, (0.0, 0.0), (0.95, 0.95))
    light = (1.0 - 0.22 * (at[0] ** 2 + at[1] ** 2)).astype(np.float32)
    light += texture(rng, light.shape, 9.0, 0.012)
    pixels = shade(RETINA) * light[..., None]
    side = side_of(levels["disc"])
    centre = (side * float(rng.uniform(0.46, 0.52)), float(rng.uniform(-0.06, 0.06)))
    vessels = _vessels(at, centre, -side, rng)
    pixels = lay(pixels, vessels, BLOOD)
    pixels = lay(pixels, ellipse(at, centre, (DISC_RADIUS, DISC_RADIUS), soft=0.03), DISC)
    cup = DISC_RADIUS * float(rng.uniform(*CUP_SHARE[levels["cup"]]))
    pixels = lay(pixels, ellipse(at, centre, (cup, cup)), CUP)
    low, high = DOTS[levels["dots"]]
    wanted = int(rng.integers(low, high + 1))
    clear = ndimage.distance_transform_edt(vessels < 0.1)

    def allowed(x: float, y: float) -> bool:
        row, column = int((y + 1) * 128), int((x + 1) * 128)
        from_disc = np.hypot(x - centre[0], y - centre[1])
        return bool(np.hypot(x, y) < 0.78 and from_disc > 0.36 and clear[row, column] > 8)

    dots = scattered(rng, wanted, allowed, 0.13)
    for dot in dots:
        stamp(pixels, at, dot, (0.03, 0.03), BLOOD)
    return finish(pixels * field[..., None], rng, 0.012), {"dot_count": len(dots)}


def _vessels(
    at: tuple[Plane, Plane], disc: tuple[float, float], way: int, rng: np.random.Generator
) -> Plane:
    """Four arcs from the disc to the far side, two above and two below, that never cross."""
    covered = np.zeros_like(at[0])
    along = (at[0] - disc[0]) * way
    for down in (-1, 1):
        for bend in (0.42, 0.78):
            reach = bend * float(rng.uniform(0.93, 1.07))
            arc = disc[1] + down * reach * np.sqrt(np.clip(along, 0.0, None) + 0.001)
            # Distance across the stroke, not down the column: the arc is steep at the disc.
            slope = reach / (2 * np.sqrt(np.clip(along, 0.0, None) + 0.001))
            away = np.abs(at[1] - arc) / np.sqrt(1.0 + slope**2)
            stroke = edge((away - 0.016).astype(np.float32), 0.015) * (along > 0)
            covered = np.maximum(covered, stroke)
    return covered.astype(np.float32)


def skin(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("skin", seed)
    at = plane()
    light = 1.0 + texture(rng, at[0].shape, 2.5, 0.02)
    pixels = shade(SKIN) * light[..., None]
    centre = tuple(float(value) for value in rng.uniform(-0.05, 0.05, 2))
    x, y = at[0] - centre[0], at[1] - centre[1]
    theta, reach = np.arctan2(y, x), np.hypot(x, y)
    turn = float(rng.uniform(0.0, 2 * np.pi))
    if levels["outline"] == "even":
        outline = 0.47 * (1.0 + 0.02 * np.cos(2 * (theta - turn)))
    else:
        lobes = 0.22 * np.cos(theta - turn) + 0.16 * np.cos(3 * (theta - turn) + 0.9)
        outline = 0.47 * (1.0 + lobes + 0.08 * np.cos(5 * (theta - turn) + 2.0))
    soft = 0.02 if levels["border"] == "sharp" else 0.20
    spot = edge((reach - outline).astype(np.float32), soft)
    pixels = lay(pixels, spot, BROWN)
    start = float(rng.uniform(0.0, 2 * np.pi))
    more = {"one": (), "two": (BLUE,), "three": (BLUE, BLACK)}[levels["colours"]]
    for number, colour in enumerate(more):
        away = start + number * np.pi
        patch = (centre[0] + 0.17 * np.cos(away), centre[1] + 0.17 * np.sin(away))
        pixels = lay(pixels, spot * ellipse(at, patch, (0.12, 0.10), angle=away), colour)
    return finish(pixels, rng, 0.012), {}


def histology(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("histology", seed)
    at = plane()
    pixels = shade(STAIN) + texture(rng, at[0].shape, 5.0, 0.015)[..., None]
    low, high = NUCLEI[levels["nuclei"]]
    wanted = int(rng.integers(low, high + 1))
    dense = round(wanted * float(rng.uniform(0.75, 0.80)))
    side = side_of(levels["denser"])

    def within(half: int) -> Callable[[float, float], bool]:
        return lambda x, y: 0.08 < half * x < 0.92 and abs(y) < 0.92

    places = scattered(rng, dense, within(side), 0.12)
    places += scattered(rng, wanted - dense, within(-side), 0.12)
    long, short = NUCLEUS[levels["form"]]
    for place in places:
        size = float(rng.uniform(0.92, 1.08))
        angle = float(rng.uniform(0.0, np.pi))
        stamp(pixels, at, place, (size * long, size * short), NUCLEAR, angle=angle)
    return finish(pixels, rng, 0.012), {"nucleus_count": len(places)}


DRAWINGS: dict[str, Drawing] = {"fundus": fundus, "skin": skin, "histology": histology}
