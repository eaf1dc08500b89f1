"""Looks at a picture of a phantom and measures what it shows, from pixels alone.

It knows what kinds of phantoms look like, as anybody who has seen some does, and shares no code
with what draws them. Thresholds are relative to the picture's own greys. Where nothing is found the
finding is None or 0, never an error: an eye that sees nothing still answers.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from scipy import ndimage, signal

Seen = dict[str, Any]
SIDE = 256


def measure(kind: str, pixels: Any) -> Seen:
    """`pixels` is float in [0, 1], (h, w, 3)."""
    return LOOKS[kind](pixels)


def nothing_to_see(pixels: Any) -> bool:
    """One shade all over, whatever the shade."""
    return float(pixels.std()) < 0.01


def _grey(pixels: Any, sigma: float) -> Any:
    return ndimage.gaussian_filter(pixels.mean(axis=2), sigma)


def _parts(mask: Any, least: int) -> list[Any]:
    """Connected parts of at least so many pixels, the largest first."""
    labels, _ = ndimage.label(mask)
    sizes = np.bincount(labels.ravel())
    order = [n for n in np.argsort(-sizes) if n and sizes[n] >= least]
    return [labels == n for n in order]


def _largest(mask: Any, least: int = 1) -> Any:
    return next(iter(_parts(mask, least)), np.zeros_like(mask))


def _enclosed(mask: Any) -> Any:
    return ndimage.binary_fill_holes(mask) & ~mask


def _centre(mask: Any) -> tuple[float, float]:
    rows, columns = np.nonzero(mask)
    return float(rows.mean()), float(columns.mean())


def _side(mask: Any) -> str | None:
    if not mask.any():
        return None
    return "left" if _centre(mask)[1] < mask.shape[1] / 2 else "right"


def _extent(mask: Any, axis: int) -> int:
    """How many rows (axis 1) or columns (axis 0) hold any of it, from first to last."""
    found = np.nonzero(mask.any(axis=axis))[0]
    return int(found[-1] - found[0] + 1) if found.size else 0


def _window(shape: tuple[int, int], x: tuple[float, float], y: tuple[float, float]) -> Any:
    """Pixels whose distance from the middle column, and whose row, lie between these shares."""
    rows = np.linspace(-1, 1, shape[0])[:, None]
    columns = np.abs(np.linspace(-1, 1, shape[1]))[None, :]
    return (columns >= x[0]) & (columns <= x[1]) & (rows >= y[0]) & (rows <= y[1])


def _spread(mask: Any) -> tuple[float, float]:
    """Length by width of a patch, and how far its long axis leans from level, in degrees."""
    rows, columns = np.nonzero(mask)
    if rows.size < 3:
        return 1.0, 0.0
    values, vectors = np.linalg.eigh(np.cov(np.stack([columns, rows])) + 1e-6 * np.eye(2))
    x, y = vectors[:, 1]
    return float(np.sqrt(values[1] / values[0])), float(np.degrees(np.arctan2(abs(y), abs(x))))


def _chest(pixels: Any) -> Seen:
    grey = _grey(pixels, 1.5)
    middle = grey[_window(grey.shape, (0, 0.7), (-0.6, 0.6))]
    dark = grey < (np.percentile(middle, 15) + np.percentile(middle, 85)) / 2
    inside = _window(grey.shape, (0, 0.82), (-0.8, 0.8))
    lungs = np.zeros_like(dark)
    for part in _parts(dark & inside, 600)[:2]:
        lungs |= part
    half = grey.shape[1] // 2
    spots = ndimage.binary_opening(_enclosed(lungs), iterations=3)
    seen: Seen = {"side": _side(_largest(spots, 150))}
    belt = lungs[int(0.53 * SIDE) : int(0.58 * SIDE)]
    chest = lungs[int(0.35 * SIDE) : int(0.58 * SIDE)].any(axis=0)
    outer, inner = np.nonzero(chest)[0], np.nonzero(belt.any(axis=0))[0]
    left, right = inner[inner < half], inner[inner >= half]
    if left.size and right.size:
        seen["heart"] = (right[0] - left[-1]) / max(outer[-1] - outer[0], 1)
    ends = [np.nonzero(side.sum(axis=1) > 8)[0] for side in (lungs[:, :half], lungs[:, half:])]
    if all(rows.size for rows in ends):
        seen["fluid"] = bool(abs(int(ends[0][-1]) - int(ends[1][-1])) > 0.05 * SIDE)
    return seen


def _abdomen(pixels: Any) -> Seen:
    grey = _grey(pixels, 1.2)
    window = _window(grey.shape, (0.15, 0.66), (-0.36, 0.25))
    air, organ = np.percentile(grey, 3), np.median(grey[window])
    dark = _largest(window & (grey < air + 0.62 * (organ - air)), 60)
    bright = _largest(window & (grey > organ + 0.38 * (organ - air)), 60)
    lesion = dark if dark.sum() >= bright.sum() else bright
    body = _extent(_largest(grey > air + 0.3 * (organ - air)), 0)
    width = 2 * np.sqrt(lesion.sum() / np.pi) / max(body, 1)
    return {"side": _side(lesion), "darker": lesion is dark, "width": width}


def _brain(pixels: Any) -> Seen:
    grey = _grey(pixels, 1.2)
    skull = _largest(grey > 0.75 * np.percentile(grey, 98))
    inside = _enclosed(skull)
    tissue = np.median(grey[inside]) if inside.any() else 0.5
    bone = np.percentile(grey, 98)
    bright = inside & (grey > (tissue + bone) / 2)
    lesion = _largest(bright, 60)
    hole = _enclosed(lesion)
    fluid = inside & (grey < 0.55 * tissue) & _window(grey.shape, (0, 0.4), (-0.2, 0.1))
    brain = inside & (grey > 0.55 * tissue)
    share = _extent(fluid, 0) / max(_extent(brain, 0), 1)
    ring = bool(hole.sum() > 0.08 * max(lesion.sum(), 1))
    return {"side": _side(lesion), "ring": ring, "ventricles": share}


def _retina(pixels: Any) -> Seen:
    green = ndimage.gaussian_filter(pixels[..., 1], 2.0)
    disc = ndimage.binary_fill_holes(_largest(green > (np.median(green) + green.max()) / 2, 100))
    seen: Seen = {"side": _side(disc), "count": _dots(pixels, disc)}
    if disc.any():
        blue = ndimage.gaussian_filter(pixels[..., 2], 1.0)[disc]
        pale = blue > (np.percentile(blue, 15) + np.percentile(blue, 99)) / 2
        seen["cup"] = float(np.sqrt(pale.mean()))
    return seen


def _dots(pixels: Any, disc: Any) -> int:
    green = ndimage.gaussian_filter(pixels[..., 1], 0.8)
    lower = ndimage.gaussian_filter(green, 10.0) - green
    retina = ndimage.gaussian_filter(pixels[..., 0], 0.8) > 0.15
    field = ndimage.binary_erosion(retina, iterations=6) & ~ndimage.binary_dilation(
        disc, iterations=8
    )
    dark = field & (lower > 0.25 * np.median(green))
    small = [p for p in _parts(dark, 12) if max(_extent(p, 0), _extent(p, 1)) <= 14]
    return sum(_spread(part)[0] < 1.8 for part in small)


def _skin(pixels: Any) -> Seen:
    red = ndimage.gaussian_filter(pixels[..., 0], 0.8)
    rim = np.concatenate([red[:12].ravel(), red[-12:].ravel()])
    skin = float(np.median(rim))
    spot = _largest(red < 0.75 * skin, 200)
    spot = ndimage.binary_fill_holes(spot)
    if not spot.any():
        return {"colours": ["brown"]}
    rows, columns = np.nonzero(spot ^ ndimage.binary_erosion(spot))
    middle = _centre(spot)
    reach = np.hypot(rows - middle[0], columns - middle[1])
    brown = float(np.percentile(red[spot], 70))
    between = (red > brown + 0.25 * (skin - brown)) & (red < brown + 0.75 * (skin - brown))
    near = ndimage.binary_dilation(spot, iterations=20)
    core = ndimage.binary_erosion(spot, iterations=2)
    smooth = ndimage.gaussian_filter(pixels, (1.5, 1.5, 0))
    blue = core & (smooth[..., 2] > smooth[..., 0] + 0.06)
    black = core & (smooth.max(axis=2) < 0.28 * skin)
    least = 0.012 * spot.sum()
    colours = ["brown"]
    colours += ["blue-grey"] if blue.sum() > least else []
    colours += ["black"] if black.sum() > least else []
    return {
        "uneven": float(reach.std() / reach.mean()),
        "border": float((between & near).sum() / max(rows.size, 1)),
        "colours": colours,
    }


def _ultrasound(pixels: Any) -> Seen:
    grey = _grey(pixels, 2.6)
    tissue = np.median(grey[grey > 0.1]) if (grey > 0.1).any() else 0.4
    holes = _enclosed(grey > 0.42 * tissue)
    cyst = _largest(holes, 350)
    spot = ndimage.binary_fill_holes(cyst) & ~cyst
    whole = ndimage.binary_fill_holes(cyst)
    oval = _extent(whole, 0) > 1.45 * max(_extent(whole, 1), 1)
    return {"side": _side(cyst), "oval": bool(oval), "spot": bool(spot.sum() > 40)}


def _tissue(pixels: Any) -> Seen:
    green = ndimage.gaussian_filter(pixels[..., 1], 0.6)
    pale = np.median(green)
    nuclei = _parts(green < 0.64 * pale, 14)
    if not nuclei:
        return {"count": 0, "side": None, "elongated": False}
    usual = np.median([part.sum() for part in nuclei])
    counts = [max(1, round(float(part.sum() / usual))) for part in nuclei]
    lefts = sum(n for n, part in zip(counts, nuclei, strict=True) if _side(part) == "left")
    long = float(np.median([_spread(part)[0] for part in nuclei]))
    side = "left" if 2 * lefts >= sum(counts) else "right"
    return {"count": sum(counts), "side": side, "elongated": long > 1.6}


def _forearm(pixels: Any) -> Seen:
    grey = _grey(pixels, 1.0)
    level = float(np.percentile(grey[_window(grey.shape, (0.25, 0.4), (-1, 1))], 60))
    bones = grey > 0.72 * level
    upright = np.ones((41, 1), bool)
    gaps = ndimage.binary_closing(np.pad(bones, 25, mode="edge"), upright)[25:-25, 25:-25] & ~bones
    gap = _largest(ndimage.binary_opening(gaps, np.ones((3, 3), bool)), 60)
    plate = grey > 1.22 * level
    slanting = _spread(gap)[1] > 22
    return {"side": _side(gap), "slanting": slanting, "plate": bool(plate.sum() > 250)}


def _trace(pixels: Any) -> Seen:
    grey = pixels.mean(axis=2)
    ink = grey < 0.5 * np.percentile(grey, 80)
    rows = np.arange(grey.shape[0])[:, None]
    drawn = ink.any(axis=0)
    if drawn.sum() < 20:
        return {"count": 0, "uneven": 0.0, "wide": False}
    top = np.where(ink, rows, grey.shape[0]).min(axis=0)
    base = float(np.median(top[drawn]))
    height = np.where(drawn, base - top, 0.0)
    peaks, _ = signal.find_peaks(height, height=0.55 * height.max(), distance=7)
    if peaks.size < 3:
        return {"count": int(peaks.size), "uneven": 0.0, "wide": False}
    gaps = np.diff(peaks)
    widths = signal.peak_widths(height, peaks, rel_height=0.5)[0]
    wide = bool(widths.max() > 1.6 * np.median(widths))
    return {"count": int(peaks.size), "uneven": float(gaps.std() / gaps.mean()), "wide": wide}


LOOKS: dict[str, Callable[[Any], Seen]] = {
    "chest": _chest,
    "abdomen": _abdomen,
    "brain": _brain,
    "retina": _retina,
    "skin": _skin,
    "ultrasound": _ultrasound,
    "tissue": _tissue,
    "forearm": _forearm,
    "trace": _trace,
}
