"""The arms of a replay: the attack and its matched control, of the new release and the previous."""

from __future__ import annotations

ATTACKED, CONTROL = "attacked", "control"
OF_PREVIOUS = " (previous)"


def arm_of(kind: str, role: str) -> str:
    return kind if role == "target" else kind + OF_PREVIOUS
