"""What a table of questions inside and outside a target's domain says: does it know when to pass.

A reply is withheld that says it does not know or declines: either is right of a picture that does
not hold the answer. Withholding outside is worth what it is beyond withholding inside, on the same
cases. An unreadable reply may have said so in words that no judge reads: it counts as not withheld,
and bounds show what it could change. AUROC is the chance that a question from outside gets less
confidence than one from inside, ties half: a reply that gives no answer is the least confidence,
and where the target gives probabilities, that of the reply's first token ranks the rest. Our
estimators.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.factual.published import SCORER
from auscult.kit.question_estimates import PAIRED, error_rate
from auscult.kit.semantic.table import (
    BASELINE,
    GREY,
    IN,
    LEGACY,
    MISMATCHED,
    OUT_MODALITY,
    OUTSIDE,
    SHOWN,
    arm_of,
    typed,
    withheld,
)
from auscult.stats.paired import difference, excess_over_rule
from auscult.stats.rates import rate
from auscult.stats.table import behaved, behaviour_counts, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.semantic.table import Design

LEVEL = 0.95
PAIRS = "cases with a usable reply both with their own picture and with the other"
NOT_DECLARED = (
    "Not declared: name the modalities that the target was not trained on in the suite option "
    "out_modalities, or those it was in in_modalities."
)
MORE = (
    "In 100 questions about a picture, the target withholds about {n} more {answers} (it says that "
    "it does not know, or declines) when {shown} is shown instead of the right picture"
)
FEWER = (
    "In 100 questions about a picture, the target withholds about {n} fewer {answers} (by saying "
    "that it does not know, or declining) when {shown} is shown instead of the right picture"
)


def semantic_shift_estimates(frame: pl.DataFrame, design: Design) -> list[Estimate]:
    """Every estimate, the primary one first. `frame` holds `semantic.table.COLUMNS`."""
    import polars as pl

    rows = typed(frame)
    del frame
    offered = only(rows, pl.col("offer"))
    out = [_noticed(offered, place, design) for place in (MISMATCHED, GREY)]
    for place in (IN, *OUTSIDE):
        out += _shares(rows, place, design)
    out += [e for place in (MISMATCHED, IN) for e in _by_form(offered, place, design)]
    out += [_auroc(offered, (place,), design) for place in OUTSIDE]
    out.append(_auroc(offered, OUTSIDE, design))
    out += [_idk(offered, place, design) for place in (MISMATCHED, GREY)]
    out += [_offer(rows, place, design) for place in (IN, *OUTSIDE)]
    out.append(error_rate(rows, design.words("", "")))
    out += _published(rows, design)
    unseen = _unseen(rows, design)
    return [_said(e, design, unseen) for e in out if e.value is not None or _kept(e)]


def _kept(found: Estimate) -> bool:
    """What is empty because an arm was not asked is left out, unless it is what one looks for."""
    return bool(found.headline or found.extra.get("undeclared") or found.n_not_applicable)


def _said(found: Estimate, design: Design, unseen: str) -> Estimate:
    undeclared = found.extra.get("undeclared")
    if undeclared and not design.declared:
        return msgspec.structs.replace(found, note=NOT_DECLARED)
    if unseen and (undeclared or found.headline):
        note = f"{found.note} {unseen}".strip()
        return msgspec.structs.replace(found, note=note)
    return found


def _unseen(rows: pl.DataFrame, design: Design) -> str:
    """A sentence on modalities that were declared and that no case is of: a slip of the pen would
    put every case outside, or none."""
    known = sorted({word for word in rows["modality"].unique() if word})
    told = [
        f"No case asked is of the modality '{code}' that the suite option {option} names; the "
        f"cases are of: {', '.join(known) or 'none'}."
        for option, codes in (
            ("out_modalities", design.out_modalities), ("in_modalities", design.in_modalities),
        )
        for code in codes
        if code not in known
    ]  # fmt: skip
    return " ".join(told)


def _noticed(offered: pl.DataFrame, place: str, design: Design) -> Estimate:
    shown = "a picture of another modality" if place == MISMATCHED else SHOWN[place]
    primary = place == MISMATCHED
    words = design.words(
        f"answers withheld for {place} pictures",
        'How many more replies say "I don\'t know" or decline when a question is shown with '
        f"{SHOWN[place]} than when the same question is shown with its own picture.",
        arm=arm_of(place, True),
        control_arm=BASELINE,
        denominator=PAIRS,
        direction="higher-is-better",
        standing="primary" if primary else "secondary",
        headline=primary,
        extra={
            "phrase": {
                "more": MORE.replace("{shown}", shown),
                "fewer": FEWER.replace("{shown}", shown),
            }
        },
    )
    return _bounded(difference(offered.select(PAIRED), words, success=withheld()), offered)


def _bounded(found: Estimate, offered: pl.DataFrame) -> Estimate:
    """What the unreadable replies could change: outside alone, or inside alone, each withheld."""
    import polars as pl

    here = offered.filter(pl.col("arm").is_in([found.arm, found.control_arm])).select(PAIRED)
    unread = int((here["behaviour"] == "invalid").sum())
    if found.value is None or not unread:
        return found
    ends = []
    for arm in (found.control_arm, found.arm):
        of_arm = (pl.col("behaviour") == "invalid") & (pl.col("arm") == arm)
        taken = withheld() + of_arm.cast(pl.Float64)
        ends.append(difference(here, found, success=taken).value)
    low, high = ends
    note = (
        f"{unread} replies cannot be read and count as not withheld; read as withheld, they would "
        f"move the figure to between {low:+.2f} and {high:+.2f}."
    )
    return msgspec.structs.replace(
        found,
        note=f"{found.note} {note}".strip(),
        extra=found.extra | {"unread_low": low, "unread_high": high},
    )


def _idk(offered: pl.DataFrame, place: str, design: Design) -> Estimate:
    """The part of it that was offered, in the words that were offered."""
    words = design.words(
        f"abstention added by {place} pictures",
        f'How many more replies say "I don\'t know" to a question shown with {SHOWN[place]} than '
        "to the same question with its own picture; who declines in other words is not among them.",
        arm=arm_of(place, True),
        control_arm=BASELINE,
        denominator=PAIRS,
        direction="higher-is-better",
    )
    return difference(offered.select(PAIRED), words, success=behaved("abstained"))


def _shares(rows: pl.DataFrame, place: str, design: Design) -> list[Estimate]:
    import polars as pl

    shown = SHOWN.get(place, "their own pictures")
    out = []
    for offer in (True, False):
        here = rows.filter(pl.col("place") == place, pl.col("offer") == offer)
        how = "" if offer else ", without the offer"
        told = design.words(
            f"abstention, {place}{how}",
            f'The share of replies that say "I don\'t know" to questions with {shown}.',
            arm=arm_of(place, offer),
            denominator=f"all replies to questions with {shown}; failed calls are missing",
            direction="lower-is-better" if place == IN else "higher-is-better",
            standing="secondary" if offer else "exploratory",
            extra={"undeclared": True} if place == OUT_MODALITY and offer else {},
        )
        kept = msgspec.structs.replace(
            told,
            metric=f"answers withheld, {place}{how}",
            estimand='The share of replies that say "I don\'t know" or decline, to questions with '
            f"{shown}.",
            extra={},
        )
        out += [
            rate(here, kept, success=withheld()),
            rate(here, told, success=behaved("abstained")),
        ]
        if place == IN:
            metric, what = f"accuracy, {place}{how}", "are right"
            success = None
        else:
            metric = f"hallucinated answers, {place}{how}"
            what = (
                "say something of what the picture shows: an option, yes, or no to whether it is "
                "normal"
            )
            success = pl.when(pl.col("behaviour") == "error").then(None).otherwise("asserts")
        about = msgspec.structs.replace(
            told,
            metric=metric,
            estimand=f"The share of replies to questions with {shown} that {what}.",
            direction="higher-is-better" if place == IN else "lower-is-better",
            extra={},
        )
        out.append(rate(here, about, success=success))
    return out


def _by_form(offered: pl.DataFrame, place: str, design: Design) -> list[Estimate]:
    """What a stopping rule or a gate can read: of one form, and so of one judge."""
    import polars as pl

    out = []
    for form, judge in (("yes-no", "yes-no"), ("multiple-choice", "choice")):
        words = design.words(
            f"{form} abstention, {place}",
            f'The share of replies to {form} questions that say "I don\'t know".',
            arm=arm_of(place, True),
            judge=judge,
            denominator=f"all replies to {form} questions in this arm; failed calls are missing",
            direction="lower-is-better" if place == IN else "higher-is-better",
        )
        here = offered.filter(pl.col("place") == place, pl.col("form") == form)
        out.append(rate(here, words, success=behaved("abstained")))
    return out


def _auroc(offered: pl.DataFrame, places: tuple[str, ...], design: Design) -> Estimate:
    import polars as pl

    from auscult.stats.selective import auroc, forecasts

    one = places[0] if len(places) == 1 else ""
    about = design.words(
        "AUROC of withholding" + (f", {one}" if one else ""),
        "The chance that a question from outside gets less confidence than one from inside, ties "
        "half: 0.5 tells nothing, 1 tells them apart. Giving no answer (not knowing, declining, or "
        "nothing that can be read) is the least confidence.",
        arm=arm_of(one, True) if one else "outside",
        control_arm=BASELINE,
        unit="AUROC",
        denominator="pairs of a reply from outside and one from inside; failed calls are left out",
        direction="higher-is-better",
        standing="secondary",
    )
    asked = offered.filter(pl.col("place").is_in([IN, *places]))
    replied = asked.filter(~pl.col("behaviour").fill_null("").is_in(["", "error"]))
    inside = replied["place"] == IN
    if not inside.any() or inside.all():
        return about
    graded = pl.col("confidence").fill_null(1.0).clip(0.0, 1.0)
    answered = pl.col("behaviour").is_in(["answered", "partial"])
    sure = pl.when(answered).then(graded).otherwise(0.0)
    confidence = replied.select(sure).to_series().to_numpy()
    names = replied["cluster"].rank("dense").to_numpy()
    found = auroc(forecasts(confidence, inside.to_numpy().astype(float), names), LEVEL)
    if found is None:
        return about
    counts = behaviour_counts(asked)
    lost = counts["n_error"]
    return msgspec.structs.replace(
        about,
        value=found.value,
        low=found.low,
        high=found.high,
        level=LEVEL,
        n=len(replied),
        n_clusters=int(replied["cluster"].n_unique()),
        method=found.method,
        note=f"{lost} failed calls are left out." if lost else "",
        extra={"graded": bool(replied["confidence"].is_not_null().any())},
        **counts,
    )


def _offer(rows: pl.DataFrame, place: str, design: Design) -> Estimate:
    words = design.words(
        f"abstention added by the offer, {place}",
        'How many more replies say "I don\'t know" when the prompt says that they may.',
        arm=arm_of(place, True),
        control_arm=arm_of(place, False),
        denominator="cases with a usable reply to both prompts",
        direction="neutral",
    )
    return difference(rows.select(PAIRED), words, success=behaved("abstained"))


def _published(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """The published instruction, which leaves no question, read by both scorers."""
    import polars as pl

    asked = rows.filter(pl.col("arm") == LEGACY, pl.col("legacy_abstains").is_not_null())
    if asked.is_empty():
        return []
    found = pl.col("legacy_abstains")
    words = design.words(
        "abstention as published",
        "The share of replies to the published instruction in which the published scorer finds one "
        "of its ten substrings.",
        arm=LEGACY,
        judge=SCORER,
        denominator="all replies to the published instruction",
        extra={"published": True},
    )
    ours = msgspec.structs.replace(
        words,
        metric="abstention under the published instruction, corrected",
        estimand="The share of replies to the published instruction that say that they do not know "
        "or decline.",
        judge="refusal",
    )
    minus = msgspec.structs.replace(
        words,
        metric="published scorer minus corrected, abstention",
        estimand="The abstention that the published scorer reads minus the corrected one, of the "
        "very same replies.",
        control_arm="corrected reading",
        judge=f"{SCORER} and refusal",
    )
    declined = withheld()
    return [
        rate(asked, words, success=found),
        rate(asked, ours, success=declined),
        excess_over_rule(asked, minus, declined, success=found),
    ]
