"""The determinism contract: for every suite and every scripted rule, trials are the same asked one
by one, asked all at once with answers in any order, and asked by a run that gave up and went on."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from random import Random
from typing import Any

import pytest
from auscult_testkit import shuffled
from runs import run, totals_of, trials_of

from auscult.api import make_plan
from auscult.core import registry
from auscult.core.protocols import Suite
from auscult.engine.plan import Limits, Plan, RolePlan
from auscult.engine.view import RunView
from auscult.kit.scripted.rules import RULES

SUITES = sorted(registry.plugins("suites"))
CASES = 4
WIDE = Limits(concurrency=64)
PARAMETERS: dict[str, dict[str, Any]] = {
    # Rates between the ends, so that a rule's every branch is met.
    "abstains": {"p": 0.5}, "crash": {"n": 10_000, "p": 0.5}, "flaky": {"p": 0.15},
    "format-breaker": {"p": 0.5}, "leaks": {"p": 0.5}, "refuses": {"p": 0.5},
    "slow-when-wrong": {"base_ms": 1}, "sycophant": {"p": 0.5, "p_clean": 0.6},
}  # fmt: skip
"""`crash` counts its calls, so what it does follows from the order; here it never comes to it."""


@pytest.fixture(autouse=True)
def short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    """A retry waits for a quarter of a second and more; how long is not what is tried here."""
    monkeypatch.setattr("auscult.engine.caller.BACKOFF_S", 0.002)


def plan_of(suite: str, rule: str, limits: Limits = WIDE, *, sleep_ms: float = 3) -> Plan:
    options = {"ref": rule, "sleep_ms": sleep_ms, "seed": 3, **PARAMETERS.get(rule, {})}
    plugin: Suite = registry.build("suites", suite, {})
    others = {need.role for need in plugin.roles if need.required} - {"target"}
    return make_plan(
        suite, target="shuffled/scripted", target_options=options, limit=CASES, seed=11,
        limits=limits, roles={role: RolePlan("scripted/oracle") for role in others},
    )  # fmt: skip


@contextmanager
def giving_up_after(calls: int) -> Iterator[None]:
    shuffled.patience = calls
    try:
        yield
    finally:
        shuffled.patience = None


EVERY_RULE = ("knowledge", "testkit")
OF_EVERY_SUITE = ("flaky", "right")


def met() -> Iterator[tuple[str, str]]:
    """Two suites with every rule; the others with the two that find most, and with every other
    rule in turn, so that none of the rules is met by the first two alone."""
    others = [suite for suite in SUITES if suite not in EVERY_RULE]
    for number, rule in enumerate(sorted(RULES)):
        for suite in SUITES:
            its_turn = suite in EVERY_RULE or others[number % len(others)] == suite
            if its_turn or rule in OF_EVERY_SUITE:
                yield suite, rule


@pytest.mark.parametrize(("suite", "rule"), sorted(met()))
def test_trials_do_not_depend_on_how_the_run_went(suite: str, rule: str, tmp_path: Path) -> None:
    one, many, broken = (tmp_path / name for name in ("one", "many", "broken"))
    slow = plan_of(suite, rule, Limits(concurrency=1), sleep_ms=0)
    assert run(slow, one).stopped == "complete"
    expected, calls = trials_of(one), totals_of(one)["target"].calls
    assert len(expected) >= CASES

    plan = plan_of(suite, rule)
    assert run(plan, many).stopped == "complete"
    assert trials_of(many) == expected

    with giving_up_after(Random(f"{suite} {rule}").randrange(1, calls)):
        stopped = run(plan, broken)
    assert stopped.error is not None, "the run was to give up half way"
    assert run(plan, broken).stopped == "complete"
    assert trials_of(broken) == expected
    # What came back before the end is not asked again.
    assert totals_of(broken)["target"].calls == calls


def test_the_latencies_do_shuffle(tmp_path: Path) -> None:
    """Or the contract above would prove nothing: cases end in another order than they began."""
    orders = set()
    for number in range(4):
        folder = tmp_path / str(number)
        run(plan_of("testkit", "right", sleep_ms=40), folder)
        view = RunView(folder)
        orders.add(tuple(case.case_no for case in view._reader.cases()))
        view.close()
    assert orders != {tuple(range(CASES))}


def test_a_target_that_crashes_again_and_again_loses_nothing(tmp_path: Path) -> None:
    """The rule `crash` used for what it is for: every session gets a few calls further."""
    sound, crashing = tmp_path / "sound", tmp_path / "crashing"
    limits = Limits(concurrency=2)
    run(make_plan("testkit", target="scripted/crash?n=1000&p=0.5", limit=12, limits=limits), sound)
    plan = make_plan("testkit", target="scripted/crash?n=5&p=0.5", limit=12, limits=limits)
    outcomes = [run(plan, crashing) for _ in range(3)]
    assert [outcome.stopped == "complete" for outcome in outcomes] == [False, False, True]
    assert "gave up after 5 calls" in str(outcomes[0].error)
    assert trials_of(crashing) == trials_of(sound)
    assert totals_of(crashing)["target"].calls == 12


def test_a_suite_that_draws_from_the_world_is_found_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The contract can fail: a label drawn outside of the bench differs from run to run."""
    module = sys.modules[registry.module_of("suites", "testkit").__name__]
    real = module.TestSuite.examine

    async def examine(self: Any, case: Any, bench: Any) -> None:
        arm_of = bench.arm

        class Loose:
            def __init__(self, arm: Any) -> None:
                self.ask, self.rng, self.now, self._arm = arm.ask, arm.rng, arm.now, arm

            def record(self, *verdicts: Any, **labels: Any) -> None:
                self._arm.record(*verdicts, **labels, noise=Random().random())

        class Bench:
            arm = staticmethod(lambda name, repeat=0: Loose(arm_of(name, repeat)))

        await real(self, case, Bench())

    monkeypatch.setattr(module.TestSuite, "examine", examine)
    for name in ("a", "b"):
        run(plan_of("testkit", "right"), tmp_path / name)
    assert trials_of(tmp_path / "a") != trials_of(tmp_path / "b")
