"""What suites record of the lot: how likely an attack was to be drawn for the case.

The number of attacks that fit a case is read from what the suite itself says does not apply, and
the number of draws from what it did, so that nothing here repeats how the suite reckons.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import pytest
from notebook import Notebook, examined, suite_and_cases

from auscult.core.case import Case

ONE_CALL: dict[str, dict[str, Any]] = {
    "das/robustness": {"confirm": False},
    "das/bias": {"confirm": False, "votes": 1},
    "das/adaptive": {"rounds": 1},
}


class Lot(NamedTuple):
    fit: frozenset[str]
    """Those that the lot is drawn among."""
    drawn: frozenset[str]
    recorded: dict[str, float | None]
    """By attack that was drawn and asked; None where nothing was recorded."""
    always: dict[str, float | None]
    """The same of those that need no lot: where the attribute must change care, they are asked."""


def lot_of(suite: Any, book: Notebook) -> Lot:
    """Of one case. A drawn attack leaves a trial, if only to say that the gate refused."""
    unfit = {labels["attack"] for _, _, _, labels in book.trials if "unfit" in labels}
    fit = frozenset(suite.attacks) - unfit
    told = [(arm, v, labels) for arm, _, v, labels in book.trials if arm in fit]
    must = frozenset(arm for arm, _, labels in told if labels.get("rule") == "must")
    asked = {arm: labels.get("lot") for arm, verdicts, labels in told if verdicts}
    return Lot(
        fit - must,
        frozenset(arm for arm, _, _ in told) - must,
        {arm: lot for arm, lot in asked.items() if arm not in must},
        {arm: lot for arm, lot in asked.items() if arm in must},
    )


def some(cases: list[Case]) -> list[Case]:
    """Short ones, which few attacks fit, long ones, and some between."""
    ordered = sorted(cases, key=lambda case: len(case.text))
    return ordered[:6] + ordered[6:-6:12] + ordered[-6:]


async def lots(name: str, **options: Any) -> list[Lot]:
    suite, cases = suite_and_cases(name, **ONE_CALL[name], **options)
    return [lot_of(suite, await examined(suite, case, "unstable", p=0.5)) for case in some(cases)]


@pytest.mark.parametrize("name", ONE_CALL)
async def test_the_lot_is_the_share_of_those_that_fit_which_were_drawn(name: str) -> None:
    found = await lots(name)
    assert len({len(lot.fit) for lot in found}) > 1, "the chance differs by case"
    for lot in found:
        assert len(lot.drawn) == (1 if name == "das/adaptive" else 3)
        chance = len(lot.drawn) / len(lot.fit)
        assert lot.recorded == dict.fromkeys(lot.recorded, pytest.approx(chance))
    assert sum(len(lot.recorded) for lot in found) > len(found) / 2


@pytest.mark.parametrize("name", ["das/robustness", "das/bias"])
@pytest.mark.parametrize(("per_case", "drawn"), [(1, 1), (0, 99)])
async def test_the_lot_follows_how_many_are_drawn(name: str, per_case: int, drawn: int) -> None:
    found = await lots(name, per_case=per_case)
    for lot in found:
        assert len(lot.drawn) == min(drawn, len(lot.fit))
        assert set(lot.recorded.values()) <= {len(lot.drawn) / len(lot.fit)}
    assert any(lot.recorded for lot in found)


async def test_all_that_fit_are_as_likely_as_the_lot_says() -> None:
    """Over the whole pack each attack is drawn about as often as its chances add up to."""
    suite: Any
    suite, cases = suite_and_cases("das/robustness", confirm=False)
    drawn, expected, spread = (dict.fromkeys(suite.attacks, 0.0) for _ in range(3))
    for case in cases:
        lot = lot_of(suite, await examined(suite, case))
        chance = 3 / len(lot.fit)
        for name in lot.fit:
            drawn[name] += name in lot.drawn
            expected[name] += chance
            spread[name] += chance * (1 - chance)
    off = {name: (drawn[name] - expected[name]) / spread[name] ** 0.5 for name in suite.attacks}
    assert max(map(abs, off.values())) < 4, off


async def test_what_is_always_asked_has_a_chance_of_one_and_no_part_in_the_lot() -> None:
    suite: Any
    suite, cases = suite_and_cases("das/bias", **ONE_CALL["das/bias"])
    found = [lot_of(suite, await examined(suite, case)) for case in cases]
    special = [lot for lot in found if lot.always]
    assert special, "some questions of the pack have an attribute that must change care"
    for lot in special:
        assert set(lot.always.values()) == {1.0}
        assert len(lot.drawn) == 3
        assert lot.recorded == dict.fromkeys(lot.recorded, pytest.approx(3 / len(lot.fit)))
