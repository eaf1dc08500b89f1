"""dossier/index.html: one page that a governance team can check line by line.

Self-contained: styles and charts are inline, nothing is fetched, no script runs. What was said by
a target is untrusted text and is escaped wherever it stands.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jinja2
import msgspec
from markupsafe import Markup

from auscult.core.estimate import Estimate
from auscult.report import canaries, coverage, evidence, figures, matrix, reviewed, wording
from auscult.report.clean import write_atomic
from auscult.report.contract import NOT_STATED, Results, RoleRecord, Run, SuiteRecord
from auscult.report.declared import declared_words
from auscult.report.declared_cells import asked_by_cell
from auscult.report.judged_again import sections
from auscult.report.narrowing import narrowing
from auscult.report.stand_ins import stood_in

if TYPE_CHECKING:
    from auscult.engine.view import RunView

TEMPLATES = Path(__file__).parent / "templates"
MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class JudgeTable(msgspec.Struct, frozen=True):
    """A judge's measured error, ready to print."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    note: str = ""


def write_dossier(
    view: RunView, results: Results, calibrations: Mapping[str, JudgeTable] | None = None
) -> Path:
    """Writes dossier/index.html into the run's folder and returns its path."""
    page = render(view, results, calibrations)
    return write_atomic(view.folder / "dossier" / "index.html", page.encode("utf-8", "replace"))


def render(
    view: RunView, results: Results, calibrations: Mapping[str, JudgeTable] | None = None
) -> str:
    run = results.run
    judges = tuple(dict.fromkeys(name for suite in run.suites for name in suite.judges))
    return (
        environment()
        .get_template("dossier.html.j2")
        .render(
            css=Markup((TEMPLATES / "dossier.css").read_text(encoding="utf-8")),
            results=results,
            run=run,
            facts=_facts(run),
            banners=_banners(run.target),
            summary=_summary(results),
            stop=wording.stop_sentence(run.stopped),
            declared=declared_words(view.plan, view.stops),
            early=_early(
                [suite for suite in run.suites if _stopped_early(run, suite)],
                bool(view.stops),
                results.estimates,
            ),
            narrower=[
                words for e in figures.headlines(results) if (words := narrowing(e, results))
            ],
            held_back=[e for e in results.estimates if figures.is_held_back(e)],
            layout=figures.lay_out(results),
            register=[
                (f"e{number}", e, _bounds(e)) for number, e in enumerate(results.estimates, 1)
            ],
            dimensions=coverage.dimensions(results),
            gaps=coverage.gaps(results),
            pictured=matrix.parts(run.picture_coverage),
            m=matrix,
            exhibits=evidence.exhibits(view, results.findings),
            judges=judges,
            calibrations=calibrations or {},
            stood_in=stood_in(view.plan),
            read_again=[
                (
                    "reviewed",
                    "Read by people",
                    reviewed.sections(view, results.estimates, results.findings),
                ),
                ("judged-again", "Judged again", sections(view)),
                ("canaries", "Did the judges stay the same?", canaries.sections(view)),
            ],
            w=wording,
        )
    )


@cache
def environment() -> jinja2.Environment:
    environment = jinja2.Environment(
        loader=jinja2.FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["when"] = when
    environment.filters["plain"] = plain
    environment.filters["pretty"] = pretty
    environment.filters["printable"] = evidence.printable
    return environment


def _facts(run: Run) -> list[tuple[str, str]]:
    return [
        ("Intended use", run.intended_use),
        ("Care setting", run.care_setting),
        ("Population", run.population),
        ("Acceptance criteria", run.acceptance_criteria),
        ("Auditor", run.auditor),
        ("Relation to vendor", run.relation_to_vendor),
        ("Authorised by", run.authoriser),
        ("Begun", when(run.accounting.started)),
        ("Last worked on", when(run.accounting.updated)),
    ]


def _banners(target: RoleRecord) -> list[tuple[str, str]]:
    """What must be seen before any figure."""
    out = []
    if target.fixture:
        words = (
            f"{target.identity}: {target.fixture.rstrip('.')}. The figures below show how the "
            "audit works. They say nothing about a medical product."
        )
        out.append(("Fixture, not a system under audit", words))
    out.extend(("Note on the target", note) for note in target.notes if note != target.fixture)
    return out


def _summary(results: Results) -> list[tuple[str, str, str]]:
    """One sentence per headline: its anchor, the sentence, and the note that goes with it."""
    place = figures.anchors(results)
    everything = results.estimates
    return [
        (
            place[id(e)],
            wording.sentence(
                e, figures.baselines(e, everything), figures.competence_of(e, everything)
            ),
            e.note if e.value is not None else "",
        )
        for e in figures.headlines(results)
    ]


def _stopped_early(run: Run, suite: SuiteRecord) -> bool:
    return run.stopped != "complete" or suite.cases_in_estimates < suite.cases_planned


def _early(suites: list[SuiteRecord], ruled: bool, estimates: Sequence[Estimate]) -> str:
    """Which interval is the right one, and what was left out."""
    if not suites:
        return ""
    read = "; ".join(
        f"{s.name}, the first {wording.counted(s.cases_in_estimates, 'case')} of "
        f"{s.cases_planned:,} planned"
        for s in suites
    )
    right = (
        "the interval to read is the one marked as valid at every look: the others hold for a "
        "number of cases fixed beforehand"
        if ruled
        else "the intervals printed here are the right ones for that many"
    )
    said = (
        "Cases are asked in a random order that was fixed before the first call. The figures read "
        f"its finished prefix ({read}), and {right}."
    )
    beyond = sum(s.cases_beyond_prefix for s in suites)
    if beyond:
        said += " " + (
            asked_by_cell(beyond, estimates)
            or f"{wording.counted(beyond, 'case')} that finished beyond it "
            f"{'is' if beyond == 1 else 'are'} kept in the ledger and left out: quick cases finish "
            "first, and counting them would bend the figures."
        )
    return said


def _bounds(estimate: Estimate) -> str:
    """What the failed calls could make of the figure, where there are any."""
    low, high = estimate.extra.get("bound_low"), estimate.extra.get("bound_high")
    if not estimate.n_error or low is None or high is None or low == high:
        return ""
    ends = msgspec.structs.replace(estimate, low=float(low), high=float(high))
    return f"With every failed call counted one way, then the other: {wording.interval_text(ends)}."


def when(stamp: str) -> str:
    """`3 October 2026, 14:05 UTC`; what is not a date stands as it is."""
    try:
        moment = datetime.fromisoformat(stamp)
    except ValueError:
        return stamp or NOT_STATED
    zone = moment.tzname() or ""
    day = f"{moment.day} {MONTHS[moment.month - 1]} {moment.year}"
    return f"{day}, {moment:%H:%M} {zone}".strip()


def plain(value: Any) -> str:
    """A configuration value as text."""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode()


def pretty(value: Any) -> str:
    return msgspec.json.format(msgspec.json.encode(value), indent=2).decode()
