"""Yes-no questions: finding what is there, leaving what is not, and both at once.

Sensitivity and specificity of "yes" count refused, abstained and unreadable replies as not correct.
Balanced accuracy is their mean; its interval joins theirs (MOVER, Zou and Donner 2008), with the
correlation of the two over clusters where that is positive. Matthews' coefficient is of the replies
that said yes or no, and its interval joins in the same way those of sensitivity, of specificity and
of the share of questions whose answer is yes: what each end of one makes of the coefficient while
the others stay. So it knows of clusters even where nothing is wrong. Ours where it meets a
coefficient.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.questions import judge_of
from auscult.stats.grouped import codes, column_sums, parts, pooled
from auscult.stats.rates import Interval, Tally, cluster_interval, rate
from auscult.stats.table import only

if TYPE_CHECKING:
    import numpy as np
    import polars as pl
    from numpy.typing import NDArray

    from auscult.core.estimate import Estimate
    from auscult.kit.factual.table import Design
    from auscult.stats.grouped import Kinds

    Floats = NDArray[np.float64]

LEVEL = 0.95
RAREST = 1e-6
"""A share of questions, in place of none: with none there is no coefficient."""
YES, NO = "yes", "no"
DENOMINATOR = "replies to yes-no questions {of}, unanswered ones counted as not correct"


def yes_no_estimates(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """`rows` are the trials of yes-no questions asked as they are."""
    import polars as pl

    key = pl.col("key_text").cast(pl.String)
    found, left = only(rows, key == YES), only(rows, key == NO)
    sensitivity = rate(found, _words(
        design, "sensitivity of yes", "The share of questions whose right answer is yes that are "
        "answered yes.", "whose right answer is yes"))  # fmt: skip
    specificity = rate(left, _words(
        design, "specificity of yes", "The share of questions whose right answer is no that are "
        "answered no.", "whose right answer is no"))  # fmt: skip
    return [
        sensitivity,
        specificity,
        _balanced(rows, sensitivity, specificity, design),
        _matthews(rows, design),
    ]


def _words(design: Design, metric: str, estimand: str, of: str) -> Estimate:
    return design.words(
        metric,
        estimand,
        judge=judge_of("yes-no"),
        denominator=DENOMINATOR.format(of=of),
        direction="higher-is-better",
        standing="secondary",
    )


def _balanced(
    rows: pl.DataFrame, sensitivity: Estimate, specificity: Estimate, design: Design
) -> Estimate:
    words = _words(
        design,
        "balanced accuracy",
        "The mean of sensitivity and specificity of yes: 0.5 for any constant answer.",
        "of either kind",
    )
    if sensitivity.value is None or specificity.value is None:
        which = "yes" if sensitivity.value is None else "no"
        note = f"Not measured: no question with a usable reply has the right answer {which}."
        return msgspec.structs.replace(words, note=note)
    sums = _sums(rows, answered=False)
    low, high = _mover(sensitivity, specificity, _together(sums))
    both = {
        name: getattr(sensitivity, name) + getattr(specificity, name)
        for name in (
            "n", "n_invalid", "n_error", "n_refused", "n_abstained", "n_not_applicable",
        )
    }  # fmt: skip
    return msgspec.structs.replace(
        words,
        value=(sensitivity.value + specificity.value) / 2,
        low=low,
        high=high,
        level=LEVEL,
        n_clusters=sums.clusters,
        method="MOVER over the intervals of sensitivity and specificity (Zou-Donner)",
        **both,
    )


def _mover(one: Estimate, other: Estimate, together: float) -> tuple[float, float]:
    ends = []
    for end, sign in (("low", -1), ("high", 1)):
        a, b = (abs(getattr(e, end) - e.value) for e in (one, other))
        half = 0.5 * sqrt(a * a + b * b + 2 * together * a * b)
        ends.append((one.value + other.value) / 2 + sign * half)  # type: ignore[operator]
    return max(0.0, ends[0]), min(1.0, ends[1])


def _together(sums: Kinds) -> float:
    """Of what a cluster adds to sensitivity and to specificity; 0 where negative or unknown: a
    lucky one buys nothing."""
    import numpy as np

    hits, positives, clears, negatives = sums.rows.T
    total = sums.times @ sums.rows
    if not total[1] or not total[3]:
        return 0.0
    a = hits - total[0] / total[1] * positives
    b = clears - total[2] / total[3] * negatives
    spread = sqrt(float(sums.times @ a**2) * float(sums.times @ b**2))
    return float(np.clip(sums.times @ (a * b) / spread, 0.0, 1.0)) if spread > 0 else 0.0


def _matthews(rows: pl.DataFrame, design: Design) -> Estimate:
    words = msgspec.structs.replace(
        _words(
            design,
            "Matthews correlation",
            "The correlation of what is answered with what is right, among replies that say yes or "
            "no: 0 for answers that have nothing to do with the question.",
            "",
        ),
        denominator="replies to yes-no questions that say yes or no",
        unit="correlation",
    )
    sums = _sums(rows, answered=True)
    total = sums.times @ sums.rows if len(sums.rows) else [0.0] * 4
    hits, positives, clears, negatives = (float(t) for t in total)
    counted = msgspec.structs.replace(
        words, n=int(positives + negatives), n_clusters=sums.clusters, level=LEVEL
    )
    said_yes = hits + negatives - clears
    if not positives or not negatives or said_yes in (0.0, positives + negatives):
        which = "answers" if positives and negatives else "right answers"
        return msgspec.structs.replace(counted, note=f"No value: the {which} are all the same.")
    value, low, high = _joined(sums)
    return msgspec.structs.replace(
        counted,
        value=value,
        low=low,
        high=high,
        method="MOVER over the intervals of sensitivity, specificity and the share of questions "
        "with yes; our estimator",
    )


def _sums(rows: pl.DataFrame, *, answered: bool) -> Kinds:
    """Per cluster: yes said where right, questions with yes, no said where right, with no."""
    import numpy as np
    import polars as pl

    behaviour = pl.col("behaviour").cast(pl.String).fill_null("")
    read = behaviour.is_in(["answered", "partial"])
    kept = rows.filter(read if answered else ~behaviour.is_in(["", "error"]))

    def blocks() -> Any:
        for part in parts(kept.select("cluster", "behaviour", "score", "key_text")):
            yes = (part["key_text"].cast(pl.String) == YES).to_numpy()
            right = part.select(pl.when(read).then("score").otherwise(0.0).fill_null(0.0))
            y = right.to_series().to_numpy()
            columns = np.column_stack((y * yes, yes, y * ~yes, ~yes)).astype(np.float64)
            yield column_sums(codes(part["cluster"]), columns)

    return pooled(blocks(), 4)


def _joined(sums: Kinds) -> tuple[float, float, float]:
    """The coefficient, and how far the ends of what it is made of take it."""
    sensitive, specific = _of(sums, 0, (1,)), _of(sums, 2, (3,))
    prevalent = _of(sums, 1, (1, 3))
    s, c, p = sensitive.value, specific.value, prevalent.value
    value, together = _phi(s, c, p), _together(sums)
    shares = (min(max(end, RAREST), 1 - RAREST) for end in (prevalent.low, prevalent.high))
    moved = [_phi(s, c, share) - value for share in shares]
    ends = []
    for end, sign in (("low", -1), ("high", 1)):
        a = sign * (_phi(getattr(sensitive, end), c, p) - value)
        b = sign * (_phi(s, getattr(specific, end), p) - value)
        rare = max(0.0, *(sign * by for by in moved))
        ends.append(value + sign * sqrt(a * a + b * b + 2 * together * a * b + rare * rare))
    return value, max(-1.0, ends[0]), min(1.0, ends[1])


def _of(sums: Kinds, part: int, whole: tuple[int, ...]) -> Interval:
    """A share with the interval that every rate has."""
    sizes = sums.rows[:, whole].sum(axis=1)
    held = sizes > 0
    return cluster_interval(Tally(sums.rows[held, part], sizes[held], sums.times[held]), LEVEL)


def _phi(sensitivity: float, specificity: float, prevalence: float) -> float:
    """Matthews (1975); 0, its limit, where all is said to be one thing."""
    said_yes = prevalence * sensitivity + (1 - prevalence) * (1 - specificity)
    margins = prevalence * (1 - prevalence) * said_yes * (1 - said_yes)
    if margins <= 0:
        return 0.0
    return (sensitivity + specificity - 1) * prevalence * (1 - prevalence) / sqrt(margins)
