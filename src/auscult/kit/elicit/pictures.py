"""What a drawn picture of a pack holds: a small specification in the row, and no file.

Charts, tables, labels and outlines, because a reader can say without doubt what is on them and what
is not. They are drawn by `kit.elicit.drawing`; nobody in them exists.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

_number = re.compile(r"\d+(\.\d+)?")
MOST_LINES, MOST_ROWS, MOST_LABELS = 8, 8, 3
SITES: dict[str, tuple[float, float]] = {
    "head": (0.50, 0.10), "neck": (0.50, 0.20), "chest": (0.50, 0.32), "abdomen": (0.50, 0.45),
    "right shoulder": (0.41, 0.25), "left shoulder": (0.59, 0.25),
    "right forearm": (0.34, 0.46), "left forearm": (0.66, 0.46),
    "right thigh": (0.455, 0.66), "left thigh": (0.545, 0.66),
    "right shin": (0.45, 0.83), "left shin": (0.55, 0.83),
}  # fmt: skip
"""Of a body seen from the front: its right is the reader's left. Shares of width and height."""
ZONES: dict[str, tuple[float, float]] = {
    "right upper": (0.35, 0.33), "right middle": (0.34, 0.51), "right lower": (0.33, 0.69),
    "left upper": (0.65, 0.33), "left middle": (0.66, 0.51), "left lower": (0.67, 0.69),
}  # fmt: skip
"""Of the two lungs, seen from the front."""


class Strict(
    msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="form", kw_only=True
):
    title: str


class Strip(Strict, tag="strip", frozen=True, kw_only=True):
    """A rhythm strip: beats that are all alike, as far apart as they are told to be."""

    beats: int
    seconds: int = 6
    note: str = ""


class Series(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    values: tuple[str, ...]
    """As they are written beside the points."""


class Chart(Strict, tag="chart", frozen=True, kw_only=True):
    """Lines over days, hours or ages; each of its points has its value beside it."""

    x: str
    y: str
    at: tuple[str, ...]
    series: tuple[Series, ...]
    low: int
    high: int


class Table(Strict, tag="table", frozen=True, kw_only=True):
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class Labels(Strict, tag="labels", frozen=True, kw_only=True):
    """Bottles or boxes side by side, each with the lines of its label."""

    labels: tuple[tuple[str, ...], ...]


class Body(Strict, tag="body", frozen=True, kw_only=True):
    """A body seen from the front, with one cross a mark. Sites are named in `SITES`."""

    marks: dict[str, str]


class Chest(Strict, tag="chest", frozen=True, kw_only=True):
    """Two lungs seen from the front, grey where a shadow is. Zones are named in `ZONES`."""

    shadows: tuple[str, ...]


Drawing = Strip | Chart | Table | Labels | Body | Chest


def wrong_with(drawing: Drawing) -> Iterator[str]:
    """What cannot be drawn, a sentence each."""
    if not drawing.title.strip():
        yield "the picture has no title"
    if not msgspec.json.encode(drawing).isascii():
        yield "the picture holds letters that its font has not; write it in ASCII"
    yield from _wrong_form(drawing)


def _wrong_form(drawing: Drawing) -> Iterator[str]:
    match drawing:
        case Strip():
            if not (2 <= drawing.beats <= 20 and 2 <= drawing.seconds <= 12):
                yield "a strip has 2 to 20 beats in 2 to 12 seconds"
        case Chart():
            yield from _wrong_chart(drawing)
        case Table():
            yield from _wrong_table(drawing)
        case Labels():
            yield from _wrong_labels(drawing)
        case Body():
            yield from (f"'{site}' is no site" for site in drawing.marks if site not in SITES)
        case Chest():
            yield from (f"'{zone}' is no zone" for zone in drawing.shadows if zone not in ZONES)


def _wrong_table(table: Table) -> Iterator[str]:
    if not 1 <= len(table.rows) <= MOST_ROWS:
        yield f"a table has 1 to {MOST_ROWS} rows"
    if any(len(row) != len(table.columns) for row in table.rows):
        yield "a row of the table has more or fewer cells than there are columns"


def _wrong_labels(drawing: Labels) -> Iterator[str]:
    if not 1 <= len(drawing.labels) <= MOST_LABELS:
        yield f"there are 1 to {MOST_LABELS} labels"
    if any(not 1 <= len(lines) <= MOST_LINES for lines in drawing.labels):
        yield f"a label has 1 to {MOST_LINES} lines"


def _wrong_chart(chart: Chart) -> Iterator[str]:
    if not chart.series or len(chart.at) < 2:
        yield "a chart has a line and two points or more"
    for one in chart.series:
        if len(one.values) != len(chart.at):
            yield f"the line '{one.name}' has more or fewer points than the chart"
        if not all(_number.fullmatch(value) for value in one.values):
            yield f"a value of the line '{one.name}' is no number, such as \"37.8\""
        elif not all(chart.low <= float(value) <= chart.high for value in one.values):
            yield f"the line '{one.name}' leaves the chart"
