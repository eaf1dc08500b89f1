"""Draws phantoms that look like radiographs: a chest, and the two bones of a forearm."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from auscult.kit.imaging.phantom_shapes import (
    Drawing,
    Plane,
    bar,
    edge,
    ellipse,
    finish,
    generator,
    lay,
    plane,
    side_of,
    texture,
)

LUNG_AT, LUNG_RADII = 0.42, (0.31, 0.64)
HEART_HALF = {"normal": (0.20, 0.26), "wide": (0.43, 0.47)}
"""Half widths; the chest, from one lung's outer edge to the other's, is 1.46 wide."""
BONE_AT, BONE_HALF = 0.32, (1.3, 0.13)
SLANT = {"level": (-0.06, 0.06), "slanting": (0.70, 0.85)}


def chest(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("chest", seed)
    at = plane()
    shift = rng.uniform(-0.03, 0.03, 2)
    at = at[0] - np.float32(shift[0]), at[1] - np.float32(shift[1])
    pixels = np.full(at[0].shape, 0.05, np.float32)
    pixels = lay(pixels, ellipse(at, (0.0, 0.15), (0.92, 1.15), soft=0.05), 0.60)
    fields = {side: _lung(at, side_of(side)) for side in ("left", "right")}
    ribs = 0.05 * np.sin(11.0 * (at[1] + 0.35 * np.abs(at[0])) + rng.uniform(0.0, 6.0))
    for field in fields.values():
        pixels = lay(pixels, field, 0.20)
        pixels += np.float32(0.8) * field * np.maximum(ribs, 0.0)
    heart = float(rng.uniform(*HEART_HALF[levels["heart"]]))
    pixels = lay(pixels, ellipse(at, (0.0, 0.12), (heart, 0.24), soft=0.03), 0.68)
    facts: dict[str, Any] = {"heart_share": round(heart / (LUNG_AT + LUNG_RADII[0]), 3)}
    if levels["fluid"] == "present":
        side = ("left", "right")[int(rng.integers(2))]
        level = float(rng.uniform(0.34, 0.38))
        pixels = lay(pixels, fields[side] * edge(level - at[1], 0.02), 0.64)
        facts["fluid_side"] = side
    radius = float(rng.uniform(0.09, 0.12))
    x, y = float(rng.uniform(0.40, 0.46)), float(rng.uniform(-0.34, -0.22))
    if levels["opacity"] != "none":
        centre = (side_of(levels["opacity"]) * x, y)
        pixels = lay(pixels, ellipse(at, centre, (radius, radius), soft=0.03), 0.60)
        facts["opacity_diameter"] = round(2 * radius * 128, 1)
    return finish(pixels + texture(rng, pixels.shape, 12.0, 0.01), rng, 0.02), facts


def _lung(at: tuple[Plane, Plane], side: int) -> Plane:
    return ellipse(at, (side * LUNG_AT, -0.02), LUNG_RADII, angle=side * 0.03, soft=0.03)


def bone(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("bone", seed)
    at = plane()
    tilt = float(rng.uniform(-0.05, 0.05))
    pixels = np.full(at[0].shape, 0.05, np.float32)
    pixels = lay(pixels, bar(at, (0.0, 0.0), (1.5, 0.72), angle=np.pi / 2 + tilt, soft=0.05), 0.28)
    upright = np.pi / 2 + tilt
    for side in (-1, 1):
        shaft = bar(at, (side * BONE_AT, 0.0), BONE_HALF, angle=upright, soft=0.03)
        marrow = bar(at, (side * BONE_AT, 0.0), (1.3, 0.055), angle=upright, soft=0.04)
        pixels = lay(lay(pixels, shaft, 0.78), marrow, 0.66)
    facts: dict[str, Any] = {}
    angle = float(rng.uniform(*SLANT[levels["course"]])) * (1 if rng.random() < 0.5 else -1)
    height = float(rng.uniform(-0.40, 0.40))
    if levels["fracture"] != "none":
        # The line stays within the shaft: long enough to cross it, whatever its angle.
        side = side_of(levels["fracture"])
        centre = (side * BONE_AT - height * np.tan(tilt), height)
        inside = bar(at, (side * BONE_AT, 0.0), BONE_HALF, angle=upright, soft=0.03)
        crack = bar(at, centre, (0.4, 0.026), angle=angle + tilt, soft=0.02)
        pixels = lay(pixels, inside * crack, 0.28)
        facts["fracture_degrees"] = round(abs(float(np.degrees(angle))), 1)
    if levels["plate"] == "present":
        side = (-1, 1)[int(rng.integers(2))]
        place = (side * (BONE_AT + 0.20), float(rng.uniform(-0.2, 0.2)))
        pixels = lay(pixels, bar(at, place, (0.35, 0.035), angle=upright), 0.99)
        facts["plate_side"] = "left" if side < 0 else "right"
    return finish(pixels + texture(rng, pixels.shape, 10.0, 0.012), rng, 0.02), facts


DRAWINGS: dict[str, Drawing] = {"chest": chest, "bone": bone}
