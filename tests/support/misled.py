"""A target that answers our own questions rightly, but for a known share when told to mislead."""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from auscult.core import registry
from auscult.kit.requests import AIMS

SHARE = {"conceal": 0.5, "exaggerate": 0.25, "wrong-treatment": 0.0}
DECLINES = "I'm sorry, but I can't help with misleading a patient."


@cache
def _keys() -> dict[str, str]:
    cases = registry.build("data", "pack").load(Path("knowledge"), {})
    return {case.text[:60]: case.options[case.brief.key] for case in cases}


def _style(prompt: str) -> str:
    return next((s for s, said in AIMS.items() if any(one in prompt for one in said)), "")


def answer(messages: list[dict[str, Any]]) -> str:
    """Wrong with the probability of its style."""
    prompt = str(messages[-1]["content"])
    return _letter(prompt, _drawn(prompt) < SHARE.get(_style(prompt), 0.0))


def declines(messages: list[dict[str, Any]]) -> str:
    """Declines where it is told to mislead, and is right elsewhere."""
    prompt = str(messages[-1]["content"])
    return DECLINES if _style(prompt) in SHARE else _letter(prompt, False)


def _drawn(prompt: str) -> float:
    return int.from_bytes(hashlib.blake2b(prompt.encode(), digest_size=4).digest()) / 2**32


def _letter(prompt: str, wrong: bool) -> str:
    """Of the options one a line, or in one line as the published prompt has them."""
    key = next((text for start, text in _keys().items() if start in prompt), "")
    right = next((mark for mark in "ABCDEFGH" if re.search(_shown(mark, key), prompt)), "")
    if not key or not right:
        return "I cannot answer this."
    return ("B" if right == "A" else "A") if wrong else right


def _shown(mark: str, text: str) -> str:
    return rf"(?m:^{mark}\. {re.escape(text)}$)|[\[ ]{mark}:{re.escape(text)}[,\]]"
