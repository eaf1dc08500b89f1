"""What reading the question and seeing the picture add."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.factual.baselines import CHOICE
from auscult.kit.question_estimates import PAIRED
from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.factual.table import Design

Asked = list[tuple["Estimate", "Estimate"]]
"""An asked baseline with the accuracy it gets, and what the target has beyond it."""


class Control(msgspec.Struct, frozen=True):
    """A control arm in words."""

    shown: str
    given: str
    """What the target answers from, in a few words."""
    adds: str
    headline: bool
    """Of questions with a picture; without any, options-only is."""
    more: str = ""
    fewer: str = ""


CONTROLS = {
    "options-only": Control(
        "stem and question are withheld and only the options are shown",
        "from the options alone",
        "when the question can be read than when only its options are shown",
        False,
        "In 100 such questions, being able to read the question adds about {n} right {answers} to "
        "what the options alone allow",
        "In 100 such questions, being able to read the question takes about {n} right {answers} "
        "away from what the options alone allow",
    ),
    "no-image": Control(
        "the question is asked without its picture",
        "without the picture",
        "with the picture than without it",
        True,
        "In 100 questions about a picture, showing it adds about {n} right {answers}",
        "In 100 questions about a picture, showing it takes about {n} right {answers} away",
    ),
    "grey-image": Control(
        "a plain grey picture of the same size takes the picture's place",
        "with a plain grey picture",
        "with the picture than with a plain grey one",
        False,
    ),
    "shuffled-image": Control(
        "another case's picture takes the picture's place",
        "with another case's picture",
        "with the right picture than with another case's",
        True,
        "In 100 questions about a picture, the right picture gives about {n} more right {answers} "
        "than another case's",
        "In 100 questions about a picture, the right picture gives about {n} fewer right {answers} "
        "than another case's",
    ),
}


def asked_baselines(closed: pl.DataFrame, rows: pl.DataFrame, design: Design) -> Asked:
    """`rows` holds every arm of closed questions, `closed` the arm asked as it is."""
    import polars as pl

    arm_of = pl.col("arm").cast(pl.String)
    replied = pl.col("behaviour").cast(pl.String).fill_null("") != ""
    present = rows["arm"].cast(pl.String).unique().to_list()
    asked = [arm for arm in (design.options_only, *design.image_controls) if arm in present]
    used = set(rows.filter(replied)["arm"].cast(pl.String).unique().to_list())
    pictures = not used.isdisjoint(design.image_controls)
    found = []
    for arm in asked:
        blind = only(rows, arm_of == arm)
        choice = pl.col("form").cast(pl.String) == CHOICE
        like = only(closed, choice if arm == design.options_only else pl.col("pictured"))
        whole = like.filter(replied).height == closed.filter(replied).height
        both = pl.concat([like.select(PAIRED), blind.select(PAIRED)])
        shown = arm in used and (CONTROLS[arm].headline or not pictures)
        found.append((_accuracy(blind, arm, whole, design), _excess(both, arm, shown, design)))
    return found


def _accuracy(blind: pl.DataFrame, arm: str, whole: bool, design: Design) -> Estimate:
    control = CONTROLS[arm]
    words = design.words(
        f"{arm} accuracy",
        f"The share of replies that are right when {control.shown}.",
        arm=arm,
        denominator="all replies in this arm; failed calls are missing",
        standing="secondary",
        # Beside the accuracy only where it is of the same questions.
        extra={"baseline_of": "accuracy" if whole else ""},
    )
    return rate(blind, words)


def _excess(both: pl.DataFrame, arm: str, headline: bool, design: Design) -> Estimate:
    control = CONTROLS[arm]
    words = design.words(
        f"excess over {arm}",
        f"How many more answers are right {control.adds}, as a difference of shares on the same "
        "cases.",
        control_arm=arm,
        denominator="cases with a usable reply in both arms",
        direction="higher-is-better",
        standing="secondary",
        headline=headline,
        extra={"phrase": {"more": control.more, "fewer": control.fewer}} if control.more else {},
    )
    return difference(both, words)
