"""Each model's rate from what was recorded of its answers, and which models differ.

The rates are clustered by prompt. Two models are compared prompt by prompt, every pair is in one
family (Holm), and those are named whose difference survives it. Answers to one prompt are fresh
replies to it and are not matched one with one, so that a lost row shifts none of the others. A row
that other models have and this one lacks is in the table as missing, like one without a finding: a
detector that drops rows would drop them from the denominator without a word.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.transcripts.record import KINDS
from auscult.kit.transcripts.table import (
    ABSENT,
    ANOTHER,
    DETECTED,
    FAILED,
    LOST,
    RECORDED,
    STRICT,
    SUITE,
    UNREAD,
)
from auscult.stats.families import Endpoint, Family, adjusted
from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import LabelKind, blank, label_columns, plain, with_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from auscult.core.estimate import Estimate

LABELS: dict[str, LabelKind] = {"model": "word", "asked": "word", "codes": "word", LOST: "word"}
COLUMNS = (
    "case_no", "case_id", "cluster", "arm", "repeat", "judge", "behaviour", "score",
    *label_columns(LABELS),
)  # fmt: skip
LENIENT = "flagged as hallucination, unsure counted"
DIFFER = "difference between models, strictly"
SURVIVE = "pairs of models that differ"
KIND = "flagged, by kind"
_PHRASES = {
    False: {
        "one": "was flagged as a hallucination by whoever looked",
        "many": "were flagged as hallucinations by whoever looked",
    },
    True: {
        "one": "was flagged as a hallucination, or as unsure, by whoever looked",
        "many": "were flagged as hallucinations, or as unsure, by whoever looked",
    },
}
_LOST = {
    ABSENT: "{n} that other models answered and of which this one has no row",
    UNREAD: "{n} without a recorded finding",
    FAILED: "{n} recorded without an answer",
    ANOTHER: "{n} answered anew, of which nothing is recorded",
}
"""Why an answer is missing, the least plain reason first."""
PROMPTS = {"clustered": "prompts"}
ONE_PROMPT = "All answers are to one prompt, so the interval says almost nothing."
FAMILY = "das/recorded: all pairs of models"
NO_JUDGE = (
    "The detector's own error is not in the interval: the rate is what it flagged, not what is "
    "wrong."
)


def recorded_estimates(frame: pl.DataFrame) -> list[Estimate]:
    rows = plain(with_labels(frame, LABELS))
    models = sorted(rows["model"].drop_nulls().unique())
    found = [one for model in models for one in _of_model(rows, model)]
    found += pairs_of(rows, models)
    return found + _kinds(rows)


def _flagged(*, unsure: bool) -> pl.Expr:
    import polars as pl

    return (pl.col("score") < (1.0 if unsure else 0.5)).cast(pl.Float64)


def _words(metric: str, estimand: str, **words: Any) -> Estimate:
    usual = {
        "arm": RECORDED, "judge": DETECTED, "direction": "lower-is-better",
        "denominator": "answers with a recorded finding; those without one, and those that other "
        "models have and this one lacks, are missing",
    }  # fmt: skip
    return blank(SUITE, metric, estimand, **(usual | words))


def _measured(rows: pl.DataFrame, about: Estimate, success: pl.Expr) -> Estimate:
    """The rate, with what is missing in the words of an import: no call was made here."""
    found = rate(rows, about, success=success)
    said = [about.note] if about.note else []
    if found.value is None:
        said.append(f"No rate: no finding can be read{_causes(rows, ': ')}.")
    elif found.n_clusters == 1 and found.n > 1:
        said.append(ONE_PROMPT)
    if found.value is not None and len(rows) > found.n:
        low, high = (100 * found.extra[f"bound_{end}"] for end in ("low", "high"))
        said.append(
            f"{len(rows) - found.n:,} of {len(rows):,} answers are missing"
            f"{_causes(rows, ': ')}; with them the share lies between {low:.0f}% and {high:.0f}%."
        )
    return msgspec.structs.replace(found, note=" ".join(said))


def _causes(rows: pl.DataFrame, before: str) -> str:
    import polars as pl

    counts = {why: rows.select((pl.col(LOST) == why).sum()).item() for why in _LOST}
    told = [words.format(n=f"{counts[why]:,}") for why, words in _LOST.items() if counts[why]]
    return before + ", ".join(told) if told else ""


def _of_model(rows: pl.DataFrame, model: str) -> list[Estimate]:
    import polars as pl

    mine = rows.filter(pl.col("model") == model)
    everybody, prompts = rows["cluster"].n_unique(), mine["cluster"].n_unique()
    apart = everybody - prompts
    told = (
        f"{apart} of the {everybody} prompts are not among the answers of this model read here, "
        "and are left out."
        if apart else ""
    )  # fmt: skip
    lacking = mine.select((pl.col(LOST) == ABSENT).sum()).item()
    out = []
    for metric, unsure, standing in ((STRICT, False, "primary"), (LENIENT, True, "secondary")):
        counted = "or as unsure " if unsure else ""
        about = _words(
            metric, f"The share of the model's recorded answers recorded as wrong in some kind "
            f"{counted}by whoever looked.", group={"model": model}, standing=standing,
            headline=metric == STRICT, note=told,
            extra={
                "questions_lacking": lacking + apart,
                "questions": rows["asked"].n_unique(),
                "label": f"{metric}, {model}",
                "phrase": {"things": f"answers of {model}", **_PHRASES[unsure]},
                **PROMPTS,
            },
        )  # fmt: skip
        out.append(_measured(mine, about, _flagged(unsure=unsure)))
    return out


def pairs_of(rows: pl.DataFrame, models: Sequence[str]) -> list[Estimate]:
    """Every pair on the prompts put to both: a prompt is the case, a model the arm, and several
    answers to a prompt are repeats."""
    import polars as pl

    if len(models) < 2:
        return []
    aligned = rows.select(
        "cluster", "behaviour", "score", pl.col("cluster").alias("case_id"),
        pl.col("model").alias("arm"),
    )  # fmt: skip
    told = []
    for one, other in combinations(models, 2):
        both = _both(aligned, one, other)
        about = _words(
            DIFFER, f"The share flagged of the answers of '{one}' to a prompt minus that of "
            f"'{other}', the mean over prompts put to both.", arm=one, control_arm=other,
            unit="difference of proportions", direction="neutral", standing="exploratory",
            denominator="prompts with a recorded finding for both models, each counted once",
            extra=PROMPTS,
        )  # fmt: skip
        told.append(difference(both, about, success=_flagged(unsure=False)))
    endpoints = tuple(
        Endpoint(SUITE, DIFFER, arm=a, control_arm=b) for a, b in combinations(models, 2)
    )
    held = adjusted(told, Family(FAMILY, endpoints))
    return [_survivors(held), *held]


def _both(aligned: pl.DataFrame, one: str, other: str) -> pl.DataFrame:
    import polars as pl

    mine = aligned.filter(pl.col("arm").is_in([one, other]))
    shared = (
        mine.group_by("case_id").agg(pl.col("arm").n_unique().alias("n")).filter(pl.col("n") == 2)
    )
    return mine.join(shared.select("case_id"), on="case_id", how="semi")


def _survivors(held: Sequence[Estimate]) -> Estimate:
    apart = [e for e in held if e.p_adjusted is not None and e.extra.get("rejected")]
    named = [_told(e) for e in sorted(apart, key=lambda e: (e.p_adjusted or 0.0, e.arm))]
    undecided = sum(bool(e.extra.get("undecided")) for e in held)
    more = f" Of {undecided} what is missing could turn the sign." if undecided else ""
    words = _words(
        SURVIVE, "Pairs of models whose rates differ beyond chance, all pairs taken together.",
        arm="", unit="pairs", direction="neutral", standing="secondary",
        denominator=f"{len(held)} pairs of models",
        note=f"Of {len(held)} pairs {len(apart)} differ (Holm over all pairs, alpha 0.05)"
        + (": " + "; ".join(named) + "." if named else ".") + more,
        n=len(held), extra={"pairs": named, "undecided": undecided},
    )  # fmt: skip
    return msgspec.structs.replace(words, value=float(len(apart)))


def _told(found: Estimate) -> str:
    assert found.value is not None and found.low is not None and found.high is not None
    low, value, high = (f"{100 * x:+.0f}" for x in (found.low, found.value, found.high))
    return f"{found.arm} and {found.control_arm} by {value} points ({low} to {high})"


def _kinds(rows: pl.DataFrame) -> list[Estimate]:
    """Over all models, how often each kind is named; one answer may have several."""
    import polars as pl

    named = rows["codes"].drop_nulls()
    if not any(code in KINDS for text in named.unique() for code in str(text).split(",")):
        return []
    out = []
    for code, kind in KINDS.items():
        holds = pl.col("codes").cast(pl.String).str.split(",").list.contains(code)
        about = _words(
            KIND, f"The share of all recorded answers flagged for {kind}.",
            group={"kind": f"{code} {kind}"}, standing="exploratory", note=NO_JUDGE, extra=PROMPTS,
        )  # fmt: skip
        out.append(_measured(rows, about, holds.fill_null(False).cast(pl.Float64)))
    return out
