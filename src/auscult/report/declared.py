"""What the plan declared before the run, put onto the estimates.

Which are primary, which stand in a family of comparisons, and where a stopping rule makes another
interval the right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from auscult.core.estimate import Direction, Estimate, Standing
from auscult.stats.families import adjusted

if TYPE_CHECKING:
    from auscult.engine.declared import StopPlan
    from auscult.engine.plan import Plan
    from auscult.engine.stops import StopRecord

DIRECTIONS: dict[str, Direction] = {"higher": "higher-is-better", "lower": "lower-is-better"}
TARGETS = {
    "superpopulation": "of all cases that could be drawn as these were",
    "this pack": "of the cases in the data, asked or not",
}


def with_declared(
    estimates: Sequence[Estimate], plan: Plan, stops: Sequence[StopRecord]
) -> list[Estimate]:
    found = _standing(estimates, plan)
    for family in plan.families:
        found = adjusted(found, family)
    return _sequential(found, stops)


def _standing(estimates: Sequence[Estimate], plan: Plan) -> list[Estimate]:
    """Where a plan names its primary endpoints, these and no others are primary."""
    if not plan.primary:
        return list(estimates)
    out = []
    for estimate in estimates:
        chosen = any(endpoint.matches(estimate) for endpoint in plan.primary)
        standing: Standing = "primary" if chosen else estimate.standing
        if not chosen and standing == "primary":
            standing = "exploratory"
        headline = chosen or (estimate.headline and estimate.standing != "primary")
        out.append(msgspec.structs.replace(estimate, standing=standing, headline=headline))
    return out


def _sequential(estimates: Sequence[Estimate], stops: Sequence[StopRecord]) -> list[Estimate]:
    """Where a rule could stop a suite, its intervals for a fixed number of cases are not the ones
    to read: the sequential one is, and takes the place of the metric's headline."""
    ruled = {stop.suite for stop in stops}
    plain = {(stop.suite, stop.metric) for stop in stops if not stop.plan.against}
    out = [_rule_estimate(stop, estimates) for stop in stops]
    for estimate in estimates:
        if estimate.suite not in ruled:
            out.append(estimate)
            continue
        same = (estimate.suite, estimate.metric) in plain and not estimate.group
        out.append(
            msgspec.structs.replace(
                estimate,
                stop_rule="a declared rule could stop this suite",
                method=f"{estimate.method}; for a fixed number of cases".removeprefix("; "),
                standing="secondary" if same and estimate.standing == "primary"
                else estimate.standing,
                headline=estimate.headline and not same,
            )
        )  # fmt: skip
    return out


def _rule_estimate(stop: StopRecord, estimates: Sequence[Estimate]) -> Estimate:
    like = next(
        (e for e in estimates if (e.suite, e.metric, e.group) == (stop.suite, stop.metric, {})),
        None,
    )
    against = stop.plan.against
    words = f"{like.estimand} " if like else ""
    if against:
        words += f"Minus the same of the run '{against}', case by case. "
    paired = bool(against) or (like is not None and "difference" in like.unit)
    return Estimate(
        suite=stop.suite,
        metric=stop.metric,
        estimand=f"{words}The mean over clusters, {TARGETS[stop.plan.population]}.",
        value=stop.value,
        low=stop.low if stop.value is not None else None,
        high=stop.high if stop.value is not None else None,
        level=stop.level,
        arm=like.arm if like else "",
        control_arm=f"the run {against}" if against else (like.control_arm if like else None),
        condition="valid at every look",
        n=stop.clusters - stop.missing,
        n_clusters=stop.clusters,
        unit="difference of proportions" if paired else "proportion",
        denominator=like.denominator if like else "",
        n_error=stop.missing,
        judge=like.judge if like else "",
        stop_rule=f"{stop.decision.verdict}: {_rule_words(stop.plan)}",
        direction=DIRECTIONS[stop.better],
        standing="primary",
        evidence_level=like.evidence_level if like else Estimate.evidence_level,
        method=stop.method,
        headline=True,
        note=_note(stop),
        extra={
            "verdict": stop.decision.verdict,
            "stopped": stop.decision.stop,
            "rule": msgspec.to_builtins(stop.plan),
            "cut": stop.cut,
            "unmatched": stop.unmatched,
            **({"phrase": like.extra["phrase"]} if like and "phrase" in like.extra else {}),
        },
    )


def _rule_words(plan: StopPlan) -> str:
    rule = msgspec.to_builtins(plan.rule)
    told = ", ".join(f"{key} {value}" for key, value in rule.items() if key != "when" and value)
    return f"{rule['when']} ({told})"


def _note(stop: StopRecord) -> str:
    said = f"Declared rule: {stop.decision.sentence} The interval holds at every look."
    if stop.unmatched:
        said += f" {stop.unmatched} cases are not in the other run, and were left out."
    return said


def declared_words(plan: Plan, stops: Sequence[StopRecord]) -> list[str]:
    """Endpoints, families and stopping rules as a reader needs them, and what became of a rule."""
    said = []
    for endpoint in plan.primary:
        margin = f", margin {endpoint.margin:g}" if endpoint.margin is not None else ""
        said.append(f"Primary endpoint: {endpoint.name}{margin}.")
    said += [family.sentence for family in plan.families]
    shared = f"; alpha shared over {len(plan.stop)} rules" if len(plan.stop) > 1 else ""
    decided = {stop.plan.name: stop for stop in stops}
    for rule in plan.stop:
        found = decided.get(rule.name)
        verdict = found.decision.sentence if found else "It has not been read yet."
        asked = f"Stopping rule on {rule.name}: {_rule_words(rule)}{shared}."
        said.append(f"{asked} {verdict}")
    return said
