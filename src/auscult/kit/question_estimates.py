"""What suites of questions say alike of their recorded replies, whatever each of them measures.

`about` is an estimate with its words and no number yet (`stats.table.blank`). What a table holds is
its suite's business; here it has `behaviour`, `score`, `case_id` and `cluster` (`numbered`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import msgspec

from auscult.core.estimate import ENGINEERING, Estimate
from auscult.stats.rates import cases_for_half_width, rate, rates_by
from auscult.stats.table import (
    EVERY_CALL,
    Counting,
    LabelKind,
    behaved,
    label_columns,
    with_labels,
)

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Trials
    from auscult.core.verdict import Behaviour

REPLY_COLUMNS = (
    "case_no",
    "cluster_key",
    "specialty",
    "difficulty",
    "arm",
    "repeat",
    "judge",
    "behaviour",
    "score",
)
"""What a table reads of every reply, beside the labels that its suite recorded."""
HALF_WIDTH = 0.05
PAIRED = ("case_id", "cluster", "arm", "behaviour", "score")
"""What a difference between arms reads."""
MEASURED = Counting(missing=(), excluded=("error",))
"""What a rule that reads nothing is scored on: the trials that the target answered somehow."""
UNANSWERED: tuple[tuple[str, Behaviour, str, str], ...] = (
    ("abstention rate", "abstained", "say that they do not know", "neutral"),
    ("refusal rate", "refused", "refuse to answer, or were blocked by a filter", "neutral"),
    ("unreadable rate", "invalid", "cannot be read as one {answer}", "lower-is-better"),
)


def numbered(frame: pl.DataFrame) -> pl.DataFrame:
    """`case_id` and `cluster` as numbers: they sort alike, and a long run's table is a third of the
    size."""
    import polars as pl

    return frame.with_columns(
        pl.col("case_no").cast(pl.UInt32).alias("case_id"), pl.col("cluster_key").alias("cluster")
    ).drop("case_no", "cluster_key")


def with_evidence(found: Iterable[Estimate], trials: Trials, suite: str) -> list[Estimate]:
    """The same estimates, each saying how far its cases have been looked at by a clinician."""
    level = evidence_of(trials, suite)
    return [msgspec.structs.replace(estimate, evidence_level=level) for estimate in found]


def evidence_of(trials: Trials, suite: str) -> str:
    """Clinician-reviewed only where every case asked has been signed off as it was worded."""
    import polars as pl

    label: dict[str, LabelKind] = {"signed_off": "flag"}
    frame = trials.frame(suite, ("case_no", "behaviour", *label_columns(label)))
    asked = pl.col("behaviour").cast(pl.String).fill_null("") != ""
    by_case = with_labels(frame, label).filter(asked).group_by("case_no")
    signed = by_case.agg(pl.col("signed_off").fill_null(False).all())["signed_off"]
    total, done = len(signed), int(signed.sum())
    if total and done == total:
        return "clinician-reviewed: every case asked has been signed off"
    return f"{ENGINEERING} ({done} of {total} cases signed off)" if done else ENGINEERING


def accuracy(rows: pl.DataFrame, about: Estimate) -> Estimate:
    """With the number of further cases that would make its interval narrow."""
    found = rate(rows, about)
    narrowing = {"half_width": HALF_WIDTH, "further_cases": cases_for_half_width(found, HALF_WIDTH)}
    return msgspec.structs.replace(found, extra=found.extra | {"narrowing": narrowing})


def unanswered_rates(
    rows: pl.DataFrame, about: Estimate, of: str, answer: str = "answer"
) -> list[Estimate]:
    """How many of the replies (`of` what) pass, refuse, or cannot be read as one `answer`."""
    return [
        rate(
            rows,
            msgspec.structs.replace(
                about,
                metric=metric,
                estimand=f"The share of {of} that {done.format(answer=answer)}.",
                direction=direction,
            ),
            success=behaved(behaviour),
        )
        for metric, behaviour, done, direction in UNANSWERED
    ]


def error_rate(rows: pl.DataFrame, about: Estimate, of: str = "") -> Estimate:
    """Of calls with such questions, or of all calls of the suite."""
    words = msgspec.structs.replace(
        about,
        metric="error rate",
        estimand=f"The share of {f'calls with {of}' if of else 'all calls of this suite'} that "
        "brought no reply after all retries.",
        denominator=f"all calls with {of}" if of else "all calls",
        direction="lower-is-better",
        standing="secondary",
    )
    return rate(rows, words, success=behaved("error"), counting=EVERY_CALL)


def by_columns(rows: pl.DataFrame, columns: Sequence[str], about: Estimate) -> list[Estimate]:
    """By each column in turn; the words of `about` have `{column}` where its name belongs."""
    return [
        estimate
        for column in columns
        for estimate in rates_by(
            rows,
            column,
            msgspec.structs.replace(
                about,
                metric=about.metric.format(column=column),
                estimand=about.estimand.format(column=column),
            ),
        )
    ]
