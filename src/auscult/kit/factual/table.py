"""What a suite of factual questions records of a reply, and the words of its estimates.

`form` is yes-no, multiple-choice or open; `kind` is what the data set says a question asks for;
`key_text` is the right answer in words and `listed` stands for the list of options, whatever their
order (`listed_so`: in the author's), so that rules which never look can be computed. `pictured`
says that the case has a picture that could be sent. Places are as displayed, as in `mcq_table`.
`legacy_right` is the published scorer's reading of the same reply.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Case
from auscult.core.estimate import Estimate
from auscult.kit import mcq
from auscult.kit.mcq_table import Design as Choices
from auscult.kit.question_estimates import REPLY_COLUMNS, numbered
from auscult.kit.question_suite import digest, folded, labels_of
from auscult.kit.questions import Form, judge_of
from auscult.stats.table import LabelKind, blank, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

LABELS: dict[str, LabelKind] = {
    "form": "word",
    "data": "word",
    "kind": "word",
    "modality": "word",
    "region": "word",
    "pictured": "flag",
    "shown": "small",
    "key_position": "small",
    "position_chosen": "small",
    "chosen_original": "small",
    "longest_right": "number",
    "permuted": "flag",
    "key_text": "word",
    "listed": "word",
    "listed_so": "word",
    "legacy_right": "number",
    "length": "integer",
}
COLUMNS = (*REPLY_COLUMNS, *label_columns(LABELS))
CLOSED = (
    "all replies to closed questions asked as they are, with refused, abstained and unreadable "
    "ones counted as not correct; failed calls are missing"
)


class Design(msgspec.Struct, frozen=True):
    """The words a suite uses for its arms and itself."""

    suite: str
    full: str = "baseline"
    options_only: str = "options-only"
    no_image: str = "no-image"
    grey_image: str = "grey-image"
    shuffled_image: str = "shuffled-image"
    legacy: str = "legacy"
    letters: str = mcq.LETTERS

    @property
    def image_controls(self) -> tuple[str, ...]:
        return self.no_image, self.grey_image, self.shuffled_image

    @property
    def choices(self) -> Choices:
        """For what is shared with other suites of multiple-choice questions."""
        judge = judge_of("multiple-choice")
        return Choices(self.suite, judge, self.full, self.options_only, self.letters)

    def words(self, metric: str, estimand: str, **words: Any) -> Estimate:
        both = f"{judge_of('yes-no')} and {judge_of('multiple-choice')}"
        words = {"judge": both, "arm": self.full, "denominator": CLOSED} | words
        return blank(self.suite, metric, estimand, **words)


def case_labels(case: Case, form: Form) -> dict[str, Any]:
    """What holds of every trial of a case; only what is known is recorded."""
    brief = case.brief
    labels = labels_of(case, "form", "data", "kind", "modality", "region")
    if form != "open" and brief.key is not None:
        texts = [folded(option) for option in case.options]
        labels["key_text"] = texts[brief.key]
        labels["listed"] = digest("|".join(sorted(texts)))
        labels["listed_so"] = digest("|".join(texts))
        labels["longest_right"] = mcq.longest_score(case.options, brief.key)
    return labels


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Labels as columns, cases and clusters by number."""
    return numbered(with_labels(frame, LABELS))
