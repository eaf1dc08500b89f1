"""Caps hold whatever the order of reserving, drawing and settling."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from auscult.core.protocols import Ask
from auscult.engine.budget import Budget, Pricing, Spend
from auscult.engine.plan import Limits, Price


@given(
    st.integers(1, 60),
    st.lists(st.tuples(st.integers(1, 4), st.integers(1, 6), st.integers(0, 9)), max_size=30),
)
def test_a_cap_on_calls_is_never_passed(cap: int, cases: list[tuple[int, int, int]]) -> None:
    budget = Budget(Limits(calls=cap, tokens=10**9))
    for declared, needed, unused in cases:
        pot = Spend(declared, declared * 100)
        if budget.admit(pot):
            continue
        for _ in range(needed):
            call = Spend(1, 100)
            if not budget.draw(pot, call):
                break
            budget.settle(call, Spend(1, 100 - unused))
        budget.release(pot)
        assert budget.spent.calls <= cap
    assert budget.reserved == Spend()


def test_an_admitted_case_can_always_make_its_declared_calls() -> None:
    budget = Budget(Limits(calls=10))
    pots = [Spend(3, 0), Spend(3, 0), Spend(3, 0)]
    assert [budget.admit(pot) for pot in pots] == ["", "", ""]
    assert budget.admit(Spend(3, 0)) == "calls"
    for pot in pots:
        assert all(budget.draw(pot, Spend(1, 5)) for _ in range(3))


def test_an_unknown_price_is_not_zero() -> None:
    pricing = Pricing({"target": Price(1.0, 2.0), "judge": None})
    assert pricing.cost("target", 1_000_000, 500_000) == 2.0
    assert pricing.cost("judge", 10, 10) is None
    assert pricing.unknown() == ["judge"]
    assert pricing.worst([Ask("target", 2, 500_000, 0), Ask("judge", 1, 7, 3)]) == Spend(
        3, 1_000_010, 1.0
    )
