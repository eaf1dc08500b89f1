"""The embedded models through every text suite, for the table in README.md and docs/figures.md.

`python tools/figures.py` predicts, runs what has not finished, and writes. `--render` writes both
pages again from docs/figures.json and runs nothing; `--check` only says whether they are stale.
No figure on either page is typed by hand.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import msgspec

from auscult.core.estimate import Estimate
from auscult.kit import models
from auscult.report.contract import Results
from auscult.report.wording import (
    counted,
    duration,
    interval_text,
    is_difference,
    size_text,
    title,
    value_text,
)

ROOT = Path(__file__).resolve().parent.parent
DESIGN = ROOT / "tools/figures.toml"
README, PAGE, KEPT = ROOT / "README.md", ROOT / "docs/figures.md", ROOT / "docs/figures.json"
BEGIN, END = "<!-- figures:begin -->", "<!-- figures:end -->"
SEED = 7
REPLY_TOKENS = 40
"""One core writes nine tokens a second. A refusal, a letter or a rude word comes before the
fortieth; what comes after it is not read, and the pages say so."""
FEW = 10
"""Fewer cases than this and an interval is a rough guide, as the estimates themselves say."""
MANY = 0.2
"""The share of replies cut off or unreadable from which on the table tells their number."""


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


# --- the pages ----------------------------------------------------------------------------------


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


def read_kept() -> Kept:
    return msgspec.json.decode(KEPT.read_bytes(), type=Kept)


# --- running ------------------------------------------------------------------------------------


class Job(msgspec.Struct, frozen=True):
    model: str
    asked: Asked
    limit: int
    threads: int
    out: Path

    @property
    def place(self) -> Path:
        return self.out / f"{self.model}-{self.asked.suite.replace('/', '-')}"

    @property
    def arguments(self) -> list[str]:
        """What an audit and its estimate are both given."""
        options = [f"--suite-option={name}={value}" for name, value in self.asked.options.items()]
        return [
            self.asked.suite, "--target", f"local/{self.model}", "--option",
            f"threads={self.threads}", "--limit", str(self.limit), "--seed", str(SEED),
            "--max-tokens", str(REPLY_TOKENS), *options, "--out", str(self.place),
        ]  # fmt: skip

    def results(self) -> Results | None:
        """Of a run that has finished what this job asks for, and else None."""
        try:
            found = msgspec.json.decode(
                (ROOT / self.place / "results.json").read_bytes(), type=Results
            )
        except FileNotFoundError:
            return None
        run, suite = found.run, found.run.suites[0]
        same = run.plan["suites"][0]["options"] == self.asked.options and run.seed == SEED
        planned = min(self.limit, suite.cases_in_data)
        done = same and run.stopped == "complete" and suite.cases_planned >= planned
        return found if done else None


def auscult(*arguments: str, **more: int) -> subprocess.CompletedProcess[bytes]:
    """The very command line a reader has, from the root, so that no path of this machine shows."""
    line = [sys.executable, "-m", "auscult.cli.main", *arguments]
    done = subprocess.run(line, cwd=ROOT, check=False, **more)  # type: ignore[call-overload]
    if done.returncode == 130:
        raise SystemExit("stopped; the same command goes on")
    if done.returncode:
        raise SystemExit(f"auscult {' '.join(arguments)} failed, see above")
    return done  # type: ignore[no-any-return]


def predict(jobs: Sequence[Job]) -> None:
    print("Predicted by `auscult estimate`, which knows a model's pace once it has been asked:")
    low = high = 0.0
    for job in jobs:
        said = auscult("estimate", *job.arguments, "--json", stdout=subprocess.PIPE).stdout
        found = json.loads(said)
        least, most = found["seconds"]["low"], found["seconds"]["high"]
        low, high = low + least, high + most
        calls = counted(round(found["calls"]["low"]), "call")
        time = f"{duration(least)} to {duration(most)}"
        print(f"  {job.model:8} {job.asked.suite:18} {calls:>10}  {time}")
    print(f"  in all: {duration(low)} to {duration(high)}", flush=True)


def run(jobs: Sequence[Job]) -> Kept:
    waiting = [job for job in jobs if job.results() is None]
    if waiting:
        predict(waiting)
    for number, job in enumerate(waiting, 1):
        print(f"{number} of {len(waiting)}: {job.model}, {job.asked.suite}", flush=True)
        auscult("audit", *job.arguments, "--yes", stdout=subprocess.DEVNULL)
    return Kept(runs=tuple(measured(job.model, job.asked, found_of(job)) for job in jobs))


def found_of(job: Job) -> Results:
    found = job.results()
    if found is None:
        raise SystemExit(f"{job.place} did not finish; the same command goes on")
    return found


def jobs_of(chosen: argparse.Namespace) -> list[Job]:
    return [
        Job(model, asked, min(asked.limit, chosen.limit or asked.limit), chosen.threads, chosen.out)
        for model in chosen.models
        for asked in design()
        if not chosen.suites or asked.suite in chosen.suites
    ]


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    names = [card.name for card in models.catalogue()]
    parser.add_argument("--models", nargs="+", choices=names, default=names)
    parser.add_argument("--suites", nargs="+", choices=[asked.suite for asked in design()])
    parser.add_argument("--limit", type=int, help="at most so many cases a suite, for a try")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--out", type=Path, default=Path("build/figures"))
    parser.add_argument("--predict", action="store_true", help="run nothing")
    parser.add_argument("--print", action="store_true", help="print the table, write nothing")
    parser.add_argument("--render", action="store_true", help="write the pages again, run nothing")
    parser.add_argument("--check", action="store_true", help="say what is stale, write nothing")
    chosen = parser.parse_args(arguments)
    if chosen.check:
        found = stale(read_kept())
        for path in found:
            print(f"{path.relative_to(ROOT)} is stale: run `python tools/figures.py --render`")
        return 1 if found else 0
    if chosen.predict:
        predict(jobs_of(chosen))
        return 0
    kept = read_kept() if chosen.render else run(jobs_of(chosen))
    if chosen.print:
        print(block(kept))
        return 0
    KEPT.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    for path, text in pages(kept).items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
