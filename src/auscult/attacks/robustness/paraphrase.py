"""The same question in other words, written by its author, or by a model in the agent form: every
finding and number as it was."""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Task
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.gate import MEANING_KEPT
from auscult.kit.attack.spans import edited
from auscult.kit.attack.words import Reworded, barred, reworded_task

MANNERS = (
    "in short, plain sentences", "with the sentences in another order",
    "as a doctor would tell it to another", "with other verbs and other turns of phrase",
)  # fmt: skip


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
        return self._said(case, chosen.stem, chosen.question)

    @property
    def written_invariants(self) -> tuple[str, ...]:
        return self.invariants

    def unwritable(self, case: Case) -> str:
        return ""

    def tasks(self, case: Case) -> int:
        return len(MANNERS)

    def writes(self, case: Case, variant: int, rng: Rng) -> Task:
        parts = "stem and question" if case.stem else "the question, with an empty stem,"
        return reworded_task(
            f"Say {parts} in other words that mean the same, {MANNERS[variant % len(MANNERS)]}. "
            "Keep every number with its unit, every finding, every medicine, every side and every "
            "denial, and ask for the same thing. Add nothing and leave nothing out; do not repeat "
            f"the options.\n\nThe stem:\n{barred(case.stem)}\n\nThe question:\n"
            f"{barred(case.question)}"
        )

    def from_words(self, case: Case, words: Reworded, variant: int, rng: Rng) -> Mutant:
        return self._said(case, words.stem.strip(), words.question.strip())

    def _said(self, case: Case, stem: str, question: str) -> Mutant:
        text = f"{stem} {question}"
        kept = tuple(m for m in case.measurements if text.count(m.text) == 1)
        mutant = edited(case, self.name)
        reworded = msgspec.structs.replace(case, stem=stem, question=question, measurements=kept)
        return msgspec.structs.replace(mutant, case=reworded, rewritten=True)
