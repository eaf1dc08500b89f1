"""Any other target, late by chance: the order in which its answers come follows from nothing.

`shuffled/KIND?ref=REF&sleep_ms=...&...` delegates to `KIND/REF?...`. A test may set `patience` to
have it give up after so many calls, as a process that is killed does.
"""

from __future__ import annotations

import asyncio
from random import Random

from auscult.core import registry
from auscult.core.errors import TargetUnusable
from auscult.core.message import Reply, Request
from auscult.core.protocols import Target, TargetSpec

patience: int | None = None


def build(spec: TargetSpec) -> ShuffledTarget:
    options = {name: value for name, value in spec.options.items() if name not in OWN}
    inner = TargetSpec(spec.ref, str(spec.options.get("ref", "")), options, spec.role)
    sleep_s = float(spec.options.get("sleep_ms", 3)) / 1000
    return ShuffledTarget(registry.build("targets", spec.ref, inner), sleep_s)


OWN = {"ref", "sleep_ms"}


class ShuffledTarget:
    local = True

    def __init__(self, inner: Target, sleep_s: float) -> None:
        self.identity, self.endpoint = f"shuffled/{inner.identity}", "shuffled"
        self.abilities, self.fingerprint = inner.abilities, {"kind": "shuffled"}
        self._inner, self._sleep_s = inner, sleep_s
        self._noise = Random()
        self._calls = 0

    async def answer(self, request: Request) -> Reply:
        self._calls += 1
        if patience is not None and self._calls > patience:
            raise TargetUnusable(f"gave up after {patience} calls, as it was told to")
        if self._sleep_s:
            await asyncio.sleep(self._noise.random() * self._sleep_s)
        return await self._inner.answer(request)

    async def close(self) -> None:
        await self._inner.close()
