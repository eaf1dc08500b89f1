"""What writers and verifiers came to in a run, and what follows for its headline.

Words that a model wrote may bring a finding along that code cannot see. So where some attacked
replies are to such words and no verifier has read them, the primary figure is shown and is no
headline.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.estimate import Estimate

LABELS: dict[str, LabelKind] = {
    "attack": "word",
    "rejected": "word",
    "written_for": "word",
    "asks": "small",
    "used": "flag",
    "first_fault": "word",
    "verified_for": "word",
    "passed": "flag",
    "sure": "flag",
    "why": "word",
    "edit_written": "flag",
    "edit_verified": "flag",
}
COLUMNS = ("case_no", "arm", *label_columns(LABELS))
UNVERIFIED = (
    "A model wrote words of these attacks and nobody verified them, so this is no headline: bind "
    "the role verifier."
)


def with_writing(found: Sequence[Estimate], frame: pl.DataFrame) -> list[Estimate]:
    """The primary estimate, the first, also says what was refused for which reason, whichever
    attack it was of, and what writers and verifiers did. `frame` holds `COLUMNS`."""
    rows = plain(with_labels(frame, LABELS))
    told = {"refused_by_the_gate": _reasons(rows, "rejected"), **_writers(rows), **_verifiers(rows)}
    primary = msgspec.structs.replace(
        found[0], extra=found[0].extra | {name: what for name, what in told.items() if what}
    )
    if _unread(rows):
        note = f"{primary.note} {UNVERIFIED}".strip()
        primary = msgspec.structs.replace(primary, headline=False, note=note)
    return [primary, *found[1:]]


def _reasons(rows: pl.DataFrame, column: str) -> dict[str, int]:
    """How often each was given, the commonest first."""
    import polars as pl

    given = rows.filter(pl.col(column).is_not_null())[column].str.split("; ").explode()
    counts: dict[str, int] = {}
    for reason in given.to_list():
        counts[reason] = counts.get(reason, 0) + 1
    return dict(sorted(counts.items(), key=lambda item: (-item[1], item[0])))


def _writers(rows: pl.DataFrame) -> dict[str, Any]:
    import polars as pl

    mine = rows.filter(pl.col("written_for").is_not_null())
    if not len(mine):
        return {}
    written = {
        "tasks": len(mine),
        "calls": int(mine["asks"].sum()),
        "used": int(mine["used"].fill_null(False).sum()),
        "first_faults": _reasons(mine, "first_fault"),
    }
    return {"written_by_a_model": written}


def _verifiers(rows: pl.DataFrame) -> dict[str, Any]:
    import polars as pl

    mine = rows.filter(pl.col("verified_for").is_not_null())
    if not len(mine):
        return {}
    passed = mine.filter(pl.col("passed").fill_null(False))
    verified = {
        "pairs": len(mine),
        "passed": len(passed),
        "passed_and_sure": int(passed["sure"].fill_null(False).sum()),
        "refused": _reasons(mine.filter(pl.col("why") != ""), "why"),
    }
    return {"verified_by_a_model": verified}


def unverified(frame: pl.DataFrame) -> bool:
    """Whether some replies are to words that a model wrote and no verifier let pass. `frame` holds
    `COLUMNS`."""
    return _unread(plain(with_labels(frame, LABELS)))


def vouched_for(rows: pl.DataFrame) -> bool:
    """Whether an author or a verifier stands behind all that was shown. `rows` have the labels
    `edit_written` and `edit_verified` as columns."""
    return not _unread(rows)


def _unread(rows: pl.DataFrame) -> bool:
    import polars as pl

    shown = rows.filter(pl.col("edit_written").fill_null(False))
    return not bool(shown["edit_verified"].fill_null(False).all())
