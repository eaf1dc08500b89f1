"""Draws phantoms that look like slices: CT of a belly, MR of a head, and an ultrasound scan."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from scipy import ndimage

from auscult.kit.imaging.phantom_shapes import (
    Drawing,
    Plane,
    edge,
    ellipse,
    finish,
    generator,
    lay,
    plane,
    side_of,
    texture,
)

BODY = (0.86, 0.66)
LESION_RADIUS = {"small": (0.055, 0.068), "large": (0.14, 0.165)}
"""The body is 1.72 wide, so a small one is under a twelfth of it and a large one above a sixth."""
LESION_VALUE = {"dark": 0.18, "bright": 0.88}
VENTRICLE = {"narrow": (0.045, 0.055), "wide": (0.12, 0.14)}
FAN_APEX, FAN_HALF_ANGLE, FAN_NEAR, FAN_FAR = -1.25, 0.66, 0.40, 2.15
CYST = {"round": (0.17, 0.17), "oval": (0.27, 0.125)}


def abdomen(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("abdomen", seed)
    at = plane()
    pixels = np.full(at[0].shape, 0.03, np.float32)
    pixels = lay(pixels, ellipse(at, (0.0, 0.0), BODY, soft=0.03), 0.30)
    pixels = lay(pixels, ellipse(at, (0.0, 0.0), (BODY[0] - 0.07, BODY[1] - 0.07)), 0.42)
    for side in (-1, 1):
        radii = (float(rng.uniform(0.27, 0.29)), float(rng.uniform(0.34, 0.38)))
        pixels = lay(pixels, ellipse(at, (side * 0.40, -0.06), radii, angle=side * 0.2), 0.55)
    pixels = lay(pixels, ellipse(at, (0.0, 0.36), (0.13, 0.11)), 0.92)
    pixels = lay(pixels, ellipse(at, (0.05, 0.12), (0.06, 0.06)), 0.60)
    facts: dict[str, Any] = {}
    radius = float(rng.uniform(*LESION_RADIUS[levels["size"]]))
    x, y = float(rng.uniform(0.37, 0.43)), float(rng.uniform(-0.14, 0.02))
    if levels["lesion"] != "none":
        centre = (side_of(levels["lesion"]) * x, y)
        spot = ellipse(at, centre, (radius, radius), soft=0.02)
        pixels = lay(pixels, spot, LESION_VALUE[levels["density"]])
        facts["lesion_diameter"] = round(2 * radius * 128, 1)
    return finish(pixels + texture(rng, pixels.shape, 3.0, 0.008), rng, 0.025), facts


def brain(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("brain", seed)
    at = plane()
    wide = float(rng.uniform(0.69, 0.73))
    pixels = np.full(at[0].shape, 0.02, np.float32)
    pixels = lay(pixels, ellipse(at, (0.0, 0.0), (wide + 0.12, 0.95)), 0.80)
    pixels = lay(pixels, ellipse(at, (0.0, 0.0), (wide + 0.05, 0.88)), 0.06)
    inside = ellipse(at, (0.0, 0.0), (wide, 0.83))
    pixels = lay(pixels, inside, 0.48)
    pixels += inside * texture(rng, pixels.shape, 4.0, 0.03)
    half = float(rng.uniform(*VENTRICLE[levels["ventricles"]]))
    for side in (-1, 1):
        gap = ellipse(at, (side * (half + 0.025), -0.05), (half, 0.27), angle=-side * 0.08)
        pixels = lay(pixels, gap, 0.10)
    facts: dict[str, Any] = {"ventricle_width": round(2 * half * 128, 1)}
    radius = float(rng.uniform(0.11, 0.13))
    x, y = float(rng.uniform(0.45, 0.49)), float(rng.uniform(-0.35, 0.35))
    if levels["lesion"] != "none":
        centre = (side_of(levels["lesion"]) * x, y)
        pixels = lay(pixels, ellipse(at, centre, (radius, radius), soft=0.03), 0.88)
        if levels["form"] == "ring":
            core = 0.55 * radius
            pixels = lay(pixels, ellipse(at, centre, (core, core), soft=0.03), 0.30)
        facts["lesion_diameter"] = round(2 * radius * 128, 1)
    return finish(pixels, rng, 0.02), facts


def ultrasound(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("ultrasound", seed)
    at = plane()
    reach = np.hypot(at[0], at[1] - FAN_APEX).astype(np.float32)
    angle = np.arctan2(at[0], at[1] - FAN_APEX).astype(np.float32)
    fan = edge((np.abs(angle) - FAN_HALF_ANGLE) * reach, 0.02)
    fan = fan * edge(reach - FAN_FAR, 0.02) * edge(FAN_NEAR - reach, 0.02)
    tissue = 0.42 + texture(rng, reach.shape, 14.0, 0.03) - 0.04 * reach
    facts: dict[str, Any] = {}
    radii = CYST[levels["shape"]]
    centre = (float(rng.uniform(0.30, 0.36)), float(rng.uniform(0.0, 0.25)))
    spot = (float(rng.uniform(-0.03, 0.03)), float(rng.uniform(-0.02, 0.02)))
    if levels["cyst"] != "none":
        centre = (side_of(levels["cyst"]) * centre[0], centre[1])
        tissue = lay(tissue, ellipse(at, centre, radii, soft=0.03), 0.03)
        facts["cyst_width"] = round(2 * radii[0] * 128, 1)
        if levels["spot"] == "present":
            place = (centre[0] + spot[0], centre[1] + spot[1])
            tissue = lay(tissue, ellipse(at, place, (0.055, 0.055)), 0.95)
    # Speckle multiplies: its grain is fine, and the dark stays dark.
    grain = np.hypot(*(ndimage.gaussian_filter(rng.standard_normal(reach.shape), 0.8)
                       for _ in range(2)))  # fmt: skip
    pixels = fan * tissue * (0.45 + 0.55 * grain / grain.mean())
    return finish(pixels.astype(np.float32), rng, 0.012), facts


DRAWINGS: dict[str, Drawing] = {"abdomen": abdomen, "brain": brain, "ultrasound": ultrasound}
