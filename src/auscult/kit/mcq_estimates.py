"""What a table of multiple-choice trials says: accuracy, its trivial baselines, its groups."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.mcq_positions import instability, position_estimates
from auscult.kit.mcq_table import LABELS
from auscult.kit.question_estimates import (
    MEASURED,
    PAIRED,
    accuracy,
    by_columns,
    error_rate,
    numbered,
    unanswered_rates,
)
from auscult.stats.paired import difference, excess_over_rule
from auscult.stats.rates import rate
from auscult.stats.table import ANSWERED_ONLY, only, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.mcq_table import Design

CONSTANT, LONGEST = "constant letter", "longest option"
BASELINE = {"baseline_of": "accuracy"}


def mcq_estimates(frame: pl.DataFrame, design: Design) -> list[Estimate]:
    """Every estimate, the primary one first. `frame` holds `mcq_table.COLUMNS` of one suite."""
    import polars as pl

    read_by_us = (pl.col("judge") == design.judge) | pl.col("behaviour").cast(pl.String).fill_null(
        ""
    ).eq("")
    rows = numbered(with_labels(only(frame, read_by_us), LABELS)).drop("repeat", "judge")
    del frame  # of a long run, each copy counts
    full = only(rows, pl.col("arm") == design.full)
    blind = rows.filter(pl.col("arm") == design.options_only).select(PAIRED)
    del rows
    primary = _accuracy(full, design)
    *beside, worth = _against_baselines(blind, full, primary, design)
    if primary.value is not None and not worth.extra["competence"]:
        said = f"{primary.note} {worth.extra['why']}".strip()
        primary = msgspec.structs.replace(primary, note=said)
    return [
        primary,
        *_outcomes(full, design),
        *beside,
        worth,
        *position_estimates(full, design),
        instability(full, design),
        *_groups(full, design),
    ]


def _accuracy(full: pl.DataFrame, design: Design) -> Estimate:
    words = design.words(
        "accuracy",
        "The share of replies that choose the right option when the question is asked in full, "
        "options in random order.",
        direction="higher-is-better",
        standing="primary",
        headline=True,
    )
    return accuracy(full, words)


def _outcomes(full: pl.DataFrame, design: Design) -> list[Estimate]:
    answered = design.words(
        "accuracy, answered only",
        "The share of right options among the replies that named an option. A target that answers "
        "only what it is sure of looks better here.",
        denominator="replies to full questions that named an option",
        direction="higher-is-better",
        standing="secondary",
    )
    about = design.words(
        "",
        "",
        denominator="all replies to full questions; failed calls are missing",
        standing="secondary",
    )
    return [
        rate(full, answered, counting=ANSWERED_ONLY),
        *unanswered_rates(full, about, "replies to full questions", "option"),
        error_rate(full, about, "full questions"),
    ]


def _against_baselines(
    blind: pl.DataFrame, full: pl.DataFrame, primary: Estimate, design: Design
) -> list[Estimate]:
    """The trivial baselines on the same questions, what reading the question adds, and whether the
    accuracy beats each of them."""
    import polars as pl

    constant, constant_right = _constant_letter(full, design)
    longest_right = pl.col("longest_right")
    longest = _computed(full, longest_right, LONGEST, "always naming the longest option", design)
    guessed = rate(
        blind,
        design.words(
            "options-only accuracy",
            "The share of replies that choose the right option when stem and question are "
            "withheld.",
            arm=design.options_only,
            denominator="all replies to options shown alone; failed calls are missing",
            standing="secondary",
            extra=BASELINE,
        ),
    )
    reads = difference(
        pl.concat([full.select(PAIRED), blind]),
        design.words(
            "excess over options-only",
            "How many more answers are right when the question can be read than when only its "
            "options are shown, as a difference of shares on the same cases.",
            control_arm=design.options_only,
            denominator="cases with a usable reply in both arms",
            direction="higher-is-better",
            standing="secondary",
            headline=True,
        ),
    )
    rules = [(constant, constant_right), (longest, longest_right)]
    competence = _competence(full, blind, primary, [*rules, (guessed, None)], design)
    return [guessed, constant, longest, reads, competence]


def _computed(full: pl.DataFrame, right: pl.Expr, arm: str, doing: str, design: Design) -> Estimate:
    """What a rule that reads nothing would have scored on the same measured questions."""
    words = design.words(
        f"{arm} accuracy",
        f"The share of questions that {doing} would get right, in the order shown: computed, "
        "not asked.",
        arm=arm,
        judge="",
        denominator="the same questions as accuracy",
        standing="secondary",
        extra=BASELINE,
    )
    return rate(full, words, success=right, counting=MEASURED)


def _constant_letter(full: pl.DataFrame, design: Design) -> tuple[Estimate, pl.Expr]:
    """The luckiest constant letter, chosen after the fact: so it flatters the baseline."""
    import polars as pl

    text = pl.col("behaviour").cast(pl.String).fill_null("")
    measured = full.lazy().filter(~text.is_in(["", "error"]))
    tally = dict(measured.group_by("key_position").len().collect().iter_rows())
    places = [place for place in tally if place is not None]
    best = max(places, key=lambda place: (tally[place], -place), default=0)
    right = pl.col("key_position") == best
    letter = design.letters[best]
    found = _computed(full, right, CONSTANT, f"always answering {letter}", design)
    chances = measured.group_by("shown").len().sort("shown").collect().iter_rows()
    counted = [(1 / shown, number) for shown, number in chances if shown]
    cases = sum(number for _, number in counted)
    expected = sum(chance * number for chance, number in counted) / cases if cases else None
    extra = {"letter": letter, "expected": expected}
    return msgspec.structs.replace(found, extra=found.extra | extra), right


def _competence(
    full: pl.DataFrame,
    blind: pl.DataFrame,
    primary: Estimate,
    rivals: list[tuple[Estimate, pl.Expr | None]],
    design: Design,
) -> Estimate:
    """Better than *each* baseline at the level: an intersection of tests, so that choosing the
    best baseline after the fact needs no correction."""
    import polars as pl

    measured = [(found, rule) for found, rule in rivals if found.value is not None]
    words = design.words(
        "excess over best trivial baseline",
        "How many more answers are right than those of the best rule that does not read the "
        "question, as a difference of shares on the same cases.",
        control_arm="none",
        denominator="cases with a usable reply in both arms",
        direction="higher-is-better",
        standing="secondary",
    )
    if not measured or primary.value is None:
        verdict = {"competence": False, "why": "Nothing was measured, so nothing can be shown."}
        return msgspec.structs.replace(words, note=verdict["why"], extra=verdict)
    best = max(measured, key=lambda rival: (rival[0].value or 0.0, rival[0].arm))[0]
    excesses = {}
    for rival, rule in measured:
        against = msgspec.structs.replace(words, control_arm=rival.arm)
        excesses[rival.arm] = (
            difference(pl.concat([full.select(PAIRED), blind]), against)
            if rule is None
            else excess_over_rule(full, against, rule)
        )
    found = excesses[best.arm]
    beaten = {
        arm: each.low is not None and each.low > 0 and not each.extra["undecided"]
        for arm, each in excesses.items()
    }
    verdict = {
        "competence": all(beaten.values()),
        "why": _why(found, best, [arm for arm, yes in beaten.items() if not yes]),
    }
    return msgspec.structs.replace(found, extra=found.extra | verdict)


def _why(found: Estimate, best: Estimate, unbeaten: list[str]) -> str:
    if found.value is None or found.low is None:
        return f"Accuracy could not be compared with the best trivial baseline, {best.arm}."
    value, low, high = (f"{100 * (e or 0.0):+.0f}" for e in (found.value, found.low, found.high))
    said = (
        f"The best trivial baseline is {best.arm} at {best.value:.0%}; accuracy differs from it by "
        f"{value} points (95% interval {low} to {high})."
    )
    if unbeaten:
        return f"{said} The target cannot be told from: {', '.join(sorted(unbeaten))}."
    return f"{said} Every trivial baseline is beaten."


def _groups(full: pl.DataFrame, design: Design) -> list[Estimate]:
    columns = ["specialty", "difficulty"] + ["data"] * (full["data"].n_unique() > 1)
    words = design.words(
        "accuracy by {column}",
        "The share of right answers among questions of this {column}.",
        direction="higher-is-better",
    )
    return by_columns(full, columns, words)
