"""Questions that a target got wrong every time it was asked, the most harmful choice first."""

from __future__ import annotations

import heapq
from collections import Counter
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Finding
from auscult.core.message import Message
from auscult.kit.mcq import LETTERS, read_options
from auscult.stats.grouped import parts
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.protocols import TrialName, Trials

MOST = 25
SEVERITIES = ("life-threatening", "severe", "moderate", "mild", "ungraded", "none")
LABELS: dict[str, LabelKind] = {
    "chosen_original": "integer",
    "position_chosen": "integer",
    "key_position": "integer",
    "harm_chosen": "text",
    "status_chosen": "text",
}
HARM: dict[str, LabelKind] = {"harm_chosen": "word"}
GLANCE = ("case_no", "arm", "judge", "behaviour", "score", *label_columns(HARM))
COLUMNS = (
    "case_no",
    "case_id",
    "specialty",
    "difficulty",
    "arm",
    "repeat",
    "judge",
    "behaviour",
    "score",
    *label_columns(LABELS),
)


def wrong_every_time(
    trials: Trials, suite: str, judge: str, arm: str, letters: str = LETTERS
) -> list[Finding]:
    """At most `MOST`. A reply counts as wrong when it named an option and that was not the key;
    failed calls don't count, and a case with any other reply is left out."""
    worst = _worst(trials.frame(suite, GLANCE), judge, arm)
    told = plain(trials.frame(suite, COLUMNS, cases=sorted(worst)))
    told = told.filter(*_reply(judge, arm)).sort("case_no", "repeat")
    parts = with_labels(told, LABELS).partition_by("case_no", maintain_order=True)
    by_number = {part["case_no"][0]: part.to_dicts() for part in parts}
    cases = [by_number[number] for number in worst]  # gravest first
    places = [(suite, r["case_id"], r["arm"], r["repeat"]) for case in cases for r in case]
    transcripts = trials.transcripts(set(places))
    return [_finding(suite, case, transcripts, letters) for case in cases]


def _reply(judge: str, arm: str) -> list[pl.Expr]:
    import polars as pl

    return [pl.col("arm") == arm, pl.col("judge") == judge, pl.col("behaviour") != "error"]


def _rank(harm: str | None) -> int:
    return SEVERITIES.index(harm if harm in SEVERITIES else "ungraded")


def _worst(frame: pl.DataFrame, judge: str, arm: str) -> dict[int, int]:
    """Case number -> severity, of the gravest cases answered wrongly in every reply. One case has
    one severity: that of the worst thing chosen."""
    found = (pair for part in parts(frame, "case_no") for pair in _lost(part, judge, arm))
    gravest = heapq.nsmallest(MOST, found, key=lambda pair: (pair[1], pair[0]))
    return dict(gravest)


def _lost(frame: pl.DataFrame, judge: str, arm: str) -> Iterator[tuple[int, int]]:
    import polars as pl

    wrong = ((pl.col("behaviour") == "answered") & (pl.col("score") == 0)).fill_null(False)
    harms = {name: place for place, name in enumerate(SEVERITIES)}
    rank = (
        pl.col(label_columns(HARM)[0])
        .cast(pl.String)
        .replace_strict(harms, default=harms["ungraded"], return_dtype=pl.Int64)
    )
    cases = frame.lazy().filter(*_reply(judge, arm)).group_by("case_no")
    lost = cases.agg(wrong.all().alias("lost"), rank.min().alias("rank")).filter("lost")
    worst = lost.sort("rank", "case_no").head(MOST).select("case_no", "rank")
    yield from worst.collect().iter_rows()


def _finding(
    suite: str,
    replies: list[dict[str, Any]],
    transcripts: dict[TrialName, list[Message]],
    letters: str,
) -> Finding:
    first, count = replies[0], len(replies)
    severity = SEVERITIES[min(_rank(reply["harm_chosen"]) for reply in replies)]
    key, chosen = "", Counter[str]()
    for reply in replies:
        place = (suite, reply["case_id"], reply["arm"], reply["repeat"])
        shown = _options(transcripts.get(place, []), letters)
        chosen[_named(shown, reply["position_chosen"], reply["chosen_original"])] += 1
        key = shown[reply["key_position"]] if shown else key
    said = " and ".join(
        name if len(chosen) == 1 else f"{name} ({times} of {count})"
        for name, times in sorted(chosen.items())
    )
    return Finding(
        id=f"{suite}/{first['case_id']}",
        suite=suite,
        case_id=first["case_id"],
        arm=first["arm"],
        title=f"Chose {said}" + (f"; the key is '{key}'" if key else ""),
        severity=severity,
        evidence=_evidence(replies, severity),
        confirmed=(
            f"wrong in {count} of {count} fresh replies"
            if count > 1
            else "wrong in 1 of 1 fresh reply; not asked again"
        ),
        extra={
            "repeat": first["repeat"],
            "specialty": first["specialty"],
            "difficulty": first["difficulty"],
            "chosen_original": [reply["chosen_original"] for reply in replies],
            "status_chosen": [reply["status_chosen"] for reply in replies],
            "harm_chosen": [reply["harm_chosen"] for reply in replies],
        },
    )


def _options(transcript: list[Message], letters: str) -> list[str]:
    """As this reply's prompt showed them; empty where transcripts were purged."""
    asked = [message.text for message in transcript if message.role == "user"]
    return list(read_options(asked[-1], letters=letters).values()) if asked else []


def _named(shown: list[str], place: int | None, original: int | None) -> str:
    if place is None or original is None:
        return "an option that the judge did not name"
    return f"'{shown[place]}'" if shown else f"option {original + 1} of the author's list"


def _evidence(replies: list[dict[str, Any]], severity: str) -> str:
    said = []
    if severity == "ungraded":
        said.append("The author graded no harm for this choice.")
    else:
        said.append(f"Harm of acting on the choice, as its author graded it: {severity}.")
    if all(reply["status_chosen"] == "second-best" for reply in replies):
        said.append("The author holds the choice for second best, not for absolutely wrong.")
    return " ".join(said)
