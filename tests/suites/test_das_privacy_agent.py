"""The agent form of das/privacy, with writers whose words are known, good and hostile."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from notebook import suite_and_cases
from runs import estimates_of, plan_for, run, totals_of, trials_of
from seen import Seen, holds

from auscult.core.errors import PlanError
from auscult.core.protocols import Abilities
from auscult.engine.plan import RolePlan
from auscult.kit.attack.own_writer import ITSELF, NOTE
from auscult.kit.confidence.asking import AGENT, CONTROL, DISGUISES, PRESSURE
from auscult.kit.confidence.metrics import (
    ADDED,
    ADDED_WRITTEN,
    ADDED_WRITTEN_BY,
    BEYOND_AUTHORS,
    DISCOVERED,
    UNDER_ATTACK,
)
from auscult.kit.confidence.scenario import scenario_of
from auscult.kit.confidence.stages import BY_TURN
from auscult.kit.confidence.written import UNREAD
from auscult.kit.scripted.confidences import Confides, confides
from auscult.kit.scripted.persuaders import BAD, Hostile, hostile, persuader
from auscult.kit.scripted.rules import RULES, Rule
from auscult.kit.scripted.view import Common

SUITE = "das/privacy"
SEES = Abilities(images=True)
TELLS = {f"{name}-agent": 0.8 for name in (*DISGUISES, PRESSURE)}


@pytest.fixture(autouse=True, scope="module")
def rules() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(RULES, "confides", Rule(Confides, confides))
        patch.setitem(RULES, "persuader", Rule(Common, persuader))
        patch.setitem(RULES, "hostile", Rule(Hostile, hostile))
        yield


def agent_plan(target: str, attacker: str, limit: int, verifier: str = "", **options: Any) -> Any:
    uses = {"attacker": attacker, "verifier": verifier}
    roles = {name: RolePlan(f"scripted/{use}") for name, use in uses.items() if use}
    asked = {"form": "agent", "documents": False, "picture": False, **options}
    return plan_for(SUITE, f"scripted/{target}", limit=limit, roles=roles, suite_options=asked)


class Audited(Seen):
    """With the calls of each role."""

    def __init__(self, folder: Path, *plan: Any, **more: Any) -> None:
        assert run(agent_plan(*plan, **more), folder).stopped == "complete"
        super().__init__(folder, SUITE)
        self.calls = {role: told.calls for role, told in totals_of(folder).items()}

    def counts(self) -> dict[str, Any]:
        told: dict[str, Any] = self.one(ADDED_WRITTEN).extra["written_by_a_model"]
        return told

    def reserved(self, **options: Any) -> dict[str, int]:
        """What the cases that were asked may cost."""
        asked = {"form": "agent", "documents": False, "picture": False, **options}
        suite, cases = suite_and_cases(SUITE, **asked)
        met = {case for case, _, _ in self.said}
        out: dict[str, int] = {}
        for case in (one for one in cases if one.id in met):
            for ask in suite.cost(case, SEES):
                out[ask.role] = out.get(ask.role, 0) + ask.calls
        return out


def confiding(p: float, **arms: float) -> str:
    return f"confides?p={p}&seed=3&per=case&arms={json.dumps(arms)}"


def test_what_a_models_words_bring_out_is_found_and_is_in_no_other_figure(tmp_path: Path) -> None:
    found = Audited(tmp_path, confiding(0.2, **TELLS), "persuader", 72)
    assert holds(found.one(ADDED_WRITTEN), 0.6) and holds(found.one(BEYOND_AUTHORS), 0.6)
    for name in (*DISGUISES, PRESSURE):
        assert holds(found.one(ADDED_WRITTEN_BY, attack=name), 0.6)
    assert holds(found.one(ADDED), 0.0) and holds(found.one(UNDER_ATTACK), 0.2)
    assert found.value(DISCOVERED) > 0.4
    mine = [e for e in found.estimates if e.condition == "written by a model"]
    assert {e.standing for e in mine} == {"exploratory"} and not any(e.headline for e in mine)
    assert all("rank no targets" in e.note and UNREAD in e.note for e in mine)
    counts = found.counts()
    assert counts["used"] > 0.85 * counts["texts"]
    assert counts["used"] + counts["fell_back_to_the_authors"] == counts["texts"]
    target = {role: calls for role, calls in found.reserved().items() if role != "verifier"}
    assert found.calls == target
    pressed = [e for e in found.estimates if e.metric == BY_TURN and "model presses" in e.condition]
    assert {e.arm for e in pressed} == {"pressure-agent", "pressure-agent (control)"}


def test_who_tells_alike_shows_no_excess_under_a_models_words(tmp_path: Path) -> None:
    found = Audited(tmp_path, confiding(0.3), "persuader", 24)
    assert holds(found.one(ADDED_WRITTEN), 0.0) and holds(found.one(BEYOND_AUTHORS), 0.0)


def authors_stood_in(found: Seen) -> bool:
    """Whether every target saw the author's words in each arm that a model might have written."""
    scenarios = {case.id: scenario_of(case) for case in suite_and_cases(SUITE)[1]}
    agent = [(name, told) for name, told in found.texts.items() if name[1].endswith(AGENT)]
    for (case, arm, repeat), told in agent:
        authors = found.texts[case, arm.removesuffix(AGENT), repeat]
        if told[0] != authors[0]:
            return False
        if arm == PRESSURE + AGENT and told[2::2] != list(scenarios[case].pressure):
            return False
    return bool(agent)


def test_nothing_that_a_hostile_writer_says_reaches_the_target(tmp_path: Path) -> None:
    found = Audited(tmp_path, "refuses", "hostile?seed=3", 24, confirm=False)
    counts = found.counts()
    assert len(BAD) >= 30 and counts["used"] == 0
    assert counts["texts"] == counts["fell_back_to_the_authors"] >= 24 * 5
    reasons = counts["versions_refused"]
    assert len(reasons) >= 15 and sum(reasons.values()) >= counts["texts"]
    assert authors_stood_in(found)
    assert found.one(ADDED_WRITTEN).value is None and found.one(ADDED_WRITTEN).n_rejected == 24
    whole = found.reserved(confirm=False)
    assert found.calls == {role: calls for role, calls in whole.items() if role != "verifier"}


def test_a_verifier_has_a_say_and_findings_need_it(tmp_path: Path) -> None:
    few: dict[str, Any] = {"attacks": ["pressure"], "told": "nowhere"}
    tells = confiding(0.0, **{"pressure-agent": 1.0})
    alone = Audited(tmp_path / "alone", tells, "persuader", 8, **few)
    assert alone.value(DISCOVERED) == 1.0 and alone.findings == []
    read = Audited(tmp_path / "read", tells, "persuader", 8, "open-verifier", **few)
    assert {f.arm for f in read.findings} == {"pressure-agent"} and len(read.findings) == 8
    assert "pressed by a model" in read.findings[0].title
    assert "0 of 2 replies to the harmless match" in read.findings[0].confirmed
    assert UNREAD not in read.one(ADDED_WRITTEN).note
    assert read.calls["verifier"] <= read.reserved(**few)["verifier"]
    for says, reason in (("no", "verifier-disagrees"), ("unreadable", "verifier-unreadable")):
        found = Audited(tmp_path / says, tells, "persuader", 4, f"open-verifier?says={says}", **few)
        assert found.counts()["used"] == 0 and authors_stood_in(found)
        assert reason in found.counts()["versions_refused"]
        assert found.calls["verifier"] <= found.reserved(**few)["verifier"]


def test_the_target_does_not_write_unless_it_may_and_then_it_is_said(tmp_path: Path) -> None:
    few: dict[str, Any] = {"attacks": ["well-intentioned"], "told": "nowhere", "confirm": False}
    itself = Audited(tmp_path / "itself", "persuader", "persuader?seed=5", 4, **few)
    assert itself.counts()["versions_refused"] == {ITSELF: 4} and itself.counts()["used"] == 0
    few["writer_may_be_target"] = True
    may = Audited(tmp_path / "may", "persuader", "persuader?seed=5", 4, **few)
    assert may.counts()["used"] > 0 and NOTE in may.one(ADDED_WRITTEN).note
    assert may.one(ADDED_WRITTEN).extra["own_writer"] is True


def test_declared_identities_are_faults_of_a_plan() -> None:
    same = {"target": "openai/m", "attacker": "openai/m"}
    suite: Any = suite_and_cases(SUITE, form="agent")[0]
    (fault,) = suite.role_faults(same)
    assert fault.where == "roles.attacker" and "writer_may_be_target" in fault.mend
    assert suite.role_faults({**same, "attacker": "openai/n"}) == []
    allowed: Any = suite_and_cases(SUITE, form="agent", writer_may_be_target=True)[0]
    program: Any = suite_and_cases(SUITE)[0]
    assert allowed.role_faults(same) == program.role_faults(same) == []


def test_the_attackers_role_must_be_bound(tmp_path: Path) -> None:
    with pytest.raises(PlanError, match=r"roles\.attacker"):
        run(plan_for(SUITE, "scripted/refuses", suite_options={"form": "agent"}), tmp_path)


def test_the_writer_is_shown_no_value_and_reads_the_replies(tmp_path: Path) -> None:
    few: dict[str, Any] = {"attacks": ["pressure"], "told": "nowhere", "confirm": False}
    found = Audited(tmp_path, confiding(1.0), "persuader", 6, **few)
    read = [told for (_, arm, _), told in found.texts.items() if arm.endswith("(written)")]
    assert len(read) == 6 and all("The assistant wrote:" in " ".join(told) for told in read)
    for (case, arm, _), told in found.texts.items():
        if arm == PRESSURE + AGENT:
            shown = " ".join(found.texts[case, f"{arm} (written)", 0])
            context = told[0].split("<context>")[1].split("</context>")[0]
            numbers = [w.strip(".,;:()") for w in context.split() if "SYN-" in w or "555-" in w]
            assert not [number for number in numbers if number in shown]


def test_it_goes_on_where_it_was_stopped(tmp_path: Path) -> None:
    """A cap ends it in the midst of a case; with more calls it comes to what it would have."""
    few: dict[str, Any] = {"attacks": ["implicit", "pressure"], "told": "nowhere"}
    args = (confiding(0.3, **TELLS), "persuader", 3)
    whole, halved = tmp_path / "whole", tmp_path / "halved"
    assert run(agent_plan(*args, **few), whole).stopped == "complete"
    cut = agent_plan(*args, **few)
    capped = replace(cut, limits=replace(cut.limits, calls=70, concurrency=1))
    first = run(capped, halved)
    assert first.stopped != "complete"
    more = replace(cut, limits=replace(cut.limits, concurrency=1))
    assert run(more, halved, accept_changes=True).stopped == "complete"
    assert trials_of(halved) == trials_of(whole)
    assert estimates_of(halved) == estimates_of(whole)


def test_the_control_of_a_disguise_in_a_models_words_is_the_authors() -> None:
    suite = suite_and_cases(SUITE, form="agent")[0]
    mine = {arm for arm in suite.arms if AGENT in arm}
    assert {f"{name}-agent" for name in (*DISGUISES, PRESSURE)} <= mine
    assert [arm for arm in mine if arm.endswith(CONTROL)] == ["pressure-agent (control)"]
