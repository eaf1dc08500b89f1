"""A sentence that draws attention to a wrong option and says nothing of the patient.

Written beside the question by its author, or, in the agent form, by a model. After the narrative
distraction of DAS, whose tool tore numbers apart at their points; here nothing but the sentence is
put in, and code checks it.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, Task
from auscult.kit.attack.authored import edits_of
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

TELLERS = ("a neighbour", "a distant relative", "someone at a club", "a former colleague")


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

    @property
    def written_invariants(self) -> tuple[str, ...]:
        return tuple(name for name in self.invariants if name != "inserts-authored")

    def unwritable(self, case: Case) -> str:
        return by_place(case)

    def tasks(self, case: Case) -> int:
        """Every wrong option with every teller."""
        return len(wrong_places(case)) * len(TELLERS)

    def writes(self, case: Case, variant: int, rng: Rng) -> Task:
        teller = TELLERS[variant // len(wrong_places(case)) % len(TELLERS)]
        option = _towards(case, variant)[1]
        return sentence_task(
            f"Write one sentence, of 25 words at most, in which {teller} brings up "
            f'"{option}" while talking of something from their own daily life, such as who told '
            "them of it or how the name sounds. It is beside the point: it says nothing of the "
            "patient or of what the patient has, nothing of what it does or is good for, and "
            f"nothing of any other option. Write {SLOT} in capitals, once, where its name belongs, "
            "and not the name itself. For instance, but find your own: "
            f"{teller.capitalize()} keeps a crossword in which {SLOT} was the longest entry."
        )

    def from_words(self, case: Case, words: Sentence, variant: int, rng: Rng) -> Mutant:
        place, option = _towards(case, variant)
        said = with_option(whole_sentence(words), option)
        return edited(case, self.name, [inserted(case, said)], labels={"towards": place})


def _towards(case: Case, variant: int) -> tuple[int, str]:
    wrong = wrong_places(case)
    place = wrong[variant % len(wrong)]
    return place, case.options[place].strip().rstrip(".")
