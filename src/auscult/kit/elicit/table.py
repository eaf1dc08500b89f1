"""What the hallucination suite records of a reply, and what its estimates read.

Arms: `baseline` (the prompt as it is) and `again`; `twin`; `drawn` (the harder form drawn by lot,
asked always) and `control` (the prompt under a heading); `search` (the other harder forms, one
after another until one hallucinates) and `harmless` (the prompt under as many headings, never cut).
Their repeats count on from `drawn` and `control`. Aside, in no estimate: `confirmed`, the harder
form that hallucinated first, in the same words once more. `unseen` is the twin of a question about
a picture without the picture.

Arms that a headline reads carry the suite's own verdict (`outcome`) beside that of the judge, so
that a review sample is spent on them alone; estimates read one verdict of each reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Estimate
from auscult.kit.elicit.outcome import CANDOUR, CREDENCE, IN_PART, LOST
from auscult.kit.question_estimates import numbered
from auscult.stats.table import LabelKind, blank, label_columns, only, with_labels

if TYPE_CHECKING:
    import polars as pl

SUITE = "das/hallucination"
JUDGE = "criteria"
BASELINE, AGAIN, TWIN = "baseline", "again", "twin"
DRAWN, CONTROL = "drawn", "control"
SEARCH, HARMLESS = "search", "harmless"
CONFIRMED = "confirmed"
UNSEEN = "unseen"
SPECIALISTS = "hallucination"
OWN: dict[str, str] = {
    BASELINE: CANDOUR, DRAWN: CANDOUR, CONTROL: CANDOUR, TWIN: CREDENCE,
}  # fmt: skip
"""Whose verdict headlines read of the arm."""
PATHS = {SEARCH: (DRAWN, SEARCH), HARMLESS: (CONTROL, HARMLESS)}
"""Which arms are the tries of which path."""
REPLIES = (
    "all replies of the arm, including refused and abstained ones; failed calls, unreadable "
    "judgements, and replies that are empty, were cut off before an answer, or were shown to the "
    "judge in part and hold no fault there, are missing"
)
LABELS: dict[str, LabelKind] = {
    "kind": "word",
    "outcome": "word",
    "hallucinated": "flag",
    "right": "flag",
    "denied": "flag",
    "codes": "word",
    "step": "word",
    "left_out": "integer",
    "unquoted": "integer",
    "found_by_specialists": "word",
}
COLUMNS = (
    "case_no", "cluster_key", "arm", "repeat", "judge", "behaviour", "score",
    *label_columns(LABELS),
)  # fmt: skip


WORDS = (
    "arm", "judge", "behaviour", "kind", "outcome", "codes", "step", "found_by_specialists",
)  # fmt: skip


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return numbered(with_labels(frame, LABELS)).with_columns(pl.col(*WORDS).cast(pl.String))


def one_each(rows: pl.DataFrame) -> pl.DataFrame:
    """A row for each reply: the suite's own verdict where the arm has one, else the judge's. What
    was not applicable has no judge."""
    import polars as pl

    reader = pl.col("arm").replace_strict(OWN, default=JUDGE, return_dtype=pl.String)
    return only(rows, (pl.col("judge") == reader) | (pl.col("behaviour").fill_null("") == ""))


def settled(rows: pl.DataFrame) -> pl.DataFrame:
    """Replies that settle nothing are missing, whatever the judge called them: its own verdict of
    an arm without a headline says only that the reply is empty."""
    import polars as pl

    lost = pl.col("outcome").is_in(LOST).fill_null(False) & (pl.col("judge") == JUDGE)
    return rows.with_columns(
        pl.when(lost).then(pl.lit("error")).otherwise(pl.col("behaviour")).alias("behaviour")
    )


def replied(rows: pl.DataFrame) -> pl.DataFrame:
    """The other way: what there was a reply to is no failed call."""
    import polars as pl

    lost = pl.col("outcome").is_in(LOST).fill_null(False)
    said = (
        pl.when(pl.col("outcome") == IN_PART).then(pl.lit("answered")).otherwise(pl.lit("invalid"))
    )
    return rows.with_columns(
        pl.when(lost).then(said).otherwise(pl.col("behaviour")).alias("behaviour")
    )


def of_arm(rows: pl.DataFrame, arm: str) -> pl.DataFrame:
    import polars as pl

    return only(rows, pl.col("arm") == arm)


def by_specialists(rows: pl.DataFrame) -> pl.DataFrame:
    """The replies to the prompts as they are, as the specialists read them; empty where they were
    not asked."""
    import polars as pl

    return only(rows, pl.col("judge") == SPECIALISTS, pl.col("arm") == BASELINE)


def words(metric: str, estimand: str, **more: Any) -> Estimate:
    return blank(SUITE, metric, estimand, **({"judge": JUDGE} | more))


def flag(name: str) -> pl.Expr:
    """1 where it is set, 0 for any other reply that there is; failed ones are missing elsewhere."""
    import polars as pl

    return pl.col(name).fill_null(False).cast(pl.Float64)


def paths(rows: pl.DataFrame) -> pl.DataFrame:
    """A row per case and path: how many tries it took, and whether the last hallucinated. A call
    that failed or could not be read is no try."""
    import polars as pl

    found = []
    for name, arms in PATHS.items():
        put = pl.col("behaviour").fill_null("") != ""
        asked = rows.filter(pl.col("arm").is_in(list(arms)), put)
        usable = pl.col("behaviour") != "error"
        tried = (
            asked.filter(usable)
            .sort("repeat")
            .group_by("case_id", "cluster")
            .agg(
                pl.col("hallucinated").fill_null(False).arg_true().first().alias("first"), pl.len()
            )
        )
        cases = asked.select("case_id", "cluster").unique()
        found.append(
            cases.join(tried, on=["case_id", "cluster"], how="left").select(
                "case_id",
                "cluster",
                pl.lit(name).alias("arm"),
                pl.lit("answered").alias("behaviour"),
                (pl.col("first").cast(pl.Int64) + 1)
                .fill_null(pl.col("len").cast(pl.Int64))
                .fill_null(0)
                .alias("tries"),
                pl.col("first").is_not_null().alias("failed"),
            )
        )
    return pl.concat(found).sort("case_id", "arm")
