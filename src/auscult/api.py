"""The Python API: `auscult.audit(...)` runs, `auscult.open_run(DIR)` reads."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
from collections.abc import Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.errors import RunError, RunInterrupted, UsageError
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Sampling
from auscult.core.protocols import DataSet
from auscult.engine.ledger_file import make_private
from auscult.engine.plan import Limits, Plan, RolePlan, SuitePlan
from auscult.engine.planfile import checked, dataset_of, read_plan
from auscult.engine.progress import Progress
from auscult.engine.run import Options, Outcome, run_plan
from auscult.engine.view import RunView

if TYPE_CHECKING:
    import polars as pl

    from auscult.report.contract import Results

RUNS = Path("runs")


class Run:
    """A run directory. Everything is read from the ledger; no model is needed."""

    def __init__(self, folder: Path | str) -> None:
        self.folder = Path(folder)
        self.view = RunView(self.folder)
        self._results: Results | None = None

    @property
    def stopped(self) -> str:
        return self.view.stopped

    def trials(self) -> pl.DataFrame:
        """One row per trial and judge, of each case's current attempt."""
        return self.view.table().collect()

    def results(self) -> Results:
        if self._results is None:
            from auscult.report.results import build_results

            self._results = build_results(self.view)
        return self._results

    def estimates(self) -> list[Estimate]:
        return list(self.results().estimates)

    def findings(self) -> list[Finding]:
        return list(self.results().findings)

    def report(self) -> Path:
        """Rebuilds trials.parquet, results.json and the dossier; returns the dossier's path."""
        from auscult.report.dossier import write_dossier
        from auscult.report.judges import measured_errors
        from auscult.report.results import write_results

        self.view.export()
        self._results = None
        results = self.results()
        write_results(self.view, results)
        changed = self.view.plan.changed_judges
        judges = [n for status in self.view.suites for n in status.judges if n not in changed]
        dossier = write_dossier(self.view, results, measured_errors(judges))
        make_private(self.folder)
        return dossier


def open_run(folder: Path | str) -> Run:
    return Run(folder)


def default_folder(plan: Plan) -> Path:
    """The same plan lands in the same folder, so that the same command resumes."""
    from auscult.engine.plan import canonical

    stem = plan.target.use.partition("?")[0]
    return RUNS / f"{safe_name(f'{plan.name}-{stem}')[:60]}-{digest_of(canonical(bare(plan)))[:8]}"


def bare(plan: Plan) -> Plan:
    """Without caps and limits, because they may change between sessions."""
    suites = tuple(msgspec.structs.replace(s, limit=None) for s in plan.suites)
    return msgspec.structs.replace(plan, limits=Limits(), suites=suites)


def safe_name(name: str) -> str:
    plain = name.replace("/", "-").replace(" ", "_")
    return "".join(c if c.isalnum() or c in "-_." else "-" for c in plain)


def digest_of(body: bytes) -> str:
    import hashlib

    return hashlib.sha256(body).hexdigest()


def make_plan(
    suites: str | Sequence[str] = "knowledge",
    *,
    target: str,
    data: Sequence[str | DataSet] = (),
    limit: int | None = None,
    seed: int = 0,
    limits: Limits | None = None,
    system: str = "",
    sampling: Sampling | None = None,
    target_options: dict[str, Any] | None = None,
    suite_options: dict[str, Any] | None = None,
    **more: Any,
) -> Plan:
    """A plan from arguments, as the command line builds it, with all its faults at once."""
    names = [suites] if isinstance(suites, str) else list(suites)
    sets = tuple(
        d if isinstance(d, DataSet) else msgspec.convert(dataset_of(d), DataSet) for d in data
    )
    chosen = tuple(SuitePlan(n, sets, limit, dict(suite_options or {})) for n in names)
    role = RolePlan(target, system, sampling or Sampling(), dict(target_options or {}))
    name = "-".join(n.replace("/", "-") for n in names)
    whole = {"name": name, "seed": seed, **more, "limits": limits or Limits()}
    return checked(Plan(role, chosen, **whole))


def audit(
    suites: str | Sequence[str] = "knowledge",
    *,
    target: str = "",
    plan: Plan | Path | str | None = None,
    out: Path | str | None = None,
    retry_errors: bool = False,
    accept_changes: bool = False,
    progress: Progress | None = None,
    report: bool = True,
    **arguments: Any,
) -> Run:
    """Runs (or resumes) an audit and returns it. Raises what stopped it, after keeping the rest."""
    if plan is None:
        if not target:
            raise UsageError('name who is audited: audit("knowledge", target="openai/NAME")')
        plan = make_plan(suites, target=target, **arguments)
    elif arguments or target:
        given = ", ".join(sorted({**arguments, **({"target": 1} if target else {})}))
        raise UsageError(f"a plan says everything; leave out: {given}")
    if not isinstance(plan, Plan):
        plan = read_plan(Path(plan))
    folder = Path(out) if out is not None else default_folder(plan)
    here = threading.current_thread() is threading.main_thread() and not in_a_loop()
    options = Options(retry_errors, accept_changes, handle_signals=here)
    outcome = run_async(run_plan(plan, folder, options, progress))
    run = Run(folder)
    if report and outcome.finished:
        run.report()
    raise_failure(outcome)
    return run


def raise_failure(outcome: Outcome) -> None:
    if outcome.error is not None:
        raise outcome.error
    if outcome.stopped == "interrupted":
        raise RunInterrupted(
            f"stopped by you after {outcome.finished} of {outcome.planned} cases; "
            "run the same command to go on"
        )
    if not outcome.finished and outcome.stopped.endswith(" cap"):
        raise RunError(
            f"no case was finished within the {outcome.stopped}, which is below what one case may "
            "take; raise it and run the same command again (auscult estimate says what a run takes)"
        )


def in_a_loop() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def run_async(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    """One event loop a run, uvloop's where there is one; works inside a notebook's loop too."""
    if not in_a_loop():
        return _run_here(work)
    from concurrent.futures import ThreadPoolExecutor

    with ThreadPoolExecutor(1) as pool:
        return pool.submit(_run_here, work).result()


def _run_here(work: Coroutine[Any, Any, Outcome]) -> Outcome:
    # The ledger's thread hands the interpreter over often; the default 5 ms makes both wait.
    before, collecting = sys.getswitchinterval(), gc.get_threshold()
    sys.setswitchinterval(0.0005)
    # Most of what a call makes is freed by counting; at the default, looking for cycles took a
    # tenth of the CPU.
    gc.set_threshold(50_000, 20, 100)
    try:
        try:
            import uvloop
        except ImportError:
            return asyncio.run(work)
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(work)
    finally:
        sys.setswitchinterval(before)
        gc.set_threshold(*collecting)
