"""Several judges read one answer, each with a model of its own, and a rule says what comes of it.

Measured: what the members measure, on their denominator. `members` is a list of judges, each with
its options and the role that it asks ("judge", "judge-2", ...); without it three open-answer judges
ask judge, judge-2 and judge-3. `rule` is "majority" (more than half of all members), "unanimity",
or "escalate" (two are asked, and a third where they do not agree). `facts` are the members' own.

The verdict names what every member said in `labels.panel`. A member that fails has no vote. Where
too few are left for the rule the verdict is an error with the cause "panel-too-few", where they
disagree beyond it "panel-split": missing data, counted, never a verdict. Lists of criteria are
voted on one by one. A role that nobody plays is a fault of the plan, and is never the target's.

What a panel gains depends on how far its members err together: docs/judges/panel.md shows it for
errors that are known. Its own error is that of the models you give it: measure it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.errors import AuditError, Fault, PlanError
from auscult.core.protocols import Arm, Exhibit, Judge, RoleNeed
from auscult.core.registry import build as build_plugin
from auscult.core.verdict import Verdict
from auscult.kit.judge_labels import levels_of
from auscult.kit.options import parse_options
from auscult.kit.panel.rules import IN_ESCALATION, Rule, asks_more, decide
from auscult.kit.panel.seat import JUDGE, TARGET, Member, Seat
from auscult.kit.panel.verdict import ballot_of, put_together

WHERE = "judge 'panel'"
NAME = "panel"
USUAL = tuple(Member(role=role) for role in (JUDGE, "judge-2", "judge-3"))


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    members: tuple[Member, ...] = USUAL
    rule: Rule = "majority"

    def __post_init__(self) -> None:
        if len(self.members) < 2:
            raise ValueError("a panel has two members at least")
        if self.rule == "escalate" and len(self.members) != IN_ESCALATION:
            raise ValueError(f"'escalate' takes {IN_ESCALATION} members, not {len(self.members)}")
        told = [msgspec.json.encode(member) for member in self.members]
        if len(set(told)) < len(told):
            raise ValueError("two members are the same judge with the same role: they err as one")


def build(options: Mapping[str, Any]) -> PanelJudge:
    parsed = parse_options(options, Options, WHERE)
    faults: list[Fault] = []
    seats = [
        Seat(number, member, judge)
        for number, member in enumerate(parsed.members, 1)
        if (judge := _judge_of(member, f"{WHERE}.members[{number - 1}]", faults)) is not None
    ]
    kinds = {levels_of(seat.judge) for seat in seats}
    if len(kinds) > 1:
        what = "its members do not have the same labels, so they cannot vote together"
        faults.append(Fault(f"{WHERE}.members", what, "give judges of one kind"))
    if faults:
        raise PlanError(WHERE, faults)
    return PanelJudge(tuple(seats), parsed.rule)


def _judge_of(member: Member, where: str, faults: list[Fault]) -> Judge | None:
    if member.use == NAME:
        faults.append(Fault(f"{where}.use", "a panel cannot sit on a panel", "name its members"))
        return None
    if member.role == TARGET or not member.role:
        what = "a member never asks the system under audit" if member.role else "is empty"
        faults.append(Fault(f"{where}.role", what, 'give a role such as "judge-2"'))
        return None
    try:
        judge: Judge = build_plugin("judges", member.use, member.options)
    except PlanError as error:
        faults.extend(error.faults)
    except AuditError as error:
        faults.append(Fault(f"{where}.use", str(error)))
    else:
        if not (extra := sorted(set(getattr(judge, "asks", ())) - {JUDGE})):
            return judge
        what = f"it asks the role '{extra[0]}' too, and a member may ask a model alone"
        faults.append(Fault(f"{where}.options", what, "leave look_up out of a panel"))
    return None


class PanelJudge:
    name = NAME
    version = "1"

    def __init__(self, seats: tuple[Seat, ...], rule: Rule) -> None:
        self._seats, self.rule = seats, rule
        first = seats[0].judge
        self.levels = levels_of(first)
        self.positive = str(getattr(first, "positive", ""))
        self.one_fact_of: tuple[str, ...] = tuple(getattr(first, "one_fact_of", ()))
        self.asks: Mapping[str, int] = _added(seats, each=False)
        """Calls that one answer takes at most, by role."""
        self.shares: Mapping[str, int] = _added(seats, each=True)
        """How many members ask each role."""
        self.roles = tuple(RoleNeed(role) for role in self.asks)
        self.uses = tuple(dict.fromkeys(seat.member.use for seat in seats))
        """Judges whose code this one runs."""

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        reply = exhibit.reply
        if reply.status == "error":
            return Verdict(self.name, self.version, "error", cause=reply.cause)
        heard: list[tuple[Seat, Verdict]] = []
        while asks_more(self.rule, self._ballots(heard, exhibit), len(self._seats)):
            seat = self._seats[len(heard)]
            heard.append((seat, await seat.read(exhibit, bench)))
        decision = decide(self.rule, self._ballots(heard, exhibit), len(self._seats))
        found = put_together(decision, heard, exhibit)
        return msgspec.structs.replace(
            found,
            judge=self.name,
            version=self.version,
            labels=found.labels | {"rule": self.rule},
        )

    def label_of(self, verdict: Verdict) -> str:
        first = self._seats[0].judge
        named = getattr(first, "label_of", None)
        if named is not None:
            return str(named(verdict))
        names: Mapping[str, str] = getattr(first, "label_names", {})
        return names.get(verdict.behaviour, verdict.behaviour)

    def baseline_of(self, exhibit: Exhibit) -> str:
        """The trivial reading of the first member's judge; empty where it has none."""
        first = self._seats[0].judge
        beside = getattr(first, "baseline_of", None)
        plain = getattr(first, "baseline", None)
        if beside is not None:
            return str(beside(exhibit))
        return "" if plain is None else str(plain(exhibit.reply.text))

    @staticmethod
    def _ballots(heard: list[tuple[Seat, Verdict]], exhibit: Exhibit) -> list[Any]:
        return [ballot_of(seat.judge, verdict, exhibit) for seat, verdict in heard]


def _added(seats: tuple[Seat, ...], *, each: bool) -> dict[str, int]:
    found: Counter[str] = Counter()
    for seat in seats:
        if seat.asks:
            found[seat.member.role] += 1 if each else seat.asks
    return dict(found)
