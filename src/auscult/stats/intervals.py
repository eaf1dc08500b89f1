"""Intervals for one proportion, from counts. Cheap to import: scipy only where it is called.

`successes` and `n` may be fractional where a caller passes an effective sample size; the
clustered rules of `stats.rates` do so.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist


def z_quantile(level: float = 0.95) -> float:
    """The two-sided normal quantile: 1.96 for 95%."""
    _check_level(level)
    return NormalDist().inv_cdf(0.5 + level / 2)


def t_quantile(df: float, level: float = 0.95) -> float:
    """The two-sided quantile of Student's t with `df` degrees of freedom."""
    from scipy.special import stdtrit

    _check_level(level)
    return float(stdtrit(df, 0.5 + level / 2))


def wilson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval. Nothing observed says nothing: (0, 1)."""
    return score_interval(successes, n, z_quantile(level))


def score_interval(successes: float, n: float, quantile: float) -> tuple[float, float]:
    """Wilson's form with any quantile, so that few clusters can bring Student's t."""
    _check_counts(successes, n)
    if n == 0:
        return 0.0, 1.0
    share, square = successes / n, quantile * quantile
    centre = (share + square / (2 * n)) / (1 + square / n)
    half = quantile / (1 + square / n) * sqrt(share * (1 - share) / n + square / (4 * n * n))
    # At the ends the formula is exactly 0 or 1; rounding must not leave 1e-17 there.
    low = 0.0 if successes == 0 else max(0.0, centre - half)
    high = 1.0 if successes == n else min(1.0, centre + half)
    return low, high


def clopper_pearson(successes: float, n: float, level: float = 0.95) -> tuple[float, float]:
    """The exact binomial interval: covers at least `level` whatever the true rate."""
    _check_level(level)
    _check_counts(successes, n)
    if n == 0:
        return 0.0, 1.0
    from scipy.special import betaincinv

    tail = (1 - level) / 2
    failures = n - successes
    low = 0.0 if successes == 0 else float(betaincinv(successes, failures + 1, tail))
    high = 1.0 if failures == 0 else float(betaincinv(successes + 1, failures, 1 - tail))
    return low, high


def rough_guide(clusters: float) -> str:
    """What is said of an interval from few of them."""
    of = "1 case or cluster" if round(clusters) == 1 else f"{clusters:.0f} cases or clusters"
    return f"Only {of}: the interval is a rough guide."


def _check_level(level: float) -> None:
    if not 0 < level < 1:
        raise ValueError(f"the confidence level must lie between 0 and 1, not {level}")


def _check_counts(successes: float, n: float) -> None:
    if n < 0 or not 0 <= successes <= n:
        raise ValueError(f"{successes} successes of {n} is not a count of a whole")
