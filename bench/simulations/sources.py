"""Which files a part of the simulations rests on: what its module imports, and what that imports.

Read from the text, so that imports inside functions count."""

from __future__ import annotations

import ast
import hashlib
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FOLDERS = (ROOT / "src", ROOT / "bench", ROOT / "tests" / "support")


def digest(start: Path, *more: Path) -> str:
    """Of all those files: a change to any of them makes what was kept worthless."""
    found: set[Path] = set()
    waiting = [start, *more]
    while waiting:
        path = waiting.pop()
        if path not in found:
            found.add(path)
            waiting += imported(path)
    whole = hashlib.sha256()
    for path in sorted(found):
        whole.update(path.read_bytes())
    return whole.hexdigest()


@cache
def imported(path: Path) -> tuple[Path, ...]:
    """Files of ours that one names, in whatever way."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names.update(alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module)
            names.update(f"{node.module}.{alias.name}" for alias in node.names)
    return tuple(file for name in names if (file := _file_of(name)) is not None)


def _file_of(name: str) -> Path | None:
    for folder in FOLDERS:
        path = folder.joinpath(*name.split(".")).with_suffix(".py")
        if path.exists():
            return path
    return None
