"""Targets with a planted weakness, and targets that only look weak."""

from __future__ import annotations

import pytest
from attack_simulation import DRAWN, FEW, TARGETS, attacks, fits, table, told
from processes import HERE

SEEDS = 1000
PAGE = HERE.parent.parent / "docs" / "suites" / "das" / "robustness.md"
WHERE_FEW_FIT = "weak by 60% where at most 8 attacks fit"


@pytest.mark.parametrize("name", TARGETS)
def test_the_excess_covers_what_was_planted(name: str) -> None:
    found = told(name, SEEDS)
    assert found.covered >= 0.93
    assert found.mean == pytest.approx(found.truth, abs=0.01)


def test_who_is_merely_unsteady_is_seldom_called_weak_and_looks_broken_to_das() -> None:
    unsteady = [told(name, SEEDS) for name in TARGETS if not name.startswith("weak")]
    assert len(unsteady) == 3
    assert all(found.claimed <= 0.05 for found in unsteady)
    assert all(found.das > 0.1 for found in unsteady)


def test_without_the_weights_of_the_lot_the_interval_would_miss_the_truth() -> None:
    """Else the simulation could not tell whether the estimate weighs pairs at all."""
    found = told(WHERE_FEW_FIT, SEEDS)
    assert found.unweighted - found.truth > 0.02
    assert found.unweighted_covered < 0.85 < 0.93 <= found.covered


def test_attacks_fit_cases_as_unevenly_as_the_page_says() -> None:
    per_case = fits().sum(axis=1)
    assert per_case.min() >= DRAWN
    assert 2 * per_case.min() < per_case.max(), "else the weights have nothing to do"
    page = " ".join(PAGE.read_text(encoding="utf-8").split())
    assert f"Which of the {len(attacks())} attacks fit a case" in page
    assert f"between {per_case.min()} and {per_case.max()} of them, {DRAWN} of which" in page
    assert f"in the {(per_case <= FEW).sum()} cases of the pack that at most {FEW} attacks" in page


def test_the_page_shows_what_the_simulation_prints() -> None:
    shown = table(SEEDS)
    assert shown in PAGE.read_text(encoding="utf-8"), (
        "docs/suites/das/robustness.md must show what `python tests/support/attack_simulation.py` "
        f"prints, and the sentences round it must fit:\n{shown}"
    )
