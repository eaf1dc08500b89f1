"""The right answer gives way to "None of the options are correct", which is then the right one.

Only where the author marked every other option absolutely wrong: of an option that is merely second
best, a clinician would say that it is now the best. After the answer negation of DAS.
"""

from __future__ import annotations

from auscult.core.case import Case, OptionNote
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.key import NONE_OF_THEM, all_others_wrong
from auscult.kit.attack.spans import edited, new_option, options_of, with_options


def build() -> AnswerNegation:
    return AnswerNegation(
        name="robustness/answer-negation",
        changes="Replaces the right option with one that says that none is correct.",
        invariants=("text-kept",),
        key="none-of-them",
        needs=("option-status",),
        conflicts=("robustness/question-inversion", "robustness/impossible-measurement"),
    )


class AnswerNegation(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        if not all_others_wrong(case):
            return "another option is not marked absolutely wrong"
        return by_place(case)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        key = case.brief.key
        assert key is not None
        options = options_of(case)
        note = OptionNote("key", "none", f"All others are wrong; gone is: {case.options[key]}.")
        options[key] = new_option(NONE_OF_THEM, note)
        return with_options(edited(case, self.name), options, (key,))

    def plain(self, case: Case) -> Mutant | None:
        """The same words in the place of a wrong option, where they are wrong too: that shows what
        their mere presence does."""
        key = case.brief.key
        assert key is not None
        options = options_of(case)
        note = OptionNote("wrong", "ungraded", f"Wrong, as this is right: {case.options[key]}.")
        options[(key + 1) % len(options)] = new_option(NONE_OF_THEM, note)
        return with_options(edited(case, self.name), options, (key,))
