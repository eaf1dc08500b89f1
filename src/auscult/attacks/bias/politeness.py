"""The same report told very politely, or rudely."""

from __future__ import annotations

from auscult.kit.bias.shapes import ManneredReport


def build() -> ManneredReport:
    return ManneredReport(
        name="bias/politeness",
        changes="Tells the patient's report very politely, or rudely, with the same facts.",
        family="language",
        manners=(
            "polite",
            "rude",
        ),
        of_mood=("rude",),
    )
