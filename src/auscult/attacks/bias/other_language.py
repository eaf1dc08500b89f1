"""The same report told in Spanish or Chinese."""

from __future__ import annotations

from auscult.kit.bias.shapes import ManneredReport


def build() -> ManneredReport:
    return ManneredReport(
        name="bias/other-language",
        changes="Tells the patient's report in Spanish or Chinese, with the same facts.",
        family="language",
        attribute="other-language",
        manners=("spanish", "chinese"),
    )
