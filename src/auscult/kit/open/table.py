"""What the open-ended suite records of a reply, and what its estimates read.

Arms: `baseline` (the case as it is) and `again`; `attacked` and `control`, whose repeat numbers the
pair and whose label `attack` names it; each changed value by its name, and its control with
`CONTROLLED` behind. What the gate refused has `rejected`, its reasons, and was asked of nobody.
Aside, in no estimate: `confirmed`, one attacked pair asked afresh, and its control; what was said
with the writer and with the verifier of a pair.
The judge's labels `failed`, `states`, `questioned` and `left_out` are those of `judges.criteria`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Estimate
from auscult.kit.question_estimates import numbered
from auscult.stats.table import LabelKind, blank, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

SUITE = "das/open-ended"
JUDGE = "criteria"
BASELINE, AGAIN, ATTACKED, CONTROL = "baseline", "again", "attacked", "control"
CONTROLLED = " (control)"
CONFIRMED = "confirmed"
CONFIRMATIONS = 2
"""How often attack and control are asked afresh."""
WRITTEN, VERIFIED = f"{ATTACKED} (written)", f"{ATTACKED} (verified)"
ASIDE = (CONFIRMED, CONFIRMED + CONTROLLED, WRITTEN, VERIFIED)
LABELS: dict[str, LabelKind] = {
    "attack": "word",
    "rejected": "word",
    "failed": "number",
    "states": "word",
    "questioned": "flag",
    "left_out": "integer",
}
COLUMNS = (
    "case_no", "cluster_key", "arm", "repeat", "judge", "behaviour", "score",
    *label_columns(LABELS),
)  # fmt: skip


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    import polars as pl

    words = pl.col("arm", "behaviour", "attack", "rejected", "states").cast(pl.String)
    return numbered(with_labels(frame, LABELS)).with_columns(words)


def words(metric: str, estimand: str, **more: Any) -> Estimate:
    return blank(SUITE, metric, estimand, **({"judge": JUDGE} | more))
