"""das/adaptive with a planner that talks nonsense, and with `evolve`: end to end."""

from __future__ import annotations

import sys
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from runs import estimates_of, run, totals_of, trials_of

from auscult.api import make_plan
from auscult.core.case import Case
from auscult.core.mutant import Mutant
from auscult.core.protocols import Suite
from auscult.engine.caller import _tokens_at_most
from auscult.engine.plan import Limits, Plan, RolePlan
from auscult.kit.attack.gate import faults
from auscult.kit.scripted.planning import GARBAGE
from auscult.kit.search import rounds
from auscult.kit.search.mutants import Made, make
from auscult.kit.search.table import SEARCH

sys.path.append(str(Path(__file__).parents[1] / "contracts"))
from notebook import Notebook, examined, suite_and_cases

SUITE = "das/adaptive"
NONSENSE = ("-and-more", "correct answer is", "I would try", "answer_idx", '"chain"')


@cache
def adaptive() -> tuple[Suite, list[Case]]:
    suite, cases = suite_and_cases(SUITE, strategist="planner")
    return suite, cases[::25]


def searched(book: Notebook) -> list[dict[str, Any]]:
    return [labels for arm, _, _, labels in book.trials if arm == SEARCH]


@pytest.mark.parametrize("kind", [*GARBAGE, "cycle"])
async def test_nothing_invalid_reaches_the_target(
    kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The scripted rule is the attacker and, always right, the target."""
    made: list[tuple[Case, Made]] = []

    def noted(case: Case, *more: Any) -> Made:
        made.append((case, make(case, *more)))
        return made[-1][1]

    monkeypatch.setattr(rounds, "make", noted)
    suite, cases = adaptive()
    counted: Counter[str] = Counter()
    for case in cases[:4]:
        book = await examined(suite, case, "misplans", kind=kind)
        rows = searched(book)
        assert rows and len({row["chain"] for row in rows}) == len(rows)
        told = [asked.text for asked in book.asked if asked.role == "target"]
        assert not [text for text in told if any(word in text for word in NONSENSE)]
        for row in rows:
            assert "rejected" not in row or row["outcome"] == "rejected"
            counted.update(row.get("faults", "").split(", "))
    shown = [(case, one, one.mutant) for case, one in made if one.mutant is not None]
    assert shown and all(valid(case, one, mutant) for case, one, mutant in shown)
    assert counted.total() - counted[""] > 0


def valid(case: Case, one: Made, mutant: Mutant) -> bool:
    """A chain is gated step by step as it is made; a single edit is checked here once more."""
    return len(one.attacks) > 1 or not faults(case, mutant, one.attacks[0])


@pytest.mark.parametrize("kind", ["cycle", "too-many", "malformed"])
async def test_a_planner_keeps_within_its_declared_cost(kind: str) -> None:
    suite, cases = adaptive()
    for case in cases:
        book = await examined(suite, case, "misplans", kind=kind)
        (declared,) = [a for a in suite.cost(case, book.abilities) if a.role == "attacker"]
        asked = [one.request for one in book.asked if one.role == "attacker"]
        assert len(asked) <= declared.calls
        for request in asked:
            read = sum(_tokens_at_most(message) for message in request.messages)
            assert read <= declared.input_tokens, f"{case.id}: {read} of {declared.input_tokens}"
            assert (request.sampling.max_tokens or 0) <= declared.output_tokens


# --- runs -----------------------------------------------------------------------------------------


def plan_of(strategist: str, attacker: str = "", concurrency: int = 16) -> Plan:
    return make_plan(
        SUITE, target="scripted/flips?p_clean=1&q=0.1", limit=12, seed=5,
        suite_options={"strategist": strategist}, limits=Limits(concurrency=concurrency),
        roles={"attacker": RolePlan(attacker)} if attacker else {},
    )  # fmt: skip


def extra_of(folder: Path) -> dict[str, Any]:
    (found,) = [e for e in estimates_of(folder) if e["metric"] == "broken by a search"]
    return dict(found["extra"])


def test_every_fault_of_a_planner_is_counted_by_kind(tmp_path: Path) -> None:
    outcome = run(plan_of("planner", "scripted/misplans"), tmp_path)
    assert outcome.stopped == "complete" and outcome.error is None
    counts = extra_of(tmp_path)["planning faults"]
    assert set(counts) == {
        "conflict", "drawn by lot", "empty", "key stated", "malformed", "prose", "repeat",
        "too many", "unknown tool",
    }  # fmt: skip
    # A round by lot took two asks, both of them at fault; one that only stated a key took one.
    at_fault = sum(counts.values()) - counts["drawn by lot"]
    calls = totals_of(tmp_path)["attacker"].calls
    assert at_fault == calls
    assert calls > 12 and counts["drawn by lot"] * 2 <= calls


def test_an_attacker_that_cannot_answer_loses_no_round(tmp_path: Path) -> None:
    run(plan_of("planner", "scripted/oracle"), tmp_path)
    counts = extra_of(tmp_path)["planning faults"]
    assert counts["call failed"] == counts["drawn by lot"] > 12


def test_a_sane_planner_has_no_faults(tmp_path: Path) -> None:
    table = '{"":{"robustness/typos":1,"robustness/cognitive-bait":0.5}}'
    run(plan_of("planner", f"scripted/plans?table={table}"), tmp_path)
    extra = extra_of(tmp_path)
    assert "planning faults" not in extra
    assert set(list(extra["tried"])[:2]) == {"robustness/typos", "robustness/cognitive-bait"}


@pytest.mark.parametrize(
    ("strategist", "attacker"), [("planner", "scripted/misplans"), ("evolve", "")]
)
def test_trials_do_not_depend_on_how_many_are_asked_at_once(
    strategist: str, attacker: str, tmp_path: Path
) -> None:
    one, many = tmp_path / "one", tmp_path / "many"
    run(plan_of(strategist, attacker, 1), one)
    run(plan_of(strategist, attacker, 16), many)
    assert trials_of(one) == trials_of(many)
