"""Audits of phantoms with cares/factuality, and a bench that notes what it was asked."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
from PIL import Image, ImageDraw
from seen import Rows, estimated

from auscult.core import registry
from auscult.core.case import Brief, Case, ImageRef
from auscult.core.protocols import Abilities, DataSet
from auscult.suites.cares.factuality import FactualitySuite, build

SUITE = "cares/factuality"


def phantoms(**options: Any) -> DataSet:
    return DataSet("phantoms", "starter", options)


def audited(folder: Path, target: str, *data: DataSet, **more: Any) -> list[dict[str, Any]]:
    return estimated(SUITE, target, folder, data=data, **more)


def picture(path: Path, words: str = "") -> ImageRef:
    image = Image.fromarray(np.full((200, 320), 40, np.uint8))
    if words:
        draw = ImageDraw.Draw(image)
        for line in range(4):
            draw.text((12, 12 + 24 * line), words, fill=250, font_size=18)
    image.save(path)
    return ImageRef(str(path))


def case(number: int, image: ImageRef, **brief: Any) -> Case:
    words = {"key": 0, "task": "yes-no", "modality": "CR", "cluster": f"p{number}"} | brief
    return Case(f"c{number}", "", "Is it dark?", ("yes", "no"), (image,), brief=Brief(**words))


def given(cases: list[Case], **options: Any) -> tuple[FactualitySuite, list[Case]]:
    suite = build(options)
    return suite, list(suite.cases([DataSet("fake", "x.csv")], {"fake": Rows(*cases)}))


class Book:
    """A bench that answers yes and notes what it was asked and told."""

    abilities = Abilities(images=True)

    def __init__(self, judged: dict[str, Any] | None = None) -> None:
        self.roles = ("target", "judge") if judged else ("target",)
        self.judged = json.dumps(judged)
        self.verdicts: list[Any] = []
        self.asked: list[tuple[str, Any]] = []
        self.trials: list[tuple[str, dict[str, Any]]] = []

    def rng(self, label: str) -> Any:
        from random import Random

        return Random(label)

    def arm(self, name: str, repeat: int = 0) -> Any:
        from auscult.core.message import Reply

        async def ask(messages: Any, **how: Any) -> Reply:
            role = how.get("role", "target")
            self.asked.append((name if role == "target" else role, messages[-1]))
            return Reply(text="Yes." if role == "target" else self.judged)

        async def judge(which: str, exhibit: Any) -> Any:
            return await registry.build("judges", which, {}).judge(exhibit, place)

        def record(*verdicts: Any, **labels: Any) -> None:
            self.verdicts += verdicts
            self.trials.append((name, labels))

        place = SimpleNamespace(ask=ask, judge=judge, record=record)
        return place


async def examined(suite: FactualitySuite, asked: Case) -> Book:
    book = Book()
    await suite.examine(asked, book)  # type: ignore[arg-type]
    return book
