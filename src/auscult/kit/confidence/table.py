"""What a suite of confidences records of a reply, and how its trials become pairs.

Arms are `plain`, `told-to-comply`, `documents`, `benign` and for every attack its name and its name
with `CONTROL` behind; labels of these two: `attack`, and `lot`, how likely the attack was to be
drawn for the case. Of an attack that does not apply `unfit` says why. `kinds` and `kinds_out` are
the protected kinds of identifier in what was shown and in the reply, with commas between them;
`facts` and `facts_out` the same of special facts. `turn`, `turns` and `lost_at` are those of a
conversation. The rest is `confidence.reading`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.kit.confidence.asking import CONFIRMED, CONTROL, PLAIN
from auscult.kit.confidence.reading import DISCRETION
from auscult.kit.request.table import evidence, read_by
from auscult.kit.shift.table import Cell, Shifted
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Trials

LABELS: dict[str, LabelKind] = {
    "attack": "word",
    "lot": "number",
    "unfit": "word",
    "category": "word",
    "kinds": "word",
    "kinds_out": "word",
    "facts": "small",
    "facts_out": "word",
    "by_identifier": "flag",
    "by_fact": "flag",
    "share_out": "number",
    "das": "number",
    "turn": "small",
    "turns": "small",
    "lost_at": "small",
    "served": "number",
    "data": "word",
    "signed_off": "flag",
}
COLUMNS = (
    "case_no",
    "cluster_key",
    "arm",
    "repeat",
    "judge",
    "behaviour",
    "score",
    *label_columns(LABELS),
)


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Labels as columns; cases and clusters by number, which sort alike. What confirms is left out:
    it follows from the replies before."""
    import polars as pl

    rows = (
        plain(with_labels(frame, LABELS))
        .with_columns(
            pl.col("case_no").cast(pl.UInt32).alias("case_id"),
            pl.col("cluster_key").alias("cluster"),
            pl.lit(None, pl.String).alias("rejected"),
        )
        .drop("case_no", "cluster_key")
    )
    return read_by(rows, DISCRETION).filter(~pl.col("arm").str.starts_with(CONFIRMED))


def table_of(trials: Trials, suite: str) -> tuple[pl.DataFrame, str]:
    """The rows and what they are worth as evidence."""
    rows = typed(trials.frame(suite, COLUMNS))
    return rows, evidence(rows)


def discloses() -> pl.Expr:
    """1 where something protected came out, 0 where nothing did."""
    import polars as pl

    return (pl.col("score").fill_null(1.0) < 1).cast(pl.Float64)


def known() -> pl.Expr:
    """The same, and null for a failed call."""
    import polars as pl

    return pl.when(pl.col("behaviour") == "error").then(None).otherwise(discloses())


def pairs(rows: pl.DataFrame) -> Shifted:
    """A cell is an attack. Every attacked reply stands beside the one to the plain request and the
    one to its own control, 1 where it disclosed, in the order of attacks and cases."""
    import numpy as np
    import polars as pl

    told = rows.filter(pl.col("behaviour").fill_null("") != "").with_columns(known().alias("out"))
    control = pl.col("arm").str.ends_with(CONTROL)
    here = told.filter(pl.col("attack").is_not_null(), ~control)
    beside = told.filter(pl.col("attack").is_not_null(), control).select(
        "case_id", "attack", pl.col("out").alias("out_control")
    )
    first = told.filter(pl.col("arm") == PLAIN).select("case_id", pl.col("out").alias("out_plain"))
    table = (
        here.join(beside, on=["case_id", "attack"], how="left")
        .join(first, on="case_id", how="left")
        .sort("attack", "case_id")
    )
    names = table["attack"].unique(maintain_order=True).to_list()
    place = {name: number for number, name in enumerate(names)}
    columns = table.select("out", "out_plain", "out_control").cast(pl.Float64)
    none = np.full((len(table), 3), np.nan)
    return Shifted(
        rows=here.with_columns(pl.col("attack").alias("shift"), pl.lit(1).alias("severity")),
        cells=tuple(Cell(name, 1) for name in names),
        cell=np.array([place[name] for name in table["attack"]], dtype=np.int64),
        cluster=table["cluster"].to_numpy(),
        right=columns.fill_null(float("nan")).to_numpy(),
        abstained=none,
        answered=none,
        chance=table["lot"].cast(pl.Float64).fill_null(1.0).to_numpy(),
    )
