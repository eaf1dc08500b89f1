"""A real JPEG round trip at a low quality, eight bits a channel included."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from auscult.core.errors import UsageError
from auscult.kit.imaging.edit import EVERY_EDIT, Given, Shift, eight_bit_picture, from_bytes

LONGEST_SIDE = 65_500
"""What the format's libraries take."""


def build() -> Shift:
    return Shift(
        name="shift/jpeg",
        changes="Encodes as JPEG at a low quality and decodes again.",
        invariants=(*EVERY_EDIT, "same-shape", "seed-free", "changes-something", "distance-grows"),
        table={"quality": (60, 35, 20, 10, 5)},
        render=compressed,
    )


def compressed(given: Given) -> Any:
    from PIL import Image

    longest = max(given.pixels.shape[:2])
    if longest > LONGEST_SIDE:
        raise UsageError(
            f"shift/jpeg: a side of {longest} pixels is longer than JPEG's {LONGEST_SIDE}; "
            "make the picture smaller first"
        )
    kept = BytesIO()
    eight_bit_picture(given.pixels).save(kept, "JPEG", quality=int(given.at["quality"]))
    with Image.open(kept) as again:
        return from_bytes(again)
