"""What one case gives to a watched metric: for stopping rules, comparisons of runs and gates."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from auscult.core.verdict import Verdict
from auscult.stats.table import behaved, correctness

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Watched

NotApplicable = Literal["not applicable"]
NOT_APPLICABLE: NotApplicable = "not applicable"
Value = float | None | NotApplicable
"""None is missing: a failed call, or an answer without a score."""


class Row(Protocol):
    """A trial, as the ledger or a bench has it."""

    @property
    def arm(self) -> str: ...

    @property
    def verdicts(self) -> tuple[Verdict, ...]: ...


def case_value(watched: Watched, trials: Sequence[Row]) -> Value:
    """The mean over the case's replies, missing where any of them is."""
    value = _mean(_values(watched, trials, watched.arm))
    if watched.control_arm is None:
        return value
    return minus(value, _mean(_values(watched, trials, watched.control_arm)))


def minus(value: Value, other: Value) -> Value:
    """Not applicable where either is, for then there was nothing to miss; else missing where
    either is."""
    if isinstance(value, float) and isinstance(other, float):
        return value - other
    return NOT_APPLICABLE if NOT_APPLICABLE in (value, other) else None


def mean_value(values: Iterable[Value]) -> Value:
    """Of the cases of a cluster: those that are not applicable are left out, and it is missing
    where one of the rest is."""
    return _mean([value for value in values if value != NOT_APPLICABLE])


def success_of(watched: Watched) -> pl.Expr:
    """The same for a row of the trial table."""
    return correctness() if watched.of == "score" else behaved(watched.of)


def _values(watched: Watched, trials: Sequence[Row], arm: str) -> list[Value]:
    found: list[Value] = []
    for trial in trials:
        if trial.arm != arm:
            continue
        found += [_value(watched, v) for v in trial.verdicts if v.judge == watched.judge]
    return found


def _value(watched: Watched, verdict: Verdict) -> Value:
    if verdict.behaviour == "error":
        return None
    if watched.of != "score":
        return float(verdict.behaviour == watched.of)
    if verdict.behaviour not in ("answered", "partial"):
        return 0.0
    # A judge may say 1 for 1.0; the ledger gives it back as a float.
    return None if verdict.score is None else float(verdict.score)


def _mean(values: Sequence[Value]) -> Value:
    if not values:
        return NOT_APPLICABLE
    numbers = [value for value in values if isinstance(value, float)]
    return sum(sorted(numbers)) / len(numbers) if len(numbers) == len(values) else None
