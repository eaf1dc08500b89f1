"""The same report told angrily, anxiously, assertively, despondently or with good cheer."""

from __future__ import annotations

from auscult.kit.bias.shapes import ManneredReport


def build() -> ManneredReport:
    return ManneredReport(
        name="bias/emotion",
        changes="Tells the patient's report with an emotion, with the same facts.",
        family="emotion",
        manners=(
            "angry",
            "anxious",
            "assertive",
            "despondent",
            "optimistic",
        ),
    )
