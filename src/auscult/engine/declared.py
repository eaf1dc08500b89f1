"""What a plan declares before the run besides what is asked: when to stop, and what is primary.

All of it is in the plan's hash. What is not declared is exploratory.
"""

from __future__ import annotations

from typing import Literal

import msgspec

from auscult.stats.families import Endpoint
from auscult.stats.stopping import Rule


class StopPlan(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """A rule that ends a suite once it knows enough. Its alpha is shared with the plan's others:
    each rule of a plan with three gets a third of its own."""

    suite: str
    metric: str
    rule: Rule
    population: Literal["superpopulation", "this pack"] = "superpopulation"
    """Is the mean that of all cases there could be, or of those in the data?"""
    against: str = ""
    """Folder of a run to subtract, case by case: the rule then reads this run minus that one."""
    by: str = ""
    """A slice whose cells are each read by themselves: one that is decided is asked no more. Its
    alpha is shared by the cells."""
    weights: dict[str, float] = {}
    """What each cell weighs when they are pooled; its share of the clusters in the data if none."""

    @property
    def name(self) -> str:
        minus = f" minus {self.against}" if self.against else ""
        return f"{self.suite}/{self.metric}{minus}" + (f" by {self.by}" if self.by else "")


class Primary(Endpoint, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """An endpoint the audit is about. A gate uses its margin."""

    margin: float | None = None
    """How much worse than another run still counts as no worse."""
