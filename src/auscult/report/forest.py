"""Dot-and-interval charts as inline SVG: one strip per row, all on one axis.

Places are percentages of the strip's width, so that one page serves a wide screen, a phone and
paper without a script and without distorting the marks.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil, floor, log10

import msgspec
from markupsafe import Markup, escape

from auscult.core.estimate import Estimate
from auscult.report.wording import Mark, interval_text, is_difference, is_share, title, value_text

EDGE = 2.5
"""Per cent kept free at both ends, so that a mark at 0 or 1 is whole."""
LANE, MARK_LANE = 19, 39
HEIGHT, MARKED_HEIGHT = 38, 50
LANES = {"circle": 13, "square": 35, "diamond": 57}
"""What stands in a strip of three, and how far down: filled, open, and of another colour."""
LANES_HEIGHT = 70
SHAPES = ("diamond", "triangle", "square", "cross")
_PATHS = {
    "diamond": "M0,-5 L5,0 L0,5 L-5,0 Z",
    "triangle": "M0,-5 L5,4 L-5,4 Z",
    "square": "M-4,-4 H4 V4 H-4 Z",
    "cross": "M-4,-4 L4,4 M-4,4 L4,-4",
}


LANE_PATHS = {"square": "M-5,-5 H5 V5 H-5 Z", "diamond": "M0,-7 L7,0 L0,7 L-7,0 Z"}


class Axis(msgspec.Struct, frozen=True):
    kind: str
    low: float
    high: float
    ticks: tuple[float, ...]
    labels: tuple[str, ...]
    origin: float | None = None
    """Where "no difference" lies; drawn heavier."""

    def place(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(EDGE + (100 - 2 * EDGE) * min(1.0, max(0.0, share)), 3)


def axis_kind(estimate: Estimate) -> str:
    """Estimates of one kind can stand on one axis."""
    if is_difference(estimate):
        return "difference"
    return "share" if is_share(estimate) else estimate.unit


def axis_for(estimates: Sequence[Estimate], marks: Iterable[Mark] = ()) -> Axis:
    kind = axis_kind(estimates[0])
    if kind == "share":
        ticks = (0.0, 0.25, 0.5, 0.75, 1.0)
        return Axis(kind, 0.0, 1.0, ticks, tuple(f"{t * 100:.0f}%" for t in ticks))
    seen = [v for e in estimates for v in (e.value, e.low, e.high) if v is not None]
    seen.extend(mark.value for mark in marks)
    if kind == "difference":
        return _difference_axis(max((abs(v) for v in seen), default=0.1))
    return _plain_axis(kind, min([0.0, *seen]), max([0.0, *seen]))


def _difference_axis(reach: float) -> Axis:
    limit = next((step for step in (0.05, 0.1, 0.2, 0.4, 0.6, 0.8) if reach <= step), 1.0)
    ticks = (-limit, -limit / 2, 0.0, limit / 2, limit)
    labels = tuple("0" if t == 0 else f"{t * 100:+g}".replace("-", "−") for t in ticks)
    return Axis("difference", -limit, limit, ticks, labels, 0.0)


def _plain_axis(kind: str, low: float, high: float) -> Axis:
    span = (high - low) or 1.0
    rough = span / 4
    size = 10.0 ** floor(log10(rough))
    step = next(size * m for m in (1, 2, 5, 10) if size * m >= rough)
    first, last = floor(low / step), ceil(high / step) if high > low else 1
    ticks = tuple(step * i for i in range(first, last + 1))
    return Axis(kind, ticks[0], ticks[-1], ticks, tuple(f"{t:g}" for t in ticks))


def scale(axis: Axis) -> Markup:
    """The labels under a chart. Decoration: every value is written out in its row."""
    out = ['<svg class="scale" height="18" width="100%" aria-hidden="true" focusable="false">']
    for tick, label in zip(axis.ticks, axis.labels, strict=True):
        x = axis.place(tick)
        out.append(f'<text x="{x}%" y="13" text-anchor="middle">{escape(label)}</text>')
    return Markup("".join(out) + "</svg>")


def strip(
    estimate: Estimate, axis: Axis, name: str, marks: Sequence[Mark] = (), *, lanes: bool = False
) -> Markup:
    """One row of a chart. `name` is unique on the page; `lanes` keeps room for baselines."""
    height = MARKED_HEIGHT if lanes else HEIGHT
    said = describe(estimate, marks)
    out = [
        f'<svg class="strip" height="{height}" width="100%" role="img" '
        f'aria-labelledby="{name}t {name}d">',
        f'<title id="{name}t">{escape(title(estimate))}</title>',
        f'<desc id="{name}d">{escape(said)}</desc>',
    ]
    for tick in axis.ticks:
        out.append(_upright(axis.place(tick), "origin" if tick == axis.origin else "grid"))
    if estimate.value is None:
        out.append(f'<text class="none" x="50%" y="{LANE + 4}" text-anchor="middle">—</text>')
    else:
        out.extend(_interval(estimate, axis))
        for mark, shape in zip(marks, _shapes(), strict=False):
            out.append(_shape(axis.place(mark.value), MARK_LANE, shape))
    return Markup("".join(out) + "</svg>")


def lanes(
    said: str, figures: Sequence[tuple[str, Estimate | None]], axis: Axis, name: str, about: str
) -> Markup:
    """One row of a chart with a figure a lane, by shape; `about` says the whole in words."""
    out = [
        f'<svg class="strip lanes" height="{LANES_HEIGHT}" width="100%" role="img" '
        f'aria-labelledby="{name}t {name}d">',
        f'<title id="{name}t">{escape(said)}</title>',
        f'<desc id="{name}d">{escape(about)}</desc>',
    ]
    out.extend(_upright(axis.place(tick), "grid") for tick in axis.ticks)
    for shape, estimate in figures:
        y = LANES[shape]
        if estimate is None or estimate.value is None:
            out.append(f'<text class="none" x="50%" y="{y + 4}" text-anchor="middle">—</text>')
            continue
        if estimate.low is not None and estimate.high is not None:
            ends = [axis.place(end) for end in (estimate.low, estimate.high)]
            out.append(
                f'<line class="whisker {shape}" x1="{ends[0]}%" x2="{ends[1]}%" y1="{y}" y2="{y}"/>'
            )
            out.extend(
                f'<line class="cap {shape}" x1="{x}%" x2="{x}%" y1="{y - 5}" y2="{y + 5}"/>'
                for x in ends
            )
        out.append(
            f'<svg x="{axis.place(estimate.value)}%" y="{y}" overflow="visible">'
            f"{_lane_mark(shape)}</svg>"
        )
    return Markup("".join(out) + "</svg>")


def lane_key(shape: str) -> Markup:
    """A lane's mark, as it stands in running text."""
    return Markup(
        '<svg class="key lanes" width="14" height="14" aria-hidden="true" focusable="false">'
        f'<svg x="7" y="7" overflow="visible">{_lane_mark(shape)}</svg></svg>'
    )


def _lane_mark(shape: str) -> str:
    if shape == "circle":
        return '<circle class="lane circle" r="6"/>'
    return f'<path class="lane {shape}" d="{LANE_PATHS[shape]}"/>'


def describe(estimate: Estimate, marks: Sequence[Mark] = ()) -> str:
    """What a strip shows, for those who cannot see it."""
    found = interval_text(estimate)
    said = value_text(estimate) + (f", interval {found}" if found else ", no interval")
    if marks and estimate.value is not None:
        said += "; baselines: " + ", ".join(f"{m.name} {m.value * 100:.0f}%" for m in marks)
    return said


def legend(shape: str) -> Markup:
    """A baseline's mark, as it stands in running text."""
    return Markup(
        '<svg class="key" width="12" height="12" aria-hidden="true" focusable="false">'
        f'<path class="mark {shape}" transform="translate(6 6)" d="{_PATHS[shape]}"/></svg>'
    )


def mark_shapes(marks: Sequence[Mark]) -> list[tuple[Mark, str]]:
    return list(zip(marks, _shapes(), strict=False))


def _shapes() -> tuple[str, ...]:
    # More baselines than shapes share the last one; their names and values are written out.
    return SHAPES + (SHAPES[-1],) * 12


def _upright(x: float, style: str) -> str:
    return f'<line class="{style}" x1="{x}%" x2="{x}%" y1="0" y2="100%"/>'


def _interval(estimate: Estimate, axis: Axis) -> list[str]:
    out = []
    bounds = estimate.extra.get("bound_interval")
    if isinstance(bounds, list | tuple) and len(bounds) == 2 and estimate.n_error:
        low, high = axis.place(float(bounds[0])), axis.place(float(bounds[1]))
        out.append(f'<line class="bounds" x1="{low}%" x2="{high}%" y1="{LANE}" y2="{LANE}"/>')
    if estimate.low is not None and estimate.high is not None:
        low, high = axis.place(estimate.low), axis.place(estimate.high)
        out.append(f'<line class="whisker" x1="{low}%" x2="{high}%" y1="{LANE}" y2="{LANE}"/>')
        out.extend(
            f'<line class="cap" x1="{x}%" x2="{x}%" y1="{LANE - 5}" y2="{LANE + 5}"/>'
            for x in (low, high)
        )
    muted = " small" if estimate.extra.get("too_small") else ""
    x = axis.place(estimate.value or 0.0)
    out.append(f'<circle class="dot{muted}" cx="{x}%" cy="{LANE}" r="6"/>')
    return out


def _shape(x: float, y: int, shape: str) -> str:
    # A nested svg takes its place in per cent and its drawing in pixels.
    return (
        f'<svg x="{x}%" y="{y}" overflow="visible"><path class="mark {shape}" '
        f'd="{_PATHS[shape]}"/></svg>'
    )
