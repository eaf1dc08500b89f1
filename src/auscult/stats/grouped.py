"""Sums per cluster, with memory that does not grow with the run.

A long table is read in parts that hold whole clusters. What a part leaves behind is how many
clusters have which sums: a million clusters of one yes or no each are two kinds of row, not a
million. Estimates, and the cluster bootstrap, are functions of those kinds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PART = 16_384
"""Rows worked on at once: enough to keep the cost per row, few enough to be nothing in memory."""


class Sums(msgspec.Struct, frozen=True):
    """In the order of the keys, so that nothing depends on the order of the rows."""

    keys: Any
    totals: Any
    sizes: Any
    first: Any
    """Position, in the arrays given, of each group's first row once sorted."""


class Kinds(msgspec.Struct, frozen=True):
    """The distinct rows of sums per cluster, in order, and how many clusters have each."""

    rows: Any
    times: Any

    @property
    def clusters(self) -> int:
        return int(self.times.sum())

    @property
    def totals(self) -> Floats:
        """Column sums over all clusters."""
        found: Floats = self.times @ self.rows
        return found

    def where(self, kept: Any) -> Kinds:
        return Kinds(self.rows[kept], self.times[kept])


def parts(frame: pl.DataFrame, by: str = "cluster") -> Iterator[pl.DataFrame]:
    """The rows in pieces of about `PART`, every cluster whole in one of them. Rows without a name
    are one cluster, here and in `codes`: they may have anything in common."""
    import polars as pl

    if len(frame) <= PART:
        yield frame
        return
    pieces = -(-len(frame) // PART)
    cluster = frame[by]
    number = cluster if cluster.dtype.is_integer() else cluster.cast(pl.String).hash()
    place = (number % pieces).cast(pl.Int32).fill_null(0)
    for piece in range(pieces):
        yield frame.filter(place == piece)


def pooled(blocks: Iterable[Floats], columns: int) -> Kinds:
    """Rows of sums, one a cluster, as kinds; the same whatever way they were cut into blocks."""
    import numpy as np

    rows, times = np.zeros((0, columns)), np.zeros(0)
    for block in blocks:
        found, counted = _distinct(block, np.ones(len(block)))
        together = np.concatenate((rows, found)), np.concatenate((times, counted))
        rows, times = _distinct(*together)
    return Kinds(rows, times)


def _distinct(rows: Floats, times: Floats) -> tuple[Floats, Floats]:
    """Faster than numpy.unique, which compares rows as records."""
    import numpy as np

    if not len(rows):
        return rows, times
    order = np.lexsort(rows.T[::-1])
    ranked = rows[order]
    starts = np.flatnonzero(np.concatenate(([True], (ranked[1:] != ranked[:-1]).any(axis=1))))
    return ranked[starts], np.add.reduceat(times[order], starts)


def codes(series: pl.Series) -> np.ndarray[Any, Any]:
    """Numbers that tell the values apart, and sort as they do; rows without a value are alike."""
    import polars as pl

    if not series.dtype.is_integer():
        series = series.cast(pl.String).rank("dense").fill_null(0)
    elif series.null_count():
        series = series.rank("dense").fill_null(0)
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


def column_sums(key: np.ndarray[Any, Any], columns: Floats) -> Floats:
    """One row per distinct key: the sums of each column over its rows, in the order of the keys."""
    import numpy as np

    if not len(key):
        return np.zeros((0, columns.shape[1]))
    order = np.argsort(key, kind="stable")
    ranked = key[order]
    if (ranked[1:] != ranked[:-1]).all():
        return columns[order]
    order = np.lexsort((*columns.T[::-1], key))
    starts = np.flatnonzero(np.concatenate(([True], ranked[1:] != ranked[:-1])))
    found: Floats = np.add.reduceat(columns[order], starts, axis=0)
    return found
