"""Slips of the keyboard in ordinary words, as in a note typed in a hurry.

A letter left out, doubled, swapped with the next or hit beside its key. Numbers, units, names of
drugs and short words stay as they are, so that every reader still knows what is meant.
"""

from __future__ import annotations

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.slips import plain_words, slips_of, touched
from auscult.kit.attack.spans import edited

MOST = 200


def build() -> Typos:
    return Typos(
        name="robustness/typos",
        changes="Puts slips of the keyboard into a few ordinary words.",
        invariants=("options-kept", "slips-only"),
        conflicts=("robustness/paraphrase", "robustness/dictation"),
    )


class Typos(ClosedAttack, frozen=True):
    def why_not(self, case: Case) -> str:
        return "" if plain_words(case) else "it has no ordinary word long enough"

    def variants(self, case: Case) -> int:
        """Every place to begin at, with as many slips there as the poorest word has."""
        words = plain_words(case)
        return min(MOST, len(words) * min(len(slips_of(word.text)) for word in words))

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        words = plain_words(case)
        first, *more = touched(words, variant % len(words))
        slips = slips_of(first.text)
        said = {first: slips[variant // len(words) % len(slips)]}
        said |= {word: rng.choice(slips_of(word.text)) for word in more}
        spans = [word.span(said[word]) for word in sorted(said)]
        return edited(case, self.name, spans, labels={"slips": len(spans)})
