"""A checklist of findings as estimates, which count and never rate, and as findings of its own."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import Estimate, Finding
from auscult.kit.mcq_findings import SEVERITIES
from auscult.kit.regression.arms import ATTACKED, CONTROL
from auscult.kit.regression.record import EXTRA, answers_in
from auscult.kit.shift.findings import asked_about
from auscult.stats.table import blank

if TYPE_CHECKING:
    from auscult.core.protocols import Trials
    from auscult.kit.regression.checklist import Release, Row

JUDGES = "choice and choice-set"
CHECKLIST = "checklist"
ONE_SIDED = "one-sided"
BESIDE = "beside the previous release"
NO_PREVIOUS = (
    "One-sided: the previous release was not asked again, so what has changed cannot be told from "
    "chance."
)
NONE_CLEAR = (
    "One-sided: the previous release was asked again, and of no finding is it clear what it does "
    "today ({why}), so what has changed cannot be told from chance."
)
SOME_UNCLEAR = "Of {some} of {all} findings it is unclear what the previous release does ({why})."
NOT_ASKED = (
    "The plan names a previous release, but the suite's option `previous` is off: set it to true."
)
NO_RATE = "They were looked for, so their number is no rate."
MENDED = "findings that are mended"
STATES = {"fails": "still fails", "right": "mended", "unclear": "unclear"}
"""Of the new release."""
TODAY = {
    "fails": "fails it today",
    "right": "is right today",
    "unclear": "is unclear today",
}
"""Of the previous release."""


def estimates_of(suite: str, rows: Sequence[Row]) -> list[Estimate]:
    """Counts over the findings, then one figure for each of them, the gravest first."""
    if not rows:
        return []
    clear = [row for row in rows if not row.one_sided]
    counts = [
        ("findings that still fail", "Findings whose attack most replies of the new release answer "
         "wrong, and whose control most answer right.", _count(rows, "fails")),
        (MENDED, "Findings whose attack and control most replies of the new release answer right.",
         _count(rows, "right")),
        ("findings that are unclear", "Findings whose control is not answered right either, or "
         "whose replies are split, missing or no answer.", _count(rows, "unclear")),
    ]  # fmt: skip
    if any(row.previous for row in rows):
        counts.append(
            ("findings that are unclear for the previous release", "Findings of which the replies "
             "of the previous release do not show today whether it fails them.",
             len(rows) - len(clear))
        )  # fmt: skip
    if clear:
        counts += [
            ("findings that the previous release fails today", "Findings whose attack most "
             "replies of the previous release answer wrong today, and whose control right.",
             sum(_state(row.previous) == "fails" for row in clear)),
            ("findings that are mended while the previous release still fails", "Findings that the "
             "new release answers right and the previous one wrong, asked side by side.",
             sum(row.new.state == "right" and _state(row.previous) == "fails" for row in clear)),
        ]  # fmt: skip
    found = [_counted(suite, metric, estimand, n, rows) for metric, estimand, n in counts]
    return [*found, *(_listed(suite, row) for row in _gravest_first(rows))]


def findings_of(suite: str, rows: Sequence[Row], trials: Trials) -> list[Finding]:
    """Those that still fail, the gravest first: confirmed on fresh replies beside their control."""
    failing = [row for row in _gravest_first(rows) if row.new.state == "fails"]
    said = trials.transcripts({(suite, row.case_id, ATTACKED, row.shown) for row in failing})
    out = []
    for row in failing:
        asked = said.get((suite, row.case_id, ATTACKED, row.shown), [])
        answers = answers_in(asked, row.answers)
        chose = " and ".join(f"'{answer}'" for answer in answers)
        other = "" if row.same else "; it was found with another answer, so no harm is graded"
        out.append(
            Finding(
                id=f"{suite}/{row.case_id}",
                suite=suite,
                case_id=row.case_id,
                arm=ATTACKED,
                title=f"Still wrong under {row.attack}, right under its control",
                severity=row.severity if row.same else "ungraded",
                evidence=asked_about(asked) + (f" Chose: {chose}{other}" if asked else ""),
                confirmed=sentence(row),
                extra={
                    EXTRA: row.finding, "suite": row.of_suite, "case_id": row.of_case,
                    "attack": row.attack, "chosen": list(answers), "repeat": row.shown,
                    "seen": row.new.attacked.wrong, "asked": row.new.attacked.asked,
                    "control_arm": CONTROL, "phi": row.phi,
                },
            )
        )  # fmt: skip
    return out


def sentence(row: Row) -> str:
    """A row of the checklist in words."""
    said = f"{_told(row.new, STATES)}; found on {row.found_on} in {row.seen} of {row.asked} replies"
    if row.previous is None:
        return f"{said}; the previous release was not asked again"
    return f"{said}; the previous release {_told(row.previous, TODAY)}"


def _told(release: Release, words: dict[str, str]) -> str:
    state = words[release.state] + (f", because {release.why}" if release.why else "")
    attacked, control = release.attacked, release.control
    return (
        f"{state} (attack wrong in {attacked.wrong} of {attacked.asked}, "
        f"control right in {control.right} of {control.asked})"
    )


def _counted(suite: str, metric: str, estimand: str, number: int, rows: Sequence[Row]) -> Estimate:
    return _filled(
        blank(suite, metric, estimand, **_words(rows)),
        value=float(number),
        n=len(rows),
        n_clusters=len(rows),
        unit="findings",
        denominator="none: findings of an earlier run, listed one by one",
        note=_note(rows),
    )


def _listed(suite: str, row: Row) -> Estimate:
    new, old = row.new, row.previous
    attacked, control = new.attacked, new.control
    return _filled(
        blank(
            suite,
            CHECKLIST,
            "Replies of the new release to the attack of this finding that are wrong.",
            group={EXTRA: row.finding},
            **_words([row]),
        ),
        value=float(attacked.wrong),
        n=attacked.asked,
        n_clusters=1,
        n_error=attacked.failed,
        unit=f"wrong replies of {attacked.asked}",
        denominator="replies to the attack of one finding",
        note=f"{_capital(sentence(row))}.",
        extra={
            "state": STATES[new.state],
            "why": new.why,
            "control_right": control.right,
            "previous": _state(old),
            "previous_why": old.why if old else "",
            "attack": row.attack,
            "severity": row.severity,
            "found_on": row.found_on,
            "seen": row.seen,
            "asked": row.asked,
            "same_answer": row.same,
        },
    )


def _words(rows: Sequence[Row]) -> dict[str, Any]:
    one_sided = all(row.one_sided for row in rows) or not all(row.previous for row in rows)
    return {
        "arm": ATTACKED,
        "control_arm": CONTROL,
        "judge": JUDGES,
        "condition": ONE_SIDED if one_sided else BESIDE,
        "method": "a count; by majority of the replies to each finding and to its control",
        "standing": "exploratory",
        "direction": "neutral",
    }


def _filled(words: Estimate, **numbers: Any) -> Estimate:
    return msgspec.structs.replace(words, **numbers)


def _note(rows: Sequence[Row]) -> str:
    said = [NO_RATE]
    unclear = [row.previous.why for row in rows if row.previous and row.one_sided]
    why = ", ".join(f"{reason}: {count}" for reason, count in Counter(unclear).most_common())
    if not all(row.previous for row in rows):
        said.append(NO_PREVIOUS)
    elif len(unclear) == len(rows):
        said.append(NONE_CLEAR.format(why=why))
    elif unclear:
        said.append(SOME_UNCLEAR.format(some=len(unclear), all=len(rows), why=why))
    if any(row.bound for row in rows):
        said.append(NOT_ASKED)
    return " ".join(said)


def _count(rows: Sequence[Row], state: str) -> int:
    return sum(row.new.state == state for row in rows)


def _state(release: Release | None) -> str:
    """As the checklist's record says it; blank where it was not asked."""
    return release.state if release else ""


def _gravest_first(rows: Sequence[Row]) -> list[Row]:
    order = ("fails", "unclear", "right")
    return sorted(
        rows,
        key=lambda row: (order.index(row.new.state), SEVERITIES.index(row.severity), row.finding),
    )


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
