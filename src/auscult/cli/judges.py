"""auscult judges list | calibrate."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from auscult.core.protocols import Judge
    from auscult.engine.calibration import Heard
    from auscult.kit.judge_agreement import Measured, Pair, Share
    from auscult.kit.judge_labels import LabelColumns, LabelledReply

CAPPED = "calls cap"
MORE = "--cap-calls covers all sessions: the same command goes on with a higher one."

judges_app = typer.Typer(help="Judges: what there is, and how far one agrees with people.")

Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]
JudgeModel = Annotated[
    str, typer.Option("--judge-model", help="Who plays a judge that asks.", metavar="TARGET")
]
Out = Annotated[Path | None, typer.Option("--out", help="Keeps its calls.", metavar="DIR")]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many answers.")]
CapCalls = Annotated[
    int | None, typer.Option("--cap-calls", min=1, help="Hard cap on its calls, all sessions.")
]
Concurrency = Annotated[
    int, typer.Option("--concurrency", "-c", min=1, help="Calls in flight at most.")
]
Roles = Annotated[
    list[str] | None,
    typer.Option("--role", help="A panel's further roles, repeatable.", metavar="ROLE=TARGET"),
]
JudgeOption = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", help="Of the judge, repeatable.", metavar="NAME=VALUE"),
]
Probes = Annotated[
    bool, typer.Option("--probes", help="Judge again with what should not matter changed.")
]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before spending.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")]


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
    judge_model: JudgeModel = "",
    role: Roles = None,
    option: JudgeOption = None,
    probes: Probes = False,
    out: Out = None,
    limit: Limit = None,
    cap_calls: CapCalls = None,
    concurrency: Concurrency = 16,
    yes: Yes = False,
    quiet: Quiet = False,
    as_json: Json = False,
) -> None:
    """Measure a judge on answers that people have labelled: agreement, kappa, confusion, intervals.

    Intervals are 95% and take all answers to one prompt as a cluster. A judge that asks a model
    needs --judge-model; its calls are kept, and the same command goes on where it was stopped:
    after --cap-calls, which covers all sessions, with a higher one.
    """
    from auscult.kit.judge_labels import LabelColumns

    columns = LabelColumns(prompt, answer, label, slice_by, _pairs(fact or [], "--fact"))
    options, roles = _named(option or [], "--option"), _named(role or [], "--role")
    judge, rows = _read(_built(name, options), labels, columns, _pairs(mapped or [], "--map"))
    if not judge_model:
        only = {
            "--out": out, "--limit": limit, "--cap-calls": cap_calls, "--role": role,
            "--probes": probes or None,
        }  # fmt: skip
        _show(judge, _heard_alone(judge, rows, only), {"labels": str(labels)}, as_json=as_json)
        return
    import msgspec

    from auscult import api
    from auscult.cli.judges_asked import Wish, hear
    from auscult.kit.judge_labels import pair_of

    about = (msgspec.structs.replace(columns, slice=""), sorted(mapped or []))
    wish = Wish(
        judge_model, labels, about, out, limit, cap_calls, concurrency, yes, quiet or as_json,
        roles, options, probes,
    )  # fmt: skip
    heard = hear(judge, rows, wish)
    if heard.rows:
        pairs = [pair_of(judge, row, verdict) for row, verdict in heard.rows]
        about_run = {"labels": str(labels), **heard.facts, **_flips(judge, heard)}
        _show(judge, pairs, about_run, as_json=as_json)
    api.raise_failure(heard.outcome)


def _flips(judge: Judge, heard: Heard) -> dict[str, Any]:
    """What each probe changed; nothing where none was asked for."""
    from auscult.kit.panel.probes import flips_of

    rows = [row for row, _ in heard.rows]
    before = [verdict for _, verdict in heard.rows]
    found = [flips_of(judge, which, rows, before, after) for which, after in heard.probed.items()]
    return {"probes": found} if found else {}


def _read(
    judge: Judge, labels: Path, columns: LabelColumns, mapped: dict[str, str]
) -> tuple[Judge, list[LabelledReply]]:
    from auscult.kit import judge_labels as reading

    theirs = {str(k): str(v) for k, v in getattr(judge, "label_names", {}).items()} | mapped
    one_of: tuple[str, ...] = getattr(judge, "one_fact_of", ())
    return judge, reading.read_labelled(labels, columns, theirs, reading.levels_of(judge), one_of)


def _heard_alone(judge: Judge, rows: list[LabelledReply], only: dict[str, Any]) -> list[Pair]:
    """Of a judge that asks no model; `only` are flags for those that do."""
    import asyncio

    from auscult.core.errors import UsageError
    from auscult.kit.judge_labels import judge_labelled, no_model

    if "judge" in getattr(judge, "asks", ()):
        raise UsageError(no_model(judge.name))
    if said := [flag for flag, value in only.items() if value is not None]:
        raise UsageError(f"{' and '.join(said)}: for a judge that asks a model, with --judge-model")
    return asyncio.run(judge_labelled(judge, rows))


def _show(judge: Judge, pairs: Sequence[Pair], about: dict[str, Any], *, as_json: bool) -> None:
    from auscult.cli.reading import emit
    from auscult.kit.judge_agreement import by_slice, kappa, measure
    from auscult.kit.judge_labels import levels_of

    positive, levels = str(getattr(judge, "positive", "")), levels_of(judge)
    whole, parts = measure(pairs, positive), by_slice(pairs, positive)
    beyond = kappa(pairs, levels)
    if as_json:
        slices = {part: _record(found, positive) for part, found in parts.items()}
        head = {"judge": judge.name, "version": judge.version, **about}
        emit({**head, **_record(whole, positive), "kappa": beyond, "slices": slices})
        return
    _print(judge, whole, parts, levels, positive)
    _print_more(about, whole, beyond)


def _described(name: str) -> dict[str, Any]:
    from auscult.core import registry

    source = registry.source_of("judges", name)
    files = sorted(source.parent.glob(f"{source.stem}.*.jsonl")) if source else []
    counts = {path.suffixes[0][1:]: len(path.read_bytes().splitlines()) for path in files}
    return {"judge": name, "summary": registry.summary("judges", name), "labelled": counts}


def _built(name: str, options: dict[str, str]) -> Judge:
    from auscult.core import registry
    from auscult.core.errors import PlanError, UsageError

    try:
        judge: Judge = registry.build("judges", name, options)
    except PlanError as error:
        if options:
            raise
        raise UsageError(
            f"judge '{name}' needs options; give them with --option NAME=VALUE: {error}"
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


def _named(given: list[str], flag: str) -> dict[str, str]:
    """A value may hold = signs, as an address does."""
    from auscult.core.errors import UsageError

    found = {}
    for text in given:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            raise UsageError(f"{flag} '{text}' must be written as a name, =, and a value")
        found[name] = value
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
    if found.unread:
        said |= {"unread": found.unread, "agreement_bounds": found.bounds}
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


def _print_more(about: dict[str, Any], whole: Measured, beyond: Share) -> None:
    """Kappa, what could not be read, and what the model's part took."""
    from auscult.cli.display import console

    lines = [f"Cohen's kappa over all labels: {_said(beyond)}"]
    if whole.unread and whole.bounds is not None:
        causes = ", ".join(f"{cause} {n}" for cause, n in whole.unread.items())
        low, high = whole.bounds
        lines.append(
            f"not read, and left out: {sum(whole.unread.values())} ({causes}); with them the "
            f"agreement lies between {low:.3f} and {high:.3f}"
        )
    if "judge_model" in about:
        lines.append(
            f"{about['judge_model']}: {about['calls']} calls, {about['tokens']:,} tokens, kept in "
            f"{about['folder']}; {about['stopped']}"
        )
        if about["stopped"] == CAPPED:
            lines.append(MORE)
        lines += about.get("kinship", ())
    lines += [
        f"{f.probe}: verdict changed in {f.flips}; to {f.to_right}, from {f.from_right} of the "
        f"label above, unreadable {f.unreadable}"
        for f in about.get("probes", ())
    ]
    for line in lines:
        console.print(line, highlight=False)


def _said(share: Share | None) -> str:
    if share is None or share.value is None:
        return "-"
    return f"{share.value:.3f} [{share.low:.3f}, {share.high:.3f}]"
