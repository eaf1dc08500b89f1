"""What rules that read the cells of a slice say together: the pooled figure and its sentence."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import msgspec

from auscult.core.estimate import Estimate
from auscult.report.wording import counted
from auscult.stats.allocation import pooled

if TYPE_CHECKING:
    from auscult.engine.declared import StopPlan
    from auscult.engine.stops import StopRecord


def cells_sentence(stops: Sequence[StopRecord]) -> str:
    """How far the cells of one rule have come."""
    if not stops:
        return "It has not been read yet."
    decided = sum(stop.decision.verdict != "undecided" for stop in stops)
    ended = sum(stop.cut is not None for stop in stops)
    said = f"{decided} of {counted(len(stops), 'cell')} decided"
    if ended > decided:
        said += f", {ended - decided} undecided after all there was to read"
    verdicts = dict.fromkeys(stop.decision.verdict for stop in stops)
    which = {v: [stop.cell for stop in stops if stop.decision.verdict == v] for v in verdicts}
    return said + ". " + " ".join(f"{v.capitalize()}: {', '.join(c)}." for v, c in which.items())


def asked_by_cell(beyond: int, estimates: Sequence[Estimate]) -> str:
    """What became of cases beyond the prefix where rules read cells; empty where none does."""
    cells = [e for e in estimates if e.extra.get("rule", {}).get("by") and "cut" in e.extra]
    if all(cell.extra["cut"] is None for cell in cells):
        return ""
    return (
        f"{counted(beyond, 'case')} from where a cell was asked no more "
        f"{'is' if beyond == 1 else 'are'} kept, and in no figure but those of the cells whose "
        "rule was still reading: the rest is no sample of the whole."
    )


def pooled_over_cells(
    stops: Sequence[StopRecord], of_rules: Sequence[Estimate]
) -> Iterator[Estimate]:
    """One figure for each rule with cells, from `of_rules`, the figures of `stops` one by one."""
    told: list[StopPlan] = []
    for stop in stops:
        if stop.plan.by and stop.plan not in told:
            told.append(stop.plan)
            pairs = zip(stops, of_rules, strict=True)
            found = [(each, estimate) for each, estimate in pairs if each.plan == stop.plan]
            yield _pooled(stop.plan, [each for each, _ in found], [e for _, e in found])


def _estimand(plan: StopPlan, of_a_cell: str) -> str:
    """The weights are part of it: were the mix of cells another, so would the mean be."""
    weights = "declared" if plan.weights else "taken from the data and held to be known"
    return f"{of_a_cell} Averaged over {plan.by} with weights {weights}."


def _pooled(plan: StopPlan, stops: Sequence[StopRecord], cells: Sequence[Estimate]) -> Estimate:
    mean = pooled(
        {stop.cell: stop.value for stop in stops},
        {stop.cell: stop.low for stop in stops},
        {stop.cell: stop.high for stop in stops},
        {stop.cell: stop.weight or 0.0 for stop in stops},
    )
    # Each cell has its part of alpha, so together they miss as often as the whole of it allows.
    level = 1 - sum(1 - stop.level for stop in stops)
    weighed = "as the plan declares" if plan.weights else "by its share of the clusters in the data"
    note = f"Each {plan.by} weighs {weighed}. {cells_sentence(stops)} {mean.note}"
    if mean.value is None:
        note += f" What it can be: {100 * mean.low:.0f}% to {100 * mean.high:.0f}%."
    methods = dict.fromkeys(cell.method for cell in cells)
    return msgspec.structs.replace(
        cells[0],
        value=mean.value,
        low=mean.low if mean.value is not None else None,
        high=mean.high if mean.value is not None else None,
        level=level,
        group={},
        n=sum(cell.n for cell in cells),
        n_clusters=sum(cell.n_clusters for cell in cells),
        n_error=sum(cell.n_error for cell in cells),
        n_not_applicable=sum(cell.n_not_applicable for cell in cells),
        estimand=_estimand(plan, cells[0].estimand),
        denominator=(
            f"clusters that the rule has read, by {plan.by}; one with cases of two cells counts in "
            "both"
        ),
        stop_rule=f"{cells_sentence(stops)} {cells[0].stop_rule.partition(': ')[2]}",
        method=f"weighted mean of cells, each with its own interval ({'; '.join(methods)})",
        headline=True,
        note=note.strip(),
        extra={
            "rule": msgspec.to_builtins(plan),
            "weights": {stop.cell: stop.weight for stop in stops},
            "verdicts": {stop.cell: stop.decision.verdict for stop in stops},
        },
    )
