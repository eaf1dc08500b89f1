"""The difference between attacked replies and their own controls, pair by pair.

A pair is an attacked reply and the control of the same number. It counts only where both can be
read: averaged arm by arm, a case that lost a reply would be compared with controls of other
attacks. What the missing pairs could make of the figure stands in its bounds, and its note says how
many they are.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from auscult.stats.paired import difference
from auscult.stats.table import ALL_ASKED, MISSING, behaviour_counts, classified, only

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

NONE_WHOLE = "No difference: no attacked reply can be read beside its own control."
UNDECIDED = "Undecided: they could change what the figure shows."


def paired_difference(rows: pl.DataFrame, about: Estimate, reading: pl.Expr) -> Estimate:
    """The mean over cases of `reading` (from 0 to 1) in `about.arm` minus that in
    `about.control_arm`, over pairs of one case and one `repeat`.

    `bound_low` and `bound_high` are the same over all pairs, with what is missing filled against
    and for the arm; `undecided` is true where the interval has one sign and, with either filling,
    another or none. `missing_pairs` counts them by attack."""
    import polars as pl

    mine = only(rows, pl.col("arm").is_in([about.arm, about.control_arm]))
    pairs = _pairs(mine, about, reading)
    if pairs.is_empty():
        return difference(rows, about, success=reading)
    whole = pairs.filter(pl.col("a").is_not_null() & pl.col("c").is_not_null())
    found = difference(_as_rows(whole, about, None), about, success=pl.col("y"))
    seen, kept = (part["case_id"].n_unique() for part in (pairs, whole))
    lost = pairs.join(whole, on=["case_id", "repeat"], how="anti")
    found = msgspec.structs.replace(
        found,
        **behaviour_counts(mine),
        note=NONE_WHOLE if whole.is_empty() else found.note,
        extra=found.extra
        | {"unpaired_cases": seen - kept, "pairs": len(pairs), "missing_pairs": _by_attack(lost)},
    )
    return found if lost.is_empty() else _bounded(found, about, pairs, len(lost))


def _pairs(mine: pl.DataFrame, about: Estimate, reading: pl.Expr) -> pl.DataFrame:
    """A row a pair that was asked; `a` and `c` are what its replies read, null where missing."""
    import polars as pl

    read = classified(mine, reading, ALL_ASKED).filter(pl.col("state") <= MISSING)
    value = pl.when(pl.col("state") == MISSING).then(None).otherwise(pl.col("y"))
    place = ["case_id", "repeat"]
    arms = [
        read.filter(pl.col("arm") == arm).select(*place, "cluster", "attack", value.alias(name))
        for arm, name in ((about.arm, "a"), (about.control_arm, "c"))
    ]
    joined = arms[0].join(arms[1], on=place, how="full", coalesce=True)
    own = [pl.coalesce(name, f"{name}_right").alias(name) for name in ("cluster", "attack")]
    return joined.select(*place, *own, "a", "c").sort(place)


def _as_rows(
    pairs: pl.DataFrame, about: Estimate, fill: tuple[float, float] | None
) -> pl.DataFrame:
    """Two rows a pair, as `difference` reads them; `fill` stands for a missing attacked reply and
    for a missing control."""
    import polars as pl

    sides = []
    for place, (name, arm) in enumerate((("a", about.arm), ("c", about.control_arm))):
        y = pl.col(name) if fill is None else pl.col(name).fill_null(fill[place])
        told = pl.lit(arm).alias("arm"), pl.lit("answered").alias("behaviour")
        sides.append(pairs.select("case_id", "cluster", *told, y.alias("y")))
    return pl.concat(sides)


def _by_attack(lost: pl.DataFrame) -> dict[str, int]:
    import polars as pl

    named = lost["attack"].cast(pl.String).fill_null("").value_counts().sort("attack")
    return dict(named.iter_rows())


def _bounded(found: Estimate, about: Estimate, pairs: pl.DataFrame, lost: int) -> Estimate:
    import polars as pl

    worst, best = (
        difference(_as_rows(pairs, about, fill), about, success=pl.col("y"))
        for fill in ((0.0, 1.0), (1.0, 0.0))
    )
    assert worst.value is not None and worst.low is not None
    assert best.value is not None and best.high is not None
    ends = [worst.low, best.high]
    if found.low is not None and found.high is not None:
        ends = [min(found.low, worst.low), max(found.high, best.high)]
    undecided = len({_shows(one) for one in (found, worst, best)}) > 1
    told = (
        f"{lost:,} of {len(pairs):,} pairs are missing: a reply failed, or the judge's reading of "
        f"it. With all of them the figure would be from {_points(worst.value)} to "
        f"{_points(best.value)} points."
    )
    bounds = {
        "bound_low": worst.value,
        "bound_high": best.value,
        "bound_interval": ends,
        "undecided": undecided,
    }
    notes = (found.note, told, UNDECIDED if undecided else "")
    return msgspec.structs.replace(
        found, note=" ".join(note for note in notes if note), extra=found.extra | bounds
    )


def _points(value: float) -> str:
    return f"{round(100 * value):+d}".replace("-", "\u2212").replace("+0", "0")


def _shows(estimate: Estimate) -> int:
    """1 where the interval lies above nothing, -1 where it lies below, 0 where it holds it."""
    if estimate.low is None or estimate.high is None:
        return 0
    return int(estimate.low > 0) - int(estimate.high < 0)
