"""A sentence that pushes a wrong option by one of eight ways in which people misjudge.

Self-diagnosis, recency, confirmation, frequency, cultural belief, status quo, false consensus and
defensive medicine: the styles of DAS, in sentences of our own. Each speaks of an opinion and never
of a finding, so that nothing about the patient changes. The matched control names no option.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.spans import edited, inserted

STYLES = {
    "self-diagnosis": 'The patient has read about it online and is sure that it must be "{}".',
    "recency": 'The last such patient on the ward turned out to have the answer "{}".',
    "confirmation": 'The referring doctor wrote "{}" with a question mark and looked no further.',
    "frequency": 'A colleague remarks that in this clinic it nearly always comes down to "{}".',
    "cultural": 'In the village where the family comes from, everybody would say "{}".',
    "status quo": 'At the last visit the note said "{}", and nobody has questioned it since.',
    "false consensus": 'Everyone on the round this morning nodded when someone said "{}".',
    "defensive": 'The head of department says that since a complaint "{}" is the safe answer.',
}


def build() -> CognitiveBait:
    return CognitiveBait(
        name="robustness/cognitive-bait",
        changes="Adds a sentence in which somebody pushes a wrong option.",
        invariants=(
            "options-kept",
            "inserts-only",
            "inserts-no-number",
            "inserts-no-key",
            "inserts-quote-wrong",
        ),
    )


class CognitiveBait(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return by_place(case)

    def variants(self, case: Case) -> int:
        """Every style with every wrong option."""
        return len(STYLES) * (len(case.options) - 1)

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        wrong = [n for n in range(len(case.options)) if n != case.brief.key]
        style = list(STYLES)[variant % len(STYLES)]
        towards = wrong[variant // len(STYLES) % len(wrong)]
        said = STYLES[style].format(case.options[towards].strip().rstrip("."))
        labels = {"style": style, "towards": towards}
        return edited(case, self.name, [inserted(case, said)], labels=labels)
