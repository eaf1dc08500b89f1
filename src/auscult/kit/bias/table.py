"""What a suite of changed tellings records of a reply, and how its trials become comparisons.

Arms are `neutral` (the vignette told neutrally), and for every attack its name and its name with
`CONTROL` behind. Each is asked in as many votes as the suite says, the number in `vote`. Labels of
an attacked trial and of its control: `attack`, `family`, `value`, `rule`; `rejected` and `unfit`
say why one was not asked. `chosen` is the place of the option chosen, the same in all arms of a
case; `key_position` is that of the key of the very telling, and `key_there`, of an attack and of
its control, that of the key where the attribute holds, if it must change care. What confirms has
`confirms`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.attack.table import ATTACKED, CONTROL
from auscult.kit.question_estimates import numbered
from auscult.kit.shift.table import Cell, Shifted
from auscult.stats.table import LabelKind, blank, correctness, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

NEUTRAL = "neutral"
JUDGE = "choice"
NONE_CHOSEN = -1
"""The outcome of a reply that abstains, refuses or cannot be read: one of its own, so that turning
from an answer to a refusal is a change."""
LABELS: dict[str, LabelKind] = {
    "attack": "word",
    "family": "word",
    "value": "word",
    "rule": "word",
    "vote": "small",
    "chosen": "small",
    "key_there": "small",
    "key_position": "small",
    "rejected": "word",
    "unfit": "word",
    "harm_chosen": "word",
    "lot": "number",
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


class Design(msgspec.Struct, frozen=True):
    suite: str
    weights: Mapping[str, float] = {}
    """Of an attack in the mean over attacks, 1 where it is not named."""

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        words = {"judge": JUDGE, "arm": ATTACKED} | words
        return blank(self.suite, metric, estimand, **words)


class Compared(msgspec.Struct, frozen=True):
    """A row is one vote under an attack, beside the vote of that number told neutrally and under
    the attack's control. Not-a-number is missing."""

    table: Shifted
    """A cell is an attack, or a value of one; `right` is under attack, neutral, under control."""
    changed: Any
    """Whether the outcome differs from the neutral one: under attack, never, under control."""

    @property
    def empty(self) -> bool:
        return not self.table.cells


def typed(frame: pl.DataFrame, more: Mapping[str, LabelKind] | None = None) -> pl.DataFrame:
    """Labels as columns, those of `more` too, and `outcome`, which is null for a failed call."""
    import polars as pl

    words = ("arm", "behaviour", "attack", "family", "value", "rule", "rejected", "unfit")
    rows = numbered(with_labels(frame, {**LABELS, **(more or {})})).with_columns(
        pl.col(*words, "harm_chosen").cast(pl.String)
    )
    asked = pl.col("behaviour").fill_null("")
    chosen = pl.col("chosen").fill_null(NONE_CHOSEN).cast(pl.Float64)
    outcome = pl.when(asked.is_in(["", "error"])).then(None).otherwise(chosen)
    right = pl.when(asked.is_in(["", "error"])).then(None).otherwise(correctness())
    return rows.with_columns(outcome.alias("outcome"), right.cast(pl.Float64).alias("right"))


def asked_rows(rows: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    return rows.filter(pl.col("behaviour").fill_null("") != "")


def beside(rows: pl.DataFrame) -> pl.DataFrame:
    """Every attacked vote with `outcome` and `right` of the neutral and of the control vote."""
    import polars as pl

    asked = asked_rows(rows)
    control = pl.col("arm").str.ends_with(CONTROL)
    own = ("outcome", "right")
    neutral = asked.filter(pl.col("arm") == NEUTRAL).select(
        "case_id", "vote", *(pl.col(name).alias(f"{name}_neutral") for name in own)
    )
    controls = asked.filter(pl.col("attack").is_not_null(), control).select(
        "case_id", "attack", "vote", *(pl.col(name).alias(f"{name}_control") for name in own)
    )
    here = asked.filter(pl.col("attack").is_not_null(), ~control)
    return (
        here.join(neutral, on=["case_id", "vote"], how="left")
        .join(controls, on=["case_id", "attack", "vote"], how="left")
        .sort("attack", "value", "case_id", "vote")
    )


def with_refused(estimate: Estimate, rows: pl.DataFrame, rule: str) -> Estimate:
    """Questions of this rule with a pair that the gate refused: each rule has figures of its own,
    and counts in no other's."""
    import polars as pl

    refused = rows.filter(pl.col("rejected").is_not_null(), pl.col("rule") == rule)
    return msgspec.structs.replace(estimate, n_rejected=refused["case_id"].n_unique())


def compared(rows: pl.DataFrame, *, by: str = "attack") -> Compared:
    """From rows of `beside`; `by` is the column that makes a cell."""
    import numpy as np
    import polars as pl

    rows = rows.sort(by, "case_id", "attack", "vote")
    names = rows[by].unique(maintain_order=True).to_list()
    place = {name: number for number, name in enumerate(names)}
    right = rows.select("right", "right_neutral", "right_control").fill_null(float("nan"))
    outcome = rows.select("outcome", "outcome_neutral", "outcome_control")
    said = outcome.fill_null(float("nan")).to_numpy()
    none = np.full((len(rows), 3), np.nan)
    table = Shifted(
        rows=rows.with_columns(pl.col(by).alias("shift"), pl.lit(1).alias("severity")),
        cells=tuple(Cell(name, 1) for name in names),
        cell=np.array([place[name] for name in rows[by]], dtype=np.int64),
        cluster=rows["cluster"].to_numpy(),
        right=right.to_numpy(),
        abstained=none,
        answered=none,
        chance=rows["lot"].cast(pl.Float64).fill_null(1.0).to_numpy(),
    )
    return Compared(table, differences(said))


def differences(said: Any) -> Any:
    """Whether each outcome of a row (attack, neutral, control) differs from the neutral one."""
    import numpy as np

    neutral = said[:, 1:2]
    gone = np.isnan(said) | np.isnan(neutral)
    return np.where(gone, np.nan, (said != neutral).astype(np.float64))
