"""Headlines corrected by people's labels of this run's own replies (prediction-powered).

Only what the labels can say is corrected: a metric that reads this judge's behaviours or scores,
under labels that are each worth one value to it. And only where the figure is found again from the
rows: a suite that computes it in another way has it shown uncorrected, with the reason.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import msgspec

from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.kit.review.measure import Sample
from auscult.kit.review.records import Queue
from auscult.kit.review.scheme import Outcome

if TYPE_CHECKING:
    import polars as pl

CLOSE = 1e-9
COLUMNS = ("case_no", "case_id", "cluster", "arm", "repeat", "judge", "behaviour", "score")
KEY = ("case_no", "arm", "repeat")


def corrected(
    frame: pl.DataFrame, watched: Watched, about: Estimate, sample: Sample, queue: Queue
) -> Estimate:
    """`about` as the suite gave it, with a corrected value and interval, or with none and a note
    that says why. `extra["uncorrected"]` keeps the suite's own."""
    if why := sample.why_not or _cannot(watched, queue.judge):
        return _refused(about, why)
    from auscult.stats.correction import powered_difference, powered_rate
    from auscult.stats.watched import rows_read, success_of

    values = {
        label: _value(watched, queue.outcomes.get(label, ()))
        for label in {one.label for one in sample.kept}
    }
    for label, value in sorted(values.items()):
        if value is None:
            return _refused(
                about,
                f"the label '{label}' stands for verdicts of different worth to this figure, so "
                "it does not say which of them is true.",
            )
    rows = rows_read(_with_truth(frame, about.suite, sample, values), watched)
    blank = msgspec.structs.replace(about, value=None, low=None, high=None, note="", extra={})
    powered = powered_difference if watched.control_arm else powered_rate
    found = powered(rows, blank, success=success_of(watched), level=about.level)
    own = found.extra.get("uncorrected", {}).get("value")
    if own is None or about.value is None or abs(own - about.value) > CLOSE:
        return _refused(about, "the suite computes it in a way that a label does not enter.")
    return found


def _cannot(watched: Watched, judge: str) -> str:
    if watched.of in ("label", "change"):
        return "it reads what the suite recorded of a reply, which these labels do not say."
    if watched.judges_read != (judge,):
        return f"it reads another judge than '{judge}'."
    return ""


def _value(watched: Watched, outcomes: Sequence[Outcome]) -> float | None:
    """What a label is worth to a metric; None where nothing says, or the verdicts differ in it."""
    import polars as pl

    from auscult.stats.watched import success_of

    if not outcomes:
        return None
    rows = pl.DataFrame(
        {
            "behaviour": [one.behaviour for one in outcomes],
            "score": [one.score for one in outcomes],
        },
        schema={"behaviour": pl.String, "score": pl.Float64},
    )
    worth = set(rows.select(success_of(watched).alias("worth"))["worth"].to_list())
    only = worth.pop()
    return None if worth or only is None else float(only)


def _with_truth(
    frame: pl.DataFrame, suite: str, sample: Sample, values: Mapping[str, float | None]
) -> pl.DataFrame:
    import polars as pl

    mine = [one for one in sample.kept if one.item.suite == suite]
    said = pl.DataFrame(
        {
            "case_no": [one.item.case_no for one in mine],
            "arm": [one.item.arm for one in mine],
            "repeat": [one.item.repeat for one in mine],
            "truth": [values[one.label] for one in mine],
            "inclusion": [one.inclusion for one in mine],
        },
        schema={"case_no": pl.Int64, "arm": pl.String, "repeat": pl.Int32,
                "truth": pl.Float64, "inclusion": pl.Float64},
    )  # fmt: skip
    plain = frame.with_columns(
        pl.col("arm").cast(pl.String), pl.col("case_no").cast(pl.Int64),
        pl.col("repeat").cast(pl.Int32),
    )  # fmt: skip
    return plain.join(said, on=list(KEY), how="left")


def not_by_verdict(about: Estimate) -> Estimate:
    return _refused(about, "no single verdict gives it, so a label of one does not enter.")


def _refused(about: Estimate, why: str) -> Estimate:
    kept = {name: getattr(about, name) for name in ("value", "low", "high", "method")}
    return msgspec.structs.replace(
        about, value=None, low=None, high=None, corrected=False, method="",
        note=f"No corrected rate: {why}", extra={"uncorrected": kept},
    )  # fmt: skip
