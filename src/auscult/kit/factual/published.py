"""The published scorer on the same replies, beside the corrected one.

The scorer is `kit.legacy_cares`, as the released code has it; its reading was recorded with the
first reply to each question, because the published protocol asks once. Where the plan asked for it,
the arm `legacy` has the question as it was put then: options in the author's order within the
question and no way to say "I don't know".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auscult.core.message import Message, user
from auscult.kit.question_suite import folded
from auscult.kit.questions import with_pictures
from auscult.stats.paired import difference, excess_over_rule
from auscult.stats.rates import rate
from auscult.stats.table import correctness, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.case import Case
    from auscult.core.estimate import Estimate
    from auscult.core.message import ImagePart
    from auscult.kit.factual.table import Design
    from auscult.kit.questions import Form

SCORER = "published scorer"
READ = ("case_id", "cluster", "arm", "behaviour", "score", "legacy_right")
AS_ASKED = "accuracy as published"
REPLIES = (
    "the first reply to each closed question: the published scorer reads something in every one"
)


def published_prompt(text: str, form: Form, options: Sequence[str], letters: str) -> str:
    """In our words, with what the published prompt has: the options in one line after the
    question, and nothing else to say."""
    listed = list(options) if form == "yes-no" else _labelled(options, letters)
    return f"{text.strip()}\nPick your answer from this list: [{', '.join(listed)}]"


def asked_as_published(
    case: Case,
    form: Form,
    shown: Sequence[str],
    parts: Sequence[ImagePart],
    letters: str,
    more: str = "",
) -> tuple[Message, ...]:
    """The whole conversation; `more` is what stands below the question."""
    text = published_prompt(case.text, form, shown, letters) + more
    return (*case.messages, user(with_pictures(text, parts)))


def published_place(case: Case, form: Form, key: int) -> int:
    """The place that the published files hold for right, which may be another than the key."""
    own = case.brief.extra.get("published_key") if form == "yes-no" else None
    return key if own is None else int(own)


def published_score(
    reply: str, form: Form, options: Sequence[str], letters: str, key: int
) -> float:
    """1 where the published scorer counts the reply as right. `key` is a place in `options`."""
    from auscult.kit.legacy_cares import multichoice_pick, yes_no_label

    if form == "yes-no":
        return float(yes_no_label(reply) == folded(options[key]))
    labelled = _labelled(options, letters)
    return float(multichoice_pick(reply, labelled) == labelled[key])


def _labelled(options: Sequence[str], letters: str) -> list[str]:
    """As the published files write options, letter and all."""
    return [f"{a}:{' '.join(b.split())}" for a, b in zip(letters, options, strict=False)]


def published_estimates(
    closed: pl.DataFrame, asked_so: pl.DataFrame, design: Design
) -> list[Estimate]:
    """`closed` is the arm asked as it is; `asked_so` the arm asked as published, which may be
    empty."""
    import polars as pl

    scored = pl.col("legacy_right").is_not_null()
    rows = only(closed.select(READ), scored)
    if rows.is_empty():
        return []
    out = [_accuracy(rows, design.full, AS_ASKED, design), _scorer(rows, design)]
    also = only(asked_so.select(READ), scored)
    if not also.is_empty():
        out.append(_accuracy(also, design.legacy, f"{AS_ASKED}, asked as published", design))
        out.append(_prompt(pl.concat([rows, also]), design))
    return out


def _accuracy(rows: pl.DataFrame, arm: str, metric: str, design: Design) -> Estimate:
    import polars as pl

    words = design.words(
        metric,
        "The share of replies that the published scorer counts as right: a yes-no reply is a no "
        "where its first sentence has the word no, No or not, and a yes otherwise; an option is "
        "the one whose text is most like the reply.",
        arm=arm,
        judge=SCORER,
        denominator=REPLIES,
        standing="secondary",
        note="Of the first reply to each question; accuracy is of all.",
        extra={"published": True},
    )
    return rate(rows, words, success=pl.col("legacy_right"))


def _scorer(rows: pl.DataFrame, design: Design) -> Estimate:
    import polars as pl

    words = design.words(
        "published scorer minus corrected",
        "How many more replies the published scorer counts as right than the corrected reading of "
        "the very same replies.",
        control_arm="corrected reading",
        judge=f"{SCORER} and corrected",
        denominator="cases with a first reply to a closed question",
        standing="secondary",
        extra={"published": True},
    )
    replied = only(rows, pl.col("behaviour").cast(pl.String) != "error")
    legacy = pl.col("legacy_right")
    return excess_over_rule(replied, words, correctness(), success=legacy)


def _prompt(both: pl.DataFrame, design: Design) -> Estimate:
    import polars as pl

    words = design.words(
        "published prompt minus ours",
        "How many more replies the published scorer counts as right when the question is asked as "
        "published than when it is asked as here.",
        arm=design.legacy,
        control_arm=design.full,
        judge=SCORER,
        denominator="cases with a usable reply in both arms",
        standing="secondary",
        extra={"published": True},
    )
    return difference(both, words, success=pl.col("legacy_right"))
