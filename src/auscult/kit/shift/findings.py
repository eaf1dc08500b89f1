"""Questions answered right each time the picture was clean and wrong once it was shifted.

The mildest severity that broke them comes first: a change that is hardly seen should alter nothing.
A picture of another modality, or a plain grey one, that got an answer comes after them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Finding
from auscult.kit.shift.table import BASELINE, CONTROL, KEPT, LEGACY_NOISE, LOOKS_ALIKE, UNANSWERABLE
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.message import Message
    from auscult.core.protocols import TrialName, Trials

MOST = 25
QUESTION_SHOWN = 200
LABELS: dict[str, LabelKind] = {
    "shift": "word", "severity": "small", "effect": "word", "modality": "word",
}  # fmt: skip
COLUMNS = ("case_no", "arm", "behaviour", "score", *label_columns(LABELS))


def shift_findings(trials: Trials, suite: str) -> list[Finding]:
    """At most `MOST`, one a case."""
    rows = plain(with_labels(trials.frame(suite, COLUMNS), LABELS))
    broken = _broken(rows)
    found = [*broken, *_answered(rows, {row["case_no"] for row in broken})][:MOST]
    if not found:
        return []
    wanted = sorted(row["case_no"] for row in found)
    named = trials.frame(suite, ("case_no", "case_id"), cases=wanted)
    ids = dict(plain(named).unique().iter_rows())
    places = {(suite, ids[row["case_no"]], row["arm"], 0) for row in found}
    said = trials.transcripts(places)
    return [_finding(suite, ids[row["case_no"]], row, said) for row in found]


def _broken(rows: pl.DataFrame) -> list[dict[str, Any]]:
    import polars as pl

    right = (pl.col("behaviour").is_in(["answered", "partial"]) & (pl.col("score") == 1)).all()
    clean = rows.filter(pl.col("arm").is_in([BASELINE, CONTROL])).group_by("case_no")
    sound = clean.agg(right.fill_null(False).alias("sound"), pl.len().alias("clean"))
    sound = sound.filter("sound", pl.col("clean") == 2)
    wrong = (pl.col("behaviour") == "answered") & (pl.col("score") == 0)
    shifted = rows.filter(pl.col("effect").is_in(KEPT), pl.col("shift") != LEGACY_NOISE)
    shifted = shifted.filter(pl.col("behaviour").fill_null("") != "error")
    shifted = shifted.with_columns(wrong.fill_null(False).alias("wrong"))
    counted = shifted.group_by("case_no").agg(
        pl.col("wrong").sum().alias("spoilt"), pl.col("wrong").len().alias("tried")
    )
    worst = (
        shifted.filter("wrong")
        .join(sound, on="case_no", how="semi")
        .sort("severity", "shift", "case_no")
        .unique("case_no", keep="first", maintain_order=True)
        .join(counted, on="case_no", how="left")
        .sort(["spoilt", "severity", "case_no"], descending=[True, False, False])
    )
    return worst.head(MOST).to_dicts()


def _answered(rows: pl.DataFrame, taken: set[int]) -> list[dict[str, Any]]:
    import polars as pl

    gone = rows.filter(
        pl.col("effect") == UNANSWERABLE,
        ~pl.col("shift").is_in(LOOKS_ALIKE),
        pl.col("behaviour") == "answered",
        ~pl.col("case_no").is_in(list(taken)),
    )
    return (
        gone.sort("case_no", "shift").unique("case_no", maintain_order=True).head(MOST).to_dicts()
    )


def _finding(
    suite: str, case_id: str, row: dict[str, Any], said: dict[TrialName, list[Message]]
) -> Finding:
    shift, severity = row["shift"], row["severity"]
    if row["effect"] == UNANSWERABLE:
        what = "a plain grey picture" if "grey" in shift else "a picture of another modality"
        title = f"Answered a question about a picture when shown {what} instead"
        confirmed = "1 of 1 reply to that picture; not asked again"
    else:
        title = f"Right on the clean picture, wrong under {shift} of severity {severity}"
        confirmed = (
            f"right in 2 of 2 fresh replies to the clean picture; wrong in {row['spoilt']} of "
            f"{row['tried']} to shifted ones, each asked once"
        )
    return Finding(
        id=f"{suite}/{case_id}",
        suite=suite,
        case_id=case_id,
        arm=row["arm"],
        title=title,
        severity="ungraded",
        evidence=asked_about(said.get((suite, case_id, row["arm"], 0), [])),
        confirmed=confirmed,
        extra={name: row[name] for name in ("shift", "severity", "modality")},
    )


def asked_about(transcript: list[Message]) -> str:
    """The question, cut; empty where transcripts were purged."""
    asked = [message.text for message in transcript if message.role == "user"]
    if not asked:
        return ""
    question = " ".join(asked[-1].partition("\n\n")[0].split())
    cut = question if len(question) <= QUESTION_SHOWN else f"{question[:QUESTION_SHOWN]}..."
    return f"Asked: {cut}"
