from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, chi2
from statsmodels.stats.contingency_tables import mcnemar as theirs

from auscult.stats.mcnemar import clustered_mcnemar, mcnemar

unhurried = settings(deadline=None, max_examples=50)
turns = st.integers(0, 60)
pairs = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([0.0, 0.5, 1.0]), st.sampled_from([0.0, 1.0])),
    min_size=1,
    max_size=30,
)


def clustered(rows: list[tuple[int, float, float]]):
    cluster, treated, control = zip(*rows, strict=True)
    return clustered_mcnemar(treated, control, cluster)


def test_worked_example():
    found = mcnemar(7, 1)
    # Eight coins: one or none shows heads in 1 + 8 of 256 ways; mid-p counts half of the 8.
    assert found.exact_p == pytest.approx(2 * 9 / 256)
    assert found.mid_p == pytest.approx(2 * 5 / 256)
    assert (found.exact_p_worse, found.mid_p_worse) == pytest.approx((9 / 256, 5 / 256))
    # One or more heads: all but 1 of 256 ways.
    assert (found.exact_p_better, found.mid_p_better) == pytest.approx((255 / 256, 251 / 256))


def test_nothing_changed_is_p_one():
    found = mcnemar(0, 0)
    assert {found.exact_p, found.mid_p, found.exact_p_worse, found.mid_p_better} == {1.0}
    even = mcnemar(4, 4)
    assert (even.exact_p, even.mid_p) == (1.0, pytest.approx(1.0))


def test_far_tails_are_not_rounded_away():
    found = mcnemar(400, 100)
    assert found.exact_p == pytest.approx(2 * binom.cdf(100, 500, 0.5), rel=1e-9)
    assert found.exact_p_worse == pytest.approx(binom.cdf(100, 500, 0.5), rel=1e-9)
    assert 0 < found.mid_p < found.exact_p < 1e-40


@pytest.mark.parametrize("bad", [(-1, 3), (3, -1), (1.5, 2)])
def test_what_is_no_count_is_refused(bad):
    with pytest.raises(ValueError, match="not a number of cases"):
        mcnemar(*bad)


@unhurried
@given(turns, turns)
def test_agrees_with_statsmodels_and_scipy(worse, better):
    found = mcnemar(worse, better)
    if worse + better:
        table = [[10, worse], [better, 10]]
        assert found.exact_p == pytest.approx(theirs(table, exact=True).pvalue)
        for side, p in (("greater", found.exact_p_worse), ("less", found.exact_p_better)):
            assert p == pytest.approx(binomtest(worse, worse + better, alternative=side).pvalue)
        at = binom.pmf(worse, worse + better, 0.5) / 2
        assert found.mid_p_worse == pytest.approx(found.exact_p_worse - at)


@unhurried
@given(turns, turns)
def test_swapping_the_arms_swaps_the_sides(worse, better):
    one, other = mcnemar(worse, better), mcnemar(better, worse)
    assert (one.exact_p, one.mid_p) == (other.exact_p, other.mid_p)
    assert (one.exact_p_worse, one.mid_p_worse) == (other.exact_p_better, other.mid_p_better)
    assert 0 < one.mid_p <= one.exact_p <= 1


def test_error_rates_are_exact():
    """Summed over all outcomes, the exact test errs at most 5% of the time; mid-p about that."""
    for changed in (12, 25, 60):
        chance = binom.pmf(np.arange(changed + 1), changed, 0.5)
        ps = [mcnemar(k, changed - k) for k in range(changed + 1)]
        exact = sum(c for c, p in zip(chance, ps, strict=True) if p.exact_p <= 0.05)
        mid = sum(c for c, p in zip(chance, ps, strict=True) if p.mid_p <= 0.05)
        assert exact <= 0.05 and exact <= mid <= 0.065


def test_clusters_by_hand():
    # Patient a: three cases turned wrong; b: one turned right; c: one each way, which cancels.
    treated = [0, 0, 0, 1, 0, 1]
    control = [1, 1, 1, 0, 1, 0]
    found = clustered_mcnemar(treated, control, list("aaabcc"))
    # Sums D = -3, 1, 0; total -2; squares 10; (3 - 1)/3 * 4/10.
    assert found.statistic == pytest.approx(2 / 3 * 4 / 10)
    assert found.p_value == pytest.approx(chi2.sf(found.statistic, 1))
    assert found.p_worse == pytest.approx(found.p_value / 2)
    assert found.p_better == pytest.approx(1 - found.p_value / 2)
    assert (found.right_to_wrong, found.wrong_to_right) == (4, 2)
    assert (found.pairs, found.clusters) == (6, 3)


def test_with_one_pair_a_cluster_it_is_the_classical_chi_square():
    treated = np.repeat([0, 1, 1, 0], [14, 5, 40, 41])
    control = np.repeat([1, 0, 1, 0], [14, 5, 40, 41])
    found = clustered_mcnemar(treated, control, np.arange(100))
    classical = theirs([[40, 14], [5, 41]], exact=False, correction=False).statistic
    assert found.statistic == pytest.approx(classical * 99 / 100)


def test_a_patient_asked_often_is_one_patient():
    treated, control = np.zeros(30), np.ones(30)
    alone = clustered_mcnemar(treated, control, np.arange(30))
    few = clustered_mcnemar(treated, control, np.arange(30) // 10)
    assert alone.p_value < 1e-6 < 0.05 < few.p_value


@pytest.mark.parametrize(
    "found",
    [
        clustered_mcnemar([], [], []),
        clustered_mcnemar([1.0, 0.0], [1.0, 0.0], ["a", "b"]),
        clustered_mcnemar([1.0, 1.0], [0.0, 0.0], ["a", "a"]),
    ],
)
def test_nothing_to_go_by_is_p_one(found):
    assert (found.statistic, found.p_value, found.p_worse, found.p_better) == (0, 1, 1, 1)


def test_wrong_shapes_and_values_are_refused():
    with pytest.raises(ValueError, match="as long as"):
        clustered_mcnemar([1, 0], [1], [0, 1])
    for bad in ([2.0], [float("nan")], [-0.1]):
        with pytest.raises(ValueError, match="between 0 and 1"):
            clustered_mcnemar(bad, [0.0], [0])


@unhurried
@given(pairs, st.randoms())
def test_row_order_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert clustered(rows) == clustered(shuffled)


@unhurried
@given(pairs)
def test_swapping_clustered_arms_swaps_the_sides(rows):
    one, other = clustered(rows), clustered([(k, c, t) for k, t, c in rows])
    assert one.statistic == pytest.approx(other.statistic)
    assert (one.p_worse, one.p_better) == pytest.approx((other.p_better, other.p_worse))
    assert (one.right_to_wrong, one.wrong_to_right) == (other.wrong_to_right, other.right_to_wrong)
    assert 0 <= one.p_value <= 1


def test_it_errs_as_often_as_it_says_where_the_plain_test_errs_far_too_often():
    """40 patients of 5 cases; a patient's cases turn together. 1,500 times without any effect: the
    binomial error of a rate of 5% is 0.56 points, so 3.3% to 6.7% is three errors either way."""
    draws = np.random.default_rng(3)
    cluster = np.repeat(np.arange(40), 5)
    wrong = plain = 0
    for _ in range(1500):
        turn = np.repeat(draws.choice([-1, 0, 1], 40), 5) * (draws.random(200) < 0.7)
        found = clustered_mcnemar(turn > 0, turn < 0, cluster)
        wrong += found.p_value <= 0.05
        plain += mcnemar(int(found.right_to_wrong), int(found.wrong_to_right)).exact_p <= 0.05
    assert 50 <= wrong <= 100
    assert plain > 300
