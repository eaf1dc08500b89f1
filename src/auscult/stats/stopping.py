"""Rules that say when an audit knows enough, and the monitor that applies one as clusters come in.

A rule is declared in the plan. It is read after every cluster of the contiguous finished prefix of
the recorded random order, as often as one likes: its error is bounded over all looks together,
because it reads a confidence sequence or an e-process (`stats.sequences`).

`Clears` and `NotWorse` make a wrong claim in at most `alpha` of audits, each of their two claims by
itself. Their interval has level 1 - 2 alpha, so that each end is a bound at `alpha` and the claim
never disagrees with the interval shown. `Clears` with `between=(lo, hi)` answers a coarser
question, and far sooner: it says "above" only when a mean of `lo` or less is ruled out and "below"
only when one of `hi` or more is. That is what a fixed design with 5% error at `lo` and at `hi`
promises (Wald 1945); for a mean between the two either answer may come.

A missing value (a failed call) enters twice, as both extremes: nothing is claimed that the missing
could overturn.
"""

from __future__ import annotations

import copy
from math import log, log1p
from typing import TYPE_CHECKING, Literal

import msgspec

from auscult.stats.sequences import Kind, confidence_sequence

if TYPE_CHECKING:
    from collections.abc import Iterable

Verdict = Literal["above", "below", "narrow enough", "no worse", "worse", "undecided"]
Side = Literal["either", "above", "below"]
_NOISE = 1e-9


class HalfWidth(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="when", tag="half-width"
):
    """Stop when the interval is known to within `width` on either side."""

    width: float
    alpha: float = 0.05
    """How often, at most, the interval misses at any look."""
    most: int | None = None

    def __post_init__(self) -> None:
        _check_common(self.alpha, self.most)
        if not 0 < self.width < 1:
            raise ValueError(f"the half-width must lie between 0 and 1, not {self.width}")


class Clears(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="when", tag="clears"
):
    """Stop when the mean is shown to lie above the threshold, or below it; with `side` only the
    one answer stops."""

    threshold: float
    side: Side = "either"
    between: tuple[float, float] | None = None
    """The means between which either answer will do; none unless declared."""
    alpha: float = 0.05
    most: int | None = None

    def __post_init__(self) -> None:
        _check_common(self.alpha, self.most)
        if not 0 < self.threshold < 1:
            raise ValueError(f"the threshold must lie between 0 and 1, not {self.threshold}")
        if self.between and not 0 < self.between[0] < self.threshold < self.between[1] < 1:
            raise ValueError(
                f"`between` must enclose the threshold {self.threshold} within (0, 1); "
                f"{list(self.between)} does not"
            )


class NotWorse(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="when", tag="not-worse"
):
    """Stop when A is shown to be no worse than B by `margin`, or to be worse by more than it.

    A value is A's minus B's on one cluster. Of a rate of failures lower is better; of a rate of
    right answers higher is."""

    margin: float
    better: Literal["lower", "higher"] = "lower"
    alpha: float = 0.05
    most: int | None = None

    def __post_init__(self) -> None:
        _check_common(self.alpha, self.most)
        if not 0 <= self.margin < 1:
            raise ValueError(f"the margin must be at least 0 and under 1, not {self.margin}")


Rule = HalfWidth | Clears | NotWorse


class Decision(msgspec.Struct, frozen=True):
    """What a rule says after `at` clusters, failed ones included."""

    stop: bool
    verdict: Verdict
    at: int
    sentence: str


class Monitor:
    """Applies one rule to one sequence of clusters. Once it has stopped it stays as it is: values
    pushed later are not read, and do not count in `at`."""

    def __init__(
        self,
        rule: Rule,
        *,
        kind: Kind = "betting",
        bounds: tuple[float, float] | None = None,
        population: int | None = None,
    ) -> None:
        paired = isinstance(rule, NotWorse)
        bounds = bounds or ((-1.0, 1.0) if paired else (0.0, 1.0))
        if paired and bounds != (-1.0, 1.0):
            raise ValueError("'not-worse' reads differences, whose bounds are (-1, 1)")
        if isinstance(rule, Clears) and bounds != (0.0, 1.0):
            raise ValueError("'clears' reads rates, whose bounds are (0, 1)")
        self.rule = rule
        self.level = 1 - rule.alpha if isinstance(rule, HalfWidth) else 1 - 2 * rule.alpha
        self.bounds, self.population = bounds, population
        self.missing = 0
        # One for "every missing value was the lowest", and from the first missing on another for
        # "the highest".
        self._fills = [confidence_sequence(kind, self.level, bounds=bounds, population=population)]
        self._wagers: tuple[_Wager, _Wager] | None = None
        if isinstance(rule, Clears) and rule.between:
            self._wagers = _wagers(rule.between, population)
        self.decision = Decision(False, "undecided", 0, "No cluster has been read yet.")

    @property
    def low(self) -> float:
        return min(fill.low for fill in self._fills)

    @property
    def high(self) -> float:
        return max(fill.high for fill in self._fills)

    @property
    def method(self) -> str:
        return self._fills[0].method

    def push(self, value: float | None) -> Decision:
        """The next cluster of the prefix, None where its call failed."""
        if self.decision.stop:
            return self.decision
        if value is None:
            self.missing += 1
            if len(self._fills) == 1:
                self._fills.append(copy.deepcopy(self._fills[0]))
        for extreme, fill in zip(self.bounds, self._fills, strict=False):
            fill.push(extreme if value is None else value)
        if self._wagers:
            against_low, against_high = self._wagers
            against_low.push(0.0 if value is None else value)
            against_high.push(0.0 if value is None else 1 - value)
        self.decision = self._decide()
        return self.decision

    def _decide(self) -> Decision:
        n = self._fills[0].n
        verdict = self._verdict()
        if verdict != "undecided":
            return Decision(True, verdict, n, self._sentence(verdict, n))
        if n == self.population:
            return Decision(True, verdict, n, self._sentence(verdict, n, "the whole pack was read"))
        if self.rule.most is not None and n >= self.rule.most:
            return Decision(True, verdict, n, self._sentence(verdict, n, "the declared maximum"))
        return Decision(False, verdict, n, self._sentence(verdict, n))

    def _verdict(self) -> Verdict:
        rule = self.rule
        if isinstance(rule, HalfWidth):
            narrow = self.high - self.low <= 2 * rule.width + _NOISE
            return "narrow enough" if narrow else "undecided"
        if isinstance(rule, NotWorse):
            sign = 1 if rule.better == "lower" else -1
            least, most = sorted((sign * self.low, sign * self.high))
            if most < rule.margin:
                return "no worse"
            return "worse" if least > rule.margin else "undecided"
        above, below = self._sides(rule)
        if above and rule.side != "below":
            return "above"
        return "below" if below and rule.side != "above" else "undecided"

    def _sides(self, rule: Clears) -> tuple[bool, bool]:
        if self._wagers is None:
            return self.low > rule.threshold, self.high < rule.threshold
        needed = -log(rule.alpha) - _NOISE
        return self._wagers[0].log_capital >= needed, self._wagers[1].log_capital >= needed

    def _sentence(self, verdict: Verdict, n: int, ended: str = "") -> str:
        clusters = "1 cluster" if n == 1 else f"{n} clusters"
        failed = f" ({self.missing} of them missing, read as both extremes)" if self.missing else ""
        opening = f"After {clusters}{failed}"
        interval = f"{100 * self.level:.4g}% interval {self._shown(self.low, self.high)}"
        if verdict != "undecided":
            return f"{opening}: {_claim(self.rule, verdict)}; {interval}."
        question = _question(self.rule)
        if ended:
            return f"{opening}, {ended}, {question} is undecided; {interval}."
        return f"{opening} {question} is still undecided; {interval}."

    def _shown(self, low: float, high: float) -> str:
        if self.bounds == (0.0, 1.0):
            return f"{_percent(low)} to {_percent(high)}"
        if self.bounds == (-1.0, 1.0):
            return f"{100 * low:+.1f} to {100 * high:+.1f} percentage points"
        return f"{low:.4g} to {high:.4g}"


def decide(
    rule: Rule,
    values: Iterable[float | None],
    *,
    kind: Kind = "betting",
    bounds: tuple[float, float] | None = None,
    population: int | None = None,
) -> Decision:
    """What the rule says of these clusters, in this order: at the first stop, or after the last."""
    monitor = Monitor(rule, kind=kind, bounds=bounds, population=population)
    for value in values:
        if monitor.push(value).stop:
            break
    return monitor.decision


class _Wager:
    """Capital of a gambler who bets that a mean exceeds `null`, with the stakes that grow fastest
    if it is `other`. For yes-or-no values it is the likelihood ratio of the two (Wald 1945); for
    others in [0, 1] the same straight line between 0 and 1, which is fair at `null` as well."""

    def __init__(self, null: float, other: float, population: int | None) -> None:
        self._null, self._other, self._population = null, other, population
        self._n, self._sum = 0, 0.0
        self.log_capital = 0.0

    def push(self, x: float) -> None:
        null, other = self._left(self._null), self._left(self._other)
        self._n += 1
        self._sum += x
        if null <= 0:
            # Of the pack more is known than `null` allows in all: excluded with certainty.
            self.log_capital = float("inf") if x > 0 or null < -_NOISE else self.log_capital
        elif null < 1:
            stake = (min(other, 1.0) - null) / (null * (1 - null))
            self.log_capital += log1p(min(stake, (1 - _NOISE) / null) * (x - null))

    def _left(self, mean: float) -> float:
        """The mean of the next cluster if that of all is `mean`."""
        if self._population is None:
            return mean
        return (self._population * mean - self._sum) / (self._population - self._n)


def _wagers(between: tuple[float, float], population: int | None) -> tuple[_Wager, _Wager]:
    """Against "at most lo", and, on mirrored values, against "at least hi"."""
    low, high = between
    return _Wager(low, high, population), _Wager(1 - high, 1 - low, population)


def _claim(rule: Rule, verdict: Verdict) -> str:
    wrong = f"a wrong claim in at most {_percent(rule.alpha)} of audits"
    if isinstance(rule, HalfWidth):
        return f"known to within {100 * rule.width:.3g} percentage points either side"
    if isinstance(rule, NotWorse):
        by = f"{100 * rule.margin:.3g} percentage points"
        said = f"no worse by {by} or more" if verdict == "no worse" else f"worse by more than {by}"
        return f"shown to be {said} ({wrong})"
    if rule.between is None:
        return f"shown to be {verdict} {_percent(rule.threshold)} ({wrong})"
    low, high = (_percent(end) for end in rule.between)
    ruled_out = f"{low} or less" if verdict == "above" else f"{high} or more"
    return (
        f"taken to be {verdict} {_percent(rule.threshold)}, as {ruled_out} is ruled out "
        f"({wrong}); between {low} and {high} either answer may come"
    )


def _question(rule: Rule) -> str:
    if isinstance(rule, HalfWidth):
        return f"the value to within {100 * rule.width:.3g} percentage points"
    if isinstance(rule, NotWorse):
        return f"'no worse by {100 * rule.margin:.3g} percentage points'"
    side = "above or below" if rule.side == "either" else rule.side
    return f"'{side} {_percent(rule.threshold)}'"


def _percent(share: float) -> str:
    return f"{100 * share:.3g}%"


def _check_common(alpha: float, most: int | None) -> None:
    if not 0 < alpha < 0.5:
        raise ValueError(f"alpha must lie between 0 and 0.5, not {alpha}")
    if most is not None and most < 1:
        raise ValueError(f"the maximum must be at least one cluster, not {most}")
