"""Which estimates stand together in which chart, and which baselines stand beside them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import msgspec
from markupsafe import Markup

from auscult.core.estimate import Estimate
from auscult.report import forest, wording
from auscult.report.contract import Results
from auscult.report.wording import Mark

TRIVIAL_ARMS = (
    "constant letter",
    "constant-letter",
    "constant answer",
    "longest option",
    "longest-option",
    "options only",
    "options-only",
    "text only",
    "text-only",
    "shuffled image",
    "shuffled-image",
)
"""Arms that read too little to know; `extra["baseline_of"]` = a metric says so for any other."""


class MarkText(msgspec.Struct, frozen=True):
    name: str
    key: Markup
    text: str


class Row(msgspec.Struct, frozen=True):
    anchor: str
    title: str
    where: str
    strip: Markup
    value: str
    interval: str
    size: str
    direction: str
    marks: tuple[MarkText, ...]
    notes: tuple[str, ...]


class Panel(msgspec.Struct, frozen=True):
    """Rows on one axis. `heading` is empty where the section's own heading is enough."""

    heading: str
    rows: tuple[Row, ...]
    scale: Markup
    unit: str
    level: str
    missing: bool
    """Whether some row shows what failed calls could change."""


class Layout(msgspec.Struct, frozen=True):
    headline: tuple[Panel, ...]
    held_back: tuple[Panel, ...]
    secondary: tuple[Panel, ...]
    exploratory: tuple[Panel, ...]
    groups: tuple[Panel, ...]


DIRECTIONS = {
    "higher-is-better": "higher is better",
    "lower-is-better": "lower is better",
    "neutral": "",
}


def anchors(results: Results) -> dict[int, str]:
    """A place on the page for each estimate, by identity of the record."""
    return {id(e): f"e{number}" for number, e in enumerate(results.estimates, 1)}


def headlines(results: Results) -> list[Estimate]:
    return [e for e in results.estimates if e.headline]


def is_held_back(estimate: Estimate) -> bool:
    """Declared primary, measured, and not headlined: the reader is told so and why."""
    return estimate.standing == "primary" and not estimate.headline and not estimate.group


def baselines(estimate: Estimate, everything: Sequence[Estimate]) -> tuple[Mark, ...]:
    """The trivial baselines of a suite's primary share, highest last to be read as a challenge."""
    if forest.axis_kind(estimate) != "share" or estimate.group:
        return ()
    found = [
        _mark(e)
        for e in everything
        if e.suite == estimate.suite and e.value is not None and _is_baseline(e, estimate)
    ]
    return tuple(sorted(found, key=lambda mark: (mark.value, mark.name)))


def _is_baseline(candidate: Estimate, estimate: Estimate) -> bool:
    if candidate is estimate or candidate.group or forest.axis_kind(candidate) != "share":
        return False
    declared = candidate.extra.get("baseline_of")
    if declared is not None:
        return bool(declared == estimate.metric)
    if estimate.standing != "primary" or candidate.arm not in TRIVIAL_ARMS:
        return False
    return candidate.metric.endswith(estimate.metric)


def _mark(estimate: Estimate) -> Mark:
    name = str(estimate.extra.get("label") or estimate.arm or estimate.metric).replace("-", " ")
    short, doing = DOING.get(name, (name, name))
    letter = str(estimate.extra.get("letter") or "one letter")
    return Mark(short.format(letter=letter), estimate.value or 0.0, doing.format(letter=letter))


DOING = {
    "constant letter": ("always {letter}", "always answering {letter}"),
    "longest option": ("longest option", "always naming the longest option"),
    "options only": ("options alone", "showing the system the options alone"),
    "text only": ("text alone", "showing the system the text without the image"),
    "shuffled image": ("other image", "showing the system the image of another case"),
}


def competence_of(estimate: Estimate, everything: Sequence[Estimate]) -> bool | None:
    """What the suite itself says of its primary score; None where it says nothing."""
    if estimate.standing != "primary":
        return None
    said = [
        bool(e.extra["competence"])
        for e in everything
        if e.suite == estimate.suite and "competence" in e.extra
    ]
    return all(said) if said else None


def lay_out(results: Results) -> Layout:
    place = anchors(results)
    all_of_them = results.estimates
    whole = [e for e in all_of_them if not e.group and not e.headline]
    return Layout(
        headline=_panels("h", headlines(results), place, all_of_them, _by_kind),
        held_back=_panels("n", _of(whole, "primary"), place, all_of_them, _by_kind),
        secondary=_panels("s", _of(whole, "secondary"), place, all_of_them, _by_kind),
        exploratory=_panels("x", _of(whole, "exploratory"), place, all_of_them, _by_kind),
        groups=_panels(
            "g", [e for e in all_of_them if e.group and not e.headline], place, (), _by_metric
        ),
    )


def _of(estimates: Iterable[Estimate], standing: str) -> list[Estimate]:
    return [e for e in estimates if e.standing == standing]


def _by_kind(estimate: Estimate) -> tuple[str, str]:
    return "", forest.axis_kind(estimate)


def _by_metric(estimate: Estimate) -> tuple[str, str]:
    return f"{estimate.suite}: {wording.title(estimate)}", forest.axis_kind(estimate)


def _panels(
    prefix: str,
    estimates: Sequence[Estimate],
    place: dict[int, str],
    everything: Sequence[Estimate],
    key: Callable[[Estimate], tuple[str, str]],
) -> tuple[Panel, ...]:
    gathered: dict[tuple[str, str], list[Estimate]] = {}
    for estimate in estimates:
        gathered.setdefault(key(estimate), []).append(estimate)
    return tuple(
        _panel(f"{prefix}{number}", heading, members, place, everything)
        for number, ((heading, _), members) in enumerate(gathered.items())
    )


def _panel(
    prefix: str,
    heading: str,
    members: Sequence[Estimate],
    place: dict[int, str],
    everything: Sequence[Estimate],
) -> Panel:
    marks = [baselines(e, everything) for e in members]
    axis = forest.axis_for(members, [mark for row in marks for mark in row])
    suites = {e.suite for e in everything}
    rows = tuple(
        _row(f"{prefix}r{number}", e, place[id(e)], axis, beside, many=len(suites) > 1)
        for number, (e, beside) in enumerate(zip(members, marks, strict=True))
    )
    return Panel(
        heading=heading,
        rows=rows,
        scale=forest.scale(axis),
        unit={"share": "per cent", "difference": "percentage points"}.get(axis.kind, axis.kind),
        level=" or ".join(dict.fromkeys(f"{e.level * 100:.4g}%" for e in members)),
        missing=any(e.n_error and "bound_interval" in e.extra for e in members),
    )


def _row(
    name: str,
    estimate: Estimate,
    anchor: str,
    axis: forest.Axis,
    marks: Sequence[Mark],
    *,
    many: bool,
) -> Row:
    first = wording.title(estimate)
    groups = ", ".join(str(value) for value in estimate.group.values())
    if estimate.group:
        first = groups[:1].upper() + groups[1:]
    where = "" if estimate.group else wording.where(estimate)
    if many and not estimate.group:
        where = " · ".join(part for part in (estimate.suite, where) if part)
    return Row(
        anchor=anchor,
        title=first,
        where=where,
        strip=forest.strip(estimate, axis, name, marks, lanes=bool(marks)),
        value=wording.value_text(estimate),
        interval=wording.interval_text(estimate),
        size=wording.size_text(estimate),
        direction="" if estimate.group else DIRECTIONS[estimate.direction],
        marks=tuple(
            MarkText(mark.name, forest.legend(shape), f"{mark.value * 100:.0f}%")
            for mark, shape in forest.mark_shapes(marks)
        ),
        notes=tuple(n for n in (estimate.note,) if n),
    )
