"""What the hallucination suite records of a reply, and what its estimates read.

Arms: `baseline` (the prompt as it is) and `again`; `twin`; `drawn` (the harder form drawn by lot,
asked always) and `control` (the prompt under a heading); `search` (the other harder forms, one
after another until one hallucinates) and `harmless` (the prompt under as many headings, never cut).
Their repeats count on from `drawn` and `control`. Aside, in no estimate: `confirmed`, the harder
form that hallucinated first, in the same words once more.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Estimate
from auscult.kit.question_estimates import numbered
from auscult.stats.table import LabelKind, blank, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

SUITE = "das/hallucination"
JUDGE = "criteria"
BASELINE, AGAIN, TWIN = "baseline", "again", "twin"
DRAWN, CONTROL = "drawn", "control"
SEARCH, HARMLESS = "search", "harmless"
CONFIRMED = "confirmed"
PATHS = {SEARCH: (DRAWN, SEARCH), HARMLESS: (CONTROL, HARMLESS)}
"""Which arms are the tries of which path."""
LABELS: dict[str, LabelKind] = {
    "kind": "word",
    "outcome": "word",
    "hallucinated": "flag",
    "right": "flag",
    "denied": "flag",
    "codes": "word",
    "step": "word",
    "left_out": "integer",
}
COLUMNS = (
    "case_no", "cluster_key", "arm", "repeat", "judge", "behaviour", "score",
    *label_columns(LABELS),
)  # fmt: skip


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    text = pl.col("arm", "behaviour", "kind", "outcome", "codes", "step").cast(pl.String)
    return numbered(with_labels(frame, LABELS)).with_columns(text)


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
        asked = rows.filter(pl.col("arm").is_in(list(arms)), pl.col("behaviour").is_not_null())
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
