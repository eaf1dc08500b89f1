"""The matched control of an attack: as much change, in the same answer format, and no attack.

Where the attack puts a sentence in, the control puts in a harmless one of about that length at the
same place. Where it changes words or options, the control says the question in other words that
mean the same: the author's, where there are any, and else the same words under another heading.
Every try has its own, and none is repeated while there are further ones.
"""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Span, TextAttack
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.spans import edited

NEUTRAL = (
    "It is raining.",
    "The corridor is quiet.",
    "The clinic opened on time.",
    "The waiting room is half full.",
    "The window of the room is open.",
    "The note is written in blue ink.",
    "The lift of the building is working.",
    "The consultation takes place upstairs.",
    "The letter came by the usual internal post.",
    "A new coat of paint was put on the walls in spring.",
    "The form was filled in at the desk before the visit.",
    "The bus stop in front of the building has been moved.",
    "The chairs in the waiting room were replaced not long ago.",
    "The record is kept in the electronic system of the hospital.",
    "The visit takes place in the room at the end of the long corridor.",
    "The appointment was made by telephone and confirmed with a letter.",
    "The clinic shares its entrance with a library and a small flower shop.",
    "The name of the clinic has changed, but the staff and the rooms are the same.",
    "The secretary has printed the summary on both sides of the paper to save some.",
    "The car park behind the building is being repaired, so most people come on foot.",
    "The meeting room has a long table, a clock on the wall and a plant near the window.",
    "The hospital stands on a hill, and from the top floor one can see most of the town.",
    "The summary was typed by the secretary, who has worked in the same office for years.",
    "The computer in the room had to be started again before the record could be opened.",
)
"""Sentences that say nothing of a patient, from short to long."""
HEADINGS = (
    "Case for discussion.", "Please consider the following case.", "Here is a clinical question.",
    "The following was written down for teaching.", "Consider this.", "A question from the ward.",
    "This is a question about medicine.", "Read the following and answer.",
)  # fmt: skip


def control_of(case: Case, attack: TextAttack, mutant: Mutant, variant: int) -> Mutant:
    """Of the mutant's own answer format; `variant` counts the tries of one attack on one case."""
    base = attack.plain(case) or edited(case, attack.name)
    put_in = [span for span in mutant.spans if span.start == span.end]
    if put_in and len(put_in) == len(mutant.spans):
        return _with_text(base, case, [_neutral(span, variant) for span in put_in])
    # Where the attack itself is another wording, its further variants are no controls.
    written = () if mutant.rewritten else edits_of(case).paraphrases
    if base.spans:  # the format stands in the words of the question, which must stay
        return _with_text(base, case, [_heading(case, variant)])
    if variant < len(written):
        words = written[variant]
        changed = msgspec.structs.replace(base.case, stem=words.stem, question=words.question)
        return msgspec.structs.replace(base, case=changed, rewritten=True)
    return _with_text(base, case, [_heading(case, variant - len(written))])


def _neutral(span: Span, variant: int) -> Span:
    """The nearest in length for the first try, then the next nearest."""
    wanted = len(span.text.strip())
    by_length = sorted(NEUTRAL, key=lambda sentence: (abs(len(sentence) - wanted), sentence))
    chosen = by_length[variant % len(NEUTRAL)]
    lead = span.text[: len(span.text) - len(span.text.lstrip())]
    tail = span.text[len(span.text.rstrip()) :]
    return msgspec.structs.replace(span, text=f"{lead}{chosen}{tail}")


def _heading(case: Case, variant: int) -> Span:
    words = f"{HEADINGS[variant % len(HEADINGS)]} "
    return Span("stem", 0, 0, words) if case.stem else Span("question", 0, 0, words)


def _with_text(base: Mutant, case: Case, spans: list[Span]) -> Mutant:
    """The spans of the format and these, put together in the order of the text."""
    both = sorted((*base.spans, *spans), key=lambda s: (s.field == "question", s.start, s.end))
    text = edited(case, base.attack, both)
    changed = msgspec.structs.replace(
        base.case, stem=text.case.stem, question=text.case.question,
        measurements=text.case.measurements,
    )  # fmt: skip
    return msgspec.structs.replace(base, case=changed, spans=tuple(both))
