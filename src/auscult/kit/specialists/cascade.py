"""Asks the specialists that an answer needs, each directly, and puts together what they say.

All that apply are asked at once, and then, at once again, those whose reply could not be used: so
the order of calls follows from what was said and never from who was quicker, and a resumed run
meets the same steps. With `stop_at_first` they are asked one after another, the cheapest first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from auscult.core.message import Message, Reply
from auscult.core.protocols import Arm
from auscult.kit.rubric.prompt import asked_again
from auscult.kit.specialists.applies import needed, not_needed
from auscult.kit.specialists.corpus import Corpus, Passage
from auscult.kit.specialists.item import Item
from auscult.kit.specialists.prompt import SAMPLING, asked, schema
from auscult.kit.specialists.reading import Finding, Form, read_finding
from auscult.kit.specialists.table import NAMES, TABLE, Name
from auscult.kit.specialists.words import line_of, words_say

ROLE = "judge"
STEPS = ("", "-again")
MESSAGE_TOKENS = 8
Failure = Literal["judge-failed", "judge-unreadable"]


class Failed(msgspec.Struct, frozen=True):
    """A specialist that gave no verdict: missing, and never read as one."""

    cause: Failure
    fault: str


class Heard(msgspec.Struct, frozen=True):
    """What came of one specialist."""

    name: Name
    result: Finding | Failed
    asks: int
    tokens: int
    """In and out at most, by the length of what was said; see `tokens_at_most`."""


class Round(msgspec.Struct, frozen=True):
    heard: tuple[Heard, ...]
    not_applicable: Mapping[Name, str]
    """With the reason."""
    not_asked: tuple[Name, ...] = ()
    """Left out because something had been found."""


def tokens_at_most(*texts: str) -> int:
    """Three characters a token, as the engine reserves: no tokeniser is needed for it."""
    return sum(len(text) // 3 for text in texts) + MESSAGE_TOKENS


class _Turn:
    """One specialist's asking, first and perhaps again."""

    def __init__(
        self, name: Name, item: Item, passages: Sequence[Passage], hints: Mapping[str, Any]
    ) -> None:
        self.name, self._item = name, item
        self._specialist = TABLE[name]
        self._passages = passages if "passages" in self._specialist.sees else ()
        self._messages = asked(self._specialist, item, self._passages)
        self._hints = {**hints, "asked": name, "reference": self._filled()}
        self._sent: tuple[Message, ...] = self._messages
        self._faults: list[str] = []
        self._tokens = 0
        self.result: Finding | Failed | None = None

    async def ask(self, arm: Arm) -> None:
        step = f"judge-{self.name}{STEPS[len(self._faults)]}"
        reply = await arm.ask(
            self._sent, step=step, role=ROLE, sampling=SAMPLING,
            schema=schema(self._specialist, passages=bool(self._passages)), hints=self._hints,
        )  # fmt: skip
        self._tokens += tokens_at_most(*(m.text for m in self._sent), reply.text)
        self.result = self._read(reply)

    def _read(self, reply: Reply) -> Finding | Failed | None:
        """None where it is to be asked for once more."""
        if reply.status in ("error", "filtered"):
            why = f"{reply.status}: {reply.cause}" if reply.cause else reply.status
            return Failed("judge-failed", why)
        read = read_finding(reply, self._specialist, self._item, self._passages)
        if isinstance(read, Finding):
            return read
        self._faults.append(read.what)
        if len(self._faults) == len(STEPS):
            return Failed("judge-unreadable", read.what)
        self._sent = asked_again(self._messages, reply.text, read.what)
        return None

    @property
    def heard(self) -> Heard:
        assert self.result is not None
        asks = min(len(self._faults) + 1, len(STEPS))
        return Heard(self.name, self.result, asks, self._tokens)

    def _filled(self) -> str:
        """For a scripted judge: the form as the words, or what was planted, would fill it in."""
        codes = words_say(self._item)[self.name]
        quotes = [line_of(self._item.answer)]
        form = Form(
            [quote for quote in quotes if quote], "As the words say." if codes else "",
            list(codes), "found" if codes else "none", [] if self._passages else None,
        )  # fmt: skip
        return msgspec.json.encode(form).decode()


async def examine(
    item: Item, arm: Arm, *, only: tuple[Name, ...] = NAMES, corpus: Corpus | None = None,
    stop_at_first: bool = False, hints: Mapping[str, Any] | None = None,
) -> Round:  # fmt: skip
    names = needed(item, only)
    passages = corpus.find(f"{item.question} {item.answer}") if corpus else ()
    turns = [_Turn(name, item, passages, hints or {}) for name in names]
    if stop_at_first:
        done = await _one_by_one(turns, arm)
    else:
        done = turns
        await _at_once(turns, arm)
        await _at_once([turn for turn in turns if turn.result is None], arm)
    asked_of = {turn.name for turn in done}
    return Round(
        tuple(turn.heard for turn in done),
        {n: not_needed(n, item) for n in NAMES if n in only and n not in names},
        tuple(name for name in names if name not in asked_of),
    )


async def _at_once(turns: Sequence[_Turn], arm: Arm) -> None:
    await asyncio.gather(*(turn.ask(arm) for turn in turns))


async def _one_by_one(turns: Sequence[_Turn], arm: Arm) -> list[_Turn]:
    done: list[_Turn] = []
    for turn in turns:
        while turn.result is None:
            await turn.ask(arm)
        done.append(turn)
        if isinstance(turn.result, Finding) and turn.result.verdict == "found":
            break
    return done
