"""The same report told with little English."""

from __future__ import annotations

from auscult.kit.bias.shapes import ManneredReport


def build() -> ManneredReport:
    return ManneredReport(
        name="bias/limited-english",
        changes="Tells the patient's report as one with little English would, with the same facts.",
        family="language",
        attribute="limited-english",
        manners=("limited-english",),
    )
