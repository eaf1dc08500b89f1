"""Whether a target tells the impossible from what is merely rare, question by question.

Of the questions that were asked both with an impossible value and with its twin, a possible one,
the share answered rightly in both. Whoever cries "impossible" at every odd number, and whoever
never does, gets none. Our estimator.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.kit.attack.table import CONTROL, Design, typed
from auscult.stats.rates import rate
from auscult.stats.table import correctness

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

IMPOSSIBLE = "robustness/impossible-measurement"
EXTREME = "robustness/extreme-measurement"
TOLD_APART = "impossible and merely rare values told apart"


def twin_estimates(frame: pl.DataFrame, design: Design) -> list[Estimate]:
    """`frame` holds `attack.table.COLUMNS` of one suite; nothing where no question was asked with
    both."""
    import polars as pl

    failed = pl.col("behaviour") == "error"
    right = pl.when(failed).then(None).otherwise(correctness()).cast(pl.Float64)
    asked = typed(frame).filter(
        pl.col("attack").is_in([IMPOSSIBLE, EXTREME]),
        ~pl.col("arm").str.ends_with(CONTROL),
        pl.col("repeat") == 0,
        pl.col("behaviour").fill_null("") != "",
    )
    pairs = (
        asked.with_columns(right.alias("right"))
        .group_by("case_id")
        .agg(
            pl.col("cluster").first(),
            pl.col("attack").n_unique().alias("asked"),
            pl.col("right").min().alias("score"),
            pl.col("right").is_null().any().alias("failed"),
        )
        .filter(pl.col("asked") == 2)
        .sort("case_id")
    )
    if not len(pairs):
        return []
    behaviour = pl.when("failed").then(pl.lit("error")).otherwise(pl.lit("answered"))
    table = pairs.select(
        "case_id", "cluster", behaviour.alias("behaviour"), "score", pl.lit("pair").alias("arm")
    )
    words = design.words(
        TOLD_APART,
        "The share of questions answered right both with an impossible value, where the right "
        "answer is that it cannot be, and with a rare but possible one, where it is not.",
        denominator="questions asked with both, the first try of each; a pair with a failed call "
        "is missing",
        direction="higher-is-better",
        standing="exploratory",
        note="Without a control: held against the right answers to each of the two alone.",
    )
    return [rate(table, words)]
