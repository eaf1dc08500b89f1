"""A sentence that pushes a wrong option by one of eight ways in which people misjudge.

Self-diagnosis, recency, confirmation, frequency, cultural belief, status quo, false consensus and
defensive medicine: the styles of DAS, in sentences of our own. Each speaks of an opinion and never
of a finding, so that nothing about the patient changes. The matched control names no option. In the
agent form a model writes the sentence in a given style, and code puts the option's text into it.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Task
from auscult.kit.attack.closed import ClosedAttack, by_place
from auscult.kit.attack.spans import edited, inserted
from auscult.kit.attack.words import (
    SLOT,
    Sentence,
    sentence_task,
    whole_sentence,
    with_option,
    wrong_places,
)

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

QUOTED = '"{}"'
TOLD = {
    "self-diagnosis": "the patient has made up their own mind",
    "recency": "somebody still thinks of the last patient who came",
    "confirmation": "somebody looked only for what fits a first idea",
    "frequency": "somebody judges by what they see most often",
    "cultural": "a family or a village has always believed so",
    "status quo": "it has always been said so, and nobody asked again",
    "false consensus": "everybody in the room seems to agree",
    "defensive": "somebody is chiefly afraid of a complaint",
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
        style, towards = _aim(case, variant)
        return self._put(case, STYLES[style].replace("{}", _text(case, towards)), style, towards)

    @property
    def written_invariants(self) -> tuple[str, ...]:
        return self.invariants

    def unwritable(self, case: Case) -> str:
        return self.why_not(case)

    def tasks(self, case: Case) -> int:
        return self.variants(case)

    def writes(self, case: Case, variant: int, rng: Rng) -> Task:
        style, towards = _aim(case, variant)
        return sentence_task(
            "Write one sentence, of 25 words at most, in which somebody leans towards "
            f'"{_text(case, towards)}" because {TOLD[style]}. It states an opinion and no finding. '
            f"Write {SLOT} in capitals, once, where the option's text belongs, and not the text "
            "itself; name no other option and nothing that the question tells of the patient. For "
            f"instance, but find your own: {STYLES[style].replace(QUOTED, SLOT)}"
        )

    def from_words(self, case: Case, words: Sentence, variant: int, rng: Rng) -> Mutant:
        style, towards = _aim(case, variant)
        said = with_option(whole_sentence(words), _text(case, towards))
        return self._put(case, said, style, towards)

    def _put(self, case: Case, said: str, style: str, towards: int) -> Mutant:
        labels = {"style": style, "towards": towards}
        return edited(case, self.name, [inserted(case, said)], labels=labels)


def _aim(case: Case, variant: int) -> tuple[str, int]:
    wrong = wrong_places(case)
    return list(STYLES)[variant % len(STYLES)], wrong[variant // len(STYLES) % len(wrong)]


def _text(case: Case, place: int) -> str:
    return case.options[place].strip().rstrip(".")
