"""What a suite of uncertainty records of a reply, and the words of its estimates.

A question in the arm `baseline` is one trial with two readings: the judge's of the answer, and
`SURENESS`' of both turns together, whose score is 1 where the target was right and sure or wrong
and unsure. Of the second turn, `sure` is sure, unsure or unreadable and `turn` says whether the
answer was kept, changed or withdrawn; `final_right` is what the answer named then is worth.
`right` is 1 or 0 where the first answer was one. `confidence` is from 0 to 1, in any arm that has
one. `legacy_cell` is where the released scorer puts the same replies.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit import mcq
from auscult.kit.question_estimates import REPLY_COLUMNS, numbered
from auscult.stats.table import LabelKind, blank, label_columns, only, with_labels

if TYPE_CHECKING:
    import polars as pl

SURENESS = "sureness"
"""Name of the reading of both turns; no judge plugin, because it needs both replies."""
SOURCES = {
    "second-turn": "baseline",
    "verbalised": "confidence",
    "samples": "samples",
    "logprobs": "logprobs",
}
"""Where a confidence comes from, and the arm that it is read in."""
LABELS: dict[str, LabelKind] = {
    "form": "word",
    "data": "word",
    "kind": "word",
    "modality": "word",
    "region": "word",
    "sure": "word",
    "turn": "word",
    "right": "number",
    "final_right": "number",
    "confidence": "number",
    "chosen_original": "small",
    "legacy_cell": "word",
}
COLUMNS = (*REPLY_COLUMNS, *label_columns(LABELS))
JUDGES = "choice, yes-no"
BOTH_TURNS = (
    "all questions asked in two turns; those refused, passed or unreadable in either turn are "
    "neither right nor sure; failed calls are missing"
)
FORECAST = ("case_id", "cluster", "arm", "behaviour", "score", "confidence")


class Design(msgspec.Struct, frozen=True):
    """The words a suite uses for its arms and itself."""

    suite: str
    full: str = "baseline"
    legacy: str = "legacy"
    letters: str = mcq.LETTERS

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        words = {"judge": SURENESS, "arm": self.full, "denominator": BOTH_TURNS} | words
        return blank(self.suite, metric, estimand, **words)


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Labels as columns, cases and clusters by number."""
    return numbered(with_labels(frame, LABELS))


def forecasts_of(rows: pl.DataFrame, source: str) -> pl.DataFrame:
    """The answers of one source with the confidence in each, under the name of the source."""
    import polars as pl

    here = only(
        rows,
        pl.col("arm").cast(pl.String) == SOURCES[source],
        pl.col("judge").cast(pl.String).fill_null("") != SURENESS,
    )
    if source == "samples":
        here = _agreement(here)
    named = here.select(
        "case_id",
        "cluster",
        pl.lit(source).alias("arm"),
        pl.col("behaviour").cast(pl.String).fill_null(""),
        "score",
        "confidence",
    )
    return named.select(FORECAST)


def _agreement(rows: pl.DataFrame) -> pl.DataFrame:
    """One row a case: its commonest answer, how many of the replies gave it, and whether it is
    right. Of several that are as common it is each of them in part. Failed calls are left out, and
    replies that name nothing agree with none."""
    import polars as pl

    behaviour = pl.col("behaviour").cast(pl.String).fill_null("")
    rows = rows.with_columns(behaviour.alias("behaviour"))
    by_case = rows.group_by("case_id").agg(
        pl.col("cluster").first(),
        (~pl.col("behaviour").is_in(["", "error"])).sum().alias("replied"),
        *((pl.col("behaviour") == word).any().alias(f"any {word}") for word in _OUTCOMES),
    )
    answers = (
        rows.filter(pl.col("behaviour") == "answered")
        .group_by("case_id", "chosen_original")
        .agg(pl.len().alias("times"), pl.col("score").mean())
    )
    top = answers.filter(pl.col("times") == pl.col("times").max().over("case_id"))
    best = top.sort("case_id", "chosen_original").group_by("case_id", maintain_order=True)
    joined = by_case.join(
        best.agg(pl.col("times").first(), pl.col("score").mean()), on="case_id", how="left"
    )
    found = pl.lit("")
    for word in reversed(_OUTCOMES):
        found = pl.when(pl.col(f"any {word}")).then(pl.lit(word)).otherwise(found)
    return joined.sort("case_id").with_columns(
        found.alias("behaviour"),
        (pl.col("times").cast(pl.Float64) / pl.col("replied")).alias("confidence"),
    )


_OUTCOMES = ("answered", "abstained", "refused", "invalid", "error")
"""What a case's samples come to: the first of these that any of them was."""
