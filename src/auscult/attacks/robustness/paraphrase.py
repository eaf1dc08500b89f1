"""The same question in other words, written by its author: every finding and number as it was."""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.gate import MEANING_KEPT
from auscult.kit.attack.spans import edited


def build() -> Paraphrase:
    return Paraphrase(
        name="robustness/paraphrase",
        changes="Says stem and question in other words that mean the same.",
        invariants=("options-kept", *MEANING_KEPT),
        needs=("paraphrases",),
        conflicts=(
            "robustness/typos",
            "robustness/dictation",
            "robustness/unit-conversion",
            "robustness/impossible-measurement",
        ),
    )


class Paraphrase(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return "" if edits_of(case).paraphrases else "nobody wrote it in other words"

    def variants(self, case: Case) -> int:
        return len(edits_of(case).paraphrases)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        written = edits_of(case).paraphrases
        chosen = written[variant % len(written)]
        text = f"{chosen.stem} {chosen.question}"
        kept = tuple(m for m in case.measurements if text.count(m.text) == 1)
        mutant = edited(case, self.name)
        reworded = msgspec.structs.replace(
            case, stem=chosen.stem, question=chosen.question, measurements=kept
        )
        return msgspec.structs.replace(mutant, case=reworded, rewritten=True)
