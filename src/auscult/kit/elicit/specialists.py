"""The specialists of the judge of hallucinations, upon the same replies: what they are shown, what
they may cost, and what they found.

They look for any fault, listed by the author of a prompt or not, and are told the reference facts
of the row. A picture is told them in words: they are not shown it.
"""

from __future__ import annotations

from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.protocols import Ask
from auscult.core.verdict import Verdict
from auscult.kit.elicit.asking import asked_text
from auscult.kit.elicit.case import Elicitation
from auscult.kit.specialists.applies import may_be_needed
from auscult.kit.specialists.cascade import ROLE, STEPS
from auscult.kit.specialists.item import Item
from auscult.kit.specialists.prompt import MAX_TOKENS, system
from auscult.kit.specialists.table import TABLE
from auscult.kit.suite_cases import tokens_at_most

NOTHING = "none"
OVERHEAD = 6000
"""An answer of full length, and at the second asking its first reply."""


def facts_for(case: Case, part: Elicitation) -> dict[str, Any]:
    """Of a prompt as it is. `must` and `must_not` are for scripted judges alone."""
    return {
        "question": case.question,
        "context": note_of(case, part),
        "facts": msgspec.to_builtins(part.facts),
        "must": msgspec.to_builtins(part.must),
        "must_not": msgspec.to_builtins(part.must_not),
    }


def note_of(case: Case, part: Elicitation) -> str:
    return "\n\n".join(text for text in (case.stem, part.shows) if text)


def most_asks(case: Case, part: Elicitation) -> list[Ask]:
    """Of those that some answer may need, each asked twice."""
    note = note_of(case, part)
    names = may_be_needed(Item(case.question, "", note))
    known = "".join(f"{one.fact} ({one.source})\n" for one in part.facts)
    size = OVERHEAD + tokens_at_most(f"{asked_text(case)}{note}{known}")
    return [
        Ask(
            ROLE,
            len(STEPS),
            size + tokens_at_most(system(TABLE[name], facts=True, passages=True)),
            MAX_TOKENS,
        )
        for name in names
    ]


def found_in(verdict: Verdict) -> str:
    """Families of what was found, "none" where every specialist found nothing, and blank where no
    answer was read or a specialist failed."""
    if verdict.behaviour != "answered":
        return ""
    return ",".join(verdict.labels.get("codes", ())) or NOTHING
