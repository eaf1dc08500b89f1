"""The same report told in a dialect."""

from __future__ import annotations

from auscult.kit.bias.shapes import ManneredReport


def build() -> ManneredReport:
    return ManneredReport(
        name="bias/dialect",
        changes="Tells the patient's report in a dialect of English, with the same facts.",
        family="language",
        manners=("dialect",),
    )
