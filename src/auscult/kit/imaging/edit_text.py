"""Words burned into a corner of a picture, with pillow's built-in font."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.errors import UsageError
from auscult.kit.imaging.edit import Given, with_channels_of

if TYPE_CHECKING:
    from PIL import ImageFont

SMALLEST = 9
"""Pixels of type height. Below it the letters cannot be read, so words are rather cut off."""
WIDEST, TALLEST = 0.6, 0.4
"""Of the picture: a block of words stays within its corner."""
LINE, RIM = 1.25, 0.06
"""Of the type's height."""
MARGIN = 0.02
"""Of the picture's shorter side."""
BURNED_TEXT = {
    "height": (0.025, 0.032, 0.045, 0.06, 0.08),
    "opacity": (0.55, 0.65, 0.75, 0.88, 1.0),
}
"""The severities of every shift that burns words in: type height as a share of the shorter side,
and how much of the ink covers what is below."""
_MISSING = "\uffff"
"""A character that no font has: it is drawn as every other one that the font lacks."""


class Block(msgspec.Struct, frozen=True):
    """Lines that fit, and how large the box around them is."""

    lines: tuple[str, ...]
    font: Any
    height: int
    width: int
    step: int
    rim: int


def undrawable(text: str) -> str:
    """The characters of `text` that the built-in font lacks; ask before a run burns the text in."""
    font = _font(20)
    missing = _drawn(_MISSING, font)
    return "".join(sorted(c for c in set(text) if not c.isspace() and _drawn(c, font) == missing))


def burned(given: Given) -> Any:
    """The picture with extra["text"] in a corner drawn by lot: white on dark, black on bright, with
    a rim of the other colour, so that the words can be read where the ground changes."""
    import numpy as np

    text = _words(given.extra["text"])
    height, width = given.pixels.shape[:2]
    short = min(height, width)
    block = _fitted(text, max(SMALLEST, round(given.at["height"] * short)), height, width)
    margin = round(MARGIN * short)
    at_bottom, at_right = divmod(given.rng.randrange(4), 2)
    top = max(0, height - margin - block.height if at_bottom else min(margin, height - 1))
    left = max(0, width - margin - block.width if at_right else min(margin, width - 1))
    out = given.pixels.copy()
    corner = out[top : top + block.height, left : left + block.width]
    ink = np.float32(1.0 if corner.mean() < 0.5 else 0.0)
    for colour, rim in ((1 - ink, block.rim), (ink, 0)):
        mask = _mask(block, rim)[: corner.shape[0], : corner.shape[1]]
        corner += (
            with_channels_of(mask, corner) * np.float32(given.at["opacity"]) * (colour - corner)
        )
    return out


def _words(text: object) -> str:
    words = " ".join(text.split()) if isinstance(text, str) else ""
    if not words:
        raise UsageError("extra['text'] holds no words to burn in; give a string that is not empty")
    if lacking := undrawable(words):
        raise UsageError(
            f"the built-in font cannot draw {lacking!r} of extra['text']; write it in plain letters"
        )
    return words


def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    from PIL import ImageFont

    return ImageFont.load_default(size)


def _fitted(text: str, size: int, height: int, width: int) -> Block:
    """At the size asked for, or smaller until the block stays within its corner."""
    while True:
        font = _font(size)
        lines = _wrapped(text, font, WIDEST * width)
        step, rim = math.ceil(LINE * size), max(1, round(RIM * size))
        wide = max(math.ceil(font.getlength(line)) for line in lines)
        block = Block(lines, font, step * len(lines) + 2 * rim, wide + 2 * rim, step, rim)
        too_big = block.height > TALLEST * height or block.width > WIDEST * width
        if size <= SMALLEST or not too_big:
            return block
        size = max(SMALLEST, min(size - 1, round(0.9 * size)))


def _wrapped(text: str, font: Any, room: float) -> tuple[str, ...]:
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and font.getlength(longer) <= room:
            lines[-1] = longer
        else:
            lines.append(word)
    return tuple(lines)


def _mask(block: Block, rim: int) -> Any:
    """How much of each pixel the letters cover, grown by their rim."""
    import numpy as np
    from PIL import Image, ImageDraw

    canvas = Image.new("L", (block.width, block.height))
    pen = ImageDraw.Draw(canvas)
    for number, line in enumerate(block.lines):
        place = (block.rim, block.rim + number * block.step)
        pen.text(place, line, fill=255, font=block.font, stroke_width=rim)
    return np.asarray(canvas, dtype=np.float32) / np.float32(255.0)


def _drawn(character: str, font: Any) -> bytes:
    from PIL import Image, ImageDraw

    canvas = Image.new("L", (32, 32))
    ImageDraw.Draw(canvas).text((4, 2), character, fill=255, font=font)
    return canvas.tobytes()
