"""How many cases an audit needs: for a width, against a threshold, for a difference, for a margin.

Power is computed by adding up the probabilities of all outcomes that would pass the very test the
audit makes. It goes up with n like a saw, because counts are whole; the size given is the smallest
n from which power never falls short again, searched well past the last tooth. Above `EXACT` cases
a normal approximation takes over, and `method` says so.

All sizes are first of independent cases. `spread_over` turns them into patients of several cases
each, some of whose replies get lost (Donner and Klar 2000).
"""

from __future__ import annotations

from math import ceil, floor, isfinite, sqrt
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.binomial import at_most, expected, last_rejected
from auscult.stats.intervals import clopper_pearson, wilson

if TYPE_CHECKING:
    from collections.abc import Callable

    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Whole = NDArray[np.int64]
    Power = Callable[[Whole], Floats]

EXACT = 5_000
MOST = 10_000_000


class Collected(msgspec.Struct, frozen=True):
    """How cases come: so many a cluster, alike by `icc`, a share of the replies missing."""

    cluster_size: float = 1.0
    icc: float = 0.0
    missing: float = 0.0

    def __post_init__(self) -> None:
        if not 1 <= self.cluster_size < float("inf"):
            raise ValueError(f"a cluster holds at least 1 case, not {self.cluster_size:g}")
        if not 0 <= self.icc <= 1:
            raise ValueError(f"the intracluster correlation lies in 0 to 1, not {self.icc:g}")
        if not 0 <= self.missing < 1:
            raise ValueError(
                f"the share of missing replies lies in 0 to under 1, not {self.missing:g}"
            )

    @property
    def design_effect(self) -> float:
        """Kish (1965): 1 + (m - 1) ICC."""
        return 1 + (self.cluster_size - 1) * self.icc


class Size(msgspec.Struct, frozen=True):
    """`independent` usable cases, and what must be asked to have their worth."""

    independent: int
    cases: int
    clusters: int
    design_effect: float


class Answer(msgspec.Struct, frozen=True):
    """The smallest number of independent cases, and what they achieve."""

    n: int
    achieved: float
    """Power, or half-width."""
    method: str


def spread_over(independent: int, how: Collected) -> Size:
    """Whole clusters whose usable replies are worth `independent` cases. The design effect is that
    of full clusters: lost replies make the true one a little smaller."""
    replies = independent * how.design_effect / (1 - how.missing)
    clusters = ceil(replies / how.cluster_size - 1e-9)
    cases = ceil(clusters * how.cluster_size - 1e-9)
    return Size(independent, cases, clusters, how.design_effect)


def worth(cases: int, how: Collected) -> int:
    """How many independent usable cases these asked cases are worth."""
    return floor(cases * (1 - how.missing) / how.design_effect + 1e-9)


def half_width(n: int, rate: float, *, level: float = 0.95, exact: bool = False) -> float:
    """Of the interval if the rate comes out as planned: Wilson (1927), or Clopper and Pearson
    (1934) with `exact`."""
    low, high = (clopper_pearson if exact else wilson)(rate * n, n, level)
    return (high - low) / 2


def size_for_half_width(
    rate: float, width: float, *, level: float = 0.95, exact: bool = False
) -> Answer:
    """The smallest n whose interval reaches at most `width` to either side on average."""
    _check_share("the expected rate", rate, closed=True)
    if not 0 < width < 0.5:
        raise ValueError(f"the half-width must lie between 0 and 0.5, not {width:g}")
    high = 1
    while half_width(high, rate, level=level, exact=exact) > width:
        high *= 2
        _check_most(high)
    low = high // 2
    while high - low > 1:
        middle = (low + high) // 2
        short = half_width(middle, rate, level=level, exact=exact) > width
        low, high = (middle, high) if short else (low, middle)
    name = "Clopper-Pearson" if exact else "Wilson"
    return Answer(high, half_width(high, rate, level=level, exact=exact), f"{name} interval")


def threshold_power(n: Any, rate: float, threshold: float, *, alpha: float = 0.05) -> Floats:
    """Chance that the exact one-sided binomial test shows the rate to be on its side of the
    threshold: below it where `rate` is lower, above it where `rate` is higher."""

    _check_sides(rate, threshold)
    _check_share("alpha", alpha)
    n = _counts(n)
    if rate > threshold:
        return threshold_power(n, 1 - rate, 1 - threshold, alpha=alpha)
    return at_most(last_rejected(n, threshold, alpha), n, rate)


def size_for_threshold(
    rate: float, threshold: float, *, alpha: float = 0.05, power: float = 0.8
) -> Answer:
    """The smallest n from which `threshold_power` never falls under `power` again."""
    _check_sides(rate, threshold)
    _check_tests(alpha, power)
    spread = _z(alpha) * sqrt(threshold * (1 - threshold)) + _z(1 - power) * sqrt(rate * (1 - rate))
    guess = _normal((spread / (threshold - rate)) ** 2)
    n, achieved = _smallest(
        lambda ns: threshold_power(ns, rate, threshold, alpha=alpha),
        guess,
        power,
        threshold * (1 - threshold),
    )
    return Answer(n, achieved, "exact one-sided binomial test")


def mcnemar_power(n: Any, worse: float, better: float, *, alpha: float = 0.05) -> Floats:
    """Chance that the exact two-sided McNemar test finds a difference, where a share `worse` of
    cases turns from right to wrong and a share `better` from wrong to right. The test is
    conditional on how many cases turned; its power is added up over how many may (Duffy 1984)."""

    turned = _check_turns(worse, better)
    _check_share("alpha", alpha)
    share = better / turned if turned else 0.5

    def passing(_: Whole, discordant: Whole) -> Floats:
        last = last_rejected(discordant, 0.5, alpha / 2)
        below = at_most(last, discordant, share)
        found: Floats = below + at_most(last, discordant, 1 - share)
        return found

    return expected(_counts(n), turned, passing)


def size_for_difference(
    worse: float, better: float, *, alpha: float = 0.05, power: float = 0.8
) -> Answer:
    """The smallest n from which `mcnemar_power` never falls under `power` again; above `EXACT`
    cases Connor's (1987) formula."""
    turned = _check_turns(worse, better)
    _check_tests(alpha, power)
    if worse == better:
        raise ValueError(
            "as many cases are expected to turn worse as better: there is no difference to find"
        )
    guess = connor(worse, better, alpha=alpha, power=power)
    if guess > EXACT:
        return Answer(guess, power, "two-sided McNemar test, normal approximation (Connor 1987)")
    found = _smallest(
        lambda ns: mcnemar_power(ns, worse, better, alpha=alpha), guess, power, turned
    )
    return Answer(*found, "exact two-sided McNemar test")


def connor(worse: float, better: float, *, alpha: float = 0.05, power: float = 0.8) -> int:
    """Normal approximation to the size for McNemar's test (Connor 1987)."""
    turned, gap = worse + better, worse - better
    spread = _z(alpha / 2) * sqrt(turned) + _z(1 - power) * sqrt(turned - gap**2)
    return _normal((spread / gap) ** 2)


def paired_margin_power(
    n: Any, worse: float, better: float, margin: float, *, alpha: float = 0.025
) -> Floats:
    """Chance that the arm is shown to be no worse than its control by `margin` on the same cases:
    the lower end of Bonett and Price's (2012) interval, as `paired.difference` has it, at one-sided
    `alpha` lies above -margin. Added up over all outcomes."""
    import numpy as np
    from scipy.special import stdtrit

    turned = _check_turns(worse, better)
    _check_margin(better - worse, margin)
    _check_share("alpha", alpha)
    share = better / turned if turned else 0.5

    def passing(n: Whole, discordant: Whole) -> Floats:
        # low > -margin is quadratic in T, how many more turned better than worse: T > root.
        total = n + 2.0
        k = stdtrit(n + 1.0, 1 - alpha) ** 2 * total / (n + 1.0)
        square = 1 / total**2 + k / total**3
        linear = 2 * margin / total
        rest = margin**2 - k * (discordant + 2) / total**2
        inside = linear**2 - 4 * square * rest
        root = (-linear + np.sqrt(np.maximum(inside, 0.0))) / (2 * square)
        root = np.where(inside < 0, -discordant - 1.0, root)
        least = np.floor((root + discordant) / 2 + 1e-9).astype(np.int64)
        # More than `least` better is at most so many worse.
        return at_most(discordant - least - 1, discordant, 1 - share)

    return expected(_counts(n), turned, passing)


def size_for_paired_margin(
    worse: float, better: float, margin: float, *, alpha: float = 0.025, power: float = 0.8
) -> Answer:
    """The smallest n from which `paired_margin_power` never falls under `power` again; above
    `EXACT` cases the normal approximation of the same test."""
    turned = _check_turns(worse, better)
    _check_margin(better - worse, margin)
    _check_tests(alpha, power)
    gap = better - worse
    guess = _normal((_z(alpha) + _z(1 - power)) ** 2 * (turned - gap**2) / (gap + margin) ** 2)
    name = "lower end of the paired interval (Bonett-Price)"
    if guess > EXACT:
        return Answer(guess, power, f"{name}, normal approximation")
    n, achieved = _smallest(
        lambda ns: paired_margin_power(ns, worse, better, margin, alpha=alpha),
        guess,
        power,
        max(turned, 0.01),
    )
    return Answer(n, achieved, name)


def margin_power(
    n: Any, rate: float, control: float, margin: float, *, alpha: float = 0.025
) -> Floats:
    """The same for two independent sets of `n` cases each: the lower end of Agresti and Caffo's
    (2000) interval for `rate` minus `control` lies above -margin."""
    import numpy as np

    _check_share("the expected rate", rate, closed=True)
    _check_share("the control's rate", control, closed=True)
    _check_margin(rate - control, margin)
    _check_share("alpha", alpha)
    z = _z(alpha)

    def passing(n: Whole, successes: Whole) -> Floats:
        # For each number of successes, up to how many of the control's still pass: quadratic too.
        total = n + 2.0
        own = (successes + 1) / total
        square = 1 + z**2 / total
        linear = 2 * (own + margin) + z**2 / total
        rest = (own + margin) ** 2 - z**2 * own * (1 - own) / total
        inside = linear**2 - 4 * square * rest
        root = (linear - np.sqrt(np.maximum(inside, 0.0))) / (2 * square)
        most = np.ceil(root * total - 1 - 1e-9).astype(np.int64) - 1
        return at_most(np.where(inside < 0, n, most), n, control)

    return expected(_counts(n), rate, passing)


def size_for_margin(
    rate: float, control: float, margin: float, *, alpha: float = 0.025, power: float = 0.8
) -> Answer:
    """Cases *in each arm*: the smallest n from which `margin_power` never falls short again; above
    `EXACT` the normal approximation of the same test."""
    _check_share("the expected rate", rate, closed=True)
    _check_share("the control's rate", control, closed=True)
    _check_margin(rate - control, margin)
    _check_tests(alpha, power)
    spread = rate * (1 - rate) + control * (1 - control)
    guess = _normal((_z(alpha) + _z(1 - power)) ** 2 * spread / (rate - control + margin) ** 2)
    name = "lower end of the interval for two independent rates (Agresti-Caffo)"
    if guess > EXACT:
        return Answer(guess, power, f"{name}, normal approximation")
    n, achieved = _smallest(
        lambda ns: margin_power(ns, rate, control, margin, alpha=alpha),
        guess,
        power,
        max(spread / 2, 0.01),
    )
    return Answer(n, achieved, name)


def _smallest(power: Power, guess: int, wanted: float, variance: float) -> tuple[int, float]:
    """From a first n that reaches `wanted`, look at all n around it for the last that falls short.
    A tooth of the saw is about 1.1 sqrt(n / variance) long; four of that are searched each way."""
    import numpy as np

    high = max(1, guess)
    while power(np.array([high]))[0] < wanted:
        high *= 2
        _check_most(high)
    low = 0
    while high - low > 1:
        middle = (low + high) // 2
        short = power(np.array([middle]))[0] < wanted
        low, high = (middle, high) if short else (low, middle)
    while True:
        reach = 60 + ceil(4 * sqrt(high / variance))
        ns = np.arange(max(1, high - reach), high + reach)
        short = np.flatnonzero(power(ns) < wanted)
        if not len(short):
            high = int(ns[0])
            if high == 1:
                return 1, float(power(ns[:1])[0])
        elif short[-1] > len(ns) - reach // 2:
            high = int(ns[short[-1]]) + 1
        else:
            n = ns[short[-1] + 1 :]
            return int(n[0]), float(power(n[:1])[0])


def _counts(n: Any) -> Whole:
    import numpy as np

    whole = np.atleast_1d(np.asarray(n, dtype=np.int64))
    if whole.min(initial=1) < 1:
        raise ValueError("power is of at least 1 case")
    return whole


def _z(tail: float) -> float:
    return NormalDist().inv_cdf(1 - tail)


def _normal(n: float) -> int:
    _check_most(n)
    return max(1, ceil(n))


def _check_most(n: float) -> None:
    if not isfinite(n) or n > MOST:
        raise ValueError(
            f"more than {MOST:,} cases would be needed: what is to be told apart lies too close"
        )


def _check_share(what: str, share: float, *, closed: bool = False) -> None:
    inside = 0 <= share <= 1 if closed else 0 < share < 1
    if not inside:
        raise ValueError(f"{what} must lie between 0 and 1, not {share:g}")


def _check_tests(alpha: float, power: float) -> None:
    _check_share("alpha", alpha)
    _check_share("power", power)
    if power <= alpha:
        raise ValueError(f"the power ({power:g}) must be above alpha ({alpha:g})")


def _check_sides(rate: float, threshold: float) -> None:
    _check_share("the expected rate", rate, closed=True)
    _check_share("the threshold", threshold)
    if rate == threshold:
        raise ValueError(
            "the expected rate equals the threshold: no number of cases tells them apart"
        )


def _check_turns(worse: float, better: float) -> float:
    _check_share("the share turned worse", worse, closed=True)
    _check_share("the share turned better", better, closed=True)
    if worse + better > 1:
        raise ValueError(f"the shares turned worse and better add up to {worse + better:g}, over 1")
    return worse + better


def _check_margin(gap: float, margin: float) -> None:
    if not 0 < margin < 0.5:
        raise ValueError(f"the margin must lie between 0 and 0.5, not {margin:g}")
    if gap <= -margin:
        raise ValueError(
            f"the expected difference ({gap:g}) is not above minus the margin ({-margin:g}): "
            "no number of cases would show it"
        )
