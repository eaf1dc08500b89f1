"""A model in the role "attacker" plans each round from what was tried; code does everything else.

After the loop of DAS (2025): it is shown the question, what is on offer, and of each earlier round
on this question "still correct" or why the validity gate refused it; never the key, and never a
word of the target's. It names one attack or two. Code checks the plan (known names, on offer, no
conflict, not tried before), makes the edit and owns the key.

A plan that cannot be used is sent back once with what is wrong. After that the round's attack is
drawn by lot, which `Choice.why` says: a search that lost the round would have fewer tries than the
harmless changes it stands beside, and a planner that cannot plan would make its target look safe.
Every fault is counted by kind (`Choice.faults`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, RoleNeed
from auscult.core.strategist import Choice, Lesson, Remembered, View
from auscult.kit.options import parse_options
from auscult.kit.search.plan_prompt import SAMPLING, asked, asked_again, schema
from auscult.kit.search.plan_reading import FaultKind, Plan, read_plan

ROLE = "attacker"
STEPS = ("plan", "plan-again")
BY_LOT = "drawn by lot: no plan could be used"


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    pass


def build(options: Mapping[str, Any]) -> PlannerStrategist:
    parse_options(options, Options, "strategist 'planner'")
    return PlannerStrategist()


class PlannerStrategist:
    name = "planner"
    version = "1"
    roles: tuple[RoleNeed, ...] = (RoleNeed(ROLE),)
    calls = len(STEPS)

    def start(self, memory: Sequence[Remembered]) -> None:
        return None

    def learn(self, known: None, lessons: Sequence[Lesson]) -> None:
        return None

    async def choose(self, view: View, known: None, arm: Arm, rng: Rng) -> Choice | None:
        if not view.offered:
            return None
        messages = asked(view)
        sent = messages
        faults: list[FaultKind] = []
        for step in STEPS:
            reply = await arm.ask(
                sent, step=f"{step} {view.round}", role=ROLE, sampling=SAMPLING,
                schema=schema(view), hints=_hints(view, again=step != STEPS[0]),
            )  # fmt: skip
            if reply.status in ("error", "filtered"):
                faults.append("call failed")
                break
            read = read_plan(reply, view)
            if read.states_key:
                faults.append("key stated")
            if isinstance(read, Plan):
                return Choice(read.chain, read.why, tuple(faults))
            faults.append(read.kind)
            sent = asked_again(messages, reply.text, read.what)
        return Choice(rng.choice(view.offered), BY_LOT, (*faults, "drawn by lot"))


def _hints(view: View, *, again: bool) -> dict[str, Any]:
    """For scripted planners, which read no prompt."""
    return {
        "kind": "plan",
        "case_id": view.case.id,
        "plan": {
            "offered": [list(chain) for chain in view.offered],
            "tried": [list(tried.chain) for tried in view.history],
            "features": list(view.features),
            "round": view.round,
            "again": again,
        },
    }
