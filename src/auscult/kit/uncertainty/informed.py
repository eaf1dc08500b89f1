"""Whether the target's "sure" says anything of its answers: of right ones more often than of wrong.

The figure is Youden's (1950): the share of right answers that the target is sure of minus the share
of wrong ones. To say the same of every answer gives 0, be it "sure" or "not sure", and so does any
way of saying it that has nothing to do with being right; how many answers are right does not enter.
Its interval joins those of the two shares as Newcombe (1998) does. Both may be of the same
clusters: where those that are surer of right answers are less sure of wrong ones, their correlation
widens the interval (Zou and Donner 2008); the other way round it is left out, which keeps it wide.
Our estimator.
"""

from __future__ import annotations

from math import sqrt
from typing import TYPE_CHECKING

import msgspec

from auscult.stats.rates import rate
from auscult.stats.table import behaviour_counts, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.uncertainty.table import Design

METRIC = "sure when right minus sure when wrong"
METHOD = "Newcombe's joining of the intervals of two shares, with clusters in common (Zou-Donner)"
FEWEST = 5
MORE = (
    "Of 100 right answers, the target says that it is sure of about {n} more {answers} than of 100 "
    "wrong ones"
)
FEWER = (
    "Of 100 right answers, the target says that it is sure of about {n} fewer {answers} than of "
    "100 wrong ones"
)


def sure_of() -> pl.Expr:
    """An unreadable second reply is not sure; a failed call is missing by its behaviour."""
    import polars as pl

    return (pl.col("sure").cast(pl.String) == "sure").fill_null(False).cast(pl.Float64)


def sure_by_outcome(both: pl.DataFrame, design: Design) -> list[Estimate]:
    """The difference, which is the primary figure, and the two shares that it is made of."""
    import polars as pl

    shares: list[Estimate] = []
    for name, value, direction in (
        ("right", 1.0, "higher-is-better"), ("wrong", 0.0, "lower-is-better"),
    ):  # fmt: skip
        words = design.words(
            f"sure when {name}",
            f"The share of {name} answers that the target says it is sure of. It knows what it "
            "knows if this is high of right answers and low of wrong ones.",
            denominator=f"{name} answers, an unreadable second reply counted as not sure; failed "
            "calls are missing",
            direction=direction,
            standing="secondary",
        )
        shares.append(rate(only(both, pl.col("right") == value), words, success=sure_of()))
    return [informed(both, shares[0], shares[1], design), *shares]


def informed(both: pl.DataFrame, right: Estimate, wrong: Estimate, design: Design) -> Estimate:
    import polars as pl

    about = design.words(
        METRIC,
        "The share of right answers that the target says it is sure of minus the share of wrong "
        "answers that it says it is sure of. Saying the same every time, 'sure' or 'not sure', "
        "gives 0.",
        denominator="right answers, and wrong ones; an unreadable second reply counts as not sure; "
        "questions that got no answer are in neither; failed calls are missing",
        direction="higher-is-better",
        standing="primary",
        headline=True,
        unit="difference of proportions",
        extra={"phrase": {"more": MORE, "fewer": FEWER}},
    )
    answers = only(both, pl.col("right").is_in([0.0, 1.0]))
    about = msgspec.structs.replace(about, n=right.n + wrong.n, **behaviour_counts(both))
    if right.value is None or wrong.value is None:
        which = " and ".join(name for name, e in (("right", right), ("wrong", wrong)) if not e.n)
        return msgspec.structs.replace(
            about, note=f"Not measured: no {which} answer with a reply in both turns."
        )
    low, high = _joined(right, wrong, _together(answers))
    bounds = _bounds(right, wrong, low, high)
    return msgspec.structs.replace(
        about,
        value=right.value - wrong.value,
        low=low,
        high=high,
        n_clusters=int(answers["cluster"].n_unique()),
        method=METHOD,
        note=_note(right, wrong, bool(bounds["undecided"])),
        extra=about.extra | bounds | {"n_right": right.n, "n_wrong": wrong.n},
    )


def _joined(right: Estimate, wrong: Estimate, together: float) -> tuple[float, float]:
    p, p_low, p_high = _ends(right)
    q, q_low, q_high = _ends(wrong)

    def reach(one: float, other: float) -> float:
        return sqrt(one**2 + other**2 - 2 * together * one * other)

    low, high = p - q - reach(p - p_low, q_high - q), p - q + reach(p_high - p, q - q_low)
    return max(-1.0, low), min(1.0, high)


def _together(answers: pl.DataFrame) -> float:
    """The correlation of the two shares over clusters, where it is below 0."""
    import polars as pl

    shares = pl.col("y").mean().over("right")
    size = pl.len().over("right")
    pulls = (
        answers.filter(pl.col("behaviour").cast(pl.String) != "error")
        .select("cluster", "right", sure_of().alias("y"))
        .select("cluster", "right", pull=(pl.col("y") - shares) / size)
        .group_by("cluster", maintain_order=True)
        .agg(pl.col("pull").filter(pl.col("right") == value).sum().alias(name)
             for name, value in (("one", 1.0), ("other", 0.0)))
    )  # fmt: skip
    one, other = pulls["one"], pulls["other"]
    spread = sqrt(float((one * one).sum()) * float((other * other).sum()))
    return min(0.0, round(float((one * other).sum()) / spread, 9)) if spread > 0 else 0.0


def _ends(share: Estimate) -> tuple[float, float, float]:
    assert share.value is not None and share.low is not None and share.high is not None
    return share.value, share.low, share.high


def _bounds(right: Estimate, wrong: Estimate, low: float, high: float) -> dict[str, object]:
    """Every missing reply counted against the target, and every one for it."""
    least = float(right.extra["bound_low"] - wrong.extra["bound_high"])
    most = float(right.extra["bound_high"] - wrong.extra["bound_low"])
    value = (right.value or 0.0) - (wrong.value or 0.0)
    down, up = value - least, most - value
    lost = (low > 0 >= low - down) or (high < 0 <= high + up)
    return {
        "bound_low": least,
        "bound_high": most,
        "bound_interval": [max(-1.0, low - down), min(1.0, high + up)],
        "undecided": least < 0 < most or lost,
    }


def _note(right: Estimate, wrong: Estimate, undecided: bool) -> str:
    said = [
        f"Sure of {100 * (right.value or 0.0):.0f}% of {right.n} right answers and of "
        f"{100 * (wrong.value or 0.0):.0f}% of {wrong.n} wrong ones."
    ]
    few = min((right, "right"), (wrong, "wrong"), key=lambda pair: pair[0].n_clusters)
    if few[0].n_clusters < FEWEST:
        said.append(f"Only {few[0].n_clusters} questions got a {few[1]} answer: a rough guide.")
    if undecided:
        said.append("Undecided: the missing replies could take the sign of the difference away.")
    return " ".join(said)
