"""Calibration of each source of confidence, and which of two sources is the better forecast."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.kit.uncertainty.table import JUDGES, SOURCES, forecasts_of
from auscult.stats.calibration import calibration_estimates
from auscult.stats.paired import difference
from auscult.stats.table import ANSWERED_ONLY

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.uncertainty.table import Design

ALWAYS = "always sure"
KEPT = (
    "calibration-error", "brier", "log-score", "auroc", "aurc", "aurc-over-random", "risk-at-80",
    "over-confidence", "uncertainty-accuracy",
)  # fmt: skip
OF_TWO_LEVELS = ("calibration-error", "brier", "auroc", "aurc", "aurc-over-random")
"""A second turn says 0 or 1: the log of either is of no use, and its shares are told elsewhere."""
OF_ONE_LEVEL = ("calibration-error", "brier")
SAID = {
    "second-turn": "Confidence is 1 where the second turn is sure and 0 where it is not.",
    "verbalised": "Confidence is the number from 0 to 100 that the target states.",
    "samples": "Confidence is the share of fresh replies that give the commonest answer, whose "
    "being right is the outcome.",
    "logprobs": "Confidence is the probability of the answer given, among those there are.",
    ALWAYS: "Confidence is 1 of every answer: computed, not asked.",
}


def calibrations(
    rows: pl.DataFrame, design: Design
) -> tuple[list[Estimate], list[tuple[str, pl.DataFrame]]]:
    """The estimates of every source that was asked, and its answers by name."""
    import polars as pl

    present = set(rows["arm"].cast(pl.String).unique())
    held = [(name, forecasts_of(rows, name)) for name, arm in SOURCES.items() if arm in present]
    out: list[Estimate] = []
    for name, table in held:
        out += _of_source(table, name, OF_TWO_LEVELS if name == "second-turn" else KEPT, design)
        if name == "second-turn":
            certain = table.with_columns(pl.lit(1.0).alias("confidence"))
            out += _of_source(certain, ALWAYS, OF_ONE_LEVEL, design)
    return out, held


def _of_source(
    table: pl.DataFrame, name: str, kept: tuple[str, ...], design: Design
) -> list[Estimate]:
    about = design.words(
        name,
        SAID[name],
        arm=ALWAYS if name == ALWAYS else SOURCES[name],
        judge=JUDGES,
        denominator="replies that gave an answer and a confidence in it; others are told apart",
        standing="secondary",
        extra={"baseline_of": "second-turn/brier"} if name == ALWAYS else {"source": name},
    )
    wanted = {f"{name}/{metric}" for metric in kept}
    found = calibration_estimates(table, about, confidence="confidence", counting=ANSWERED_ONLY)
    return [estimate for estimate in found if estimate.metric in wanted]


def comparisons(
    one: tuple[str, pl.DataFrame], other: tuple[str, pl.DataFrame], design: Design
) -> Estimate:
    """Paired by case. Each source forecasts its own answer, so a source whose answers are easier to
    be right about gains by that too."""
    import polars as pl

    words = design.words(
        f"Brier score saved by {one[0]} over {other[0]}",
        f"How much lower the mean squared error of the confidence is by {one[0]} than by "
        f"{other[0]}, on the same cases.",
        arm=one[0],
        control_arm=other[0],
        judge=JUDGES,
        denominator="cases with an answer and a confidence in it from both",
        direction="higher-is-better",
    )
    kept = 1 - (pl.col("confidence") - pl.col("score")) ** 2
    both = pl.concat([one[1], other[1]])
    return difference(both, words, success=kept, counting=ANSWERED_ONLY)
