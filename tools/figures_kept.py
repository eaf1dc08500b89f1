"""What is asked of each model, and what docs/figures.json keeps of each run."""

from __future__ import annotations

from pathlib import Path

import msgspec

from auscult.core.estimate import Estimate
from auscult.report.contract import Results
from auscult.report.wording import title

ROOT = Path(__file__).resolve().parent.parent
DESIGN = ROOT / "tools/figures.toml"
KEPT = ROOT / "docs/figures.json"
SEED = 7
REPLY_TOKENS = 40
"""One core writes nine tokens a second. A refusal, a letter or a rude word comes before the
fortieth; what comes after it is not read, and the pages say so."""


# --- what is asked ------------------------------------------------------------------------------


class Asked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A suite, how far it is asked, and with which of its options."""

    suite: str
    limit: int
    about: str
    options: dict[str, str] = {}


class Design(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    suites: tuple[Asked, ...]


def design() -> tuple[Asked, ...]:
    return msgspec.toml.decode(DESIGN.read_bytes(), type=Design).suites


# --- what is kept of a run ----------------------------------------------------------------------


class Figure(msgspec.Struct, frozen=True, kw_only=True):
    label: str
    value: float | None
    low: float | None
    high: float | None
    level: float
    unit: str
    direction: str
    n: int
    n_clusters: int
    refused: int
    abstained: int
    unreadable: int
    failed: int
    denominator: str
    note: str


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One run. `competence` is what its own score says of the model; None where it says nothing."""

    model: str
    suite: str
    version: str
    command: str
    plan_hash: str
    cases: int
    calls: int
    seconds: float
    evidence: tuple[str, ...]
    presupposes: str
    competence: bool | None
    figures: tuple[Figure, ...]

    def figure(self, label: str) -> Figure | None:
        return next((one for one in self.figures if one.label == label), None)


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    runs: tuple[Measured, ...]

    @property
    def models(self) -> list[str]:
        return list(dict.fromkeys(run.model for run in self.runs))

    def run(self, model: str, suite: str) -> Measured | None:
        return next((r for r in self.runs if (r.model, r.suite) == (model, suite)), None)


def shown(estimate: Estimate) -> bool:
    """What the suite itself leads with: its main figure, and what it says must stand beside it."""
    return (estimate.headline or estimate.standing == "primary") and not estimate.group


def figure_of(e: Estimate) -> Figure:
    label = f"{title(e)}, {e.condition}" if e.condition else title(e)
    return Figure(
        label=label, value=e.value, low=e.low, high=e.high, level=e.level, unit=e.unit,
        direction=e.direction, n=e.n, n_clusters=e.n_clusters, refused=e.n_refused,
        abstained=e.n_abstained, unreadable=e.n_invalid, failed=e.n_error,
        denominator=e.denominator, note=e.note,
    )  # fmt: skip


def measured(model: str, asked: Asked, results: Results) -> Measured:
    run, suite = results.run, results.run.suites[0]
    said = [bool(e.extra["competence"]) for e in results.estimates if "competence" in e.extra]
    return Measured(
        model=model, suite=asked.suite, version=run.version, command=run.command,
        plan_hash=run.plan_hash, cases=suite.cases_in_estimates, calls=run.accounting.calls,
        seconds=round(run.accounting.seconds, 1), evidence=run.evidence_levels,
        presupposes=suite.presupposes, competence=all(said) if said else None,
        figures=tuple(figure_of(e) for e in results.estimates if shown(e)),
    )  # fmt: skip


def read_kept() -> Kept:
    return msgspec.json.decode(KEPT.read_bytes(), type=Kept)


def beside(new: Kept, before: Kept) -> Kept:
    """What was measured now in the place of what was measured before, and the rest as it was: a
    part that is run again does not lose the others."""
    now = {(run.model, run.suite): run for run in new.runs}
    kept = [now.pop((run.model, run.suite), run) for run in before.runs]
    return Kept(runs=(*kept, *now.values()))


def write_kept(kept: Kept) -> None:
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
