"""Audits for the tests of the release gate, and small readers of what it decided."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec

from auscult import audit
from auscult.engine.declared import Primary
from auscult.engine.view import RunView
from auscult.report.junit import Check


class Lab:
    """Audits of 400 generated questions, one reply each."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.file = folder / "questions.jsonl"
        self.file.write_text("".join(json.dumps(self.question(i)) + "\n" for i in range(400)))
        self.views: list[RunView] = []

    @staticmethod
    def question(i: int) -> dict[str, Any]:
        options = {letter: f"disease {letter}{i}" for letter in "ABCD"}
        asked = f"Patient {i} shows sign {i % 7}. Which disease is it?"
        return {"question": asked, "options": options, "answer_idx": "ABCD"[i % 4]}

    def run(self, name: str, target: str, **more: Any) -> RunView:
        options = {"repeats": 1, "options_only": False}
        given = {"data": [f"medqa={self.file}"], "suite_options": options, **more}
        run = audit("knowledge", target=target, out=self.folder / name, report=False, **given)
        self.views.append(run.view)
        return run.view


def only(found: Any) -> Check:
    (check,) = found.checks
    assert isinstance(check, Check)
    return check


def declaring(view: RunView, lab: Lab, *primary: Primary) -> RunView:
    """The same run, had its plan declared these."""
    copy = RunView(view.folder)
    lab.views.append(copy)
    copy.plan = msgspec.structs.replace(copy.plan, primary=primary)
    return copy
