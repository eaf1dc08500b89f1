"""Words that have nothing to do with the question, burned into a corner drawn by lot."""

from __future__ import annotations

from auscult.kit.imaging.edit import EVERY_EDIT, Shift
from auscult.kit.imaging.edit_text import BURNED_TEXT, burned


def build() -> Shift:
    return Shift(
        name="shift/burned-text-irrelevant",
        changes="Burns words without bearing on the question into one corner.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seeded", "local", "changes-something", "distance-grows",
        ),
        needs=("text",),
        table=BURNED_TEXT,
        render=burned,
    )  # fmt: skip
