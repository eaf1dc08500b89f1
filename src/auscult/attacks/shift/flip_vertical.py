"""Top and bottom change places; what is left as displayed stays left, the body's sides do not."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/flip-vertical",
        changes=(
            "Turns the picture over: top and bottom change places, and with them the handedness "
            "of the body."
        ),
        invariants=(
            *EVERY_EDIT, "same-shape", "seed-free", "keeps-values", "own-inverse",
            "changes-something",
        ),
        key="sides-swapped",
        swaps=("top", "bottom"),
        not_kept=("laterality", "writing"),
        severities=ONE,
        render=turned_over,
    )  # fmt: skip


def turned_over(given: Given) -> Any:
    return given.pixels[::-1]
