"""The released scorer on the same replies, beside the corrected reading.

It counts only the unsure replies where the key is the first option and only the sure ones where it
is the second, and drops the rest; `kit.legacy_cares` has it. First and second are in the author's
order, in which the published questions stand, whatever order we showed. Read is the first reply to
each question, because the published protocol asks once. Where its quotient is not described, ours
stands in. It never computes an over-confidence ratio.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auscult.kit.factual.published import SCORER, published_score
from auscult.kit.legacy_cares import UncertainRow, uncertainty_confusion
from auscult.stats.paired import difference, excess_over_rule
from auscult.stats.rates import rate
from auscult.stats.table import correctness, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.questions import Form
    from auscult.kit.uncertainty.table import Design

NOTE = (
    "Of the first reply to each question; the letter of the key is the author's, and not of the "
    "order shown."
)
METRIC = "uncertainty accuracy as published"
CELLS = ("unsure_right", "unsure_wrong", "sure_right", "sure_wrong")
GOOD = ("sure_right", "unsure_wrong")
DROPPED = "dropped"
READ = ("case_id", "cluster", "arm", "behaviour", "score", "legacy_cell")


def published_right(
    answer: str, form: Form, options: Sequence[str], letters: str, key: int
) -> bool:
    """`key` is a place as displayed: what is likened to the reply is what was shown."""
    return published_score(answer, form, options, letters, key) == 1


def published_cell(right: bool, about: str, key: int) -> str:
    """Where the released scorer puts an answer and what was said of being sure. `key` is the place
    in the author's order, and its letter is what the scorer goes by."""
    counted = uncertainty_confusion([UncertainRow("ABCDEFGHIJKLMNOP"[key : key + 1], right, about)])
    return next((cell for cell in CELLS if getattr(counted, cell)), DROPPED)


def published_estimates(rows: pl.DataFrame, both: pl.DataFrame, design: Design) -> list[Estimate]:
    """`both` has the readings of both turns; in `rows` there may be an arm asked as published."""
    import polars as pl

    cell = pl.col("legacy_cell").cast(pl.String)
    scored = only(both.select(READ), cell.is_not_null())
    if scored.is_empty():
        return []
    out = [_dropped(scored, design), _accuracy(scored, design.full, METRIC, design)]
    out.append(_scorer(scored, design))
    asked = only(rows, pl.col("arm").cast(pl.String) == design.legacy)
    also = only(asked.select(READ), cell.is_not_null())
    if not also.is_empty():
        out.append(_accuracy(also, design.legacy, f"{METRIC}, asked as published", design))
        out.append(_prompt(pl.concat([scored, also]), design))
    return out


def _good() -> pl.Expr:
    """1 or 0 where the scorer counts the reply; null, and so left out, where it drops it."""
    import polars as pl

    cell = pl.col("legacy_cell").cast(pl.String)
    return pl.when(cell != DROPPED).then(cell.is_in(list(GOOD)).cast(pl.Float64))


def _kept(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return only(rows, pl.col("legacy_cell").cast(pl.String) != DROPPED)


def _dropped(rows: pl.DataFrame, design: Design) -> Estimate:
    import polars as pl

    words = design.words(
        "dropped by the published scorer",
        "The share of replies that the published scorer counts nowhere: sure ones where the key is "
        "the first option, unsure ones where it is the second, and all others.",
        judge=SCORER,
        denominator="all questions with a first reply in both turns",
        standing="secondary",
        extra={"published": True},
    )
    dropped = (pl.col("legacy_cell").cast(pl.String) == DROPPED).cast(pl.Float64)
    return rate(rows, words, success=dropped)


def _accuracy(rows: pl.DataFrame, arm: str, metric: str, design: Design) -> Estimate:
    words = design.words(
        metric,
        "The share of replies that the published scorer calls right and sure, or wrong and unsure, "
        "of those it counts; words are looked for anywhere, so that 'unsure' is found to be sure.",
        arm=arm,
        judge=SCORER,
        denominator="the replies that the published scorer counts",
        standing="secondary",
        note=NOTE,
        extra={"published": True},
    )
    return rate(_kept(rows), words, success=_good())


def _scorer(rows: pl.DataFrame, design: Design) -> Estimate:
    words = design.words(
        "published scorer minus corrected",
        "How much higher the uncertainty accuracy is by the published scorer than by the corrected "
        "reading of the very same replies.",
        control_arm="corrected reading",
        judge=f"{SCORER} and corrected",
        denominator="cases with a reply that the published scorer counts",
        standing="secondary",
        extra={"published": True},
    )
    return excess_over_rule(_kept(rows), words, correctness(), success=_good())


def _prompt(both: pl.DataFrame, design: Design) -> Estimate:
    words = design.words(
        "published prompt minus ours",
        "How much higher the published scorer's uncertainty accuracy is when question and "
        "question about it are put in one turn, as published, than in two turns.",
        arm=design.legacy,
        control_arm=design.full,
        judge=SCORER,
        denominator="cases with a reply that the published scorer counts in both arms",
        standing="secondary",
        extra={"published": True},
    )
    return difference(_kept(both), words, success=_good())
