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
from auscult.kit.options import parse_options
from auscult.kit.scripted.rules import RULES, Common, Said, View, view_of


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
        content = _digest(request.messages)
        attempt = self._failed.get(f"{content}|{request.seed}", 0)
        return view_of(request, content, self._rule.seed, attempt, self._calls)

    def _reply(self, request: Request, view: View, said: Said) -> Reply:
        before, mark, after = self._worded(request, view, said)
        text = before + mark + after
        logprobs: tuple[TokenLogprob, ...] = ()
        if request.top_logprobs and mark:
            logprobs = _tokens((before, mark, after), view, said, request.top_logprobs)
        return Reply(
            text=text,
            model=f"scripted/{self.fingerprint['rule']}",
            usage=Usage(sum(len(m.text) for m in request.messages) // 4, len(text) // 4),
            logprobs=logprobs,
        )

    def _worded(self, request: Request, view: View, said: Said) -> tuple[str, str, str]:
        """The text before the letter or the word, that itself, and the text after it."""
        if said.choice is None or not 0 <= said.choice < len(view.letters):
            return said.lead + self._told(view, said), "", ""
        in_words = view.form == "yes-no"
        mark = view.options[said.choice] if in_words else view.letters[said.choice]
        if request.schema is not None:
            filled = json.dumps(_filled(request.schema, mark, said.stated))
            return _split(filled, f'"{mark}"', mark)
        before, mark, after = self._plain(view, said, mark)
        if said.stated is not None:
            after += f"\nConfidence: {100 * said.stated:.0f}%"
        return said.lead + before, mark, after

    def _plain(self, view: View, said: Said, mark: str) -> tuple[str, str, str]:
        if said.text:
            return _split(said.text, mark, mark)
        if view.form == "yes-no":
            styles = YES_NO_STYLES if self._rule.style == "mixed" else YES_NO_STYLES[:1]
            before, after = styles[view.pick("style", len(styles))]
            return before, mark.capitalize(), after
        if self._rule.style == "bare":
            return "", mark, ""
        option = view.options[said.choice or 0] if (said.choice or 0) < len(view.options) else ""
        before, after = STYLES[view.pick("style", len(STYLES))]
        if option and view.draw("with text") < 0.3:
            return before, mark, f". {option}"
        return before, mark, after

    def _told(self, view: View, said: Said) -> str:
        """An answer in words; one to an open question may have a frame around it."""
        text = said.text
        if self._rule.style == "mixed" and text and text == view.reference:
            before, after = OPEN_STYLES[view.pick("style", len(OPEN_STYLES))]
            text = before + text + after
        if said.stated is not None and text:
            text += f"\nConfidence: {100 * said.stated:.0f}%"
        return text


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
YES_NO_STYLES = (
    ("", ""),
    ("", "."),
    ("**", "**"),
    ("Answer: ", ""),
    ("The answer is ", "."),
    ("", ", as far as I can see."),
    ('{"answer": "', '"}'),
)
OPEN_STYLES = (("", ""), ("Answer: ", ""), ("In short: ", ""), ("", "\n\nThat is my answer."))


def _spelt(value: Any) -> str:
    if isinstance(value, dict):
        return json.dumps(value, sort_keys=True)
    if isinstance(value, bool):
        return str(value).lower()
    return f"{value:g}" if isinstance(value, float) else str(value)


def _digest(messages: tuple[Message, ...]) -> str:
    body = hashlib.blake2b(digest_size=16)
    for message in messages:
        for part in (message.role, message.text, *(image.digest for image in message.images)):
            body.update(f"{len(part)}:{part}".encode())
    return body.hexdigest()


def _split(text: str, marked: str, letter: str) -> tuple[str, str, str]:
    """Around the last place of `marked`, which holds the letter."""
    at = text.rindex(marked) + marked.index(letter)
    return text[:at], letter, text[at + len(letter) :]


def _filled(schema: dict[str, Any], mark: str, stated: float | None, name: str = "") -> Any:
    """The smallest value of the schema that says `mark`."""
    if "enum" in schema:
        return mark if mark in schema["enum"] else schema["enum"][0]
    kind = schema.get("type", "object" if "properties" in schema else "string")
    if kind == "object":
        parts = schema.get("properties", {})
        return {key: _filled(part, mark, stated, key) for key, part in parts.items()}
    if name == "confidence" and stated is not None and kind in ("number", "integer"):
        return round(100 * stated)
    plain: dict[str, Any] = {"string": mark, "boolean": True, "array": [], "null": None}
    return plain.get(kind, 1)


def _tokens(
    text: tuple[str, str, str], view: View, said: Said, top: int
) -> tuple[TokenLogprob, ...]:
    """Three tokens at most. The letter or word said carries the rule's own probability and the
    others share the rest, so that a rule right with probability p is calibrated by construction."""
    before, mark, after = text
    all_marks = list(view.options) if view.form == "yes-no" else list(view.letters)
    if mark[:1].isupper():
        all_marks = [other.capitalize() for other in all_marks]
    others = [other for other in all_marks if other != mark]
    rest = (1.0 - said.confidence) / len(others) if others else 0.0
    chances = [(mark, _log(said.confidence)), *((other, _log(rest)) for other in others)]
    spoken = TokenLogprob(mark, chances[0][1], tuple(chances[:top]))
    certain = [
        TokenLogprob(text, 0.0, ((text, 0.0),)) if text else None for text in (before, after)
    ]
    return tuple(token for token in (certain[0], spoken, certain[1]) if token is not None)


def _log(share: float) -> float:
    return math.log(max(share, 1e-9))
