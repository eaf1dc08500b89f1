"""Audits of one suite in a test, and what they came to: estimates, findings, rows and words."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache, cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from types import SimpleNamespace
from typing import Any

from runs import estimates_of, plan_for, run

from auscult.core.case import Case
from auscult.core.estimate import Estimate, Finding
from auscult.core.message import Message
from auscult.engine.view import RunView


class Seen:
    """What a run came to. Nothing more is read from its folder."""

    def __init__(self, folder: Path, suite: str) -> None:
        view = RunView(folder)
        view.export()
        self.suite: Any = view.plugin(suite)
        self.estimates: list[Estimate] = self.suite.estimates(view)
        self.findings: list[Finding] = self.suite.findings(view)
        self.table = view.table().collect()
        self.rows = _told(self.table.to_dicts())
        names = {(r["suite"], r["case_id"], r["arm"], r["repeat"]) for r in self.rows}
        self.said: dict[tuple[str, str, int], list[Message]] = {
            name[1:]: messages for name, messages in view.transcripts(names).items()
        }
        """By case, arm and repeat."""
        view.close()

    @cached_property
    def texts(self) -> dict[tuple[str, str, int], list[str]]:
        return {name: [m.text for m in messages] for name, messages in self.said.items()}

    def one(self, metric: str, condition: str | None = None, **group: str) -> Estimate:
        held = [
            e for e in self.estimates
            if e.metric == metric and e.group == group and condition in (None, e.condition)
        ]  # fmt: skip
        assert len(held) == 1, f"{metric} {group}: {len(held)}"
        return held[0]

    def value(self, metric: str, **group: str) -> float:
        found = self.one(metric, **group).value
        assert found is not None
        return found

    def headlines(self) -> list[str]:
        return [e.metric for e in self.estimates if e.headline]


def seen_of(suite: str, target: str, **more: Any) -> Seen:
    """An audit in a folder of its own, which is gone when it has been read."""
    with TemporaryDirectory() as place:
        folder = Path(place) / "run"
        assert run(plan_for(suite, target, **more), folder).stopped == "complete"
        return Seen(folder, suite)


def packs_of(suite: str, **always: Any) -> Callable[..., Seen]:
    """`pack(rule, limit, option=value)`: the suite's own data put to a scripted target, once."""

    @cache
    def pack(rule: str, limit: int | None = None, **options: Any) -> Seen:
        return seen_of(suite, f"scripted/{rule}", limit=limit, suite_options=options, **always)

    return pack


def holds(estimate: Any, truth: float) -> bool:
    """Whether the interval covers what was planted; there must be one."""
    assert estimate.low is not None and estimate.high is not None, estimate.metric
    return bool(estimate.low <= truth <= estimate.high)


# --- where estimates are read as plain records, and the folder is kept ---------------------------


def estimated(suite: str, target: str, folder: Path, **more: Any) -> list[dict[str, Any]]:
    assert run(plan_for(suite, target, seed=5, **more), folder).stopped == "complete"
    found: list[dict[str, Any]] = estimates_of(folder)
    return found


def one(estimates: list[dict[str, Any]], metric: str, **group: str) -> Any:
    found = [e for e in estimates if e["metric"] == metric and e["group"] == group]
    assert len(found) == 1, (metric, group, sorted({e["metric"] for e in estimates}))
    return SimpleNamespace(**found[0])


def recorded(folder: Path) -> list[dict[str, Any]]:
    view = RunView(folder)
    rows = view.table().collect().to_dicts()
    view.close()
    return _told(rows)


def findings_of(suite: str, folder: Path) -> list[Finding]:
    view = RunView(folder)
    found = view.plugin(suite).findings(view)
    view.close()
    return list(found)


def _told(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{**row, "labels": json.loads(row["labels"])} for row in rows]


# --- cases of a test's own -----------------------------------------------------------------------


class Rows:
    """A loader of given cases."""

    def __init__(self, *cases: Case) -> None:
        self.given = cases

    def load(self, path: Path, options: Any) -> Iterator[Case]:
        yield from self.given
