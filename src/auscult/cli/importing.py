"""auscult import: others' transcripts become a run, with a ledger, rates and a dossier.

The types of the flags are here too, so that importing this module has to be cheap.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auscult.core.errors import UsageError

if TYPE_CHECKING:
    from auscult.core.protocols import DataSet

SUITE, TARGET = "das/recorded", "replayed"
DAS, PLAIN = "das-results", "transcripts"
DETECTIONS, ANSWERS = "detailed_outputs.json", "results_*.json"
EXAMPLE = "Example: auscult import answers.jsonl --map answer=completion --out runs/theirs"
PARTS = ("prompt", "answer", "model", "label", "error", "row")

Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE...", help="Files, or a folder of DAS's.", show_default=False),
]
Loader = Annotated[
    str, typer.Option("--as", help=f"{DAS} or {PLAIN}; by the file's ending if not given.")
]
Mapped = Annotated[
    list[str] | None,
    typer.Option(
        "--map", help="prompt=COLUMN, answer=, model=, label=, error=, row=.", metavar="PART=COLUMN"
    ),
]
Labels = Annotated[
    list[str] | None,
    typer.Option("--label", help="Their label and 1, 0.5 or 0; repeatable.", metavar="THEIRS=OURS"),
]
Statuses = Annotated[
    list[str] | None,
    typer.Option("--status", help="Their status: ok or failed; repeatable.", metavar="THEIRS=OURS"),
]
Subsets = Annotated[
    bool, typer.Option("--subsets", help="Models were asked different questions on purpose.")
]
Model = Annotated[str, typer.Option("--model", help="Whose answers, where no row says.")]
SkipBad = Annotated[bool, typer.Option("--skip-bad-rows", help="Count bad rows, do not stop.")]
Out = Annotated[Path | None, typer.Option("--out", help="Run directory.", metavar="DIR")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]


def import_transcripts(  # noqa: PLR0913 - a command's flags are its parameters
    files: Files,
    loader: Loader = "",
    mapped: Mapped = None,
    label: Labels = None,
    status: Statuses = None,
    model: Model = "",
    subsets: Subsets = False,
    skip_bad_rows: SkipBad = False,
    out: Out = None,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Others' transcripts as a run: answers, what was found in them, and the rates that follow.

    Nobody is asked and nothing is sent. The run can be reported, shown and judged like any other.
    """
    from auscult import api
    from auscult.cli.running import run_and_report, typed_command
    from auscult.engine.run import Options

    options: dict[str, Any] = {"bad_rows": "skip"} if skip_bad_rows else {}
    columns = _pairs(mapped or (), "--map")
    words = {
        "labels": _pairs(label or (), "--label"), "statuses": _pairs(status or (), "--status"),
    }  # fmt: skip
    sets = [_dataset(file, loader, columns, words, model, options) for file in _expanded(files)]
    more = {"subsets": True} if subsets else {}
    plan = api.make_plan(SUITE, target=TARGET, data=sets, suite_options=more)
    folder = out or api.default_folder(plan)
    how = Options(command=typed_command(), handle_signals=True)
    run_and_report(plan, folder, how, quiet=quiet, as_json=as_json)


def _expanded(files: Sequence[Path]) -> list[Path]:
    """Of a folder the detections, which hold the answers too; without any, the answers."""
    found: list[Path] = []
    for file in files:
        if not file.is_dir():
            found.append(file)
            continue
        inside = sorted(file.rglob(DETECTIONS)) or sorted(file.rglob(ANSWERS))
        if not inside:
            raise UsageError(
                f"the folder '{file}' holds no {DETECTIONS} and no {ANSWERS}; name the files"
            )
        found += inside
    return found


def _dataset(
    file: Path, loader: str, columns: dict[str, str], words: dict[str, dict[str, str]], model: str,
    options: dict[str, Any],
) -> DataSet:  # fmt: skip
    from auscult.core.protocols import DataSet

    chosen = loader or (DAS if file.suffix.lower() == ".json" else PLAIN)
    if chosen not in (DAS, PLAIN):
        raise UsageError(f"--as takes {DAS} or {PLAIN}, not '{chosen}'")
    words = {name: said for name, said in words.items() if said}
    if chosen == DAS:
        if columns or words:
            raise UsageError(
                f"--map, --label and --status go with --as {PLAIN}; '{file}' is read as {DAS}"
            )
        more: dict[str, str] = {"model": model} if model else {}
    else:
        if wrong := [part for part in columns if part not in PARTS]:
            raise UsageError(f"--map names '{wrong[0]}'; it takes {', '.join(PARTS)}")
        more = {**columns, **({"named": model} if model else {})}
        options = {**options, **words}
    return DataSet(chosen, str(file), {**options, **more})


def _pairs(items: Sequence[str], flag: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{flag} takes NAME=VALUE, not '{item}'")
        found[name] = value
    return found
