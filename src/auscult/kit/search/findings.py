"""Failures that a search found and that held when they were asked afresh, with the fewest edits.

A failure counts where every fresh reply to the mutant is wrong and every fresh reply to its control
right. Where it took two edits, and one of them alone broke every fresh reply and its own control
none, that one is told. The same wrong answers to the same edits on cases of one patient or vignette
are one finding. They are told only where the search breaks more answers than as many harmless
changes do, beyond chance: a target that minds any other wording breaks now and then under anything,
and again whenever it is asked the same. Nothing is told of words that a model wrote and nobody
verified.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.core.estimate import Finding
from auscult.kit.attack.findings import deduplicated
from auscult.kit.attack.table import Design
from auscult.kit.attack.writing import vouched_for
from auscult.kit.mcq_findings import MOST, SEVERITIES
from auscult.kit.regression.record import answers_in
from auscult.kit.search.estimates import beyond_harmless
from auscult.kit.search.rounds import AFRESH
from auscult.kit.search.table import (
    FEWER,
    FEWER_CONTROL,
    FRESH,
    FRESH_CONTROL,
    SEARCH_COLUMNS,
    SEARCH_LABELS,
    paths,
)
from auscult.kit.shift.findings import asked_about
from auscult.stats.table import LabelKind, label_columns, plain, with_labels

if TYPE_CHECKING:
    import polars as pl

    from auscult.core.message import Message
    from auscult.core.protocols import TrialName, Trials

LABELS: dict[str, LabelKind] = SEARCH_LABELS | {
    "chosen": "integers", "edit_written": "flag", "edit_verified": "flag",
}  # fmt: skip
COLUMNS = ("case_no", "arm", "repeat", "behaviour", "score", *label_columns(LABELS))


def search_findings(trials: Trials, design: Design, rounds: int) -> list[Finding]:
    """At most `MOST`, the gravest first."""
    import polars as pl

    suite = design.suite
    table = paths(trials.frame(suite, SEARCH_COLUMNS), rounds)
    low = beyond_harmless(table, design, rounds).low if len(table) else None
    if low is None or low <= 0:
        return []
    frame = trials.frame(suite, COLUMNS)
    rows = plain(with_labels(frame, LABELS)).filter(
        pl.col("arm").is_in([FRESH, FRESH_CONTROL, FEWER, FEWER_CONTROL])
    )
    found = [
        row for case in rows.partition_by("case_no", maintain_order=True)
        if (row := _held(case)) is not None
    ]  # fmt: skip
    found = sorted(found, key=lambda row: (row["rank"], row["case_no"]))[:MOST]
    if not found:
        return []
    numbers = sorted(row["case_no"] for row in found)
    named = trials.frame(suite, ("case_no", "case_id"), cases=numbers)
    ids = dict(plain(named).unique().iter_rows())
    places = {(suite, ids[row["case_no"]], row["arm"], row["repeat"]) for row in found}
    said = trials.transcripts(places)
    return deduplicated(_finding(suite, ids[row["case_no"]], row, said) for row in found)


def _held(case: pl.DataFrame) -> dict[str, Any] | None:
    import polars as pl

    answered = pl.col("behaviour") == "answered"
    wrong, right = answered & (pl.col("score") == 0), answered & (pl.col("score") == 1)

    def held(attacked: pl.DataFrame, control: pl.DataFrame) -> bool:
        both = (attacked, wrong), (control, right)
        return all(len(rows.filter(so)) == len(rows) == AFRESH for rows, so in both)

    fresh, control, fewer, fewer_control = (
        case.filter(pl.col("arm") == arm) for arm in (FRESH, FRESH_CONTROL, FEWER, FEWER_CONTROL)
    )
    if not (held(fresh, control) and vouched_for(fresh)):
        return None
    told, beside, chain = fresh, control, fresh["confirms"][0]
    for part in fewer.partition_by("chain", maintain_order=True):
        own = fewer_control.filter(pl.col("chain") == part["chain"][0])
        if held(part, own):
            told, beside, chain = part, own, part["chain"][0]
            break
    harms = [harm if harm in SEVERITIES else "ungraded" for harm in told["harm_chosen"]]
    return {
        "case_no": case["case_no"][0],
        "attack": chain,
        "found_as": fresh["confirms"][0],
        "arm": told["arm"][0],
        "repeat": told["repeat"][0],
        "control_arm": beside["arm"][0],
        "rank": min(SEVERITIES.index(harm) for harm in harms),
        "chosen": [list(places) for places in told["chosen"].to_list()],
    }


def _finding(
    suite: str, case_id: str, row: dict[str, Any], said: dict[TrialName, list[Message]]
) -> Finding:
    asked = said.get((suite, case_id, row["arm"], row["repeat"]), [])
    chosen = answers_in(asked, row["chosen"])
    named = " and ".join(f"'{answer}'" for answer in chosen)
    cut = "" if row["attack"] == row["found_as"] else f" (found as {row['found_as']})"
    return Finding(
        id=f"{suite}/{case_id}/{row['attack'].replace('robustness/', '').replace(' ', '')}",
        suite=suite,
        case_id=case_id,
        arm=row["arm"],
        title=f"Right as it is and under its control, wrong under {row['attack']}{cut}",
        severity=SEVERITIES[row["rank"]],
        evidence=asked_about(asked) + (f" Chose: {named}" if asked else ""),
        confirmed=(
            f"wrong in {AFRESH} of {AFRESH} fresh replies under the attack, right in {AFRESH} of "
            f"{AFRESH} under its matched control and in 2 of 2 as it is"
        ),
        extra={
            "attack": row["attack"], "repeat": row["repeat"], "chosen": list(chosen),
            "seen": AFRESH, "asked": AFRESH, "control_arm": row["control_arm"],
        },
    )  # fmt: skip
