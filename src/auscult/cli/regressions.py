"""audit regressions --from RUN: the findings of a run as a file, and the checklist of them.

The types of the flags are here too, so that importing this module has to be cheap.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from auscult.cli.folders import unused
from auscult.core.errors import UsageError

if TYPE_CHECKING:
    from auscult.core.estimate import Estimate
    from auscult.core.message import Sampling
    from auscult.engine.plan import RolePlan
    from auscult.engine.view import RunView
    from auscult.kit.regression.export import Exported

FromRun = Annotated[
    Path | None, typer.Option("--from", help="With regressions: whose findings.", metavar="DIR")
]
Roles = Annotated[
    list[str] | None, typer.Option("--role", help="previous=openai/NAME.", metavar="ROLE=TARGET")
]
SUITE, PREVIOUS = "regressions", "previous"
SUFFIX = ".findings.jsonl"
MAY_CHANGE = {
    "accept_changes", "as_json", "cap_calls", "cap_minutes", "cap_money", "cap_tokens",
    "concurrency", "fresh", "from_run", "limit", "out", "price", "prices", "quiet", "rpm", "tpm",
    "yes",
}  # fmt: skip
"""Flags that leave a run the same run, so that the same command goes on with it."""


def with_findings(said: dict[str, Any]) -> dict[str, Any]:
    """The parameters of an audit with the findings of `--from` as its data, in a file beside the
    folder of the run; as they are where nothing of the kind was asked for."""
    source: Path | None = said.get("from_run")
    suites = list(said.get("suites") or ())
    if source is None:
        if SUITE in suites and not said.get("data"):
            raise UsageError(
                f"the suite '{SUITE}' asks the findings of an earlier run again: add --from RUN, "
                "or the file that it wrote, as in --data findings=runs/NAME.findings.jsonl"
            )
        return _with_previous(said, suites)
    if suites != [SUITE] or said.get("plan") or said.get("data"):
        raise UsageError(
            f"--from goes with the suite '{SUITE}' alone, without --plan or --data: "
            f"auscult audit {SUITE} --from RUN --target NAME"
        )
    if len(said.get("target") or ()) > 1:
        raise UsageError("--from asks one release: name one --target, and the earlier one as "
                         "--role previous=NAME")  # fmt: skip
    from auscult.cli.display import note
    from auscult.core.message import Sampling
    from auscult.kit.regression.export import lines_of

    roles_of(tuple(said.get("role") or ()), "", Sampling())  # before anything is written
    found = _exported(source)
    body = lines_of(found.replays)
    folder = said.get("out") or _folder(said, body)
    if said.get("fresh"):
        folder = unused(folder, _is_free)
    path = _written(folder, body)
    if not said.get("as_json"):
        for why, number in found.left_out.items():
            note(f"{number} of the findings of '{source}' cannot be asked again: {why}")
    changed = {
        "out": folder, "fresh": False, "data": [f"findings={path}"],
        "contains_phi": said.get("contains_phi") or any(one.phi for one in found.replays),
    }  # fmt: skip
    return _with_previous({**said, **changed}, suites)


def roles_of(items: tuple[str, ...], system: str, sampling: Sampling) -> dict[str, RolePlan]:
    """`--role previous=openai/NAME`. The previous release is asked as the new one is: with the
    same system prompt and decoding."""
    from auscult.engine.plan import RolePlan

    found: dict[str, RolePlan] = {}
    for item in items:
        role, equals, use = item.partition("=")
        if not (role and equals and use) or role == "target":
            raise UsageError(f"--role takes ROLE=TARGET, as in previous=openai/NAME, not '{item}'")
        if role in found:
            raise UsageError(f"--role names '{role}' twice; give each role once")
        found[role] = RolePlan(use, system, sampling) if role == PREVIOUS else RolePlan(use)
    return found


def print_checklist(said: dict[str, Any]) -> None:
    """Two lines a finding, after the run."""
    if said.get("from_run") is None or said.get("as_json"):
        return
    from auscult import api
    from auscult.cli.display import console
    from auscult.kit.regression.told import CHECKLIST

    run = api.Run(said["out"])
    found = [e for e in run.estimates() if e.suite == SUITE]
    rows = [e for e in found if e.metric == CHECKLIST]
    lines = [f"{e.value:.0f} {e.metric}" for e in found if e not in rows]
    lines += [next((e.note for e in found), ""), ""]
    for row in rows:
        lines += _lines(row)
    console.print()
    for line in (f"Checklist of {len(rows)} findings", *lines):
        console.print(line, markup=False, highlight=False, soft_wrap=True)
    _tell_identities(run.view, rows)
    run.view.close()


def _lines(row: Estimate) -> tuple[str, str]:
    extra = row.extra
    why = f", because {extra['why']}" if extra["why"] else ""
    previous = {
        "fails": "fails it today", "right": "is right today",
        "unclear": f"is unclear, because {extra['previous_why']}",
    }  # fmt: skip
    return (
        f"{extra['state'].upper():<12}{row.group['finding']} ({extra['severity']})",
        f"{'':<12}attack wrong in {row.value:.0f} of {row.n}, control right in "
        f"{extra['control_right']} of {row.n}{why}; "
        f"previous release: {previous.get(extra['previous'], 'not asked')}",
    )


def _tell_identities(view: RunView, rows: list[Estimate]) -> None:
    """The release in the role `previous` should be the one that the findings are of."""
    from auscult.cli.display import note

    bound = view.roles.get(PREVIOUS)
    found_on = {str(row.extra["found_on"]) for row in rows}
    if bound and (others := sorted(found_on - {str(bound.get("identity"))})):
        note(f"the previous release asked is {bound.get('identity')}, and findings are of "
             f"{', '.join(others)}")  # fmt: skip


def _with_previous(said: dict[str, Any], suites: list[str]) -> dict[str, Any]:
    """A role that is named is asked: the suite is told so."""
    options = list(said.get("suite_option") or ())
    named = any(item.startswith(f"{PREVIOUS}=") for item in said.get("role") or ())
    if suites == [SUITE] and named and not any(o.startswith(f"{PREVIOUS}=") for o in options):
        return {**said, "suite_option": [*options, f"{PREVIOUS}=true"]}
    return said


def _exported(source: Path) -> Exported:
    from auscult import api
    from auscult.kit.regression.export import Origin, export

    _refuse_several(source)
    run = api.Run(source)
    view = run.view
    try:
        origin = Origin(
            identity=str(view.roles["target"].get("identity") or "not stated"),
            plan_hash=view.plan_hash,
            system=view.plan.target.system,
            patients=frozenset(_with_patients(view)),
        )
        findings = [f for f in run.findings() if not _redacts(view, f.suite)]
        found = export(view, findings, origin)
    finally:
        view.close()
    if not found.replays:
        why = "; ".join(f"{number} left out: {why}" for why, number in found.left_out.items())
        raise UsageError(
            f"'{source}' holds no finding that can be asked again{f' ({why})' if why else ''}; "
            "name a run of an attack suite that has findings, such as das/robustness"
        )
    return found


def _refuse_several(source: Path) -> None:
    """Such a folder is no run: it holds one for each target."""
    from auscult.engine.ledger import LEDGER_NAME

    if (source / LEDGER_NAME).exists():
        return
    runs = sorted(str(ledger.parent) for ledger in source.glob(f"*/{LEDGER_NAME}"))
    if runs:
        many = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
        raise UsageError(
            f"'{source}' is no run, but a folder of {many}; name one of them after --from: "
            + ", ".join(runs)
        )


def _redacts(view: RunView, suite: str) -> bool:
    """Its replies may do harm, and stay where they are."""
    return bool(getattr(view.plugin(suite), "redacts", False))


def _with_patients(view: RunView) -> list[str]:
    from auscult.core import registry

    def declared(loader: str) -> bool:
        known = loader in registry.plugins("data")
        return known and bool(getattr(registry.build("data", loader), "contains_phi", False))

    return [
        suite.use
        for suite in view.plan.suites
        if any(data.contains_phi or declared(data.loader) for data in suite.data)
    ]


def _folder(said: dict[str, Any], body: bytes) -> Path:
    """The same findings asked of the same target in the same way land in the same folder."""
    import hashlib

    import msgspec

    from auscult.api import RUNS
    from auscult.kit.secret import names_a_secret

    kept = {name: value for name, value in said.items() if name not in MAY_CHANGE}
    options = [option.partition("=") for option in said.get("option") or ()]
    kept["option"] = [option for option in options if not names_a_secret(option[0])]
    told = msgspec.json.encode(kept, enc_hook=str, order="deterministic")
    who = ("".join(said.get("target") or ()) or said.get("model") or "qwen").partition("?")[0]
    safe = "".join(c if c.isalnum() or c in "-_." else "-" for c in f"{SUITE}-{who}")
    return RUNS / f"{safe[:60]}-{hashlib.sha256(told + body).hexdigest()[:8]}"


def _is_free(folder: Path) -> bool:
    """Neither a run nor the findings of one are there."""
    return not (folder.exists() or _beside(folder).exists())


def _beside(folder: Path) -> Path:
    """A folder has to be empty when a run begins in it."""
    return folder.with_name(folder.name + SUFFIX)


def _written(folder: Path, body: bytes) -> Path:
    """A run that is there keeps the findings it began with."""
    from auscult.engine.ledger import LEDGER_NAME

    path = _beside(folder)
    if path.exists() and path.read_bytes() == body:
        return path
    if (folder / LEDGER_NAME).exists():
        raise UsageError(
            f"'{folder}' holds a run that began with other findings; add --fresh, or name another "
            "folder with --out"
        )
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_bytes(body)
    path.chmod(0o600)
    return path
