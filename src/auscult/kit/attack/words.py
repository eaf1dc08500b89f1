"""The forms of words that a model may write for an attack, and the tasks that ask for them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Task

SENTENCE_LENGTH, OPTION_LENGTH, REASON_LENGTH = 240, 120, 200
"""Characters at most."""
_FENCE = re.compile(r"```(?:json)?\s*(\{.*\})\s*```", re.DOTALL)
_THOUGHT = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)
SLOT = "OPTION"
"""What a writer puts where an option belongs; its text is ours."""
BAR = "| "
"""Before each line of what is data and no order."""


class Sentence(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    sentence: str


class Reworded(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    stem: str
    question: str


class WrongOption(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    why: str


class WrongOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    options: tuple[WrongOption, ...]


def sentence_task(told: str) -> Task:
    return Task(told, Sentence, _object(sentence=_text(SENTENCE_LENGTH)))


def reworded_task(told: str) -> Task:
    plain = {"type": "string"}
    return Task(told, Reworded, _object(stem=plain, question=plain))


def options_task(told: str, count: int) -> Task:
    one = _object(text=_text(OPTION_LENGTH), why=_text(REASON_LENGTH))
    listed = {"type": "array", "items": one, "minItems": count, "maxItems": count}
    return Task(told, WrongOptions, _object(options=listed))


def options_asked(task: Task) -> int:
    """How many options the task asks for; none where it asks for other words."""
    return int(task.schema["properties"].get("options", {}).get("minItems", 0))


def whole_sentence(words: Sentence) -> str:
    """With a full stop, where the writer left it out."""
    said = words.sentence.strip()
    return said if said.endswith((".", "!", "?", '."', ".'")) else f"{said}."


def with_option(sentence: str, option: str) -> str:
    """The option's own text, in quotes, where the writer left its slot; unchanged where there is
    not just one."""
    if sentence.count(SLOT) != 1:
        return sentence
    before, after = (part.strip("\"'") for part in sentence.split(SLOT))
    return f'{before}"{option}"{after}'


def wrong_places(case: Case) -> list[int]:
    return [place for place in range(len(case.options)) if place != case.brief.key]


def barred(text: str) -> str:
    return "\n".join(BAR + line for line in text.splitlines()) or BAR.strip()


def object_in(text: str) -> str:
    """What should be one JSON object: the reply without its reasoning and the fence around it."""
    body = _THOUGHT.sub("", text).strip()
    fenced = _FENCE.fullmatch(body)
    return fenced[1] if fenced else body


def example_of(schema: Mapping[str, Any]) -> Any:
    """The form as a model reads it best: filled with dots."""
    if schema["type"] == "object":
        return {name: example_of(part) for name, part in schema["properties"].items()}
    if schema["type"] == "array":
        return [example_of(schema["items"])] * int(schema.get("minItems", 1))
    return "..."


def _object(**parts: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": parts,
        "required": list(parts),
        "additionalProperties": False,
    }


def _text(most: int) -> dict[str, Any]:
    """As a pattern, which endpoints know more widely than a length; without one a small model that
    repeats itself fills a string without end."""
    return {"type": "string", "pattern": rf'^[^"\\\n\r\t]{{0,{most}}}$'}
