"""Audits of phantoms with cares/input-shift, and a bench that notes what it was asked."""

from __future__ import annotations

from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import Any

from seen import estimated

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.message import Reply
from auscult.core.protocols import Abilities, DataSet
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
    return estimated(SUITE, target, folder, data=[data], suite_options=SMALL | options, **more)


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
