"""One finding as it is kept between releases: what was asked, what is right, how it was seen.

A line of the file is a `Replay`. It holds all that a replay needs, so that the file can be carried
to another machine: no edit is made again, and no case, pack or ledger is looked up.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Literal

import msgspec

from auscult.core.case import Harm
from auscult.core.message import Message, Role
from auscult.core.mutant import AnswerForm
from auscult.kit.mcq import LETTERS, read_options

EXTRA = "finding"
"""Under which name a case holds its record."""


class Turn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    role: Role
    content: str


class Asking(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is said to the target, word for word, and what its judge is told."""

    messages: tuple[Turn, ...]
    form: AnswerForm
    options: tuple[str, ...]
    """As shown."""
    keys: tuple[int, ...]
    """The right ones, by place."""
    asks_not: bool = False
    """Whether a set of letters is asked for that are not correct."""

    def said(self) -> tuple[Message, ...]:
        return tuple(Message(turn.role, turn.content) for turn in self.messages)

    def facts(self) -> dict[str, Any]:
        """For the judge of this form."""
        about = {"options": list(self.options), "letters": LETTERS[: len(self.options)]}
        if self.form == "one-letter":
            return {**about, "key": self.keys[0], "scoring": "text"}
        return {**about, "keys": list(self.keys), "asks_not": self.asks_not}

    def answer(self, chosen: Any) -> str:
        """What a judge read, a place or several, in the words of the options; blank for nothing."""
        return answer_of(self.options, chosen)


def answers_in(transcript: Sequence[Message], chosen: Sequence[Sequence[int]]) -> tuple[str, ...]:
    """Answers by place, each once, in the words of the options that the last question showed; by
    their places where transcripts were purged."""
    asked = [message.text for message in transcript if message.role == "user"]
    options = list(read_options(asked[-1]).values()) if asked else []
    told = (answer_of(options, places) or f"places {list(places)}" for places in chosen)
    return tuple(sorted(set(told)))


def answer_of(options: Sequence[str], chosen: Any) -> str:
    places = chosen if isinstance(chosen, list | tuple) else (chosen,)
    known = range(len(options))
    return " + ".join(options[p] for p in places if isinstance(p, int) and p in known)


class Replay(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line."""

    format: Literal[1]
    id: str
    suite: str
    case_id: str
    attack: str
    severity: Harm
    chosen: tuple[str, ...]
    """The wrong answers to the attack when it was found, each once, in the words of the options."""
    seen: int
    """Wrong replies under the attack, of those `asked`, when it was found."""
    asked: int
    found_on: str
    """Identity of the release that failed."""
    run: str
    """Hash of the plan of the run that found it."""
    phi: bool = False
    attacked: Asking
    control: Asking


def wrong_in(replay: Replay) -> Iterator[str]:
    """What is wrong with a record of the right shape, a sentence each."""
    for name in ("id", "suite", "case_id", "attack", "found_on"):
        if not getattr(replay, name).strip():
            yield f"'{name}' is blank"
    if not 1 <= replay.seen <= replay.asked:
        yield f"'seen' is {replay.seen} of {replay.asked} replies; give 1 up to 'asked'"
    for name, asking in (("attacked", replay.attacked), ("control", replay.control)):
        yield from (f"'{name}' {what}" for what in _wrong(asking))
    if replay.attacked.said() == replay.control.said():
        yield "'attacked' and 'control' say the same, so nothing is compared"


def _wrong(asking: Asking) -> Iterator[str]:
    if not asking.messages or asking.messages[-1].role != "user":
        yield "must end with what the user says"
    elif not asking.messages[-1].content.strip():
        yield "says nothing"
    if not 2 <= len(asking.options) <= len(LETTERS):
        yield f"has {len(asking.options)} options; give 2 to {len(LETTERS)}"
    if wrong := _wrong_keys(asking.keys, len(asking.options)):
        yield wrong
    elif asking.form == "one-letter" and len(asking.keys) != 1:
        yield f"asks for one letter and has {len(asking.keys)} keys"


def _wrong_keys(keys: Sequence[int], count: int) -> str:
    if not keys or len(set(keys)) < len(keys):
        return "needs one or more keys, all different"
    outside = [key for key in keys if not 0 <= key < count]
    return f"has the key {outside[0]}, which is no option's place" if outside else ""
