"""Known behaviour without a model, for tests and docs: scripted/RULE?p=0.7&seed=1.

An answer depends on (seed, what is asked, the call's own seed) alone: in whatever order questions
come and however often a run is resumed, it is the same.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import math
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.message import Message, Reply, Request, TokenLogprob, Usage
from auscult.core.protocols import Abilities, TargetSpec
from auscult.core.registry import did_you_mean
from auscult.kit.mcq import LETTERS, read_options
from auscult.kit.options import parse_options
from auscult.kit.scripted_rules import (
    RULES,
    Common,
    Said,
    View,
    listed_options,
    planted_in,
)

BLIND_ARM = "options-only"
DEFAULT_COUNT = 4
"""Letters where neither the hints nor the prompt say how many there are."""


def build(spec: TargetSpec) -> ScriptedTarget:
    if spec.ref not in RULES:
        raise UsageError(f"no scripted rule is named '{spec.ref}'{did_you_mean(spec.ref, RULES)}")
    where = f"scripted/{spec.ref} options"
    return ScriptedTarget(spec.ref, parse_options(spec.options, RULES[spec.ref].parameters, where))


class ScriptedTarget:
    endpoint = "scripted"
    local = True
    abilities = Abilities(images=True, logprobs=True, schema=True)

    def __init__(self, name: str, rule: Common) -> None:
        given = msgspec.structs.asdict(rule)
        settings = {key: given[key] for key in sorted(given) if given[key] is not None}
        query = "&".join(f"{key}={_spelt(value)}" for key, value in settings.items())
        self.identity = f"scripted/{name}?{query}"
        self.fingerprint: dict[str, Any] = {"rule": name, **settings}
        self._rule, self._apply = rule, RULES[name].apply
        self._calls = 0
        self._failed: dict[str, int] = {}

    async def answer(self, request: Request) -> Reply:
        self._calls += 1
        view = self._view(request)
        said = self._apply(view, self._rule)
        wait = self._rule.base_ms * said.slowness
        if wait:
            await asyncio.sleep(wait / 1000)
        again = f"{view.content}|{view.call_seed}"
        if said.cause:
            self._failed[again] = view.attempt + 1
            return Reply.error(said.cause, said.text, retry=said.retry)
        self._failed.pop(again, None)
        return self._reply(request, view, said)

    async def close(self) -> None:
        self._failed.clear()

    def _view(self, request: Request) -> View:
        hints = request.hints
        prompt = _last_user(request.messages)
        content = _digest(request.messages)
        letters, options = _choices(hints, prompt)
        key = hints.get("key")
        planted = hints.get("planted") or planted_in("\n".join(m.text for m in request.messages))
        return View(
            prompt=prompt,
            letters=letters,
            options=options,
            key=key if isinstance(key, int) and 0 <= key < len(letters) else None,
            attack=hints.get("kind") == "attack",
            blind=hints.get("arm") == BLIND_ARM,
            suggested=hints.get("suggested"),
            planted=tuple(planted),
            content=content,
            case=str(hints.get("case_id", "")),
            seed=self._rule.seed,
            call_seed=request.seed,
            attempt=self._failed.get(f"{content}|{request.seed}", 0),
            calls=self._calls,
        )

    def _reply(self, request: Request, view: View, said: Said) -> Reply:
        before, letter, after = self._worded(request, view, said)
        text = before + letter + after
        logprobs: tuple[TokenLogprob, ...] = ()
        if request.top_logprobs and letter:
            logprobs = _tokens(before, letter, after, view, said, request.top_logprobs)
        return Reply(
            text=text,
            model=f"scripted/{self.fingerprint['rule']}",
            usage=Usage(sum(len(m.text) for m in request.messages) // 4, len(text) // 4),
            logprobs=logprobs,
        )

    def _worded(self, request: Request, view: View, said: Said) -> tuple[str, str, str]:
        """The text before the letter, the letter, and the text after it."""
        if said.choice is None or not 0 <= said.choice < len(view.letters):
            return said.text, "", ""
        letter = view.letters[said.choice]
        if request.schema is not None:
            return _split(json.dumps(_filled(request.schema, letter)), f'"{letter}"', letter)
        if said.text:
            return _split(said.text, letter, letter)
        if self._rule.style == "bare":
            return "", letter, ""
        option = view.options[said.choice] if said.choice < len(view.options) else ""
        before, after = STYLES[view.pick("style", len(STYLES))]
        if option and view.draw("with text") < 0.3:
            return before, letter, f". {option}"
        return before, letter, after


STYLES = (
    ("", ""),
    ("", "."),
    ("(", ")"),
    ("**", "**"),
    ("Answer: ", ""),
    ("The answer is ", "."),
    ("The correct answer is (", ")."),
    ('{"answer": "', '"}'),
)


def _spelt(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _last_user(messages: tuple[Message, ...]) -> str:
    return next((m.text for m in reversed(messages) if m.role == "user"), "")


def _digest(messages: tuple[Message, ...]) -> str:
    body = hashlib.blake2b(digest_size=16)
    for message in messages:
        for part in (message.role, message.text, *(image.digest for image in message.images)):
            body.update(f"{len(part)}:{part}".encode())
    return body.hexdigest()


def _choices(hints: dict[str, Any], prompt: str) -> tuple[str, tuple[str, ...]]:
    """Letters and texts as shown: from the hints, else as read from the prompt."""
    given = hints.get("options")
    letters = str(hints.get("letters") or LETTERS)
    if isinstance(given, list | tuple):
        return letters[: len(given)], tuple(str(text) for text in given)
    shown = read_options(prompt, letters=letters) or listed_options(prompt)
    count = given if isinstance(given, int) else len(shown) or DEFAULT_COUNT
    texts = tuple(shown.values()) if len(shown) == count else ()
    return letters[:count], texts


def _split(text: str, marked: str, letter: str) -> tuple[str, str, str]:
    """Around the last place of `marked`, which holds the letter."""
    at = text.rindex(marked) + marked.index(letter)
    return text[:at], letter, text[at + len(letter) :]


def _filled(schema: dict[str, Any], letter: str) -> Any:
    """The smallest value of the schema that says `letter`."""
    if "enum" in schema:
        return letter if letter in schema["enum"] else schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        return {name: _filled(part, letter) for name, part in schema.get("properties", {}).items()}
    plain: dict[str, Any] = {"string": letter, "boolean": True, "array": [], "null": None}
    return plain.get(kind, 1)


def _tokens(
    before: str, letter: str, after: str, view: View, said: Said, top: int
) -> tuple[TokenLogprob, ...]:
    """Three tokens at most. The letter said carries the rule's own probability and the others
    share the rest, so that a rule right with probability p is calibrated by construction."""
    others = [other for other in view.letters if other != letter]
    rest = (1.0 - said.confidence) / len(others) if others else 0.0
    chances = [(letter, _log(said.confidence)), *((other, _log(rest)) for other in others)]
    spoken = TokenLogprob(letter, chances[0][1], tuple(chances[:top]))
    certain = [
        TokenLogprob(text, 0.0, ((text, 0.0),)) if text else None for text in (before, after)
    ]
    return tuple(token for token in (certain[0], spoken, certain[1]) if token is not None)


def _log(share: float) -> float:
    return math.log(max(share, 1e-9))
