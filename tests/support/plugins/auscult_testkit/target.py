"""A target in memory whose answer follows from the question, with a latency that does not."""

from __future__ import annotations

import asyncio
import hashlib
from random import Random

from auscult.core.errors import TargetUnusable
from auscult.core.message import Reply, Request, Usage
from auscult.core.protocols import Abilities, TargetSpec


def build(spec: TargetSpec) -> TestTarget:
    return TestTarget(spec)


class TestTarget:
    __test__ = False
    local = True
    abilities = Abilities(logprobs=True)

    def __init__(self, spec: TargetSpec) -> None:
        self.identity = f"testkit/{spec.ref}"
        self.endpoint = "testkit"
        self.fingerprint = {"kind": "testkit"}
        self.latency = float(spec.options.get("latency", 0))
        self.p_error = float(spec.options.get("p_error", 0))
        self._noise = Random()  # the order of completion must not matter
        self.crash_after = int(spec.options.get("crash_after", 0))
        self.forgets = float(spec.options.get("forgets", 0))
        self.sessions = spec.options.get("sessions") == "1"
        if self.sessions:
            self.abilities = Abilities(sessions=True)
        self._open: set[str] = set()
        self.calls = 0

    async def answer(self, request: Request) -> Reply:
        self.calls += 1
        if self.crash_after and self.calls > self.crash_after:
            raise TargetUnusable("made to fail")
        if self.sessions and (lost := self._turn(request)):
            return lost
        if self.latency:
            await asyncio.sleep(self._noise.random() * self.latency)
        body = repr([m.text for m in request.messages]) + str(request.seed)
        number = int.from_bytes(hashlib.sha256(body.encode()).digest()[:4], "big")
        if number / 2**32 < self.p_error:
            return Reply.error("made-up", "fails by hash")
        return Reply(text="ABCD"[number % 4], usage=Usage(10, 1), model="testkit-1")

    def _turn(self, request: Request) -> Reply | None:
        """Keeps conversations as a deployed system does: those it does not know are lost."""
        first = request.messages[0].text
        if len(request.messages) == 1:
            self._open.add(first)
        elif first not in self._open or self._noise.random() < self.forgets:
            self._open.discard(first)
            return Reply.error("session-lost", "no such conversation")
        return None

    async def close(self) -> None:
        """Nothing is held."""
