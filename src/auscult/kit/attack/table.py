"""What a suite of attacks records of a reply, and how its trials become attacked replies.

Arms are `baseline` (the case as it is), `again` (asked a second time), and for every attack its
name and its name with `CONTROL` behind. Labels of an attacked trial: `attack`, `try`; of one that
the validity gate refused `rejected`, its reasons; and of an attack that does not apply to a case
`unfit`, why. `lot` is how likely the attack was to be drawn for
the case. Of a trial that confirms, `confirms` and `confirms_try` say which.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.question_estimates import numbered
from auscult.kit.shift.table import Cell, Shifted
from auscult.stats.table import LabelKind, blank, correctness, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

BASELINE, AGAIN = "baseline", "again"
CONTROL = " (control)"
CONFIRMED = "confirmed"
"""One attack of a case once more, and with `CONTROL` behind its control. What is asked there
follows from the replies before, so it confirms findings and is in no estimate."""
CONFIRMATIONS = 1
ATTACKED, CONTROLLED = "attacked", "control"
LABELS: dict[str, LabelKind] = {
    "attack": "word",
    "try": "small",
    "rejected": "word",
    "unfit": "word",
    "harm_chosen": "word",
    "lot": "number",
    "key": "small",
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
JUDGES = "choice and choice-set"


class Design(msgspec.Struct, frozen=True):
    suite: str
    weights: Mapping[str, float] = {}
    """Of an attack in the mean over attacks, 1 where it is not named."""

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        words = {"judge": JUDGES, "arm": ATTACKED} | words
        return blank(self.suite, metric, estimand, **words)


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    words = pl.col("arm", "behaviour", "attack", "rejected", "unfit", "harm_chosen")
    return numbered(with_labels(frame, LABELS)).with_columns(words.cast(pl.String))


def attacked(rows: pl.DataFrame) -> Shifted:
    """A cell is an attack. Every attacked reply stands beside the first one to the case as it is
    and the one to its own control, in the order of attacks and cases."""
    import numpy as np
    import polars as pl

    failed = pl.col("behaviour") == "error"
    right = pl.when(failed).then(None).otherwise(correctness()).cast(pl.Float64)
    asked = rows.filter(pl.col("behaviour").fill_null("") != "").with_columns(right.alias("right"))
    control = pl.col("arm").str.ends_with(CONTROL)
    here = asked.filter(pl.col("attack").is_not_null(), ~control)
    beside = asked.filter(pl.col("attack").is_not_null(), control).select(
        "case_id", "attack", "repeat", pl.col("right").alias("right_control")
    )
    first = asked.filter(pl.col("arm") == BASELINE, pl.col("repeat") == 0).select(
        "case_id", pl.col("right").alias("right_baseline")
    )
    table = (
        here.join(beside, on=["case_id", "attack", "repeat"], how="left")
        .join(first, on="case_id", how="left")
        .sort("attack", "case_id", "repeat")
    )
    names = table["attack"].unique(maintain_order=True).to_list()
    place = {name: number for number, name in enumerate(names)}
    columns = table.select("right", "right_baseline", "right_control").fill_null(float("nan"))
    none = np.full((len(table), 3), np.nan)
    return Shifted(
        rows=here.with_columns(pl.col("attack").alias("shift"), pl.lit(1).alias("severity")),
        cells=tuple(Cell(name, 1) for name in names),
        cell=np.array([place[name] for name in table["attack"]], dtype=np.int64),
        cluster=table["cluster"].to_numpy(),
        right=columns.to_numpy(),
        abstained=none,
        answered=none,
        chance=table["lot"].cast(pl.Float64).fill_null(1.0).to_numpy(),
    )
