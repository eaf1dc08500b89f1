"""Counters that a display may read at any time. The engine writes them and never draws."""

from __future__ import annotations

import msgspec

from auscult.engine.clock import monotonic
from auscult.engine.writer import RoleTotals


class SuiteProgress(msgspec.Struct):
    name: str
    planned: int
    finished: int = 0
    errors: int = 0


class Progress(msgspec.Struct):
    suites: list[SuiteProgress] = []
    phase: str = "starting"
    asking: str = ""
    totals: list[RoleTotals] = []
    """The engine's own counters, one per role: read here, never copied per call."""
    unpriced: bool = False
    began: float = msgspec.field(default_factory=monotonic)
    seconds_before: float = 0.0
    cap_seconds: float | None = None
    finished_here: int = 0

    @property
    def calls(self) -> int:
        return sum(t.calls for t in self.totals)

    @property
    def failed(self) -> int:
        return sum(t.failed for t in self.totals)

    @property
    def tokens(self) -> int:
        return sum(t.input_tokens + t.output_tokens for t in self.totals)

    @property
    def cost(self) -> float:
        return sum(t.cost for t in self.totals)

    @property
    def planned(self) -> int:
        return sum(s.planned for s in self.suites)

    @property
    def finished(self) -> int:
        return sum(s.finished for s in self.suites)

    @property
    def seconds(self) -> float:
        return self.seconds_before + monotonic() - self.began

    @property
    def seconds_left(self) -> float | None:
        """From the pace of this session; capped by the time that is left."""
        if not self.finished_here:
            return None
        pace = (monotonic() - self.began) / self.finished_here
        left = pace * (self.planned - self.finished)
        if self.cap_seconds is not None:
            left = min(left, max(self.cap_seconds - self.seconds, 0.0))
        return left
