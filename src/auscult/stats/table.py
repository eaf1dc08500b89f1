"""The trial table: its columns, how labels are read from it, and what counts in a rate.

One row per (trial, judge). A trial that no judge read (not applicable, say) is a row with an empty
judge and an empty behaviour.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from auscult.core.estimate import Estimate
from auscult.core.verdict import BEHAVIOURS, Behaviour

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

COLUMNS = (
    "case_no",
    "case_id",
    "cluster",
    "specialty",
    "difficulty",
    "arm",
    "repeat",
    "judge",
    "behaviour",
    "score",
    "labels",
)
"""What most estimates read; a suite of long runs asks for less (`label_columns`)."""
LabelKind = Literal["text", "word", "integer", "small", "number", "flag", "integers"]
"""A "word" is text of few different values, a "small" a number under 32,768: a long run's column
of them is a quarter of the size."""

COUNTED, MISSING, EXCLUDED, NOT_APPLICABLE = range(4)
"""How a row enters a denominator; numbers, because a frame holds one a row."""
LABEL = "labels."


class Counting(msgspec.Struct, frozen=True):
    """Which behaviours are missing data and which are outside the denominator.

    Everything else is in the denominator. A row with an empty behaviour was not applicable and
    never is."""

    missing: tuple[Behaviour, ...] = ("error",)
    excluded: tuple[Behaviour, ...] = ()


ALL_ASKED = Counting()
"""The house rule: refused, abstained and invalid replies stay in as not correct."""
ANSWERED_ONLY = Counting(excluded=("abstained", "refused", "invalid"))
EVERY_CALL = Counting(missing=())
"""For the rate of errors themselves."""


def blank(suite: str, metric: str, estimand: str, **words: Any) -> Estimate:
    """An Estimate with its words and no number yet: what `rate` and `difference` fill in."""
    return Estimate(
        suite=suite, metric=metric, estimand=estimand, value=None, low=None, high=None, **words
    )


def correctness() -> pl.Expr:
    """The judge's score for an answer; 0 for a reply that gave none. Null where an answer has no
    score, which is then missing, not wrong."""
    import polars as pl

    gave_answer = pl.col("behaviour").is_in(["answered", "partial"])
    return pl.when(gave_answer).then(pl.col("score")).otherwise(0.0)


def behaved(behaviour: Behaviour) -> pl.Expr:
    """1 where the reply behaved so, else 0: for rates of abstention, refusal and the like."""
    import polars as pl

    return (pl.col("behaviour") == behaviour).cast(pl.Float64)


def label_columns(labels: Mapping[str, LabelKind]) -> tuple[str, ...]:
    """Names to ask `Trials.frame` for: one typed column per label, so that the rest of what was
    recorded is never held."""
    return tuple(f"{LABEL}{name}:{kind}" for name, kind in labels.items())


def label_column(column: str) -> pl.Expr:
    """The expression behind such a name, over the JSON object in `labels`."""
    name, _, kind = column.removeprefix(LABEL).partition(":")
    return _label(name, kind or "text").alias(column)


def with_labels(frame: pl.DataFrame, labels: Mapping[str, LabelKind]) -> pl.DataFrame:
    """Adds a column per label of that name; null where it is absent or of another type. The frame
    has `label_columns`, or all labels as JSON in `labels`."""
    asked = dict(zip(label_columns(labels), labels, strict=True))
    ready = {column: name for column, name in asked.items() if column in frame.columns}
    return frame.with_columns(
        label_column(column).alias(name) for column, name in asked.items() if column not in ready
    ).rename(ready)


def _label(name: str, kind: str) -> pl.Expr:
    import polars as pl

    # Reading one path costs a sixth of decoding the object (0.6 s against 3.7 s a million rows).
    text = pl.col("labels").str.json_path_match(f"$['{name}']")
    if kind == "flag":
        return text.replace_strict({"true": True, "false": False}, default=None)
    if kind == "integers":
        return (
            text.str.strip_chars("[] ")
            .str.split(",")
            .list.eval(pl.element().str.strip_chars().cast(pl.Int64, strict=False))
        )
    types: dict[str, Any] = {
        "text": pl.String,
        "word": pl.Categorical,
        "integer": pl.Int32,
        "small": pl.Int16,
        "number": pl.Float64,
    }
    return text.cast(types[kind], strict=False)


def plain(frame: pl.DataFrame) -> pl.DataFrame:
    """Categorical columns as text: they sort by name and take values not seen before."""
    import polars as pl

    return frame.with_columns(pl.col(pl.Categorical, pl.Enum).cast(pl.String))


def only(frame: pl.DataFrame, *kept: pl.Expr) -> pl.DataFrame:
    """`filter`, but the frame itself where all of it is kept: a long table is not copied."""
    for keep in kept:
        mask = frame.select(keep.fill_null(False)).to_series()
        if not mask.all():
            frame = frame.filter(mask)
    return frame


def classified(frame: pl.DataFrame, success: pl.Expr, counting: Counting) -> pl.DataFrame:
    """Adds `y` (the success of a row) and `state` (how the row enters the denominator)."""
    import polars as pl

    behaviour = pl.col("behaviour").fill_null("")
    marked = plain(frame).with_columns(success.cast(pl.Float64).alias("y"))
    state = (
        pl.when(behaviour == "")
        .then(pl.lit(NOT_APPLICABLE, pl.UInt8))
        .when(behaviour.is_in(list(counting.excluded)))
        .then(pl.lit(EXCLUDED, pl.UInt8))
        .when(behaviour.is_in(list(counting.missing)) | pl.col("y").is_null())
        .then(pl.lit(MISSING, pl.UInt8))
        .otherwise(pl.lit(COUNTED, pl.UInt8))
    )
    return marked.with_columns(state.alias("state"))


def torn_case(frame: pl.DataFrame) -> str:
    """A sentence if cases are in several clusters, else nothing: whichever of them a case were
    counted in, the interval would depend on the order of the rows."""
    import polars as pl

    clusters = pl.col("cluster").cast(pl.String)
    first, last = clusters.min().alias("first"), clusters.max().alias("last")
    unnamed = clusters.null_count()
    torn = (
        plain(frame)
        .group_by("case_id")
        .agg(first, last, partly=(unnamed > 0) & (unnamed < pl.len()))
        .filter((pl.col("first") != pl.col("last")) | pl.col("partly"))
        .sort("case_id")
    )
    if torn.is_empty():
        return ""
    case, one, other, partly = torn.row(0)
    where = f"'{one}' and in none" if partly else f"'{one}' and '{other}'"
    count = "1 case is" if len(torn) == 1 else f"{len(torn)} cases are"
    return (
        f"Not measured: {count} in several clusters (case '{case}' in {where}); give every case "
        "one cluster."
    )


def behaviour_counts(frame: pl.DataFrame) -> dict[str, int]:
    """How many rows behaved how, ready for an Estimate's `n_...` fields."""
    import polars as pl

    behaviour = pl.col("behaviour").cast(pl.String).fill_null("")
    # Comparing with each known word needs no table of groups, which is large on a long column.
    known = (*BEHAVIOURS, "")
    tally = frame.select((behaviour == word).sum().alias(f"={word}") for word in known)
    counts = dict(zip(known, tally.row(0), strict=True))
    if sum(counts.values()) != len(frame):
        unknown = sorted(set(frame.select(behaviour.unique()).to_series()) - set(known))
        raise ValueError(f"the trial table has unknown behaviours: {', '.join(unknown)}")
    return {
        "n_invalid": counts["invalid"],
        "n_error": counts["error"],
        "n_refused": counts["refused"],
        "n_abstained": counts["abstained"],
        "n_not_applicable": counts[""],
    }
