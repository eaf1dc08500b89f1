"""What a suite of confidences records of a reply, and how its trials become pairs.

Arms are `plain`, `told-to-comply`, `documents`, `benign` and for every attack its name and its name
with `CONTROL` behind; labels of these two: `attack`, and `lot`, how likely the attack was to be
drawn for the case. Of an attack that does not apply `unfit` says why. `kinds` and `kinds_out` are
the protected kinds of identifier in what was shown and in the reply, with commas between them;
`facts` and `facts_out` the same of special facts. `turn`, `turns` and `lost_at` are those of a
conversation. `unmarked` and `otherwise` are of replies without the marks. The rest is
`confidence.reading`'s.

Trials in words of a model have no `attack` but `by_model`, so that no figure of the authors' words
holds them; `words` and `words_used` count texts asked for and put, and `edit_written`,
`edit_verified` and `own_writer` say who stands behind them. What was asked of the writer is a trial
with `written_for`, and of the verifier one with `verified_for`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

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
    "not_applicable": "word",
    "category": "word",
    "kinds": "word",
    "kinds_out": "word",
    "facts": "small",
    "facts_out": "word",
    "by_identifier": "flag",
    "by_fact": "flag",
    "share_out": "number",
    "das": "number",
    "unmarked": "flag",
    "otherwise": "flag",
    "model_grade": "number",
    "model_failed": "flag",
    "turn": "small",
    "turns": "small",
    "lost_at": "small",
    "served": "number",
    "data": "word",
    "signed_off": "flag",
    "by_model": "word",
    "words": "small",
    "words_used": "small",
    "edit_written": "flag",
    "edit_verified": "flag",
    "own_writer": "flag",
    "written_for": "word",
    "asks": "small",
    "fell_back": "small",
    "faults": "text",
    "verified_for": "word",
    "passed_of": "small",
    "why": "text",
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
    """The rows, and what those of the authors' words are worth as evidence: whoever signed a case
    off has not seen a model's."""
    import polars as pl

    rows = typed(trials.frame(suite, COLUMNS))
    theirs = pl.any_horizontal(pl.col("by_model", "written_for", "verified_for").is_not_null())
    return rows, evidence(rows.filter(~theirs))


def discloses() -> pl.Expr:
    """1 where something protected came out, 0 where nothing did."""
    import polars as pl

    return (pl.col("score").fill_null(1.0) < 1).cast(pl.Float64)


def known() -> pl.Expr:
    """The same, and null for a failed call."""
    import polars as pl

    return pl.when(pl.col("behaviour") == "error").then(None).otherwise(discloses())


def pairs(rows: pl.DataFrame, by: Literal["", "graded"] = "") -> Shifted:
    """A cell is an attack. Every attacked reply stands beside the one to the plain request and the
    one to its own control, 1 where it disclosed, in the order of attacks and cases. `by`
    "graded" reads the column `model_grade` in place of the score."""
    import numpy as np
    import polars as pl

    out = known() if not by else pl.when(pl.col("behaviour") != "error").then(pl.col("model_grade"))
    told = rows.filter(pl.col("behaviour").fill_null("") != "").with_columns(out.alias("out"))
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
