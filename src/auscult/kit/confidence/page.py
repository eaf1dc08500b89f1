"""A document as a picture with its words burned in, as a scanned letter looks.

Drawn with the font that Pillow brings, so that no font of the machine has a part in it: the same
words give the same bytes with the same release of Pillow. Grey on off-white paper with a few
specks, which follow from the words. Cells of a table stand in columns. Accents are drawn by code,
as that font has none; other scripts cannot be drawn, which `unseen` says.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING, Any

from auscult.core.message import ImagePart
from auscult.kit.confidence.accents import bare, spelt, undrawable, write
from auscult.kit.slots import filled

if TYPE_CHECKING:
    from PIL.ImageDraw import ImageDraw
    from PIL.ImageFont import FreeTypeFont

    from auscult.kit.confidence.scenario import Document

WIDTH, MARGIN, LEAST_HEIGHT = 960, 64, 420
HEADING, BODY = 24, 22
"""Sizes of letters, in pixels: read without enlarging, also where an endpoint halves a picture."""
LEADING = 1.45
PAPER, INK, RULE = 247, 38, 170
GAP = 24
"""Between columns of a table."""
SPECKS = 0.0006
"""Share of pixels that are a speck of dust."""
Rows = list[list[str]]


def pages_of(documents: Sequence[Document], values: Mapping[str, str]) -> tuple[ImagePart, ...]:
    """One picture a document, with made-up people in the place of its slots."""
    parts = []
    for one in documents:
        heading, text = f"{one.kind.capitalize()}: {one.title}", filled(one.text, values)
        parts.append(ImagePart.of(page(heading, text), "image/png"))
    return tuple(parts)


def unseen(documents: Sequence[Document]) -> str:
    """Why documents cannot be shown as pictures; empty where they can."""
    font = _font(BODY)
    lost = next((sign for one in documents for sign in undrawable(one.title + one.text, font)), "")
    return f"its documents hold the sign '{lost}', which cannot be drawn" if lost else ""


def page(heading: str, text: str) -> bytes:
    """As a PNG in shades of grey."""
    from PIL import Image, ImageDraw

    heading, text = spelt(heading), spelt(text)
    height = max(LEAST_HEIGHT, _written(None, heading, text) + MARGIN)
    sheet = Image.new("L", (WIDTH, height), PAPER)
    _written(ImageDraw.Draw(sheet), heading, text)
    buffer = io.BytesIO()
    _dusty(sheet, f"{heading}\n{text}").save(buffer, "PNG", optimize=False, compress_level=3)
    return buffer.getvalue()


def _dusty(sheet: Any, words: str) -> Any:
    """With specks that are fainter than ink."""
    import numpy as np
    from PIL import Image

    seed = int.from_bytes(hashlib.blake2b(words.encode(), digest_size=8).digest(), "big")
    draws = np.random.default_rng(seed)
    pixels = np.array(sheet)
    dust = draws.random(pixels.shape) < SPECKS
    pixels[dust] = np.minimum(pixels[dust], draws.integers(185, 225, int(dust.sum())))
    return Image.fromarray(pixels)


def _written(sheet: ImageDraw | None, heading: str, text: str) -> int:
    """Draws all of it, where there is a sheet, and says where it ends."""
    large, small = _font(HEADING), _font(BODY)
    room = WIDTH - 2 * MARGIN
    down = _lines(sheet, (MARGIN, MARGIN), _wrapped(heading, large, room), large)
    down += round(0.3 * HEADING)
    if sheet:
        sheet.line((MARGIN, down, WIDTH - MARGIN, down), fill=RULE, width=2)
    down += round(0.8 * BODY)
    for block in _blocks(text):
        if isinstance(block, str):
            down = _lines(sheet, (MARGIN, down), _wrapped(block, small, room), small)
        else:
            down = _table(sheet, down, block, small)
    return down


def _blocks(text: str) -> list[str | Rows]:
    """Lines as they are; rows of a table that follow each other as one."""
    found: list[str | Rows] = []
    for line in text.strip().splitlines():
        if not line.startswith("|"):
            found.append(line)
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if all(set(cell) <= set("-: ") for cell in cells) and any(cells):
            continue  # the rule under the heads
        if found and isinstance(found[-1], list):
            found[-1].append(cells)
        else:
            found.append([cells])
    return found


def _table(sheet: ImageDraw | None, down: int, rows: Rows, font: FreeTypeFont) -> int:
    count = max(len(row) for row in rows)
    rows = [row + [""] * (count - len(row)) for row in rows]
    columns = [[row[n] for row in rows] for n in range(count)]
    widths = _widths(
        [max(_length(cell, font) for cell in column) for column in columns],
        [max(_long(word, font) for cell in column for word in [*cell.split(), ""]) + 1
         for column in columns],
    )  # fmt: skip
    for number, row in enumerate(rows):
        ends, left = [down], float(MARGIN)
        for cell, width in zip(row, widths, strict=True):
            place = (round(left), down)
            ends.append(_lines(sheet, place, _wrapped(cell, font, width), font))
            left += width + GAP
        down = max(ends) + 4
        if sheet and not number:
            sheet.line((MARGIN, down, WIDTH - MARGIN, down), fill=RULE, width=1)
        down += 6
    return down


def _widths(wanted: Sequence[float], least: Sequence[float]) -> list[float]:
    """Of columns: what each needs; where that is too much together, its longest word and a share of
    what is left, as far as there is room for that."""
    room = WIDTH - 2 * MARGIN - GAP * (len(wanted) - 1)
    if sum(wanted) <= room:
        return list(wanted)
    if sum(least) > room:
        return [room / len(wanted)] * len(wanted)
    share = (room - sum(least)) / (sum(wanted) - sum(least))
    return [low + share * (full - low) for low, full in zip(least, wanted, strict=True)]


def _length(line: str, font: FreeTypeFont) -> float:
    """As lines are filled."""
    words = line.split()
    return sum(_long(word, font) for word in words) + _long(" ", font) * max(0, len(words) - 1) + 1


@lru_cache(maxsize=8192)
def _long(text: str, font: FreeTypeFont) -> float:
    return font.getlength(bare(text))


def _lines(
    sheet: ImageDraw | None, place: tuple[int, int], lines: Sequence[str], font: FreeTypeFont
) -> int:
    left, down = place
    for line in lines:
        if sheet:
            write(sheet, (left, down), line, font, INK)
        down += round(font.size * LEADING)
    return down


def _wrapped(text: str, font: FreeTypeFont, room: float) -> list[str]:
    """Between words; a word that is wider than its line, between letters."""
    lines, line, blank = [], "", _long(" ", font)
    used = 0.0
    for word in text.split():
        if line and used + blank + _long(word, font) <= room:
            line, used = f"{line} {word}", used + blank + _long(word, font)
            continue
        if line:
            lines.append(line)
        while _long(word, font) > room and len(word) > 1:
            fit = max(n for n in range(1, len(word)) if n == 1 or _long(word[:n], font) <= room)
            lines.append(word[:fit])
            word = word[fit:]
        line, used = word, _long(word, font)
    return [*lines, line]


@lru_cache(maxsize=4)
def _font(size: int) -> FreeTypeFont:
    from PIL import ImageFont

    font = ImageFont.load_default(size)
    if not isinstance(font, ImageFont.FreeTypeFont):  # only of a Pillow built without FreeType
        raise RuntimeError("Pillow was built without FreeType and cannot draw letters of this size")
    return font
