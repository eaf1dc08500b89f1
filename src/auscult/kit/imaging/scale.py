"""Resizing in floats, so that nothing is rounded on the way."""

from __future__ import annotations

from typing import Any

import numpy as np
from PIL import Image


def resized(pixels: Any, height: int, width: int) -> Any:
    """Lanczos, with the support that shrinking needs; what it overshoots is clipped."""
    if pixels.ndim == 3:
        planes = [_plane(pixels[..., k], height, width) for k in range(pixels.shape[2])]
        return np.stack(planes, axis=-1)
    return _plane(pixels, height, width)


def _plane(pixels: Any, height: int, width: int) -> Any:
    image = Image.fromarray(np.ascontiguousarray(pixels, np.float32))
    smaller = np.array(image.resize((width, height), Image.Resampling.LANCZOS), np.float32)
    return np.clip(smaller, 0.0, 1.0, out=smaller)


def fitted(pixels: Any, max_side: int) -> Any:
    """The picture itself where its longer side is within `max_side`, else a smaller one."""
    height, width = pixels.shape[:2]
    longer = max(height, width)
    if longer <= max_side:
        return pixels
    return resized(
        pixels, max(1, round(height * max_side / longer)), max(1, round(width * max_side / longer))
    )
