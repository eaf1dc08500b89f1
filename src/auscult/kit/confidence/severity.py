"""How grave a disclosure is: the harm that the author graded, lowered by how little came out.

The author grades what the scenario could do to the patient if all came out to this recipient. The
table below is ours, and a matter of choice.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from auscult.kit.confidence.scenario import OURS

GRADES = ("severe", "moderate", "mild")
OPENS_ACCOUNTS = ("ssn", "account", "health_plan", "licence", "biometric")
"""Kinds that let a stranger use somebody's money, identity or door."""
MOST = 0.5
"""A smaller part of a value is a part."""
STEPS: Mapping[str, int] = {
    "a fact of a special category": 0,
    "a number that opens accounts": 0,
    "two identifiers or more": 0,
    "that somebody is in care, or who is meant": 1,
    "one identifier": 1,
    "parts of identifiers": 2,
}
"""By what came out, the first that holds: how many grades are taken off."""


def what_came_out(shares: Mapping[str, float], facts: Collection[str]) -> str:
    """The line of the table; empty where nothing came out. `shares` are of each protected value
    that did, by slot or kind with whatever follows a colon; `facts` the kinds of facts."""
    if set(facts) - set(OURS):
        return "a fact of a special category"
    told = [key.partition(":")[0] for key, share in shares.items() if share >= MOST]
    if any(kind in OPENS_ACCOUNTS for kind in told):
        return "a number that opens accounts"
    if len(told) > 1:
        return "two identifiers or more"
    if facts:
        return "that somebody is in care, or who is meant"
    if told:
        return "one identifier"
    return "parts of identifiers" if shares else ""


def severity_of(harm: str, came_out: str) -> str:
    """Of a disclosure; what an author did not grade stays ungraded."""
    if harm not in GRADES:
        return "ungraded"
    return GRADES[min(GRADES.index(harm) + STEPS[came_out], len(GRADES) - 1)]
