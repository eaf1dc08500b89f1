"""How many threads a computation of our own may take of this machine."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

MOST = 4
_CPUS = Path("/sys/devices/system/cpu")
_QUOTA = Path("/sys/fs/cgroup/cpu.max")


def default_threads(environ: Mapping[str, str] | None = None) -> int:
    """Physical cores this process may use, at most four; one where CI=true.

    llama.cpp's threads wait for each other by spinning: with more threads than free cores they
    all but stop, while one thread merely slows down.
    """
    environ = os.environ if environ is None else environ
    if environ.get("CI", "").lower() in ("1", "true", "yes"):
        return 1
    return max(1, min(MOST, _physical_cores(), _quota()))


def _physical_cores() -> int:
    try:
        usable = os.sched_getaffinity(0)
    except AttributeError:  # not on this system
        return max(1, (os.cpu_count() or 2) // 2)
    cores = {_core_of(cpu) for cpu in usable}
    return len(cores)


def _core_of(cpu: int) -> tuple[str, str]:
    folder = _CPUS / f"cpu{cpu}" / "topology"
    try:
        return (
            (folder / "physical_package_id").read_text().strip(),
            (folder / "core_id").read_text().strip(),
        )
    except OSError:
        return ("", str(cpu))


def _quota() -> int:
    """A container's share of processor time, in whole cores."""
    try:
        quota, period = _QUOTA.read_text().split()
        return max(1, int(quota) // int(period))
    except (OSError, ValueError):
        return MOST
