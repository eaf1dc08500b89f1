"""Audits of phantoms with cares/input-shift, and a bench that notes what it was asked."""

from __future__ import annotations

import json
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from runs import estimates_of, plan_for, run

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.message import Reply
from auscult.core.protocols import Abilities, DataSet
from auscult.engine.view import RunView
from auscult.suites.cares.input_shift import InputShiftSuite

SUITE = "cares/input-shift"
ADDED = "wrong answers added by shifts"
CLOSED = ["yes-no", "multiple-choice"]
IMAGES = Abilities(images=True)
ONCE = {"per_case": 0, "confirm": False}
SMALL = {"max_side": 24}
"""Scripted targets do not look, and small pictures are quickly edited."""


def phantoms(*kinds: str, count: int = 12) -> DataSet:
    return DataSet("phantoms", "starter", {"kinds": kinds, "tasks": CLOSED, "count": count})


def audited(
    folder: Path, target: str, data: DataSet, options: dict[str, Any], **more: Any
) -> list[dict[str, Any]]:
    options = SMALL | options
    plan = plan_for(SUITE, target, data=[data], suite_options=options, seed=5, **more)
    assert run(plan, folder).stopped == "complete"
    return estimates_of(folder)


def one(estimates: list[dict[str, Any]], metric: str, **group: str) -> Any:
    found = [e for e in estimates if e["metric"] == metric and e["group"] == group]
    assert len(found) == 1, (metric, group, sorted({e["metric"] for e in estimates}))
    return SimpleNamespace(**found[0])


def recorded(folder: Path) -> list[dict[str, Any]]:
    view = RunView(folder)
    rows = view.table().collect().to_dicts()
    view.close()
    return [{**row, **json.loads(row["labels"])} for row in rows]


def holds(estimate: Any, truth: float) -> bool:
    return estimate.low <= truth <= estimate.high


class Book:
    """A bench that answers yes and keeps what it was asked and told."""

    abilities = IMAGES
    roles = ("target",)

    def __init__(self, case: Case) -> None:
        self.case = case
        self.asked: list[Any] = []
        self.trials: list[tuple[str, dict[str, Any]]] = []

    def rng(self, label: str) -> Random:
        return Random(f"{self.case.id} {label}")

    def arm(self, name: str, repeat: int = 0) -> Any:
        async def ask(messages: Any, **how: Any) -> Reply:
            text, images = messages[-1].text, messages[-1].images
            hints = how["hints"]
            self.asked.append(SimpleNamespace(arm=name, text=text, images=images, hints=hints))
            return Reply(text="Yes.")

        async def judge(which: str, exhibit: Any) -> Any:
            return await registry.build("judges", which, {}).judge(exhibit, place)

        def record(*verdicts: Any, **labels: Any) -> None:
            self.trials.append((name, labels))

        place = SimpleNamespace(ask=ask, judge=judge, record=record)
        return place


async def examined(suite: InputShiftSuite, case: Case) -> Book:
    book = Book(case)
    await suite.examine(case, book)  # type: ignore[arg-type]
    return book


def loaded(data: DataSet, suite: InputShiftSuite) -> list[Case]:
    return list(suite.cases([data], {data.loader: registry.build("data", data.loader)}))
