"""What a suite of factual questions records of a reply, and the words of its estimates.

`form` is yes-no, multiple-choice or open; `kind` is what the data set says a question asks for;
`key_text` is the right answer in words and `listed` stands for the list of options, whatever their
order (`listed_so`: in the author's), so that rules which never look can be computed. `pictured`
says that the case has a picture that could be sent. Places are as displayed, as in `mcq_table`.
`legacy_right` is the published scorer's reading of the same reply.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Case
from auscult.core.estimate import ENGINEERING, Estimate
from auscult.kit import mcq
from auscult.kit.mcq_table import Design as Choices
from auscult.kit.questions import Form, judge_of
from auscult.stats.table import LabelKind, blank, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Trials

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
COLUMNS = (
    "case_no",
    "cluster_key",
    "specialty",
    "difficulty",
    "arm",
    "repeat",
    "judge",
    "behaviour",
    "score",
    *label_columns(LABELS),
)
CLOSED = (
    "all replies to closed questions asked as they are, with refused, abstained and unreadable "
    "ones counted as not correct; failed calls are missing"
)
TEXT_KEPT = 80


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
    known = {
        "form": form,
        "data": case.id.partition("/")[0],
        "kind": str(brief.extra.get("kind", "")),
        "modality": brief.modality,
        "region": brief.region,
    }
    labels: dict[str, Any] = {name: value for name, value in known.items() if value}
    if form != "open" and brief.key is not None:
        texts = [folded(option) for option in case.options]
        labels["key_text"] = texts[brief.key]
        labels["listed"] = _digest("|".join(sorted(texts)))
        labels["listed_so"] = _digest("|".join(texts))
        labels["longest_right"] = mcq.longest_score(case.options, brief.key)
    return labels


def chosen_labels(chosen: Any, letters: str, order: Sequence[int]) -> dict[str, int]:
    """The place a judge read, by index or by letter, and the option that stood there."""
    place = letters.find(chosen) if isinstance(chosen, str) and chosen else chosen
    if not isinstance(place, int) or not 0 <= place < len(order):
        return {}
    return {"position_chosen": place, "chosen_original": order[place]}


def folded(option: str) -> str:
    """An option as it is counted: case, space and a full stop make no other answer of it."""
    text = " ".join(option.split()).casefold().rstrip(".")
    return text if len(text) <= TEXT_KEPT else f"{text[: TEXT_KEPT - 10]}... {_digest(text)[:6]}"


def evidence_of(trials: Trials, suite: str) -> str:
    """Clinician-reviewed only where every case asked has been signed off as it was worded."""
    import polars as pl

    label: dict[str, LabelKind] = {"signed_off": "flag"}
    frame = trials.frame(suite, ("case_no", *label_columns(label)))
    by_case = with_labels(frame, label).group_by("case_no")
    signed = by_case.agg(pl.col("signed_off").fill_null(False).all())["signed_off"]
    total, done = len(signed), int(signed.sum())
    if total and done == total:
        return "clinician-reviewed: every case asked has been signed off"
    return f"{ENGINEERING} ({done} of {total} cases signed off)" if done else ENGINEERING


def typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Labels as columns, with `case_id` and `cluster` as numbers: they sort alike and a long run's
    table is a third of the size."""
    import polars as pl

    return (
        with_labels(frame, LABELS)
        .with_columns(
            pl.col("case_no").cast(pl.UInt32).alias("case_id"),
            pl.col("cluster_key").alias("cluster"),
        )
        .drop("case_no", "cluster_key")
    )


def _digest(text: str) -> str:
    return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()
