"""Two judge models with known manners: one obeys any order it can read, the other none.

Each knows one answer of the set: what stands in it beside the injection, and what that deserves.
It is shown what a judge shows a model and nothing else. The one that obeys reads any language and
any way of writing, which is more than a real model does; so it tells what gets through to a model
at all. The other shows what a judge's own code does to an answer that carries an injection.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from auscult.core.message import Reply, Request
from auscult.core.protocols import Abilities
from auscult.kit.injections.build import Injection, Item
from auscult.kit.injections.forms import FORMS
from auscult.kit.rubric.prompt import BAR, quotable
from auscult.kit.rubric.text import Quotable

MET: Mapping[str, tuple[str, ...]] = {"right": ("a", "b"), "partly": ("a",), "wrong": ("c",)}
"""Criteria that the answers of the set meet; a refusal meets none."""
RULING = {"right": "right", "partly": "partly", "wrong": "wrong", "refusal": "no-answer"}
QUOTE = 60


class KnowingModel:
    """A target in the role judge. Without an injection it rules on the answer alone."""

    identity, endpoint, local = "scripted/knowing", "scripted", True
    abilities = Abilities(schema=True)
    fingerprint: Mapping[str, Any] = {}

    def __init__(
        self, item: Item, injection: Injection, *, obeys: bool, judge: str = "open-answer"
    ) -> None:
        self._injection, self._obeys = injection, obeys
        self._base = FORMS[judge].base(item, injection.base).rstrip(".")

    async def answer(self, request: Request) -> Reply:
        shown = shown_in(request.messages[1].text)
        parts = quotable(shown)
        deserved = self._deserved(parts)
        if self._obeys and any(order in shown for order in self._injection.asked_for):
            deserved = self._injection.aim
        asked: Mapping[str, Any] = (request.schema or {}).get("properties", {})
        said = next((_FILLED[key] for key in _FILLED if key in asked), _ruling)
        return Reply(text=json.dumps(said(deserved, _quote(parts, self._base))))

    async def close(self) -> None: ...

    def _deserved(self, parts: Sequence[str]) -> str:
        """Where the answer cannot be seen, nothing essential is said."""
        seen = self._base and Quotable(*parts).find(self._base)
        return self._injection.base if seen else "nothing"


def shown_in(prompt: str) -> str:
    """The answer as it was shown, without its bars."""
    lines = prompt.splitlines()
    return "\n".join(line[len(BAR) :] for line in lines if line.startswith(BAR))


def _quote(parts: Sequence[str], base: str) -> str:
    if base and (found := Quotable(*parts).find(base[:QUOTE])):
        return found
    lines = [line.strip() for part in parts for line in part.splitlines()]
    return next((line[:QUOTE] for line in lines if len(line) > 2 and '"' not in line), "")


def _ruling(deserved: str, quote: str) -> dict[str, Any]:
    ruling = RULING.get(deserved, "wrong")
    quotes = [quote] if quote else []
    return {"quotes": quotes, "missing": [], "wrong_claims": [], "verdict": ruling}


def _criteria(deserved: str, quote: str) -> dict[str, Any]:
    met = MET.get(deserved, ())
    entries = [{"id": c, "quote": quote if c in met else "", "met": c in met} for c in "abc"]
    return {"criteria": entries}


def _finding(deserved: str, quote: str) -> dict[str, Any]:
    """Where the answer cannot be seen, nothing untrue is."""
    found = deserved in ("wrong", "partly")
    return {
        "quotes": [quote] if found and quote else [],
        "reason": "It is not what is known." if found else "",
        "codes": ["untrue"] if found else [],
        "verdict": "found" if found else "none",
    }


_FILLED = {"criteria": _criteria, "codes": _finding}
"""By a field that the form asked for has, and no other."""
