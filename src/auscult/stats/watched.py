"""What one case gives to a watched metric: for stopping rules, comparisons of runs and gates."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Protocol

from auscult.core.verdict import Verdict
from auscult.stats.table import LabelKind, correctness, label_columns, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Pairs, Watched

NotApplicable = Literal["not applicable"]
NOT_APPLICABLE: NotApplicable = "not applicable"
Value = float | None | NotApplicable
"""None is missing: a failed call, or an answer without a score."""


class Row(Protocol):
    """A trial, as the ledger or a bench has it."""

    @property
    def arm(self) -> str: ...

    @property
    def verdicts(self) -> tuple[Verdict, ...]: ...

    @property
    def labels(self) -> Mapping[str, Any]: ...


def case_value(watched: Watched, trials: Sequence[Row]) -> Value:
    """The mean over the case's replies, or pairs of them, missing where any of them is."""
    values = _changes if watched.pairs else _values
    value = _mean(values(watched, trials, watched.arms_read))
    if watched.control_arm is None:
        return value
    return minus(value, _mean(values(watched, trials, (watched.control_arm,))))


def minus(value: Value, other: Value) -> Value:
    """Not applicable where either is, for then there was nothing to miss; else missing where
    either is."""
    if isinstance(value, float) and isinstance(other, float):
        return value - other
    return NOT_APPLICABLE if NOT_APPLICABLE in (value, other) else None


def mean_value(values: Iterable[Value]) -> Value:
    """Of the cases of a cluster: those that are not applicable are left out, and it is missing
    where one of the rest is."""
    return _mean([value for value in values if value != NOT_APPLICABLE])


def columns_of(watched: Watched) -> tuple[str, ...]:
    """What `rows_read` needs of the trial table beside case, arm, judge, behaviour and score."""
    return label_columns(_labels(watched))


def rows_read(frame: pl.DataFrame, watched: Watched) -> pl.DataFrame:
    """The rows of the trial table that the metric reads; of pairs, a row each. Arms read as one
    have one name, and `success_of` says what each row gives."""
    import polars as pl

    arm = pl.col("arm").cast(pl.String)
    mine = arm.is_in(list(watched.arms_read))
    kept = mine if watched.control_arm is None else mine | (arm == watched.control_arm)
    kept &= pl.col("judge").cast(pl.String).is_in(list(watched.judges_read))
    labels = _labels(watched)
    rows = with_labels(frame, labels) if labels else frame
    if watched.where is not None:
        label, wanted = watched.where
        kept &= (pl.col(label) == wanted).fill_null(False)
    named = pl.when(mine).then(pl.lit(watched.arm)).otherwise(arm)
    rows = rows.filter(kept).with_columns(named.alias("arm"))
    return rows if watched.pairs is None else _paired(rows, watched.pairs, watched)


def _paired(rows: pl.DataFrame, pairs: Pairs, watched: Watched) -> pl.DataFrame:
    import polars as pl

    mine, variant = pl.col("arm") == watched.arm, pl.col(pairs.variant)
    before = rows.filter(mine, variant == 0).select("case_id", pl.col(pairs.label).alias("before"))
    after = rows.filter((mine & (variant > 0)) | ~mine)
    differ = pl.col(pairs.label) != pl.col("before")
    return after.join(before, on="case_id").with_columns(
        pl.when(differ.is_null()).then(pl.lit("error")).otherwise(pl.lit("answered"))
        .alias("behaviour"),
        differ.cast(pl.Float64).alias("score"),
    ).drop("before")  # fmt: skip


def success_of(watched: Watched) -> pl.Expr:
    """The same for a row of the trial table."""
    import polars as pl

    if watched.of in ("score", "change"):
        return correctness()
    if watched.of == "label":
        return pl.col(watched.label).fill_null(False).cast(pl.Float64)
    if watched.of == "flaw":
        return (pl.col("score").fill_null(1.0) < 1).cast(pl.Float64)
    return pl.col("behaviour").is_in([watched.of, *watched.also]).cast(pl.Float64)


def _labels(watched: Watched) -> dict[str, LabelKind]:
    flags = (watched.label, watched.where[0] if watched.where else "")
    numbers = (watched.pairs.label, watched.pairs.variant) if watched.pairs else ()
    found: dict[str, LabelKind] = {name: "flag" for name in flags if name}
    return found | dict.fromkeys(numbers, "integer")


def _read(
    watched: Watched, trials: Sequence[Row], arms: Sequence[str]
) -> Iterator[tuple[Verdict, Mapping[str, Any]]]:
    """Verdicts and the labels beside them; what a judge says goes before what a suite recorded, as
    in the trial table."""
    wanted = bool(_labels(watched))
    for trial in trials:
        if trial.arm in arms:
            for verdict in trial.verdicts:
                if verdict.judge in watched.judges_read:
                    yield verdict, {**trial.labels, **verdict.labels} if wanted else {}


def _values(watched: Watched, trials: Sequence[Row], arms: Sequence[str]) -> list[Value]:
    return [
        _value(watched, verdict, labels)
        for verdict, labels in _read(watched, trials, arms)
        if watched.where is None or labels.get(watched.where[0]) is watched.where[1]
    ]


def _value(watched: Watched, verdict: Verdict, labels: Mapping[str, Any]) -> Value:
    if verdict.behaviour == "error":
        return None
    if watched.of == "label":
        return float(labels.get(watched.label) is True)
    if watched.of == "flaw":
        return float(verdict.score is not None and verdict.score < 1)
    if watched.of != "score":
        return float(verdict.behaviour == watched.of or verdict.behaviour in watched.also)
    if verdict.behaviour not in ("answered", "partial"):
        return 0.0
    # A judge may say 1 for 1.0; the ledger gives it back as a float.
    return None if verdict.score is None else float(verdict.score)


def _changes(watched: Watched, trials: Sequence[Row], arms: Sequence[str]) -> list[Value]:
    """Of each pair of a reply to the reference and another one: 1 where they differ."""
    assert watched.pairs is not None
    label, variant = watched.pairs.label, watched.pairs.variant
    replies = [labels for _, labels in _read(watched, trials, watched.arms_read)]
    first = [labels.get(label) for labels in replies if labels.get(variant) == 0]
    if arms == watched.arms_read:
        other = [labels.get(label) for labels in replies if labels.get(variant, 0) > 0]
    else:
        other = [labels.get(label) for _, labels in _read(watched, trials, arms)]
    return [
        None if one is None or another is None else float(one != another)
        for one in first
        for another in other
    ]


def _mean(values: Sequence[Value]) -> Value:
    if not values:
        return NOT_APPLICABLE
    numbers = [value for value in values if isinstance(value, float)]
    return sum(sorted(numbers)) / len(numbers) if len(numbers) == len(values) else None
