"""auscult judge RUN --with JUDGE: a finished run judged again, from its ledger.

The types of the flags are here too, so that importing this module has to be cheap.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auscult.core.errors import UsageError

if TYPE_CHECKING:
    from auscult.engine.rejudge import Rejudging
    from auscult.engine.rejudge_forecast import Need

EXAMPLE = "Example: auscult judge runs/mine --with criteria --judge-model openai/NAME"

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="Run directory.")]
With = Annotated[str, typer.Option("--with", help="See: auscult judges list.", metavar="JUDGE")]
JudgeModel = Annotated[
    str, typer.Option("--judge-model", help="Who plays a judge that asks.", metavar="TARGET")
]
Option = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", help="Of the judge, repeatable.", metavar="NAME=VALUE"),
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A panel's further roles, repeatable.", metavar="ROLE=TARGET"),
]
CapCalls = Annotated[
    int | None, typer.Option("--cap-calls", min=1, help="Hard cap on its calls, all sessions.")
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", "-c", min=1, help="Calls in flight at most.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before spending.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]


def judge_run(  # noqa: PLR0913 - a command's flags are its parameters
    folder: Folder,
    judge: With,
    judge_model: JudgeModel = "",
    role: Roles = None,
    option: Option = None,
    cap_calls: CapCalls = None,
    concurrency: Concurrency = 16,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Judge a finished run again, from its ledger: the target is not asked, its figures stay.

    The new verdicts are kept beside the old ones, and shown with their agreement. A judge that
    asks a model needs --judge-model; the same command goes on where it was stopped: after
    --cap-calls, which covers all sessions, with a higher one.
    """
    from auscult import api
    from auscult.engine.ledger_file import make_private
    from auscult.engine.rejudge import Rejudging, Wish
    from auscult.engine.view import RunView

    options, roles = _named(option or [], "--option"), _named(role or [], "--role")
    wish = Wish(judge, judge_model, dict(options), cap_calls, concurrency, roles)
    view = RunView(folder)
    work = Rejudging(view, wish)
    try:
        need = asyncio.run(work.need())
        _confirm(need, work, yes=yes, quiet=quiet or as_json)
        outcome = _run(work, quiet=quiet or as_json)
    finally:
        asyncio.run(work.close())
    dossier = api.Run(folder).report()
    make_private(folder)
    _show(view, work, outcome.stopped, dossier, as_json=as_json)
    view.close()
    api.raise_failure(outcome)


def _named(given: list[str], flag: str) -> dict[str, str]:
    """A value may hold = signs, as an address does."""
    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals):
            raise UsageError(f"{flag} takes NAME=VALUE, not '{text}'")
        found[name] = value
    return found


def _confirm(need: Need, work: Rejudging, *, yes: bool, quiet: bool) -> None:
    """Somebody may be about to pay: show what, and ask. Local and loopback models are free."""
    from auscult.cli.display import note

    nothing = need.exact and not need.asking
    free = nothing or all(who.local for who in work.played.values())
    if not quiet or not (yes or free):
        asked = () if nothing else work.played.values()
        who = " and ".join(f"{target.identity} at {target.endpoint}" for target in asked)
        note(f"{who}: {need}" if who else str(need), style="")
        for words in () if nothing else work.kin:
            note(words, style="yellow")
    if yes or free:
        return
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask: add --yes to spend this")
    if not typer.confirm("Go on?", default=False):
        raise UsageError("nothing was asked and nothing was spent")


def _run(work: Rejudging, *, quiet: bool) -> Any:
    from auscult import api
    from auscult.cli.display import show_progress

    with show_progress(work.progress, quiet=quiet):
        return api.run_async(work.run())


def _show(view: Any, work: Rejudging, stopped: str, dossier: Path, *, as_json: bool) -> None:
    from auscult.cli.display import console
    from auscult.cli.reading import emit
    from auscult.report.judged_again import blocks, compared_with, record

    told = compared_with(view, work.judging)
    if as_json:
        emit(record(told, work.left_out) | {"stopped": stopped, "dossier": str(dossier)})
        return
    from rich.table import Table

    for block in blocks(told, work.left_out):
        console.print(block.title, style="bold", highlight=False)
        for words in block.sentences:
            console.print(words, highlight=False, markup=False)
        for part in block.tables:
            table = Table(title=part.title, title_justify="left")
            for column in part.columns:
                table.add_column(column, overflow="fold")
            for row in part.rows:
                table.add_row(*row)
            console.print(table)
    console.print(f"{stopped}; dossier: {dossier}", highlight=False, soft_wrap=True)
