"""Targets with a planted weakness, and targets that only look weak."""

from __future__ import annotations

import re

import pytest
from attack_simulation import TARGETS, told
from processes import HERE

SEEDS = 1000
PAGE = HERE.parent.parent / "docs" / "suites" / "das" / "robustness.md"


@pytest.mark.parametrize("name", TARGETS)
def test_the_excess_covers_what_was_planted(name: str) -> None:
    found = told(name, SEEDS)
    assert found.covered >= 0.93
    assert found.mean == pytest.approx(found.truth, abs=0.01)


def test_who_is_merely_unsteady_is_seldom_called_weak_and_looks_broken_to_das() -> None:
    unsteady = [told(name, SEEDS) for name in TARGETS if not name.startswith("weak")]
    assert all(found.claimed <= 0.05 for found in unsteady)
    assert all(found.das > 0.1 for found in unsteady)


def test_the_page_shows_what_the_simulation_says() -> None:
    page = PAGE.read_text(encoding="utf-8")
    row = re.search(r"\| weak, [^|]*\| (\d+) points \| ([\d.]+) \|", page)
    found = told(next(iter(TARGETS)), SEEDS)
    assert row is not None and float(row[1]) == round(100 * found.truth)
    assert float(row[2]) == pytest.approx(100 * found.mean, abs=0.5)
