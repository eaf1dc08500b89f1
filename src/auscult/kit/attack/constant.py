"""Whether a target is better than always answering one letter: else it has next to nothing to lose.

The letter is the one that would do best on the same questions, picked in hindsight: a target is
held against the luckiest constant answer. Our estimator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.mcq import LETTERS
from auscult.stats.paired import excess_over_rule

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate


def beyond_constant(rows: pl.DataFrame, accuracy: Estimate, place: str) -> Estimate:
    """What the accuracy over `rows` has beyond the best constant letter; the column `place` says
    where the right option stood. `accuracy` lends its words."""
    import polars as pl

    beyond = msgspec.structs.replace(
        accuracy,
        metric=f"{accuracy.metric}, beyond the best constant letter",
        estimand="How many more answers are right than by the one letter that would do best on the "
        "same questions.",
        control_arm="constant answer",
        extra={},
    )
    tally = rows[place].drop_nulls().value_counts().sort(
        "count", place, descending=[True, False]
    )  # fmt: skip
    if tally.is_empty():
        return msgspec.structs.replace(beyond, note="No constant answer is known.")
    best = int(tally.row(0)[0])
    rule = (pl.col(place) == best).fill_null(False).cast(pl.Float64)
    found = excess_over_rule(rows, beyond, rule)
    return msgspec.structs.replace(found, extra=found.extra | {"letter": LETTERS[best]})


def not_better(accuracy: Estimate, beyond: Estimate) -> str:
    """A clause; empty where it is better than a constant answer, and where nothing was measured."""
    letter = beyond.extra.get("letter")
    if letter is None or accuracy.value is None:
        return ""
    if beyond.low is not None and beyond.low > 0:
        return ""
    return f"({accuracy.value:.0%}) is not shown to be above always answering {letter}"
