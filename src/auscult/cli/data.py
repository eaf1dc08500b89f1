"""auscult data check: a data set is audited before it audits anyone."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from rich.table import Table

    from auscult.kit.data_audit import Audit, Issue
    from auscult.kit.data_audit_counts import Share

data_app = typer.Typer(help="Data sets: what can be read, and what in it gives answers away.")

FAULTS_SHOWN = 5
EXAMPLES_SHOWN = 3
GROUPS_SHOWN = 60

Option = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", help="Option of the loader, repeatable.", metavar="NAME=VALUE"),
]


@data_app.callback()
def data() -> None:
    """Keeps `check` a command of its own while it is the only one."""


@data_app.command(epilog="Example: auscult data check iu-xray=iuxray.jsonl --images pictures")
def check(
    source: Annotated[str, typer.Argument(metavar="LOADER=PATH", help="See: auscult list data.")],
    images: Annotated[
        Path | None, typer.Option("--images", help="Folder of the pictures.", metavar="DIR")
    ] = None,
    option: Option = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print JSON for a script, nothing else.")
    ] = False,
) -> None:
    """Audit a data set: what contradicts, what cannot be answered, what gives the answer away."""
    check_data(source, images, option or [], as_json=as_json)


def check_data(source: str, images: Path | None, given: list[str], *, as_json: bool) -> None:
    from auscult.cli.reading import emit
    from auscult.core import registry
    from auscult.engine.planfile import dataset_of
    from auscult.kit.data_audit import audit
    from auscult.kit.data_audit_notes import notes

    dataset = dataset_of(source)
    loader = registry.build("data", dataset["loader"])
    options = {**getattr(loader, "audit_options", {}), **_named(given)}
    if images is not None:
        options["images"] = str(images)
    found = audit(loader.load(Path(dataset["path"]), options))
    reading = _reading(loader)
    if as_json:
        emit({"source": source, "options": options, "reading": reading, "audit": _plain(found),
              "notes": notes(found)})  # fmt: skip
        return
    _show(source, found, reading, notes(found))


def _named(given: Iterable[str]) -> dict[str, str]:
    from auscult.core.errors import UsageError

    options = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not equals:
            raise UsageError(f"--option '{text}' must be NAME=VALUE, such as bad_rows=error")
        options[name] = value
    return options


def _reading(loader: Any) -> dict[str, Any]:
    """What the loader left out, and which pictures it did not find."""
    pictures = getattr(loader, "pictures", None)
    reading: dict[str, Any] = {
        "skipped": getattr(loader, "n_skipped", 0),
        "duplicates": getattr(loader, "n_duplicates", 0),
        "faults": [str(fault) for fault in getattr(loader, "skipped", [])[:FAULTS_SHOWN]],
    }
    if pictures is not None:
        reading["pictures"] = {
            "folder": str(pictures.folder), "present": pictures.n_present,
            "missing": pictures.n_missing, "first_missing": pictures.missing,
        }  # fmt: skip
    return reading


def _plain(found: Audit) -> Any:
    """For a script: every share with its value, so that nobody divides again."""
    import msgspec

    return _with_values(msgspec.to_builtins(found))


def _with_values(value: Any) -> Any:
    if isinstance(value, dict):
        plain = {name: _with_values(one) for name, one in value.items()}
        if plain.keys() == {"n", "of"}:
            plain["value"] = plain["n"] / plain["of"] if plain["of"] else None
        return plain
    return [_with_values(one) for one in value] if isinstance(value, list | tuple) else value


# --- on the terminal --------------------------------------------------------------------------


def _show(source: str, found: Audit, reading: dict[str, Any], stands_out: list[str]) -> None:
    from auscult.cli.display import console

    console.print(source, style="bold", markup=False, highlight=False)
    console.print(_overview(found, reading))
    for fault in reading["faults"]:
        console.print(f"  left out: {_safe(fault)}", markup=False, highlight=False, style="dim")
    for table in _tables(found):
        console.print(table)
    if not stands_out:
        console.print("Nothing stands out by the thresholds in use.", highlight=False)
        return
    console.print("\n[bold]What stands out[/bold]", highlight=False)
    for note in stands_out:
        console.print(f"- {_safe(note)}", markup=False, highlight=False)


def _table(title: str, *columns: str) -> Table:
    from rich import box
    from rich.table import Table

    table = Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD, pad_edge=False
    )
    for number, name in enumerate(columns):
        table.add_column(name, overflow="fold", justify="left" if number == 0 else "right")
    return table


def _row(table: Table, *cells: str) -> None:
    """Words of a data file are text: neither rich's markup nor a terminal's commands."""
    from rich.text import Text

    table.add_row(*(Text(_safe(cell)) for cell in cells))


def _safe(text: str) -> str:
    return "".join(c if c.isprintable() or c == "\n" else "\N{REPLACEMENT CHARACTER}" for c in text)


def _share(share: Share) -> str:
    return f"{share.value:.1%} = {share.n:,}/{share.of:,}" if share.of else "-"


def _overview(found: Audit, reading: dict[str, Any]) -> Table:
    table = _table("Read", "what", "how many")
    _row(table, "cases", f"{found.cases:,}")
    _row(table, "pictures, patients or vignettes (clusters)", f"{found.clusters:,}")
    for task, n in found.tasks.items():
        _row(table, f"  {task}", f"{n:,}")
    _row(table, "cases with a key", f"{found.keyed:,}")
    _row(table, "rows left out as bad or without a key", f"{reading['skipped']:,}")
    _row(table, "rows there twice, dropped", f"{reading['duplicates']:,}")
    _row(table, "same picture, question and key, in other words", f"{found.repeated:,}")
    if pictures := reading.get("pictures"):
        _row(table, f"pictures in {pictures['folder']}", f"{pictures['present']:,}")
        names = ", ".join(pictures["first_missing"])
        rest = pictures["missing"] - len(pictures["first_missing"])
        more = f" and {rest:,} more" if rest else ""
        _row(
            table,
            "pictures missing" + (f": {names}{more}" if names else ""),
            f"{pictures['missing']:,}",
        )
    return table


def _tables(found: Audit) -> list[Table]:
    tables = [
        _issues("Contradictory", (found.contradictory, found.opposed)),
        _issues("Perhaps unanswerable from the picture", found.unanswerable),
        _issues("Flagged by the loader", found.flagged),
        _issues("Leaking", found.leaking),
    ]
    return [
        *(table for table in tables if table.row_count),
        *_lookup_tables(found),
        *_prior_tables(found),
        *_coverage_tables(found),
    ]


def _issues(title: str, issues: Iterable[Issue]) -> Table:
    table = _table(title, "what", "cases", "of")
    for issue in issues:
        seen = ", ".join(one.case for one in issue.examples[:EXAMPLES_SHOWN])
        _row(table, issue.what + (f"\n  {seen}" if seen else ""), f"{issue.n:,}", f"{issue.of:,}")
    return table


def _lookup_tables(found: Audit) -> list[Table]:
    table = _table(
        "Right without the picture", "by looking up", "cases", "different", "with one answer",
        "in-sample", "cross-validated", "constant",
    )  # fmt: skip
    for one in found.lookups:
        shares = (one.in_sample, one.cross_validated, one.constant)
        counts = (one.in_sample.of, one.distinct, one.settled)
        _row(table, one.by, *(f"{n:,}" for n in counts), *(f"{s.value:.1%}" for s in shares))
    tables = [table] if found.lookups else []
    if found.positions:
        where = _table("Where the key stands", "options", "key at A, B, C, ...", "best letter")
        for spread in found.positions:
            total = sum(spread.counts)
            places = ", ".join(f"{n:,}" for n in spread.counts)
            _row(where, str(spread.options), places, f"{max(spread.counts) / total:.1%}")
        tables.append(where)
    return tables


def _prior_tables(found: Audit) -> list[Table]:
    from auscult.kit.data_audit import by_kind

    table = _table("A constant answer", "questions", "answer", "scores")
    for one in found.constants:
        _row(table, one.kind, one.answer, _share(one.share))
    if found.published:
        _row(table, "all, key as published", found.published.answer, _share(found.published.share))
    tables = [table] if table.row_count else []
    by_group = _table("The same constant, by group", "questions", "group", "scores")
    rows = [(one.kind, group) for one in by_kind(found) for group in one.groups]
    for kind, group in rows[:GROUPS_SHOWN]:
        _row(by_group, kind, f"{group.group} {group.level}", _share(group.share))
    if len(rows) > GROUPS_SHOWN:
        _row(by_group, f"and {len(rows) - GROUPS_SHOWN:,} more: see --json", "", "")
    return [*tables, by_group] if by_group.row_count else tables


def _coverage_tables(found: Audit) -> list[Table]:
    from auscult.kit.modalities import modality_name

    people = _table("Who", "group", "cases")
    for group, levels in found.groups.items():
        _row(people, group, ", ".join(f"{level} {n:,}" for level, n in levels.items()))
    _row(people, "no group stated", f"{found.without_groups:,}")
    places = _table("What is pictured", "modality", "region", "cases", "of them phantoms")
    for place in found.places:
        name = f"{place.modality} ({modality_name(place.modality)})" if place.modality else ""
        _row(places, name or "not stated", place.region or "not stated", f"{place.cases:,}",
            f"{place.phantoms:,}",
        )  # fmt: skip
    return [people, places] if found.pictured else [people]
