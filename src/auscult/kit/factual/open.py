"""Open answers, as a rubric judge read them against the reference."""

from __future__ import annotations

from math import atanh, sqrt, tanh
from typing import TYPE_CHECKING

import msgspec

from auscult.kit.questions import judge_of
from auscult.stats.intervals import z_quantile
from auscult.stats.rates import rate
from auscult.stats.table import ANSWERED_ONLY, behaved, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.factual.table import Design

METRIC = "open-answer score"
JUDGE = judge_of("open")
DENOMINATOR = (
    "all replies to open questions that the judge could read, with refused and abstained ones as "
    "0; failed calls and unreadable judgements are missing"
)
FEW = 10


def open_estimates(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """`rows` are the trials of open questions. The score is 1 for right, 0.5 for partly right."""
    if rows.is_empty():
        return []
    words = design.words(
        METRIC,
        "The mean score of open answers against their reference: 1 right, 0.5 partly, 0 wrong.",
        judge=JUDGE,
        denominator=DENOMINATOR,
        direction="higher-is-better",
        standing="secondary",
        unit="mean score",
    )
    score = rate(rows, words)
    if score.value is None:
        return [score]
    answered = msgspec.structs.replace(
        words,
        metric=f"{METRIC}, answered only",
        estimand="The mean score of the open questions that were answered.",
        denominator="replies to open questions that gave an answer",
    )
    with_length = _length(rows, score)
    out = [with_length, rate(rows, answered, counting=ANSWERED_ONLY)]
    for metric, behaviour, done in (
        ("open-answer abstention rate", "abstained", "say that they do not know"),
        ("open-answer refusal rate", "refused", "refuse to answer"),
    ):
        about = msgspec.structs.replace(
            words,
            metric=metric,
            estimand=f"The share of replies to open questions that {done}.",
            denominator="all replies to open questions; failed calls are missing",
            direction="neutral",
            unit="proportion",
        )
        out.append(rate(rows, about, success=behaved(behaviour)))  # type: ignore[arg-type]
    return out


def _length(rows: pl.DataFrame, score: Estimate) -> Estimate:
    """A judge that likes long answers shows it here, and so does a target that is right at
    length: the figure warns, and proves nothing."""
    import polars as pl

    read = pl.col("behaviour").cast(pl.String).is_in(["answered", "partial"])
    told = only(rows, read, pl.col("score").is_not_null(), pl.col("length") > 0)
    found = told.select(
        pl.corr(pl.col("score"), pl.col("length").log(), method="pearson").alias("r"),
        pl.col("cluster").n_unique().alias("clusters"),
    ).row(0)
    r, clusters = found
    if r is None or r != r or clusters < FEW:
        return score
    bent = max(-0.999999, min(0.999999, float(r)))
    half = z_quantile() / sqrt(clusters - 3)
    ends = tanh(atanh(bent) - half), tanh(atanh(bent) + half)
    note = (
        f"Score and length of the answer correlate at {r:+.2f} (95% interval {ends[0]:+.2f} to "
        f"{ends[1]:+.2f}, {clusters} clusters): longer answers may be better, or only liked."
    )
    telling = ends[0] > 0 or ends[1] < 0
    extra = score.extra | {"length_correlation": {"value": float(r), "interval": list(ends)}}
    said = f"{score.note} {note}".strip() if telling else score.note
    return msgspec.structs.replace(score, note=said, extra=extra)
