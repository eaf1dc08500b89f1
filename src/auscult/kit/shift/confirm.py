"""Which shifted picture of a case is asked again, and when wrong twice is more than chance.

A wrong reply to a shifted picture may be one that the target would have given to the clean one
another time. So each case has one of its shifted pictures asked again: the mildest that spoilt an
answer which was right on the clean picture both times; where there is none, a replaced picture that
was answered; else any, by lot, so that a case always costs the same. It is the same picture, and a
fresh reply.

Of a target whose answers change from call to call some are wrong twice by chance alone. They are
findings only where the run shows that the shift breaks more right answers than asking again does,
at a level that allows for all shifts tried, or where no answer changed when the clean picture was
asked again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from auscult.core.verdict import Verdict
from auscult.kit.shift.cells import lost, usable, weighted
from auscult.kit.shift.edits import Edit
from auscult.kit.shift.table import (
    BASELINE,
    CONTROL,
    KEPT,
    LEGACY_NOISE,
    LOOKS_ALIKE,
    shifted,
    typed,
)

if TYPE_CHECKING:
    from random import Random  # noqa: TID251

    import polars as pl

Tried = tuple[Edit, Verdict]
ALPHA = 0.05
STEADY = 20
"""Pairs of clean replies without a change that it takes to call a target steady."""
NO_CHANGE = "no answer changed when {pairs} clean pictures were asked again"
SHOWN = "over all cases this shift breaks more right answers than asking again does"


def to_confirm(clean: Sequence[Verdict], tried: Sequence[Tried], rng: Random) -> Edit:
    if all(
        verdict.behaviour in ("answered", "partial") and verdict.score == 1 for verdict in clean
    ):
        wrong = [edit for edit, verdict in tried if _spoilt(edit, verdict)]
        if wrong:
            return min(wrong, key=lambda edit: (edit.severity, edit.name))
    answered = [edit for edit, verdict in tried if _answered(edit, verdict)]
    return answered[0] if answered else rng.choice([edit for edit, _ in tried])


def _spoilt(edit: Edit, verdict: Verdict) -> bool:
    kept = edit.attack.key in KEPT and edit.name != LEGACY_NOISE
    return kept and verdict.behaviour == "answered" and verdict.score == 0


def _answered(edit: Edit, verdict: Verdict) -> bool:
    replaced = edit.attack.key not in KEPT and edit.name not in LOOKS_ALIKE
    return replaced and verdict.behaviour == "answered"


def beyond_chance(frame: pl.DataFrame) -> dict[str, str]:
    """Shift -> why two wrong replies under it are more than chance; others are left out. `frame`
    holds `shift.table.COLUMNS`."""
    rows = typed(frame)
    kept = shifted(rows, KEPT)
    names = sorted({cell.shift for cell in kept.cells if cell.shift != LEGACY_NOISE})
    pairs, changed = _again(rows)
    if pairs >= STEADY and not changed:
        return dict.fromkeys(names, NO_CHANGE.format(pairs=pairs))
    found = {}
    for name in names:
        places = [place for place, cell in enumerate(kept.cells) if cell.shift == name]
        values = lost(*kept.right.T)
        weights = usable(kept.cell, values, dict.fromkeys(places, 1 / len(places)))
        change = weighted(
            kept.cell, kept.cluster, values, weights, (-1.0, 1.0), 1 - ALPHA / len(names)
        )
        if change is not None and change.low > 0:
            found[name] = SHOWN
    return found


def _again(rows: pl.DataFrame) -> tuple[int, int]:
    """Cases asked twice with the clean picture, and how many were right once and not the other
    time."""
    import polars as pl

    from auscult.stats.table import correctness

    told = rows.filter(~pl.col("behaviour").fill_null("").is_in(["", "error"]))
    told = told.with_columns(correctness().alias("right"))
    first, second = (
        told.filter(pl.col("arm") == arm).select("case_id", "right") for arm in (BASELINE, CONTROL)
    )
    both = first.join(second, on="case_id", suffix="_again")
    return len(both), int((both["right"] != both["right_again"]).sum())
