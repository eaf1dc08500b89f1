"""auscult models list | get | check."""

from __future__ import annotations

from pathlib import Path

import typer

from auscult.cli.display import console, errors, note
from auscult.cli.reading import emit
from auscult.core.errors import UsageError
from auscult.kit import models


def list_models(*, as_json: bool) -> None:
    rows = [
        {"name": card.name, "title": card.title, "role": card.role, "licence": card.licence,
         "bytes": card.bytes, "here": models.path_of(card.name) is not None}
        for card in models.catalogue()
    ]  # fmt: skip
    if as_json:
        emit(rows)
        return
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for head in ("name", "model", "size", "here", "use"):
        table.add_column(head)
    for row, card in zip(rows, models.catalogue(), strict=True):
        here = "yes" if row["here"] else "no"
        table.add_row(card.name, card.title, f"{card.bytes / 1e6:,.0f} MB", here, card.role)
    console.print(table)


def get_model(name: str) -> None:
    console.print(str(fetch(name, quiet=False)), highlight=False, soft_wrap=True)


def fetch(name: str, *, quiet: bool) -> Path:
    if quiet:
        return models.get(name)
    from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeRemainingColumn

    note(f"getting the model '{name}' (once; kept in {models.cache_dir()})")
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=errors, transient=True) as bar:
        task = bar.add_task(name, total=None)
        return models.get(
            name,
            progress=lambda text, done, total: bar.update(
                task, description=text, completed=done, total=total or None
            ),
        )


def check_models(name: str, *, as_json: bool) -> None:
    cards = [c for c in models.catalogue() if not name or c.name == name]
    if not cards:
        known = [c.name for c in models.catalogue()]
        from auscult.core.registry import did_you_mean

        raise UsageError(f"no embedded model is named '{name}'" + did_you_mean(name, known))
    states = {card.name: models.check(card.name) for card in cards}
    if as_json:
        emit(states)
    else:
        for card in cards:
            console.print(f"{card.name}: {states[card.name].state}", highlight=False)
    wanted = bool(name)
    bad = [
        n for n, s in states.items() if s.state == "corrupt" or (wanted and s.state != "present")
    ]
    if bad:
        raise typer.Exit(1)
