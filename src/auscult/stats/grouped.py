"""Sums per group by sorting: a quarter of the memory of a hash table when groups are many."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    import numpy as np
    import polars as pl


class Sums(msgspec.Struct, frozen=True):
    """In the order of the keys, so that nothing depends on the order of the rows."""

    keys: Any
    totals: Any
    sizes: Any
    first: Any
    """Position, in the arrays given, of each group's first row once sorted."""


def codes(series: pl.Series) -> np.ndarray[Any, Any]:
    """Numbers that tell the values apart, and sort as they do."""
    import polars as pl

    if not series.dtype.is_integer():
        series = series.cast(pl.String).rank("dense").fill_null(0)
    return series.to_numpy()


def sums_by(key: np.ndarray[Any, Any], values: np.ndarray[Any, Any]) -> Sums:
    """Values are added in sorted order, because a sum of floats depends on it."""
    import numpy as np

    order = np.lexsort((values, key))
    ranked = key[order]
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    if not len(key):
        starts = starts[:0]
    totals = np.add.reduceat(values[order], starts) if len(starts) else np.zeros(0)
    sizes = np.diff(np.append(starts, len(key))).astype(np.float64)
    return Sums(ranked[starts], totals, sizes, order[starts])
