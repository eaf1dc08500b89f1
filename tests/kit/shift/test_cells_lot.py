"""Attacks drawn by lot with unequal chances: every case of a cell counts alike all the same."""

from __future__ import annotations

import numpy as np
import pytest

from auscult.kit.shift.cells import weighted

ENDS = (-1.0, 1.0)
NARROW, WIDE = 2, 8
"""How many attacks fit a case of one kind and of the other; the first one fits all."""


def drawn(rng: np.random.Generator, cases: int = 400) -> tuple[np.ndarray, ...]:
    """Of half of the cases two attacks fit and the first breaks none; of the other half eight, and
    it breaks all: so it breaks half of the cases that it fits."""
    kind = np.arange(cases) % 2
    fits = np.where(kind, WIDE, NARROW)
    hit = rng.random(cases) < 1 / fits
    return np.flatnonzero(hit), kind[hit].astype(float), 1 / fits[hit]


def test_the_inverse_chance_undoes_what_the_lot_prefers() -> None:
    rng = np.random.default_rng(4)
    plain, mended, covered = [], [], 0
    for _ in range(400):
        cluster, values, chance = drawn(rng)
        cell = np.zeros(len(values), dtype=np.int64)
        unweighted = weighted(cell, cluster, values, {0: 1.0}, ENDS)
        found = weighted(cell, cluster, values, {0: 1.0}, ENDS, chance=chance)
        assert unweighted is not None and found is not None
        plain.append(unweighted.value)
        mended.append(found.value)
        covered += found.low <= 0.5 <= found.high
    assert np.mean(plain) == pytest.approx(0.2, abs=0.02), "what it was without"
    assert np.mean(mended) == pytest.approx(0.5, abs=0.02)
    assert covered / 400 >= 0.93


def test_equal_chances_change_nothing() -> None:
    rng = np.random.default_rng(1)
    cell, cluster = rng.integers(0, 3, 90), rng.integers(0, 40, 90)
    values = rng.integers(-1, 2, 90).astype(float)
    weights = {0: 0.5, 1: 0.3, 2: 0.2}
    alone = weighted(cell, cluster, values, weights, ENDS)
    even = weighted(cell, cluster, values, weights, ENDS, chance=np.full(90, 0.25))
    assert alone is not None and even is not None
    for name in ("value", "low", "high", "df"):
        assert getattr(even, name) == pytest.approx(getattr(alone, name))
