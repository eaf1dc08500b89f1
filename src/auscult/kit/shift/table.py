"""What the input-shift suite records of a reply, and how its trials become shifted replies.

A *cell* is one shift at one severity. `shift`, `severity` and `effect` are those of the arm's cell;
arms on the clean picture have none. `legacy_right` and `legacy_abstains` are the published scorers'
readings of the same reply. Of the first clean reply `key_text` is the right answer in words and
`key_position` its place as shown, so that rules which never look can be computed. The arm `AGAIN`
asks one cell of a case a second time; `again` and `again_severity` say which. What is asked there
depends on the replies before, so it confirms findings and is in no estimate.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.question_estimates import numbered
from auscult.stats.table import LabelKind, behaved, blank, correctness, label_columns, with_labels

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

BASELINE, CONTROL, AGAIN, LEGACY = "baseline", "control", "again", "legacy"
LEGACY_NOISE = "legacy-noise"
KEPT, UNANSWERABLE = ("kept", "sides-swapped"), "not-answerable"
LOOKS_ALIKE = ("wrong-patient", "control-shuffled")
"""A picture of the same kind takes the picture's place: nothing in it tells that it is another."""
JUDGES = "yes-no and choice"
PAIRS = "pairs of a reply to a shifted picture and one to the same picture clean, case by case"
LABELS: dict[str, LabelKind] = {
    "shift": "word",
    "severity": "small",
    "effect": "word",
    "form": "word",
    "modality": "word",
    "legacy_right": "number",
    "legacy_abstains": "number",
    "key_text": "word",
    "key_position": "small",
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


class Cell(NamedTuple):
    """Sorts by name and then from mild to strong."""

    shift: str
    severity: int


class Design(msgspec.Struct, frozen=True):
    """The words a suite uses for itself, and what each shift weighs in a mean over shifts."""

    suite: str
    weights: Mapping[str, float] = {}
    """Of a shift, 1 where it is not named."""

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        words = {"judge": JUDGES, "arm": "shifted"} | words
        return blank(self.suite, metric, estimand, **words)


class Shifted(msgspec.Struct, frozen=True):
    """Replies to shifted pictures, each beside the two to the clean one. Not-a-number is missing.
    Of `right`, `abstained` and `answered` the columns are shifted, baseline, control."""

    rows: Any
    """The same as a table: what happened, and the cell."""
    cells: tuple[Cell, ...]
    cell: Any
    """Per row, its place in `cells`."""
    cluster: Any
    right: Any
    abstained: Any
    answered: Any
    chance: Any = None
    """Per row, how likely the lot was to draw it; None where the lot had no part in it."""

    def of(self, *kept: Cell) -> list[int]:
        return [self.cells.index(cell) for cell in kept]


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Labels as columns, cases and clusters by number."""
    import polars as pl

    words = pl.col("arm", "behaviour", "shift", "effect", "form", "modality", "key_text")
    return numbered(with_labels(frame, LABELS)).with_columns(words.cast(pl.String))


OUTCOMES = ("right", "abstained", "answered")


def shifted(rows: pl.DataFrame, effects: tuple[str, ...]) -> Shifted:
    """Every reply of the cells with such an effect on the key, in the order of cells and cases."""
    import numpy as np
    import polars as pl

    valued = rows.with_columns(_outcomes())
    here = valued.filter(pl.col("shift").is_not_null(), pl.col("effect").is_in(effects))
    asked = here.filter(pl.col("behaviour").fill_null("") != "")
    for arm in (BASELINE, CONTROL):
        clean = valued.filter(pl.col("arm") == arm)
        named = [pl.col(name).alias(f"{name}_{arm}") for name in OUTCOMES]
        asked = asked.join(clean.select("case_id", *named), on="case_id", how="left")
    asked = asked.sort("shift", "severity", "case_id")
    pairs = asked.select("shift", "severity").unique(maintain_order=True).rows()
    cells = tuple(Cell(shift, int(severity)) for shift, severity in pairs)
    place = {cell: number for number, cell in enumerate(cells)}
    number = [place[Cell(s, int(v))] for s, v in asked.select("shift", "severity").iter_rows()]

    def columns(name: str) -> Any:
        picked = asked.select(name, f"{name}_{BASELINE}", f"{name}_{CONTROL}")
        return picked.fill_null(float("nan")).to_numpy()

    return Shifted(
        rows=here,
        cells=cells,
        cell=np.array(number, dtype=np.int64),
        cluster=asked["cluster"].to_numpy(),
        right=columns("right"),
        abstained=columns("abstained"),
        answered=columns("answered"),
    )


def _outcomes() -> list[pl.Expr]:
    """Null for a failed call, which is missing."""
    import polars as pl

    failed = pl.col("behaviour") == "error"
    answered = pl.col("behaviour").is_in(["answered", "partial"]).cast(pl.Float64)
    values = {"right": correctness(), "abstained": behaved("abstained"), "answered": answered}
    return [
        pl.when(failed).then(None).otherwise(value).cast(pl.Float64).alias(name)
        for name, value in values.items()
    ]
