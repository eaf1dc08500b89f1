"""Writes what pages say of the code: docs/cli.md, and the tables of plugins in docs/index.md.

`python tools/write_docs.py` writes; with `--check` it only says what is stale, and exits 1.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from auscult.core import registry
from auscult.core.registry import Kind

DOCS = Path(__file__).resolve().parent.parent / "docs"
BEGIN, END = "<!-- plugins: written by tools/write_docs.py -->", "<!-- plugins: end -->"
TITLES: dict[Kind, str] = {
    "suites": "Suites: what is measured",
    "targets": "Targets: who is audited",
    "judges": "Judges: who reads the answers",
    "data": "Loaders: where cases come from",
    "attacks": "Attacks",
    "strategists": "Strategists",
}
HEAD = """# Command line

Written from `--help` by `python tools/write_docs.py`; a test keeps the two equal.

Exit codes: 0 it ran, 1 the run failed, 2 wrong usage, 130 stopped by you (the same command goes
on). `--json` prints JSON and nothing else.
"""


def cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


# --- plugins ----------------------------------------------------------------------------------


def page_of(kind: Kind, name: str) -> str:
    """Its own; where a family of plugins shares a page (`shift/blur`), the family's."""
    if kind == "data":
        return f"data.md#{name}"
    own = f"{kind}/{name}.md"
    return own if (DOCS / own).is_file() else f"{kind}/{name.partition('/')[0]}.md"


def plugin_tables() -> str:
    """Our own plugins, whatever else is installed here."""
    out = [BEGIN]
    for kind, title in TITLES.items():
        ours = [n for n, ref in sorted(registry.plugins(kind).items()) if ref.package == "auscult"]
        if ours:
            out += ["", f"### {title}", "", f"| {registry.SINGULAR[kind]} | |", "|---|---|"]
            out += [
                f"| [`{name}`]({page_of(kind, name)}) | {cell(registry.summary(kind, name))} |"
                for name in ours
            ]
    return "\n".join([*out, "", END])


def index_page() -> str:
    text = (DOCS / "index.md").read_text(encoding="utf-8")
    before, begin, rest = text.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise SystemExit(f"docs/index.md has lost its marks: {BEGIN} ... {END}")
    return before + plugin_tables() + after


# --- the command line -------------------------------------------------------------------------


def commands(command: Any, path: tuple[str, ...]) -> Iterator[tuple[str, Any]]:
    """Every command that does something, in the order of --help."""
    for name, sub in getattr(command, "commands", {}).items():
        if getattr(sub, "commands", None):
            yield from commands(sub, (*path, name))
        else:
            yield " ".join((*path, name)), sub


def usage(path: str, command: Any) -> str:
    words = [path]
    if any(flag(p) for p in command.params):
        words.append("[OPTIONS]")
    words += [argument_name(p) for p in command.params if not flag(p)]
    return " ".join(words)


def flag(parameter: Any) -> bool:
    return bool(parameter.param_type_name == "option")


def argument_name(parameter: Any) -> str:
    name = parameter.metavar or parameter.name.upper()
    return name if parameter.required or name.startswith("[") else f"[{name.strip('[]')}]"


def spelling(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in sorted(parameter.opts, key=len, reverse=True))
    return f"{names} {parameter.metavar}" if parameter.metavar else names


def meaning(parameter: Any) -> str:
    text = parameter.help or ""
    default = parameter.default
    shown = default is not None and default is not False and default != ""
    return cell(f"{text} Default: {default}." if shown else text)


def section(path: str, command: Any) -> str:
    out = [f"## {path}", "", " ".join((command.help or "").split()), ""]
    out += ["```", usage(path, command), "```"]
    rows = [
        f"| {spelling(p) if flag(p) else f'`{argument_name(p)}`'} | {meaning(p)} |"
        for p in command.params
    ]
    if rows:
        out += ["", "| | |", "|---|---|", *rows]
    if command.epilog:
        lead, _, example = command.epilog.partition(": ")
        out += ["", f"{lead}: `{example}`"]
    return "\n".join(out)


def cli_page() -> str:
    from typer.main import get_command

    from auscult.cli.main import app

    parts = [section(path, sub) for path, sub in commands(get_command(app), ("auscult",))]
    return HEAD + "\n" + "\n\n".join(parts) + "\n"


def pages() -> dict[Path, str]:
    return {DOCS / "cli.md": cli_page(), DOCS / "index.md": index_page()}


def stale() -> list[Path]:
    return [
        path
        for path, text in pages().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]


def main(arguments: list[str]) -> int:
    if "--check" in arguments:
        found = stale()
        for path in found:
            print(f"docs/{path.name} is stale: run `python tools/write_docs.py`")
        return 1 if found else 0
    for path, text in pages().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
