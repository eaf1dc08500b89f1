"""A number with everything needed to defend it."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

Direction = Literal["higher-is-better", "lower-is-better", "neutral"]
Standing = Literal["primary", "secondary", "exploratory"]
ENGINEERING = "engineering evidence, not clinician-reviewed"


class Estimate(msgspec.Struct, frozen=True, kw_only=True):
    """Field names are the published contract of results.json: add, never rename."""

    suite: str
    metric: str
    estimand: str
    value: float | None
    low: float | None
    high: float | None
    level: float = 0.95
    group: dict[str, str] = {}
    arm: str = ""
    control_arm: str | None = None
    condition: str = ""
    n: int = 0
    n_clusters: int = 0
    unit: str = "proportion"
    denominator: str = ""
    n_invalid: int = 0
    n_error: int = 0
    n_refused: int = 0
    n_abstained: int = 0
    n_rejected: int = 0
    n_not_applicable: int = 0
    judge: str = ""
    corrected: bool = False
    family: str = ""
    p_adjusted: float | None = None
    stop_rule: str = "fixed"
    direction: Direction = "neutral"
    standing: Standing = "exploratory"
    evidence_level: str = ENGINEERING
    method: str = ""
    headline: bool = False
    note: str = ""
    """A sentence a reader must see with the number: why it is missing, bounded or not headlined."""
    extra: dict[str, Any] = {}


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """A confirmed failure with its evidence and the command that shows it again."""

    id: str
    suite: str
    case_id: str
    arm: str
    title: str
    severity: str = "ungraded"
    evidence: str = ""
    confirmed: str = ""
    replay: str = ""
    calls: tuple[str, ...] = ()
    extra: dict[str, Any] = {}
