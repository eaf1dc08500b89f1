"""auscult judges list | calibrate."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from auscult.core.protocols import Judge
    from auscult.kit.judge_labels import Measured, Share

judges_app = typer.Typer(help="Judges: what there is, and how far one agrees with people.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]


@judges_app.command("list", epilog="Example: auscult judges list")
def list_judges(as_json: Json = False) -> None:
    """What judges there are, what they read, and how many labelled answers come with each."""
    from auscult.cli.display import console
    from auscult.cli.reading import emit
    from auscult.core import registry

    rows = [_described(name) for name in sorted(registry.plugins("judges"))]
    if as_json:
        emit(rows)
        return
    for row in rows:
        console.print(f"[bold]{row['judge']}[/bold]: {row['summary']}", highlight=False)
        counts = ", ".join(f"{n} {half}" for half, n in row["labelled"].items()) or "none"
        console.print(f"  labelled answers: {counts}", highlight=False, style="dim")


@judges_app.command(
    "calibrate",
    epilog="Example: auscult judges calibrate refusal --labels answers.csv --answer completion",
)
def calibrate(  # noqa: PLR0913 - a command's flags are its parameters
    name: Annotated[str, typer.Argument(metavar="NAME", help="See: auscult judges list.")],
    labels: Annotated[
        Path, typer.Option("--labels", help="CSV or JSON Lines of labelled answers.")
    ],
    prompt: Annotated[str, typer.Option("--prompt", help="Column of the prompt.")] = "",
    answer: Annotated[str, typer.Option("--answer", help="Column of the answer.")] = "",
    label: Annotated[str, typer.Option("--label", help="Column of the person's label.")] = "",
    slice_by: Annotated[str, typer.Option("--slice", help="Column to report apart.")] = "",
    mapped: Annotated[
        list[str] | None,
        typer.Option("--map", help="Their label and ours, repeatable.", metavar="THEIRS=OURS"),
    ] = None,
    fact: Annotated[
        list[str] | None,
        typer.Option("--fact", help="A fact the judge needs, by column.", metavar="NAME=COLUMN"),
    ] = None,
    as_json: Json = False,
) -> None:
    """Measure a judge on answers that people have labelled: agreement, confusion, intervals.

    Intervals are 95% and take all answers to one prompt as a cluster.
    """
    import asyncio

    from auscult.cli.reading import emit
    from auscult.kit import judge_labels as reading

    judge = _built(name)
    names = {str(k): str(v) for k, v in getattr(judge, "label_names", {}).items()}
    columns = reading.LabelColumns(prompt, answer, label, slice_by, _pairs(fact or [], "--fact"))
    theirs = names | _pairs(mapped or [], "--map")
    rows = reading.read_labelled(labels, columns, theirs, reading.levels_of(judge))
    pairs = asyncio.run(reading.judge_labelled(judge, rows))
    positive = str(getattr(judge, "positive", ""))
    whole, parts = reading.measure(pairs, positive), reading.by_slice(pairs, positive)
    if as_json:
        slices = {part: _record(found, positive) for part, found in parts.items()}
        head = {"judge": judge.name, "version": judge.version, "labels": str(labels)}
        emit({**head, **_record(whole, positive), "slices": slices})
        return
    _print(judge, whole, parts, reading.levels_of(judge), positive)


def _described(name: str) -> dict[str, Any]:
    from auscult.core import registry

    source = registry.source_of("judges", name)
    files = sorted(source.parent.glob(f"{source.stem}.*.jsonl")) if source else []
    counts = {path.suffixes[0][1:]: len(path.read_bytes().splitlines()) for path in files}
    return {"judge": name, "summary": registry.summary("judges", name), "labelled": counts}


def _built(name: str) -> Judge:
    from auscult.core import registry
    from auscult.core.errors import PlanError, UsageError

    try:
        judge: Judge = registry.build("judges", name, {})
    except PlanError as error:
        raise UsageError(
            f"judge '{name}' needs options and cannot be measured here: {error}"
        ) from None
    return judge


def _pairs(given: list[str], flag: str) -> dict[str, str]:
    from auscult.core.errors import UsageError

    found = {}
    for text in given:
        theirs, equals, ours = text.rpartition("=")
        if not equals or not theirs or not ours:
            raise UsageError(f"{flag} '{text}' must be written as two words with = between them")
        found[theirs] = ours
    return found


def _record(found: Measured, positive: str) -> dict[str, Any]:
    """`agreement` is a plain number, so that a script may compare it; its interval is beside it."""
    said: dict[str, Any] = {
        "n": found.n,
        "prompts": found.exact.n_clusters,
        "agreement": found.agreement.value,
        "agreement_of": f"{positive} or not" if positive else "all labels",
        "interval": [found.agreement.low, found.agreement.high],
        "level": 0.95,
        "method": found.agreement.method,
        "exact_agreement": found.exact,
        "confusion": found.confusion,
    }
    if positive:
        said |= {"sensitivity": found.found, "specificity": found.kept_out}
    if found.baseline is not None:
        said["string_matching"] = found.baseline
    return said


def _print(
    judge: Judge,
    whole: Measured,
    parts: dict[str, Measured],
    levels: tuple[str, ...],
    positive: str,
) -> None:
    from rich.table import Table

    from auscult.cli.display import console

    of = f"{positive} or not" if positive else "all labels"
    console.print(
        f"[bold]{judge.name}[/bold] (version {judge.version}) against people, on {whole.n} answers "
        f"to {whole.exact.n_clusters} prompts",
        highlight=False,
    )
    columns = ["answers", "n", f"agreement ({of})"]
    columns += ["exact agreement"] if positive else []
    columns += ["sensitivity", "specificity"] if positive else []
    columns += ["string matching"] if whole.baseline else []
    table = Table(*columns)
    for name, part in {"all": whole, **parts}.items():
        shares: list[Share | None] = [part.agreement]
        shares += [part.exact, part.found, part.kept_out] if positive else []
        shares += [part.baseline] if whole.baseline else []
        table.add_row(name, str(part.n), *map(_said, shares))
    console.print(table)
    seen = [level for level in levels if any(level in row for row in whole.confusion.values())]
    matrix = Table("person \\ judge", *seen)
    for level in levels:
        if level in whole.confusion:
            row = whole.confusion[level]
            matrix.add_row(level, *(str(row.get(other, 0)) for other in seen))
    console.print(matrix)
    console.print(
        f"95% intervals by cluster of prompt: {whole.agreement.method}.",
        style="dim",
        highlight=False,
    )


def _said(share: Share | None) -> str:
    if share is None or share.value is None:
        return "-"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
