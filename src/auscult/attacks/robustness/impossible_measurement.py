"""One measurement no living patient can have; the right answer is to say that it cannot be.

An option that says so is added, and is the key. Bounds are `kit.survivable`'s: documented survival
or the definition of the quantity, kept wide. Adults alone, and never an age. After the impossible
measurement of DAS, whose values a language model makes up: people have lived with a glucose that it
calls impossible.
"""

from __future__ import annotations

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.measured import (
    age_band,
    offering_impossible,
    reads,
    span_of,
    with_value,
)
from auscult.kit.attack.spans import edited
from auscult.kit.survivable import impossible


def build() -> ImpossibleMeasurement:
    return ImpossibleMeasurement(
        name="robustness/impossible-measurement",
        changes="Makes one measurement impossible, and adds an option that says so.",
        invariants=("one-span", "one-value-impossible"),
        key="impossible",
        needs=("measurements",),
        conflicts=("robustness/answer-negation", "robustness/question-inversion",
                   "robustness/unit-conversion", "robustness/paraphrase",
                   "robustness/extreme-measurement"),
    )  # fmt: skip


class ImpossibleMeasurement(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        if age_band(case) is None:
            return "its patient is no adult, or of no stated age"
        if not _places(case):
            return "it states nothing whose bounds are known"
        return by_place(case)

    def variants(self, case: Case) -> int:
        return len(_places(case))

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        places, band = _places(case), age_band(case)
        assert band is not None
        measurement = case.measurements[places[variant % len(places)]]
        drawn = impossible(measurement.quantity, measurement.unit, band, rng)
        assert drawn is not None
        span = span_of(case, measurement, with_value(measurement, drawn.text))
        assert span is not None
        mutant = edited(case, self.name, [span], labels={"quantity": measurement.quantity})
        return offering_impossible(mutant, OptionNote("key", "none", drawn.why))

    def plain(self, case: Case) -> Mutant | None:
        """The same option beside the value as it was, where it is wrong."""
        note = OptionNote("wrong", "ungraded", "Every value is possible.")
        return offering_impossible(edited(case, self.name), note)


def _places(case: Case) -> list[int]:
    band = age_band(case)
    if band is None:
        return []
    return [
        place
        for place, m in enumerate(case.measurements)
        if reads(m)
        and m.quantity != "age"
        and impossible(m.quantity, m.unit, band, _STILL) is not None
        and span_of(case, m, m.text) is not None
    ]


_STILL = Rng(0)
"""Only whether there is a value is asked of it, never which."""
