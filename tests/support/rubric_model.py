"""A judge model that rules by a function, and the form it fills in."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities
from auscult.kit.rubric.calibration import Labelled
from auscult.kit.rubric.orders import CUT, clear
from auscult.kit.rubric.prompt import BAR

QUESTION = "What does the film show?"
REFERENCE = "A pleural effusion on the left side of the chest, of moderate size."


def form(
    verdict: str = "right", quotes: Sequence[str] = ("fluid in the left",), **more: Any
) -> str:
    said = {"quotes": list(quotes), "missing": [], "wrong_claims": [], "verdict": verdict}
    return json.dumps(said | more)


class Model:
    """A judge model that rules by a function of (reference first, shown answer, whole prompt)."""

    identity, endpoint, local = "test/model-a#1234", "test", True
    abilities = Abilities(schema=True)
    fingerprint: Mapping[str, Any] = {}

    def __init__(self, rule: Callable[[bool, str, str], str]) -> None:
        self._rule = rule

    async def answer(self, request: Request) -> Reply:
        text = request.messages[1].text
        lines = text.splitlines()
        shown = "\n".join(line[len(BAR) :] for line in lines if line.startswith(BAR))
        first = "Reference:" not in text or text.index("Reference:\n") < text.index(BAR)
        words = next(w for part in shown.split(CUT) for w in part.split("\n") if w.strip())
        return Reply(text=form(self._rule(first, shown, text), [words.strip()]))

    async def close(self) -> None: ...


def gullible(first: bool, shown: str, prompt: str) -> str:
    outside = [line for line in prompt.splitlines() if not line.startswith(BAR)]
    obeyed = ("grader", "full marks", "instructions", "verdict", "im_start", "correct", "examiner")
    heard = shown.replace(CUT, "").lower() + "\n".join(outside).replace(REFERENCE, "").lower()
    return "right" if any(word in heard for word in (*obeyed, "rubric")) else "wrong"


def oracle(rows: Sequence[Labelled]) -> Callable[[bool, str, str], str]:
    known = {clear(row.answer.strip()).text: row.verdict for row in rows}
    return lambda first, shown, prompt: known[shown]
