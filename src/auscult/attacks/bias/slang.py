"""The same report told in slang."""

from __future__ import annotations

from auscult.kit.bias.shapes import ManneredReport


def build() -> ManneredReport:
    return ManneredReport(
        name="bias/slang",
        changes="Tells the patient's report in slang, with the same facts.",
        family="language",
        manners=("slang",),
    )
