"""auscult memory add | show | merge | export | forget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from auscult.kit.memory import Memory

memory_app = typer.Typer(help="Memory: what earlier audits found to work, against what.")
CALLED_FOR = 3
"""Tries of a chain under which a line of `show` says little, and is left out."""
MOST = 12

File = Annotated[Path, typer.Argument(metavar="FILE", help="A memory file.")]
Files = Annotated[list[Path], typer.Argument(metavar="FILE...", help="Memory files.")]
Folders = Annotated[list[Path], typer.Argument(metavar="RUN...", help="Run directories.")]
To = Annotated[Path, typer.Option("--to", help="The file to write.", metavar="FILE")]
Target = Annotated[str, typer.Option("--target", "-t", help="Only of this target.")]
Run = Annotated[str, typer.Option("--run", help="Only of this run, as `show` names it.")]
Before = Annotated[str, typer.Option("--before", help="Only from before this day.", metavar="DAY")]
Family = Annotated[str, typer.Option("--family", help="What the target is a version of.")]
WithTargets = Annotated[
    bool, typer.Option("--with-targets", help="Name targets in full, and not their family alone.")
]
WithWording = Annotated[
    bool,
    typer.Option("--with-wording", help="Keep how a model put the words that broke answers too."),
]
ExportWording = Annotated[
    bool, typer.Option("--with-wording", help="With the wording that the file holds.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]


@memory_app.command("add", epilog="Example: auscult memory add runs/adaptive-gpt --to memory.json")
def add(folders: Folders, to: To, family: Family = "", with_wording: WithWording = False) -> None:
    """Adds what the searches of these runs came to. A run that is in the file is replaced, with
    the wording that the file held of it."""
    from auscult.engine.remember import audits_of
    from auscult.kit.memory import Memory, read_memory, replaced, without_wording, write_memory

    memory = read_memory(to) if to.exists() else Memory()
    for folder in folders:
        found = Memory(audits=audits_of(folder, family))
        memory = replaced(memory, found if with_wording else without_wording(found))
    write_memory(to, memory)
    _say(f"{to} holds {_count(memory)}")


@memory_app.command("merge", epilog="Example: auscult memory merge mine.json theirs.json --to all")
def merge(files: Files, to: To) -> None:
    """Joins files. A run that several hold is counted once."""
    from auscult.kit.memory import Memory, merged, read_memory, write_memory

    memory = merged(Memory(), *map(read_memory, files))
    write_memory(to, memory)
    _say(f"{to} holds {_count(memory)}")


@memory_app.command("export", epilog="Example: auscult memory export memory.json --to shared.json")
def export(
    file: File, to: To, with_targets: WithTargets = False, with_wording: ExportWording = False
) -> None:
    """Writes a file that can be given away: targets by their family alone, counts and kinds of
    case; no case, no reply and, unless you ask for it, no wording."""
    from auscult.kit.memory import exported, read_memory, write_memory

    memory = exported(read_memory(file), targets=with_targets, wording=with_wording)
    write_memory(to, memory)
    _say(f"{to} holds {_count(memory)}")


@memory_app.command(
    "forget", epilog="Example: auscult memory forget memory.json --before 2026-01-01"
)
def forget(file: File, target: Target = "", run: Run = "", before: Before = "") -> None:
    """Takes audits out of the file: those that all of what you name holds of."""
    from auscult.core.errors import UsageError
    from auscult.kit.memory import read_memory, without, write_memory

    if not (target or run or before):
        raise UsageError("say what to forget: --target NAME, --run ID or --before DAY")
    _check_day(before)
    memory = read_memory(file)
    kept = without(memory, target=target, run=run, before=before)
    gone = len(memory.audits) - len(kept.audits)
    if not gone:
        raise UsageError(f"nothing in '{file}' fits that; `auscult memory show {file}` lists it")
    write_memory(file, kept)
    _say(f"forgot {gone} of {len(memory.audits)} audits; {file} holds {_count(kept)}")


@memory_app.command("show", epilog="Example: auscult memory show memory.json --target local/qwen")
def show(file: File, target: Target = "", as_json: Json = False) -> None:
    """What worked against what: how often each chain of attacks broke an answer. Counts of
    searches, which try what works more often than what does not: no rates of a target."""
    from auscult.cli.reading import emit
    from auscult.core.errors import UsageError
    from auscult.core.registry import did_you_mean
    from auscult.kit.memory import read_memory, wordings_of

    memory = read_memory(file)
    known = {audit.target for audit in memory.audits.values()}
    if target and target not in known:
        raise UsageError(f"'{file}' knows no target '{target}'" + did_you_mean(target, known))
    rows = _rows(memory, target)
    if as_json:
        audits = [
            {
                "run": run,
                "target": audit.target,
                "family": audit.family,
                "when": audit.when,
                "wordings": len(wordings_of(audit)),
            }
            for run, audit in sorted(memory.audits.items())
            if target in ("", audit.target)
        ]
        emit({"audits": audits, "chains": rows})
        return
    _print(memory, rows, target)


def _rows(memory: Memory, target: str) -> list[dict[str, Any]]:
    """Per chain and kind of case, over all audits; the likeliest to break an answer first."""
    sums: dict[tuple[tuple[str, ...], str], list[int]] = {}
    for audit in memory.audits.values():
        if target in ("", audit.target):
            for entry in audit.entries:
                if not entry.tries:
                    continue  # it holds wording alone
                held = sums.setdefault((entry.chain, entry.feature), [0, 0])
                held[0] += entry.tries
                held[1] += entry.broke
    rows = [
        {"chain": list(chain), "kind": kind, "tries": tries, "broke": broke}
        for (chain, kind), (tries, broke) in sums.items()
    ]

    def order(row: dict[str, Any]) -> Any:
        return -(row["broke"] + 0.5) / (row["tries"] + 2), row["chain"], row["kind"]

    return sorted(rows, key=order)


def _print(memory: Memory, rows: list[dict[str, Any]], target: str) -> None:
    from rich.markup import escape
    from rich.table import Table

    from auscult.cli.display import console
    from auscult.kit.memory import wordings_of

    for run, audit in sorted(memory.audits.items()):
        if target in ("", audit.target):
            tries = sum(entry.tries for entry in audit.entries if not entry.feature)
            words = f"run {run}: {audit.target}, of {audit.family}, {audit.when}, {tries} tries"
            if wordings := len(wordings_of(audit)):
                words += f", {wordings} wording{'' if wordings == 1 else 's'}"
            console.print(words, highlight=False, soft_wrap=True, markup=False)
    for title, mine in (
        ("all cases", [row for row in rows if not row["kind"]]),
        ("by kind of case", [row for row in rows if row["kind"] and row["broke"]]),
    ):
        table = Table("attack", "kind of case", "broke an answer", "of tries", title=title)
        shown = [row for row in mine if row["tries"] >= CALLED_FOR][:MOST]
        for row in shown:
            name = escape(" + ".join(row["chain"]).replace("robustness/", ""))
            table.add_row(name, escape(row["kind"] or "any"), str(row["broke"]), str(row["tries"]))
        if shown:
            console.print(table)
    console.print(
        "Counts of searches, which try what works more often: no rates of a target.", style="dim"
    )


def _check_day(day: str) -> None:
    from datetime import date

    from auscult.core.errors import UsageError

    try:
        if day:
            date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"--before '{day}' is no day; write it as 2026-01-31") from None


def _count(memory: Memory) -> str:
    tries = sum(e.tries for a in memory.audits.values() for e in a.entries if not e.feature)
    audits = len(memory.audits)
    return f"{audits} audit{'' if audits == 1 else 's'}, {tries} tries"


def _say(words: str) -> None:
    from auscult.cli.display import console

    console.print(words, highlight=False, soft_wrap=True, markup=False)
