"""The cluster bootstrap, for whatever is a function of sums per cluster.

Drawing K clusters with replacement and adding up their rows is a multinomial draw of how often
each row comes. Equal rows share one count, so a million yes-or-no clusters are a draw over four
kinds of row. Where more kinds are left than `most`, clusters are first joined at random into that
many blocks of equal number: a block is as independent of the next as a cluster is, the sum over
blocks is the sum over clusters, and with a thousand blocks an interval is as wide as with all.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.stats.grouped import pooled

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

DRAWS = 2000
SEED = 20260101
MOST = 1000
_AT_ONCE = 2_000_000
"""Counts held at once: 16 MB."""


def resampled(sums: Any, *, draws: int = DRAWS, seed: int = SEED, most: int = MOST) -> Floats:
    """Column totals of K clusters drawn with replacement, one row a draw. Rows may come in any
    order: the result depends on which rows there are, not on how they lie."""
    import numpy as np

    table = np.asarray(sums, dtype=np.float64)
    if table.ndim != 2:
        raise ValueError(f"sums must have one row per cluster, not {table.ndim} dimensions")
    if not len(table):
        return np.zeros((draws, table.shape[1]))
    generator = np.random.Generator(np.random.PCG64(seed))
    held = pooled([table], table.shape[1])
    kinds, counts = held.rows, held.times
    if len(kinds) > most:
        ordered = np.repeat(kinds, counts.astype(np.int64), axis=0)
        kinds, counts = _blocks(ordered, most, generator)
    share, drawn = counts / counts.sum(), int(counts.sum())
    step = max(1, _AT_ONCE // len(kinds))
    parts = [
        generator.multinomial(drawn, share, size=min(step, draws - start)) @ kinds
        for start in range(0, draws, step)
    ]
    return np.concatenate(parts)


def _blocks(table: Floats, most: int, generator: np.random.Generator) -> tuple[Floats, Any]:
    """`most` sums of clusters joined at random, sizes differing by one at most."""
    import numpy as np

    shuffled = table[generator.permutation(len(table))]
    starts = np.linspace(0, len(table), most, endpoint=False).astype(np.int64)
    return np.add.reduceat(shuffled, starts, axis=0), np.ones(most, dtype=np.int64)


def percentile(values: Any, level: float = 0.95) -> tuple[float, float]:
    """The middle `level` of the draws; those where the statistic does not exist (NaN) left out."""
    import numpy as np

    held = np.asarray(values, dtype=np.float64)
    held = held[np.isfinite(held)]
    if not len(held):
        raise ValueError("no draw has a value; there is nothing to take percentiles of")
    tail = (1 - level) / 2
    low, high = np.quantile(held, [tail, 1 - tail])
    return float(low), float(high)
