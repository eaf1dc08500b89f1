"""The re-judgings that lie in a run's folder, as reports and tables read them.

Each is a ledger of its own in `judged/NAME/`, beside the run's and never part of it: a version that
does not know of them reads the run as it was. Cases and attempts are numbered as in the run.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from auscult.engine.export import rows_of
from auscult.engine.ledger import LEDGER_NAME, Reader, open_reader
from auscult.engine.manifest import Manifest
from auscult.engine.records import FinishedCase, TrialRow
from auscult.engine.state import SuiteState
from auscult.kit.rejudged.agreement import Beside

FOLDER = "judged"
ABOUT = "judged"
VERSION = 1
NO_EXHIBIT, SOURCE, BESIDE, REPLIES = "not_judged", "judged_from", "beside", "replies"


class About(msgspec.Struct, frozen=True):
    """What was judged again, by whom. `version` is of what is kept here, not of the judge."""

    judge: str
    judge_version: str
    model: str
    """The identity of who plays the judge; empty where it asks nobody."""
    options: dict[str, Any]
    run: str
    version: int = VERSION


class Judging(msgspec.Struct, frozen=True):
    id: str
    about: About
    folder: Path


class Begun(msgspec.Struct, frozen=True):
    """What its ledger says of a judging besides its verdicts."""

    roles: dict[str, dict[str, Any]]
    """Who played the judge, as a manifest tells it; none where it asks nobody."""
    stopped: str
    """Why its last session ended."""


class Counts(msgspec.Struct):
    """What became of the run's trials."""

    trials: int = 0
    judged: int = 0
    errors: int = 0
    causes: dict[str, int] = {}
    """Of the errors."""
    from_transcript: int = 0
    """Judged on the last reply alone, without facts of the suite."""
    several_replies: int = 0
    """Of those: the target had answered more than once."""
    not_judged: dict[str, int] = {}
    """Trials by reason."""
    waiting: int = 0
    """Trials that this judging has not come to."""


def ledgers(folder: Path) -> list[Path]:
    return sorted((folder / FOLDER).glob(f"*/{LEDGER_NAME}"))


def judgings(folder: Path) -> list[Judging]:
    """Those that have begun, by name; what a newer version wrote is passed over."""
    found = []
    for path in ledgers(folder):
        reader = open_reader(path.parent)
        try:
            about: About | None = reader.meta(ABOUT, About)
        finally:
            reader.close()
        if about is not None and about.version <= VERSION:
            found.append(Judging(path.parent.name, about, path.parent))
    return found


def begun(judging: Judging) -> Begun:
    reader = open_reader(judging.folder)
    try:
        manifest: Manifest | None = reader.meta("manifest", Manifest)
        stops = [why for _, _, why in reader.sessions()]
    finally:
        reader.close()
    asked = judging.about.model and manifest is not None
    return Begun(manifest.roles if manifest and asked else {}, stops[-1] if stops else "")


def new_cases(reader: Reader, states: list[SuiteState]) -> Iterator[FinishedCase]:
    """Of the attempts that count in the run."""
    for case in reader.cases():
        if case.suite < len(states):
            state = states[case.suite]
            inside = case.case_no < len(state.done)
            if inside and case.attempt == state.attempt(case.case_no):
                yield case


def rows(folder: Path, states: list[SuiteState], names: list[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of the trial table, with the judging's name at their end."""
    prefixes = [state.prefix() for state in states]
    for judging in judgings(folder):
        reader = open_reader(judging.folder)
        try:
            for case in new_cases(reader, states):
                kept = tuple(trial for trial in case.trials if trial.verdicts)
                said = msgspec.structs.replace(case, trials=kept)
                inside = case.case_no < prefixes[case.suite]
                for row in rows_of(said, names[case.suite], inside):
                    yield (*row, judging.id)
        finally:
            reader.close()


def compared(
    old: Reader, judging: Judging, states: list[SuiteState], names: list[str]
) -> tuple[list[Beside], Counts]:
    """Every verdict of the judging beside the run's own of the same trial and reply."""
    reader = open_reader(judging.folder)
    try:
        said = {(c.suite, c.case_no): c for c in new_cases(reader, states)}
    finally:
        reader.close()
    found: list[Beside] = []
    counts = Counts()
    for case in new_cases(old, states):
        again = said.get((case.suite, case.case_no))
        counts.trials += len(case.trials)
        if again is None:
            counts.waiting += len(case.trials)
            continue
        before = {(trial.arm, trial.repeat): trial for trial in case.trials}
        for trial in again.trials:
            _count(counts, trial)
            if trial.verdicts:
                own = before[trial.arm, trial.repeat]
                found += _pairs(names[case.suite], case, own, trial)
    return found, counts


def _count(counts: Counts, trial: TrialRow) -> None:
    if not trial.verdicts:
        reason = str(trial.labels.get(NO_EXHIBIT, ""))
        counts.not_judged[reason] = counts.not_judged.get(reason, 0) + 1
        return
    verdict = trial.verdicts[0]
    if trial.labels.get(SOURCE) == "transcript":
        counts.from_transcript += 1
        counts.several_replies += int(trial.labels.get(REPLIES, 1)) > 1
    if verdict.behaviour == "error":
        counts.errors += 1
        cause = verdict.cause or "error"
        counts.causes[cause] = counts.causes.get(cause, 0) + 1
    else:
        counts.judged += 1


def _pairs(suite: str, case: FinishedCase, own: TrialRow, again: TrialRow) -> Iterator[Beside]:
    for verdict in own.verdicts:
        if verdict.judge in again.labels.get(BESIDE, ()):
            yield Beside(
                suite, case.case_no, case.case_id, case.cluster, own.arm, own.repeat, own.labels,
                verdict, again.verdicts[0],
            )  # fmt: skip
