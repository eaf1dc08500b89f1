"""Suites that no gate may read, and what a person who asks for it is told."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from fnmatch import fnmatchcase
from typing import Protocol

from auscult.core.errors import UsageError
from auscult.core.protocols import Suite


class Named(Protocol):
    @property
    def name(self) -> str: ...


class Run(Protocol):
    @property
    def suites(self) -> Sequence[Named]: ...

    def plugin(self, name: str) -> Suite: ...


def refuse_ungated(run: Run, metrics: Iterable[str]) -> None:
    """Where the run holds nothing else, or one of these metrics is of such a suite. A suite says
    why in `ungated`; others of the same run are gated as ever."""
    suites = [run.plugin(suite.name) for suite in run.suites]
    reasons = {suite.name: getattr(suite, "ungated", "") for suite in suites}
    closed = [suite for suite in suites if reasons[suite.name]]
    asked = list(metrics)
    for suite in closed:
        if len(closed) == len(suites) or any(_is_of(suite, text) for text in asked):
            raise UsageError(
                f"a gate never uses the suite '{suite.name}': {reasons[suite.name]}; gate on a run "
                "of a suite that draws what it asks by lot, such as das/robustness"
            )


def _is_of(suite: Suite, text: str) -> bool:
    """`metric` or `suite/metric`."""
    if text.startswith(f"{suite.name}/"):
        return True
    return any(fnmatchcase(text, metric) for metric in getattr(suite, "unwatched", {}))
