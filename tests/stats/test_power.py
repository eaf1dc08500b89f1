from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest, multinomial, norm
from scipy.stats import t as student
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.power import normal_sample_size_one_tail
from statsmodels.stats.proportion import proportion_confint, samplesize_confint_proportion

from auscult.stats.binomial import at_most, expected, last_rejected
from auscult.stats.paired import difference
from auscult.stats.power import (
    EXACT,
    Collected,
    connor,
    half_width,
    margin_power,
    mcnemar_power,
    paired_margin_power,
    size_for_difference,
    size_for_half_width,
    size_for_margin,
    size_for_paired_margin,
    size_for_threshold,
    spread_over,
    threshold_power,
    worth,
)
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=40)  # a busy machine is not a fault
shares = st.floats(0.01, 0.99)
all_shares = st.sampled_from([0.0, 1.0]) | shares


def test_wilson_half_width_by_hand():
    # 80 of 400 at z = 1.96: sqrt(.16/400 + 3.8415/640000) * 1.96 / (1 + 3.8415/400).
    z = 1.959964
    expected_half = z / (1 + z**2 / 400) * math.sqrt(0.16 / 400 + z**2 / 640000)
    assert half_width(400, 0.2) == pytest.approx(expected_half)
    low, high = proportion_confint(80, 400, method="wilson")
    assert half_width(400, 0.2) == pytest.approx((high - low) / 2)
    low, high = proportion_confint(80, 400, method="beta")
    assert half_width(400, 0.2, exact=True) == pytest.approx((high - low) / 2)


def test_size_for_a_half_width():
    found = size_for_half_width(0.2, 0.05)
    # The plain normal formula says 1.96^2 * 0.16 / 0.05^2 = 245.9, and so does statsmodels.
    assert found.n == pytest.approx(samplesize_confint_proportion(0.2, 0.05), abs=2)
    assert half_width(found.n, 0.2) <= 0.05 < half_width(found.n - 1, 0.2)
    assert found.achieved == half_width(found.n, 0.2)
    exact = size_for_half_width(0.2, 0.05, exact=True)
    assert exact.n > found.n and "Clopper-Pearson" in exact.method
    # Nothing seen in n: the exact interval is 1 - 0.025^(1/n) wide; 0.1 = twice the half-width.
    assert size_for_half_width(0.0, 0.05, exact=True).n == math.ceil(
        math.log(0.025) / math.log(0.9)
    )


@unhurried
@given(shares, st.floats(0.02, 0.3), st.booleans())
def test_more_cases_never_widen_an_interval(rate, width, exact):
    n = size_for_half_width(rate, width, exact=exact).n
    assert half_width(n, rate, exact=exact) <= width
    assert all(half_width(n + k, rate, exact=exact) <= width for k in (1, 2, 10, 1000))
    assert n == 1 or half_width(n - 1, rate, exact=exact) > width


def test_none_wrong_of_59_shows_under_5_per_cent():
    """0.95^59 = 0.0485: the classic. Nothing ever goes wrong, so power is certain from there."""
    found = size_for_threshold(0.0, 0.05)
    assert (found.n, found.achieved) == (59, 1.0)
    assert threshold_power(58, 0.0, 0.05)[0] == 0.0


def test_threshold_power_is_that_of_scipys_binomial_test():
    for n in (30, 77, 200):
        passing = [
            k for k in range(n + 1) if binomtest(k, n, 0.1, alternative="less").pvalue <= 0.05
        ]
        expected_power = sum(binom.pmf(k, n, 0.04) for k in passing)
        assert threshold_power(n, 0.04, 0.1)[0] == pytest.approx(expected_power)


@pytest.mark.parametrize(("rate", "threshold"), [(0.05, 0.1), (0.2, 0.1), (0.9, 0.8), (0.4, 0.6)])
def test_size_for_a_threshold_is_past_the_last_tooth(rate, threshold):
    found = size_for_threshold(rate, threshold, power=0.9)
    everything = np.arange(1, 6 * found.n)
    power = threshold_power(everything, rate, threshold)
    assert everything[power < 0.9][-1] == found.n - 1
    assert found.achieved == power[found.n - 1]
    # The saw is real: some smaller n reached it too.
    assert (power[: found.n - 1] >= 0.9).any()


def test_above_and_below_mirror_each_other():
    below, above = size_for_threshold(0.05, 0.1), size_for_threshold(0.95, 0.9)
    assert (below.n, below.method) == (above.n, above.method)
    assert below.achieved == pytest.approx(above.achieved)


def mcnemar_by_hand(n: int, worse: float, better: float) -> float:
    """Every outcome of n cases, tested by statsmodels."""
    total = 0.0
    for b in range(n + 1):
        for c in range(n + 1 - b):
            p = mcnemar([[0, b], [c, 0]], exact=True).pvalue if b + c else 1.0
            if p <= 0.05:
                total += multinomial.pmf([b, c, n - b - c], n, [worse, better, 1 - worse - better])
    return total


@pytest.mark.parametrize(("worse", "better"), [(0.5, 0.1), (0.05, 0.6), (0.85, 0.1)])
def test_mcnemar_power_adds_up_all_outcomes(worse, better):
    assert mcnemar_power(14, worse, better)[0] == pytest.approx(mcnemar_by_hand(14, worse, better))


def test_size_for_a_difference():
    found = size_for_difference(0.15, 0.05)
    # Connor: (1.96 * sqrt(0.2) + 0.8416 * sqrt(0.19))^2 / 0.01 = 154.3.
    by_hand = (1.959964 * math.sqrt(0.2) + 0.841621 * math.sqrt(0.19)) ** 2 / 0.01
    assert connor(0.15, 0.05) == math.ceil(by_hand) == 155
    # The exact test never errs too often, which costs about a tenth more.
    assert connor(0.15, 0.05) <= found.n <= 1.15 * connor(0.15, 0.05)
    assert mcnemar_power(found.n, 0.15, 0.05)[0] >= 0.8 > mcnemar_power(found.n - 1, 0.15, 0.05)[0]
    assert size_for_difference(0.05, 0.15).n == found.n


def test_the_normal_approximation_is_close_where_it_takes_over():
    worse, better = 0.2, 0.173
    rough = connor(worse, better)
    assert 0.6 * EXACT < rough < EXACT
    assert size_for_difference(worse, better).n == pytest.approx(rough, rel=0.02)
    beyond = size_for_difference(0.2, 0.18)
    assert beyond.n > EXACT and "normal approximation" in beyond.method


def paired_bound(b: int, c: int, n: int) -> float:
    """The lower end at one-sided 2.5%, from `paired.difference` itself."""
    import polars as pl

    arm = [1.0] * c + [0.0] * b + [1.0] * (n - b - c)
    control = [0.0] * c + [1.0] * b + [1.0] * (n - b - c)
    ids = [f"c{i}" for i in range(n)]
    frame = pl.concat(
        pl.DataFrame(
            {"case_id": ids, "cluster": ids, "arm": [name] * n, "behaviour": ["answered"] * n,
             "score": scores}
        )
        for name, scores in (("new", arm), ("old", control))
    )  # fmt: skip
    low = difference(frame, blank("s", "m", "e", arm="new", control_arm="old")).low
    assert low is not None
    return low


def test_paired_margin_power_is_that_of_the_interval_that_will_be_reported():
    n, worse, better, margin = 12, 0.1, 0.3, 0.2
    expected_power = sum(
        multinomial.pmf([b, c, n - b - c], n, [worse, better, 1 - worse - better])
        for b in range(n + 1)
        for c in range(n + 1 - b)
        if paired_bound(b, c, n) > -margin
    )
    assert 0.1 < expected_power < 0.9
    found = paired_margin_power(n, worse, better, margin)[0]
    assert found == pytest.approx(expected_power)


def test_size_for_a_paired_margin():
    found = size_for_paired_margin(0.08, 0.08, 0.05)
    # (1.96 + 0.8416)^2 * 0.16 / 0.05^2 = 502.3.
    assert found.n == pytest.approx(502.3, rel=0.03)
    assert paired_margin_power(found.n, 0.08, 0.08, 0.05)[0] == found.achieved >= 0.8
    far = size_for_paired_margin(0.2, 0.2, 0.01)
    assert far.n == math.ceil((1.959964 + 0.841621) ** 2 * 0.4 / 0.01**2)
    assert "normal approximation" in far.method
    # Where nothing ever turns, what is left is the width of the interval itself.
    still = size_for_paired_margin(0.0, 0.0, 0.05)
    n = np.arange(2, 200)
    low = -student.ppf(0.975, n + 1) * np.sqrt((n + 2) / (n + 1) * 2) / (n + 2)
    assert still.n == n[low > -0.05][0]


def margin_by_hand(n: int, rate: float, control: float, margin: float) -> float:
    x, y = np.meshgrid(np.arange(n + 1), np.arange(n + 1), indexing="ij")
    p, q = (x + 1) / (n + 2), (y + 1) / (n + 2)
    low = p - q - norm.ppf(0.975) * np.sqrt((p * (1 - p) + q * (1 - q)) / (n + 2))
    chance = binom.pmf(x, n, rate) * binom.pmf(y, n, control)
    return float(chance[low > -margin + 1e-12].sum())


@unhurried
@given(st.integers(1, 40), all_shares, all_shares, st.floats(0.01, 0.49))
def test_margin_power_adds_up_all_outcomes(n, rate, control, margin):
    if rate - control > -margin:
        found = margin_power(n, rate, control, margin)[0]
        assert found == pytest.approx(margin_by_hand(n, rate, control, margin), abs=1e-9)


def test_where_both_are_always_right_enough_cases_pass_for_certain():
    assert margin_power(60, 1.0, 1.0, 0.05)[0] == 1.0
    assert margin_power(20, 1.0, 1.0, 0.05)[0] == 0.0


def test_size_for_a_margin_is_near_statsmodels_normal_formula():
    found = size_for_margin(0.8, 0.8, 0.05)
    spread = math.sqrt(0.16 + 0.16)
    theirs = normal_sample_size_one_tail(0.05, 0.8, 0.025, std_null=spread, std_alternative=spread)
    assert theirs == pytest.approx((1.959964 + 0.841621) ** 2 * 0.32 / 0.0025, rel=1e-4)
    assert found.n == pytest.approx(theirs, rel=0.02)
    assert margin_power(found.n, 0.8, 0.8, 0.05)[0] == found.achieved >= 0.8
    assert size_for_margin(0.5, 0.5, 0.01).n == pytest.approx(
        (1.959964 + 0.841621) ** 2 * 0.5 / 1e-4, abs=1
    )


def test_clusters_and_missing_replies_by_hand():
    how = Collected(cluster_size=3, icc=0.2, missing=0.05)
    assert how.design_effect == pytest.approx(1.4)
    # 203 * 1.4 / 0.95 = 299.2 replies, in 100 patients of three.
    size = spread_over(203, how)
    assert (size.cases, size.clusters, size.independent) == (300, 100, 203)
    # And back: 300 * 0.95 / 1.4 = 203.6.
    assert worth(300, how) == 203
    assert spread_over(203, Collected()) == spread_over(203, Collected(1.0, 0.7))
    assert spread_over(90, Collected(missing=0.1)).cases == 100


@unhurried
@given(st.integers(1, 10**6), st.integers(1, 20), st.floats(0, 1), st.floats(0, 0.9))
def test_what_is_asked_is_worth_what_is_needed(n, size, icc, missing):
    how = Collected(size, icc, missing)
    asked = spread_over(n, how)
    assert worth(asked.cases, how) >= n
    assert worth(asked.cases - size, how) <= n
    assert asked.cases == asked.clusters * size >= n


@unhurried
@given(st.integers(1, 120), shares, st.floats(0.001, 0.4))
def test_critical_counts_are_scipys(n, p, alpha):
    last = int(last_rejected(np.array([n]), p, alpha)[0])
    assert last == -1 or binom.cdf(last, n, p) <= alpha * (1 + 1e-9)
    assert last == n or binom.cdf(last + 1, n, p) > alpha * (1 - 1e-9)
    ks = np.arange(-1, n + 2)
    assert at_most(ks, np.full(len(ks), n), p) == pytest.approx(binom.cdf(ks, n, p), abs=1e-12)


@unhurried
@given(st.integers(1, 3000), all_shares)
def test_expectations_over_counts(n, p):
    one = expected(np.array([n]), p, lambda ns, x: np.ones(np.broadcast(ns, x).shape))
    assert one[0] == pytest.approx(1.0)
    mean = expected(np.array([n]), p, lambda ns, x: x / ns)
    assert mean[0] == pytest.approx(p, abs=1e-9)


@unhurried
@given(shares, shares, st.integers(1, 300))
def test_power_is_a_chance_and_grows_with_what_is_there(one, other, n):
    low, high = sorted((one, other))
    if high - low < 1e-6:
        return
    near, far = threshold_power(n, high - (high - low) / 2, high), threshold_power(n, low, high)
    assert 0 <= near[0] <= far[0] + 1e-9 <= 1 + 2e-9
    worse, better = low / 2, high / 2
    assert mcnemar_power(n, worse, better) == pytest.approx(mcnemar_power(n, better, worse))
    assert 0 <= paired_margin_power(n, worse, better, 0.1)[0] <= 1
    assert 0 <= margin_power(n, high, low, 0.1)[0] <= 1


@pytest.mark.parametrize(
    ("ask", "sentence"),
    [
        (lambda: size_for_half_width(1.2, 0.05), "expected rate must lie"),
        (lambda: size_for_half_width(0.2, 0.5), "half-width must lie"),
        (lambda: size_for_half_width(0.2, 1e-6), "10,000,000 cases"),
        (lambda: size_for_half_width(0.2, math.nan), "half-width must lie"),
        (lambda: size_for_threshold(0.1, 0.1), "equals the threshold"),
        (lambda: size_for_threshold(0.1, 1.0), "threshold must lie"),
        (lambda: size_for_threshold(0.1, 0.2, alpha=0), "alpha must lie"),
        (lambda: size_for_threshold(0.1, 0.2, power=0.04), "must be above alpha"),
        (lambda: size_for_threshold(0.1, 0.10001), "lies too close"),
        (lambda: threshold_power(0, 0.1, 0.2), "at least 1 case"),
        (lambda: size_for_difference(0.1, 0.1), "no difference to find"),
        (lambda: size_for_difference(0.7, 0.6), "over 1"),
        (lambda: size_for_paired_margin(0.2, 0.1, 0.1), "no number of cases would show it"),
        (lambda: size_for_paired_margin(0.2, 0.1, 0.0), "margin must lie"),
        (lambda: size_for_margin(0.7, 0.8, 0.05), "no number of cases would show it"),
        (lambda: size_for_margin(0.7, -0.1, 0.05), "control's rate must lie"),
        (lambda: Collected(0.5), "at least 1 case"),
        (lambda: Collected(2, 1.5), "intracluster correlation"),
        (lambda: Collected(2, 0.5, 1.0), "missing replies"),
    ],
)
def test_impossible_plans_are_refused_in_a_sentence(ask, sentence):
    with pytest.raises(ValueError, match=sentence):
        ask()
