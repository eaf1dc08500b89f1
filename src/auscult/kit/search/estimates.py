"""What a search comes to: first-failure curves beside harmless change, and questions per failure.

None of it is a rate of the target: a search asks where failures are likely, and stops at the first.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from auscult.kit.attack.table import Design
from auscult.kit.attack.writing import COLUMNS as WRITING_COLUMNS
from auscult.kit.attack.writing import with_writing
from auscult.kit.search.table import (
    FAULTS_JOINT,
    FEWER,
    FEWER_CONTROL,
    FRESH,
    FRESH_CONTROL,
    HARMLESS,
    SEARCH,
    SEARCH_COLUMNS,
    SEARCH_LABELS,
    paths,
)
from auscult.stats.survival import first_failure, first_failure_excess
from auscult.stats.table import plain, with_labels

if TYPE_CHECKING:
    from collections.abc import Sequence

    import polars as pl

    from auscult.core.estimate import Estimate

__all__ = ["SEARCH_COLUMNS", "WRITING_COLUMNS", "search_estimates", "with_search_writing"]
BROKEN = "broken by a search"
NO_RATE = (
    "What a search found: it looks where failures are likely and stops at the first, so this is no "
    "rate of the target and ranks no targets."
)
OTHER_FORMAT = (
    "Attacks that ask for another kind of answer are compared here with harmless changes that do "
    "not; each failure found is asked again beside a control of its own format."
)


OF = "answered right as they are, twice"
WORDS: dict[str, Any] = {
    "denominator": f"cases {OF}, that were searched; rounds without a usable reply are no tries",
    "direction": "lower-is-better",
    "judge": "choice",
}


def search_estimates(frame: pl.DataFrame, design: Design, rounds: int) -> list[Estimate]:
    table = paths(frame, rounds)
    if not len(table):
        why = "No case was answered right twice as it is, so there was nothing to search."
        told = design.words(
            BROKEN, "The share answered wrong in a search.", arm=SEARCH, note=why,
            direction="lower-is-better",
        )  # fmt: skip
        return [told]
    found = design.words(
        BROKEN,
        f"Of the cases {OF}, the share answered wrong in one of {rounds} rounds of the search.",
        arm=SEARCH, note=NO_RATE, extra={"tried": _tried(frame)} | _faults(frame), **WORDS,
    )  # fmt: skip
    harmless = design.words(
        "gone wrong under harmless change",
        f"Of the cases {OF}, the share answered wrong in one of {rounds} harmless changes.",
        arm=HARMLESS, **WORDS,
    )  # fmt: skip
    return [
        first_failure(table, found, rounds),
        first_failure(table, harmless, rounds),
        beyond_harmless(table, design, rounds),
        _questions(frame, table, design),
    ]


def with_search_writing(found: Sequence[Estimate], frame: pl.DataFrame) -> list[Estimate]:
    """What was written and verified for the drawn attacks stands beside the headline, and what was
    for the search beside what that broke. `frame` holds `WRITING_COLUMNS`."""
    import polars as pl

    arm = pl.col("arm").cast(pl.String)
    mine = (SEARCH, FRESH, FRESH_CONTROL, FEWER, FEWER_CONTROL)
    searched = pl.any_horizontal(arm.str.starts_with(name) for name in mine)
    found = with_writing(found, frame.filter(~searched))
    place = next((n for n, one in enumerate(found) if one.metric == BROKEN), None)
    if place is not None:
        found[place : place + 1] = with_writing([found[place]], frame.filter(searched))
    return found


def beyond_harmless(table: pl.DataFrame, design: Design, rounds: int) -> Estimate:
    """From `paths`, which must not be empty."""
    beyond = design.words(
        "broken by a search, beyond harmless change",
        f"Of the cases {OF}, the share answered wrong within {rounds} rounds of the search, minus "
        f"the share answered wrong within {rounds} harmless changes of the same cases.",
        arm=SEARCH, control_arm=HARMLESS, standing="secondary",
        note=f"{NO_RATE} {OTHER_FORMAT}", **WORDS,
    )  # fmt: skip
    return first_failure_excess(table, beyond, rounds)


def _questions(frame: pl.DataFrame, table: pl.DataFrame, design: Design) -> Estimate:
    """What a failure cost, over the whole search."""
    import polars as pl

    mine = table.filter(pl.col("arm") == SEARCH)
    usable = pl.col("behaviour").is_not_null() & (pl.col("behaviour") != "error")
    asked = len(plain(frame).filter(pl.col("arm") == SEARCH, usable))
    failures = int(mine["failed"].sum())
    words = design.words(
        "questions per failure found",
        "Questions of the search over failures that it found.",
        arm=SEARCH,
        unit="questions",
        n=len(mine),
        n_clusters=mine["cluster"].n_unique(),
        denominator="failures found",
        direction="neutral",
        note=f"{NO_RATE} Rounds depend on one another, so it has no interval."
        if failures
        else "The search found no failure.",
        extra={"questions": asked, "failures": failures},
    )
    return msgspec.structs.replace(words, value=asked / failures if failures else None)


def _tried(frame: pl.DataFrame) -> dict[str, Any]:
    """What was tried how often and came to what, most often tried first: a log, and no rates."""
    import polars as pl

    rows = plain(with_labels(frame, SEARCH_LABELS)).filter(pl.col("arm") == SEARCH)
    counts = rows.group_by("chain", "outcome").len().sort("chain", "outcome")
    told: dict[str, dict[str, int]] = {}
    for chain, outcome, count in counts.iter_rows():
        told.setdefault(str(chain), {})[str(outcome or "not on offer")] = count
    often = sorted(told.items(), key=lambda item: (-sum(item[1].values()), item[0]))
    return dict(often)


def _faults(frame: pl.DataFrame) -> dict[str, Any]:
    """What was wrong with what a planning model said, by kind; nothing where no model planned or
    all was well."""
    import polars as pl

    rows = plain(with_labels(frame, SEARCH_LABELS)).filter(pl.col("arm") == SEARCH)
    kinds = rows["faults"].drop_nulls().str.split(FAULTS_JOINT).explode()
    counts = kinds.value_counts().sort("faults")
    told = {str(kind): int(count) for kind, count in counts.iter_rows()}
    return {"planning faults": told} if told else {}
