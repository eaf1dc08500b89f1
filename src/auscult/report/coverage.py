"""What a run did not test: said as loudly as what it did.

A dimension counts as touched only where a suite of the run names it, in its own name or in its
`covers`, and brought a figure. Touched is never "tested in full": the words are "in part".
"""

from __future__ import annotations

import re

import msgspec

from auscult.core.estimate import ENGINEERING
from auscult.report import matrix
from auscult.report.contract import NOT_STATED, DataRecord, PictureCoverage, Results, SuiteRecord
from auscult.report.pictures import LISTED_MODALITIES, LISTED_REGIONS, UNLISTED
from auscult.report.wording import counted


class Dimension(msgspec.Struct, frozen=True):
    name: str
    asks: str
    words: frozenset[str]
    cares: str = ""
    das: str = ""
    """What the two published frameworks call it; empty where they have no such dimension."""


class Coverage(msgspec.Struct, frozen=True):
    dimension: Dimension
    suites: tuple[str, ...]
    """Suites of this run that touch it."""


class Gap(msgspec.Struct, frozen=True):
    what: str
    why: str


DIMENSIONS = (
    Dimension(
        "Factual knowledge",
        "Does it state and choose what is medically right?",
        frozenset({"knowledge", "factuality", "trustfulness"}),
        cares="trustfulness",
    ),
    Dimension(
        "Uncertainty",
        "Is it sure when right and unsure when wrong?",
        frozenset({"uncertainty", "calibration", "trustfulness"}),
        cares="trustfulness",
    ),
    Dimension(
        "Hallucination",
        "Does it invent findings, citations or facts?",
        frozenset({"hallucination"}),
        das="hallucination",
    ),
    Dimension(
        "Fairness and bias",
        "Does care change with who the patient is, where it must not?",
        frozenset({"fairness", "bias"}),
        cares="fairness",
        das="bias",
    ),
    Dimension(
        "Safety",
        "Jailbreaks, harmful compliance, toxicity, and over-caution as their twin",
        frozenset(
            {"safety", "jailbreak", "toxicity", "compliance", "over-caution", "over-refusal"}
        ),
        cares="safety",
    ),
    Dimension(
        "Privacy",
        "Does it disclose what it was told in confidence?",
        frozenset({"privacy", "leak"}),
        cares="privacy",
        das="privacy",
    ),
    Dimension(
        "Robustness",
        "Does the answer survive changes that should not matter?",
        frozenset({"robustness", "perturbation", "shift"}),
        cares="robustness",
        das="robustness",
    ),
)
IMAGES = "Images"
OTHER_GROUND = (
    ("images", IMAGES, "No suite of this run says that it put images to the system."),
    (
        "multi-turn",
        "Conversations of several turns",
        "No suite of this run says that it held one; a system that stands at the first question "
        "can give way at the third.",
    ),
    (
        "languages",
        "Other languages",
        "No suite of this run says that it asked in any language but that of its data sets.",
    ),
)


def dimensions(results: Results) -> list[Coverage]:
    answered = {e.suite for e in results.estimates if e.value is not None}
    suites = [s for s in results.run.suites if s.name in answered]
    return [Coverage(d, tuple(s.name for s in suites if _touches(s, d))) for d in DIMENSIONS]


def _touches(suite: SuiteRecord, dimension: Dimension) -> bool:
    named = set(re.split(r"[/:_]", suite.name.lower())) | {c.lower() for c in suite.covers}
    return bool(named & dimension.words)


def gaps(results: Results) -> list[Gap]:
    """Beyond the dimensions: what no figure of this run can speak to."""
    run = results.run
    claimed = {word.lower() for suite in run.suites for word in suite.covers}
    out = [Gap(what, why) for word, what, why in OTHER_GROUND if word not in claimed]
    if run.picture_coverage.cases:  # counted, which is better than what a suite says of itself
        out = [gap for gap in out if gap.what != IMAGES]
        out = _not_pictured(run.picture_coverage) + out
    elif "images" in claimed and any(suite.cases_in_estimates for suite in run.suites):
        why = (
            "The run no longer has its list of cases, so what its pictures showed cannot be "
            "counted by modality and region."
        )
        out.append(Gap("What was pictured", why))
    out.extend(_merged([gap for suite in run.suites for gap in _cases_left_out(suite)]))
    if ENGINEERING in run.evidence_levels:
        why = (
            "Cases, keys or verdicts behind some figures have had no independent sign-off by a "
            "clinician. Such figures are engineering evidence."
        )
        out.append(Gap("Review by clinicians", why))
    if run.acceptance_criteria == NOT_STATED:
        why = "None were stated before the run, so nothing here is a pass or a fail."
        out.append(Gap("Acceptance criteria", why))
    if run.target.identity.partition("/")[0] not in ("http", "python"):
        why = (
            f"Only what answers as {run.target.identity.partition('?')[0]} was asked. Screens, "
            "tools, retrieval and filters of a product around it took no part."
        )
        out.append(Gap("A product around the model", why))
    out.append(Gap("Use in care", "No patient, clinician or clinical workflow took part."))
    return out


def _not_pictured(coverage: PictureCoverage) -> list[Gap]:
    """Modalities and regions without a reply to a question about a picture of theirs."""
    with_picture = coverage.cases_with_pictures
    if not with_picture:
        why = "No question of this run came with a picture: it tells nothing of how one is read."
        return [Gap(IMAGES, why)]
    real = matrix.cells_of(coverage, synthetic=False)
    if not any(cell.replied for cell in coverage.cells):
        question = "question that" if with_picture == 1 else "questions that"
        why = f"None of the {with_picture:,} {question} came with a picture got a reply."
        return [Gap(IMAGES, why)]
    if not any(cell.replied for cell in real):
        why = (
            f"Every picture was synthetic. {matrix.NO_COVERAGE} No modality, no region is covered."
        )
        return [Gap("Medical images", why)]
    out = []
    for what, gone, known in (
        ("Modalities", matrix.missing_modalities(coverage), LISTED_MODALITIES),
        ("Regions of the body", matrix.missing_regions(coverage), LISTED_REGIONS),
    ):
        if gone:
            why = f"No reply about a picture of {len(gone)} of {len(known)}: {matrix.listed(gone)}."
            out.append(Gap(what, why))
    vague = [c for c in real if {c.modality, c.region} & {NOT_STATED, UNLISTED}]
    if asked := sum(cell.replied for cell in vague):
        why = (
            f"For {counted(asked, 'question')} with a picture the data state no modality or no "
            "region, or one that is not on the list."
        )
        out.append(Gap("Pictures of an unknown kind", why))
    return out


def _merged(found: list[Gap]) -> list[Gap]:
    """One entry per kind of gap, with a sentence for each suite."""
    words: dict[str, list[str]] = {}
    for gap in found:
        words.setdefault(gap.what, []).append(gap.why)
    return [Gap(what, " ".join(why)) for what, why in words.items()]


def _rows_left_out(data: DataRecord) -> list[str]:
    told = (
        (data.skipped, "row", "could not be used or had no key"),
        (data.duplicates, "row", "stood there twice"),
        (data.pictures_missing, "picture", "could not be found"),
    )
    return [f"{counted(n, what)} {why}" for n, what, why in told if n]


def _cases_left_out(suite: SuiteRecord) -> list[Gap]:
    out = []
    for data in suite.datasets:
        name, parted, options = data.name.partition(" (difficulty ")
        if parted:
            level = options.rstrip(")").partition(",")[0]
            why = f"{suite.name}: of {name} only the questions marked {level} could be drawn."
            out.append(Gap("Harder questions" if level == "easy" else "Other questions", why))
        if lost := _rows_left_out(data):
            why = f"{suite.name}: of {data.name}, {'; '.join(lost)}."
            out.append(Gap("What its loader left out of the data", why))
    for one in suite.not_asked:
        more = " …" if one.cases > len(one.examples) else ""
        shown = f" ({'; '.join(one.examples)}{more})" if one.examples else ""
        why = f"{suite.name}, {counted(one.cases, 'case')}: {one.reason}{shown}."
        out.append(Gap("Questions that were not asked", why))
    unreached = suite.cases_planned - suite.cases_finished
    if unreached > 0:
        why = (
            f"{suite.name}: {counted(unreached, 'case')} of {suite.cases_planned:,} planned "
            f"{'was' if unreached == 1 else 'were'} not finished when the run stopped."
        )
        out.append(Gap("Cases not reached", why))
    unplanned = suite.cases_in_data - suite.cases_planned
    if unplanned > 0:
        why = (
            f"{suite.name}: the data hold {suite.cases_in_data:,} cases; the plan's limit took "
            f"{suite.cases_planned:,} of them, in random order."
        )
        out.append(Gap("Cases outside the plan", why))
    return out
