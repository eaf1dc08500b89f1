"""Commands that run: audit, resume, estimate, plan check."""

from __future__ import annotations

import shlex
import sys
import tomllib
from pathlib import Path
from typing import Any

import msgspec
import typer

from auscult import api
from auscult.cli.display import console, note, show_progress
from auscult.cli.folders import unused
from auscult.cli.regressions import roles_of
from auscult.core.errors import PlanError, UsageError
from auscult.core.message import Sampling
from auscult.core.protocols import DataSet
from auscult.engine.bind import bind, parse_target
from auscult.engine.ledger import LEDGER_NAME
from auscult.engine.plan import Limits, Plan, Price, flatten
from auscult.engine.planfile import dataset_of, read_plan
from auscult.engine.progress import Progress
from auscult.engine.run import Options, run_plan
from auscult.kit.secret import masked, names_a_secret

CHECKUP_MINUTES = {"qwen": 4.6, "smollm2": 1.6}
CHECKUP_DATA = DataSet("pack", "knowledge", {"difficulty": "easy"})
"""Plain recall and easy vignettes: can the target do the task at all? The rest of the pack is for
an audit by name."""
CHECKUP_REPLY_TOKENS = 64
"""The checkup asks for a letter; a model that runs on is cut there, and that is counted."""
LOCAL_CHECKUP = {"cache": "true"}
"""The same question is asked in several orders: its stem is computed once."""
FALLBACK = "smollm2"


class Wishes(msgspec.Struct, frozen=True):
    """What was said on the command line, before it becomes a plan."""

    suites: tuple[str, ...] = ()
    plan: Path | None = None
    target: tuple[str, ...] = ()
    """Several are audited one after another and compared."""
    model: str | None = None
    data: tuple[str, ...] = ()
    role: tuple[str, ...] = ()
    limit: int | None = None
    seed: int = 0
    concurrency: int | None = None
    base_url: str | None = None
    system: str = ""
    temperature: float | None = None
    max_tokens: int | None = None
    option: tuple[str, ...] = ()
    suite_option: tuple[str, ...] = ()
    cap_calls: int | None = None
    cap_tokens: int | None = None
    cap_money: float | None = None
    cap_minutes: float | None = None
    rpm: float | None = None
    tpm: float | None = None
    price: str | None = None
    prices: Path | None = None
    contains_phi: bool = False
    allow_phi: tuple[str, ...] = ()
    i_am_authorised: str = ""
    out: Path | None = None

    @classmethod
    def of(cls, said: dict[str, Any]) -> Wishes:
        """From a command's parameters: flags that were not given keep their default."""
        known: dict[str, Any] = {
            name: said[name] for name in cls.__struct_fields__ if said.get(name) is not None
        }
        for name, value in known.items():
            known[name] = tuple(value) if isinstance(value, list) else value
        return cls(**known)


NOT_IN_A_PLAN = {"plan", "out"}


def run_audit(
    wishes: Wishes, *, yes: bool, fresh: bool, accept_changes: bool, quiet: bool, as_json: bool
) -> None:
    if len(wishes.target) > 1:
        from auscult.cli.several import run_several

        run_several(
            wishes, yes=yes, fresh=fresh, accept_changes=accept_changes, quiet=quiet,
            as_json=as_json,
        )  # fmt: skip
        return
    plan = plan_of(wishes, get_models=True, quiet=quiet or as_json)
    folder = wishes.out or api.default_folder(plan)
    if fresh:
        folder = unused(folder)
    if not yes and not (folder / LEDGER_NAME).exists():
        _confirm(plan)
    options = Options(accept_changes=accept_changes, command=typed_command(), handle_signals=True)
    run_and_report(plan, folder, options, quiet=quiet, as_json=as_json)


def run_and_report(
    plan: Plan, folder: Path, options: Options, *, quiet: bool, as_json: bool
) -> None:
    progress = Progress()
    if plan.roles and not (quiet or as_json):
        for role in bind(plan, dry=True).roles.values():
            if role.kin:
                note(role.kin, style="yellow")
    with show_progress(progress, quiet=quiet or as_json):
        outcome = api.run_async(run_plan(plan, folder, options, progress))
    if outcome.finished:
        from auscult.cli.reading import print_run

        run = api.Run(folder)
        dossier = run.report()
        print_run(run, dossier, as_json=as_json)
    api.raise_failure(outcome)


def resume_run(
    folder: Path, caps: dict[str, Any], limit: int | None, *, retry_errors: bool,
    accept_changes: bool, quiet: bool, as_json: bool,
) -> None:  # fmt: skip
    from auscult.engine.ledger import open_reader
    from auscult.engine.manifest import Manifest

    reader = open_reader(folder)
    manifest: Manifest | None = reader.meta("manifest", Manifest)
    purged = reader.meta("purged")
    reader.close()
    if manifest is None:
        raise UsageError(f"'{folder}' holds no run to resume; start one with: auscult audit")
    if purged:
        raise UsageError(f"'{folder}' was purged: it can be reported, but not resumed")
    if "***" in flatten(manifest.plan).values():
        raise UsageError(
            "this run was started with a secret on the command line or in the plan, which is not "
            "kept: run the same `auscult audit` command again, or put the secret into a variable"
        )
    plan = msgspec.convert(manifest.plan, Plan)
    given = {name: value for name, value in caps.items() if value is not None}
    plan = msgspec.structs.replace(plan, limits=msgspec.structs.replace(plan.limits, **given))
    if limit is not None:
        plan = msgspec.structs.replace(
            plan, suites=tuple(msgspec.structs.replace(s, limit=limit) for s in plan.suites)
        )
    options = Options(retry_errors, accept_changes, typed_command(), handle_signals=True)
    run_and_report(plan, folder, options, quiet=quiet, as_json=as_json)


def plan_of(wishes: Wishes, *, get_models: bool, quiet: bool = False) -> Plan:
    if wishes.plan is not None:
        said = _said(wishes) - NOT_IN_A_PLAN
        if said:
            flags = ", ".join(sorted(said))
            raise UsageError(f"--plan says everything; put these into the plan instead: {flags}")
        return read_plan(wishes.plan)
    if wishes.target and wishes.model:
        raise UsageError("give --target or --model, not both; --model X means --target local/X")
    if wishes.suites and not wishes.target and not wishes.model and not wishes.base_url:
        note("no --target given: auditing the embedded model")
    return _plan_from_flags(wishes, get_models=get_models, quiet=quiet)


def _plan_from_flags(wishes: Wishes, *, get_models: bool, quiet: bool) -> Plan:
    target, model = "".join(wishes.target), wishes.model or "qwen"
    notes = ""
    if not wishes.target:
        if get_models:
            model, notes = _ensure_model(model, named=wishes.model is not None, quiet=quiet)
        target = f"local/{model}"
    checkup = not wishes.suites
    local = target.startswith("local/")
    options = _pairs(wishes.option, "--option")
    if wishes.base_url:
        options["base_url"] = wishes.base_url
    if checkup and local:
        options = {**LOCAL_CHECKUP, **options}
    slots = int(options.get("slots", 1)) if local else 16
    reply_tokens = wishes.max_tokens or (CHECKUP_REPLY_TOKENS if checkup else None)
    minutes = wishes.cap_minutes
    if minutes is None and checkup:
        minutes = CHECKUP_MINUTES.get(model, CHECKUP_MINUTES["qwen"])
    limits = Limits(
        wishes.cap_calls, wishes.cap_tokens, wishes.cap_money, minutes,
        wishes.concurrency or slots, wishes.rpm, wishes.tpm,
        timeout_s=600.0 if local else 300.0,
    )  # fmt: skip
    data = [DataSet(**{**dataset_of(d), "contains_phi": wishes.contains_phi}) for d in wishes.data]
    if checkup and not data:
        data = [CHECKUP_DATA]
    sampling = Sampling(temperature=wishes.temperature, max_tokens=reply_tokens)
    plan = api.make_plan(
        wishes.suites or ("knowledge",),
        target=target,
        data=data,
        limit=wishes.limit,
        seed=wishes.seed,
        limits=limits,
        system=wishes.system,
        sampling=sampling,
        roles=roles_of(wishes.role, wishes.system, sampling),
        target_options=options,
        suite_options=_pairs(wishes.suite_option, "--suite-option"),
        prices=_prices(wishes, target),
        allow_phi=wishes.allow_phi,
        authorised_by=wishes.i_am_authorised,
        **({"name": "checkup"} if checkup else {}),
    )
    return msgspec.structs.replace(plan, target=msgspec.structs.replace(plan.target, note=notes))


def _said(wishes: Wishes) -> set[str]:
    plain = Wishes()
    return {
        "--" + name.replace("_", "-")
        for name in Wishes.__struct_fields__
        if name not in NOT_IN_A_PLAN and getattr(wishes, name) != getattr(plain, name)
    }


def _pairs(items: tuple[str, ...], flag: str) -> dict[str, Any]:
    out: dict[str, Any] = {}
    for item in items:
        name, equals, value = item.partition("=")
        if not equals or not name:
            raise UsageError(f"{flag} takes NAME=VALUE, not '{item}'")
        out[name] = value
    return out


def _prices(wishes: Wishes, target: str) -> dict[str, Price]:
    prices: dict[str, Price] = {}
    if wishes.prices is not None:
        try:
            raw = tomllib.loads(wishes.prices.read_text(encoding="utf-8"))
            prices = msgspec.convert(raw, dict[str, Price])
        except (OSError, ValueError, msgspec.ValidationError) as error:
            raise UsageError(
                f"cannot read the prices in '{wishes.prices}': {error}; it takes tables like "
                '["openai/NAME"] with input, output, currency and as_of'
            ) from error
    if wishes.price:
        try:
            read, write = (float(part) for part in wishes.price.split(","))
        except ValueError:
            raise UsageError(
                "--price takes INPUT,OUTPUT per million tokens, e.g. 0.15,0.60"
            ) from None
        prices[target.partition("?")[0]] = Price(read, write)
    return prices


def _ensure_model(name: str, *, named: bool, quiet: bool) -> tuple[str, str]:
    """The model's file, downloaded if need be. Falls back loudly, and only from the default."""
    from auscult.cli.models import fetch
    from auscult.core.errors import AuditError
    from auscult.kit import models

    if name.endswith(".gguf") or "/" in name:
        return name, ""
    if models.path_of(name) is not None:
        return name, ""
    try:
        fetch(name, quiet=quiet)
    except AuditError as error:
        if named or name == FALLBACK:
            raise
        note(f"WARNING: {error}", style="bold red")
        note(f"WARNING: falling back to {FALLBACK}, which answers at chance", style="bold red")
        if models.path_of(FALLBACK) is None:
            fetch(FALLBACK, quiet=quiet)
        return FALLBACK, f"fallback: the default model could not be had ({error})"
    return name, ""


def _confirm(plan: Plan) -> None:
    """Somebody may be about to pay: show what, and ask. Local and loopback targets are free."""
    bound = bind(plan, dry=True)
    if all(role.target.local for role in bound.roles.values()):
        return
    from auscult.cli.reading import print_forecast_of

    print_forecast_of(plan, None)
    if not sys.stdin.isatty():
        raise UsageError("nobody is here to ask: add --yes to spend this")
    if not typer.confirm("Go on?", default=False):
        raise UsageError("nothing was asked and nothing was spent")


def print_forecast(wishes: Wishes, *, as_json: bool) -> None:
    from auscult.cli.reading import print_forecast_of

    if len(wishes.target) > 1:
        from auscult.cli.several import print_forecast_of_several

        print_forecast_of_several(wishes, as_json=as_json)
        return
    plan = plan_of(wishes, get_models=False)
    folder = wishes.out or api.default_folder(plan)
    print_forecast_of(plan, folder, as_json=as_json)


def check_plan(file: Path, *, as_json: bool) -> None:
    """Names, types, files and roles; targets are built but not called."""
    try:
        plan = read_plan(file)
        bind(plan, source=str(file))
    except PlanError as error:
        if as_json:
            typer.echo(msgspec.json.encode({"ok": False, "faults": error.faults}).decode())
            raise typer.Exit(error.exit_code) from None
        raise
    if as_json:
        typer.echo(msgspec.json.encode({"ok": True, "hash": plan.digest(), "faults": []}).decode())
        return
    spec = parse_target(plan.target.use, plan.target.options)
    suites = ", ".join(s.use for s in plan.suites)
    console.print(
        f"'{file}' is sound: {suites} on {spec.kind}/{spec.ref}, hash {plan.digest()[:12]}"
    )


def typed_command() -> str:
    """As typed, for the dossier; what looks like a secret is masked."""
    return shlex.join(["auscult", *map(_masked, sys.argv[1:])])


def _masked(argument: str) -> str:
    """`api_key=x` and `--option=api_key=x` alike."""
    parts = argument.split("=")
    for place, name in enumerate(parts[:-1]):
        if names_a_secret(name.lstrip("-")):
            return "=".join([*parts[: place + 1], "***"])
    return str(masked(argument))
