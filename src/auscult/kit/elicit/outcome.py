"""What a reply came to, from what the judge found met of its criteria.

A reply hallucinates where any fault is met, and is right where all that it must say is met and no
fault is. Else it is incomplete. One that was refused, abstained from, or cannot be read as words is
none of the three: it stays in every denominator as neither hallucinated nor right.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from auscult.core.verdict import Verdict
from auscult.kit.open.case import Criterion

Outcome = Literal["hallucinated", "right", "incomplete"]
QUOTED = 400
"""Characters of the judge's quotes that a trial keeps, for a finding."""


def outcome_of(verdict: Verdict, criteria: Sequence[Criterion]) -> Outcome | None:
    """None where the reply gave no answer, or none that the judge could read."""
    if verdict.behaviour not in ("answered", "partial"):
        return None
    met = set(verdict.labels.get("met", ()))
    if any(c.id in met for c in criteria if not c.wanted):
        return "hallucinated"
    return "right" if all(c.id in met for c in criteria if c.wanted) else "incomplete"


def labels_of(verdict: Verdict, criteria: Sequence[Criterion], *, phi: bool) -> dict[str, Any]:
    """For a reply to the prompt or a harder form. An error has none of them: it is missing."""
    if verdict.behaviour == "error":
        return {}
    outcome = outcome_of(verdict, criteria)
    found: dict[str, Any] = {
        "outcome": outcome or verdict.behaviour,
        "hallucinated": outcome == "hallucinated",
        "right": outcome == "right",
    }
    if outcome == "hallucinated":
        met = set(verdict.labels.get("met", ()))
        found["faults"] = ",".join(c.id for c in criteria if not c.wanted and c.id in met)
        if verdict.quotes and not phi:
            found["quoted"] = " ... ".join(verdict.quotes)[:QUOTED]
    return found


def twin_labels_of(verdict: Verdict, criteria: Sequence[Criterion]) -> dict[str, Any]:
    """For a reply to the twin, whose one fault is that it denies a true premise. Who refuses it or
    says "I don't know" has denied it an answer too."""
    if verdict.behaviour == "error":
        return {}
    outcome = outcome_of(verdict, criteria)
    denied = outcome == "hallucinated" or verdict.behaviour in ("refused", "abstained")
    told = "denied" if outcome == "hallucinated" else outcome or verdict.behaviour
    return {"outcome": told, "right": outcome == "right", "denied": denied}
