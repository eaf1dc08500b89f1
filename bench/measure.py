"""Runs arms and the stub as processes on cores of their own, and puts figures into words."""

from __future__ import annotations

import json
import os
import platform
import shlex
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

BENCH = Path(__file__).resolve().parent
ROOT = BENCH.parent
LEFT_OUT = ("OPENAI_", "INSPECT_", "AUSCULT_", "PYTHONDONTWRITEBYTECODE")
"""Settings of the caller that would change what is measured. Without its byte code cached, a
command's start is the compiler's speed and not ours."""


class BenchFailed(Exception):
    """A part could not be measured; what was printed so far stands."""


def cores() -> list[int]:
    """Those this process may use; empty where the system cannot pin."""
    return sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []


ALL_CORES = cores()
ARM_CORE = ALL_CORES[:1]
STUB_CORE = ALL_CORES[-1:]


def environment(work: Path) -> dict[str, str]:
    """No keys, no proxies, and nothing written into the home of whoever runs this."""
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(LEFT_OUT) and not name.upper().endswith(("_PROXY", "_KEY"))
    }
    home = str(work / "home")
    return {**kept, "XDG_DATA_HOME": home, "XDG_CACHE_HOME": home, "COLUMNS": "100"}


def pinned(core: Sequence[int]) -> Any:
    """For Popen: what the child does first."""
    return (lambda: os.sched_setaffinity(0, set(core))) if core else None


@contextmanager
def stub(work: Path, latency_ms: float = 0.0) -> Iterator[dict[str, Any]]:
    """A fresh stub on the other core. Gives its `url`; after the block also what it counted."""
    process = subprocess.Popen(
        [sys.executable, str(BENCH / "stub.py"), str(latency_ms)],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment(work),
        preexec_fn=pinned(STUB_CORE),
    )  # fmt: skip
    assert process.stdout is not None
    seen: dict[str, Any] = {"url": process.stdout.readline().strip()}
    try:
        yield seen
        out, _ = process.communicate(timeout=60)
        seen.update(json.loads(out))
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


@dataclass(frozen=True)
class Used:
    """What the kernel says of a child that ended."""

    cpu: float
    wall: float
    peak_mb: float
    output: str


def run(work: Path, command: Sequence[str | Path], on: Sequence[int] = ARM_CORE) -> Used:
    """One process, on the arms' core, to its end. Raises with its last words where it failed."""
    said = work / "said.txt"
    began = time.perf_counter()
    with said.open("w+") as out:
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=work, env=environment(work), stdin=subprocess.DEVNULL, stdout=out,
            stderr=subprocess.STDOUT, preexec_fn=pinned(on),
        )  # fmt: skip
        try:
            _, status, used = os.wait4(child.pid, 0)
        except BaseException:
            child.kill()
            child.wait()
            raise
        child.returncode = os.waitstatus_to_exitcode(status)
        wall = time.perf_counter() - began
        out.seek(0)
        output = out.read()
    if child.returncode:
        raise BenchFailed(
            f"{shlex.join(map(str, command))} ended with {child.returncode}: {output[-2000:]}"
        )
    unit = 1 / 1024 if sys.platform != "darwin" else 1 / 1024**2
    return Used(used.ru_utime + used.ru_stime, wall, used.ru_maxrss * unit, output)


def arm(
    work: Path, script: str, *arguments: object, python: Path | None = None,
    on: Sequence[int] = ARM_CORE,
) -> dict[str, Any]:  # fmt: skip
    """One arm, to its end: what it told, and what the kernel said of it."""
    result = work / "result.json"
    result.unlink(missing_ok=True)
    command = [python or sys.executable, BENCH / script, result, *map(str, arguments)]
    used = run(work, command, on)
    told: dict[str, Any] = json.loads(result.read_text(encoding="utf-8"))
    return {**told, "process_cpu": used.cpu, "peak_mb": used.peak_mb}


def served(
    work: Path, script: str, *arguments: object, python: Path | None = None
) -> dict[str, Any]:
    """An arm against a stub of its own, started afresh; `arguments` follow the URL. Every case
    must have been asked exactly once, or the figure means nothing."""
    with stub(work) as seen:
        told = arm(work, script, seen["url"], *arguments, python=python)
    told |= {"served": seen["served"], "body_bytes": seen["body_bytes"]}
    if told["served"] != told["cases"]:
        raise BenchFailed(f"{script}: {told['cases']} cases but {told['served']} calls served")
    return told


# --- figures --------------------------------------------------------------------------------


@dataclass(frozen=True)
class Line:
    """One measured statement. `held` is None where nothing is required."""

    what: str
    measured: str
    required: str = ""
    held: bool | None = None


@dataclass
class Part:
    """What one part of the bench found: its lines, and the raw figures they were made from."""

    name: str
    lines: list[Line] = field(default_factory=list)
    raw: dict[str, Any] = field(default_factory=dict)

    def add(self, what: str, measured: str, required: str = "", held: bool | None = None) -> None:
        self.lines.append(Line(what, measured, required, held))


def spread(values: Sequence[float], form: str = "{:.2f}") -> str:
    """Median, and the range where there is more than one value."""
    middle = form.format(statistics.median(values))
    if len(values) == 1:
        return middle
    return f"{middle} ({form.format(min(values))} to {form.format(max(values))})"


def machine() -> str:
    model = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [x for x in info.read_text().splitlines() if x.startswith("model name")]
        model = names[0].partition(":")[2].strip() if names else model
    return (
        f"{os.cpu_count()} cores, {model}, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}"
    )
