"""A target that knows every neutral answer of the bias vignettes and minds nothing else."""

from __future__ import annotations

from typing import Any

from vignette_pack import vignettes

from auscult.kit.mcq import read_options


def answer(messages: list[dict[str, Any]]) -> str:
    """Told by the question and the options, which no telling of a vignette changes."""
    prompt = messages[-1]["content"]
    shown = read_options(prompt)
    for case in vignettes():
        if case.question in prompt and set(case.options) == set(shown.values()):
            right = case.options[case.brief.key or 0]
            return next(letter for letter, text in shown.items() if text == right)
    raise LookupError("this is none of the vignettes")
