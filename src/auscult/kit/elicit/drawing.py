"""Draws what `kit.elicit.pictures` specifies, in plain lines and letters; the same specification
gives the same pixels. They look like forms and schemes, never like a patient's picture."""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageDraw, ImageFont

from auscult.kit.elicit.pictures import (
    SITES,
    ZONES,
    Body,
    Chart,
    Chest,
    Drawing,
    Labels,
    Strip,
    Table,
)

WIDTH, HEIGHT = 720, 540
INK, PALE, GRID, RED = (20, 20, 20), (238, 238, 238), (244, 196, 196), (190, 30, 30)
COLOURS = ((20, 60, 160), (180, 60, 20), (20, 120, 60))
SHADOW, LUNG = (150, 150, 150), (246, 246, 250)
EDGE, TOP = 40, 80
TITLE, TEXT, SMALL = 26, 20, 17
SQUARES = 5
"""Of the grid of a strip, a second: large squares of 0.2 s each."""
_BEAT = (
    (0.00, 0.0), (0.10, 0.0), (0.14, 0.12), (0.18, 0.0), (0.26, 0.0), (0.28, -0.12), (0.31, 1.0),
    (0.34, -0.25), (0.36, 0.0), (0.48, 0.0), (0.56, 0.25), (0.64, 0.0), (1.00, 0.0),
)  # fmt: skip
"""Of one beat: a small wave, a tall narrow peak, a broad wave. Share of its time, and height."""


def png_of(drawing: Drawing) -> bytes:
    image = Image.new("RGB", (WIDTH, HEIGHT), "white")
    pen = ImageDraw.Draw(image)
    pen.rectangle((4, 4, WIDTH - 5, HEIGHT - 5), outline=INK, width=2)
    _text(pen, (WIDTH / 2, 40), drawing.title, TITLE, "mm")
    match drawing:
        case Strip():
            _strip(pen, drawing)
        case Chart():
            _chart(pen, drawing)
        case Table():
            _table(pen, drawing)
        case Labels():
            _labels(pen, drawing)
        case Body():
            _body(pen, drawing)
        case Chest():
            _chest(pen, drawing)
    buffer = io.BytesIO()
    image.save(buffer, "PNG")
    return buffer.getvalue()


def _text(
    pen: Any, at: tuple[float, float], text: str, size: int = TEXT, anchor: str = "lm",
    fill: tuple[int, int, int] = INK,
) -> None:  # fmt: skip
    pen.text(at, text, fill=fill, font=ImageFont.load_default(size), anchor=anchor)


def _strip(pen: Any, strip: Strip) -> None:
    left, right, top, bottom = EDGE, WIDTH - EDGE, TOP + 40, HEIGHT - 150
    square = (right - left) / (strip.seconds * SQUARES)
    for number in range(strip.seconds * SQUARES + 1):
        x = left + number * square
        pen.line((x, top, x, bottom), fill=GRID)
    for number in range(int((bottom - top) / square) + 1):
        pen.line((left, top + number * square, right, top + number * square), fill=GRID)
    base, height = bottom - 80, 170
    each = (right - left) / strip.beats
    points = [
        (left + (beat + share) * each, base - rise * height)
        for beat in range(strip.beats)
        for share, rise in _BEAT
    ]
    pen.line(points, fill=INK, width=3, joint="curve")
    _text(pen, (left, bottom + 40), f"One lead, {strip.seconds} seconds, a square is 0.2 s", TEXT)
    if strip.note:
        _text(pen, (left, bottom + 75), strip.note, TEXT)


def _chart(pen: Any, chart: Chart) -> None:
    left, right, top, bottom = EDGE + 60, WIDTH - EDGE - 20, TOP + 50, HEIGHT - 100
    span = chart.high - chart.low

    def place(number: int, value: float) -> tuple[float, float]:
        across = (number + 0.5) / len(chart.at)
        return left + across * (right - left), bottom - (value - chart.low) / span * (bottom - top)

    for step in range(5):
        value = chart.low + span * step / 4
        y = place(0, value)[1]
        pen.line((left, y, right, y), fill=PALE, width=2)
        _text(pen, (left - 10, y), f"{value:g}", SMALL, "rm")
    pen.line((left, top, left, bottom, right, bottom), fill=INK, width=2)
    for number, name in enumerate(chart.at):
        _text(pen, (place(number, chart.low)[0], bottom + 20), name, SMALL, "mm")
    _text(pen, ((left + right) / 2, bottom + 55), chart.x, TEXT, "mm")
    _text(pen, (EDGE - 20, TOP + 10), chart.y, SMALL)
    for number, one in enumerate(chart.series):
        colour = COLOURS[number % len(COLOURS)]
        points = [place(k, float(value)) for k, value in enumerate(one.values)]
        pen.line(points, fill=colour, width=3)
        for (x, y), said in zip(points, one.values, strict=True):
            pen.ellipse((x - 5, y - 5, x + 5, y + 5), fill=colour)
            _text(pen, (x, y - 18), said, SMALL, "mm", colour)
        _text(pen, (right - 10, TOP + 10 + 24 * number), one.name, SMALL, "rm", colour)


def _table(pen: Any, table: Table) -> None:
    left, right, top = EDGE, WIDTH - EDGE, TOP + 20
    high = min(46.0, (HEIGHT - top - 30) / (len(table.rows) + 1))
    wide = (right - left) / len(table.columns)
    for number, row in enumerate((table.columns, *table.rows)):
        y = top + number * high
        if number == 0:
            pen.rectangle((left, y, right, y + high), fill=PALE)
        for column, cell in enumerate(row):
            _text(pen, (left + column * wide + 12, y + high / 2), cell, SMALL)
    bottom = top + (len(table.rows) + 1) * high
    for number in range(len(table.rows) + 2):
        y = top + number * high
        pen.line((left, y, right, y), fill=INK)
    for column in range(len(table.columns) + 1):
        x = left + column * wide
        pen.line((x, top, x, bottom), fill=INK)


def _labels(pen: Any, drawing: Labels) -> None:
    count = len(drawing.labels)
    wide = min(380.0, (WIDTH - 2 * EDGE) / count - 20)
    for number, lines in enumerate(drawing.labels):
        middle = WIDTH * (2 * number + 1) / (2 * count)
        left, right, top, bottom = middle - wide / 2, middle + wide / 2, TOP + 70, HEIGHT - 40
        pen.rectangle(
            (middle - 50, top - 50, middle + 50, top - 20), fill=PALE, outline=INK, width=2
        )
        pen.rounded_rectangle((left, top - 20, right, bottom), 24, fill=PALE, outline=INK, width=3)
        pen.rectangle((left + 10, top + 20, right - 10, bottom - 20), fill="white", outline=INK)
        for place, line in enumerate(lines):
            size = TEXT + 4 if place == 0 else SMALL + 1
            _text(pen, (middle, top + 55 + 38 * place), line, size, "mm")


def _sides(pen: Any) -> None:
    """As on a film: the right side of the body is on the reader's left."""
    _text(pen, (EDGE + 20, HEIGHT / 2), "R", 40, "mm", RED)
    _text(pen, (WIDTH - EDGE - 20, HEIGHT / 2), "L", 40, "mm", RED)
    _text(pen, (WIDTH / 2, HEIGHT - 22), "Seen from the front: R is right, L is left", SMALL, "mm")


def _body(pen: Any, body: Body) -> None:
    _sides(pen)

    def at(x: float, y: float) -> tuple[float, float]:
        return WIDTH * x, TOP - 10 + (HEIGHT - TOP - 30) * y

    def limb(*points: tuple[float, float], width: int) -> None:
        pen.line([at(*point) for point in points], fill=PALE, width=width, joint="curve")

    x, y = at(0.5, 0.1)
    pen.ellipse((x - 34, y - 40, x + 34, y + 40), fill=PALE, outline=INK, width=2)
    limb((0.43, 0.25), (0.37, 0.40), (0.33, 0.54), width=30)
    limb((0.57, 0.25), (0.63, 0.40), (0.67, 0.54), width=30)
    limb((0.46, 0.52), (0.455, 0.72), (0.45, 0.95), width=40)
    limb((0.54, 0.52), (0.545, 0.72), (0.55, 0.95), width=40)
    pen.rounded_rectangle((*at(0.42, 0.21), *at(0.58, 0.55)), 30, fill=PALE, outline=INK, width=2)
    for site, said in body.marks.items():
        x, y = at(*SITES[site])
        pen.line((x - 14, y - 14, x + 14, y + 14), fill=RED, width=6)
        pen.line((x - 14, y + 14, x + 14, y - 14), fill=RED, width=6)
        if said:
            _site(pen, (x, y), said)


def _site(pen: Any, at: tuple[float, float], said: str) -> None:
    """Beside a limb, away from the body; on the trunk and the head below the cross."""
    x, y = at
    middle = WIDTH / 2
    if abs(x - middle) < 1:
        _text(pen, (x, y + 32), said, TEXT, "mm", RED)
    elif x > middle:
        _text(pen, (max(x + 30, WIDTH * 0.6), y), said, TEXT, "lm", RED)
    else:
        _text(pen, (min(x - 30, WIDTH * 0.4), y), said, TEXT, "rm", RED)


def _chest(pen: Any, chest: Chest) -> None:
    _sides(pen)
    pen.rounded_rectangle((130, TOP, WIDTH - 130, HEIGHT - 45), 90, outline=INK, width=3)
    for left, right in ((170, 330), (WIDTH - 330, WIDTH - 170)):
        pen.ellipse((left, TOP + 30, right, HEIGHT - 75), fill=LUNG, outline=INK, width=2)
    pen.rectangle((WIDTH / 2 - 14, TOP + 15, WIDTH / 2 + 14, TOP + 130), outline=INK, width=2)
    pen.ellipse(
        (WIDTH / 2 - 30, HEIGHT - 260, WIDTH / 2 + 95, HEIGHT - 100), fill="white", outline=INK
    )
    for zone in chest.shadows:
        x, y = WIDTH * ZONES[zone][0], HEIGHT * ZONES[zone][1]
        pen.ellipse((x - 46, y - 40, x + 46, y + 40), fill=SHADOW)
