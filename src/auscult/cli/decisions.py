"""auscult compare and auscult gate: their flags. What they do is in cli/comparing.py."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

GATE = "Example: auscult gate runs/new --against runs/old --margin accuracy=0.05"

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
RunA = Annotated[Path, typer.Argument(metavar="RUN_A", help="A run.", show_default=False)]
RunB = Annotated[
    Path, typer.Argument(metavar="RUN_B", help="The run to subtract.", show_default=False)
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]
Against = Annotated[
    Path | None, typer.Option("--against", help="The run to be no worse than.", metavar="DIR")
]
Margins = Annotated[
    list[str] | None,
    typer.Option(
        "--margin", help="How much worse still passes; repeatable.", metavar="[METRIC=]NUMBER"
    ),
]
Required = Annotated[
    list[str] | None,
    typer.Option("--require", help="A level to reach; repeatable.", metavar="METRIC>=NUMBER"),
]
Junit = Annotated[
    Path | None, typer.Option("--junit", help="Write the verdict as JUnit XML.", metavar="FILE")
]
Alpha = Annotated[float, typer.Option("--alpha", help="One-sided error of each check.")]


def compare(run_a: RunA, run_b: RunB, as_json: Json = False) -> None:
    """Compare two runs on their shared cases: A minus B, metric by metric."""
    from auscult.cli.comparing import compare_command

    compare_command(run_a, run_b, as_json=as_json)


def gate(
    folder: Folder,
    against: Against = None,
    margin: Margins = None,
    require: Required = None,
    junit: Junit = None,
    alpha: Alpha = 0.05,
    as_json: Json = False,
) -> None:
    """Decide a release: exit 0 pass, 4 fail, 3 undecided."""
    from auscult.cli.comparing import gate_command

    gate_command(
        folder, against, margin or (), require or (), junit=junit, alpha=alpha, as_json=as_json
    )
