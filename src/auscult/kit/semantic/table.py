"""What the semantic-shift suite records of a reply, and the words of its estimates.

`place` says what was shown: `in` the question with its own picture, `out-modality` the same where
the picture's modality was declared out of the target's training, `mismatched` the question with a
picture of another modality, `grey` with a plain grey one. `offer` says whether the prompt offered
to say "I don't know". `asserts` is 1 for an answer that says something of the picture: an option,
yes, or the no that denies what is normal. A reply is *withheld* where it does not answer by choice:
it says that it does not know, or declines. `confidence` is the probability of the reply's first
token, where the target gives it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.question_estimates import numbered
from auscult.stats.table import LabelKind, blank, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

IN, OUT_MODALITY, MISMATCHED, GREY = "in", "out-modality", "mismatched", "grey"
OUTSIDE = (OUT_MODALITY, MISMATCHED, GREY)
BASELINE, LEGACY = "baseline", "legacy"
PLAIN = "-plain"
JUDGES = "yes-no and choice"
LABELS: dict[str, LabelKind] = {
    "place": "word",
    "offer": "flag",
    "asserts": "number",
    "confidence": "number",
    "modality": "word",
    "form": "word",
    "legacy_abstains": "number",
}
COLUMNS = (
    "case_no",
    "cluster_key",
    "arm",
    "judge",
    "behaviour",
    "score",
    *label_columns(LABELS),
)
SHOWN = {
    OUT_MODALITY: "pictures of a modality declared out of the target's training",
    MISMATCHED: "a picture of another modality than the question is about",
    GREY: "a plain grey picture",
}


class Design(msgspec.Struct, frozen=True):
    suite: str
    out_modalities: tuple[str, ...] = ()
    in_modalities: tuple[str, ...] = ()
    """What the plan says is out of and in the target's training."""

    @property
    def declared(self) -> bool:
        return bool(self.out_modalities or self.in_modalities)

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        return blank(self.suite, metric, estimand, **({"judge": JUDGES} | words))


def arm_of(place: str, offer: bool) -> str:
    return (BASELINE if place == IN else place) + ("" if offer else PLAIN)


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Labels as columns, cases and clusters by number."""
    import polars as pl

    words = pl.col("arm", "behaviour", "place", "modality", "form").cast(pl.String)
    return numbered(with_labels(frame, LABELS)).with_columns(words)


def withheld() -> pl.Expr:
    """1 where the reply says that it does not know, or declines; an unreadable one may mean
    anything and is bounded instead."""
    import polars as pl

    return pl.col("behaviour").is_in(["abstained", "refused"]).cast(pl.Float64)
