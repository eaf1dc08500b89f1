"""What reading the question and seeing the picture add, and whether any rule does as well."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.factual.baselines import CHOICE
from auscult.kit.question_estimates import PAIRED
from auscult.stats.paired import difference, excess_over_rule
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
    adds: str
    headline: bool
    """Of questions with a picture; without any, options-only is."""
    more: str = ""
    fewer: str = ""


CONTROLS = {
    "options-only": Control(
        "stem and question are withheld and only the options are shown",
        "when the question can be read than when only its options are shown",
        False,
        "In 100 such questions, being able to read the question adds about {n} right {answers} to "
        "what the options alone allow",
        "In 100 such questions, being able to read the question takes about {n} right {answers} "
        "away from what the options alone allow",
    ),
    "no-image": Control(
        "the question is asked without its picture",
        "with the picture than without it",
        True,
        "In 100 questions about a picture, showing it adds about {n} right {answers}",
        "In 100 questions about a picture, showing it takes about {n} right {answers} away",
    ),
    "grey-image": Control(
        "a plain grey picture of the same size takes the picture's place",
        "with the picture than with a plain grey one",
        False,
    ),
    "shuffled-image": Control(
        "another case's picture takes the picture's place",
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


def competence(
    closed: pl.DataFrame,
    primary: Estimate,
    rules: list[tuple[Estimate, pl.Expr]],
    asked: Asked,
    design: Design,
) -> Estimate:
    """Better than *each* baseline at the level: an intersection of tests, so that naming the one
    closest to the target after the fact needs no correction."""
    words = design.words(
        "excess over best trivial baseline",
        "How many more answers are right than those of the best rule or control that does not look "
        "at question or picture, as a difference of shares on the same cases.",
        control_arm="none",
        denominator="cases with a usable reply in both arms",
        direction="higher-is-better",
        standing="secondary",
    )
    rivals = [
        (found, excess_over_rule(closed, msgspec.structs.replace(words, control_arm=found.arm), at))
        for found, at in rules
        if found.value is not None
    ]
    rivals += [(found, excess) for found, excess in asked if excess.value is not None]
    if not rivals or primary.value is None:
        verdict = {"competence": False, "why": "Nothing was measured, so nothing can be shown."}
        return msgspec.structs.replace(words, note=verdict["why"], extra=verdict)
    best, found = min(rivals, key=lambda pair: (pair[1].value or 0.0, pair[0].arm))
    unbeaten = sorted(rival.arm for rival, excess in rivals if not _beaten(excess))
    extra = {k: v for k, v in found.extra.items() if k != "phrase"}
    return msgspec.structs.replace(
        words,
        **{name: getattr(found, name) for name in (
            "value", "low", "high", "level", "n", "n_clusters", "unit", "method", "note",
            "n_invalid", "n_error", "n_refused", "n_abstained", "n_not_applicable", "control_arm",
        )},
        extra=extra | {"competence": not unbeaten, "why": _why(found, best, unbeaten)},
    )  # fmt: skip


def _beaten(excess: Estimate) -> bool:
    return excess.low is not None and excess.low > 0 and not excess.extra["undecided"]


def _why(found: Estimate, best: Estimate, unbeaten: list[str]) -> str:
    if found.value is None or found.low is None:
        return f"Accuracy could not be compared with the best trivial baseline, {best.arm}."
    said = (
        f"The trivial baseline hardest to beat is {best.arm} at {best.value:.2f}; on the same "
        f"cases accuracy differs from it by {found.value:+.2f} (95% interval {found.low:+.2f} to "
        f"{found.high:+.2f})."
    )
    if unbeaten:
        return f"{said} The target cannot be told from: {', '.join(unbeaten)}."
    return f"{said} Every trivial baseline is beaten."
