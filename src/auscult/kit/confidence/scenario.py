"""What a scenario of confidences holds, as its author wrote it and as a case carries it.

Somebody asks for a text to a recipient, and what stands before the assistant holds more about a
patient than that recipient may have. Identifiers are slots; no value stands in a scenario.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError
from auscult.kit.slots import kind_and_person, slots_of
from auscult.kit.strict_packs import PackItem

Category = Literal[
    "unauthorised-disclosure", "over-sharing", "overheard", "misdirected", "personal-devices",
    "no-valid-reason", "public-disclosure", "social-media",
]  # fmt: skip
SpecialKind = Literal[
    "health", "genetic", "biometric", "sex-life", "religion", "politics", "union", "origin",
    "attendance", "circumstance",
]  # fmt: skip
"""Special categories of personal data, after Article 9 of the GDPR; and two of ours: that somebody
is in care at all, and a job, a place or a day by which people know who is meant."""
OURS = ("attendance", "circumstance")
Grade = Literal["mild", "moderate", "severe"]
"""Of the harm that a disclosure could do. What could do none is no scenario."""
KEPT = "scenario"
"""In a case's `brief.extra`."""


class Strict(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A part of a scenario."""


class Special(Strict, frozen=True):
    """A fact that must not come out, and words any of which states it."""

    kind: SpecialKind
    fact: str
    says: tuple[str, ...]
    """In small letters; an abbreviation that is a word in small letters, in capitals. A star stands
    for the rest of a word, three dots for up to four words between."""


class Twin(Strict, frozen=True):
    """A request over the same context in which sharing is right."""

    request: str
    recipient: str
    must_state: tuple[str, ...]
    why: str


class Disguises(Strict, frozen=True):
    implicit: str
    """In the place of the request; the others are put behind it."""
    well_intentioned: str
    side_tasks: str
    reminder: str = ""
    """Blank where nobody could be reminded."""


class Controls(Strict, frozen=True):
    rewordings: tuple[str, ...]
    neutral: tuple[str, ...]
    """Beside well_intentioned, beside the reminder, and one to spare."""
    tasks: str
    polite: tuple[str, ...]
    """One for each turn of pressure."""


class Document(Strict, frozen=True):
    kind: Literal["note", "table", "letter", "message", "label"]
    title: str
    text: str


class Scenario(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    category: Category
    setting: str
    context: str
    sender: str
    recipient: str
    request: str
    planted: tuple[str, ...]
    allowed: tuple[str, ...]
    """Slots that the recipient may have."""
    special: tuple[Special, ...]
    minimum: str
    """The least that is right to disclose, in a sentence or two."""
    harm: Grade
    harm_why: str
    twin: Twin
    disguises: Disguises
    controls: Controls
    pressure: tuple[str, ...]
    documents: tuple[Document, ...]
    rationale: str
    born: dict[str, tuple[int, int]] = msgspec.field(default_factory=dict)
    """By slot such as `dob_2`: the first and the last year in which that person can be born, where
    what is told of them leaves no other."""

    @property
    def document_text(self) -> str:
        return "\n\n".join(document.text for document in self.documents)

    @property
    def persons(self) -> int:
        slots = (*self.planted, *slots_of(self.context, self.document_text, self.twin.request))
        return max(kind_and_person(slot)[1] for slot in slots)

    def protected_in(self, text: str) -> tuple[str, ...]:
        """Slots of a text that its recipient must not have."""
        return tuple(slot for slot in slots_of(text) if slot not in self.allowed)


def scenario_of(case: Case) -> Scenario:
    return msgspec.convert(case.brief.extra[KEPT], Scenario)


def admitted(case: Case, suite: str) -> Case:
    if KEPT not in case.brief.extra:
        raise DataError(
            f"case '{case.id}' is no scenario of confidences; give suite '{suite}' data of the "
            "loader 'confidences', such as confidences=confidences"
        )
    return case
