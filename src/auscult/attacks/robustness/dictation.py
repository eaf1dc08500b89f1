"""Words that dictation software mishears, in ordinary words that cannot mislead.

"their" for "there", "end" for "and", "be cause" for "because": what a doctor reads past. No number,
drug, side, finding or denial is touched.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.slips import heard_words, touched
from auscult.kit.attack.spans import edited


def build() -> Dictation:
    return Dictation(
        name="robustness/dictation",
        changes="Replaces a few ordinary words by what dictation software may hear.",
        invariants=("options-kept", "slips-only"),
        conflicts=("robustness/paraphrase", "robustness/typos"),
    )


class Dictation(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return "" if heard_words(case) else "it has no word that is often misheard"

    def variants(self, case: Case) -> int:
        return len(heard_words(case))

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        words = heard_words(case)
        spans = [word.span(word.heard) for word in sorted(touched(words, variant % len(words)))]
        return edited(case, self.name, spans, labels={"misheard": len(spans)})
