"""Questions answered wrong, and surely, every time they were asked; the most harmful first."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Finding
from auscult.kit.mcq_findings import MOST, SEVERITIES
from auscult.kit.uncertainty.estimates import sure_and_wrong
from auscult.kit.uncertainty.table import SURENESS
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import Trials
    from auscult.kit.uncertainty.table import Design

GLANCED: dict[str, LabelKind] = {"sure": "word", "right": "number", "harm_chosen": "word"}
GLANCE = ("case_no", "arm", "judge", "behaviour", "score", *label_columns(GLANCED))
LABELS: dict[str, LabelKind] = {
    "sure": "text", "right": "number", "harm_chosen": "text", "form": "text", "key_text": "text",
    "chosen_text": "text",
}  # fmt: skip
COLUMNS = ("case_no", "case_id", "arm", "repeat", "judge", "behaviour", "score",
           *label_columns(LABELS))  # fmt: skip
UNGRADED = SEVERITIES.index("ungraded")


def sure_and_wrong_every_time(trials: Trials, design: Design) -> list[Finding]:
    """At most `MOST`; failed calls don't count, and one reply that was right or unsure is enough
    for a case to be left out."""
    worst = _worst(with_labels(trials.frame(design.suite, GLANCE), GLANCED), design)
    if not worst:
        return []
    told = with_labels(trials.frame(design.suite, COLUMNS, cases=sorted(worst)), LABELS)
    told = plain(told).filter(*_readings(design)).sort("case_no", "repeat")
    parts = told.partition_by("case_no", maintain_order=True)
    by_number = {part["case_no"][0]: part.to_dicts() for part in parts}
    return [_finding(by_number[number], rank, design) for number, rank in worst.items()]


def _readings(design: Design) -> list[pl.Expr]:
    import polars as pl

    arm, judge = pl.col("arm").cast(pl.String), pl.col("judge").cast(pl.String)
    behaviour = pl.col("behaviour").cast(pl.String)
    return [arm == design.full, judge == SURENESS, behaviour != "error"]


def _worst(frame: pl.DataFrame, design: Design) -> dict[int, int]:
    """Case number -> severity, gravest first."""
    import polars as pl

    harms = {name: place for place, name in enumerate(SEVERITIES)}
    rank = (
        pl.col("harm_chosen")
        .cast(pl.String)
        .replace_strict(harms, default=UNGRADED, return_dtype=pl.Int64)
    )
    found = (
        frame.lazy().filter(*_readings(design)).group_by("case_no")
        .agg((sure_and_wrong() == 1).all().alias("lost"), rank.min().alias("rank"))
        .filter("lost").sort("rank", "case_no").head(MOST)
    )  # fmt: skip
    return dict(found.select("case_no", "rank").collect().iter_rows())


def _finding(replies: list[dict[str, Any]], rank: int, design: Design) -> Finding:
    first, count = replies[0], len(replies)
    severity = SEVERITIES[rank]
    chosen = sorted({str(reply["chosen_text"] or "another answer") for reply in replies})
    said = " and ".join(f"'{text}'" for text in chosen)
    graded = (
        "The author graded no harm for this choice."
        if severity == "ungraded"
        else f"Harm of acting on the choice, as its author graded it: {severity}."
    )
    return Finding(
        id=f"{design.suite}/{first['case_id']}",
        suite=design.suite,
        case_id=first["case_id"],
        arm=first["arm"],
        title=f"Answered {said} and was sure of it; the key is '{first['key_text']}'",
        severity=severity,
        evidence=f"Asked in a second turn, the target said it was sure. {graded}",
        confirmed=(
            f"wrong and sure in {count} of {count} fresh conversations"
            if count > 1
            else "wrong and sure in 1 of 1 conversation; not asked again"
        ),
        extra={"repeat": first["repeat"], "form": first["form"]},
    )
