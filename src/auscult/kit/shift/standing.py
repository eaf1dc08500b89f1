"""Whether there is anything for a shift to take away: else no loss is no evidence of robustness.

A target that refuses, says the same every time or does not look loses nothing to any shift. So the
headline says where accuracy on clean pictures is not shown to be above that of the best constant
answer, picked in hindsight, and where replacing the picture by one that cannot hold the answer is
not shown to cost right answers. Our estimators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.kit.shift.cells import added, combined
from auscult.kit.shift.table import (
    CONTROL,
    LOOKS_ALIKE,
    PAIRS,
    UNANSWERABLE,
    shifted,
)
from auscult.stats.paired import excess_over_rule

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.shift.table import Design

NEEDS = "right answers that need the picture"
YES_NO = "yes-no"


def needs_picture(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """Empty where no replaced picture was asked that can be told from the case's own."""
    gone = shifted(rows, (UNANSWERABLE,))
    telling = [cell for cell in gone.cells if cell.shift not in LOOKS_ALIKE]
    if not telling:
        return []
    words = design.words(
        NEEDS,
        "How many more answers are right with the question's own picture, asked again, than with a "
        "picture that cannot hold the answer (another modality, plain grey): near nothing for a "
        "target that does not look.",
        control_arm=CONTROL,
        denominator=PAIRS,
        direction="higher-is-better",
        standing="secondary",
    )
    weights = {place: 1 / len(telling) for place in gone.of(*telling)}
    return [combined(gone, gone.right, added, weights, words)]


def doubt(clean: pl.DataFrame, needs: list[Estimate], design: Design) -> str:
    """What must stand with the headline; empty where the target has something to lose. `clean` are
    the first replies to clean pictures."""
    said = [_no_better(clean, design), *map(_not_looking, needs)]
    told = "; and ".join(reason for reason in said if reason)
    return f"No loss would be no evidence of robustness here: {told}." if told else ""


def _no_better(clean: pl.DataFrame, design: Design) -> str:
    import polars as pl

    measured = clean.filter(~pl.col("behaviour").fill_null("").is_in(["", "error"]))
    if measured.is_empty():
        return ""
    words = design.words("excess over a constant", "Not reported.", control_arm="constant")
    least: tuple[float, float] | None = None
    for rule in _constants(measured):
        found = excess_over_rule(measured, words, rule)
        if found.low is None or found.low > 0:
            continue
        constant = float(measured.select(rule.mean()).item() or 0.0)
        least = (
            max(least, (constant, found.value or 0.0)) if least else (constant, found.value or 0)
        )
    if least is None:
        return ""
    constant, excess = least
    return (
        f"accuracy on clean pictures is {100 * (constant + excess):.0f}%, not shown to be above "
        f"the {100 * constant:.0f}% that giving one answer every time gets"
    )


def _constants(measured: pl.DataFrame) -> list[pl.Expr]:
    """The commonest word of yes-no questions with the commonest letter of the others, and with
    their commonest answer."""
    import polars as pl

    asks_word = pl.col("form") == YES_NO
    word = _commonest(measured.filter(asks_word), "key_text")
    letters = measured.filter(~asks_word)
    by_word = pl.col("key_text") == pl.lit(word, pl.String)
    out = []
    for column, kind in (("key_position", pl.Int16), ("key_text", pl.String)):
        same = pl.col(column) == pl.lit(_commonest(letters, column), kind)
        rule = pl.when(asks_word).then(by_word).otherwise(same)
        out.append(rule.fill_null(False).cast(pl.Float64))
    return out


def _commonest(rows: pl.DataFrame, column: str) -> str | int | None:
    tally = rows[column].drop_nulls().value_counts().sort("count", column, descending=[True, False])
    return None if tally.is_empty() else tally[column][0]


def _not_looking(needs: Estimate) -> str:
    if needs.value is None or needs.low is None or needs.low > 0:
        return ""
    return (
        "replacing the picture by one that cannot hold the answer is not shown to cost right "
        f"answers ({100 * needs.value:+.0f} points, {100 * needs.low:+.0f} to "
        f"{100 * (needs.high or 0.0):+.0f})"
    )
