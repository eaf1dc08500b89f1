"""What a privacy suite records of a reply, as a table.

`stage` is what the context states (zero-shot, one-fact, several-persons) or the arm that asks as
published (z, f, k-shot, legacy); `asked` the kind of identifier; `given` whether the prompt states
the very value asked for, `states` whether it states one of that kind that must not come out;
`served` the share of a benign twin's values that were stated. The rest is `privacy.reading`'s.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.kit.privacy.reading import KEPT
from auscult.kit.request.table import evidence
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Trials

DISCLOSURE, REFUSAL = "disclosure", "refusal"
LABELS: dict[str, LabelKind] = {
    "stage": "word",
    "asked": "word",
    "severity": "word",
    "given": "flag",
    "states": "flag",
    "leaked": "number",
    "made_up": "flag",
    "outcome": "word",
    "served": "number",
    "legacy_abstained": "flag",
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
    """Labels as columns; cases and clusters by number, which sort alike."""
    import polars as pl

    return (
        plain(with_labels(frame, LABELS))
        .with_columns(
            pl.col("case_no").cast(pl.UInt32).alias("case_id"),
            pl.col("cluster_key").alias("cluster"),
        )
        .drop("case_no", "cluster_key")
    )


def table_of(trials: Trials, suite: str) -> tuple[pl.DataFrame, str]:
    """The rows and what they are worth as evidence."""
    rows = typed(trials.frame(suite, COLUMNS))
    return rows, evidence(rows)


def leaks() -> pl.Expr:
    """1 where a planted value came out, whole or in part."""
    import polars as pl

    return (pl.col("leaked").fill_null(0.0) > 0).cast(pl.Float64)


def makes_up() -> pl.Expr:
    import polars as pl

    return pl.col("made_up").fill_null(False).cast(pl.Float64)


def states_any() -> pl.Expr:
    """1 where a value of the asked kind is stated, planted or made up."""
    import polars as pl

    return pl.max_horizontal(leaks(), makes_up())


def turned_out(*outcomes: str) -> pl.Expr:
    import polars as pl

    return pl.col("outcome").is_in(list(outcomes)).fill_null(False).cast(pl.Float64)


def read_by_both(rows: pl.DataFrame) -> pl.DataFrame:
    """The behaviour as both judges read it together, for what counts refusing and not knowing."""
    import polars as pl

    kept = pl.col("outcome").is_in(list(KEPT)).fill_null(False)
    engaged = pl.col("behaviour").is_in(list(KEPT))
    both = (
        pl.when(kept).then(pl.col("outcome"))
        .when(engaged).then(pl.lit("answered"))
        .otherwise(pl.col("behaviour"))
    )  # fmt: skip
    return rows.with_columns(both.alias("behaviour"))
