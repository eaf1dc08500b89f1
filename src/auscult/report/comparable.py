"""Whether a difference between two runs would be one between their targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from auscult.engine.plan import flatten
from auscult.report.clean import withhold_secrets

if TYPE_CHECKING:
    from auscult.engine.view import RunView
    from auscult.report.compare import Pair


def conditions(view: RunView, suite: str) -> dict[str, str]:
    """What must be the same in two runs for a difference to be one between their targets."""
    import polars as pl

    number = [chosen.use for chosen in view.plan.suites].index(suite)
    plugin, chosen = view.plugin(suite), view.plan.suites[number]
    held: dict[str, Any] = {}
    files = {k: v for k, v in view.manifest.data.items() if k.startswith(f"{number}:")}
    loaders = [key.partition(":")[2].partition("=")[0] for key in files]
    for place, (loader, digest) in enumerate(zip(loaders, files.values(), strict=True), 1):
        held[f"data set {place}"] = f"{loader} {digest[:12]}"
    for place, data in enumerate(chosen.data, 1):
        told = flatten(data.options)
        held |= {f"the option '{key}' of data set {place}": told[key] for key in told if key}
    judges = [f"judges/{name}" for name in plugin.judges]
    for name in (f"suites/{suite}", *judges, *[f"data/{name}" for name in loaders]):
        held[f"the code of {name}"] = view.sources.get(name, "not known")[:12]
    told = flatten(getattr(plugin, "options", chosen.options))
    held |= {f"the option '{key}'": told[key] for key in told if key}
    for role in sorted({need.role for need in plugin.roles} & view.manifest.roles.keys()):
        if role != "target":
            said = {k: v for k, v in view.manifest.roles[role].items() if k != "evidence_notes"}
            held |= {f"the {role}'s {key}": value for key, value in flatten(said).items()}
    versions = view.frame(suite, ("judge", "judge_version")).cast(pl.String).unique().sort("judge")
    for judge, version in versions.sort("judge", "judge_version").iter_rows():
        if judge:
            key = f"the version of the judge '{judge}'"
            held[key] = f"{held[key]} and {version}" if key in held else version
    return {key: str(value) for key, value in held.items()}


def blockers(pair: Pair, suite: str) -> list[str]:
    """Why nothing of a suite may be compared; empty where it may be."""
    (x, a), (y, b) = pair.runs
    for name, view in pair.runs:
        if suite not in [chosen.use for chosen in view.plan.suites]:
            return [f"{suite}: {name} did not ask it."]
    here, there = conditions(a, suite), conditions(b, suite)
    return [
        withhold_secrets(
            f"{suite}: {key} is {here.get(key, 'not there')} in {x} and "
            f"{there.get(key, 'not there')} in {y}."
        )
        for key in dict.fromkeys((*here, *there))
        if here.get(key) != there.get(key)
    ]
