"""auscult review queue | answer | add | show: people read a run's verdicts, and what that says.

The types of the flags are here too, so that importing this module has to be cheap.
"""

from __future__ import annotations

import asyncio
import sys
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auscult.core.errors import UsageError

if TYPE_CHECKING:
    from auscult.kit.review.queue_file import QueueItem

review_app = typer.Typer(help="People read a judge's verdicts: draw a queue, label, see.")

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
File = Annotated[Path, typer.Argument(metavar="FILE", help="A review queue.", show_default=False)]
Files = Annotated[
    list[Path], typer.Argument(metavar="FILE...", help="Queues with labels.", show_default=False)
]
Sample = Annotated[int, typer.Option("--sample", min=0, help="How many at random.", metavar="N")]
Priority = Annotated[
    int, typer.Option("--priority", min=0, help="How many of those most worth it.", metavar="M")
]
Judge = Annotated[str, typer.Option("--judge", help="Whose verdicts, where several read the run.")]
Seed = Annotated[int, typer.Option("--seed", help="Who is picked follows from it.")]
Double = Annotated[
    float, typer.Option("--double", min=0.0, max=1.0, help="Share that two people read.")
]
Out = Annotated[Path, typer.Option("--out", help="A new .jsonl or .csv file.", metavar="FILE")]
Unredacted = Annotated[bool, typer.Option("--unredacted", help="Also replies that could do harm.")]
Reviewer = Annotated[str, typer.Option("--reviewer", help="Who labels: name and role.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]


@review_app.command(epilog="Example: auscult review queue runs/mine --sample 100 --priority 20")
def queue(
    folder: Folder,
    sample: Sample = 100,
    priority: Priority = 0,
    judge: Judge = "",
    seed: Seed = 0,
    double: Double = 0.0,
    out: Out = Path("queue.jsonl"),
    unredacted: Unredacted = False,
) -> None:
    """Draw what people are to read: a random sample of a judge's verdicts, and those worth most.

    The file shows prompt, reply and question: no verdict, no arm, no model, no reason.
    """
    from auscult.cli.display import console, note
    from auscult.engine.labels import keep_queue
    from auscult.engine.labels_drawn import Wish, draw, shown, suites_in
    from auscult.engine.view import RunView
    from auscult.kit.review.queue_file import check_place, write_queue
    from auscult.report.evidence import redacts

    check_place(out)
    view = RunView(folder)
    try:
        draft = draw(view, Wish(sample, priority, seed, double, judge))
        held_back = [name for name in suites_in(draft.items) if redacts(view, name)]
        if held_back and not unredacted:
            raise UsageError(
                f"replies to '{held_back[0]}' could do harm and are withheld wherever a run is "
                "shown; to write them into a queue all the same, add --unredacted"
            )
        items = asyncio.run(shown(view, draft))
    finally:
        view.close()
    write_queue(out, items)
    with ExitStack() as failed:
        failed.callback(out.unlink, missing_ok=True)
        keep_queue(folder, draft.queue, draft.items)
        failed.pop_all()
    random = sum(one.part == "random" for one in draft.items)
    console.print(
        f"{out}: {len(items)} items, {random} at random of {draft.queue.verdicts} verdicts and "
        f"{len(items) - random} for priority",
        highlight=False, soft_wrap=True,
    )  # fmt: skip
    note(
        f"'{out}' holds what was asked and answered, perhaps what patients said: it is for your "
        "eyes only (0600); keep it so, and remove it when its labels are added."
    )


@review_app.command(epilog="Example: auscult review answer queue.jsonl --reviewer 'Dr A. Example'")
def answer(file: File, reviewer: Reviewer) -> None:
    """Label a queue in a terminal, item by item. Each label is saved at once; it can be resumed."""
    from auscult.cli.display import console
    from auscult.kit.review.queue_file import open_to, read_queue

    who = reviewer.strip()
    if not who:
        raise UsageError("say who labels: --reviewer NAME")
    if file.suffix.lower() == ".csv":
        raise UsageError(f"'{file}' is for a spreadsheet; a terminal needs a .jsonl queue")
    if not _has_terminal():
        raise UsageError("labelling needs a terminal; else fill in 'label' in the file")
    total = len(read_queue(file, who).items)
    skipped: set[str] = set()
    while True:
        todo = [one for one in open_to(read_queue(file, who), who) if one.item not in skipped]
        if not todo:
            break
        console.rule(f"{len(todo)} of {total} to go")
        if not _asked(file, todo[0], who):
            skipped.add(todo[0].item)
    left = f"; {len(skipped)} skipped" if skipped else ""
    console.print(f"nothing is left for {who}{left}", highlight=False, markup=False)


def _has_terminal() -> bool:
    return sys.stdin.isatty()


def _asked(file: Path, one: QueueItem, who: str) -> bool:
    """Shows one item and takes a key; False where it is skipped."""
    from auscult.cli.display import console
    from auscult.engine.clock import utcnow
    from auscult.kit.review.queue_file import Answer, append_answer
    from auscult.report.evidence import printable

    def say(text: str, style: str = "") -> None:
        console.print(printable(text), markup=False, highlight=False, style=style)

    for turn in one.prompt:
        say(turn.role, "bold")
        say(turn.text)
    say("reply", "bold")
    say(one.reply)
    for name, fact in one.facts.items():
        say(f"{name}: {fact}", "dim")
    say(one.question, "bold")
    for number, label in enumerate(one.allowed, 1):
        say(f"  {number}  {label}")
    while True:
        key = typer.prompt("Number, s to skip, q to stop").strip().lower()
        if key == "q":
            raise typer.Exit
        if key == "s":
            return False
        if key.isdecimal() and 1 <= int(key) <= len(one.allowed):
            label = one.allowed[int(key) - 1]
            stamp = utcnow().isoformat()
            append_answer(file, Answer(item=one.item, label=label, reviewer=who, at=stamp))
            return True


@review_app.command(epilog="Example: auscult review add runs/mine queue.jsonl")
def add(folder: Folder, files: Files, reviewer: Reviewer = "", as_json: Json = False) -> None:
    """Write labels into the run's ledger. Adding a file twice changes nothing."""
    from auscult import api
    from auscult.cli.display import console
    from auscult.cli.reading import emit
    from auscult.engine.labels import add as add_labels
    from auscult.kit.review.queue_file import read_queue

    read = [(file, read_queue(file, reviewer).answers) for file in files]
    done = [add_labels(folder, answers, str(file)) for file, answers in read]
    new, changed, known = (
        sum(getattr(one, name) for one in done) for name in ("new", "changed", "known")
    )
    if new:
        api.Run(folder).report()
    if as_json:
        emit({"new": new, "changed": changed, "known": known})
        return
    console.print(
        f"{new} labels added ({changed} of them changed ones), {known} were there already",
        highlight=False,
    )


@review_app.command(epilog="Example: auscult review show runs/mine --json")
def show(folder: Folder, as_json: Json = False) -> None:
    """Progress, agreement of people and judge, corrected headlines, overturned verdicts."""
    from auscult import api
    from auscult.cli.display import console
    from auscult.cli.reading import emit
    from auscult.report.reviewed import block_of, record, told

    run = api.Run(folder)
    found = told(run.view, run.estimates(), run.findings())
    if as_json:
        emit([record(one) for one in found])
        return
    if not found:
        console.print("no queue was drawn from this run; see auscult review queue --help")
    for one in found:
        _print(block_of(one))


def _print(block: Any) -> None:
    from rich.table import Table

    from auscult.cli.display import console
    from auscult.report.evidence import printable

    console.print(block.title, style="bold", highlight=False, markup=False)
    for words in block.sentences:
        console.print(printable(words), highlight=False, markup=False)
    for part in block.tables:
        table = Table(title=printable(part.title), title_justify="left")
        for column in part.columns:
            table.add_column(printable(column), overflow="fold")
        for row in part.rows:
            table.add_row(*(printable(cell).replace("[", "\\[") for cell in row))
        console.print(table)
