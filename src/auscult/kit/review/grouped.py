"""Figures by group, such as a model's, which a suite reads off scores in a way of its own.

A watched metric is one figure of a run. A suite with a figure for each group (every model of an
import) declares here how one follows from the scores that were read: `worth` says what a score
gives to it. Verdicts are then drawn by group as well, and labels of a group correct its figure.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.kit.review.corrected import corrected
from auscult.kit.review.measure import Sample
from auscult.kit.review.records import Queue
from auscult.kit.review.scheme import Outcome
from auscult.stats.table import LabelKind, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl


class Grouped(msgspec.Struct, frozen=True):
    watched: Watched
    """Of the scores as they are worth to the figure."""
    by: str
    """The label of a trial that names its group, as the estimate's `group` does."""
    worth: dict[float, float]
    """By score; one that is not named is worth itself."""

    def is_of(self, about: Estimate) -> bool:
        return about.metric == self.watched.metric and about.group.keys() == {self.by}


def declared(suite: Any) -> tuple[Grouped, ...]:
    found: tuple[Grouped, ...] = getattr(suite, "corrected_by_group", ())
    return found


def columns_of(grouped: Grouped) -> tuple[str, ...]:
    return label_columns(_label(grouped))


def corrected_group(
    frame: pl.DataFrame, grouped: Grouped, about: Estimate, sample: Sample, queue: Queue
) -> Estimate:
    """As `corrected` does, on the trials of the estimate's group."""
    import polars as pl

    name = about.group[grouped.by]
    rows = with_labels(frame, _label(grouped)).filter(pl.col(grouped.by).cast(pl.String) == name)
    worth = pl.col("score").replace(grouped.worth)
    outcomes = {
        label: tuple(_worth(one, grouped) for one in found)
        for label, found in queue.outcomes.items()
    }
    told = msgspec.structs.replace(queue, outcomes=outcomes)
    return corrected(rows.with_columns(worth), grouped.watched, about, sample, told)


def _worth(one: Outcome, grouped: Grouped) -> Outcome:
    score = one.score if one.score is None else grouped.worth.get(one.score, one.score)
    return Outcome(one.behaviour, score)


def _label(grouped: Grouped) -> dict[str, LabelKind]:
    return {grouped.by: "word"}
