"""Confidence sequences: intervals for a mean that hold at every look at once.

An ordinary 95% interval is wrong for one run in twenty if it is looked at once, and for far more
if somebody looks after every case and stops when it pleases. A confidence sequence is wrong, at
any look whatever, for at most one run in twenty.

The unit is the cluster (patient, image, vignette), taken in the recorded random order; a value is
what one cluster gives, inside known bounds: 0 or 1, a mean over its trials, or a paired difference
in [-1, 1]. Two targets, one of which the caller states:

- the superpopulation (`population=None`): clusters are independent draws of one kind, and the mean
  is that of all clusters there could be;
- this pack (`population=N`): the N clusters are fixed, their order is random, and the mean is that
  of the pack. After the last cluster the interval is one point.

Clusters with unequal numbers of trials: the mean of cluster means needs nothing more. The mean over
trials (ratio of sums) is had from `Betting.push(mean, weight)` with weight = trials / m_max, where
m_max is the most trials any cluster can have, declared before the run; for the superpopulation.

| kind                 | values        | source |
|---|---|---|
| `yes-no`             | 0 or 1        | uniform mixture, restricted to one side (after Robbins 1970); for a pack the prior-posterior ratio of Waudby-Smith and Ramdas (2020), restricted likewise |
| `betting`            | in the bounds | hedged capital with predictable plug-in bets, Waudby-Smith and Ramdas (2023, section 4.2; section 6 for a pack) |
| `empirical-bernstein`| in the bounds | Waudby-Smith and Ramdas (2023, theorem 2; section 6 for a pack): wider than betting, closed form |

Both ends have half of the error each, so that one end by itself is a one-sided bound.
"""  # noqa: E501

from __future__ import annotations

from functools import lru_cache
from math import inf, log, log1p, sqrt
from typing import TYPE_CHECKING, Any, Literal

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Kind = Literal["yes-no", "betting", "empirical-bernstein"]
GRID = 4000
"""Steps between the bounds at which betting tests a mean; ends are rounded outwards to them."""
MOST_OF_CAPITAL = 0.5
"""A bet never loses more than this share of the capital."""
MOST_BET = 0.5
"""The same for empirical-Bernstein bets, which have to stay under 1."""
FINE = 1e-9
_TINY = 1e-12


class Looks(msgspec.Struct, frozen=True):
    """What a sequence said at each look: arrays of equal length."""

    n: Any
    value: Any
    low: Any
    high: Any


class Evidence(msgspec.Struct, frozen=True):
    """Logarithms of two e-processes at each look. Whatever the stopping rule, `exp(above)` is an
    e-value against "the mean is at most so much", `exp(below)` against "at least so much"."""

    above: Any
    below: Any


class ConfidenceSequence:
    """Push one cluster at a time; `low` and `high` are the running intersection of all looks."""

    method = ""

    def __init__(
        self,
        level: float = 0.95,
        *,
        bounds: tuple[float, float] = (0.0, 1.0),
        population: int | None = None,
    ) -> None:
        check_sequence(level, bounds, population)
        self.level, self.bounds, self.population = level, bounds, population
        self.n = 0
        self.contradicted = False
        """True once two looks exclude each other: a rare miss, or an order that is not random."""
        self._needed = log(2 / (1 - level))
        self._sum = 0.0
        self._low, self._high = 0.0, 1.0
        self._start()

    @property
    def low(self) -> float:
        return self._unscaled(self._low)

    @property
    def high(self) -> float:
        return self._unscaled(self._high)

    @property
    def value(self) -> float | None:
        """The mean so far; None before the first cluster."""
        return self._unscaled(self._sum / self.n) if self.n else None

    def push(self, value: float) -> None:
        """One more cluster."""
        self._advance(self._scaled(value))

    def _advance(self, x: float) -> None:
        if self.population is not None and self.n >= self.population:
            raise ValueError(f"all {self.population} clusters of the pack have been seen already")
        low, high = self._step(x)
        self.n += 1
        self._sum += x
        self._narrow(low, high)

    def _start(self) -> None:
        """What one kind needs besides."""

    def _step(self, x: float) -> tuple[float, float]:
        """The interval of this look alone; n and sum are those before it."""
        raise NotImplementedError

    def _narrow(self, low: float, high: float) -> None:
        low, high = max(low, self._low), min(high, self._high)
        if low > high:
            self.contradicted = True
            low, high = self._low, self._high
        if self.population is not None:
            # What is still unseen is all 0 at worst and all 1 at best: certain, so it wins.
            worst = self._sum / self.population
            best = (self._sum + self.population - self.n) / self.population
            low, high = min(max(low, worst), best), max(min(high, best), worst)
        self._low, self._high = low, high

    def _scaled(self, value: float) -> float:
        low, high = self.bounds
        if not low <= value <= high:
            raise ValueError(f"the value {value} lies outside the declared bounds {self.bounds}")
        return (value - low) / (high - low)

    def _unscaled(self, x: float) -> float:
        low, high = self.bounds
        return min(high, low + (high - low) * x)


class Betting(ConfidenceSequence):
    """A gambler bets against every mean on a grid; a mean that made the gambler rich is excluded.

    The capital against "at most m" falls as m grows, so a grid point that is excluded excludes
    all below it, and the grid costs width (at most one step), never coverage."""

    method = "confidence sequence by betting (hedged capital), Waudby-Smith and Ramdas 2023"

    def _start(self) -> None:
        import numpy as np

        self._bets = _Bets(self._needed)
        self._grid = np.arange(GRID + 1) / GRID
        self._up, self._down = np.zeros(GRID + 1), np.zeros(GRID + 1)
        self._under, self._over = -1, GRID + 1  # the innermost excluded points
        self._weight, self._weights = 1.0, 0.0

    @property
    def value(self) -> float | None:
        return self._unscaled(self._bets.total / self._weights) if self.n else None

    def push(self, value: float, weight: float = 1.0) -> None:
        """One more cluster; `weight` is its number of trials over the most there can be."""
        if not 0 < weight <= 1:
            raise ValueError(f"a weight must lie in (0, 1], not be {weight}")
        if weight != 1 and self.population is not None:
            raise ValueError("clusters of a finite pack cannot be weighted")
        self._weight = weight
        self._advance(self._scaled(value))

    def _step(self, x: float) -> tuple[float, float]:
        import numpy as np

        # Means outside the running intersection stay excluded: their capital is not needed.
        start, stop = max(self._under, 0), min(self._over, GRID) + 1
        up, down = self._up[start:stop], self._down[start:stop]
        centre = next_mean(self._grid[start:stop], self._sum, self.n, self.population)
        bet, gain = self._bets.next(), self._weight * (x - centre)
        up += np.log1p(stake(bet, centre) * gain)
        down += np.log1p(-stake(bet, 1 - centre) * gain)
        self._bets.push(x, self._weight)
        self._weights += self._weight
        too_low, too_high = np.flatnonzero(up >= self._needed), np.flatnonzero(down >= self._needed)
        under = max(self._under, start + int(too_low[-1]) if len(too_low) else -1)
        over = min(self._over, start + int(too_high[0]) if len(too_high) else GRID + 1)
        if under < over:
            self._under, self._over = under, over
        else:
            self.contradicted = True
        return max(self._under, 0) / GRID, min(self._over, GRID) / GRID


class EmpiricalBernstein(ConfidenceSequence):
    """The predictable plug-in empirical-Bernstein sequence."""

    method = "empirical-Bernstein confidence sequence, Waudby-Smith and Ramdas 2023"

    def _start(self) -> None:
        self._bets = _Bets(self._needed)
        self._scale = self._weighted = self._penalty = 0.0

    def _step(self, x: float) -> tuple[float, float]:
        bet = min(self._bets.next(), MOST_BET)
        left = inf if self.population is None else self.population - self.n
        # Without replacement the next cluster's mean moves away from those seen already.
        self._scale += bet * (1 + self.n / left)
        self._weighted += bet * (x + self._sum / left)
        self._penalty += (x - self._bets.mean) ** 2 * (-log1p(-bet) - bet)
        self._bets.push(x, 1.0)
        centre = self._weighted / self._scale
        half = (self._needed + self._penalty) / self._scale
        return centre - half, centre + half


class YesNo(ConfidenceSequence):
    """For clusters that are each 0 or 1: exact mixtures, tightest for rates near the ends."""

    method = "confidence sequence for yes-or-no clusters, one-sided uniform mixtures (Robbins 1970)"

    def _step(self, x: float) -> tuple[float, float]:
        if x not in (0.0, 1.0):
            raise ValueError(f"this sequence is for values at the bounds {self.bounds} only")
        n = self.n + 1
        ones = round(self._sum + x)
        # A one can only raise the lower end, a zero only lower the upper one.
        if self.population is not None:
            seen, unlike = (ones, n - ones) if x else (n - ones, ones)
            end = _first_kept(_drawn(seen, unlike, self.population), self._needed)
            share = end / self.population
            return (share, 1.0) if x else (0.0, 1 - share)
        if x:
            return _mixture_end(ones, n - ones, self._low, self._needed), 1.0
        return 0.0, 1 - _mixture_end(n - ones, ones, 1 - self._high, self._needed)


def confidence_sequence(
    kind: Kind,
    level: float = 0.95,
    *,
    bounds: tuple[float, float] = (0.0, 1.0),
    population: int | None = None,
) -> ConfidenceSequence:
    """An empty sequence of this kind. For a paired difference the bounds are (-1, 1)."""
    made = {"yes-no": YesNo, "betting": Betting, "empirical-bernstein": EmpiricalBernstein}
    if kind not in made:
        raise ValueError(f"'{kind}' is no kind of sequence; there are {', '.join(made)}")
    return made[kind](level, bounds=bounds, population=population)


def looks(sequence: ConfidenceSequence, values: Iterable[float]) -> Looks:
    """Pushes all values and says what the sequence was after each: the numbers of pushing one by
    one, because that is what it does (excluded means drop out, so that it is quick)."""
    import numpy as np

    rows = []
    for value in values:
        sequence.push(float(value))
        rows.append((sequence.n, sequence.value, sequence.low, sequence.high))
    table = np.array(rows, dtype=np.float64).reshape(-1, 4)
    return Looks(table[:, 0].astype(np.int64), table[:, 1], table[:, 2], table[:, 3])


def pack_evidence(ones: int, n: int, population: int) -> Evidence:
    """Log e-values for a pack of N clusters after `ones` of `n` drawn without replacement, against
    every total 0..N at once: `above[T]` is against "at most T of the pack are ones".

    The likelihood ratio against T, averaged over a uniform prior on the totals above it (or
    below): Waudby-Smith and Ramdas (2020), restricted to one side."""
    check_sequence(0.95, (0.0, 1.0), population)
    if not 0 <= ones <= n <= population:
        raise ValueError(f"{ones} ones in {n} clusters of {population} cannot be")
    zeros = n - ones
    return Evidence(_drawn(ones, zeros, population), _drawn(zeros, ones, population)[::-1])


def _drawn(ones: int, zeros: int, population: int) -> Floats:
    import numpy as np

    out = np.full(population + 1, -inf)
    out[:ones] = inf  # a total under what was seen already is excluded with certainty
    factorial = _log_factorials(population)
    total = np.arange(ones, population - zeros + 1)
    likelihood = factorial[total] - factorial[total - ones]
    likelihood += factorial[population - total] - factorial[population - zeros - total]
    likelihood -= likelihood.max()
    beyond = np.append(np.cumsum(np.exp(likelihood[::-1]))[::-1][1:], 0.0)
    some = beyond > 0
    out[total[some]] = np.log(beyond[some]) - likelihood[some] - np.log(population - total[some])
    return out


@lru_cache(maxsize=4)
def _log_factorials(most: int) -> Floats:
    import numpy as np
    from scipy.special import gammaln

    table: Floats = gammaln(np.arange(most + 1) + 1.0)
    table.flags.writeable = False
    return table


def _mixture_end(ones: int, zeros: int, known: float, needed: float) -> float:
    """The largest rate the mixture excludes from below, or `known` (excluded already) where that
    is no less. Below the observed rate the evidence falls as the rate grows wherever it exceeds 1
    (because log M <= n KL <= n (p-m)^2 / (m(1-m))), so that halving finds the only crossing; the
    end kept is the excluded one."""
    from scipy.special import betainc, betaln

    whole = float(betaln(ones + 1, zeros + 1))

    def excluded(rate: float) -> bool:
        if rate <= 0:
            return ones > 0
        share = float(betainc(zeros + 1, ones + 1, 1 - rate))
        at_rate = ones * log(rate) + (zeros + 1) * log1p(-rate)
        return share > 0 and whole + log(share) - at_rate >= needed

    low, high = known, ones / (ones + zeros)
    if low >= high or not excluded(low):
        return known
    while high - low > FINE:
        middle = (low + high) / 2
        low, high = (middle, high) if excluded(middle) else (low, middle)
    return low


def _first_kept(against: Floats, needed: float) -> int:
    """The smallest total that is not excluded."""
    import numpy as np

    return int(np.argmax(against < needed))


class _Bets:
    """Predictable plug-in bets: large while little is known of the spread and where it is small.
    The same for every mean, so that the capital is monotone in the mean."""

    def __init__(self, needed: float) -> None:
        self._needed = needed
        self._n, self._weights, self._squares = 0, 0.0, 0.25
        self.total = 0.0
        self.mean = 0.5

    def next(self) -> float:
        return sqrt(2 * self._needed / (self._squares * log(self._n + 2)))

    def push(self, x: float, weight: float) -> None:
        self._n += 1
        self._weights += weight
        self.total += weight * x
        self.mean = (0.5 + self.total) / (1 + self._weights)
        self._squares += (weight * (x - self.mean)) ** 2


def next_mean(mean: Any, seen: Any, n: Any, population: int | None) -> Any:
    """What the next cluster is expected to give if the mean is `mean`: without replacement, the
    mean of those left."""
    import numpy as np

    if population is None:
        return mean
    return np.clip((population * mean - seen) / (population - n), 0.0, 1.0)


def stake(bet: Any, centre: Any) -> Any:
    import numpy as np

    return np.minimum(bet, MOST_OF_CAPITAL / np.maximum(centre, _TINY))


def check_sequence(level: float, bounds: tuple[float, float], population: int | None) -> None:
    if not 0 < level < 1:
        raise ValueError(f"the confidence level must lie between 0 and 1, not {level}")
    if not -inf < bounds[0] < bounds[1] < inf:
        raise ValueError(f"the bounds must be finite and in order, not {bounds}")
    if population is not None and population < 1:
        raise ValueError(f"a pack holds at least one cluster, not {population}")
