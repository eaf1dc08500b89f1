"""Draws phantoms that look like one lead of an electrocardiogram on squared paper."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from auscult.kit.imaging.phantom_shapes import Drawing, Plane, finish, generator, lay, shade

HEIGHT, WIDTH = 224, 448
MARGIN = 16
BEATS = {"few": (4, 5), "some": (7, 8), "many": (10, 11)}
SPIKE_SIGMA, WIDE_SIGMA = 1.7, 5.4
PAPER, LINES, INK = (0.99, 0.93, 0.92), (0.97, 0.86, 0.86), (0.08, 0.08, 0.16)


def ecg(levels: Mapping[str, str], seed: int) -> tuple[Plane, dict[str, Any]]:
    rng = generator("ecg", seed)
    count = int(rng.choice(BEATS[levels["beats"]]))
    places = _places(rng, count, irregular=levels["rhythm"] == "irregular")
    broad = int(rng.integers(1, count - 1)) if levels["wide"] == "present" else -1
    columns = np.arange(WIDTH, dtype=np.float32)
    trace = 1.5 * np.sin(columns / 60.0 + rng.uniform(0.0, 6.0))
    step = (WIDTH - 2 * MARGIN) / count
    for number, place in enumerate(places):
        trace += _beat(columns - place, step, WIDE_SIGMA if number == broad else SPIKE_SIGMA)
    y = HEIGHT * 0.76 - trace
    pixels = np.broadcast_to(shade(PAPER), (HEIGHT, WIDTH, 3)).copy()
    pixels[:, ::12] = LINES
    pixels[::12, :] = LINES
    # A steep stroke is covered between neighbouring columns, or it would fall apart into dots.
    before, after = np.roll(y, 1), np.roll(y, -1)
    before[0], after[-1] = y[0], y[-1]
    top = np.minimum(y, (np.minimum(before, after) + y) / 2)
    low = np.maximum(y, (np.maximum(before, after) + y) / 2)
    rows = np.arange(HEIGHT, dtype=np.float32)[:, None]
    away = np.maximum(np.maximum(top[None, :] - rows, rows - low[None, :]), 0.0)
    pixels = lay(pixels, np.clip(1.8 - away, 0.0, 1.0).astype(np.float32), INK)
    return finish(pixels, rng, 0.01), {"beat_count": count}


def _places(rng: np.random.Generator, count: int, *, irregular: bool) -> list[float]:
    """Where the tall spikes stand, in columns."""
    if irregular:
        # Long and short intervals in a drawn order: uneven for sure, and no two spikes touch.
        gaps = np.linspace(0.55, 1.45, count - 1)
        rng.shuffle(gaps)
    else:
        gaps = 1.0 + rng.uniform(-0.015, 0.015, count - 1)
    step = (WIDTH - 2 * MARGIN) / count
    after_first = np.concatenate([[0.0], np.cumsum(gaps / gaps.mean())])
    return [float(MARGIN + step * (0.5 + place)) for place in after_first]


def _beat(away: Plane, step: float, sigma: float) -> Plane:
    """A tall spike and a low wave after it."""
    spike = 148.0 * np.exp(-((away / sigma) ** 2) / 2)
    after = 5.0 * np.exp(-(((away - 0.28 * step) / (0.07 * step + 1.5)) ** 2) / 2)
    return (spike + after).astype(np.float32)


DRAWINGS: dict[str, Drawing] = {"ecg": ecg}
