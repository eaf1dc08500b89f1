"""inspect-ai in an environment of its own, so that its many dependencies stay out of ours."""

from __future__ import annotations

import re
import subprocess
import sys
from functools import cache
from pathlib import Path

from measure import BENCH, ROOT, BenchFailed

FOLDER = ROOT / ".venv-bench"
REQUIREMENTS = BENCH / "requirements.txt"


def peer_version() -> str:
    found = re.search(r"^inspect-ai==(\S+)", REQUIREMENTS.read_text(), re.MULTILINE)
    if found is None:
        raise BenchFailed(f"{REQUIREMENTS.name} pins no inspect-ai")
    return found[1]


@cache
def peer_python() -> Path:
    """Its interpreter; made on first use, and again when the pins change."""
    python, ready = FOLDER / "bin" / "python", FOLDER / ".ready"
    pins = REQUIREMENTS.read_text()
    if ready.exists() and ready.read_text() == pins:
        return python
    print(f"installing inspect-ai {peer_version()} into {FOLDER.name} ...", flush=True)
    for command in (
        [sys.executable, "-m", "venv", "--clear", str(FOLDER)],
        [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
         "-r", str(REQUIREMENTS)],
    ):  # fmt: skip
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise BenchFailed(f"cannot install inspect-ai: {done.stderr[-2000:]}")
    (FOLDER / ".gitignore").write_text("*\n")  # nothing of it is ours to commit
    ready.write_text(pins)
    return python
