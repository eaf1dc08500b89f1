"""What every plugin owes, whoever wrote it: found through the registry, so a new file is tested
unasked."""

from __future__ import annotations

import ast
import inspect
import json
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
from processes import environment

from auscult.core import registry
from auscult.core.registry import Kind

PLUGINS = [(kind, name) for kind in registry.KINDS for name in sorted(registry.plugins(kind))]
OURS = [(k, n) for k, n in PLUGINS if registry.plugins(k)[n].package == "auscult"]
DOCS = registry.root().parent.parent / "docs"

HEAVY = {
    "PIL", "aiohttp", "jinja2", "llama_cpp", "numpy", "pandas", "polars", "rich", "scipy",
    "torch", "transformers", "typer", "xllamacpp",
}  # fmt: skip
OVER_HTTP = "auscult.kit.http.client"
"""A target that speaks HTTP may load the client with it; nothing else may."""
BANNED = {"random", "time", "uuid", "secrets"}
AS_TYPES = {"Random"}

FORKS = """
import importlib, json, os, sys
for module in sys.argv[1:]:
    child = os.fork()
    if child == 0:
        importlib.import_module(module)
        loaded = sorted({name.partition(".")[0] for name in sys.modules})
        print(json.dumps([module, loaded, "auscult.kit.http.client" in sys.modules]), flush=True)
        os._exit(0)
    if os.waitpid(child, 0)[1]:
        print(json.dumps([module, ["does not import"], False]), flush=True)
"""


@cache
def imported() -> dict[str, tuple[set[str], bool]]:
    """Per module: the top-level modules that a fresh interpreter holds after importing it."""
    modules = [registry.find(kind, name).module for kind, name in PLUGINS]
    done = subprocess.run(
        [sys.executable, "-c", FORKS, *modules],
        env={**environment(), "PYTHONPATH": ":".join(sys.path)},
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {module: (set(loaded), http) for module, loaded, http in rows}


def source(kind: Kind, name: str) -> Path:
    path = registry.source_of(kind, name)
    assert path is not None
    return path


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_a_plugin_says_in_one_line_what_it_is(kind: Kind, name: str) -> None:
    line = registry.summary(kind, name)
    assert 10 <= len(line) <= 100, f"the docstring of {source(kind, name)} needs a summary line"


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_a_plugin_has_a_build_function(kind: Kind, name: str) -> None:
    build = registry.module_of(kind, name).build
    given = [p for p in inspect.signature(build).parameters.values() if p.default is p.empty]
    wanted = 0 if kind in ("data", "attacks") else 1
    assert len(given) == wanted, f"{kind} '{name}': build takes {wanted} argument(s)"


@pytest.mark.parametrize(("kind", "name"), PLUGINS)
def test_importing_a_plugin_loads_nothing_heavy(kind: Kind, name: str) -> None:
    loaded, over_http = imported()[registry.find(kind, name).module]
    allowed = {"aiohttp"} if kind == "targets" and over_http else set()
    assert not (loaded & HEAVY) - allowed
    assert "does not import" not in loaded


@pytest.mark.parametrize(("kind", "name"), OURS)
def test_a_plugin_of_ours_has_a_page(kind: Kind, name: str) -> None:
    if kind == "data":
        assert f"\n## {name}\n" in (DOCS / "data.md").read_text(encoding="utf-8")
        return
    family = name.partition("/")[0]  # plugins of one family may share a page
    page = DOCS / kind / f"{name}.md"
    if not page.is_file():
        page, name = DOCS / kind / f"{family}.md", family
    assert page.is_file(), f"write docs/{kind}/{name}.md"
    assert name in page.read_text(encoding="utf-8").partition("\n")[0]


@pytest.mark.parametrize(("kind", "name"), OURS)
def test_a_plugin_draws_nothing_from_the_world(kind: Kind, name: str) -> None:
    """The linter says so too; here it holds for whoever switches the linter off."""
    for node in ast.walk(ast.parse(source(kind, name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            assert not {alias.name.partition(".")[0] for alias in node.names} & BANNED
        elif isinstance(node, ast.ImportFrom) and node.module in BANNED:
            assert {alias.name for alias in node.names} <= AS_TYPES
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            assert node.func.id != "hash", "hash() differs from process to process"


@pytest.mark.parametrize(("kind", "name"), OURS)
def test_a_plugin_imports_no_sibling(kind: Kind, name: str) -> None:
    package = f"auscult.{kind}"
    for node in ast.walk(ast.parse(source(kind, name).read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom):
            assert not (node.module or "").startswith(package), node.module
        elif isinstance(node, ast.Import):
            assert not [a.name for a in node.names if a.name.startswith(package)]


def test_the_contract_sees_every_kind_that_has_plugins() -> None:
    assert {"targets", "data", "suites"} <= {kind for kind, _ in PLUGINS}
    assert len(PLUGINS) > len(OURS), "the testkit's plugins are installed and seen"
