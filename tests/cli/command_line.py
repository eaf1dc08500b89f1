"""What the tests of the command line share: how an audit is made, and what is read of it."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

from runs import totals_of

from auscult.engine.ledger import open_reader

VERBOSE = "scripted/verbose?p=0.7&seed=3"
AUDIT = ("audit", "knowledge", "--target", VERBOSE, "--seed", "7", "--out", "run", "--yes")
SAID = "explains all of the findings"
"""Words of the target, in some of its answers."""
SENTENCE = 900
"""Characters at most: what is longer is no sentence."""


def told(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout + done.stderr


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """What was said by a command that must end in exit 2 with words and no traceback."""
    assert done.returncode == 2, told(done)
    assert "Traceback" not in told(done)
    assert not done.stdout
    assert len(done.stderr) < SENTENCE, done.stderr[:3000]
    return " ".join(done.stderr.replace("│", " ").split())


def case_id(folder: Path) -> str:
    return str(json.loads((folder / "audit.json").read_text())["findings"][0]["case_id"])


def calls_of(folder: Path) -> int:
    return totals_of(folder)["target"].calls


def everything_in(folder: Path) -> bytes:
    """Every file's bytes, and what the ledger's compressed segments say."""
    parts = [path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()]
    reader = open_reader(folder)
    for kind in ("call", "intent", "effect", "case"):
        parts += [raw for _, raw in reader._segments(kind)]
    parts += [bytes(row[0]) for row in reader._db.execute("SELECT body FROM blobs")]
    parts += [bytes(row[0]) for row in reader._db.execute("SELECT value FROM meta")]
    reader.close()
    return b"\n".join(parts)
