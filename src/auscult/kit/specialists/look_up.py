"""Asks whoever plays the role `registry` whether something stands behind an identifier.

A look-up is a call like any other, so it is journalled, replayed, capped and repeated by the
engine. It reads "doi 10.1000/xyz" and is answered "exists", "missing" or "unknown". Any other
answer, and any failure, says nothing: only the very word "missing" does.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec

from auscult.core.message import Reply, Sampling, user
from auscult.core.protocols import Arm
from auscult.kit.specialists.identifiers import Identifier, plain

REGISTRY = "registry"
"""The role."""
EXISTS, MISSING, UNKNOWN = "exists", "missing", "unknown"
MOST = 5
"""Identifiers of one answer that are looked up at most: the first ones."""
TOKENS = (120, 1)
"""Read and written by one look-up at most, as the engine reserves it."""
SAMPLING = Sampling(max_tokens=TOKENS[1])
LONGEST = 300
"""Characters; a longer number is not looked up."""


class LookedUp(msgspec.Struct, frozen=True):
    identifier: Identifier
    said: str
    """"exists", "missing", "unknown", "not asked: WHY" or "failed: WHY"."""

    @property
    def missing(self) -> bool:
        return self.said == MISSING


async def look_up(found: Sequence[Identifier], arm: Arm) -> tuple[LookedUp, ...]:
    """Of right form only; all at once, in the order in which they stand."""
    right = [one for one in found if not one.fault]
    asked = [one for one in right if not _why_not(one)][:MOST]
    said = await asyncio.gather(*(_ask(one, place, arm) for place, one in enumerate(asked, 1)))
    by = dict(zip(asked, said, strict=True))
    return tuple(
        LookedUp(one, by.get(one) or f"not asked: {_why_not(one) or MANY}") for one in right
    )


MANY = f"only the first {MOST} are"


def _why_not(one: Identifier) -> str:
    if not one.whole:
        return "where it ends is not plain"
    return "it is too long" if len(one.number) > LONGEST else ""


async def _ask(one: Identifier, place: int, arm: Arm) -> str:
    text = f"{one.kind} {plain(one.kind, one.number)}"
    reply = await arm.ask((user(text),), step=f"look-up-{place}", role=REGISTRY, sampling=SAMPLING)
    return _read(reply)


def _read(reply: Reply) -> str:
    if reply.status != "ok":
        return f"failed: {reply.cause or reply.status}"
    said = reply.text.strip()
    return said if said in (EXISTS, MISSING, UNKNOWN) else "failed: it says neither"
