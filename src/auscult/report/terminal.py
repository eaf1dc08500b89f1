"""The summary at the end of a run: readable at 80 columns, without colour, in plain ASCII."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table
from rich.text import Text

from auscult.core.estimate import Estimate
from auscult.report import figures, forest, matrix, wording
from auscult.report.contract import Results
from auscult.report.declared_cells import asked_by_cell
from auscult.report.narrowing import narrowing
from auscult.report.wording import Mark

if TYPE_CHECKING:
    from auscult.engine.view import RunView

LABEL, BAR = 24, 25
UNICODE = {"dot": "●", "line": "─", "low": "├", "high": "┤", "mark": "◇", "tick": "·", "zero": "│"}
ASCII = {"dot": "o", "line": "-", "low": "[", "high": "]", "mark": "^", "tick": ".", "zero": "|"}


def summary(view: RunView, results: Results, console: Console) -> None:
    """Prints what was found, how sure it is, what it cost, and what to do next."""
    run, page = results.run, _Page(console)
    page.say()
    page.say(f"{run.target.identity}   Auscult {run.version}", style="bold")
    asked = ", ".join(
        f"{s.name} {s.cases_in_estimates:,} of {wording.counted(s.cases_planned, 'case')}"
        + "".join(f" of {d.name}" for d in s.datasets if "(difficulty " in d.name)
        for s in run.suites
    )
    page.say(f"{asked}; seed {run.seed}; plan {run.plan_hash[:12]}")
    if run.target.fixture:
        words = f"FIXTURE, NOT A SYSTEM UNDER AUDIT: {run.target.fixture.rstrip('.')}."
        page.say(words, style="bold yellow")
    page.say()
    _figures(results, page)
    for line in _after(results):
        page.say(line)
    page.say()
    for name, value in _ways_on(view, results):
        console.print(page.text(f"{name:<9}{value}"), soft_wrap=True)


class _Page:
    """A console that may not know every character."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self._whole = (console.encoding or "").lower().startswith("utf")
        self.glyphs = UNICODE if self._whole else ASCII

    def text(self, words: str, style: str = "") -> Text:
        if not self._whole:
            words = words.replace("−", "-").encode("ascii", "replace").decode("ascii")
        return Text(words, style=style)

    def say(self, words: str = "", style: str = "") -> None:
        self.console.print(self.text(words, style), highlight=False)


def _figures(results: Results, page: _Page) -> None:
    shown = figures.headlines(results)
    if not shown:
        page.say("No figure of this run may be headlined; the dossier says why.")
        page.say()
        return
    kinds: dict[str, list[Estimate]] = {}
    for estimate in shown:
        kinds.setdefault(forest.axis_kind(estimate), []).append(estimate)
    for members in kinds.values():
        page.console.print(_chart(members, results, page))
        for estimate in members:
            _beneath(estimate, results, page)
        page.say()


def _chart(members: Sequence[Estimate], results: Results, page: _Page) -> Table:
    axis = forest.axis_for(members)
    table = Table(box=None, padding=(0, 2, 0, 0), pad_edge=False, show_edge=False)
    table.add_column("", width=LABEL, overflow="fold")
    table.add_column(page.text(_scale(axis), style="dim"), width=BAR, no_wrap=True)
    table.add_column("", justify="right", min_width=10, no_wrap=True)
    table.add_column("", no_wrap=True)
    for estimate in members:
        marks = figures.baselines(estimate, results.estimates)
        table.add_row(
            page.text(wording.title(estimate), style="bold"),
            page.text(bar(estimate, axis, marks, page.glyphs)),
            page.text(wording.value_text(estimate), style="bold"),
            page.text(wording.interval_text(estimate)),
        )
    return table


def _scale(axis: forest.Axis) -> str:
    first, middle, last = axis.labels[0], axis.labels[len(axis.labels) // 2], axis.labels[-1]
    left = first + " " * (BAR // 2 - len(first) - len(middle) // 2) + middle
    return left + last.rjust(BAR - len(left))


def bar(
    estimate: Estimate, axis: forest.Axis, marks: Sequence[Mark], glyphs: dict[str, str]
) -> str:
    """The chart of a row in one line of characters."""

    def cell(value: float) -> int:
        share = (value - axis.low) / (axis.high - axis.low)
        return round(min(1.0, max(0.0, share)) * (BAR - 1))

    cells = [" "] * BAR
    for tick in axis.ticks:
        cells[cell(tick)] = glyphs["zero" if tick == axis.origin else "tick"]
    if estimate.value is None:
        return "".join(cells)
    if estimate.low is not None and estimate.high is not None:
        low, high = cell(estimate.low), cell(estimate.high)
        cells[low : high + 1] = glyphs["line"] * (high - low + 1)
        cells[low], cells[high] = glyphs["low"], glyphs["high"]
    for mark in marks:
        cells[cell(mark.value)] = glyphs["mark"]
    cells[cell(estimate.value)] = glyphs["dot"]
    return "".join(cells)


def _beneath(estimate: Estimate, results: Results, page: _Page) -> None:
    marks = figures.baselines(estimate, results.estimates)
    said = f"{wording.level_text(estimate)}, {wording.size_text(estimate)}"
    page.say(f"{wording.title(estimate)}: {said}.", style="dim")
    if marks:
        beside = ", ".join(f"{m.name} {m.value * 100:.0f}%" for m in marks)
        page.say(f"{page.glyphs['mark']} trivial baselines: {beside}.", style="dim")
    if figures.competence_of(estimate, results.estimates) is False:
        page.say(wording.competence_text(False), style="bold yellow")
    if estimate.note:
        page.say(estimate.note)


def _after(results: Results) -> list[str]:
    run, spent = results.run, results.run.accounting
    lines = [wording.stop_sentence(run.stopped)]
    beyond = sum(suite.cases_beyond_prefix for suite in run.suites)
    if beyond:
        lines[0] += " " + (
            asked_by_cell(beyond, results.estimates)
            or f"{wording.counted(beyond, 'case')} beyond the finished prefix of the random order "
            f"{'is' if beyond == 1 else 'are'} kept and left out of the figures."
        )
    failed = f" ({spent.failed:,} failed)" if spent.failed else ""
    if spent.unresolved:  # a kill left them without an answer on record
        failed += f", {spent.unresolved:,} more without an answer on record"
    price = wording.money(spent.cost, spent.cost_note, spent.currency)
    asked = f"{wording.counted(spent.calls, 'call')}{failed}"
    if run.target.fingerprint.get("answers"):  # they came with the data
        asked = f"nobody was asked, {wording.counted(spent.calls, 'recorded answer')} read"
    lines.append(
        f"Spent: {asked}, {spent.tokens:,} tokens, cost {price}, {wording.duration(spent.seconds)}."
    )
    if pictured := matrix.terminal_line(run.picture_coverage):
        lines.append(pictured)
    for suite in run.suites:
        if suite.not_asked:
            first, *rest = suite.not_asked
            more = f" {wording.counted(len(rest), 'more reason')} in the dossier." if rest else ""
            cases = wording.counted(first.cases, "case")
            lines.append(f"Not asked: {cases} of {suite.name}: {first.reason}.{more}")
    narrower = [narrowing(e, results) for e in figures.headlines(results)]
    lines.extend(f"Narrower: {words}" for words in narrower if words)
    held = [e for e in results.estimates if figures.is_held_back(e)]
    lines.extend(f"{wording.title(e)} ({e.suite}) is not headlined. {e.note}".strip() for e in held)
    if results.findings:
        lines.append(f"{wording.counted(len(results.findings), 'finding')} in the dossier.")
    lines.append(f"This is {'; '.join(run.evidence_levels)}.")
    return lines


def _ways_on(view: RunView, results: Results) -> list[tuple[str, str]]:
    folder = str(view.folder)
    ways = [("Dossier", str(view.folder / "dossier" / "index.html"))]
    if results.run.stopped not in ("complete", "stopping rule", "stopping rule in part"):
        ways.append(("Go on", f"auscult resume {folder}"))
    ways.append(("Look in", f"auscult show {folder}"))
    return ways
