"""Closed questions that a target got wrong every time it was asked, the most harmful first.

Of multiple choice they are `mcq_findings`; yes-no questions have no graded harm, and what was
missed (a yes answered no) goes before what was seen and is not there.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from auscult.core.estimate import Finding
from auscult.kit.mcq_findings import MOST, SEVERITIES, wrong_every_time
from auscult.kit.questions import judge_of
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.message import Message
    from auscult.core.protocols import TrialName, Trials
    from auscult.kit.factual.table import Design

LABELS: dict[str, LabelKind] = {
    "key_text": "text", "modality": "text", "region": "text", "pictured": "flag",
}  # fmt: skip
GLANCE = ("case_no", "arm", "judge", "behaviour", "score", *label_columns({"key_text": "word"}))
COLUMNS = ("case_no", "case_id", "arm", "repeat", "judge", "behaviour", "score",
           *label_columns(LABELS))  # fmt: skip
QUESTION_SHOWN = 200
OPPOSITE = {"yes": "no", "no": "yes"}


def factual_findings(trials: Trials, design: Design) -> list[Finding]:
    """At most `MOST` of both forms together."""
    judge = judge_of("multiple-choice")
    choices = wrong_every_time(trials, design.suite, judge, design.full, design.letters)
    found = [*choices, *_yes_no(trials, design)]
    return sorted(found, key=lambda f: (SEVERITIES.index(f.severity), f.id))[:MOST]


def _yes_no(trials: Trials, design: Design) -> list[Finding]:
    import polars as pl

    worst = _worst(trials.frame(design.suite, GLANCE), design)
    told = with_labels(trials.frame(design.suite, COLUMNS, cases=sorted(worst)), LABELS)
    told = plain(told).filter(*_replies(design)).sort("case_no", "repeat")
    cases = (
        told.group_by("case_no", maintain_order=True)
        .agg(pl.col("case_id", "repeat", *LABELS).first(), pl.len().alias("count"))
        .to_dicts()
    )
    places = {(design.suite, c["case_id"], design.full, c["repeat"]) for c in cases}
    transcripts = trials.transcripts(places) if places else {}
    return [_finding(case, transcripts, design) for case in cases]


def _replies(design: Design) -> list[pl.Expr]:
    import polars as pl

    arm, judge = pl.col("arm").cast(pl.String), pl.col("judge").cast(pl.String)
    behaviour = pl.col("behaviour").cast(pl.String)
    return [arm == design.full, judge == judge_of("yes-no"), behaviour != "error"]


def _worst(frame: pl.DataFrame, design: Design) -> list[int]:
    """Case numbers of those answered wrongly in every reply, those missed first."""
    import polars as pl

    behaviour = pl.col("behaviour").cast(pl.String)
    wrong = ((behaviour == "answered") & (pl.col("score") == 0)).fill_null(False)
    missed = pl.col(label_columns({"key_text": "word"})[0]).cast(pl.String) == "yes"
    lost = (
        frame.lazy().filter(*_replies(design)).group_by("case_no")
        .agg(wrong.all().alias("lost"), missed.first().fill_null(False).alias("missed"))
        .filter("lost").sort("missed", "case_no", descending=[True, False]).head(MOST)
    )  # fmt: skip
    return lost.select("case_no").collect().to_series().to_list()


def _finding(
    case: dict[str, object], transcripts: dict[TrialName, list[Message]], design: Design
) -> Finding:
    count, key = int(str(case["count"])), str(case["key_text"])
    place = (design.suite, str(case["case_id"]), design.full, int(str(case["repeat"])))
    said = OPPOSITE.get(key, "another answer")
    return Finding(
        id=f"{design.suite}/{case['case_id']}",
        suite=design.suite,
        case_id=str(case["case_id"]),
        arm=design.full,
        title=f"Answered '{said}'; the key is '{key}'",
        severity="ungraded",
        evidence=_asked(transcripts.get(place, [])),
        confirmed=(
            f"wrong in {count} of {count} fresh replies"
            if count > 1
            else "wrong in 1 of 1 fresh reply; not asked again"
        ),
        extra={name: case[name] for name in ("repeat", "modality", "region", "pictured")},
    )


def _asked(transcript: list[Message]) -> str:
    """The question, cut; empty where transcripts were purged."""
    asked = [message.text for message in transcript if message.role == "user"]
    if not asked:
        return ""
    question = " ".join(asked[-1].rpartition("\n\n")[0].split())
    cut = question if len(question) <= QUESTION_SHOWN else f"{question[:QUESTION_SHOWN]}..."
    return f"Asked: {cut}"
