"""What a target is told: the prompt, its twin, a harder form, or the prompt under a heading.

The picture of a row, where it has one, is shown with each.

The harder forms come in an order drawn by lot, and with them as many headings: the control changes
as much, in the very words of the prompt, and presses for nothing.
"""

from __future__ import annotations

import msgspec

from auscult.core.case import Case
from auscult.core.message import ImagePart, Message, user
from auscult.core.mutant import Rng
from auscult.kit.attack.control import HEADINGS
from auscult.kit.elicit.case import HARDER, Elicitation, Harder
from auscult.kit.questions import with_pictures

GAP = "\n\n"


class Lot(msgspec.Struct, frozen=True):
    """Drawn before the first reply. The first harder form is the one a rate reads."""

    harder: tuple[Harder, ...]
    headings: tuple[str, ...]


def drawn(part: Elicitation, forms: Rng, headings: Rng) -> Lot:
    return Lot(
        tuple(forms.sample(part.harder, len(part.harder))),
        tuple(headings.sample(HEADINGS, len(part.harder))),
    )


def told(
    case: Case, prompt: str = "", heading: str = "", shown: tuple[ImagePart, ...] = ()
) -> tuple[Message, ...]:
    """`prompt` in the place of the case's own, beside the same note and picture."""
    text = asked_text(case, prompt)
    return (user(with_pictures(f"{heading} {text}" if heading else text, shown)),)


def asked_text(case: Case, prompt: str = "") -> str:
    return GAP.join(part for part in (case.stem, prompt or case.question) if part)


def longest(case: Case, part: Elicitation) -> int:
    """Characters of the longest that may be asked."""
    prompts = (case.question, part.twin, *(form.prompt for form in part.harder))
    return max(len(asked_text(case, prompt)) for prompt in prompts) + 1 + max(map(len, HEADINGS))


assert len(HEADINGS) >= HARDER
