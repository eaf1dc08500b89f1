"""Binomial sums over whole arrays: tails, critical counts and expectations."""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]

AT_ONCE = 1_000_000
"""Probabilities held at once: 8 MB each table."""


def expected(n: Whole, rate: float, passing: Callable[[Whole, Whole], Floats]) -> Floats:
    """Sum over x of P(x of n at `rate`) times `passing(n, x)`, for each n. `passing` is given a
    column of n and a row of x; what it says of x above n is not used. What lies nine standard
    deviations out is left out."""
    import numpy as np
    from scipy.special import gammaln, xlog1py, xlogy

    out = np.empty(len(n))
    reach = 9 * sqrt(max(1, int(n.max(initial=1))) * rate * (1 - rate)) + 10
    start = 0
    while start < len(n):
        stop = start + max(1, int(AT_ONCE / (2 * reach + 200)))
        part = n[start:stop, None]
        counts = np.arange(
            max(0, int(part.min() * rate - reach)),
            min(int(part.max()), int(part.max() * rate + reach)) + 1,
        )[None, :]
        rest = np.maximum(part - counts, 0)
        chance = gammaln(part + 1) - gammaln(counts + 1) - gammaln(rest + 1)
        chance = np.exp(chance + xlogy(counts, rate) + xlog1py(rest, -rate))
        chance *= counts <= part
        out[start:stop] = (chance * passing(part, counts)).sum(axis=1)
        start = stop
    return np.minimum(out, 1.0)


def at_most(k: Whole, n: Whole, p: float) -> Floats:
    """P(X <= k) for X binomial; k may be under 0 or over n."""
    import numpy as np
    from scipy.special import betainc

    inside = np.clip(k, 0, np.maximum(n - 1, 0))
    found = betainc(np.maximum(n - inside, 1), inside + 1.0, 1 - p)
    return np.asarray(np.where(k < 0, 0.0, np.where(k >= n, 1.0, found)))


def last_rejected(n: Whole, p: float, alpha: float) -> Whole:
    """The largest k with P(X <= k) at most alpha; -1 where there is none."""
    import numpy as np
    from scipy.special import bdtrik

    found = np.floor(np.nan_to_num(bdtrik(alpha, np.maximum(n, 1), p), nan=-1.0)).astype(np.int64)
    found = np.clip(found, -1, n)
    for step in (1, 0):  # the inverse may err by one either way
        found = np.where(at_most(found + step, n, p) <= alpha, found + step, found)
        found = np.where(at_most(found, n, p) > alpha, found - 1, found)
    return np.asarray(np.maximum(found, -1))
