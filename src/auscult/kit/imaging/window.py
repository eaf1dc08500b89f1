"""From measured values to grey: windows, tables and percentiles."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np

PERCENTILES = (0.5, 99.5)
Form = Literal["linear", "linear_exact", "sigmoid"]


def window(values: Any, centre: float, width: float, form: Form = "linear") -> Any:
    """Grey in [0, 1] as DICOM PS3.3 C.11.2.1 defines it; a linear window is one narrower."""
    values = np.asarray(values, np.float32)
    if form == "sigmoid":
        steep = np.clip(-4.0 * (values - centre) / max(width, 1e-6), -60.0, 60.0)
        return (1.0 / (1.0 + np.exp(steep))).astype(np.float32)
    if form == "linear":
        centre, width = centre - 0.5, width - 1.0
    low, span = centre - width / 2.0, max(width, 1e-6)
    return np.clip((values - low) / span, 0.0, 1.0).astype(np.float32)


def between(values: Any, low: float, high: float) -> Any:
    """Grey in [0, 1]; all black where there is nothing between the two."""
    values = np.asarray(values, np.float32)
    if not high > low:
        return np.zeros(values.shape, np.float32)
    return np.clip((values - np.float32(low)) / np.float32(high - low), 0.0, 1.0)


def by_percentiles(values: Any, shown: Any = None) -> tuple[Any, dict[str, Any]]:
    """The middle 99% of what is shown; all of it where these are one value. What is no number
    counts as the lowest."""
    values = np.asarray(values, np.float32)
    good = np.isfinite(values) if shown is None else np.isfinite(values) & shown
    found = values[good]
    if found.size == 0:
        return np.zeros(values.shape, np.float32), {"window": "none: no value is a number"}
    low, high = (float(x) for x in np.percentile(found, PERCENTILES))
    told: dict[str, Any] = {"window": "percentiles", "percentiles": list(PERCENTILES)}
    if not high > low:
        low, high = float(found.min()), float(found.max())
        told = {"window": "lowest to highest"}
    grey = between(np.where(good, values, np.float32(low)), low, high)
    return grey, {**told, "window_from": low, "window_to": high}
