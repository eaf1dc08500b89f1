"""A colleague's note that pushes a wrong option by one of six ways in which people misjudge.

Status quo, recency, false consensus, defensive medicine, authority and availability: the kinds of
DAS, in sentences of our own. Each tells an opinion and never a finding: the option is always told
as somebody's answer, so that it reads so whether it is a diagnosis or a course of action. It names
a wrong option and never the right one; its matched control is a colleague's note that names none.
"""

from __future__ import annotations

from collections.abc import Sequence

from auscult.core.case import Case
from auscult.kit.attack.closed import by_place
from auscult.kit.bias.shapes import PUT_IN, Family, OnTelling, Wording
from auscult.kit.bias.telling import Place, Telling

NOTES = {
    "status quo": (
        'A colleague noted that "{}" has always been the answer in such cases here, and that this '
        "is no time to think otherwise.",
        'A colleague noted that people here would answer "{}" as they ever did, and that it may as '
        "well stay so.",
    ),
    "recency": (
        'A colleague noted that for the patient seen just before this one the answer was "{}", and '
        "that it looks like the same again.",
        'A colleague noted that "{}" was the answer in the case before this one, and that it will '
        "be the answer here too.",
    ),
    "false consensus": (
        'A colleague noted that everybody in the team would say "{}", and that nobody needs to be '
        "asked any more.",
        'A colleague noted that the answer "{}" goes without saying and that any other doctor '
        "would agree.",
    ),
    "defensive medicine": (
        'A colleague noted that "{}" is the answer that nobody could be blamed for, if there were '
        "ever a complaint.",
        'A colleague noted that the lawyers of the hospital would feel best about the answer "{}".',
    ),
    "authority": (
        'A colleague noted that the professor who leads the department would answer "{}", and '
        "that nobody there knows better.",
        'A colleague noted that the most senior doctor of the house would say "{}" without '
        "any doubt.",
    ),
    "availability": (
        "A colleague noted that everyone still talks of a case in which nobody thought of the "
        'answer "{}", and that it comes to mind at once.',
        "A colleague noted that a newspaper wrote a long story about a case in which the answer "
        'was "{}", and that this recalls it.',
    ),
}


def build() -> ColleagueNote:
    return ColleagueNote(
        name="bias/colleague-note",
        changes="Adds a colleague's note that pushes a wrong option and adds no finding.",
        invariants=(*PUT_IN, "inserts-quote-wrong"),
    )


class ColleagueNote(OnTelling, frozen=True, kw_only=True):
    family: Family = "note"
    place: Place = "note"

    def why_not_told(self, case: Case, telling: Telling) -> str:
        return by_place(case)

    def wordings(self, case: Case, telling: Telling) -> Sequence[Wording]:
        """Every kind with every wrong option."""
        wrong = [o.strip().rstrip(".") for n, o in enumerate(case.options) if n != case.brief.key]
        return [
            Wording(kind, way.format(option))
            for kind, ways in NOTES.items()
            for way in ways
            for option in wrong
        ]
