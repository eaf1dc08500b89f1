"""What sequential audits cost and how often they err: by exact recursion where clusters are yes or
no, by simulated peeking elsewhere.

`python tests/support/sequential_simulation.py` prints the table of stopping numbers; `peeking()`
is the grid of coverage, some minutes long at its full size.
"""

from __future__ import annotations

from collections.abc import Callable
from math import log
from typing import Any, NamedTuple

import numpy as np
from scipy.stats import binom

from auscult.stats.allocation import evidence, mixture_evidence
from auscult.stats.sequences import Kind
from auscult.stats.stopping import Clears

AVERAGED = (0.02, 0.05, 0.2, 0.4)
PRINTED = (0.02, 0.05, 0.08, 0.10, 0.12, 0.2, 0.4)
Cuts = tuple[np.ndarray, np.ndarray]
"""Per look: the fewest ones that say "above" and the most that say "below"."""


class Stopping(NamedTuple):
    """What becomes of audits at one true rate; those still open at the horizon count as stopped
    there."""

    mean: float
    above: float
    below: float
    undecided: float


def fixed_design(low: float, high: float, error: float = 0.05) -> tuple[int, int]:
    """The smallest n with a cut c such that P(X > c | low) and P(X <= c | high) are both at most
    `error`: exact binomial."""
    for n in range(1, 100_000):
        cut = int(binom.ppf(1 - error, n, low))
        if binom.cdf(cut, n, high) <= error:
            return n, cut
    raise AssertionError("no fixed design of a reasonable size")


def three_way_design(threshold: float, low: float, high: float, error: float = 0.05) -> int:
    """The smallest fixed n whose one-sided exact tests of the threshold, each at `error`, both
    reach power 1 - error: "below" at `low`, "above" at `high`. What a strict rule replaces."""
    for n in range(1, 100_000):
        upper, lower = binom.ppf(1 - error, n, threshold), binom.ppf(error, n, threshold)
        lower -= binom.cdf(lower, n, threshold) > error
        if binom.sf(upper, n, high) >= 1 - error and binom.cdf(lower, n, low) >= 1 - error:
            return n
    raise AssertionError("no fixed design of a reasonable size")


def fewest_possible(rate: float, threshold: float, alpha: float = 0.05) -> float:
    """No test that surely decides, and errs in at most `alpha` of audits at the threshold, stops
    sooner on average: E[N] >= log(1 / alpha) / KL(rate, threshold) (Wald 1945; Robbins 1970)."""
    distance = rate * log(rate / threshold) + (1 - rate) * log((1 - rate) / (1 - threshold))
    return log(1 / alpha) / distance


def cuts(rule: Clears, horizon: int) -> Cuts:
    """The rule on yes-or-no clusters, as counts: both e-values grow in one direction of the count,
    and neither cut ever falls as n grows."""
    needed = -log(rule.alpha) - 1e-9
    if rule.between:
        lo, hi = rule.between
        one, zero = log(hi / lo), log((1 - hi) / (1 - lo))

        def above(ones: int, n: int) -> float:
            return ones * one + (n - ones) * zero

        def below(ones: int, n: int) -> float:
            return -above(ones, n)

    else:

        def above(ones: int, n: int) -> float:
            return float(mixture_evidence(ones, n, rule.threshold).above)

        def below(ones: int, n: int) -> float:
            return float(mixture_evidence(ones, n, rule.threshold).below)

    return _walk(above, below, needed, horizon)


def miss_cuts(rate: float, level: float, horizon: int) -> Cuts:
    """Counts at which the yes-or-no sequence of this level excludes the rate itself."""
    return _walk(
        lambda ones, n: float(mixture_evidence(ones, n, rate).above),
        lambda ones, n: float(mixture_evidence(ones, n, rate).below),
        log(2 / (1 - level)),
        horizon,
    )


def _walk(
    above: Callable[[int, int], float],
    below: Callable[[int, int], float],
    needed: float,
    horizon: int,
) -> Cuts:
    upper, lower = np.zeros(horizon + 1, dtype=int), np.full(horizon + 1, -1)
    up, down = 1, -1
    for n in range(1, horizon + 1):
        while up <= n and above(up, n) < needed:
            up += 1
        while down + 1 <= n and below(down + 1, n) >= needed:
            down += 1
        upper[n], lower[n] = up, down
    return upper, lower


def stopping(at: Cuts, rate: float) -> Stopping:
    """Exact: the distribution of the count among audits still open, carried from look to look."""
    upper, lower = at
    horizon = len(upper) - 1
    still_open = np.zeros(horizon + 2)
    still_open[0] = 1.0
    mean = above = below = 0.0
    for n in range(1, horizon + 1):
        still_open[1:] = still_open[1:] * (1 - rate) + still_open[:-1] * rate
        still_open[0] *= 1 - rate
        over, under = still_open[upper[n] :].sum(), still_open[: lower[n] + 1].sum()
        still_open[upper[n] :] = 0.0
        still_open[: lower[n] + 1] = 0.0
        above, below, mean = above + over, below + under, mean + n * (over + under)
    undecided = float(still_open.sum())
    return Stopping(mean + horizon * undecided, above, below, undecided)


def clusters(
    generator: np.random.Generator,
    shape: tuple[int, int],
    rate: float,
    icc: float,
    trials: Any = 1,
) -> np.ndarray:
    """Means over the trials of each cluster: beta-binomial with this intracluster correlation."""
    chance = np.full(shape, rate)
    if icc > 0:
        spread = (1 - icc) / icc
        chance = generator.beta(rate * spread, (1 - rate) * spread, size=shape)
    return generator.binomial(trials, chance) / trials


def ever_missed(kind: Kind, values: np.ndarray, mean: float, **options: Any) -> np.ndarray:
    """Per row (one audit each): did the 95% sequence exclude the true mean at any look at all?"""
    found = evidence(kind, values, mean, **options)
    worst = np.maximum(found.above.max(axis=-1), found.below.max(axis=-1))
    return worst >= log(2 / (1 - options.get("level", 0.95)))


def share_missed(
    kind: Kind,
    rate: float,
    icc: float,
    *,
    audits: int,
    looks: int,
    trials: int = 1,
    seed: int = 20260101,
    at_once: int = 500,
) -> float:
    """The share of audits of a superpopulation whose sequence misses at any of `looks` looks."""
    generator = np.random.Generator(np.random.PCG64(seed))
    missed = 0
    for start in range(0, audits, at_once):
        shape = (min(at_once, audits - start), looks)
        missed += int(ever_missed(kind, clusters(generator, shape, rate, icc, trials), rate).sum())
    return missed / audits


def table(rule: Clears, horizon: int, rates: tuple[float, ...] = PRINTED) -> str:
    at = cuts(rule, horizon)
    found = {rate: stopping(at, rate) for rate in sorted({*rates, *AVERAGED})}
    lines = ["true rate | mean clusters | above | below | undecided"]
    lines += [
        f"{rate:9.2f} | {found[rate].mean:13.1f} | {found[rate].above:5.3f} | "
        f"{found[rate].below:5.3f} | {found[rate].undecided:9.3f}"
        for rate in rates
    ]
    average = np.mean([found[rate].mean for rate in AVERAGED])
    return "\n".join([*lines, f"mean over {AVERAGED}: {average:.1f}"])


def peeking(audits: int = 10_000, looks: int = 5000) -> str:
    """The full grid: how often a 95% sequence misses at any look. Exact for yes-or-no clusters."""
    lines = ["kind | rate | icc | missed at any look"]
    for rate in (0.02, 0.1, 0.5, 0.9):
        exact = stopping(miss_cuts(rate, 0.95, looks), rate)
        lines.append(f"yes-no | {rate} | - | {exact.above + exact.below:.4f} (exact)")
        for kind in ("betting", "empirical-bernstein"):
            for icc in (0.0, 0.1, 0.5):
                missed = share_missed(
                    kind, rate, icc, audits=audits, looks=looks, trials=5, at_once=100
                )
                lines.append(f"{kind} | {rate} | {icc} | {missed:.4f}")
    return "\n".join(lines)


def main() -> None:
    n, cut = fixed_design(0.05, 0.2)
    print(f"Fixed design, 5% error at 0.05 and 0.20: {n} clusters, cut {cut}.")
    zone = Clears(0.1, between=(0.05, 0.2))
    print("\nClears(0.1, between=(0.05, 0.2))\n" + table(zone, 600))
    print(f"\nThe same, at most {n} clusters\n" + table(zone, n))
    three = three_way_design(0.1, 0.05, 0.2)
    print(f"\nFixed design that tests 0.10 itself with power 95% at both: {three} clusters.")
    print("\nClears(0.1)\n" + table(Clears(0.1), 5000))
    print(f"\nThe same, at most {n} clusters\n" + table(Clears(0.1), n))
    floor = np.mean([fewest_possible(rate, 0.1) for rate in AVERAGED])
    print(f"\nNo strict test can average fewer than {floor:.1f} over {AVERAGED}.")


if __name__ == "__main__":
    main()
