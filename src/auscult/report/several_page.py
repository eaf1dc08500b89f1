"""dossier.html of several targets: one page on what each scored and what tells them apart.

The first chart sets the score on the cases as they are against that under the matched control and
under attack. Self-contained, as a run's own dossier is.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import msgspec
from markupsafe import Markup

from auscult.core.estimate import Estimate
from auscult.kit.attack.estimates import UNDER
from auscult.report import forest, wording
from auscult.report.clean import write_atomic
from auscult.report.dossier import TEMPLATES, environment
from auscult.report.figures import DIRECTIONS, Panel, Row
from auscult.report.several import (
    ATTACK,
    CONTROL,
    NOTHING,
    Several,
    Side,
    headline_metrics,
    is_shown,
    under,
)

PAGE, RECORD = "dossier.html", "comparison.json"
NO_CONCLUSION = "Not shown to be better than chance: nothing can be concluded."
LANES = (
    (NOTHING, "circle", "As they are"),
    (CONTROL, "square", "Matched control"),
    (ATTACK, "diamond", "Under attack"),
)


class LaneText(msgspec.Struct, frozen=True):
    key: Markup
    name: str
    value: str
    interval: str


class LaneRow(msgspec.Struct, frozen=True):
    anchor: str
    name: str
    identity: str
    strip: Markup
    lanes: tuple[LaneText, ...]
    size: str
    doubt: str


class LanePanel(msgspec.Struct, frozen=True):
    suite: str
    rows: tuple[LaneRow, ...]
    scale: Markup
    level: str
    legend: tuple[tuple[Markup, str], ...]


def write_several(found: Several, folder: Path) -> Path:
    """Writes dossier.html and comparison.json into the folder; returns the page's path."""
    record = msgspec.json.format(msgspec.json.encode(found), indent=2)
    write_atomic(folder / RECORD, record + b"\n")
    return write_atomic(folder / PAGE, render(found).encode("utf-8", "replace"))


def render(found: Several) -> str:
    levels = dict.fromkeys(e.evidence_level for side in found.sides for e in side.estimates)
    styles = "".join(
        (TEMPLATES / name).read_text(encoding="utf-8") for name in ("dossier.css", "several.css")
    )
    return (
        environment()
        .get_template("several.html.j2")
        .render(
            css=Markup(styles),
            found=found,
            sides=list(enumerate(found.sides, 1)),
            suites=_suites(found),
            levels=list(levels),
            fixtures=_fixtures(found),
            all_fixtures=all(side.fixture for side in found.sides),
            doubts=_doubts(found),
            lead=_lead(found),
            charts=_charts(found),
            apart=_apart(found, main=True),
            apart_too=_apart(found, main=False),
            headlines=_headlines(found),
            prompts=_prompts(found),
            w=wording,
        )
    )


def _suites(found: Several) -> list[str]:
    return list(dict.fromkeys(e.suite for side in found.sides for e in side.estimates))


def _fixtures(found: Several) -> str:
    """Said once of all that share a reason."""
    told: dict[str, list[str]] = {}
    for side in found.sides:
        if side.fixture:
            told.setdefault(side.fixture.rstrip("."), []).append(side.name)
    said = [f"{', '.join(names)}: {why}." for why, names in told.items()]
    return " ".join(said)


def _doubts(found: Several) -> list[str]:
    return list(dict.fromkeys(why for side in found.sides for why in side.at_chance.values()))


def _lead(found: Several) -> list[str]:
    """A sentence a target and suite with attacks: what it gets, and what attacks leave of that."""
    said = []
    attacked = [s for s in _suites(found) if any(ATTACK in under(x, s) for x in found.sides)]
    for suite in attacked:
        where = f" ({suite})" if len(attacked) > 1 else ""
        for side in found.sides:
            held = under(side, suite)
            measured = {kind for kind, e in held.items() if e.value is not None}
            if suite in side.at_chance or not {NOTHING, ATTACK} <= measured:
                continue
            clean, control, attack = (
                _in_100(held.get(kind)) for kind in (NOTHING, CONTROL, ATTACK)
            )
            said.append(
                f"{side.name} gives about {clean} right answers in 100 to the cases as they are, "
                f"{control} under harmless changes and {attack} under attack{where}."
            )
    return said


def _in_100(estimate: Estimate | None) -> str:
    if estimate is None or estimate.value is None:
        return "no known number of"
    return f"{100 * estimate.value:.0f}"


def _charts(found: Several) -> list[LanePanel]:
    panels = []
    for place, suite in enumerate(_suites(found)):
        held = [(number, side, under(side, suite)) for number, side in enumerate(found.sides, 1)]
        if not any(ATTACK in figures for _, _, figures in held):
            continue
        shown = [e for _, _, figures in held for e in figures.values()]
        axis = forest.axis_for(shown)
        panels.append(
            LanePanel(
                suite,
                tuple(_lane_row(f"l{place}n{n}", n, s, suite, f, axis) for n, s, f in held),
                forest.scale(axis),
                wording.level_text(shown[0]),
                tuple((forest.lane_key(shape), name) for _, shape, name in LANES),
            )
        )
    return panels


def _lane_row(
    name: str, number: int, side: Side, suite: str, held: dict[str, Estimate], axis: forest.Axis
) -> LaneRow:
    texts = []
    for kind, shape, title in LANES:
        estimate = held.get(kind)
        value = "no figure" if estimate is None else wording.value_text(estimate)
        interval = "" if estimate is None else wording.interval_text(estimate)
        texts.append(LaneText(forest.lane_key(shape), title, value, interval))
    about = "; ".join(
        f"{t.name.lower()} {t.value}" + (f", interval {t.interval}" if t.interval else "")
        for t in texts
    )
    figures = [(shape, held.get(kind)) for kind, shape, _ in LANES]
    first = held.get(NOTHING)
    return LaneRow(
        f"t{number}", side.name, side.identity,
        forest.lanes(f"{side.name}, {suite}", figures, axis, name, about), tuple(texts),
        "" if first is None else wording.size_text(first),
        NO_CONCLUSION if suite in side.at_chance else "",
    )  # fmt: skip


def _headlines(found: Several) -> list[tuple[Panel, str]]:
    """A panel a figure, a row a target, and the notes that all rows share."""
    panels = []
    for place, (suite, metric) in enumerate(headline_metrics(found.sides)):
        held = [
            (number, side, e)
            for number, side in enumerate(found.sides, 1)
            for e in side.estimates
            if (e.suite, e.metric, e.group) == (suite, metric, {})
        ]
        shown = [e for _, _, e in held]
        axis = forest.axis_for(shown)
        common = shown[0].note if len({e.note for e in shown}) == 1 else ""
        rows = []
        for number, side, e in held:
            doubt = NO_CONCLUSION if suite in side.at_chance else ""
            rows.append(
                Row(
                    f"t{number}", side.name, "", forest.strip(e, axis, f"m{place}n{number}"),
                    wording.value_text(e), wording.interval_text(e), wording.size_text(e), "", (),
                    tuple(note for note in (doubt, "" if common else e.note) if note),
                )
            )  # fmt: skip
        panels.append((_panel(_heading(shown[0]), rows, axis, shown), common))
    return panels


def _heading(estimate: Estimate) -> str:
    told = DIRECTIONS[estimate.direction]
    return f"{estimate.suite}: {wording.title(estimate)}" + (f" ({told})" if told else "")


def _apart(found: Several, *, main: bool) -> list[Panel]:
    """A panel a figure, a row a pair of targets: the difference on the same prompts. The main ones
    are the figures that a run headlines, that put targets in order or that the chart shows."""
    numbers = {side.name: n for n, side in enumerate(found.sides, 1)}
    first = {*headline_metrics(found.sides), *((o.suite, o.metric) for o in found.order)}
    first |= {(e.suite, e.metric) for s in found.sides for e in s.estimates if UNDER in e.extra}
    panels = []
    named = dict.fromkeys((e.suite, e.metric) for e in found.differences)
    for place, figure in enumerate(named):
        if (figure in first) is not main:
            continue
        held = [e for e in found.differences if (e.suite, e.metric) == figure]
        axis = forest.axis_for(held)
        rows = [
            Row(
                f"t{numbers[e.arm]}", f"{e.arm} minus {e.control_arm}", "",
                forest.strip(e, axis, f"d{place}n{n}"), wording.value_text(e),
                wording.interval_text(e), _verdict(e), "", (), (e.note,) if e.note else (),
            )
            for n, e in enumerate(held)
        ]  # fmt: skip
        panels.append(_panel(_heading(held[0]), rows, axis, held))
    return panels


def _verdict(e: Estimate) -> str:
    if e.value is None:
        return ""
    p = e.p_adjusted
    told = "" if p is None else "p under 0.0001" if p < 0.0001 else f"p {p:.2g}"
    return f"{'shown' if is_shown(e) else 'not shown'}{f', {told}' if told else ''}"


def _panel(
    heading: str, rows: Sequence[Row], axis: forest.Axis, shown: Sequence[Estimate]
) -> Panel:
    return Panel(
        heading=heading,
        rows=tuple(rows),
        scale=forest.scale(axis),
        unit={"share": "per cent", "difference": "percentage points"}.get(axis.kind, axis.kind),
        level=f"{shown[0].level * 100:.4g}%",
        missing=any(e.n_error and "bound_interval" in e.extra for e in shown),
    )


def _prompts(found: Several) -> str:
    """`2,014 of 2,014 prompts identical`, over all suites; why not where nothing was checked."""
    if not found.prompts:
        return "No suite in common"
    if any(each.unreadable for each in found.prompts):
        return "Prompts could not all be checked"
    same = sum(each.identical for each in found.prompts)
    return f"{same:,} of {sum(each.prompts for each in found.prompts):,} prompts identical"
