"""Looking identifiers up within runs: its role, what is reserved, and what a ledger keeps."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from runs import plan_for
from stub_server import Seen, StubServer, response

from auscult.core import registry
from auscult.core.errors import PlanError, TargetUnusable, UsageError
from auscult.core.message import Reply, Request
from auscult.core.protocols import Ask, Judge
from auscult.engine.bind import bind, worst_asks
from auscult.engine.bind_judges import kinship, shared_out
from auscult.engine.calibration import Calibration, Heard, calibration_plan, needed
from auscult.engine.plan import JudgePlan, Plan, RolePlan
from auscult.kit.judge_labels import LabelledReply
from auscult.kit.scripted import specialists
from auscult.kit.scripted.rules import RULES, Rule

LOOKING = {"look_up": True}
ADDRESS = "identifiers?doi=https://registry.example/{id}"
ROLES = {"judge": RolePlan("scripted/right"), "registry": RolePlan(ADDRESS)}


def plan_of(**more: Any) -> Plan:
    judges = {"criteria": JudgePlan("hallucination", LOOKING)}
    return plan_for("das/open-ended", "scripted/oracle", judges=judges, **more)


def test_a_registry_that_nobody_plays_is_a_fault_of_the_plan() -> None:
    with pytest.raises(PlanError) as fault:
        bind(plan_of(roles={"judge": ROLES["judge"]}))
    assert [f.where for f in fault.value.faults] == ["roles.registry"]
    assert "asks this role and nobody plays it" in str(fault.value)


def test_what_it_may_come_to_is_reserved_and_has_no_price() -> None:
    bound = bind(plan_of(roles=ROLES, limits={"money": 1.0}), dry=True)
    item = bound.suites[0]
    case = next(iter(item.suite.cases(item.datasets, item.loaders)))
    plain = list(item.suite.cost(case, bound.roles["target"].target.abilities))
    asked = worst_asks(bound, item.suite, case)
    counted = sum(ask.calls for ask in plain if ask.role == "judge")
    native = registry.build("judges", "criteria", {}).asks["judge"]
    by = {role: sum(a.calls for a in asked if a.role == role) for role in ("judge", "registry")}
    assert by["judge"] == counted / native * 14 and by["registry"] >= counted / native * 5
    assert by["registry"] < counted / native * 7
    assert {a.input_tokens for a in asked if a.role == "registry"} == {120}
    assert bound.pricing.cost("registry", 100, 1) == 0.0
    assert kinship("registry", bound.judges, {n: r.target for n, r in bound.roles.items()}) == ""


def test_a_suite_that_asks_the_judge_itself_gets_the_look_ups_beside() -> None:
    judge = registry.build("judges", "hallucination", LOOKING)
    judging, looking = shared_out([Ask("judge", 14, 900, 320)], [judge])
    assert judging == Ask("judge", 14, 900, 320)
    assert (looking.role, looking.input_tokens) == ("registry", 120) and looking.calls >= 5
    assert list(shared_out([judging], [registry.build("judges", "hallucination", {})])) == [judging]


# --- a run that asks both -----------------------------------------------------------------------

COUNT = 12


class Shelf(StubServer):
    """Has every DOI whose number is even."""

    def handle(self, seen: Seen) -> tuple[float, bytes | None]:
        self._keep(seen, "", "route")
        return 0.0, response(404 if int(seen.path[-2:]) % 2 else 200, {})


class Patient:
    """The judge's model, until it goes away."""

    identity, endpoint, local = "test/patient", "test", True

    def __init__(self, left: int = 10**6) -> None:
        from auscult.core.protocols import TargetSpec

        self._inner = registry.build("targets", "scripted", TargetSpec("scripted", "examiner"))
        self.abilities, self.fingerprint, self.left = self._inner.abilities, {}, left

    async def answer(self, request: Request) -> Reply:
        if self.left == 0:
            raise TargetUnusable("the model has gone away")
        self.left -= 1
        return await self._inner.answer(request)

    async def close(self) -> None: ...


@pytest.fixture(autouse=True)
def examiner(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(RULES, "examiner", Rule(specialists.Examines, specialists.examiner))


def rows() -> list[LabelledReply]:
    return [
        LabelledReply(
            n, "What does it point to?", f"Gout. See doi: 10.1000/{n:03}.", ("none", "found")[n % 2]
        )
        for n in range(1, COUNT + 1)
    ]


async def heard(
    judge: Judge, folder: Path, model: Patient, shelf: Shelf, width: int, cap: int | None = None
) -> Heard:
    roles = {"registry": f"identifiers?doi={shelf.url}/{{id}}"}
    plan = calibration_plan(judge, "scripted/right", calls=cap, concurrency=width, others=roles)
    work = Calibration(judge, rows(), plan, model, folder, {})
    return work.heard(await work.run())


async def test_look_ups_are_kept_and_a_resumed_run_repeats_none(tmp_path: Path) -> None:
    judge = registry.build("judges", "hallucination", LOOKING)
    async with Shelf() as shelf:
        whole = await heard(judge, tmp_path / "whole", Patient(), shelf, 1)
        assert shelf.total == COUNT
        wide = await heard(judge, tmp_path / "wide", Patient(), shelf, 64)
        before = shelf.total
        gone = await heard(judge, tmp_path / "gone", Patient(9), shelf, 4)
        assert isinstance(gone.outcome.error, TargetUnusable) and shelf.total > before
        resumed = await heard(judge, tmp_path / "gone", Patient(), shelf, 8)
        assert shelf.total == before + COUNT, "what was kept is not asked again"
    assert len(whole.rows) == COUNT and whole.rows == wide.rows == resumed.rows
    for row, said in whole.rows:
        assert judge.label_of(said) == row.label
        assert said.labels["looked_up"] == {row.answer[10:-1]: "exists"} or said.score == 0
    assert whole.facts["roles"]["registry"].startswith("identifiers/doi#")


async def test_a_registry_that_fails_changes_no_verdict(tmp_path: Path) -> None:
    class Refusing(Shelf):
        def handle(self, seen: Seen) -> tuple[float, bytes | None]:
            return 0.0, response(403, {})

    judge = registry.build("judges", "hallucination", LOOKING)
    async with Refusing() as shelf:
        found = await heard(judge, tmp_path / "run", Patient(), shelf, 4)
    assert {judge.label_of(said) for _, said in found.rows} == {"none"}
    assert {w for _, v in found.rows for w in v.labels["looked_up"].values()} == {
        "failed: http-403"
    }


async def test_calibration_wants_the_role_and_counts_it() -> None:
    judge = registry.build("judges", "hallucination", LOOKING)
    with pytest.raises(UsageError, match="--role registry=TARGET"):
        calibration_plan(judge, "scripted/right", calls=None, concurrency=1)
    plain = registry.build("judges", "hallucination", {})
    with pytest.raises(UsageError, match="asks no role 'registry'"):
        others = {"registry": ADDRESS}
        calibration_plan(plain, "scripted/right", calls=None, concurrency=1, others=others)
    need, without = await needed(judge, rows()), await needed(plain, rows())
    assert need.most_calls - without.most_calls == 5 * COUNT


async def test_a_cap_on_calls_holds_over_models_and_look_ups(tmp_path: Path) -> None:
    judge = registry.build("judges", "hallucination", LOOKING)
    model = Patient()
    async with Shelf() as shelf:
        found = await heard(judge, tmp_path / "run", model, shelf, 4, cap=30)
    assert "calls cap" in found.outcome.stopped and 0 < len(found.rows) < COUNT
    assert shelf.total + 10**6 - model.left == found.facts["calls"] <= 30
