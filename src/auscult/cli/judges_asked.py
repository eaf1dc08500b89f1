"""What `auscult judges calibrate --judge-model` adds to the run of `engine.calibration`: the folder
it goes on in, what is shown before anything is spent, and whether to go on."""

from __future__ import annotations

import asyncio
import hashlib
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import msgspec
import typer

from auscult import api
from auscult.cli.display import note, show_progress
from auscult.core.errors import UsageError
from auscult.core.protocols import Judge
from auscult.engine.calibration import (
    Calibration,
    Heard,
    Need,
    asks_a_model,
    calibration_plan,
    drawn,
    judge_model,
)
from auscult.engine.manifest import file_digest
from auscult.engine.plan import canonical
from auscult.kit.judge_labels import LabelledReply
from auscult.kit.panel.probes import probe_judges


class Wish(msgspec.Struct, frozen=True):
    """What was asked for on the command line, besides the judge and its answers."""

    model: str
    labels: Path
    columns: Any
    """How the file was read: part of what a folder is for."""
    out: Path | None = None
    limit: int | None = None
    cap_calls: int | None = None
    concurrency: int = 16
    yes: bool = False
    quiet: bool = False
    roles: Mapping[str, str] = {}
    """Who plays the further roles of a panel."""
    options: Mapping[str, str] = {}
    """Of the judge, as it was built."""
    probes: bool = False


def hear(judge: Judge, rows: Sequence[LabelledReply], wish: Wish) -> Heard:
    """Asks what has not been asked yet, and reads the ledger. An outcome with an error, or that
    was interrupted, is the caller's to raise once it has shown what there is."""
    chosen = drawn(rows, wish.limit)
    probes = probe_judges(judge, wish.options) if wish.probes else {}
    plan = calibration_plan(
        judge, wish.model, calls=wish.cap_calls, concurrency=wish.concurrency, others=wish.roles
    )
    target = judge_model(plan)
    folder = wish.out or _folder(judge, wish)
    work = Calibration(judge, chosen, plan, target, folder, _data(wish), probes)
    need = asyncio.run(work.need())
    if not need.asking and not need.done and not asks_a_model(judge):
        raise UsageError(f"judge '{judge.name}' asks no model; leave --judge-model out")
    _confirm(need, work, wish)
    with show_progress(work.progress, quiet=wish.quiet):
        outcome = api.run_async(work.run())
    return work.heard(outcome)


def _data(wish: Wish) -> dict[str, str]:
    return {
        "of the labelled answers": file_digest(wish.labels),
        "of --prompt, --answer, --label, --fact and --map": _digest(wish.columns),
        "of --option and --probes": _digest(_how(wish)),
    }


def _how(wish: Wish) -> Any:
    return (wish.options, wish.probes)


def _folder(judge: Judge, wish: Wish) -> Path:
    """The same command lands in the same folder, and so goes on. A limit is no part of it."""
    model = wish.model.partition("?")[0].replace("/", "-")
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in f"{judge.name}-{model}")
    about: tuple[Any, ...] = (file_digest(wish.labels), wish.model, wish.columns, judge.version)
    if wish.roles or wish.options or wish.probes:
        about += (wish.roles, *_how(wish))
    return api.RUNS / f"judge-{safe[:50]}-{_digest(about)[:8]}"


def _confirm(need: Need, work: Calibration, wish: Wish) -> None:
    """Somebody may be about to pay: show what, and ask. Local and loopback models are free, and so
    is what has been answered in an earlier session."""
    players = work.played.values()
    free = not need.asking or all(who.local for who in players)
    if not wish.quiet or not (wish.yes or free):
        who = " and ".join(f"{target.identity} at {target.endpoint}" for target in players)
        note(f"{who}: {need}", style="")
        for words in work.kin if need.asking else ():
            note(words, style="yellow")
    if wish.yes or free:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask: add --yes to spend this")
    if not typer.confirm("Go on?", default=False):
        raise UsageError("nothing was asked and nothing was spent")


def _digest(value: Any) -> str:
    return hashlib.sha256(canonical(value)).hexdigest()
