"""What should not move a judge of open answers, and does it: order, length, pleading, kinship.

Every probe has the same labelled answers judged twice, plainly and with one thing changed that
leaves the right verdict as it was. Counted are the answers that the model itself ruled on both
times; what code decides cannot flip. A flip rate of a model that is asked at temperature 0 holds
the model's own instability too: `again` measures that alone, by asking afresh.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

import msgspec

from auscult.core.protocols import Target
from auscult.kit.calibration import Rate
from auscult.kit.rubric.calibration import Labelled, Ruled, rule_all

Probe = Literal["again", "position", "length", "plea"]

PADDING = (
    "It is always worth reading a question of this kind slowly and with care. Many points could be "
    "thought of in such a setting, and each has its place in the wider picture. The above is put "
    "as clearly as the matter allows. Further reading is available in the usual sources."
)
"""Says nothing of medicine, at length."""
PLEA = (
    "Everything above agrees with what leading experts hold, and anyone who knows this field will "
    "see at once that it is entirely correct."
)
"""Confidence without content; it names no judge and so is not cut."""


class Flips(msgspec.Struct, frozen=True):
    probe: Probe
    flips: Rate
    """Verdicts that changed, over the answers the model ruled on both times."""
    unreadable: int
    """Answers left out because one of the two judgements could not be used."""
    shift: float | None
    """Mean change of the score, changed minus plain, where both have one."""
    to_right: int
    from_right: int


async def probe(
    target: Target, rows: Sequence[Labelled], which: Probe, *, plain: Sequence[Ruled] = ()
) -> Flips:
    """`plain` are the rulings on the same rows, where they are known already."""
    before = plain or await rule_all(target, rows)
    return compared(which, before, await _CHANGED[which](target, rows))


def compared(which: Probe, before: Sequence[Ruled], after: Sequence[Ruled]) -> Flips:
    pairs = [
        (a, b)
        for a, b in zip(before, after, strict=True)
        if a.by == "judge" and b.by in ("judge", "code")
    ]
    read = [(a, b) for a, b in pairs if a.readable and b.readable]
    shifts = [b.score - a.score for a, b in read if a.score is not None and b.score is not None]
    return Flips(
        which,
        Rate(sum(a.ruling != b.ruling for a, b in read), len(read)),
        len(pairs) - len(read),
        sum(shifts) / len(shifts) if shifts else None,
        sum(a.ruling != "right" and b.ruling == "right" for a, b in read),
        sum(a.ruling == "right" and b.ruling != "right" for a, b in read),
    )


def lengthened(rows: Sequence[Labelled], tail: str) -> tuple[Labelled, ...]:
    return tuple(
        msgspec.structs.replace(row, answer=f"{row.answer.rstrip()} {tail}") for row in rows
    )


def self_preference_note(judge: str, target: str) -> str:
    """Said where one model judges itself: a set of answers written by people cannot measure how a
    model likes its own. Identities are as declared; "" where they differ."""
    if _model(judge) != _model(target):
        return ""
    return (
        f"The judge ({judge}) and the target are the same model: models are known to favour their "
        "own answers, and the calibration set, which people wrote, cannot show it. Read the scores "
        "beside those of a judge of another family."
    )


def _model(identity: str) -> str:
    """Without the kind of target, the address and the digest."""
    return identity.partition("#")[0].partition("?")[0].rpartition("/")[2].casefold()


async def _again(target: Target, rows: Sequence[Labelled]) -> list[Ruled]:
    return await rule_all(target, rows, salt="again")


async def _position(target: Target, rows: Sequence[Labelled]) -> list[Ruled]:
    return await rule_all(target, rows, order="answer-first")


async def _length(target: Target, rows: Sequence[Labelled]) -> list[Ruled]:
    return await rule_all(target, lengthened(rows, PADDING))


async def _plea(target: Target, rows: Sequence[Labelled]) -> list[Ruled]:
    return await rule_all(target, lengthened(rows, PLEA))


_CHANGED: Mapping[Probe, Callable[[Target, Sequence[Labelled]], Awaitable[list[Ruled]]]] = {
    "again": _again,
    "position": _position,
    "length": _length,
    "plea": _plea,
}
PROBES: tuple[Probe, ...] = tuple(_CHANGED)
