"""Failing under attack among the cases a model first got right: always secondary.

"Of the answers that were right, how many did the attack turn?" is a fair question with two traps.
A case can be right by luck, so that the mere next reply is worse: hence the control is fresh and
never the reply that opened the gate. And each model chooses its own cases by being right on them:
hence models are set side by side only on the cases that all of them got right. Every estimate here
says in its note that it is of selected cases.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.stats.paired import difference
from auscult.stats.rates import rate
from auscult.stats.table import (
    ALL_ASKED,
    COUNTED,
    MISSING,
    Counting,
    classified,
    correctness,
    plain,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import polars as pl

    from auscult.core.estimate import Estimate

SELECTIVE = (
    "Selective: only cases whose first reply was right are counted, so this says nothing of the "
    "others and does not rank models."
)


class Replies(msgspec.Struct, frozen=True):
    """Which replies of a case are meant: those of an arm, or one repeat of it."""

    arm: str
    repeat: int | None = None

    @property
    def name(self) -> str:
        return self.arm if self.repeat is None else f"{self.arm} (repeat {self.repeat})"

    def overlap(self, other: Replies) -> bool:
        if self.arm != other.arm:
            return False
        return self.repeat is None or other.repeat is None or self.repeat == other.repeat

    def rows(self) -> pl.Expr:
        import polars as pl

        of_arm = pl.col("arm") == self.arm
        return of_arm if self.repeat is None else of_arm & (pl.col("repeat") == self.repeat)


class Gated(msgspec.Struct, frozen=True):
    """The replies that decide which cases count, and the two fresh arms compared on those."""

    gate: Replies
    control: Replies
    attack: Replies

    def __post_init__(self) -> None:
        for one, other in (
            (self.gate, self.control),
            (self.gate, self.attack),
            (self.control, self.attack),
        ):
            if one.overlap(other):
                raise ValueError(
                    f"'{one.name}' and '{other.name}' share replies; the gate, the control and "
                    "the attack each need replies of their own"
                )


def gated(gate: Replies | str, control: Replies | str, attack: Replies | str) -> Gated:
    """A plain name means all repeats of that arm."""
    named = [Replies(part) if isinstance(part, str) else part for part in (gate, control, attack)]
    return Gated(*named)


def first_right(
    frame: pl.DataFrame,
    about: Estimate,
    arms: Gated,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> list[Estimate]:
    """Among the cases whose gating replies were all right: the rate of failing under attack, that
    under the fresh control, and their paired difference, in this order.

    Right means a success of 1; failing is 1 minus success. A case whose gating reply is missing or
    outside the denominator is not selected: `extra` has `gate_right`, `gate_wrong` and
    `gate_unknown`. Metric names are `about.metric` with "/attack", "/control", "/excess"."""
    wanted = correctness() if success is None else success
    marks = _gate(frame, arms.gate, wanted, counting)
    right = marks["right"]
    words = {
        "gate": arms.gate.name,
        "gate_right": int(right.sum()),
        "gate_wrong": int((~right).sum()),
        "gate_unknown": right.null_count(),
    }
    about = msgspec.structs.replace(
        about,
        standing="secondary",
        headline=False,
        condition=about.condition or f"first answered correctly ('{arms.gate.name}')",
        note=" ".join(part for part in (about.note, SELECTIVE) if part),
        extra=about.extra | words,
    )
    return _three(_labelled(frame, arms, _right(marks)), about, arms, wanted, counting, level)


def on_intersection(
    frames: Mapping[str, pl.DataFrame],
    about: Estimate,
    arms: Gated,
    *,
    success: pl.Expr | None = None,
    counting: Counting = ALL_ASKED,
    level: float = 0.95,
) -> list[Estimate]:
    """`first_right` for each of several models, on the cases whose gating replies were right for
    every model: the three estimates per model (`group` names it), then for every pair of models
    the difference in failing under attack, first named minus second, paired by case.

    Models come in the order of their names. Case ids must mean the same case in every frame."""
    if len(frames) < 2:
        raise ValueError("an intersection needs the trials of at least two models")
    wanted = correctness() if success is None else success
    models = sorted(frames)
    right = [_right(_gate(frames[model], arms.gate, wanted, counting)) for model in models]
    shared = right[0]
    for cases in right[1:]:
        shared = shared.join(cases, on="case_id", how="semi")
    note = (
        f"Selective: only the {len(shared)} cases that all of {', '.join(models)} first answered "
        "correctly are counted; on other cases, and with other models beside them, the order "
        "may differ."
    )
    about = msgspec.structs.replace(
        about,
        standing="secondary",
        headline=False,
        condition=about.condition or "first answered correctly by every model compared",
        note=" ".join(part for part in (about.note, note) if part),
        extra=about.extra
        | {"gate": arms.gate.name, "models": models, "intersection_cases": len(shared)}
        | {"gate_right": {m: len(cases) for m, cases in zip(models, right, strict=True)}},
    )
    out: list[Estimate] = []
    attacked: dict[str, pl.DataFrame] = {}
    for model in models:
        kept = _labelled(frames[model], arms, shared)
        of_model = msgspec.structs.replace(about, group=about.group | {"model": model})
        out += _three(kept, of_model, arms, wanted, counting, level)
        attacked[model] = kept.filter(arm=arms.attack.name)
    return out + _between(attacked, about, 1 - wanted, counting, level)


def _gate(frame: pl.DataFrame, gate: Replies, success: pl.Expr, counting: Counting) -> pl.DataFrame:
    """Each case asked at the gate, with `right`: true, false, or null where that is unknown."""
    import polars as pl

    rows = classified(plain(frame).filter(gate.rows()), success, counting)
    counted, right = pl.col("state") == COUNTED, pl.col("y") >= 1
    marks = rows.group_by("case_id").agg(
        (counted & ~right).any().alias("wrong"),
        (counted & right).any().alias("good"),
        (pl.col("state") == MISSING).any().alias("lost"),
    )
    known = pl.when("wrong").then(False).when(pl.col("good") & ~pl.col("lost")).then(True)
    return marks.select("case_id", known.alias("right"))


def _right(marks: pl.DataFrame) -> pl.DataFrame:
    return marks.filter(right=True).select("case_id")


def _labelled(frame: pl.DataFrame, arms: Gated, chosen: pl.DataFrame) -> pl.DataFrame:
    """The rows of control and attack of these cases, each under the name of its replies."""
    import polars as pl

    kept = plain(frame).join(chosen, on="case_id", how="semi")
    return pl.concat(
        kept.filter(replies.rows()).with_columns(arm=pl.lit(replies.name))
        for replies in (arms.control, arms.attack)
    )


def _three(
    rows: pl.DataFrame,
    about: Estimate,
    arms: Gated,
    success: pl.Expr,
    counting: Counting,
    level: float,
) -> list[Estimate]:
    failing = 1 - success
    out = []
    for part, replies in (("attack", arms.attack), ("control", arms.control)):
        words = msgspec.structs.replace(
            about, metric=f"{about.metric}/{part}", arm=replies.name, control_arm=None
        )
        found = rate(
            rows.filter(arm=replies.name), words, success=failing, counting=counting, level=level
        )
        out.append(found)
    words = msgspec.structs.replace(
        about,
        metric=f"{about.metric}/excess",
        arm=arms.attack.name,
        control_arm=arms.control.name,
    )
    out.append(difference(rows, words, success=failing, counting=counting, level=level))
    return [_still_says(found, about.note) for found in out]


def _between(
    attacked: dict[str, pl.DataFrame],
    about: Estimate,
    failing: pl.Expr,
    counting: Counting,
    level: float,
) -> list[Estimate]:
    import polars as pl

    out = []
    models = sorted(attacked)
    for i, one in enumerate(models):
        for other in models[i + 1 :]:
            both = pl.concat(
                [attacked[m].with_columns(arm=pl.lit(m)) for m in (one, other)], how="diagonal"
            )
            words = msgspec.structs.replace(
                about, metric=f"{about.metric}/models", arm=one, control_arm=other
            )
            found = difference(both, words, success=failing, counting=counting, level=level)
            out.append(_still_says(found, about.note))
    return out


def _still_says(found: Estimate, note: str) -> Estimate:
    """A sentence on why there is no number must not push out that the cases are selected."""
    if note in found.note:
        return found
    return msgspec.structs.replace(found, note=f"{note} {found.note}".strip())
