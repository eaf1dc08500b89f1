"""auscult doctor: what this machine has, in one screen."""

from __future__ import annotations

import importlib.util
import os
import platform
import shutil
import sqlite3
from pathlib import Path

from auscult.cli.display import console
from auscult.cli.reading import emit
from auscult.core import registry
from auscult.core.version import __version__
from auscult.engine.ledger_file import UNTRUSTED, filesystem_of
from auscult.kit import models

ENOUGH_BYTES = 3e9


def examine_machine(*, as_json: bool) -> None:
    rows = _checks()
    if as_json:
        emit([{"what": w, "ok": ok, "found": found} for w, ok, found in rows])
        return
    for what, ok, found in rows:
        mark = "[green]ok[/green]  " if ok else "[yellow]look[/yellow]"
        console.print(f"{mark} {what}: {found}", highlight=False)


def _checks() -> list[tuple[str, bool, str]]:
    free = shutil.disk_usage(Path.cwd()).free
    kind = filesystem_of(Path.cwd())
    runtime = importlib.util.find_spec("xllamacpp") is not None
    rows = [
        ("auscult", True, f"{__version__}, Python {platform.python_version()}"),
        ("processors", True, f"{os.cpu_count()} ({platform.machine()})"),
        ("sqlite", sqlite3.sqlite_version_info >= (3, 35), sqlite3.sqlite_version),
        ("disk here", free > ENOUGH_BYTES, f"{free / 1e9:.1f} GB free"),
        ("filesystem here", kind not in UNTRUSTED, kind or "unknown"),
        (
            "runtime for embedded models",
            runtime,
            "xllamacpp" if runtime else "missing: pip install 'auscult[local]'",
        ),
    ]
    for card in models.catalogue():
        here = models.path_of(card.name)
        hint = "here" if here else f"not here: auscult models get {card.name}"
        rows.append((f"model {card.name}", here is not None, hint))
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL"):
        rows.append((name, True, "set" if os.environ.get(name) else "not set"))
    counts = ", ".join(f"{len(registry.plugins(kind))} {kind}" for kind in registry.KINDS)
    rows.append(("plugins", True, counts))
    return rows
