"""Beside the shifts that keep the answer: the clean picture's own figures, and replaced pictures.

Where the picture was replaced by one that cannot hold the answer, what is right is to say so; what
is measured there is whether the target answers all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.kit.question_estimates import PAIRED, error_rate
from auscult.kit.questions import judge_of
from auscult.kit.shift.cells import UNIT, added, combined, itself
from auscult.kit.shift.table import (
    BASELINE,
    CONTROL,
    LOOKS_ALIKE,
    PAIRS,
    UNANSWERABLE,
    Shifted,
    shifted,
)
from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import behaved, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate
    from auscult.kit.shift.table import Design


def clean_estimates(clean: pl.DataFrame, rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """The replies to the clean picture, and how much they differ when it is shown again."""
    import polars as pl

    words = design.words(
        "accuracy, clean",
        "The share of right answers on the pictures as they are.",
        arm=BASELINE,
        denominator="all first replies to clean pictures; failed calls are missing",
        direction="higher-is-better",
        standing="secondary",
    )
    out = [rate(clean, words)]
    for form in ("yes-no", "multiple-choice"):
        part = only(clean, pl.col("form") == form)
        if not part.is_empty():
            judge = judge_of(form)
            metric = f"{form} accuracy, clean"
            out.append(rate(part, msgspec.structs.replace(words, metric=metric, judge=judge)))
    for metric, behaviour, done in (
        ("abstention rate, clean", "abstained", "say that they do not know"),
        ("refusal rate, clean", "refused", "refuse to answer"),
        ("unreadable rate, clean", "invalid", "cannot be read as one answer"),
    ):
        estimand = f"The share of replies to clean pictures that {done}."
        about = msgspec.structs.replace(
            words, metric=metric, estimand=estimand, direction="neutral", standing="exploratory"
        )
        out.append(rate(clean, about, success=behaved(behaviour)))  # type: ignore[arg-type]
    out.append(error_rate(rows, design.words("", "", arm="")))
    again = design.words(
        "accuracy, asked again minus first",
        "How many more answers are right when the same clean picture is asked a second time: near "
        "nothing, unless the target changes between calls.",
        arm=CONTROL,
        control_arm=BASELINE,
        denominator="cases with a usable reply to both askings",
    )
    both = rows.filter(pl.col("arm").is_in([BASELINE, CONTROL])).select(PAIRED)
    return [*out, difference(both, again)]


def replaced_estimates(rows: pl.DataFrame, design: Design) -> list[Estimate]:
    """Of pictures that no longer hold the answer: what is right is to say so."""
    gone = shifted(rows, (UNANSWERABLE,))
    telling = [cell for cell in gone.cells if cell.shift not in LOOKS_ALIKE]
    out = []
    if telling:
        weights = {place: 1 / len(telling) for place in gone.of(*telling)}
        out += _answered(gone, weights, {}, design, "secondary")
    for cell in gone.cells:
        alike = "" if cell in telling else (
            "Nothing in a picture of the same kind tells that it is another patient's, so a high "
            "share is no fault by itself; it is left out of the mean."
        )  # fmt: skip
        found = _answered(gone, {gone.of(cell)[0]: 1.0}, {"shift": cell.shift}, design)
        out += [
            msgspec.structs.replace(e, note=" ".join(s for s in (e.note, alike) if s))
            for e in found
        ]
    return out


def _answered(
    gone: Shifted,
    weights: dict[int, float],
    group: dict[str, str],
    design: Design,
    standing: str = "exploratory",
) -> list[Estimate]:
    suffix = ", by shift" if group else ""
    answered = design.words(
        f"answered without the picture it is about{suffix}",
        "The share of replies that give an answer although the picture was replaced by one that "
        "cannot hold it (another modality, plain grey).",
        denominator="replies to replaced pictures; failed calls are missing",
        direction="lower-is-better",
        standing=standing,
        group=group,
    )
    fewer = design.words(
        f"answers withheld without the picture it is about{suffix}",
        "How many fewer replies give an answer to the replaced picture than to the same question "
        "with its own picture asked again: 1 for a target that always notices, 0 for one that "
        "never does.",
        control_arm=CONTROL,
        denominator=PAIRS,
        direction="higher-is-better",
        standing=standing,
        group=group,
    )
    return [
        combined(gone, gone.answered, itself, weights, answered, UNIT),
        combined(gone, gone.answered, added, weights, fewer),
    ]
