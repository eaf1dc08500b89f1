"""Questions right each time the picture was clean and wrong each time it was shifted.

A shifted picture counts once it was asked again and got a wrong answer again, under a shift whose
wrong answers are more than chance (`shift.confirm`). The mildest severity comes first: a change
that is hardly seen should alter nothing. A picture of another modality, or a plain grey one, that
got an answer both times comes after them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Finding
from auscult.kit.shift.confirm import beyond_chance
from auscult.kit.shift.table import AGAIN, BASELINE, CONTROL, KEPT, LOOKS_ALIKE, UNANSWERABLE
from auscult.kit.shift.table import COLUMNS as TABLE
from auscult.kit.shift.table import LABELS as TABLE_LABELS
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.message import Message
    from auscult.core.protocols import TrialName, Trials

MOST = 25
QUESTION_SHOWN = 200
LABELS: dict[str, LabelKind] = {"again": "word", "again_severity": "small"}
COLUMNS = (*TABLE, *label_columns(LABELS))


def shift_findings(trials: Trials, suite: str) -> list[Finding]:
    """At most `MOST`, one a case."""
    frame = trials.frame(suite, COLUMNS)
    rows = plain(with_labels(frame, TABLE_LABELS | LABELS))
    twice = _asked_twice(rows)
    broken = _broken(rows, twice, beyond_chance(frame))
    found = [*broken, *_answered(twice, {row["case_no"] for row in broken})][:MOST]
    if not found:
        return []
    wanted = sorted(row["case_no"] for row in found)
    named = trials.frame(suite, ("case_no", "case_id"), cases=wanted)
    ids = dict(plain(named).unique().iter_rows())
    places = {(suite, ids[row["case_no"]], row["arm"], 0) for row in found}
    said = trials.transcripts(places)
    return [_finding(suite, ids[row["case_no"]], row, said) for row in found]


def _asked_twice(rows: pl.DataFrame) -> pl.DataFrame:
    """The first reply to each picture that was asked again, beside what came the second time."""
    import polars as pl

    second = rows.filter(pl.col("arm") == AGAIN).select(
        "case_no",
        pl.col("again").alias("shift"),
        pl.col("again_severity").alias("severity"),
        pl.col("behaviour").alias("behaviour_again"),
        pl.col("score").alias("score_again"),
    )
    return rows.drop("again", "again_severity").join(
        second, on=["case_no", "shift", "severity"], how="inner"
    )


def _broken(rows: pl.DataFrame, twice: pl.DataFrame, shown: dict[str, str]) -> list[dict[str, Any]]:
    import polars as pl

    right = (pl.col("behaviour").is_in(["answered", "partial"]) & (pl.col("score") == 1)).all()
    clean = rows.filter(pl.col("arm").is_in([BASELINE, CONTROL])).group_by("case_no")
    sound = clean.agg(right.fill_null(False).alias("sound"), pl.len().alias("clean"))
    sound = sound.filter("sound", pl.col("clean") == 2)
    wrong = [
        expression
        for time in ("", "_again")
        for expression in (pl.col(f"behaviour{time}") == "answered", pl.col(f"score{time}") == 0)
    ]
    held = twice.filter(
        pl.col("effect").is_in(KEPT), pl.col("shift").is_in(list(shown)), *wrong
    ).join(sound, on="case_no", how="semi")
    ranked = held.sort("severity", "shift", "case_no").head(MOST)
    return [{**row, "why": shown[row["shift"]]} for row in ranked.to_dicts()]


def _answered(twice: pl.DataFrame, taken: set[int]) -> list[dict[str, Any]]:
    import polars as pl

    gone = twice.filter(
        pl.col("effect") == UNANSWERABLE,
        ~pl.col("shift").is_in(LOOKS_ALIKE),
        pl.col("behaviour") == "answered",
        pl.col("behaviour_again") == "answered",
        ~pl.col("case_no").is_in(list(taken)),
    )
    return gone.sort("case_no", "shift").head(MOST).to_dicts()


def _finding(
    suite: str, case_id: str, row: dict[str, Any], said: dict[TrialName, list[Message]]
) -> Finding:
    shift, severity = row["shift"], row["severity"]
    if row["effect"] == UNANSWERABLE:
        what = "a plain grey picture" if "grey" in shift else "a picture of another modality"
        title = f"Answered a question about a picture when shown {what} instead"
        confirmed = "answered in 2 of 2 fresh replies to that picture"
    else:
        title = f"Right on the clean picture, wrong under {shift} of severity {severity}"
        confirmed = (
            "right in 2 of 2 fresh replies to the clean picture, wrong in 2 of 2 to the shifted "
            f"one; {row['why']}"
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
