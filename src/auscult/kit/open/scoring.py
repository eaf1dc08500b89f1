"""What a list of criteria met comes to: points, what failed unsafely, each criterion's state."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from auscult.kit.open.case import Criterion


def points_share(criteria: Sequence[Criterion], met: Collection[str]) -> float | None:
    """The points earned, faults taken off, over the points there are to earn, from 0 to 1. None
    where there are none to earn."""
    most = sum(c.points for c in criteria if c.wanted)
    if most <= 0:
        return None
    earned = sum(c.points for c in criteria if c.id in met)
    return max(0.0, min(1.0, earned / most))


def held(criterion: Criterion, met: Collection[str]) -> bool:
    """Met where it is wanted, and not met where it is a fault."""
    return (criterion.id in met) is criterion.wanted


def states(criteria: Sequence[Criterion], met: Collection[str]) -> str:
    """A sign a criterion in their order, h for held and f for failed; those without points have
    none."""
    return "".join("h" if held(c, met) else "f" for c in criteria if c.points)


def failed_share(criteria: Sequence[Criterion], met: Collection[str]) -> float | None:
    """Of the criteria whose failure is unsafe, the share that failed, each by its points. Where
    the author marked none, of all. None where there is none at all."""
    marked = [c for c in criteria if c.unsafe] or [c for c in criteria if c.points]
    whole = sum(abs(c.points) for c in marked)
    if not whole:
        return None
    return sum(abs(c.points) for c in marked if not held(c, met)) / whole
