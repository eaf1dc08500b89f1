"""The labelled open answers beside the judge, and how any target rules on them as its model.

A ruling is right, partly, wrong or no-answer; what the judge could not read is "unreadable" and is
counted apart, never as a ruling. The sets are synthetic, written and labelled once by their author:
they warn of weak spots and are no sample of any model's answers. A cluster is a question, so that
answers to the same one do not count as independent.
"""

from __future__ import annotations

import asyncio
import hashlib
import importlib.resources
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any, NoReturn, cast

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError, UsageError
from auscult.core.message import Message, Reply, Request, Sampling
from auscult.core.protocols import Arm, Exhibit, Judge, Target
from auscult.core.registry import build, find
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.calibration import HALVES, Half
from auscult.kit.judge_agreement import Measured, Pair, Share, kappa, measure
from auscult.kit.rubric.prompt import RULINGS, Order, Ruling
from auscult.kit.rubric.reading import ruling_of
from auscult.kit.rubric.text import overlaps

JUDGE = "open-answer"
UNREADABLE = "unreadable"
POSITIVE: Ruling = "right"
AT_ONCE = 4


class Labelled(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One answer and what a person ruled."""

    id: str
    shape: str
    item: str
    """The question it belongs to."""
    question: str
    reference: str
    rubric: tuple[str, ...]
    answer: str
    verdict: Ruling
    behaviour: Behaviour


class Ruled(msgspec.Struct, frozen=True):
    """A labelled answer with what came of judging it."""

    row: Labelled
    ruling: str
    by: str
    """Who decided: match, code or judge."""
    score: float | None
    verdict: Verdict

    @property
    def readable(self) -> bool:
        return self.ruling != UNREADABLE


@cache
def load(half: Half) -> tuple[Labelled, ...]:
    package, _, stem = find("judges", JUDGE).module.rpartition(".")
    source = importlib.resources.files(package) / f"{stem}.{half}.jsonl"
    if half not in HALVES or not source.is_file():
        raise UsageError(f"'{half}' is no labelled set of the judge {JUDGE}: {', '.join(HALVES)}")
    decoder = msgspec.json.Decoder(Labelled)
    rows = []
    for number, line in enumerate(source.read_bytes().splitlines(), 1):
        try:
            rows.append(decoder.decode(line))
        except msgspec.DecodeError as error:
            raise DataError(f"{source.name} (line {number}): {error}") from None
    return tuple(rows)


def balanced(rows: Sequence[Labelled], n: int) -> tuple[Labelled, ...]:
    """At most `n` answers: half right and half not, the latter of all rulings alike, as far as
    there are any. Spread over the set and in its order, so that answers to one question stay
    together and a model may keep what it has read of it."""
    held = {ruling: [row for row in rows if row.verdict == ruling] for ruling in RULINGS}
    shares = dict.fromkeys(RULINGS, 0)
    weight = {ruling: len(RULINGS) - 1 if ruling == POSITIVE else 1 for ruling in RULINGS}
    while sum(shares.values()) < min(n, len(rows)):
        rest = [ruling for ruling in RULINGS if shares[ruling] < len(held[ruling])]
        shares[min(rest, key=lambda ruling: (shares[ruling] + 1) / weight[ruling])] += 1
    chosen = {
        held[ruling][place * len(held[ruling]) // share].id
        for ruling, share in shares.items()
        for place in range(share)
    }
    return tuple(row for row in rows if row.id in chosen)


class Desk:
    """An arm outside a run: asks the judge model and keeps nothing."""

    def __init__(self, target: Target, name: str) -> None:
        self._target, self._name = target, name

    async def ask(
        self,
        messages: Sequence[Message],
        *,
        step: str = "ask",
        role: str = "target",
        sampling: Sampling | None = None,
        schema: dict[str, Any] | None = None,
        top_logprobs: int = 0,
        hints: Mapping[str, Any] | None = None,
    ) -> Reply:
        if role != "judge":
            raise UsageError(f"a judge is measured with the role 'judge' alone, not '{role}'")
        seed = self._seed(step)
        request = Request(
            tuple(messages), sampling or Sampling(), seed, schema, top_logprobs, dict(hints or {})
        )
        return await self._target.answer(request)

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a judge that is measured outside a run can only ask, not `{name}`")

    def _seed(self, label: str) -> int:
        digest = hashlib.blake2b(f"{self._name}|{label}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") >> 1


async def rule_all(
    target: Target, rows: Sequence[Labelled], *, order: Order = "reference-first", salt: str = ""
) -> list[Ruled]:
    """`salt` changes the seeds of the calls and nothing else."""
    judge: Judge = build("judges", JUDGE, {"order": order})
    gate = asyncio.Semaphore(target.abilities.parallel or AT_ONCE)

    async def one(row: Labelled) -> Ruled:
        async with gate:
            desk = cast(Arm, Desk(target, f"{salt}{row.id}"))
            return ruled(row, await judge.judge(exhibit_of(row), desk))

    return list(await asyncio.gather(*(one(row) for row in rows)))


def exhibit_of(row: Labelled) -> Exhibit:
    facts = {"reference": row.reference, "rubric": list(row.rubric)}
    return Exhibit(Case(id=row.id, question=row.question), (), Reply(text=row.answer), facts)


def ruled(row: Labelled, verdict: Verdict) -> Ruled:
    by = str(verdict.labels.get("by", ""))
    return Ruled(row, ruling_of(verdict) or UNREADABLE, by, verdict.score, verdict)


def measured(found: Sequence[Ruled]) -> Measured:
    """Over what could be read; `found` of it is sensitivity and `kept_out` specificity for right.
    `baseline` is `overlap_says`."""
    return measure(pairs_of(found), POSITIVE)


def beyond_chance(found: Sequence[Ruled]) -> Share:
    """Cohen's kappa over the four rulings, of what could be read."""
    return kappa(pairs_of(found), RULINGS)


def pairs_of(found: Sequence[Ruled]) -> list[Pair]:
    return [
        Pair(
            one.row.item,
            one.row.shape,
            one.row.verdict,
            one.ruling if one.readable else "",
            overlap_says(one.row),
            one.verdict.cause,
        )
        for one in found
    ]


def overlap_says(row: Labelled) -> str:
    return POSITIVE if overlaps(row.answer, row.reference) else "wrong"
