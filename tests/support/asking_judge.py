"""A judge for tests that asks a model: `yes` in its answer is a right answer of the target's."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from auscult.core import registry
from auscult.core.message import user
from auscult.core.protocols import Arm, Exhibit
from auscult.core.verdict import Verdict

NAME = "asking"


def build(options: Mapping[str, Any]) -> AskingJudge:
    return AskingJudge(options)


class AskingJudge:
    name = NAME
    asks: Mapping[str, int] = {"judge": 1}

    def __init__(self, options: Mapping[str, Any]) -> None:
        self.version = str(options.get("version", "1"))
        self._breaks = str(options.get("breaks", ""))
        self._score = float(options.get("score", 1.0))

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        key = exhibit.facts["options"][exhibit.facts["key"]]
        if self._breaks and self._breaks in exhibit.case.id:
            raise ZeroDivisionError("this judge cannot count")
        said = await bench.ask((user(f"Is this it ({key})?\n{exhibit.reply.text}"),), role="judge")
        if said.status == "error":
            return Verdict(self.name, self.version, "error", cause="judge-failed")
        score = self._score if "yes" in said.text.lower() else 0.0
        return Verdict(self.name, self.version, "answered", score, quotes=(exhibit.reply.text[:9],))


@contextmanager
def installed() -> Iterator[None]:
    """As if a third party had brought it."""
    known = registry.plugins("judges")
    known[NAME] = registry.PluginRef("judges", NAME, __name__, "tests")
    try:
        yield
    finally:
        del known[NAME]
