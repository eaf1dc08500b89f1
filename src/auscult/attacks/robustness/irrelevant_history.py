"""A sentence of history that has no bearing on the question, written by its author, or by a model
in the agent form, which then keeps to what is no history of illness at all."""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Task
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.spans import edited, inserted, sentence_ends
from auscult.kit.attack.words import Sentence, sentence_task, whole_sentence

NO_STEM = "it has no stem to put history into"
TOPICS = (
    "work", "a hobby", "the home", "school days", "music", "reading", "a pet", "cooking",
)  # fmt: skip


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
            return NO_STEM
        return "" if edits_of(case).history else "nobody wrote irrelevant history for it"

    def variants(self, case: Case) -> int:
        return len(edits_of(case).history)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        written = edits_of(case).history
        return self._put(case, written[variant % len(written)], rng)

    @property
    def written_invariants(self) -> tuple[str, ...]:
        """A history is of the patient, so it must not make another person of them."""
        return (*(name for name in self.invariants if name != "inserts-authored"), "sexes-kept")

    def unwritable(self, case: Case) -> str:
        return "" if case.stem else NO_STEM

    def tasks(self, case: Case) -> int:
        return len(TOPICS)

    def writes(self, case: Case, variant: int, rng: Rng) -> Task:
        return sentence_task(
            f"Write one sentence, of 20 words at most, about the patient and "
            f"{TOPICS[variant % len(TOPICS)]}. It matters to no option: nothing in it is a risk, a "
            "habit or an exposure that a doctor would think about. Call the patient he or she as "
            'the question does, or "the patient", and repeat nothing that the question tells. For '
            "instance: The patient once repainted an old garden fence."
        )

    def from_words(self, case: Case, words: Sentence, variant: int, rng: Rng) -> Mutant:
        return self._put(case, whole_sentence(words), rng)

    def _put(self, case: Case, sentence: str, rng: Rng) -> Mutant:
        # After the first sentence, which says who the patient is, or a later one; never before it.
        ends = sentence_ends(case.stem) or [len(case.stem)]
        return edited(case, self.name, [inserted(case, sentence, rng.choice(ends))])
