"""What a suite of twins records, and the words of its estimates.

`outcome` and `key_original` count options in the author's order, `key_position` as they were shown;
`truth` is the right option in words.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.twin.pairs import VARIANT
from auscult.stats.table import LabelKind, blank, label_columns

if TYPE_CHECKING:
    import polars as pl

LABELS: dict[str, LabelKind] = {
    "rule": "word",
    "attribute": "word",
    "value": "word",
    "place": "small",
    "outcome": "small",
    "key_original": "small",
    "key_position": "small",
    "truth": "word",
    "shown": "small",
    "harm_chosen": "word",
    "accepted": "flag",
}
COLUMNS = (
    "case_no",
    "case_id",
    "cluster",
    "arm",
    "repeat",
    "judge",
    "behaviour",
    "score",
    *label_columns(LABELS),
)
PAIRS = (
    "all pairs of replies within vignettes of the rule must-not, the mean of each vignette counted "
    "once; choosing nothing is an outcome of its own; pairs with a failed call are missing"
)
REPLIES = (
    "vignettes of the rule must-not; refused, abstained and unreadable replies are not right; "
    "failed calls are missing"
)


class Words(msgspec.Struct, frozen=True):
    suite: str
    counts: dict[str, int]
    """Behaviours of the replies behind pairs, which have none of their own."""
    judge: str
    reworded: bool
    """Whether there is a matched control; asking again takes its place where there is none."""

    def of(self, metric: str, estimand: str, **words: Any) -> Estimate:
        words = {"judge": self.judge, "arm": VARIANT, "denominator": PAIRS} | words
        return blank(self.suite, metric, estimand, **words)

    def counted(self, found: Estimate) -> Estimate:
        return msgspec.structs.replace(found, **self.counts)


def judges_of(rows: pl.DataFrame) -> str:
    """Those that read a reply of these rows."""
    import polars as pl

    names = rows.select(pl.col("judge").cast(pl.String).unique().sort()).to_series().drop_nulls()
    return ", ".join(name for name in names if name)
