"""The question asks which options are not correct, and all the others are the right answer.

Only of questions that do not rank their options ("which is the best next step?") and whose other
options are all marked absolutely wrong. The reply may name the letters in any order and with any
separator. After the question inversion of DAS, whose keys a language model writes and whose scorer
calls "ABDE" wrong where "A,B,D,E" is right.
"""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Span
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.key import INVERTED, all_others_wrong, as_set, is_graded
from auscult.kit.attack.spans import edited, options_of, with_options

RIGHT = "Which of the options are correct answers to this question"


def build() -> QuestionInversion:
    return QuestionInversion(
        name="robustness/question-inversion",
        changes="Asks for all options that are not correct instead of the one that is.",
        invariants=("options-kept", "stem-kept"),
        key="complement",
        needs=("option-status",),
        conflicts=("robustness/answer-negation", "robustness/impossible-measurement"),
    )


class QuestionInversion(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        if is_graded(case):
            return "the question ranks its options"
        if not all_others_wrong(case):
            return "another option is not marked absolutely wrong"
        return by_place(case)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        others = [n for n in range(len(case.options)) if n != case.brief.key]
        return _asked(case, self.name, INVERTED, others)

    def plain(self, case: Case) -> Mutant | None:
        """Asked for the set that is correct: letters too, but not turned round."""
        return _asked(case, self.name, RIGHT, [n for n in (case.brief.key,) if n is not None])


def _asked(case: Case, name: str, words: str, keys: list[int]) -> Mutant:
    span = Span("question", 0, len(case.question), as_set(words, case.question))
    mutant = edited(case, name, [span])
    mutant = with_options(mutant, options_of(case), keys, form="letters")
    brief = msgspec.structs.replace(mutant.case.brief, key=None)
    return msgspec.structs.replace(mutant, case=msgspec.structs.replace(mutant.case, brief=brief))
