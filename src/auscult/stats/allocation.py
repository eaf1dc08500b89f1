"""Many cells at once: what they say together, and which of them stand.

A cell is a stratum or a slice with a sequence of its own. Its error is bounded at every look, so
that looks cost nothing; only cells do, and alpha is divided over them. A cell that is decided may
be asked no more and its budget go to the others: every sequence counts its own clusters, so that it
stays valid however many it was given.
"""

from __future__ import annotations

from math import log, log1p
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.sequences import (
    FINE,
    MOST_BET,
    Evidence,
    Kind,
    check_sequence,
    next_mean,
    pack_evidence,
    stake,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]


class Pooled(msgspec.Struct, frozen=True):
    """A weighted mean over cells; without a value where a cell has none."""

    value: float | None
    low: float
    high: float
    note: str


def pooled(
    values: Mapping[str, float | None],
    lows: Mapping[str, float],
    highs: Mapping[str, float],
    weights: Mapping[str, float],
) -> Pooled:
    """The mean over cells with weights declared before the run.

    The weights never follow the numbers of clusters, which allocation has made depend on what was
    seen. With sequences that share alpha the interval holds at every look for any allocation; it
    adds the cells' widths, which is the price of that."""
    if not weights or set(weights) != set(values) or any(w <= 0 for w in weights.values()):
        raise ValueError("every cell needs one weight above 0, and every weight a cell")
    if abs(sum(sorted(weights.values())) - 1) > FINE:
        raise ValueError("the weights of the cells must add up to 1")
    names = sorted(weights)
    # Rounding must not carry an end past what the cells themselves allow.
    low = max(sum(weights[name] * lows[name] for name in names), min(lows.values()))
    high = min(sum(weights[name] * highs[name] for name in names), max(highs.values()))
    empty = [name for name in names if values[name] is None]
    if empty:
        note = f"No pooled value: no cluster of {', '.join(empty)} was read."
        return Pooled(None, low, high, note)
    value = sum(weights[name] * (values[name] or 0.0) for name in names)
    return Pooled(min(max(value, low), high), low, high, "")


def e_bh(log_e_values: Any, alpha: float = 0.05) -> NDArray[np.bool_]:
    """Which hypotheses are rejected with a false discovery rate of at most `alpha`, whatever the
    dependence and wherever each e-process was stopped (Wang and Ramdas 2022): the largest k for
    which k of the K e-values reach K / (alpha k)."""
    import numpy as np

    if not 0 < alpha < 1:
        raise ValueError(f"alpha must lie between 0 and 1, not {alpha}")
    given = np.asarray(log_e_values, dtype=np.float64)
    if given.ndim != 1 or np.isnan(given).any():
        raise ValueError("e-values must come as one list of numbers")
    cells = len(given)
    rank = np.arange(1, cells + 1)
    enough = np.sort(given)[::-1] >= np.log(cells / (alpha * np.maximum(rank, 1))) - FINE
    if not enough.any():
        return np.zeros(cells, dtype=bool)
    k = int(rank[enough][-1])
    out: NDArray[np.bool_] = given >= log(cells / (alpha * k)) - FINE
    return out


def evidence(
    kind: Kind,
    values: Any,
    mean: float,
    *,
    weights: Any = None,
    level: float = 0.95,
    bounds: tuple[float, float] = (0.0, 1.0),
    population: int | None = None,
) -> Evidence:
    """The e-processes behind the two ends, for one hypothetical mean and along the last axis of
    `values` (one row per replicate, say). A sequence of this level has excluded `mean` from below
    by the first look at which `above` reaches log(2 / (1 - level))."""
    import numpy as np

    check_sequence(level, bounds, population)
    span = bounds[1] - bounds[0]
    x = (np.asarray(values, dtype=np.float64) - bounds[0]) / span
    centre = (mean - bounds[0]) / span
    if not 0 <= centre <= 1 or (x.size and not (x.min() >= 0 and x.max() <= 1)):
        raise ValueError(f"the mean and all values must lie within {bounds}")
    if population is not None and (weights is not None or x.shape[-1] > population):
        raise ValueError(f"a pack of {population} takes as many clusters at most, and no weights")
    if kind == "yes-no":
        if weights is not None or not np.isin(x, (0.0, 1.0)).all():
            raise ValueError(f"this kind takes unweighted values at the bounds {bounds} only")
        return _counted_evidence(x, centre, population)
    w = np.ones(x.shape[-1]) if weights is None else np.asarray(weights, dtype=np.float64)
    if w.size and not (w.min() > 0 and w.max() <= 1):
        raise ValueError("weights must lie in (0, 1]")
    bet, before = _bets_of(x, w, log(2 / (1 - level)))
    n = np.arange(x.shape[-1])
    at = next_mean(np.full_like(x, centre), np.cumsum(x, axis=-1) - x, n, population)
    gain = x - at
    if kind == "betting":
        up = np.log1p(stake(bet, at) * w * gain)
        down = np.log1p(-stake(bet, 1 - at) * w * gain)
    else:
        if weights is not None:
            raise ValueError("empirical-Bernstein sequences take no weights; use betting")
        bet = np.minimum(bet, MOST_BET)
        price = (x - before) ** 2 * (-np.log1p(-bet) - bet)
        up, down = bet * gain - price, -bet * gain - price
    return Evidence(np.cumsum(up, axis=-1), np.cumsum(down, axis=-1))


def mixture_evidence(ones: Any, n: Any, mean: float) -> Evidence:
    """Log e-values against "the rate is at most `mean`" and "at least", after `ones` of `n`.

    The likelihood ratio against `mean`, averaged over a uniform prior on the rates above it (or
    below): a martingale where the rate is `mean`, a supermartingale on its far side. Our choice of
    prior in Robbins' (1970) method of mixtures: restricting it to one side is what keeps rare
    failures cheap to prove rare."""
    import numpy as np

    if not 0 < mean < 1:
        raise ValueError(f"the rate to test must lie strictly between 0 and 1, not {mean}")
    ones, n = np.asarray(ones, dtype=np.float64), np.asarray(n, dtype=np.float64)
    return Evidence(_mixed(ones, n - ones, mean), _mixed(n - ones, ones, 1 - mean))


def _mixed(ones: Floats, zeros: Floats, mean: float) -> Any:
    """log of: the integral over q > mean of q^ones (1-q)^zeros / (1-mean), over its value there."""
    import numpy as np
    from scipy.special import betainc, betaln

    with np.errstate(divide="ignore"):  # a share of nothing is evidence of -inf, as it should be
        share = np.log(betainc(zeros + 1, ones + 1, 1 - mean))
    at_mean = ones * log(mean) + (zeros + 1) * log1p(-mean)
    return betaln(ones + 1, zeros + 1) + share - at_mean


def _counted_evidence(x: Floats, centre: float, population: int | None) -> Evidence:
    import numpy as np

    ones = np.cumsum(x, axis=-1)
    n = np.arange(1, x.shape[-1] + 1)
    if population is None:
        return mixture_evidence(ones, n, centre)
    total = round(centre * population)
    if abs(centre * population - total) > FINE:
        raise ValueError(f"a pack of {population} cannot have the mean {centre} of zeros and ones")
    above, below = np.empty_like(ones), np.empty_like(ones)
    for look in n:
        for count in np.unique(ones[..., look - 1]):
            here = pack_evidence(int(count), int(look), population)
            same = ones[..., look - 1] == count
            above[..., look - 1][same] = here.above[total]
            below[..., look - 1][same] = here.below[total]
    return Evidence(above, below)


def _bets_of(x: Floats, weight: Floats, needed: float) -> tuple[Floats, Floats]:
    """All bets of `_Bets`, and the mean that stood before each."""
    import numpy as np

    mean = (0.5 + np.cumsum(weight * x, axis=-1)) / (1 + np.cumsum(weight, axis=-1))
    squares = 0.25 + np.cumsum((weight * (x - mean)) ** 2, axis=-1)
    mean, squares = np.roll(mean, 1, axis=-1), np.roll(squares, 1, axis=-1)
    mean[..., :1], squares[..., :1] = 0.5, 0.25
    return np.sqrt(2 * needed / (squares * np.log(np.arange(x.shape[-1]) + 2.0))), mean
