"""The README's table and docs/figures.md, written from what is kept of the runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from figures_kept import REPLY_TOKENS, ROOT, SEED, Asked, Figure, Kept, Measured, design

from auscult.core.estimate import Estimate
from auscult.kit import models
from auscult.report.wording import (
    counted,
    duration,
    interval_text,
    is_difference,
    size_text,
    value_text,
)

README, PAGE = ROOT / "README.md", ROOT / "docs/figures.md"
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"
FEW = 10
"""Fewer cases than this and an interval is a rough guide, as the estimates themselves say."""
MANY = 0.2
"""The share of replies cut off or unreadable from which on the table tells their number."""


# --- a figure in words --------------------------------------------------------------------------


def as_estimate(figure: Figure) -> Estimate:
    """So that a figure is worded here as it is in a dossier."""
    return Estimate(
        suite="", metric=figure.label, estimand="", value=figure.value, low=figure.low,
        high=figure.high, level=figure.level, unit=figure.unit, n=figure.n,
        n_clusters=figure.n_clusters,
    )  # fmt: skip


def told(figure: Figure) -> str:
    estimate = as_estimate(figure)
    found = interval_text(estimate)
    return value_text(estimate) + (f" ({found})" if found else "")


def cell(kept: Kept, run: Measured | None, label: str) -> str:
    figure = run.figure(label) if run else None
    if run is None or figure is None:
        return "not asked" if run is None else "not measured"
    if figure.value is None:
        return "no figure"
    cases = counted(figure.n_clusters, "case")
    marks = "\\*" * (figure.n_clusters < FEW) + "†" * in_doubt(kept, run)
    return f"{told(figure)}, {cases}{marks}{unread(figure)}"


def unread(figure: Figure) -> str:
    """Where they are many, a figure is of the form of the replies as much as of their content."""
    if is_difference(as_estimate(figure)) or figure.unreadable < MANY * figure.n:
        return ""
    return f"; {figure.unreadable} of {counted(figure.n, 'reply', 'replies')} cut off or unreadable"


def in_doubt(kept: Kept, run: Measured) -> bool:
    """Whether it takes a competence for granted that this model's own run does not show."""
    needed = kept.run(run.model, run.presupposes)
    return needed is not None and needed.competence is False


# --- the table of the README --------------------------------------------------------------------


ARROWS = {"higher-is-better": " ↑", "lower-is-better": " ↓", "neutral": ""}


def heading(model: str) -> str:
    card = models.card_of(model)
    return f"{card.title} ({card.quantisation})"


def lines(runs: Sequence[Measured]) -> dict[str, str]:
    """The figures of a suite by name, with their direction: those of any model."""
    return {one.label: ARROWS[one.direction] for run in runs for one in run.figures}


def table(kept: Kept) -> list[str]:
    heads = [heading(model) for model in kept.models]
    out = ["| suite | | " + " | ".join(heads) + " |", "|---|---|" + "---|" * len(heads)]
    for asked in design():
        runs = [kept.run(model, asked.suite) for model in kept.models]
        name = f"[`{asked.suite}`](docs/suites/{asked.suite}.md)"
        for label, arrow in lines([run for run in runs if run]).items():
            cells = " | ".join(cell(kept, run, label) for run in runs)
            out.append(f"| {name} | {label}{arrow} | {cells} |")
            name = ""
    return out


def legend(kept: Kept) -> str:
    every = [figure for run in kept.runs for figure in run.figures]
    levels = " or ".join(sorted({f"{figure.level * 100:g}%" for figure in every}))
    said = [f"In brackets: the {levels} interval. ↑ higher is better, ↓ lower is better."]
    if any(figure.n_clusters < FEW for figure in every):
        said.append(f"\\* Fewer than {FEW} cases: the interval is a rough guide.")
    if any(in_doubt(kept, run) for run in kept.runs):
        said.append(
            "† Presupposes that the model can answer such questions, and its own score in "
            "`cares/factuality` cannot be told from a trivial baseline."
        )
    return " ".join(said)


def caveat(kept: Kept) -> str:
    evidence = ", ".join(sorted({level for run in kept.runs for level in run.evidence}))
    return (
        "What these figures are not: a ranking, or a verdict on either model. The samples are "
        "small, the models were chosen because they install offline (neither is made for medicine, "
        f"and `{models.SMALL}` is a known-bad control), replies were cut at {REPLY_TOKENS} tokens, "
        f"and all of it is {evidence}."
    )


def took(kept: Kept) -> str:
    calls = sum(run.calls for run in kept.runs)
    seconds = sum(run.seconds for run in kept.runs)
    return f"{counted(calls, 'call')}, {duration(seconds)} in all"


def block(kept: Kept) -> str:
    lines = [
        BEGIN,
        *table(kept),
        "",
        legend(kept),
        "",
        caveat(kept),
        "",
        f"`make figures` makes this table again ({took(kept)}), and "
        "[docs/figures.md](docs/figures.md) says what was asked, what became of the replies, and "
        "what else must be read with each figure.",
        END,
    ]
    return "\n".join(lines)


# --- the page -----------------------------------------------------------------------------------


def page(kept: Kept) -> str:
    out = [
        "# The embedded models through every text suite",
        "",
        "Written by `make figures` from [figures.json](figures.json); a test keeps the two, and "
        "the table in the README, equal.",
        "",
        caveat(kept),
        "",
        f"Seed {SEED}; each case asked once; {took(kept)}. The cases are the first of a random "
        "order that was fixed beforehand and is balanced over specialties, principles or rules.",
    ]
    for asked in design():
        runs = [run for model in kept.models if (run := kept.run(model, asked.suite))]
        if runs:
            out += section(kept, asked, runs)
    return "\n".join(out) + "\n"


REPLIES = "| | model | | from | refused | not known | cut off or unreadable | failed |"


def section(kept: Kept, asked: Asked, runs: Sequence[Measured]) -> list[str]:
    cases = " or ".join(sorted({counted(run.cases, "case") for run in runs}))
    first = f"[`{asked.suite}`](suites/{asked.suite}.md): {cases}"
    out = ["", f"## {asked.suite}", "", f"{first}, {asked.about}.", ""]
    out += [REPLIES, "|---" * 8 + "|"]
    overs: dict[str, str] = {}
    notes: list[str] = []
    for label in lines(runs):
        for run in runs:
            one = run.figure(label)
            if one is None:
                continue
            size = size_text(as_estimate(one))
            counts = f"{one.refused} | {one.abstained} | {one.unreadable} | {one.failed}"
            out.append(f"| {label} | `{run.model}` | {told(one)} | {size} | {counts} |")
            overs[label] = one.denominator
            if one.note:
                notes.append(f"- {label}, `{run.model}`: {one.note}")
    for run in runs:
        if in_doubt(kept, run):
            notes.append(
                f"- `{run.model}`: presupposes competence at `{run.presupposes}`, and there its "
                "score cannot be told from a trivial baseline."
            )
    out += ["", *(f"- {label}: counted over {over}." for label, over in overs.items()), *notes]
    return [*out, "", "```", *(run.command for run in runs), "```"]


# --- both files ---------------------------------------------------------------------------------


def with_block(text: str, new: str) -> str:
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"README.md has lost its marks: {BEGIN} ... {END}")
    return before + new + after


def pages(kept: Kept) -> dict[Path, str]:
    return {README: with_block(README.read_text("utf-8"), block(kept)), PAGE: page(kept)}


def stale(kept: Kept) -> list[Path]:
    written = pages(kept).items()
    return [path for path, text in written if not path.exists() or path.read_text("utf-8") != text]
