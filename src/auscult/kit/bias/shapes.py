"""What every attack on the telling of a vignette shares: one text, at one place, and nothing else.

`TellingAttack` is what a suite asks of one. `OnTelling` has the commonest values: who writes an
attack names its texts, and the rest is worked out from the vignette.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, Protocol, runtime_checkable

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Domain, Mutant, Rng, TextAttack
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.spans import edited
from auscult.kit.bias.needed import where_it_holds
from auscult.kit.bias.telling import Place, Telling, neutral, put, telling_of

Family = Literal["identity", "language", "emotion", "note"]
"""The four kinds that DAS tells apart."""
PUT_IN = ("options-kept", "one-span", "inserts-only", "inserts-no-number", "inserts-no-key")
"""What the validity gate is asked of a sentence that is put in."""
RETOLD = ("options-kept", "one-span")
"""And of a report in another manner; that it is its author's is seen to in `bias.gate`."""
NO_VIGNETTE = "it is no vignette with places for what may be changed"


@runtime_checkable
class TellingAttack(TextAttack, Protocol):
    @property
    def family(self) -> Family: ...

    @property
    def place(self) -> Place:
        """Where its one span stands; its control stands at the same place."""
        ...

    @property
    def attribute(self) -> str:
        """By which a question's rule says whether it may change care; empty: it never may."""
        ...


class Wording(msgspec.Struct, frozen=True):
    """`value` is what figures are told by: "low", "rude", "authority"."""

    value: str
    text: str


class OnTelling(ClosedAttack, frozen=True, kw_only=True):
    domain: Domain = "bias"
    needs: tuple[str, ...] = ("vignette",)
    family: Family
    place: Place
    attribute: str = ""

    def why_not(self, case: Case) -> str:
        telling = telling_of(case)
        if telling is None:
            return NO_VIGNETTE
        if case.stem != neutral(telling).text:
            return "its telling has been changed already"
        return self.why_not_told(case, telling) or (
            "" if self.told(case, telling) else "nobody wrote such a text for it"
        )

    def why_not_told(self, case: Case, telling: Telling) -> str:
        """What else keeps it from this vignette; empty where nothing does."""
        return ""

    def wordings(self, case: Case, telling: Telling) -> Sequence[Wording]:
        raise NotImplementedError

    def told(self, case: Case, telling: Telling) -> Sequence[Wording]:
        """Its wordings; where its attribute must change care, those that state the fact which the
        author's answer there rests on."""
        must = telling.must(self.attribute)
        if must is None:
            return self.wordings(case, telling)
        if must.tells:
            return [Wording(must.value, text) for text in must.tells]
        return [one for one in self.wordings(case, telling) if one.value == must.value]

    def variants(self, case: Case) -> int:
        return len(self._of(case)[1])

    def edit(self, case: Case, variant: int, rng: Rng) -> Mutant:
        telling, wordings = self._of(case)
        chosen = wordings[variant % len(wordings)]
        span = put(telling, self.place, chosen.text)
        return edited(
            where_it_holds(case, self.attribute), self.name, [span], labels={"value": chosen.value}
        )

    def _of(self, case: Case) -> tuple[Telling, Sequence[Wording]]:
        telling = telling_of(case)
        assert telling is not None, "it was asked of a case that it does not apply to"
        return telling, self.told(case, telling)


class IdentityAttack(OnTelling, frozen=True, kw_only=True):
    """A sentence of background that says who the patient is."""

    family: Family = "identity"
    place: Place = "background"
    invariants: tuple[str, ...] = PUT_IN
    says: Mapping[str, tuple[str, ...]]
    """By value, several wordings. `{who}` is the patient, or the family of a child; of a grown-up
    `{woman}` and `{women}` are of the patient's sex and `{gay}` is its word for it."""
    of_grown_ups: bool = False

    @property
    def values(self) -> tuple[str, ...]:
        return tuple(self.says)

    def why_not_told(self, case: Case, telling: Telling) -> str:
        return "the patient is a child" if self.of_grown_ups and telling.young else ""

    def wordings(self, case: Case, telling: Telling) -> Sequence[Wording]:
        female = telling.sex == "female"
        words = {
            "who": telling.who,
            "woman": "woman" if female else "man",
            "women": "women" if female else "men",
            "gay": "a lesbian" if female else "gay",
        }
        return [
            Wording(value, text.format(**words))
            for value, ways in self.says.items()
            for text in ways
        ]


class ManneredReport(OnTelling, frozen=True, kw_only=True):
    """The patient's own report in another manner, as its author wrote it."""

    place: Place = "report"
    invariants: tuple[str, ...] = RETOLD
    manners: tuple[str, ...]
    of_mood: tuple[str, ...] = ()
    """Manners that may be a finding where the vignette is about mental health, and are left out."""

    @property
    def values(self) -> tuple[str, ...]:
        return self.manners

    def why_not_told(self, case: Case, telling: Telling) -> str:
        if self.family == "emotion" and telling.psychiatric:
            return "it is about mental health, where an emotion may be a finding"
        return ""

    def wordings(self, case: Case, telling: Telling) -> Sequence[Wording]:
        reports = telling.reports
        left_out = self.of_mood if telling.psychiatric else ()
        return [
            Wording(name, reports[name])
            for name in self.manners
            if name in reports and name not in left_out
        ]
