"""Real processes for tests: the stub endpoint, and Auscult itself."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


def environment(**more: str) -> dict[str, str]:
    """Of a stranger who has installed the testkit package: no keys, no proxies."""
    kept = {k: v for k, v in os.environ.items() if not k.upper().endswith(("_PROXY", "_KEY"))}
    kept.pop("OPENAI_BASE_URL", None)
    return {**kept, "PYTHONPATH": str(HERE / "plugins"), "COLUMNS": "100", **more}


@contextmanager
def stub(*arguments: str) -> Iterator[str]:
    """The stub endpoint as a process; gives its base URL."""
    process = subprocess.Popen(
        [sys.executable, str(HERE / "stub_main.py"), *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield process.stdout.readline().strip()
    finally:
        process.kill()
        process.communicate()


def auscult(*arguments: str, cwd: Path, **more: str) -> subprocess.CompletedProcess[str]:
    """The command line, as a user runs it, with nobody at the keyboard."""
    return subprocess.run(
        [sys.executable, "-m", "auscult.cli.main", *arguments],
        cwd=cwd, env=environment(**more), stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip


def start_auscult(*arguments: str, cwd: Path, **more: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "auscult.cli.main", *arguments],
        cwd=cwd, env=environment(**more), stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
