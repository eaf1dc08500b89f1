from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from auscult.stats.intervals import clopper_pearson, t_quantile, wilson, z_quantile

unhurried = settings(deadline=None, max_examples=60)  # a busy machine is not a fault


@st.composite
def counts(draw: st.DrawFn) -> tuple[int, int]:
    n = draw(st.integers(1, 2000))
    return draw(st.integers(0, n)), n


def test_worked_examples():
    # Wilson by hand for 8 of 10: centre (0.8 + 1.9207/10) / 1.38415, half width 0.2368.
    low, high = wilson(8, 10)
    assert (low, high) == pytest.approx((0.4902, 0.9433), abs=5e-5)
    # The rule of three's exact form: 1 - 0.025^(1/n).
    assert clopper_pearson(0, 30) == pytest.approx((0.0, 1 - 0.025 ** (1 / 30)))
    assert clopper_pearson(5, 10) == pytest.approx((0.1871, 0.8129), abs=5e-5)


def test_nothing_observed_says_nothing():
    assert wilson(0, 0) == (0.0, 1.0)
    assert clopper_pearson(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
@pytest.mark.parametrize(("ours", "theirs"), [(wilson, "wilson"), (clopper_pearson, "exact")])
def test_agrees_with_scipy(ours, theirs, level):
    for n in (1, 7, 40, 333):
        for k in {0, 1, n // 3, n - 1, n}:
            ci = binomtest(k, n).proportion_ci(level, method=theirs)
            assert ours(k, n, level) == pytest.approx((ci.low, ci.high), abs=1e-12)


@unhurried
@given(counts(), st.sampled_from([wilson, clopper_pearson]))
def test_range_mirror_and_order(count, method):
    k, n = count
    low, high = method(k, n)
    assert 0 <= low <= k / n <= high <= 1
    assert low < high
    assert method(n - k, n) == pytest.approx((1 - high, 1 - low), abs=1e-9)
    wider = method(k, n, 0.99)
    assert wider[0] <= low and high <= wider[1]


def exact_coverage(method, n: int, rate: float) -> float:
    k = np.arange(n + 1)
    ends = np.array([method(int(i), n) for i in k])
    covered = (ends[:, 0] <= rate) & (rate <= ends[:, 1])
    return float(binom.pmf(k, n, rate)[covered].sum())


def test_exact_coverage_on_a_grid():
    rates = (0.02, 0.1, 0.3, 0.5, 0.9)
    for n in (10, 40, 100, 250):
        for rate in rates:
            assert exact_coverage(clopper_pearson, n, rate) >= 0.95
            if min(rate, 1 - rate) * n >= 10:
                assert 0.93 <= exact_coverage(wilson, n, rate) <= 0.98


@pytest.mark.parametrize("bad", [(-1, 10), (11, 10), (1, 0)])
def test_impossible_counts_are_refused(bad):
    with pytest.raises(ValueError, match="not a count of a whole"):
        wilson(*bad)
    with pytest.raises(ValueError, match="not a count of a whole"):
        clopper_pearson(*bad)


def test_impossible_levels_are_refused():
    for level in (0.0, 1.0, 95):
        with pytest.raises(ValueError, match="between 0 and 1"):
            wilson(1, 2, level)


def test_quantiles():
    assert z_quantile(0.95) == pytest.approx(1.959964, abs=1e-6)
    assert t_quantile(9) == pytest.approx(2.262157, abs=1e-6)
    assert t_quantile(1e9) == pytest.approx(z_quantile(), abs=1e-6)


def test_importing_is_cheap():
    code = (
        "import sys, auscult.stats.intervals as i; i.wilson(1, 2); "
        "print(any(m in sys.modules for m in ('scipy', 'numpy', 'polars')))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
