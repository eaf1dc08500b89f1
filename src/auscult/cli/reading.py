"""Commands that read a run: show, report, purge, list; and the forecast's table."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import typer

from auscult import api
from auscult.cli.display import clock, console
from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.registry import did_you_mean
from auscult.engine.plan import Plan


def emit(value: Any) -> None:
    typer.echo(msgspec.json.format(msgspec.json.encode(value), indent=2).decode())


def print_run(run: api.Run, dossier: Path, *, as_json: bool) -> None:
    if as_json:
        emit({"folder": str(run.folder), "dossier": str(dossier), "stopped": run.stopped,
              "estimates": run.estimates(), "findings": run.findings()})  # fmt: skip
        return
    from auscult.report.terminal import summary

    summary(run.view, run.results(), console)


def show_run(folder: Path, *, as_json: bool) -> None:
    run = api.Run(folder)
    print_run(run, folder / "dossier" / "index.html", as_json=as_json)


def show_case(folder: Path, case_id: str, *, unredacted: bool, as_json: bool) -> None:
    import polars as pl

    from auscult.report.evidence import redacts, withheld

    run = api.Run(folder)
    trials = run.trials().filter(pl.col("case_id") == case_id)
    if trials.is_empty():
        known = run.trials()["case_id"].unique().to_list()
        raise UsageError(f"no case '{case_id}' in '{folder}'" + did_you_mean(case_id, known[:2000]))
    wanted = {
        (row["suite"], case_id, row["arm"], row["repeat"]) for row in trials.iter_rows(named=True)
    }
    said = run.view.transcripts(wanted)
    if not unredacted:
        redacting = {status.name for status in run.view.suites if redacts(run.view, status.name)}
        for key in said:
            if key[0] in redacting:
                said[key] = [withheld(message) for message in said[key]]
    if as_json:
        emit({"trials": trials.to_dicts(),
              "transcripts": [{"suite": k[0], "arm": k[2], "repeat": k[3],
                               "messages": [{"role": m.role, "text": m.text} for m in v]}
                              for k, v in said.items()]})  # fmt: skip
        return
    for row in trials.iter_rows(named=True):
        console.rule(f"{row['suite']} / {row['arm']} {row['repeat']}: {row['behaviour']}")
        for message in said.get((row["suite"], case_id, row["arm"], row["repeat"]), []):
            console.print(f"[bold]{message.role}[/bold]")
            console.print(message.text or "[no text]", markup=False, highlight=False)
        console.print(f"score {row['score']}, judge {row['judge']}, labels {row['labels']}",
                      style="dim", markup=False, highlight=False)  # fmt: skip


def rebuild(folder: Path, *, as_json: bool) -> None:
    dossier = api.Run(folder).report()
    if as_json:
        emit({"folder": str(folder), "dossier": str(dossier)})
    else:
        console.print(f"rebuilt from the ledger: {dossier}", highlight=False, soft_wrap=True)


def purge_run(folder: Path, *, yes: bool, as_json: bool) -> None:
    from auscult.engine.purge import purge

    run = api.Run(folder)
    if not yes and not typer.confirm(f"Remove every transcript of '{folder}' for good?"):
        raise UsageError("nothing was removed")
    run.report()  # the figures, from what is about to go
    run.view.close()
    removed = purge(folder)
    api.Run(folder).report()
    if as_json:
        emit({"folder": str(folder), "transcripts_removed": removed})
    else:
        console.print(f"removed {removed} transcripts; figures and trials are kept")


def list_names(kind: str, *, as_json: bool) -> None:
    words = {"loaders": "data", "loader": "data", **{v: k for k, v in registry.SINGULAR.items()}}
    wanted = words.get(kind, kind)
    if wanted and wanted not in registry.KINDS:
        raise UsageError(f"nothing is listed under '{kind}'" + did_you_mean(kind, registry.KINDS))
    kinds = [k for k in registry.KINDS if not wanted or k == wanted]
    rows = [
        {"kind": k, "name": name, "from": ref.package, "summary": registry.summary(k, name)}
        for k in kinds
        for name, ref in sorted(registry.plugins(k).items())
    ]
    if as_json:
        emit(rows)
        return
    from rich.table import Table

    for k in kinds:
        table = Table(title=k, title_justify="left", box=None, show_header=False, pad_edge=False)
        for row in rows:
            if row["kind"] == k:
                other = "" if row["from"] == "auscult" else f" (from {row['from']})"
                table.add_row(f"[bold]{row['name']}[/bold]{other}", row["summary"])
        if table.row_count:
            console.print(table)
            console.print()


def print_forecast_of(plan: Plan, folder: Path | None, *, as_json: bool = False) -> None:
    from rich.table import Table

    from auscult.engine.forecast import Range, forecast

    told = forecast(plan, folder)
    if as_json:
        emit(told)
        return

    def span(r: Range, unit: str = "") -> str:
        return f"{r.low:,.0f} to {r.high:,.0f}{unit}"

    table = Table(box=None, show_header=False, pad_edge=False)
    table.add_row("cases", ", ".join(f"{n} {name}" for name, n in told.cases.items()))
    table.add_row("calls", span(told.calls))
    table.add_row("tokens in", span(told.input_tokens))
    table.add_row("tokens out", span(told.output_tokens))
    money = "unknown (no price given)"
    if told.money is not None:
        money = f"{told.money.low:.2f} to {told.money.high:.2f} {told.currency}"
    table.add_row("money", money)
    table.add_row("time", f"{clock(told.seconds.low)} to {clock(told.seconds.high)}")
    table.add_row("from", told.basis)
    console.print(table)
    for cap in told.caps:
        console.print(f"note: {cap}", highlight=False)
