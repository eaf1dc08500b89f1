from __future__ import annotations

import math
from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student
from sklearn.metrics import roc_auc_score

from auscult.stats.bootstrap import SEED
from auscult.stats.selective import (
    ONE_CLUSTER,
    Figure,
    Forecasts,
    _area,
    _ordered_draws,
    _over_random,
    _tied,
    auroc,
    bootstrapped,
    forecasts,
    mass_bins,
    risk_coverage,
    selective,
)

unhurried = settings(deadline=None, max_examples=50)
heavy = settings(deadline=None, max_examples=25)  # two thousand draws an example
answers = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.1, 0.5, 0.8, 0.9, 1.0]),
        st.sampled_from([0.0, 0.3, 1.0]),
        st.integers(0, 5),
    ),
    min_size=1,
    max_size=25,
)


def scored(*rows: tuple[float, float]):
    return forecasts([c for c, _ in rows], [y for _, y in rows])


def inside(figure: Figure, floor: float, ceiling: float) -> bool:
    return floor <= figure.low <= figure.value <= figure.high <= ceiling


def test_auroc_counts_pairs_with_ties_half():
    # 0.9 beats both wrong answers; 0.8 ties with one and beats the other: 3.5 of 4 pairs.
    found = auroc(scored((0.9, 1), (0.8, 1), (0.8, 0), (0.1, 0)))
    assert found is not None and found.value == pytest.approx(3.5 / 4)


def test_auroc_interval_is_delongs_where_each_cluster_has_one_answer():
    found = auroc(scored((0.9, 1), (0.8, 1), (0.4, 1), (0.7, 0), (0.2, 0)))
    # Shares beaten by the right answers: 1, 1, 1/2; shares that beat the wrong ones: 2/3, 1.
    area = 2.5 / 3
    variance = np.var([1, 1, 0.5], ddof=1) / 3 + np.var([2 / 3, 1], ddof=1) / 2
    assert variance == pytest.approx(1 / 18)
    half = student.ppf(0.975, 4) * math.sqrt(1 / 18) / (area * (1 - area))
    ends = [1 / (1 + math.exp(-(math.log(5) + side * half))) for side in (-1, 1)]
    assert found is not None and "Obuchowski" in found.method
    assert (found.value, found.low, found.high) == pytest.approx((area, *ends))


def test_auroc_joint_term_of_a_cluster_with_right_and_wrong_answers():
    # The same five answers, the first right and the first wrong one of one patient.
    found = auroc(forecasts([0.9, 0.8, 0.4, 0.7, 0.2], [1, 1, 1, 0, 0], list("abcad")))
    area = 5 / 6
    right, wrong = np.array([1, 1, 0.5]) - area, np.array([2 / 3, 1]) - area
    variance = 1.5 * (right**2).sum() / 9 + 2 * (wrong**2).sum() / 4
    variance += 2 * (4 / 3) * right[0] * wrong[0] / (3 * 2)
    half = student.ppf(0.975, 3) * math.sqrt(variance) / (area * (1 - area))
    assert found is not None
    assert found.low == pytest.approx(1 / (1 + math.exp(-(math.log(5) - half))))


def test_auroc_agrees_with_scikit_learn():
    rng = np.random.default_rng(1)
    for n in (10, 100, 1000):
        sure, right = rng.integers(0, 11, n) / 10, rng.integers(0, 2, n)
        found = auroc(forecasts(sure, right))
        assert found is not None and found.value == pytest.approx(roc_auc_score(right, sure))
    part = rng.random(50)
    halves = roc_auc_score([1] * 50 + [0] * 50, [*sure[:50], *sure[:50]],
                           sample_weight=[*part, *(1 - part)])  # fmt: skip
    found = auroc(forecasts(sure[:50], part))
    assert found is not None and found.value == pytest.approx(halves)


def test_a_perfect_ranking_has_a_width():
    # One right and one wrong: 1 - A = z^2 A, so that the lower end is 1 / (1 + z^2).
    found = auroc(scored((0.9, 1), (0.1, 0)))
    assert found is not None and "Newcombe" in found.method
    assert (found.value, found.high) == (1, 1)
    assert found.low == pytest.approx(1 / (1 + norm.ppf(0.975) ** 2))
    upside_down = auroc(scored((0.1, 1), (0.9, 0)))
    assert upside_down is not None
    assert (upside_down.value, upside_down.low) == (0, 0)
    assert upside_down.high == pytest.approx(1 - found.low)
    more = auroc(scored(*[(0.9, 1)] * 50, *[(0.1, 0)] * 50))
    assert more is not None and 0.9 < more.low < 1


def test_one_confidence_for_all_is_chance_with_a_width():
    # Shares of a third cancel only up to rounding: no variance must not become a width of nothing.
    found = auroc(forecasts([0.8] * 6, [0.3, 1, 0, 0.3, 1, 0.3], list("aabbcc")))
    assert found is not None and found.value == pytest.approx(0.5)
    assert found.low < 0.3 and found.high > 0.7


def test_right_answers_of_one_patient_only_are_one_patient():
    found = auroc(
        forecasts([0.9] * 8 + [0.5, 0.4, 0.95], [1] * 8 + [0] * 3, ["a"] * 8 + list("bcd"))
    )
    alone = auroc(scored((0.9, 1), (0.5, 0), (0.4, 0), (0.95, 0)))
    assert found is not None and alone is not None
    assert (found.value, found.low, found.high) == pytest.approx(
        (alone.value, alone.low, alone.high)
    )


@pytest.mark.parametrize("right", [0, 1])
def test_there_is_no_auroc_where_all_answers_are_of_one_kind(right: int):
    assert auroc(scored((0.9, right), (0.2, right))) is None


@unhurried
@given(answers)
def test_auroc_turned_upside_down_is_its_complement(rows):
    sure, right, cluster = (np.array(column) for column in zip(*rows, strict=True))
    found = auroc(forecasts(sure, right, cluster))
    turned = auroc(forecasts(1 - sure, right, cluster))
    stretched = auroc(forecasts(sure**2, right, cluster))
    if found is None:
        assert turned is None
        return
    assert turned is not None and stretched is not None
    assert inside(found, 0, 1)
    assert turned.value == pytest.approx(1 - found.value)
    assert (turned.low, turned.high) == pytest.approx((1 - found.high, 1 - found.low))
    assert (stretched.low, stretched.high) == pytest.approx((found.low, found.high))


@unhurried
@given(answers)
def test_asking_every_answer_twice_within_its_cluster_changes_no_auroc(rows):
    sure, right, cluster = zip(*rows, strict=True)
    once, twice = (
        auroc(forecasts(sure, right, cluster)),
        auroc(forecasts(sure * 2, right * 2, cluster * 2)),
    )
    assert (once is None) == (twice is None)
    if once is not None and twice is not None:
        assert (twice.low, twice.high) == pytest.approx((once.low, once.high))


def test_area_worked_example():
    # Risk of the surest 1, 2, 3 answers: 0, 1/2, 1/3. Best order: 0, 0, 1/3. Random: 1/3.
    found = selective(scored((0.7, 1), (0.9, 1), (0.8, 0)))
    assert found.area.value == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)
    assert found.oracle == pytest.approx(1 / 9)
    assert found.over_oracle.value == pytest.approx(5 / 18 - 1 / 9)
    assert found.risk == pytest.approx(1 / 3)
    assert found.over_random.value == pytest.approx(5 / 18 - 1 / 3)


def test_risk_at_a_coverage_lies_within_a_block_of_ties():
    rows = [(0.9, 1.0), (0.9, 0.0), (0.9, 1.0), (0.9, 1.0), (0.2, 0.0)]
    found = selective(scored(*rows), coverages=(0.2, 0.8, 0.9, 1.0))
    # Four ties with one wrong: a quarter at any coverage up to 4/5; then half an answer, wrong.
    expected = {0.2: 1 / 4, 0.8: 1 / 4, 0.9: (1 + 0.5) / 4.5, 1.0: 2 / 5}
    assert {q: f.value for q, f in found.at.items()} == pytest.approx(expected)


def test_curve_has_a_point_per_threshold():
    found = risk_coverage(scored((0.9, 1), (0.5, 0), (0.5, 1), (0.1, 0)))
    assert found.threshold.tolist() == [0.9, 0.5, 0.1]
    assert found.coverage.tolist() == [0.25, 0.75, 1]
    assert found.risk.tolist() == pytest.approx([0, 1 / 3, 1 / 2])


@heavy
@given(st.lists(st.tuples(st.sampled_from([0.3, 0.9]), st.sampled_from([0.0, 1.0])),
                min_size=1, max_size=6))  # fmt: skip
def test_area_is_the_mean_over_all_orders_of_ties(rows):
    areas = []
    for order in permutations(rows):
        ranked = sorted(order, key=lambda row: -row[0])
        wrong = np.cumsum([1 - right for _, right in ranked])
        areas.append((wrong / np.arange(1, len(rows) + 1)).mean())
    assert selective(scored(*rows)).area.value == pytest.approx(np.mean(areas))


def test_oracle_tends_to_its_limit():
    # Geifman, Uziel and El-Yaniv (2019): r + (1 - r) ln(1 - r).
    found = selective(scored(*[(0.9, 1)] * 7000, *[(0.9, 0)] * 3000))
    assert found.oracle == pytest.approx(0.3 + 0.7 * math.log(0.7), abs=1e-4)


@heavy
@given(answers)
def test_area_properties(rows):
    sure, right, cluster = (np.array(column) for column in zip(*rows, strict=True))
    found = selective(forecasts(sure, right, cluster))
    assert inside(found.area, 0, 1) and inside(found.over_oracle, 0, 1)
    assert inside(found.over_random, -1, 1)
    assert all(inside(figure, 0, 1) for figure in found.at.values())
    assert found.area.value == pytest.approx(found.oracle + found.over_oracle.value)
    flat = selective(forecasts(0 * sure, right, cluster))
    assert flat.over_random.value == pytest.approx(0, abs=1e-12)
    best = selective(forecasts(right, right, cluster))
    assert best.over_oracle.value == pytest.approx(0, abs=1e-12)
    if len(set(cluster)) == 1:
        assert (found.area.low, found.area.high, found.area.method) == (0, 1, ONE_CLUSTER)
    else:
        assert found.area.low < found.area.high


@heavy
@given(answers, st.randoms(use_true_random=False))
def test_row_order_is_irrelevant(rows, rng):
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    first, second = (forecasts(*zip(*table, strict=True)) for table in (rows, shuffled))
    assert auroc(first) == auroc(second)
    assert selective(first) == selective(second)


def test_intervals_of_the_areas_cover():
    rng, levels = np.random.default_rng(7), np.array([0.5, 0.7, 0.9])
    # Of the population: surest third wrong 0.1, next 0.3, last 0.5; integrate (E + (q-q0) r) / q.
    truth, wrong = 0.0, 0.0
    for block, rate in enumerate((0.1, 0.3, 0.5)):
        start, end = block / 3, (block + 1) / 3
        steep = (wrong - start * rate) * math.log(end / start) if start else 0.0
        truth, wrong = truth + rate / 3 + steep, wrong + rate / 3
    hits, runs = 0, 150
    for _ in range(runs):
        sure = rng.choice(levels, 120)
        found = selective(forecasts(sure, rng.random(120) < sure), coverages=()).area
        hits += found.low <= truth <= found.high
    # Three binomial standard errors about 95%: 0.95 - 3 * 0.0178.
    assert hits / runs >= 0.89


def over_a_random_order(shares: list[float], wrong: list[float]) -> float:
    """Of the population whose surest part is `shares[0]` and wrong in `wrong[0]` of its answers."""
    area = lost = done = 0.0
    for share, rate in zip(shares, wrong, strict=True):
        steep = (lost - done * rate) * math.log((done + share) / done) if done else 0.0
        area, lost, done = area + rate * share + steep, lost + rate * share, done + share
    return area - lost


@pytest.mark.parametrize(
    ("clusters", "each", "shares", "wrong"),
    [
        (21, 1, [0.98, 0.02], [0.3, 0.9]),  # two times in three all are equally sure
        (30, 3, [0.01, 0.99], [0.0, 0.5]),
        (40, 2, [0.3, 0.3, 0.4], [0.1, 0.3, 0.5]),
    ],
)
def test_intervals_over_a_random_order_cover(
    clusters: int, each: int, shares: list[float], wrong: list[float]
) -> None:
    truth, levels = over_a_random_order(shares, wrong), np.linspace(0.9, 0.1, len(shares))
    rng, rows = np.random.default_rng(11), clusters * each
    hits, runs = 0, 1000
    for run in range(runs):
        place = rng.choice(len(shares), rows, p=shares)
        right = rng.random(rows) >= np.array(wrong)[place]
        scored = forecasts(levels[place], right, np.repeat(np.arange(clusters), each))
        found = alone(scored)
        if run < 3:
            assert found == selective(scored, coverages=()).over_random
        hits += found.low <= truth <= found.high
    assert hits / runs >= 0.93, hits / runs


def alone(scored: Forecasts) -> Figure:
    """What `selective` says over a random order, without the rest."""
    loss = 1 - scored.outcome
    area = float(_area(*_tied(scored.confidence[::-1], loss[::-1])[1:]))
    drawn = _ordered_draws(scored, loss, 0.95, SEED)
    risk = float(np.sort(loss).sum()) / scored.n
    return bootstrapped(
        area - risk, lambda t: _over_random(*np.split(t, 2, 1)), drawn, 0.95, (-1, 1)
    )


def test_one_confidence_for_all_has_no_order_but_a_width():
    rows = [(0.8, n % 3 > 0) for n in range(21)]
    found = selective(forecasts(*zip(*rows, strict=True)), coverages=()).over_random
    assert found.value == pytest.approx(0, abs=1e-12)
    assert found.low < -0.03 and found.high > 0.03
    many = selective(forecasts(*zip(*(rows * 20), strict=True)), coverages=()).over_random
    assert 0 < many.high < found.high / 5


def test_auroc_intervals_cover_with_clusters():
    rng, levels, hits, runs = np.random.default_rng(8), np.array([0.4, 0.6, 0.9]), 0, 300
    # Confidence of right answers in thirds weighted 4:6:9, of wrong ones 6:4:1.
    right, wrong = np.array([4, 6, 9]) / 19, np.array([6, 4, 1]) / 11
    truth = sum(right[i] * (wrong[:i].sum() + wrong[i] / 2) for i in range(3))
    patient = np.repeat(np.arange(60), 3)
    for _ in range(runs):
        own = np.repeat(rng.choice(levels, 60), 3)
        sure = np.where(rng.random(180) < 0.5, own, rng.choice(levels, 180))
        found = auroc(forecasts(sure, rng.random(180) < sure, patient))
        hits += found is not None and found.low <= truth <= found.high
    assert hits / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_more_clusters_than_are_kept_apart_narrow_the_interval_as_they_should():
    rng = np.random.default_rng(9)

    def width(n: int) -> float:
        sure = rng.integers(0, 11, n) / 10
        found = selective(forecasts(sure, rng.random(n) < sure), coverages=())
        return found.area.high - found.area.low

    # 2,000 draws give a percentile width to some 3%; a quarter of that ratio is far off.
    assert width(16_000) / width(1_000) == pytest.approx(1 / 4, rel=0.15)


def test_bins_are_equal_in_mass_and_never_split_ties():
    assert mass_bins(np.arange(6.0), 3).tolist() == [0, 0, 1, 1, 2, 2]
    assert mass_bins(np.array([0.1, 0.9, 0.9, 0.9, 0.9, 1.0]), 3).tolist() == [0, 1, 1, 1, 1, 2]
    assert mass_bins(np.full(5, 0.8), 3).tolist() == [0] * 5


@pytest.mark.parametrize(
    ("sure", "right", "cluster", "said"),
    [
        ([], [], None, "no confidence"),
        ([0.5], [1, 0], None, "do not match"),
        ([1.2], [1], None, "confidence must lie from 0 to 1"),
        ([math.nan], [1], None, "confidence must lie from 0 to 1"),
        ([0.5], [2], None, "outcome must lie from 0 to 1"),
        ([[0.5]], [[1]], None, "dimensions"),
        ([0.5, 0.6], [1, 0], ["a"], "2 rows need as many clusters"),
    ],
)
def test_impossible_input_is_refused(sure, right, cluster, said):
    with pytest.raises(ValueError, match=said):
        forecasts(sure, right, cluster)


def test_impossible_settings_are_refused():
    few = scored((0.9, 1), (0.1, 0))
    with pytest.raises(ValueError, match="coverage"):
        selective(few, coverages=(0.0,))
    for level in (0.0, 1.0):
        with pytest.raises(ValueError, match="level"):
            selective(few, level=level)
        with pytest.raises(ValueError, match="level"):
            auroc(few, level)
    with pytest.raises(ValueError, match="at least one bin"):
        mass_bins(np.arange(3.0), 0)
