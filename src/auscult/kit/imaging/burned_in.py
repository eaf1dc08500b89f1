"""Suspects text that is burned into a picture, without reading it.

What is looked for: thin strokes of one brightness, cut sharply from what is around them, in pieces
of the size of letters, several of them side by side on one line. No letter is recognised.
Handwriting, large titles, vertical text, words of fewer than four letters and faint marks are
missed; rulers, ticks and jewellery may be taken for text. docs/images.md has the measured rates.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
from scipy import ndimage, sparse, spatial
from scipy.sparse import csgraph

Box = tuple[int, int, int, int]
"""Top, left, bottom, right; the last two are one past the end."""

MAX_SIDE = 2048
"""Larger pictures are looked at smaller: letters that matter are not of a few pixels there."""
SCALES = (1, 2)
STROKE = 9
"""What is thinner than this many pixels can be a stroke."""
MIN_HEIGHT, MAX_HEIGHT = 5, 40
LEAST_GLYPHS = 4
CONTRASTS = (24, 48, 90, 140)
"""Of 255, of a stroke against its surroundings. Small bright letters run together at the low one;
faint letters are not there at the high ones."""
NOISE = 3.0
"""Strokes stand out from what is usual in the picture by so many times its median."""
GREYISH = 8
"""Channels that differ by no more than this are one."""
STRIP = 512
MOST_PIECES = 100_000
NEAREST = 8
LIKE_BRIGHT = 38
ON_LINE = 0.6
TWO_TONES = 0.78
"""Share of a line's variance that two tones, ink and ground, explain."""
SHARP = 0.75
"""Of the step from ground to ink, what neighbouring pixels differ by at the edges of letters."""


class Suspicion(msgspec.Struct, frozen=True):
    share: float
    """Of the picture's area that lies in the boxes."""
    boxes: tuple[Box, ...]

    def __bool__(self) -> bool:
        return bool(self.boxes)


def suspect_text(pixels: Any) -> Suspicion:
    """Boxes around what looks like lines of text, in the pixels given: (h, w) or (h, w, 3), in
    [0, 1]."""
    height, width = pixels.shape[:2]
    step = -(-max(height, width) // MAX_SIDE)
    boxes: list[Box] = []
    for grey in _looks(pixels):
        for scale in SCALES:
            small = _shrunk(grey, step * scale)
            if min(small.shape) < MIN_HEIGHT + 2:
                break
            for box in _lines(small):
                top, left, bottom, right = (n * step * scale for n in box)
                boxes.append((top, left, min(bottom, height), min(right, width)))
    merged = _merged(boxes)
    area = sum((bottom - top) * (right - left) for top, left, bottom, right in merged)
    return Suspicion(area / (height * width), tuple(merged))


def _looks(pixels: Any) -> list[Any]:
    """Grey as eight bits. Of colours the strongest channel, where white and yellow words on a
    picture stand out, and the weakest, where red and blue ones on white do."""
    eight = np.empty(pixels.shape, np.uint8)
    for row in range(0, len(pixels), STRIP):  # in strips: large pictures are not held twice
        eight[row : row + STRIP] = np.rint(pixels[row : row + STRIP] * np.float32(255))
    if eight.ndim == 2:
        return [eight]
    strongest, weakest = eight.max(axis=2), eight.min(axis=2)
    same = int((strongest - weakest).max(initial=0)) <= GREYISH
    return [strongest] if same else [strongest, weakest]


def _shrunk(grey: Any, step: int) -> Any:
    if step == 1:
        return grey
    height, width = (n // step for n in grey.shape)
    cut = grey[: height * step, : width * step].reshape(height, step, width, step)
    return cut.mean(axis=(1, 3), dtype=np.float32).astype(np.uint8)


def _lines(grey: Any) -> list[Box]:
    """White on dark, then dark on white."""
    found: list[Box] = []
    opened = _windowed(_windowed(grey, np.minimum), np.maximum)
    found += _rows_of(grey, grey - opened)
    closed = _windowed(_windowed(grey, np.maximum), np.minimum)
    return found + _rows_of(grey, closed - grey)


def _windowed(grey: Any, pick: Callable[..., Any]) -> Any:
    """The least or greatest of the STROKE by STROKE window around each pixel. Doubled windows:
    a tenth of the time of ndimage's, which works in doubles."""
    half = STROKE // 2
    for axis in (0, 1):
        edges = [(half, half) if k == axis else (0, 0) for k in range(2)]
        grey = np.pad(grey, edges, mode="edge")
        reach = 1
        while reach < STROKE:
            shift = min(reach, STROKE - reach)
            length = grey.shape[axis] - shift
            here, there = (slice(0, length), slice(shift, shift + length))
            if axis == 0:
                grey = pick(grey[here], grey[there])
            else:
                grey = pick(grey[:, here], grey[:, there])
            reach += shift
    return grey


def _rows_of(grey: Any, strokes: Any) -> list[Box]:
    usual = NOISE * float(np.median(strokes))
    levels = sorted({max(least, usual) for least in CONTRASTS})
    return [box for level in levels for box in _chains(grey, strokes > level)]


def _chains(grey: Any, ink: Any) -> list[Box]:
    """Chains of neighbours: like in height, base line and brightness, closer than a letter."""
    glyphs = _glyphs(grey, ink)
    size = len(glyphs)
    if size < LEAST_GLYPHS:
        return []
    first, second = _neighbours(glyphs)
    links = sparse.coo_array((np.ones(len(first)), (first, second)), shape=(size, size))
    _, chain = csgraph.connected_components(links, directed=False)
    numbers = np.flatnonzero(np.bincount(chain) >= LEAST_GLYPHS)
    boxes = (_line(glyphs[chain == n]) for n in numbers)
    return [box for box in boxes if box and _is_print(grey, box)]


def _glyphs(grey: Any, ink: Any) -> Any:
    """(top, left, bottom, right, brightness) of every piece that could be a letter."""
    labels, count = ndimage.label(ink, np.ones((3, 3), int))
    if not 0 < count <= MOST_PIECES:
        return np.zeros((0, 5))
    places = ndimage.find_objects(labels)
    boxes = np.array([(y.start, x.start, y.stop, x.stop) for y, x in places], float)
    heights, widths = boxes[:, 2] - boxes[:, 0], boxes[:, 3] - boxes[:, 1]
    inside = np.flatnonzero(labels)
    owner = labels.ravel()[inside] - 1
    sizes = np.bincount(owner, minlength=count)
    bright = np.bincount(owner, grey.ravel()[inside], minlength=count) / sizes
    filled = sizes / (heights * widths)
    likely = (
        (heights >= MIN_HEIGHT) & (heights <= MAX_HEIGHT) & (widths <= 2.2 * heights + 2)
        & (filled > 0.15) & (filled < 0.98)
    )  # fmt: skip
    return np.column_stack([boxes, bright])[likely]


def _neighbours(glyphs: Any) -> tuple[Any, Any]:
    """Pairs that could be two letters of one word, the left one first."""
    top, left, bottom, right, bright = glyphs.T
    near = min(NEAREST, len(glyphs) - 1)
    centres = np.column_stack([(top + bottom) * 1.5, (left + right) / 2])
    found = spatial.KDTree(centres).query(centres, near + 1)[1][:, 1:]
    i, j = np.repeat(np.arange(len(glyphs)), near), found.ravel()
    swap = left[i] > left[j]
    i, j = np.where(swap, j, i), np.where(swap, i, j)
    height = bottom - top
    tall, short = np.maximum(height[i], height[j]), np.minimum(height[i], height[j])
    gap = left[j] - right[i]
    slack = 1 + 0.12 * tall
    level = (np.abs(bottom[i] - bottom[j]) <= slack) | (np.abs(top[i] - top[j]) <= slack)
    keep = (
        (tall <= 1.9 * short) & level & (gap >= -0.3 * tall) & (gap <= 0.9 * tall)
        & (np.abs(bright[i] - bright[j]) <= LIKE_BRIGHT)
    )  # fmt: skip
    return i[keep], j[keep]


def _line(glyphs: Any) -> Box | None:
    """The box of a chain that stands on one base line; None for a cloud or a stack."""
    top, left, bottom, right, _ = glyphs.T
    height = float(np.median(bottom - top))
    on_line = np.abs(bottom - np.median(bottom)) <= 1 + 0.08 * height
    wide, tall = right.max() - left.min(), bottom.max() - top.min()
    if on_line.mean() < ON_LINE or wide < 2 * height or tall > 2.4 * height + 2:
        return None
    return int(top.min()), int(left.min()), int(bottom.max()), int(right.max())


def _is_print(grey: Any, box: Box) -> bool:
    """Ink and ground, with sharp edges between. Folds of a brain or bronchi fade."""
    top, left, bottom, right = box
    near = grey[max(0, top - 2) : bottom + 2, max(0, left - 2) : right + 2].astype(np.float32)
    level, explained = _two_tones(near)
    if explained < TWO_TONES:
        return False
    light = near > level
    step = float(near[light].mean() - near[~light].mean())
    edges = np.abs(np.diff(near, axis=1))
    return float(np.percentile(edges, 95)) >= SHARP * step


def _two_tones(values: Any) -> tuple[float, float]:
    """Otsu's level, and the share of the variance that it explains."""
    counts, edges = np.histogram(values, 64)
    middles = (edges[1:] + edges[:-1]) / 2
    weight = np.cumsum(counts) / counts.sum()
    mean = np.cumsum(counts * middles) / counts.sum()
    inner = slice(0, -1)
    spread = weight[inner] * (1 - weight[inner])
    gain = np.where(spread > 0, (mean[-1] * weight[inner] - mean[inner]) ** 2, 0)
    gain = gain / np.maximum(spread, 1e-12)
    best = int(gain.argmax())
    variance = float(values.var())
    return float(edges[best + 1]), float(gain[best] / variance) if variance > 0 else 0.0


def _merged(boxes: list[Box]) -> list[Box]:
    """Overlapping boxes as one."""
    rest, done = sorted(boxes), []
    while rest:
        top, left, bottom, right = rest.pop(0)
        grown = True
        while grown:
            grown = False
            for other in list(rest):
                if other[0] < bottom and other[2] > top and other[1] < right and other[3] > left:
                    top, left = min(top, other[0]), min(left, other[1])
                    bottom, right = max(bottom, other[2]), max(right, other[3])
                    rest.remove(other)
                    grown = True
        done.append((top, left, bottom, right))
    return done
