"""From the judges that suites ask to live ones: their options, who stands in, and their roles.

A suite asks a judge by name. The plan may give that judge options, or name another that stands in
its place, such as a panel: suites, estimates and reports go on knowing it by the name they ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core import registry
from auscult.core.errors import AuditError, Fault, PlanError
from auscult.core.protocols import Arm, Ask, Exhibit, Judge, RoleNeed, Target
from auscult.core.registry import did_you_mean
from auscult.core.verdict import Verdict
from auscult.engine.plan import JudgePlan
from auscult.kit.panel.kin import kin_of_member, kin_of_target

ROLE = "judge"


class StandIn:
    """A judge that gives its verdicts under the name of another."""

    def __init__(self, name: str, judge: Judge) -> None:
        self.name, self._judge = name, judge
        self.version = f"{judge.name}-{judge.version}"
        self.uses: tuple[str, ...] = (judge.name, *getattr(judge, "uses", ()))

    def __getattr__(self, name: str) -> Any:
        """What a judge may say of itself, as the one that stands here says it."""
        if name.startswith("_"):
            raise AttributeError(name)
        return getattr(self._judge, name)

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        verdict = await self._judge.judge(exhibit, bench)
        return msgspec.structs.replace(verdict, judge=self.name, version=self.version)


def bind_judges(
    plans: Mapping[str, JudgePlan],
    asked: Mapping[str, Sequence[str]],
    targets: Mapping[str, Target],
    faults: list[Fault],
) -> dict[str, Judge]:
    """`asked` are the judges' names by suite."""
    judges: dict[str, Judge] = {}
    for suite, names in asked.items():
        for name in names:
            judge = judges.get(name) or _built(name, plans.get(name, JudgePlan()), suite, faults)
            if judge is not None:
                judges[name] = judge
    every = {name for names in asked.values() for name in names}
    faults.extend(
        Fault(f"judges.{name}", f"no suite of the plan asks '{name}'" + did_you_mean(name, every))
        for name in plans
        if name not in every
    )
    for name, judge in judges.items():
        faults.extend(_missing_roles(name, judge, targets))
    return judges


def _built(name: str, plan: JudgePlan, suite: str, faults: list[Fault]) -> Judge | None:
    try:
        judge: Judge = registry.build("judges", plan.use or name, plan.options)
    except PlanError as error:
        faults.extend(error.faults)
    except AuditError as error:
        where = f"judges.{name}" if plan.use or plan.options else f"suite '{suite}'"
        faults.append(Fault(where, str(error)))
    else:
        return judge if judge.name == name else StandIn(name, judge)
    return None


def _missing_roles(name: str, judge: Judge, targets: Mapping[str, Target]) -> Iterable[Fault]:
    """Roles that the judge itself declares; the target never plays one of them unasked."""
    needs: Sequence[RoleNeed] = getattr(judge, "roles", ())
    for need in needs:
        if need.required and need.role not in targets:
            yield Fault(
                f"roles.{need.role}",
                f"judge '{name}' asks this role and nobody plays it",
                f'add [roles.{need.role}] with use = "..."',
            )


def judges_used(judges: Mapping[str, Judge]) -> tuple[str, ...]:
    """Names of every judge whose code a run depends on, members of a panel among them."""
    return tuple(
        dict.fromkeys(
            used for name, judge in judges.items() for used in (name, *getattr(judge, "uses", ()))
        )
    )


def kinship(role: str, judges: Mapping[str, Judge], targets: Mapping[str, Target]) -> str:
    """What a reader must know of who plays this role, if a judge asks it; else nothing."""
    asking = [set(getattr(judge, "asks", ())) for judge in judges.values()]
    if role == "target" or role not in set().union(*asking):
        return ""
    mine = targets[role]
    said = [kin_of_target(role, mine, targets["target"])]
    beside = sorted({other for roles in asking if role in roles for other in roles if other < role})
    said += [
        kin_of_member(role, mine, other, targets[other]) for other in beside if other in targets
    ]
    return " ".join(words for words in said if words)


def shared_out(asks: Iterable[Ask], judges: Sequence[Judge]) -> Iterable[Ask]:
    """A suite counts what one judge model is asked. Where a panel reads, each role of its members
    is asked as much, once for each member that asks it."""
    shares: dict[str, int] = {}
    for judge in judges:
        for role, count in getattr(judge, "shares", {}).items():
            shares[role] = max(shares.get(role, 1), count)
    for ask in asks:
        if ask.role != ROLE or not shares:
            yield ask
            continue
        for role, count in shares.items():
            yield msgspec.structs.replace(ask, role=role, calls=ask.calls * count)
