"""Several targets under one plan: `auscult.several.audit_several(...)`.

One run directory each under a common folder, asked one after another, and one dossier that sets
them side by side. Every run is a run like any other: it can be resumed, shown and reported.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.api import RUNS, Run, bare, digest_of, in_a_loop, make_plan, run_async, safe_name
from auscult.core.errors import AuditError, Fault, PlanError, RunError, RunInterrupted, UsageError
from auscult.engine.bind import bind
from auscult.engine.canaries_kept import cost_of
from auscult.engine.ledger import LEDGER_NAME, open_reader
from auscult.engine.ledger_file import make_private
from auscult.engine.plan import Limits, Plan, RolePlan, canonical, flatten
from auscult.engine.progress import Progress
from auscult.engine.run import Options, Outcome, run_plan
from auscult.engine.view import RunView
from auscult.kit.secret import masked

if TYPE_CHECKING:
    from auscult.report.several import Several


class Turn(msgspec.Struct):
    """One of several targets: its plan, its run directory, and what came of it."""

    plan: Plan
    folder: Path
    outcome: Outcome | None = None
    stopped: str = "not begun"
    error: AuditError | None = None

    @property
    def target(self) -> str:
        return str(masked(self.plan.target.use))


class SeveralRuns(msgspec.Struct):
    """Runs of one plan with several targets, and the page that compares them, where any can be."""

    folder: Path
    turns: list[Turn]
    dossier: Path | None = None
    comparison: Several | None = None


def turns_of(plans: Sequence[Plan], out: Path | None = None) -> tuple[Path, list[Turn]]:
    """The common folder and a run directory each, named by the target alone: the same command
    finds them again, and one that names a further target adds to them. All names, options and
    keys are checked here, before anything is asked of anybody."""
    if len(plans) < 2:
        raise UsageError("several targets are compared: name at least two, each with --target")
    _check_all(plans)
    folder = out if out is not None else _common_folder(plans[0])
    if (folder / LEDGER_NAME).exists():
        raise UsageError(
            f"'{folder}' is a run of one target; name another folder with --out for several"
        )
    turns = []
    for plan in plans:
        role = msgspec.structs.replace(plan.target, note="")
        name = (
            f"{safe_name(plan.target.use.partition('?')[0])[:50]}-{digest_of(canonical(role))[:6]}"
        )
        turns.append(Turn(plan, folder / name))
    return folder, turns


def _check_all(plans: Sequence[Plan]) -> None:
    wrong: list[tuple[str, list[Fault]]] = []
    seen: dict[str, str] = {}
    currencies: set[str] = set()
    for plan in plans:
        name = str(masked(plan.target.use))
        try:
            bound = bind(plan)
        except PlanError as error:
            wrong.append((name, list(error.faults)))
            continue
        target = bound.roles["target"].target
        who = repr((target.identity, target.endpoint, sorted(flatten(target.fingerprint).items())))
        if who in seen:
            what = f"the same target as '{seen[who]}'" if seen[who] != name else "given twice"
            wrong.append((name, [Fault("target", what, "name each target once")]))
        seen.setdefault(who, name)
        currencies.add(bound.currency)
    faults = _told_once(wrong, len(plans))
    if len(currencies) > 1 and plans[0].limits.money is not None:
        what = f"prices are in {' and '.join(sorted(currencies))}, and one cap cannot hold both"
        faults.append(Fault("--cap-money", what, "give all prices in one currency"))
    if faults:
        raise PlanError("the command", faults)


def _told_once(wrong: Sequence[tuple[str, list[Fault]]], plans: int) -> list[Fault]:
    """What every plan has wrong is no fault of a target; the rest is told with its target."""
    every = [fault for _, faults in wrong for fault in faults]
    shared = [fault for fault in dict.fromkeys(every) if every.count(fault) == plans]
    own = []
    for name, faults in wrong:
        for fault in faults:
            if fault not in shared:
                place = "" if fault.where.startswith("target") else f", {fault.where}"
                own.append(msgspec.structs.replace(fault, where=f"--target {name}{place}"))
    return [*own, *shared]


def _common_folder(plan: Plan) -> Path:
    """Of one plan whoever is its target, so that a further target joins those that are there."""
    nobody = msgspec.structs.replace(bare(plan), target=RolePlan("-"))
    return RUNS / f"{safe_name(plan.name)[:48]}-targets-{digest_of(canonical(nobody))[:8]}"


def run_in_turn(
    turns: Sequence[Turn],
    options: Options,
    shown: Callable[[int, Turn, Progress], AbstractContextManager[None]],
) -> None:
    """One after another. A target that fails leaves the others whole, and the next one is asked;
    wrong usage and an interruption end the sequence. Caps hold over all of them together."""
    for place, turn in enumerate(turns):
        limits = limits_of(turns, place)
        if limits is None:
            turn.stopped = "not asked: the caps are used up"
            continue
        progress = Progress()
        plan = msgspec.structs.replace(turn.plan, limits=limits)
        try:
            with shown(place, turn, progress):
                turn.outcome = run_async(run_plan(plan, turn.folder, options, progress))
        except RunError as error:  # before its first call: its folder is in use, say
            turn.error, turn.stopped = error, f"failed: {error}"
            continue
        turn.error, turn.stopped = turn.outcome.error, turn.outcome.stopped
        if turn.outcome.finished:
            run = Run(turn.folder)
            run.report()
            run.view.close()
        if turn.stopped == "interrupted":
            return


def limits_of(turns: Sequence[Turn], place: int) -> Limits | None:
    """What a target may spend: what it has spent, and an equal share of what the caps leave to it
    and to those after it. What one does not need, the next may have. None where nothing is left."""
    asked = turns[place].plan.limits
    spent = [spent_in(turn.folder) for turn in turns]
    mine = spent[place]
    if mine.complete and (kept := _as_recorded(turns[place])) is not None:
        return kept
    heirs = 1 + sum(not later.complete for later in spent[place + 1 :])
    caps: dict[str, Any] = {}
    for name in ("calls", "tokens", "money", "minutes"):
        cap = getattr(asked, name)
        if cap is None:
            continue
        share = (cap - sum(getattr(each, name) for each in spent)) / heirs
        if name in ("calls", "tokens"):
            share = int(share)
        if share <= 0:
            return None
        caps[name] = getattr(mine, name) + share
    return msgspec.structs.replace(asked, **caps)


class Spent(msgspec.Struct, frozen=True):
    calls: int = 0
    tokens: int = 0
    money: float = 0.0
    minutes: float = 0.0
    complete: bool = False


def spent_in(folder: Path) -> Spent:
    """Over all sessions; a call that was sent and never answered counts as spent."""
    if not (folder / LEDGER_NAME).exists():
        return Spent()
    reader = open_reader(folder)
    try:
        beside = cost_of(folder)
        totals = list(beside.beside(reader.totals()).values())
        lost = [*reader.unresolved(), *beside.unresolved]
        why = (reader.meta("stopped") or {}).get("why", "")
        return Spent(
            sum(t.calls for t in totals) + len(lost),
            sum(t.charged for t in totals) + sum(i.tokens for i in lost),
            sum(t.cost for t in totals) + sum(i.cost or 0.0 for i in lost),
            sum(seconds for _, seconds, _ in reader.sessions()) / 60,
            why == "complete",
        )
    finally:
        reader.close()


def _as_recorded(turn: Turn) -> Limits | None:
    """The caps a complete run was made under, where nothing further is asked of it: so that its
    record does not tell of a change that changed nothing."""
    view = RunView(turn.folder)
    try:
        same = bare(view.plan).digest() == bare(turn.plan).digest()
        grown = [s.limit for s in view.plan.suites] != [s.limit for s in turn.plan.suites]
        return view.plan.limits if same and not grown else None
    finally:
        view.close()


def compare_turns(runs: SeveralRuns) -> None:
    """Writes the common dossier where at least two targets have finished a case."""
    from auscult.report.several import several
    from auscult.report.several_page import write_several

    views: dict[int, RunView] = {}
    try:
        for place, turn in enumerate(runs.turns):
            if turn.outcome and turn.outcome.finished:
                views[place] = RunView(turn.folder)
        there = [n for n, view in views.items() if any(s.prefix for s in view.suites)]
        if len(there) < 2:
            return
        absent = [
            f"{turn.target}: no case that counts was finished ({turn.stopped})."
            for place, turn in enumerate(runs.turns)
            if place not in there
        ]
        runs.comparison = several([views[place] for place in there], absent)
    finally:
        for view in views.values():
            view.close()
    runs.dossier = write_several(runs.comparison, runs.folder)
    make_private(runs.folder)


def raise_failures(turns: Sequence[Turn]) -> None:
    """One sentence for all that did not end well, and how to go on."""
    on = "the same command goes on where it stopped"
    for turn in turns:
        if turn.stopped == "interrupted" and turn.outcome is not None:
            done = f"{turn.outcome.finished} of {turn.outcome.planned} cases"
            raise RunInterrupted(f"stopped by you during '{turn.target}' ({done}); {on}")
    failed = [turn for turn in turns if turn.error is not None]
    if failed:
        told = "; ".join(f"'{turn.target}': {turn.error}" for turn in failed)
        raise RunError(
            f"{len(failed)} of {len(turns)} targets failed, the others are whole: {told}; mend "
            f"that, and {on}"
        )


def audit_several(
    suites: str | Sequence[str],
    *,
    targets: Sequence[str],
    out: Path | str | None = None,
    accept_changes: bool = False,
    **arguments: Any,
) -> SeveralRuns:
    """The same plan with each target in turn, and one dossier that compares them. Caps in `limits`
    hold over all of them together."""
    plans = [make_plan(suites, target=target, **arguments) for target in targets]
    folder, turns = turns_of(plans, None if out is None else Path(out))
    here = threading.current_thread() is threading.main_thread() and not in_a_loop()
    options = Options(accept_changes=accept_changes, handle_signals=here)
    runs = SeveralRuns(folder, turns)
    run_in_turn(turns, options, lambda *_: nullcontext())
    compare_turns(runs)
    raise_failures(turns)
    return runs
