from __future__ import annotations

import itertools
import subprocess
import sys
from math import log, sqrt

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import quad
from scipy.stats import hypergeom
from sequential_simulation import clusters, ever_missed, miss_cuts, share_missed, stopping

from auscult.stats.allocation import evidence, mixture_evidence
from auscult.stats.intervals import wilson
from auscult.stats.sequences import GRID, Betting, confidence_sequence, looks, pack_evidence

unhurried = settings(deadline=None, max_examples=40)
KINDS = ("yes-no", "betting", "empirical-bernstein")
shares = st.lists(st.sampled_from([0.0, 0.2, 0.5, 0.75, 1.0]), min_size=1, max_size=60)
yes_or_no = st.lists(st.sampled_from([0.0, 1.0]), min_size=1, max_size=60)


def generator(seed: int) -> np.random.Generator:
    return np.random.Generator(np.random.PCG64(seed))


def ends(sequence) -> tuple[float, float]:
    return sequence.low, sequence.high


def fed(kind: str, values, **options):
    sequence = confidence_sequence(kind, **options)
    for value in values:
        sequence.push(value)
    return sequence


# Worked examples


def test_yes_no_after_one_success():
    # Against "at most m": the mean of q/m over q in (m, 1) is (1 + m) / (2m); it reaches
    # 2 / 0.05 = 40 at m = 1/79. A single success says nothing about the upper end.
    assert ends(fed("yes-no", [1])) == pytest.approx((1 / 79, 1.0), abs=2e-9)
    assert ends(fed("yes-no", [0])) == pytest.approx((0.0, 78 / 79), abs=2e-9)


def test_yes_no_evidence_by_hand_and_by_quadrature():
    # Two of two against 0.1: (1 - 0.1^3) / 3 / 0.9 over 0.1^2 is 37.
    assert mixture_evidence(2, 2, 0.1).above == pytest.approx(log(37))
    for ones, n, mean in ((0, 5, 0.3), (3, 20, 0.1), (12, 30, 0.5), (90, 100, 0.8)):

        def ratio(q, ones=ones, n=n, mean=mean):
            return (q / mean) ** ones * ((1 - q) / (1 - mean)) ** (n - ones)

        found = mixture_evidence(ones, n, mean)
        assert np.exp(found.above) == pytest.approx(quad(ratio, mean, 1)[0] / (1 - mean))
        assert np.exp(found.below) == pytest.approx(quad(ratio, 0, mean)[0] / mean)


def test_pack_evidence_by_hand_and_against_the_hypergeometric():
    # One of a pack of two was drawn, a one. "At most 0" is impossible; "at most 1" against 2:
    # the draw is twice as likely under 2; "at least 2" against {0, 1}: (0 + 1/2) / 1 / 2 = 1/4.
    found = pack_evidence(1, 1, 2)
    assert found.above[0] == float("inf")
    assert found.above[1] == pytest.approx(log(2))
    assert found.above[2] == -float("inf")
    assert found.below[2] == pytest.approx(log(1 / 4))
    assert found.below[1] == -float("inf")
    population, n, ones = 30, 12, 4
    likelihood = hypergeom.pmf(ones, population, np.arange(population + 1), n)
    found = pack_evidence(ones, n, population)
    for total in range(ones, population - (n - ones) + 1):
        above = likelihood[total + 1 :].sum() / (population - total) / likelihood[total]
        below = likelihood[:total].sum() / max(total, 1) / likelihood[total]
        assert np.exp(found.above[total]) == pytest.approx(above)
        assert np.exp(found.below[total]) == pytest.approx(below)


def test_betting_by_hand():
    # The first bet is sqrt(2 ln 40 / (0.25 ln 2)) = 6.525, more than half the capital allows at
    # 0.5 (0.5 / 0.5 = 1) and less than it allows at 0.05 (0.5 / 0.05 = 10).
    first = sqrt(2 * log(40) / (0.25 * log(2)))
    assert first == pytest.approx(6.525, abs=5e-4)
    found = evidence("betting", [1.0, 0.0], 0.5)
    assert found.above == pytest.approx([log(1.5), log(1.5 * 0.5)])
    assert found.below == pytest.approx([log(0.5), log(0.5 * 1.5)])
    found = evidence("betting", [1.0], 0.05)
    assert found.above == pytest.approx([log(1 + first * 0.95)])
    # The second bet: mean (0.5 + 1) / 2, squares 0.25 + 0.25^2, at time 2.
    second = sqrt(2 * log(40) / (0.3125 * log(3)))
    found = evidence("betting", [1.0, 1.0], 0.05)
    assert found.above[1] == pytest.approx(log(1 + first * 0.95) + log(1 + second * 0.95))


def test_without_replacement_the_next_mean_moves_away():
    # Three clusters of mean 0.5, the first was 1: the other two have mean (1.5 - 1) / 2 = 0.25.
    # The first bet is held to 1 (half the capital at 0.5), the second to 0.5 / 0.25 = 2.
    found = evidence("betting", [1.0, 1.0], 0.5, population=3)
    assert found.above == pytest.approx([log(1.5), log(1.5) + log(1 + 2 * 0.75)])
    found = evidence("empirical-bernstein", [1.0, 0.0], 0.5, population=3)
    price = log(2) - 0.5  # of a bet of 1/2; the means before were 0.5 and 0.75
    expected = [0.5 * 0.5 - 0.25 * price, 0.5 * 0.5 - 0.25 * price - 0.5 * 0.25 - 0.5625 * price]
    assert found.above == pytest.approx(expected)


def test_empirical_bernstein_by_hand():
    # Bets are capped at 1/2. One value 1: weighted mean 1, radius (ln 40 + 0.25 (ln 2 - 0.5)) / 0.5
    # = 7.5, so nothing is known; against 0.5 the e-process is 0.25 - 0.25 (ln 2 - 0.5).
    price = 0.25 * (log(2) - 0.5)
    found = evidence("empirical-bernstein", [1.0], 0.5)
    assert found.above == pytest.approx([0.25 - price])
    assert found.below == pytest.approx([-0.25 - price])
    assert ends(fed("empirical-bernstein", [1.0])) == (0.0, 1.0)
    # All of 40 values 0.5, each before-mean 0.5: no spread, the bets stay at 1/2, the radius is
    # ln 40 / (40 / 2).
    half = log(40) / 20
    assert ends(fed("empirical-bernstein", [0.5] * 40)) == pytest.approx((0.5 - half, 0.5 + half))


# Properties


@unhurried
@given(shares, st.sampled_from(KINDS[1:]), st.sampled_from([None, 60]))
def test_batch_and_single_looks_are_the_same_numbers(values, kind, population):
    batch = looks(confidence_sequence(kind, population=population), values)
    one = confidence_sequence(kind, population=population)
    for i, value in enumerate(values):
        one.push(value)
        assert (one.n, one.value, one.low, one.high) == (
            batch.n[i],
            batch.value[i],
            batch.low[i],
            batch.high[i],
        )


@unhurried
@given(yes_or_no, st.sampled_from(KINDS), st.sampled_from([None, 60, 500]))
def test_intervals_stay_in_range_and_only_shrink(values, kind, population):
    found = looks(confidence_sequence(kind, population=population), values)
    assert (found.low >= 0).all() and (found.high <= 1).all() and (found.low <= found.high).all()
    assert (np.diff(found.low) >= 0).all() and (np.diff(found.high) <= 0).all()


@unhurried
@given(yes_or_no, st.sampled_from(KINDS), st.sampled_from([None, 60]))
def test_counting_failures_for_successes_mirrors_the_interval(values, kind, population):
    plain = fed(kind, values, population=population)
    mirrored = fed(kind, [1 - v for v in values], population=population)
    # Betting may round a tie at a grid point the other way.
    near = 1.5 / GRID if kind == "betting" else 1e-8
    assert ends(mirrored) == pytest.approx((1 - plain.high, 1 - plain.low), abs=near)


@unhurried
@given(shares, shares)
def test_swapping_the_arms_flips_the_difference(left, right):
    differences = [a - b for a, b in zip(left, right, strict=False)]
    for kind in KINDS[1:]:
        plain = fed(kind, differences, bounds=(-1, 1))
        swapped = fed(kind, [-d for d in differences], bounds=(-1, 1))
        assert ends(swapped) == pytest.approx((-plain.high, -plain.low), abs=3 / GRID)
        assert swapped.value == pytest.approx(-plain.value)
        assert -1 <= plain.low <= plain.high <= 1


@unhurried
@given(yes_or_no, st.sampled_from(KINDS), st.integers(0, 30))
def test_a_pack_read_to_its_end_is_known(values, kind, more):
    part = fed(kind, values, population=len(values) + more)
    for _ in range(more):
        part.push(0.0)
    mean = sum(values) / (len(values) + more)
    assert ends(part) == pytest.approx((mean, mean))
    with pytest.raises(ValueError, match="have been seen already"):
        part.push(0.0)


@unhurried
@given(yes_or_no, st.sampled_from(KINDS), st.sampled_from([None, 80]), st.integers(1, 79))
def test_the_ends_are_where_the_evidence_says(values, kind, population, step):
    mean = step / 80
    found = evidence(kind, values, mean, population=population)
    sequence = fed(kind, values, population=population)
    if sequence.contradicted:
        return
    for past, seen, low, at in (
        (found.above, sum(values), sequence.low, mean),
        (found.below, len(values) - sum(values), 1 - sequence.high, 1 - mean),
    ):
        certain = population is not None and seen > at * population + 1e-9
        if past.max() >= log(40) + 1e-9 or certain:
            assert low >= at - 2e-9
        elif past.max() < log(40) - 1e-9:
            assert low <= at + 2e-9


@unhurried
@given(shares, st.sampled_from(KINDS[1:]), st.integers(1, 60))
def test_evidence_never_reads_ahead(values, kind, cut):
    whole = evidence(kind, values, 0.4)
    part = evidence(kind, values[:cut], 0.4)
    assert whole.above[:cut] == pytest.approx(part.above)
    assert whole.below[:cut] == pytest.approx(part.below)


@pytest.mark.parametrize(
    ("kind", "population"),
    [("yes-no", None), *((kind, pack) for kind in KINDS[1:] for pack in (None, 500))],
)
def test_a_long_interval_is_where_the_evidence_says(kind, population):
    trials = 1 if kind == "yes-no" else 4
    values = clusters(generator(7), (1, 400), 0.3, 0.1, trials)[0]
    sequence = fed(kind, values.tolist(), population=population)
    means = np.arange(1, 100) / 100
    found = [evidence(kind, values, mean, population=population) for mean in means]
    kept = [
        m for m, e in zip(means, found, strict=True) if max(e.above.max(), e.below.max()) < log(40)
    ]
    assert len(kept) > 2
    assert sequence.low == pytest.approx(kept[0] - 0.005, abs=0.0051)
    assert sequence.high == pytest.approx(kept[-1] + 0.005, abs=0.0051)


# Validity, computed exactly


@pytest.mark.parametrize("rate", [0.1, 0.5])
def test_e_values_average_one_over_all_outcomes(rate):
    n = 9
    every = np.array(list(itertools.product([0.0, 1.0], repeat=n)))
    chance = (rate ** every.sum(1)) * ((1 - rate) ** (n - every.sum(1)))
    for kind in KINDS:
        found = evidence(kind, every, rate)
        for side in (found.above, found.below):
            mean = chance @ np.exp(side)
            if kind == "empirical-bernstein":
                assert (mean <= 1 + 1e-9).all()
            else:
                assert mean == pytest.approx(np.ones(n))


def test_e_values_of_a_pack_average_at_most_one_over_all_orders():
    pack = (0.0, 0.0, 0.25, 0.5, 1.0, 1.0)
    orders = np.array(list(itertools.permutations(pack)))
    for kind in KINDS[1:]:
        found = evidence(kind, orders, np.mean(pack), population=6)
        assert (np.exp(found.above).mean(0) <= 1 + 1e-9).all()
        assert (np.exp(found.below).mean(0) <= 1 + 1e-9).all()
    marks = np.array(sorted(set(itertools.permutations((0.0, 0.0, 0.0, 1.0, 1.0, 1.0)))))
    found = evidence("yes-no", marks, 0.5, population=6)
    assert (np.exp(found.above).mean(0) <= 1 + 1e-9).all()
    assert np.exp(found.above).mean(0)[:3] == pytest.approx(np.ones(3))


def test_yes_no_error_over_all_looks_is_exactly_computed_and_under_five_percent():
    for rate in (0.02, 0.1, 0.5, 0.9):
        found = stopping(miss_cuts(rate, 0.95, 1000), rate)
        assert 0.005 < found.above + found.below <= 0.05
        assert max(found.above, found.below) <= 0.025


def test_yes_no_error_in_a_pack_is_exactly_computed_and_under_five_percent():
    population = 40
    excluded = {
        (n, ones): pack_evidence(ones, n, population)
        for n in range(1, population + 1)
        for ones in range(n + 1)
    }
    missed = []
    for total in range(population + 1):
        still, lost = {0: 1.0}, 0.0
        for n in range(1, population + 1):
            after: dict[int, float] = {}
            for ones, chance in still.items():
                share = (total - ones) / (population - n + 1)
                for more, part in ((1, share), (0, 1 - share)):
                    if part > 0:
                        after[ones + more] = after.get(ones + more, 0.0) + chance * part
            still = {}
            for ones, chance in after.items():
                found = excluded[n, ones]
                if max(found.above[total], found.below[total]) >= log(40):
                    lost += chance
                else:
                    still[ones] = chance
        missed.append(lost)
    assert 0.001 < max(missed) <= 0.05


# Validity by simulated peeking. Of 300 audits at 5% error, 5% + 3 sd = 8.8% may miss.

ALLOWED = 0.05 + 3 * sqrt(0.05 * 0.95 / 300)


@pytest.mark.parametrize("kind", KINDS[1:])
@pytest.mark.parametrize(("rate", "icc"), [(0.02, 0.0), (0.1, 0.5), (0.5, 0.1), (0.9, 0.5)])
def test_peeking_at_clusters_misses_at_most_the_declared_share(kind, rate, icc):
    assert share_missed(kind, rate, icc, audits=300, looks=500, trials=4) <= ALLOWED


def test_peeking_at_an_ordinary_interval_misses_far_more():
    values = clusters(generator(1), (300, 300), 0.3, 0.0)
    ones = np.cumsum(values, axis=1).astype(int)
    table = {(k, n): wilson(k, n) for n in range(20, 301) for k in np.unique(ones[:, n - 1])}
    missed = [
        any(not table[k, n][0] <= 0.3 <= table[k, n][1] for n, k in enumerate(row[19:], 20))
        for row in ones
    ]
    assert np.mean(missed) > 0.2
    assert ever_missed("yes-no", values, 0.3).mean() <= ALLOWED


@pytest.mark.parametrize("kind", KINDS[1:])
def test_peeking_at_a_pack_misses_at_most_the_declared_share(kind):
    draw = generator(2)
    pack = clusters(draw, (1, 200), 0.15, 0.3, 3)[0]
    orders = draw.permuted(np.tile(pack, (300, 1)), axis=1)
    assert ever_missed(kind, orders, pack.mean(), population=200).mean() <= ALLOWED


def test_weights_make_it_the_mean_over_trials():
    # Large clusters fail more often, so that the mean over trials is not that of cluster means.
    draw = generator(3)
    size = draw.choice([1, 5], size=(300, 600))
    values = draw.binomial(size, np.where(size == 5, 0.4, 0.1)) / size
    over_trials = (1 * 0.1 + 5 * 0.4) / 6
    missed = ever_missed("betting", values, over_trials, weights=size / 5)
    assert missed.mean() <= ALLOWED
    assert ever_missed("betting", values, over_trials).mean() > 0.9  # unweighted: another mean
    sequence = Betting()
    for value, weight in zip(values[0], size[0] / 5, strict=True):
        sequence.push(float(value), float(weight))
    assert sequence.value == pytest.approx((values[0] * size[0]).sum() / size[0].sum())
    assert sequence.low < over_trials < sequence.high
    assert sequence.high - sequence.low < 0.15


# Bad input


def test_nothing_seen_says_nothing():
    for kind in KINDS:
        empty = confidence_sequence(kind, bounds=(-1, 1))
        assert (empty.n, empty.value, empty.low, empty.high) == (0, None, -1.0, 1.0)
        assert len(looks(empty, []).n) == 0


def test_an_order_that_is_not_random_is_noticed():
    sequence = fed("betting", [0.0] * 400 + [1.0] * 2000)
    assert sequence.contradicted
    assert 0 <= sequence.low <= sequence.high <= 1


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: confidence_sequence("betting", 1.0), "level must lie"),
        (lambda: confidence_sequence("betting", bounds=(1, 0)), "bounds must be"),
        (lambda: confidence_sequence("betting", population=0), "at least one cluster"),
        (lambda: confidence_sequence("guessing"), "no kind of sequence"),
        (lambda: fed("betting", [1.2]), "outside the declared bounds"),
        (lambda: fed("betting", [float("nan")]), "outside the declared bounds"),
        (lambda: fed("yes-no", [0.5]), "values at the bounds"),
        (lambda: Betting().push(0.5, 0.0), "weight must lie"),
        (lambda: Betting(population=5).push(0.5, 0.5), "cannot be weighted"),
        (lambda: pack_evidence(3, 2, 5), "cannot be"),
        (lambda: mixture_evidence(1, 2, 0.0), "strictly between"),
        (lambda: evidence("yes-no", [0.5], 0.5), "at the bounds"),
        (lambda: evidence("yes-no", [1.0], 0.55, population=10), "cannot have the mean"),
        (lambda: evidence("betting", [2.0], 0.5), "must lie within"),
        (lambda: evidence("betting", [1.0], 0.5, weights=[2.0]), "weights must lie"),
        (lambda: evidence("betting", [1.0, 1.0], 0.5, population=1), "as many clusters at most"),
        (lambda: evidence("empirical-bernstein", [1.0], 0.5, weights=[1.0]), "take no weights"),
    ],
)
def test_wrong_arguments_are_refused_with_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()


def test_importing_it_is_cheap():
    names = ("auscult.stats.sequences", "auscult.stats.stopping", "auscult.stats.allocation")
    check = f"import sys, {', '.join(names)}; sys.exit('numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", check], check=False).returncode == 0
