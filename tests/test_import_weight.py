"""What is cheap stays cheap: importing the package and asking for help load nothing heavy."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest
from processes import environment

HEAVY = {
    "PIL", "aiohttp", "jinja2", "jsonschema", "numpy", "pandas", "polars", "scipy", "sqlite3",
    "torch", "xllamacpp", "zstandard",
}  # fmt: skip
PLUGINS = tuple(
    f"auscult.{kind}." for kind in ("targets", "judges", "attacks", "strategists", "data", "suites")
)
ENTRY = "import sys; sys.argv = ['auscult', *{arguments!r}]\nfrom auscult.cli.main import main\n"
RUN = ENTRY + "try:\n    main()\nexcept SystemExit:\n    pass\n"


def modules_after(script: str) -> set[str]:
    told = script + "\nimport json, sys\nprint('\\n' + json.dumps(sorted(sys.modules)))"
    done = subprocess.run(
        [sys.executable, "-c", told], env=environment(), capture_output=True, text=True,
        timeout=60, check=True,
    )  # fmt: skip
    return set(json.loads(done.stdout.splitlines()[-1]))


def heavy(modules: set[str]) -> set[str]:
    return {name.partition(".")[0] for name in modules} & HEAVY


def test_importing_auscult_loads_next_to_nothing() -> None:
    before = modules_after("pass")
    after = modules_after("import auscult; assert auscult.__version__")
    assert not heavy(after)
    assert {m for m in after - before if m.startswith("auscult")} == {
        "auscult", "auscult.core", "auscult.core.version",
    }  # fmt: skip


@pytest.mark.parametrize(
    "arguments", [["--help"], ["audit", "--help"], ["packs", "review", "--help"], ["--version"]]
)
def test_help_imports_no_plugin_and_nothing_heavy(arguments: list[str]) -> None:
    loaded = modules_after(RUN.format(arguments=arguments))
    assert not heavy(loaded)
    assert not [name for name in loaded if name.startswith(PLUGINS)]


def test_listing_plugins_imports_none_of_ours() -> None:
    loaded = modules_after(RUN.format(arguments=["list", "--json"]))
    assert not [name for name in loaded if name.startswith(PLUGINS)]
    assert not heavy(loaded) & {"polars", "scipy", "aiohttp", "xllamacpp", "torch"}


def test_the_api_loads_no_table_and_no_wire_until_it_runs() -> None:
    loaded = heavy(modules_after("from auscult import audit, open_run"))
    assert not loaded & {"polars", "scipy", "aiohttp", "xllamacpp", "jinja2"}
