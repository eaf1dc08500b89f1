"""What a table of factual questions says: accuracy, what it is worth, and where it comes from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.factual.baselines import CHOICE, YES_NO, computed_baselines
from auscult.kit.factual.competence import competence
from auscult.kit.factual.contrasts import asked_baselines
from auscult.kit.factual.open import open_estimates
from auscult.kit.factual.published import published_estimates
from auscult.kit.factual.table import typed
from auscult.kit.factual.yes_no import yes_no_estimates
from auscult.kit.mcq_positions import instability, position_estimates
from auscult.kit.question_estimates import (
    PAIRED,
    accuracy,
    by_columns,
    error_rate,
    unanswered_rates,
)
from auscult.kit.questions import judge_of
from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import ANSWERED_ONLY, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.factual.table import Design

GROUPS = ("modality", "region", "kind", "specialty", "difficulty")


def factual_estimates(frame: pl.DataFrame, design: Design) -> list[Estimate]:
    """Every estimate, the primary one first. `frame` holds `factual.table.COLUMNS` of one suite,
    one judge a trial."""
    import polars as pl

    rows = typed(frame)
    del frame  # of a long run, each copy counts
    arm, form = pl.col("arm").cast(pl.String), pl.col("form").cast(pl.String)
    open_ones = only(rows, form == "open", arm == design.full)
    rows = only(rows, form != "open")
    closed = only(rows, arm == design.full)
    primary = _accuracy(closed, design)
    out = [primary]
    if primary.value is not None:
        out = _closed(rows, closed, primary, design)
    elif not open_ones.is_empty():
        out[0] = msgspec.structs.replace(primary, headline=not _measured(open_ones))
    return [*out, *open_estimates(open_ones, design)]


def _measured(rows: pl.DataFrame) -> bool:
    import polars as pl

    return not rows.filter(pl.col("score").is_not_null()).is_empty()


def _closed(
    rows: pl.DataFrame, closed: pl.DataFrame, primary: Estimate, design: Design
) -> list[Estimate]:
    import polars as pl

    form = pl.col("form").cast(pl.String)
    yes_no, choices = only(closed, form == YES_NO), only(closed, form == CHOICE)
    rules = computed_baselines(closed, design)
    asked = asked_baselines(closed, rows, design)
    worth = competence(rows, primary, rules.rules, asked, design)
    doubt = "" if worth[0].extra["competence"] else str(worth[0].extra["why"])
    said = " ".join(s for s in (primary.note, doubt, rules.note) if s)
    out = [msgspec.structs.replace(primary, note=said), *_outcomes(closed, design)]
    for part in (yes_no, choices):
        if not part.is_empty():
            out += _of_form(part, rows, design)
    if not yes_no.is_empty():
        out += yes_no_estimates(yes_no, design)
    out += rules.estimates
    out += [estimate for pair in asked for estimate in pair]
    out += worth
    if not choices.is_empty():
        out += position_estimates(choices, design.choices)
    out.append(_instability(closed, design))
    legacy = only(rows, pl.col("arm").cast(pl.String) == design.legacy)
    return [*out, *published_estimates(closed, legacy, design), *_groups(closed, design)]


def _accuracy(closed: pl.DataFrame, design: Design) -> Estimate:
    words = design.words(
        "accuracy",
        "The share of right answers to closed questions, yes-no and multiple-choice, options in "
        "random order.",
        direction="higher-is-better",
        standing="primary",
        headline=True,
    )
    return accuracy(closed, words)


def _outcomes(closed: pl.DataFrame, design: Design) -> list[Estimate]:
    answered = design.words(
        "accuracy, answered only",
        "The share of right answers among the replies that gave one. A target that answers only "
        "what it is sure of looks better here.",
        denominator="replies to closed questions that gave an answer",
        direction="higher-is-better",
        standing="secondary",
    )
    about = design.words(
        "",
        "",
        denominator="all replies to closed questions; failed calls are missing",
        standing="secondary",
    )
    return [
        rate(closed, answered, counting=ANSWERED_ONLY),
        *unanswered_rates(closed, about, "replies to closed questions"),
        error_rate(closed, about, "closed questions"),
    ]


def _of_form(part: pl.DataFrame, rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """What a stopping rule or a gate can read: of one form, and so of one judge."""
    import polars as pl

    form = str(part["form"][0])
    words = design.words(
        f"{form} accuracy",
        f"The share of right answers to {form} questions.",
        judge=judge_of(form),  # type: ignore[arg-type]
        denominator=f"all replies to {form} questions asked as they are; failed calls are missing",
        direction="higher-is-better",
        standing="secondary",
    )
    out = [rate(part, words)]
    arm, same = pl.col("arm").cast(pl.String), pl.col("form").cast(pl.String) == form
    other = only(rows, arm == design.shuffled_image, same)
    if not other.is_empty():
        about = msgspec.structs.replace(
            words,
            metric=f"{form} excess over {design.shuffled_image}",
            estimand=f"How many more {form} questions are answered right with the right picture "
            "than with another case's.",
            control_arm=design.shuffled_image,
            denominator="cases with a usable reply in both arms",
        )
        pictured = only(part, pl.col("pictured"))
        out.append(difference(pl.concat([pictured.select(PAIRED), other.select(PAIRED)]), about))
    return out


def _instability(closed: pl.DataFrame, design: Design) -> Estimate:
    found = instability(closed, design.choices)
    return msgspec.structs.replace(found, judge=design.words("", "").judge)


def _groups(closed: pl.DataFrame, design: Design) -> list[Estimate]:
    import polars as pl

    shown = pl.when("pictured").then(pl.lit("with a picture")).otherwise(pl.lit("in words alone"))
    closed = closed.with_columns(
        pl.when(pl.col("pictured").is_not_null()).then(shown).alias("asked")
    )
    columns = [*GROUPS]
    # Of one value they would say what the accuracy says.
    columns += [name for name in ("asked", "data") if closed[name].drop_nulls().n_unique() > 1]
    words = design.words(
        "accuracy by {column}",
        "The share of right answers among closed questions of this {column}.",
        direction="higher-is-better",
    )
    return by_columns(closed, columns, words)
