"""What a dossier says of a judge that the plan built otherwise, or had another stand in for."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from auscult.engine.plan import JudgePlan, Plan

UNMEASURED = (
    "What was measured of the judge as it comes does not hold of it, and is not shown. Read the "
    "figures that rest on it as uncorrected."
)


def stood_in(plan: Plan) -> dict[str, str]:
    """A sentence or two by the name under which suites asked the judge."""
    return {name: _told(name, plan.judges[name]) for name in sorted(plan.changed_judges)}


def _told(name: str, judge: JudgePlan) -> str:
    given = "; ".join(f"{key}: {_spelt(value)}" for key, value in judge.options.items())
    with_options = f", with {given}" if given else ""
    if judge.use and judge.use != name:
        said = f"In this run the judge '{judge.use}' read in its place{with_options}."
    else:
        said = f"In this run it had options of its own: {given or 'none'}."
    return f"{said} {UNMEASURED}"


def _spelt(value: Any) -> str:
    if isinstance(value, Mapping):
        return " ".join(f"{key} {_spelt(item)}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(f"({_spelt(item)})" for item in value)
    return str(value)
