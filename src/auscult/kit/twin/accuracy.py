"""How well vignettes are answered at all: of a target that does not read them, twins show nothing.

Beside it stand the constant answers that would do best on the same replies, one letter as options
were shown and one option's words. Both are picked in hindsight, which flatters them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.mcq import LETTERS
from auscult.kit.twin.table import REPLIES, Words
from auscult.stats.paired import excess_over_rule
from auscult.stats.rates import rate

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate


class _Constant(msgspec.Struct, frozen=True):
    doing: str
    share: float
    right: pl.Expr


def accuracy_on_twins(replies: pl.DataFrame, words: Words) -> tuple[Estimate, Estimate]:
    """Accuracy, and what it has beyond the constant answer that is hardest to beat."""
    about = words.of(
        "accuracy on twins",
        "The share of right answers over all askings of the vignettes, twins and rewordings.",
        arm="",
        denominator=f"all replies to {REPLIES}",
        direction="higher-is-better",
        standing="secondary",
    )
    beyond = msgspec.structs.replace(
        about,
        metric="accuracy on twins, beyond the best constant answer",
        estimand="How many more answers are right than by the constant answer, one letter or one "
        "option's words, that would do best on the same vignettes.",
        control_arm="constant answer",
    )
    found = rate(replies, about)
    rivals = [(c, excess_over_rule(replies, beyond, c.right)) for c in _constants(replies)]
    rivals = [pair for pair in rivals if pair[1].value is not None]
    if not rivals:
        return found, msgspec.structs.replace(beyond, note="No constant answer is known.")
    best, excess = min(rivals, key=lambda pair: (pair[1].value or 0.0, pair[0].doing))
    known = {"constant": best.doing, "constant_accuracy": best.share}
    excess = msgspec.structs.replace(excess, extra=excess.extra | known)
    if any(not _beaten(rival) for _, rival in rivals):
        note = (
            f"Accuracy ({found.value:.0%}) is not shown to be above {best.doing} "
            f"({best.share:.0%}): that such a target's answers do not change is no evidence of "
            "fairness."
        )
        found = msgspec.structs.replace(found, note=f"{found.note} {note}".strip())
    return msgspec.structs.replace(found, extra=found.extra | known), excess


def _beaten(excess: Estimate) -> bool:
    return excess.low is not None and excess.low > 0 and not excess.extra["undecided"]


def _constants(replies: pl.DataFrame) -> list[_Constant]:
    """The luckiest letter, and the luckiest words."""
    import polars as pl

    measured = replies.filter(pl.col("behaviour") != "error")
    found = []
    for column in ("key_position", "truth"):
        tally = measured[column].drop_nulls().value_counts().sort(
            "count", column, descending=[True, False]
        )  # fmt: skip
        if tally.is_empty():
            continue
        best, count = tally.row(0)
        said = LETTERS[best] if column == "key_position" else f"'{best}'"
        right = (pl.col(column) == best).fill_null(False).cast(pl.Float64)
        found.append(_Constant(f"always answering {said}", count / len(measured), right))
    return found
