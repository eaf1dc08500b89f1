"""What a suite of multiple-choice questions records, and the words of its estimates.

`shown` is the number of options, `key_position` and `position_chosen` are places as displayed,
`chosen_original` is the index in the author's order, `longest_right` is what naming the longest
option would have scored, and `permuted` says that the order was drawn and not the author's.
"""

from __future__ import annotations

from typing import Any

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit.mcq import LETTERS
from auscult.kit.question_estimates import REPLY_COLUMNS
from auscult.stats.table import LabelKind, blank, label_columns

LABELS: dict[str, LabelKind] = {
    "shown": "small",
    "key_position": "small",
    "position_chosen": "small",
    "chosen_original": "small",
    "longest_right": "number",
    "permuted": "flag",
    "data": "word",
}
COLUMNS = (*REPLY_COLUMNS, *label_columns(LABELS))
REPLIES = (
    "all replies to full questions, with refused, abstained and unreadable ones counted as not "
    "correct; failed calls are missing"
)


class Design(msgspec.Struct, frozen=True):
    """The words a suite uses for its arms and itself."""

    suite: str
    judge: str
    full: str = "baseline"
    options_only: str = "options-only"
    letters: str = LETTERS

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        words = {"judge": self.judge, "arm": self.full, "denominator": REPLIES} | words
        return blank(self.suite, metric, estimand, **words)
