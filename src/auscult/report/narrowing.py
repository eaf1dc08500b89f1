"""What a narrower interval would cost, from what this run took."""

from __future__ import annotations

import re

from auscult.core.estimate import Estimate
from auscult.report.contract import Results
from auscult.report.wording import counted, duration, title

_FLAT = re.compile(r"cases_for_half_width_(0?\.\d+)")


def further_cases(estimate: Estimate) -> tuple[float, int] | None:
    """Half width and the cases still needed for it, where the suite worked them out."""
    told = estimate.extra.get("narrowing")
    if isinstance(told, dict) and told.get("further_cases") is not None:
        return float(told.get("half_width", 0.05)), int(told["further_cases"])
    for key, value in estimate.extra.items():
        if (found := _FLAT.fullmatch(key)) and value is not None:
            return float(found[1]), int(value)
    return None


def narrowing(estimate: Estimate, results: Results) -> str:
    """One sentence; empty where the suite says nothing of it."""
    needed = further_cases(estimate)
    if needed is None:
        return ""
    half_width, cases = needed
    goal = f"plus or minus {half_width * 100:g} points"
    if cases == 0:
        return f"{title(estimate)} is already known to {goal}."
    said = f"{title(estimate)} to {goal}: about {counted(cases, 'more case', 'more cases')}"
    return f"{said}{_price(cases, results)}.{_supply(estimate, cases, results)}"


def _price(cases: int, results: Results) -> str:
    """At the pace of this run, all suites together: a guide, not a quotation."""
    spent = results.run.accounting
    finished = sum(suite.cases_finished for suite in results.run.suites)
    if not finished:
        return ""
    share = cases / finished
    parts = [counted(round(spent.calls * share), "call"), duration(spent.seconds * share)]
    if spent.cost:
        parts.append(f"{spent.cost * share:.2f} {spent.currency}")
    return f" ({', '.join(parts)} at this run's pace)"


def _supply(estimate: Estimate, cases: int, results: Results) -> str:
    suite = next((s for s in results.run.suites if s.name == estimate.suite), None)
    if suite is None:
        return ""
    left = suite.cases_in_data - suite.cases_in_estimates
    if left >= cases:
        return ""
    held = "no more" if left <= 0 else f"only {left:,} more"
    return f" The data hold {held}."
