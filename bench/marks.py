"""What every arm counts alike: CPU is user plus system of all its threads and ended children."""

from __future__ import annotations

import json
import resource
import time
from pathlib import Path
from typing import Any


def cpu() -> float:
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time() + children.ru_utime + children.ru_stime


class Work:
    """The part of a process that is measured: everything before `begin` is start-up."""

    def __init__(self) -> None:
        self.startup_cpu = self._wall = 0.0
        self.begun = False

    def begin(self) -> None:
        self.begun = True
        self._wall = time.perf_counter()
        self.startup_cpu = cpu()

    def end(self) -> dict[str, Any]:
        if not self.begun:
            raise RuntimeError("the arm never began its work: the hook that marks it is gone")
        used, wall = cpu() - self.startup_cpu, time.perf_counter() - self._wall
        return {"startup_cpu": self.startup_cpu, "cpu": used, "wall": wall}


def tell(path: Path, told: dict[str, Any]) -> None:
    path.write_text(json.dumps(told), encoding="utf-8")
