"""From the judges that suites ask to live ones: their options, who stands in, and their roles.

A suite asks a judge by name. The plan may give that judge options, or name another that stands in
its place, such as a panel: suites, estimates and reports go on knowing it by the name they ask.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import SimpleNamespace
from typing import Any, cast

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

    def __init__(self, name: str, judge: Judge, counted: int = 0) -> None:
        """`counted` is what the other asks for one verdict, as suites count it."""
        self.name, self._judge, self.counted = name, judge, counted
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
        return judge if judge.name == name else StandIn(name, judge, _asked_by(name))
    return None


def _asked_by(name: str) -> int:
    """Calls of the role judge that the judge of this name takes for one verdict; 0 where it does
    not say."""
    try:
        return int(getattr(registry.build("judges", name, {}), "asks", {}).get(ROLE, 0))
    except AuditError:
        return 0


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
    beside = {other: targets[other] for roles in asking if role in roles for other in roles
              if other in targets}  # fmt: skip
    return _kin(role, targets[role], beside, targets["target"])


def kin_of_players(played: Mapping[str, Target], target: Target | None = None) -> tuple[str, ...]:
    """The same of all who play one judge where no audit is bound; `target` is who gave the
    answers that it reads, where that is known."""
    said = (_kin(role, who, played, target) for role, who in sorted(played.items()))
    return tuple(words for words in said if words)


def described(told: Mapping[str, Any]) -> Target:
    """Who played a role, as a manifest tells it: its name and its configuration, and no more."""
    known = SimpleNamespace(identity=told["identity"], fingerprint=told["fingerprint"])
    return cast(Target, known)


def _kin(role: str, mine: Target, beside: Mapping[str, Target], target: Target | None) -> str:
    """Each pair of members is told of once, with the later role."""
    said = [] if target is None else [kin_of_target(role, mine, target)]
    others = sorted(other for other in beside if other < role)
    said += [kin_of_member(role, mine, other, beside[other]) for other in others]
    return " ".join(words for words in said if words)


def shared_out(asks: Iterable[Ask], judges: Sequence[Judge]) -> Iterable[Ask]:
    """A suite counts what its own judge asks one model. Each role that the judge in its place asks
    gets its share of that: those of a panel's members, or a registry where sources are looked up.
    A judge whose calls have another size than the suite's says so by role, in `sizes`."""
    shares: dict[str, int] = {}
    sizes: dict[str, tuple[int, int]] = {}
    for judge in judges:
        for role, count in _shares(judge).items():
            shares[role] = max(shares.get(role, 1), count)
        sizes |= getattr(judge, "sizes", {})
    for ask in asks:
        if ask.role != ROLE or not shares:
            yield ask
            continue
        for role, count in shares.items():
            read, wrote = sizes.get(role, (ask.input_tokens, ask.output_tokens))
            yield Ask(role, ask.calls * count, read, wrote)


def _shares(judge: Judge) -> Mapping[str, int]:
    """By role, how many calls stand for one that a suite counts; never too few."""
    given: Mapping[str, int] | None = getattr(judge, "shares", None)
    if given is not None:
        return given
    asks: Mapping[str, int] = getattr(judge, "asks", {})
    counted = getattr(judge, "counted", 0) or asks.get(ROLE, 0)
    return {role: -(-calls // counted) for role, calls in asks.items()} if counted else {}
