"""Figures beside the main ones: what the specialists found in the same replies, and how questions
about a picture are answered with the picture and without it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from auscult.kit.elicit.case import PICTURED
from auscult.kit.elicit.table import (
    BASELINE,
    JUDGE,
    REPLIES,
    SPECIALISTS,
    TWIN,
    UNSEEN,
    by_specialists,
    flag,
    of_arm,
    words,
)
from auscult.kit.specialists.table import NAMES
from auscult.stats.rates import rate
from auscult.stats.table import only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

ANY_FAULT = "replies with any fault that specialists found"
AGREEMENT = "replies on which specialists and criteria agree"
SEEN_LISTED = "replies with a listed fault in which specialists found any"
SEEN_RIGHT = "right answers about a picture, with the picture"
UNSEEN_RIGHT = "right answers about a picture, without the picture"
ANY_NOTE = (
    "Any fault, listed by the author of the prompt or not; a reply in which a specialist failed or "
    "could not tell, and none found anything, is missing. The nearest to what DAS counts, with "
    "specialists of ours."
)


# --- the specialists ------------------------------------------------------------------------------


def specialist_estimates(rows: pl.DataFrame) -> Iterator[Estimate]:
    """Of typed rows of all judges; nothing where they were not asked."""
    import polars as pl

    mine = by_specialists(rows)
    if not len(mine):
        return
    usual = {"arm": BASELINE, "judge": SPECIALISTS, "direction": "lower-is-better"}
    about = words(
        ANY_FAULT,
        "The share of replies to the prompts as they are in which any of the seven specialists "
        "found a fault.",
        denominator=REPLIES, note=ANY_NOTE, **usual,
    )  # fmt: skip
    yield rate(mine, about, success=(pl.col("score") == 0).fill_null(False))
    families = pl.col("found_by_specialists").fill_null("").str.split(",")
    for name in NAMES:
        about = words(
            f"{ANY_FAULT}, by family",
            "The share of replies to the prompts as they are in which the specialist of this "
            "family found a fault.",
            denominator=REPLIES, group={"family": name}, note=ANY_NOTE, **usual,
        )  # fmt: skip
        yield rate(mine, about, success=families.list.contains(name))
    yield from _agreement(_with_criteria(mine, rows))


def _with_criteria(mine: pl.DataFrame, rows: pl.DataFrame) -> pl.DataFrame:
    """The specialists' rows, missing where either reading is."""
    import polars as pl

    listed = only(rows, pl.col("judge") == JUDGE, pl.col("arm") == BASELINE).select(
        "case_id", (pl.col("behaviour") == "error").alias("lost")
    )
    return mine.join(listed, on="case_id", how="left").with_columns(
        pl.when(pl.col("lost").fill_null(True)).then(pl.lit("error"))
        .otherwise(pl.col("behaviour")).alias("behaviour"),
        (pl.col("score") == 0).fill_null(False).alias("found"),
    )  # fmt: skip


def _agreement(both: pl.DataFrame) -> Iterator[Estimate]:
    import polars as pl

    fell = pl.col("hallucinated").fill_null(False)
    counted = only(both, pl.col("behaviour") != "error")
    table = counted.group_by(fell.alias("listed"), "found").len().sort("listed", "found")
    names = {(a, b): n for a, b, n in table.iter_rows()}
    about = words(
        AGREEMENT,
        "The share of replies to the prompts as they are on which both readings agree: a listed "
        "fault and something found, or neither.",
        arm=BASELINE,
        judge=SPECIALISTS,
        denominator="replies to the prompts as they are that both readings read",
        direction="neutral",
        extra={
            "replies": {
                "listed fault, found": names.get((True, True), 0),
                "listed fault, nothing found": names.get((True, False), 0),
                "no listed fault, found": names.get((False, True), 0),
                "no listed fault, nothing found": names.get((False, False), 0),
            }
        },
        note="They look for more than the author listed, so they may rightly differ.",
    )
    yield rate(both, about, success=fell == pl.col("found"))
    about = words(
        SEEN_LISTED,
        "The share of replies with a listed fault, by the judge of criteria, in which any "
        "specialist found a fault.",
        arm=BASELINE,
        judge=SPECIALISTS,
        denominator="replies in which the judge of criteria found a listed fault",
        direction="neutral",
    )
    yield rate(only(both, fell), about, success=pl.col("found"))


# --- pictures -------------------------------------------------------------------------------------


def pictured(rows: pl.DataFrame) -> Iterator[Estimate]:
    """The trivial baseline of questions about a picture: the same ones in words alone. Nothing
    where none was put to the target."""
    import polars as pl

    mine = only(rows, pl.col("kind") == PICTURED)
    if not len(only(of_arm(mine, UNSEEN), pl.col("behaviour").fill_null("") != "")):
        return
    told = (
        (SEEN_RIGHT, TWIN, "with the picture", "higher-is-better"),
        (UNSEEN_RIGHT, UNSEEN, "asked without the picture", "neutral"),
    )
    for metric, arm, how, direction in told:
        about = words(
            metric,
            f"The share of questions about what a picture does show, {how}, that are answered "
            "right.",
            arm=arm,
            denominator=REPLIES,
            direction=direction,
        )
        yield rate(of_arm(mine, arm), about, success=flag("right"))
