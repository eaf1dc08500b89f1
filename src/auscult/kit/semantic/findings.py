"""Questions that got an answer every time, although the picture could not hold one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.core.estimate import Finding
from auscult.kit.semantic.table import GREY, MISMATCHED, SHOWN
from auscult.kit.shift.findings import asked_about
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    from auscult.core.protocols import Trials

MOST = 25
LABELS: dict[str, LabelKind] = {"place": "word", "asserts": "number", "modality": "word"}
COLUMNS = ("case_no", "arm", "behaviour", *label_columns(LABELS))


def semantic_findings(trials: Trials, suite: str) -> list[Finding]:
    """At most `MOST`, one a case. A no asserts nothing and is none of them."""
    import polars as pl

    rows = plain(with_labels(trials.frame(suite, COLUMNS), LABELS))
    rows = rows.filter(
        pl.col("place").is_in([MISMATCHED, GREY]),
        ~pl.col("behaviour").fill_null("").is_in(["", "error"]),
    )
    asserted = (pl.col("asserts") == 1).fill_null(False)
    cases = (
        rows.sort("case_no", "place", "arm")
        .group_by("case_no", maintain_order=True)
        .agg(asserted.all().alias("always"), pl.len().alias("asked"),
             pl.col("arm", "place", "modality").last())
        .filter("always")
        .sort("asked", "case_no", descending=[True, False])
        .head(MOST)
    )  # fmt: skip
    if cases.is_empty():
        return []
    numbers = cases["case_no"].to_list()
    named = plain(trials.frame(suite, ("case_no", "case_id"), cases=sorted(numbers)))
    ids = dict(named.unique().iter_rows())
    said = trials.transcripts({(suite, ids[n], arm, 0) for n, arm in zip(
        numbers, cases["arm"], strict=True)})  # fmt: skip
    return [
        Finding(
            id=f"{suite}/{ids[row['case_no']]}",
            suite=suite,
            case_id=ids[row["case_no"]],
            arm=row["arm"],
            title=f"Answered a question shown with {SHOWN[row['place']]}",
            severity="ungraded",
            evidence=asked_about(said.get((suite, ids[row["case_no"]], row["arm"], 0), [])),
            confirmed=f"answered in {row['asked']} of {row['asked']} replies to pictures that "
            "cannot hold the answer",
            extra={"place": row["place"], "modality": row["modality"]},
        )
        for row in cases.to_dicts()
    ]
