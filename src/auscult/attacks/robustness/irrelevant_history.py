"""A sentence of history that has no bearing on the question, written by its author."""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.spans import edited, inserted, sentence_ends


def build() -> IrrelevantHistory:
    return IrrelevantHistory(
        name="robustness/irrelevant-history",
        changes="Adds one sentence of history that matters to no option.",
        invariants=(
            "options-kept",
            "inserts-only",
            "inserts-no-number",
            "inserts-no-key",
            "inserts-authored",
        ),
        needs=("history",),
    )


class IrrelevantHistory(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        if not case.stem:
            return "it has no stem to put history into"
        return "" if edits_of(case).history else "nobody wrote irrelevant history for it"

    def variants(self, case: Case) -> int:
        return len(edits_of(case).history)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        written = edits_of(case).history
        # After the first sentence, which says who the patient is, or a later one; never before it.
        ends = sentence_ends(case.stem) or [len(case.stem)]
        span = inserted(case, written[variant % len(written)], rng.choice(ends))
        return edited(case, self.name, [span])
