"""No gate decides by attacks whose words a model wrote and nobody verified.

Such words may change what is right, so the suite headlines no figure of them either.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from auscult.core.protocols import Watched
    from auscult.engine.view import RunView
    from auscult.report.compare import Pair
    from auscult.report.junit import Figure

REASON = (
    "A model wrote words of these attacks and nobody verified them, so nothing is decided: bind "
    "the role verifier and run again."
)


def left_open(figure: Figure, pair: Pair, suite: str, watched: Watched) -> Figure:
    """With a reason to decide nothing, where the arms that it reads hold such words in either
    run."""
    if figure.reason or not any(_holds(view, suite, watched) for _, view in pair.runs):
        return figure
    return msgspec.structs.replace(figure, reason=REASON)


def _holds(view: RunView, suite: str, watched: Watched) -> bool:
    import polars as pl

    from auscult.kit.attack.agent import ROLE
    from auscult.kit.attack.writing import COLUMNS, unverified

    if ROLE not in view.roles:
        return False
    frame = view.frame(suite, COLUMNS)
    return unverified(frame.filter(pl.col("arm").cast(pl.String).is_in(list(watched.arms_read))))
