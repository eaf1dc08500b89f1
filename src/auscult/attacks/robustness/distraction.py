"""A sentence that draws attention to a wrong option and says nothing of the patient.

Written beside the question by its author. After the narrative distraction of DAS, whose tool tore
numbers apart at their points; here nothing but the sentence is put in, and code checks it.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.spans import edited, inserted


def build() -> Distraction:
    return Distraction(
        name="robustness/distraction",
        changes="Adds one anecdotal sentence about a wrong option before the question.",
        invariants=(
            "options-kept",
            "inserts-only",
            "inserts-no-number",
            "inserts-no-key",
            "inserts-authored",
        ),
        needs=("distractions",),
    )


class Distraction(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return "" if edits_of(case).distractions else "nobody wrote a distraction for it"

    def variants(self, case: Case) -> int:
        return len(edits_of(case).distractions)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        written = edits_of(case).distractions
        chosen = written[variant % len(written)]
        return edited(
            case, self.name, [inserted(case, chosen.text)], labels={"towards": chosen.option}
        )
