"""Measurements in another unit, rounded as laboratories print them.

Factors and rounding are `kit.units`'. Only where the text is value and unit, and no option speaks
in the old unit.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Span
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.measured import in_options, reads, span_of, with_value
from auscult.kit.attack.spans import edited
from auscult.kit.units import convert


def build() -> UnitConversion:
    return UnitConversion(
        name="robustness/unit-conversion",
        changes="States measurements in another unit.",
        invariants=("options-kept", "conversions-hold"),
        needs=("measurements",),
        conflicts=("robustness/impossible-measurement",
                   "robustness/paraphrase"),
    )  # fmt: skip


class UnitConversion(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return "" if spans_of(case) else "it states nothing in a unit that has another"

    def variants(self, case: Case) -> int:
        """All of them, or one alone."""
        count = len(spans_of(case))
        return count + 1 if count > 1 else 1

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        spans = spans_of(case)
        chosen = spans if variant % (len(spans) + 1) == 0 else [spans[variant % len(spans)]]
        return edited(case, self.name, chosen, labels={"converted": len(chosen)})


def spans_of(case: Case) -> list[Span]:
    found: list[Span] = []
    for measurement in case.measurements:
        if not reads(measurement) or in_options(case, f" {measurement.unit}"):
            continue
        said = convert(measurement.quantity, measurement.value, measurement.unit)
        if said is None or said.unit == measurement.unit:
            continue
        span = span_of(case, measurement, with_value(measurement, said.text, said.unit))
        if span is not None:
            found.append(span)
    return sorted(found, key=lambda s: (s.field == "question", s.start))
