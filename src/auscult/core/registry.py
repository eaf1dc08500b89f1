"""Finds plugins by file name, without importing any of them.

`targets/openai.py` is the target "openai"; `suites/cares/factuality.py` is the suite
"cares/factuality"; underscores read as hyphens. A third party does the same from its own package
through an entry point in the group `auscult.<kind>` whose value is a module. Either way the module
has a `build` function, which is called only when the plugin is used.
"""

from __future__ import annotations

import difflib
import importlib
from collections.abc import Iterable, Iterator
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from types import ModuleType
from typing import Any, Literal, get_args

import msgspec

from auscult.core.errors import UsageError

Kind = Literal["targets", "attacks", "judges", "strategists", "data", "suites"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SINGULAR: dict[Kind, str] = {
    "targets": "target",
    "attacks": "attack",
    "judges": "judge",
    "strategists": "strategist",
    "data": "loader",
    "suites": "suite",
}


class PluginRef(msgspec.Struct, frozen=True):
    kind: Kind
    name: str
    module: str
    package: str


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """`". Did you mean 'x'?"` or the list of what there is."""
    choices = sorted(known)
    close = difflib.get_close_matches(word, choices, n=2, cutoff=0.5)
    if close:
        return ". Did you mean " + " or ".join(f"'{c}'" for c in close) + "?"
    return ". Known: " + (", ".join(choices) if choices else "none") + "."


@cache
def plugins(kind: Kind) -> dict[str, PluginRef]:
    """Every plugin of a kind by name, in-tree first. Two of one name are an error, not a race."""
    found = {ref.name: ref for ref in _in_tree(kind)}
    for point in _installed(kind):
        if point.name in found:
            other = found[point.name].package
            raise UsageError(
                f"two {kind} are named '{point.name}': one in {other}, one in {point.module}; "
                "uninstall one of the packages"
            )
        package = point.dist.name if point.dist else point.module.partition(".")[0]
        found[point.name] = PluginRef(kind, point.name, point.module, package)
    return found


def find(kind: Kind, name: str) -> PluginRef:
    known = plugins(kind)
    if name not in known:
        raise UsageError(f"no {SINGULAR[kind]} is named '{name}'" + did_you_mean(name, known))
    return known[name]


def module_of(kind: Kind, name: str) -> ModuleType:
    ref = find(kind, name)
    module = _imported(ref)
    if not callable(getattr(module, "build", None)):
        raise UsageError(f"{kind} '{name}' ({ref.module}) has no `build` function")
    return module


def build(kind: Kind, name: str, *args: Any, **kwargs: Any) -> Any:
    return module_of(kind, name).build(*args, **kwargs)


def summary(kind: Kind, name: str) -> str:
    """First line of the plugin's docstring, read from the source so that a list imports nothing
    of ours; third-party modules have to be imported."""
    import ast

    ref = find(kind, name)
    path = _source_path(ref)
    if path is None:
        return (_imported(ref).__doc__ or "").strip().partition("\n")[0]
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return doc.strip().partition("\n")[0]


def source_of(kind: Kind, name: str) -> Path | None:
    """The plugin's source file, which the manifest pins by hash."""
    ref = find(kind, name)
    path = _source_path(ref)
    if path is not None:
        return path
    file = _imported(ref).__file__
    return Path(file) if file else None


def _imported(ref: PluginRef) -> ModuleType:
    try:
        return importlib.import_module(ref.module)
    except ModuleNotFoundError as error:
        if ref.package == "auscult":
            raise
        raise UsageError(
            f"the package '{ref.package}' offers the {SINGULAR[ref.kind]} '{ref.name}' but its "
            f"module cannot be imported ({error}); reinstall or remove the package"
        ) from error


def _source_path(ref: PluginRef) -> Path | None:
    if ref.package != "auscult":
        return None
    return root() / Path(*ref.module.split(".")[1:]).with_suffix(".py")


def root() -> Path:
    return Path(__file__).resolve().parent.parent


def _in_tree(kind: Kind) -> Iterator[PluginRef]:
    folder = root() / kind
    for path in sorted(folder.rglob("*.py")):
        relative = path.relative_to(folder).with_suffix("")
        if any(part.startswith("_") or part == "packs" for part in relative.parts):
            continue
        name = "/".join(relative.parts).replace("_", "-")
        yield PluginRef(kind, name, ".".join(("auscult", kind, *relative.parts)), "auscult")


def _installed(kind: Kind) -> Iterator[EntryPoint]:
    yield from sorted(entry_points(group=f"auscult.{kind}"), key=lambda p: p.name)
