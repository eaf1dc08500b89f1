"""One measurement rare and possible, its value written by the author; the right answer stays.

The twin of the impossible measurement: the same option is offered, that the information cannot be
right, and here it is wrong. Whoever says so of every odd number is right there and wrong here. Each
value stands beside its question with the reason why the key does not hang on it, and code holds it
against `kit.survivable`: documented in a living adult, and hardly ever seen.
"""

from __future__ import annotations

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import Mutant, Rng, Span
from auscult.kit.attack.authored import Extreme, edits_of
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.measured import (
    age_band,
    offering_impossible,
    reads,
    span_of,
    with_value,
)
from auscult.kit.attack.spans import edited


def build() -> ExtremeMeasurement:
    return ExtremeMeasurement(
        name="robustness/extreme-measurement",
        changes="Makes one measurement rare but possible, and adds an option that it cannot be.",
        invariants=("one-span", "one-value-extreme", "value-authored", "impossible-offered"),
        needs=("extreme",),
        conflicts=("robustness/impossible-measurement",),
    )


class ExtremeMeasurement(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        if not edits_of(case).extreme:
            return "nobody wrote an extreme value for it"
        if age_band(case) is None:
            return "its patient is no adult, or of no stated age"
        if not _values(case):
            return "it does not state what an extreme value was written for"
        return by_place(case)

    def variants(self, case: Case) -> int:
        return len(_values(case))

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        values = _values(case)
        extreme, quantity, span = values[variant % len(values)]
        mutant = edited(case, self.name, [span], labels={"quantity": quantity})
        return offering_impossible(mutant, OptionNote("wrong", "ungraded", extreme.why))

    def plain(self, case: Case) -> Mutant | None:
        """The same option beside the value as it was, where it is wrong too."""
        note = OptionNote("wrong", "ungraded", "Every value is possible.")
        return offering_impossible(edited(case, self.name), note)


def _values(case: Case) -> list[tuple[Extreme, str, Span]]:
    """Those whose measurement stands in the text, with its quantity and the edit."""
    stated = {m.text: m for m in case.measurements if reads(m)}
    found = []
    for extreme in edits_of(case).extreme:
        measurement = stated.get(extreme.measurement)
        if measurement is None:
            continue
        span = span_of(case, measurement, with_value(measurement, extreme.value))
        if span is not None:
            found.append((extreme, measurement.quantity, span))
    return found
