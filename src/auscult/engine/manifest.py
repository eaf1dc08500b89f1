"""What a run was made of, pinned before its first call, and what may differ when it goes on."""

from __future__ import annotations

import ast
import hashlib
import platform
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.version import __version__
from auscult.engine.bind import Bound
from auscult.engine.bind_judges import judges_used
from auscult.engine.plan import Plan, canonical, flatten

EVERY_SUITE = "*"


class Manifest(msgspec.Struct, omit_defaults=True):
    plan: dict[str, Any]
    plan_hash: str
    auscult: str
    python: str
    started: str
    sources: dict[str, str]
    data: dict[str, str]
    """`suite number:loader=path` -> sha256 of the file's bytes"""
    roles: dict[str, dict[str, Any]]
    command: str = ""
    base_attempts: dict[str, int] = {}
    """Suites asked again after an accepted change start at this attempt."""
    deviations: list[str] = []


def file_digest(path: Path) -> str:
    """Of a file, or of every file of a folder in name order."""
    whole = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        if path.is_dir():
            whole.update(str(file.relative_to(path)).encode())
        with file.open("rb") as stream:
            whole.update(hashlib.file_digest(stream, "sha256").digest())
    return whole.hexdigest()


def data_digest(path: str, loader: str) -> str:
    place = Path(path)
    if place.exists():
        return file_digest(place)
    packaged = registry.root() / "data" / "packs" / path
    return file_digest(packaged) if packaged.exists() else f"{loader}:{path}"


def _digest_of(path: Path, suite: str) -> str:
    if not path.is_file():
        raise UsageError(
            f"suite '{suite}' is to begin with the file '{path}', and there is none; mend its name"
        )
    return file_digest(path)


def describe_roles(bound: Bound) -> dict[str, dict[str, Any]]:
    """Declared identity and configuration; printable, secret-free."""
    return {
        name: {
            "identity": role.target.identity,
            "endpoint": role.target.endpoint,
            "local": role.target.local,
            "fingerprint": dict(role.target.fingerprint),
            "system": role.system[0].text if role.system else "",
            "sampling": msgspec.to_builtins(role.sampling),
            "evidence_notes": [note for note in (role.note, role.kin) if note],
        }
        for name, role in bound.roles.items()
    }


def make_manifest(plan: Plan, bound: Bound, command: str, started: str) -> Manifest:
    sources: dict[str, str] = {}
    for item in bound.suites:
        sources.update(sources_of("suites", item.plan.use))
        for loader in item.loaders:
            sources.update(sources_of("data", loader))
        for attack in getattr(item.suite, "attacks", ()):
            sources.update(sources_of("attacks", attack))
        for strategist in getattr(item.suite, "strategists", ()):
            sources.update(sources_of("strategists", strategist))
    for name in judges_used(bound.judges):
        sources.update(sources_of("judges", name))
    data = {
        f"{item.number}:{d.loader}={d.path}": data_digest(d.path, d.loader)
        for item in bound.suites
        for d in item.datasets
    }
    data |= {
        f"{item.number}/memory:{path}": _digest_of(Path(path), item.plan.use)
        for item in bound.suites
        for path in getattr(item.suite, "reads", ())
    }
    return Manifest(
        msgspec.json.decode(canonical(plan)),
        plan.digest(),
        __version__,
        platform.python_version(),
        started,
        sources,
        data,
        describe_roles(bound),
        command,
    )


def sources_of(kind: registry.Kind, name: str) -> dict[str, str]:
    """Hash of a plugin with the shared helpers it draws on, where its prompts may live."""
    path = registry.source_of(kind, name)
    if path is None:
        return {}
    whole = hashlib.sha256()
    for file in sorted(_with_helpers(path, set())):
        whole.update(file.name.encode() + file.read_bytes())
    return {f"{kind}/{name}": whole.hexdigest()}


def _with_helpers(path: Path, seen: set[Path]) -> set[Path]:
    if path in seen:
        return seen
    seen.add(path)
    root = registry.root()
    for module in _imports(path):
        if module.startswith("auscult.kit."):
            helper = root / Path(*module.split(".")[1:]).with_suffix(".py")
            if helper.exists():
                _with_helpers(helper, seen)
    return seen


def _imports(path: Path) -> tuple[str, ...]:
    return _imported_by(path.read_text(encoding="utf-8"))


@cache
def _imported_by(source: str) -> tuple[str, ...]:
    """By text, so that changed code is noticed: parsing the helpers anew is half of a small run."""
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.ImportFrom) and node.module:
            found += [node.module, *(f"{node.module}.{name.name}" for name in node.names)]
        elif isinstance(node, ast.Import):
            found += [name.name for name in node.names]
    return tuple(found)


class Change(msgspec.Struct, frozen=True):
    what: str
    suites: tuple[str, ...]
    """Numbers of the suites whose answers it touches; EVERY_SUITE for all."""


def differences(old: Manifest, new: Manifest) -> list[Change]:
    """What forbids a plain resumption. Caps may move, and a limit may grow."""
    changes = []
    before, after = flatten(_as_of_now(old.plan)), flatten(_as_of_now(new.plan))
    for key in sorted(before.keys() | after.keys()):
        was, now = before.get(key), after.get(key)
        if was == now or key.startswith("limits.") or _grown_limit(key, was, now):
            continue
        touched = key[len("suites[") :].partition("]")[0] if key.startswith("suites[") else "*"
        changes.append(Change(f"plan {key}: was {was!r}, now {now!r}", (touched,)))
    for key in sorted(old.data.keys() | new.data.keys()):
        if old.data.get(key) != new.data.get(key) and key in old.data and key in new.data:
            changes.append(Change(f"data {key}: its content changed", (_suite_of(key),)))
    for key in sorted(old.sources.keys() & new.sources.keys()):
        if old.sources[key] != new.sources[key]:
            owners = [
                str(i) for i, s in enumerate(new.plan["suites"]) if key == f"suites/{s['use']}"
            ]
            changes.append(Change(f"code {key} changed", tuple(owners) or (EVERY_SUITE,)))
    changes += _other_systems(old, new)
    if old.auscult != new.auscult:
        changes.append(Change(f"auscult: was {old.auscult}, now {new.auscult}", (EVERY_SUITE,)))
    return changes


def _suite_of(key: str) -> str:
    return key.partition(":")[0].partition("/")[0]


def _as_of_now(plan: dict[str, Any]) -> dict[str, Any]:
    """With the defaults of keys that a plan of an earlier version could not have."""
    try:
        known: dict[str, Any] = msgspec.to_builtins(msgspec.convert(plan, Plan))
    except msgspec.ValidationError:
        return plan
    return known


def _other_systems(old: Manifest, new: Manifest) -> list[Change]:
    changes = []
    for role in sorted(old.roles.keys() & new.roles.keys()):
        before, after = flatten(_answering(old.roles[role])), flatten(_answering(new.roles[role]))
        for key in sorted(before.keys() | after.keys()):
            was, now = before.get(key), after.get(key)
            if was != now:
                changes.append(Change(f"{role} {key}: was {was!r}, now {now!r}", (EVERY_SUITE,)))
    return changes


def _answering(role: dict[str, Any]) -> dict[str, Any]:
    """What must stay the same for the same system to answer."""
    told = {name: role.get(name) for name in ("identity", "endpoint", "fingerprint")}
    plain: dict[str, Any] = msgspec.to_builtins(told)
    return plain


def allowed_changes(old: Manifest, new: Manifest) -> list[str]:
    """Caps moved and limits grown: told, because to look and then extend is a choice."""
    before, after = flatten(old.plan), flatten(new.plan)
    return [
        f"plan {key}: was {before.get(key)!r}, now {after.get(key)!r}"
        for key in sorted(before.keys() | after.keys())
        if before.get(key) != after.get(key)
    ]


def _grown_limit(key: str, was: Any, now: Any) -> bool:
    if not (key.startswith("suites[") and key.endswith("].limit")):
        return False
    return now is None or (was is not None and now > was)
