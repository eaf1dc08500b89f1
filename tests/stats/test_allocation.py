from __future__ import annotations

from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sequential_simulation import clusters
from statsmodels.stats.multitest import multipletests

from auscult.stats.allocation import e_bh, evidence, pooled
from auscult.stats.sequences import confidence_sequence

unhurried = settings(deadline=None, max_examples=50)


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


# Pooled


def test_a_pooled_value_by_hand():
    found = pooled(
        {"a": 0.1, "b": 0.5}, {"a": 0.0, "b": 0.4}, {"a": 0.2, "b": 0.7}, {"a": 0.75, "b": 0.25}
    )
    assert found.value == pytest.approx(0.75 * 0.1 + 0.25 * 0.5)
    assert (found.low, found.high) == pytest.approx((0.25 * 0.4, 0.75 * 0.2 + 0.25 * 0.7))


def test_a_cell_without_clusters_is_said_so():
    found = pooled(
        {"a": 0.1, "b": None}, {"a": 0.0, "b": 0.0}, {"a": 0.2, "b": 1.0}, {"a": 0.5, "b": 0.5}
    )
    assert found.value is None
    assert found.note == "No pooled value: no cluster of b was read."
    assert (found.low, found.high) == pytest.approx((0.0, 0.6))


@unhurried
@given(st.lists(st.floats(0, 1), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_pooling_ignores_order_and_stays_in_range(values, shuffler):
    names = [f"cell {i}" for i in range(len(values))]
    weights = {name: 1 / len(names) for name in names}
    value = dict(zip(names, values, strict=True))
    low = {name: v / 2 for name, v in value.items()}
    high = {name: (1 + v) / 2 for name, v in value.items()}
    found = pooled(value, low, high, weights)
    assert 0 <= found.low <= found.value <= found.high <= 1
    again = shuffler.sample(names, len(names))
    assert found == pooled(
        *({name: d[name] for name in again} for d in (value, low, high, weights))
    )


def test_pooled_intervals_hold_at_every_look_though_allocation_follows_the_data():
    rates, weights = {"a": 0.05, "b": 0.2, "c": 0.5}, {"a": 0.5, "b": 0.3, "c": 0.2}
    truth = sum(weights[name] * rate for name, rate in rates.items())
    missed, spent = 0, dict.fromkeys(rates, 0)
    for audit in range(60):
        draw = generator(audit)
        cell = {
            name: confidence_sequence("empirical-bernstein", 1 - 0.05 / len(rates))
            for name in rates
        }
        wrong = False
        for _ in range(20):
            undecided = [name for name, s in cell.items() if s.low <= 0.3 <= s.high]
            for name in undecided:
                size = 30 // len(undecided)
                for value in clusters(draw, (1, size), rates[name], 0.1, 3)[0].tolist():
                    cell[name].push(value)
            found = pooled(
                {name: s.value for name, s in cell.items()},
                {name: s.low for name, s in cell.items()},
                {name: s.high for name, s in cell.items()},
                weights,
            )
            wrong |= not found.low <= truth <= found.high
        missed += wrong
        for name, s in cell.items():
            spent[name] += s.n
    assert missed / 60 <= 0.05 + 3 * sqrt(0.05 * 0.95 / 60)
    # 0.2 is the hardest to tell from 0.3, so that is where the budget went.
    assert spent["b"] > spent["a"] and spent["b"] > spent["c"]


# e-BH


def test_e_bh_by_hand():
    # Four hypotheses at 5%: k e-values must reach 80 / k, that is 80, 40, 26.7, 20.
    assert e_bh(np.log([100, 45, 10, 1])).tolist() == [True, True, False, False]
    assert e_bh(np.log([45, 1, 70, 30])).tolist() == [True, False, True, True]
    assert e_bh(np.log([79, 1, 1, 1])).tolist() == [False] * 4
    assert e_bh([log(80), -float("inf"), 0, 0]).tolist() == [True, False, False, False]
    assert e_bh([float("inf")]).tolist() == [True]
    assert e_bh([]).tolist() == []


@unhurried
@given(st.lists(st.floats(0, 12), min_size=1, max_size=30), st.sampled_from([0.01, 0.05, 0.2]))
def test_e_bh_is_benjamini_hochberg_on_reciprocals(logs, alpha):
    theirs = multipletests(np.exp(-np.array(logs)), alpha, method="fdr_bh")[0]
    assert e_bh(logs, alpha).tolist() == theirs.tolist()
    assert e_bh(logs[::-1], alpha).tolist() == theirs[::-1].tolist()


def test_e_bh_keeps_false_discoveries_rare_though_every_cell_stops_when_it_pleases():
    audits, count, looks = 60, 20, 120
    rates = np.where(np.arange(count) < 14, 0.1, 0.35)
    draw = generator(9)
    values = (draw.random((audits, count, looks)) < rates[:, None]).astype(float)
    # Each cell tests 0.1 and stops at its first e-value of 20 / 0.05, or at the end.
    found = evidence("yes-no", values, 0.1).above
    stops = np.where((found >= log(400)).any(-1), (found >= log(400)).argmax(-1), looks - 1)
    stopped = np.take_along_axis(found, stops[..., None], -1)[..., 0]
    rejected = np.array([e_bh(row) for row in stopped])
    false = rejected[:, :14].sum(1) / np.maximum(rejected.sum(1), 1)
    # A false discovery proportion lies in [0, 1]: its sd is at most sqrt(mean).
    assert false.mean() <= 0.05 + 3 * sqrt(0.05 / audits)
    assert rejected[:, 14:].mean() > 0.8


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: pooled({"a": 1}, {"a": 0}, {"a": 1}, {"a": 0.9}), "add up to 1"),
        (lambda: pooled({"a": 1}, {"a": 0}, {"a": 1}, {"b": 1.0}), "one weight"),
        (lambda: pooled({}, {}, {}, {}), "one weight"),
        (lambda: e_bh([float("nan")]), "one list of numbers"),
        (lambda: e_bh([1.0], 1.0), "alpha must lie"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
