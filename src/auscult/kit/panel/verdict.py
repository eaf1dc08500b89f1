"""From the verdicts of a panel's members to the panel's own.

Members vote by the labels of their judge. Verdicts on a list of criteria are voted on criterion by
criterion, because two readers of eight criteria hardly ever agree in all of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.protocols import Exhibit, Judge
from auscult.core.verdict import Verdict
from auscult.kit.open.case import QUESTIONED, Criterion
from auscult.kit.open.scoring import failed_share, points_share, states
from auscult.kit.panel.rules import Ballot, Decision
from auscult.kit.panel.seat import Seat

MET, NOT_MET = "met", "not met"


def ballot_of(judge: Judge, verdict: Verdict, exhibit: Exhibit) -> Ballot | None:
    """None for an error, which is no vote."""
    if verdict.behaviour == "error":
        return None
    if "met" in verdict.labels and (criteria := _criteria(exhibit)):
        met = verdict.labels["met"]
        return (verdict.behaviour, *(MET if c.id in met else NOT_MET for c in criteria))
    named = getattr(judge, "label_of", None)
    return (str(named(verdict)) if named else _plainly(verdict),)


def put_together(
    decision: Decision, heard: Sequence[tuple[Seat, Verdict]], exhibit: Exhibit
) -> Verdict:
    """What was decided, in the words of the first member that said all of it, if one did. Members'
    verdicts stand in the labels either way."""
    said = {seat.name: _told(seat.judge, verdict, exhibit) for seat, verdict in heard}
    labels: dict[str, Any] = {"panel": said, "asks": _asks(heard)}
    if not decision.said:
        return Verdict("", "", "error", cause=decision.cause, labels=labels)
    for seat, verdict in heard:
        if ballot_of(seat.judge, verdict, exhibit) == decision.said:
            return msgspec.structs.replace(verdict, labels={**verdict.labels, **labels})
    return _of_criteria(decision.said, heard, exhibit, labels)


def _of_criteria(
    said: Ballot, heard: Sequence[tuple[Seat, Verdict]], exhibit: Exhibit, labels: dict[str, Any]
) -> Verdict:
    """Each criterion was settled by other members: no member said all of it."""
    criteria = _criteria(exhibit)
    met = tuple(c.id for c, one in zip(criteria, said[1:], strict=True) if one == MET)
    agreeing = [verdict for _, verdict in heard if verdict.behaviour == said[0]]
    labels |= {
        "met": list(met),
        "states": states(criteria, met),
        "failed": failed_share(criteria, met),
        "by": "panel",
    }
    if any(c.id == QUESTIONED for c in criteria):
        labels["questioned"] = QUESTIONED in met
    score = points_share(criteria, met) if agreeing[0].behaviour == "answered" else None
    quotes = tuple(dict.fromkeys(quote for verdict in agreeing for quote in verdict.quotes))
    return Verdict("", "", agreeing[0].behaviour, score, agreeing[0].cause, labels, quotes)


def _told(judge: Judge, verdict: Verdict, exhibit: Exhibit) -> str:
    if verdict.behaviour == "error":
        return f"error: {verdict.cause}"
    ballot = ballot_of(judge, verdict, exhibit)
    if "met" in verdict.labels:
        return f"{verdict.behaviour}: met {', '.join(verdict.labels['met']) or 'nothing'}"
    return ballot[0] if ballot else verdict.behaviour


def _asks(heard: Sequence[tuple[Seat, Verdict]]) -> int:
    return sum(int(verdict.labels.get("asks", 0)) for _, verdict in heard)


def _plainly(verdict: Verdict) -> str:
    """Of a judge without labels of its own; a letter or a finding is part of what it says."""
    found: Mapping[str, Any] = verdict.labels
    return f"{verdict.behaviour}|{verdict.score}|{found.get('chosen')}"


def _criteria(exhibit: Exhibit) -> tuple[Criterion, ...]:
    if alone := exhibit.facts.get("criterion"):
        return (Criterion("a", str(alone), 1.0),)
    return msgspec.convert(exhibit.facts.get("criteria") or (), tuple[Criterion, ...])
