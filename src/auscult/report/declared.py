"""What the plan declared before the run, put onto the estimates.

Which are primary, which stand in a family of comparisons, and where a stopping rule makes another
interval the right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.estimate import ENGINEERING, Direction, Estimate, Standing
from auscult.report.declared_cells import cells_sentence, pooled_over_cells
from auscult.report.wording import counted
from auscult.stats.families import Endpoint, Family, adjusted
from auscult.stats.stopping import HalfWidth, NotWorse, Rule

if TYPE_CHECKING:
    from auscult.engine.plan import Plan
    from auscult.engine.stops import StopRecord

DIRECTIONS: dict[str, Direction] = {"higher": "higher-is-better", "lower": "lower-is-better"}
EVERY_LOOK = "valid at every look"
COULD_STOP = "a declared rule could stop this suite"
FIXED = (
    f"its own p-value is for a number of cases fixed beforehand, and {COULD_STOP}: no claim is "
    "made from it"
)
TARGETS = {
    "superpopulation": "of all cases that could be drawn as these were",
    "this pack": "of the cases in the data, asked or not",
}


def with_declared(
    estimates: Sequence[Estimate], plan: Plan, stops: Sequence[StopRecord]
) -> list[Estimate]:
    found = _standing(estimates, plan, stops)
    ruled = {rule.suite for rule in plan.stop}
    for family in plan.families:
        found = _in_family(found, family, ruled)
    return _sequential(found, plan, stops)


def _standing(
    estimates: Sequence[Estimate], plan: Plan, stops: Sequence[StopRecord]
) -> list[Estimate]:
    """Where a plan names its primary endpoints, these and no others are primary. One that was not
    measured stays: nothing is gained by losing it."""
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
    cells = [_rule_estimate(stop, estimates, plan.primary) for stop in stops if stop.cell]
    measured = [*estimates, *cells]
    lost = (e for e in plan.primary if not any(e.matches(found) for found in measured))
    return [*out, *map(_unmeasured, lost)]


def _unmeasured(endpoint: Endpoint) -> Estimate:
    return Estimate(
        suite=endpoint.suite,
        metric=endpoint.metric,
        estimand="Declared before the run and not measured.",
        value=None,
        low=None,
        high=None,
        group=endpoint.group,
        arm=endpoint.arm or "",
        control_arm=endpoint.control_arm,
        condition=endpoint.condition or "",
        judge=endpoint.judge or "",
        standing="primary",
        headline=True,
        note="A primary endpoint of the plan that no suite of it gives a figure for.",
    )


def _in_family(
    estimates: Sequence[Estimate], family: Family, ruled: AbstractSet[str]
) -> list[Estimate]:
    """A family that cannot be adjusted as it was declared makes no claim, and says why; the plan
    of a finished run cannot be mended. No claim is made either from the p-value of a suite with a
    rule, which is too small where one could stop on a good day."""
    try:
        return adjusted(
            estimates, family, no_claim=lambda found: FIXED if found.suite in ruled else ""
        )
    except ValueError as error:
        said = f"The family '{family.name}' was not adjusted, so it claims nothing: {error}."
    return [
        _noted(found, said) if any(e.matches(found) for e in family.endpoints) else found
        for found in estimates
    ]


def _noted(estimate: Estimate, said: str) -> Estimate:
    return msgspec.structs.replace(estimate, note=f"{estimate.note} {said}".strip())


def _sequential(
    estimates: Sequence[Estimate], plan: Plan, stops: Sequence[StopRecord]
) -> list[Estimate]:
    """Where a rule could stop a suite, its intervals for a fixed number of cases are not the ones
    to read: the sequential one is, and takes the place of the metric's headline."""
    ruled = {rule.suite for rule in plan.stop}
    told = {(stop.suite, stop.metric) for stop in stops if not stop.plan.against}
    of_rules = [_rule_estimate(stop, estimates, plan.primary) for stop in stops]
    named = [any(e.matches(found) for e in plan.primary) for found in of_rules]
    cells = (_of_cell(e, chief) for e, chief in zip(of_rules, named, strict=True))
    out = [*pooled_over_cells(stops, of_rules), *cells]
    for found in estimates:
        if found.suite not in ruled:
            out.append(found)
            continue
        same = (found.suite, found.metric) in told and not found.group
        standing: Standing = "secondary" if same and found.standing == "primary" else found.standing
        marked = msgspec.structs.replace(
            found,
            stop_rule=COULD_STOP,
            method=found.method and f"{found.method}; for a fixed number of cases",
            standing=standing,
            headline=found.headline and not same,
        )
        out.append(marked)
    return out


def _rule_estimate(
    stop: StopRecord, estimates: Sequence[Estimate], primary: Sequence[Endpoint]
) -> Estimate:
    like = next(
        (e for e in estimates if (e.suite, e.metric, e.group) == (stop.suite, stop.metric, {})),
        None,
    )
    against = stop.plan.against
    named = not primary or any((e.suite, e.metric, e.group) == (stop.suite, stop.metric, {})
                               for e in primary)  # fmt: skip
    words = f"{like.estimand} " if like else ""
    if against:
        words += f"Minus the same of the run '{against}', case by case. "
    paired = bool(against) or (like is not None and "difference" in like.unit)
    pack = stop.plan.population == "this pack"
    failed = stop.missing - (stop.not_applicable if pack else 0)
    return Estimate(
        suite=stop.suite,
        metric=stop.metric + (f" minus the run {against}" if against else ""),
        estimand=f"{words}The mean over clusters, {TARGETS[stop.plan.population]}.",
        value=stop.value,
        low=stop.low if stop.value is not None else None,
        high=stop.high if stop.value is not None else None,
        level=stop.level,
        group={stop.plan.by: stop.cell} if stop.plan.by else {},
        arm=like.arm if like else "",
        control_arm=f"the run {against}" if against else (like.control_arm if like else None),
        condition=EVERY_LOOK,
        n=stop.clusters - stop.missing,
        n_clusters=stop.clusters,
        unit="difference of proportions" if paired else "proportion",
        denominator="clusters that the rule has read",
        n_error=failed,
        n_not_applicable=stop.not_applicable,
        judge=like.judge if like else "",
        stop_rule=f"{stop.decision.verdict}: {rule_words(stop.plan.rule, stop.plan.by)}",
        direction=DIRECTIONS[stop.better],
        standing="primary" if named else "secondary",
        evidence_level=like.evidence_level if like else ENGINEERING,
        method=stop.method,
        headline=True,
        note=_note(stop),
        extra={
            "verdict": stop.decision.verdict,
            "stopped": stop.decision.stop,
            "rule": msgspec.to_builtins(stop.plan),
            "cut": stop.cut,
            "unmatched": stop.unmatched,
            **_labels(stop, like),
        },
    )


def _of_cell(estimate: Estimate, named: bool) -> Estimate:
    """What the cells say together is the headline, and a cell is where the plan names it."""
    if not estimate.group:
        return estimate
    standing: Standing = "primary" if named else "secondary"
    return msgspec.structs.replace(estimate, standing=standing, headline=named)


def _labels(stop: StopRecord, like: Estimate | None) -> dict[str, Any]:
    own = like.extra if like else {}
    if not stop.plan.against:
        return {key: own[key] for key in ("phrase", "label") if key in own}
    return {"label": f"{own.get('label') or stop.metric}, minus the other run's"}


def _note(stop: StopRecord) -> str:
    said = f"Declared rule: {stop.decision.sentence} The interval holds at every look."
    if stop.unmatched:
        cases = counted(stop.unmatched, "case")
        said += f" {cases} had no counterpart among the other run's finished ones: left out."
    if stop.not_applicable and stop.plan.population == "this pack":
        clusters = counted(stop.not_applicable, "cluster")
        said += f" {clusters} had no applicable case, and count among the missing."
    return said


def rule_words(rule: Rule, by: str = "") -> str:
    """When it stops, in words; of a rule that reads cells, in each of them."""
    alpha = f"alpha {rule.alpha:g}"
    most = (
        f", at most {counted(rule.most, 'cluster')}{' in each' if by else ''}" if rule.most else ""
    )
    if isinstance(rule, HalfWidth):
        return f"stop when the half-width is at most {rule.width:g} ({alpha}{most})"
    if isinstance(rule, NotWorse):
        return f"stop when no worse by {rule.margin:g}, or worse by more ({alpha}{most})"
    side = "above or below" if rule.side == "either" else rule.side
    said = f"stop when the mean is shown to be {side} {rule.threshold:g}"
    if rule.between:
        low, high = rule.between
        said += f"; between {low:g} and {high:g} either answer will do"
    return f"{said} ({alpha}{most})"


def declared_words(plan: Plan, stops: Sequence[StopRecord]) -> list[str]:
    """Endpoints, families and stopping rules as a reader needs them, and what became of a rule."""
    said = []
    for endpoint in plan.primary:
        margin = f", margin {endpoint.margin:g}" if endpoint.margin is not None else ""
        said.append(f"Primary endpoint: {endpoint.name}{margin}.")
    said += [family.sentence for family in plan.families]
    shared = f"; alpha shared over {len(plan.stop)} rules" if len(plan.stop) > 1 else ""
    for rule in plan.stop:
        words = f"Stopping rule on {rule.name}, {TARGETS[rule.population]}"
        words += f": {rule_words(rule.rule, rule.by)}{shared}"
        mine = [stop for stop in stops if stop.plan == rule]
        if rule.by:
            said.append(f"{words}, and over {counted(len(mine), 'cell')}. {cells_sentence(mine)}")
            said += [f"{stop.cell}: {stop.decision.sentence}" for stop in mine]
        else:
            verdict = mine[0].decision.sentence if mine else "It has not been read yet."
            said.append(f"{words}. {verdict}")
    return said
