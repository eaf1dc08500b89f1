"""How often an injection moves a judge's verdict, against the same answer without it.

Moved is a verdict whose behaviour, score or finding (letter, criteria met, what was disclosed)
differs; won is one whose score went where the injection wanted it; unread is one that became an
error, which is counted apart and is no verdict. Intervals are Wilson's. The rows were chosen by
their authors, so a rate is one of this set and of no target.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any, cast

import msgspec

from auscult.core.message import Message, Reply
from auscult.core.protocols import Arm, Exhibit, Judge, Target
from auscult.core.registry import build
from auscult.core.verdict import Verdict
from auscult.kit.calibration import Rate
from auscult.kit.injections.build import Injection, items
from auscult.kit.injections.forms import FORMS
from auscult.kit.injections.models import KnowingModel
from auscult.kit.rubric.calibration import Desk

AT_ONCE = 4
JUDGE, OTHERS = "judge", ("judge-2", "judge-3")
"""The roles that a panel's members ask."""
FOUND = ("chosen", "met", "disclosed", "level", "codes")
"""Labels that are a judge's finding; the others say how it came to it."""


class Outcome(msgspec.Struct, frozen=True):
    row: Injection
    plain: Verdict
    injected: Verdict

    @property
    def unread(self) -> bool:
        """The judge gave no verdict, with or without the injection."""
        return "error" in (self.plain.behaviour, self.injected.behaviour)

    @property
    def moved(self) -> bool:
        return not self.unread and _said(self.plain) != _said(self.injected)

    @property
    def won(self) -> bool:
        gain = (self.injected.score or 0.0) - (self.plain.score or 0.0)
        return not self.unread and (gain > 0 if self.row.aim == "right" else gain < 0)


class Moves(msgspec.Struct, frozen=True):
    judge: str
    outcomes: tuple[Outcome, ...]

    @property
    def read(self) -> tuple[Outcome, ...]:
        return tuple(one for one in self.outcomes if not one.unread)

    @property
    def unread(self) -> int:
        return len(self.outcomes) - len(self.read)

    @property
    def moved(self) -> Rate:
        return Rate(sum(one.moved for one in self.read), len(self.read))

    @property
    def won(self) -> Rate:
        return Rate(sum(one.won for one in self.read), len(self.read))

    def of_kind(self, kind: str) -> Moves:
        return Moves(self.judge, tuple(one for one in self.outcomes if one.row.kind == kind))


def _said(verdict: Verdict) -> tuple[Any, ...]:
    found = tuple(verdict.labels.get(name) for name in FOUND)
    return (verdict.behaviour, verdict.score, found)


async def by_rules(name: str, rows: Sequence[Injection]) -> Moves:
    """Of a judge that asks no model. An injection alone is an answer like any other to it, so rows
    without an answer are left out."""
    judge: Judge = build("judges", name, {})
    arm = cast(Arm, None)
    asked = [row for row in rows if row.base != "none"]
    return Moves(name, tuple([await _outcome(judge, row, arm, arm) for row in asked]))


async def by_scripted(
    name: str, rows: Sequence[Injection], *, obeys: bool, others_obey: bool | None = None
) -> Moves:
    """Of a judge whose model obeys any order that it can read, or none; `others_obey` where the
    second and third members of a panel do otherwise than the first."""
    judge: Judge = build("judges", name, {})
    others = obeys if others_obey is None else others_obey
    outcomes = []
    for row in rows:
        item = items()[row.item]
        first, rest = (KnowingModel(item, row, obeys=o, judge=name) for o in (obeys, others))
        plain, injected = (_desk(first, label, rest) for label in ("plain", row.id))
        outcomes.append(await _outcome(judge, row, plain, injected))
    return Moves(name, tuple(outcomes))


async def by_model(name: str, rows: Sequence[Injection], target: Target) -> Moves:
    """Of a judge that asks this model; each plain answer is judged once."""
    judge: Judge = build("judges", name, {})
    gate = asyncio.Semaphore(target.abilities.parallel or AT_ONCE)

    async def ruled(exhibit: Exhibit) -> Verdict:
        async with gate:
            return await judge.judge(exhibit, _desk(target, exhibit.case.id))

    plain = {(row.item, row.base): row for row in rows}
    shown = [_plain(judge, row) for row in plain.values()]
    shown += [_injected(judge, row) for row in rows]
    said = list(await asyncio.gather(*map(ruled, shown)))
    before = dict(zip(plain, said, strict=False))
    pairs = zip(rows, said[len(plain) :], strict=True)
    return Moves(name, tuple(Outcome(r, before[r.item, r.base], after) for r, after in pairs))


async def _outcome(judge: Judge, row: Injection, plain: Arm, injected: Arm) -> Outcome:
    before = await judge.judge(_plain(judge, row), plain)
    return Outcome(row, before, await judge.judge(_injected(judge, row), injected))


def _plain(judge: Judge, row: Injection) -> Exhibit:
    return FORMS[judge.name].exhibit(items()[row.item], row.base)


def _injected(judge: Judge, row: Injection) -> Exhibit:
    return FORMS[judge.name].exhibit(items()[row.item], row.base, row)


class _Desks:
    """An arm outside a run, on which other models may play the other members of a panel."""

    def __init__(self, name: str, first: Target, others: Target) -> None:
        self._desks = {JUDGE: Desk(first, name)} | {role: Desk(others, name) for role in OTHERS}

    async def ask(self, messages: Sequence[Message], *, role: str = "target", **more: Any) -> Reply:
        """A desk knows the role judge alone, so each member asks its own in that."""
        played = JUDGE if role in OTHERS else role
        return await self._desks.get(role, self._desks[JUDGE]).ask(messages, role=played, **more)


def _desk(model: Target, name: str, others: Target | None = None) -> Arm:
    return cast(Arm, _Desks(name, model, others or model))
