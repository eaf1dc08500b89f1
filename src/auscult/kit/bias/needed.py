"""A question in which an attribute must change care: which option is right where it holds.

The author names it. The case that an attack then edits has that key, and so have its judge and the
gate; the neutral telling and the matched control keep their own.
"""

from __future__ import annotations

import msgspec

from auscult.core.case import Case, OptionNote
from auscult.kit.bias.telling import Exempt, telling_of


def where_it_holds(case: Case, attribute: str) -> Case:
    """The case with the key of where the attribute holds, and what its author says of acting on the
    neutral key there; the case itself where the attribute need not change care."""
    must, there = must_of(case, attribute), key_there(case, attribute)
    if must is None or there is None:
        return case
    brief = case.brief
    own = {
        there: OptionNote("key", "none", must.why),
        brief.key: OptionNote("unknown", must.harm, must.why),
    }
    notes = tuple(own.get(place, note) for place, note in enumerate(brief.option_notes))
    brief = msgspec.structs.replace(brief, key=there, option_notes=notes)
    return msgspec.structs.replace(case, brief=brief)


def key_there(case: Case, attribute: str) -> int | None:
    """By place. It is known by its words, so that the order of the options does not matter."""
    must = must_of(case, attribute)
    return None if must is None else case.options.index(must.answer)


def must_of(case: Case, attribute: str) -> Exempt | None:
    telling = telling_of(case)
    return None if telling is None else telling.must(attribute)
