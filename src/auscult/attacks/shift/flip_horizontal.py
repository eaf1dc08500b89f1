"""Left and right change places, as in a picture put up the wrong way round."""

from __future__ import annotations

from typing import Any

from auscult.kit.imaging.edit import EVERY_EDIT, ONE, Given, Shift


def build() -> Shift:
    return Shift(
        name="shift/flip-horizontal",
        changes="Mirrors the picture: left and right change places.",
        invariants=(
            *EVERY_EDIT, "same-shape", "seed-free", "keeps-values", "own-inverse",
            "changes-something",
        ),
        key="sides-swapped",
        swaps=("left", "right"),
        not_kept=("writing",),
        severities=ONE,
        render=mirrored,
    )  # fmt: skip


def mirrored(given: Given) -> Any:
    return given.pixels[:, ::-1]
