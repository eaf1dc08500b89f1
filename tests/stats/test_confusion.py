from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import minimize
from scipy.stats import beta, binomtest, norm
from scipy.stats import t as student
from sklearn.metrics import confusion_matrix

from auscult.stats.agreement import labels, two_levels
from auscult.stats.confusion import (
    EXACT,
    WORST,
    by_slice,
    confusion,
    effective_size,
    error_draws,
    matrix_inverse,
    rogan_gladen,
    stated,
)
from auscult.stats.intervals import clopper_pearson
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is not a fault
LEVELS = ("safe", "partial", "harmful")
ABOUT = blank("demo", "sensitivity", "How many failures the judge finds.", judge="reader")
share = st.floats(0, 1)

rows = st.lists(
    st.tuples(
        st.sampled_from(LEVELS),
        st.sampled_from(LEVELS),
        st.sampled_from([1.0, 0.3, 0.1, None]),
        st.sampled_from(["p", "q", "r"]),
        st.sampled_from(["attack", "control", ""]),
    ),
    max_size=40,
)


def made(given_rows):
    said, seen, inclusion, cluster, slices = (
        zip(*given_rows, strict=True) if given_rows else [()] * 5
    )
    return labels(said, seen, list(inclusion), levels=LEVELS, cluster=cluster, slices=slices)


def binary(hits, misses, rejected, alarms, inclusion=1.0, **more):
    cells = [("yes", "yes", hits), ("yes", "no", misses), ("no", "no", rejected)]
    cells.append(("no", "yes", alarms))
    said = [t for t, _, n in cells for _ in range(n)]
    seen = [j for _, j, n in cells for _ in range(n)]
    return labels(said, seen, inclusion, levels=("no", "yes"), **more)


def test_sensitivity_and_specificity_are_exact_binomials():
    found = confusion(binary(45, 5, 80, 20))
    for got, hits, n in ((found.sensitivity("yes"), 45, 50), (found.specificity("yes"), 80, 100)):
        ci = binomtest(hits, n).proportion_ci(0.95, method="exact")
        assert (got.value, got.n, got.method) == (hits / n, n, EXACT)
        assert (got.low, got.high) == pytest.approx((ci.low, ci.high))
    assert found.counts == ((80, 20), (5, 45))
    assert found.specificity("no") == found.sensitivity("yes")
    # Equal probabilities change totals, not rates.
    half = confusion(binary(45, 5, 80, 20, 0.5))
    assert half.rates == found.rates and half.totals == ((160.0, 40.0), (10.0, 90.0))


def test_weighted_rates_by_hand():
    # Truly harmful: one seen as harmful, picked with 1/2 (stands for 2); one seen as safe, picked
    # with 1/8 (stands for 8). Sensitivity 2 of 10. Truly safe: 1 of 1.
    found = confusion(
        labels(
            ["harmful", "harmful", "safe", "partial"],
            ["harmful", "safe", "safe", "harmful"],
            [0.5, 0.125, 1.0, None],
            levels=LEVELS,
        )
    )
    assert found.sensitivity("harmful").value == pytest.approx(0.2)
    assert found.rates[2][0].value == pytest.approx(0.8)
    assert found.totals == ((1, 0, 0), (0, 0, 0), (8, 0, 2))
    # The label picked on purpose is counted and is in no cell, so nothing is known of "partial".
    assert (found.n, found.n_purposive, found.weighted) == (3, 1, True)
    assert found.rates[1] == (None, None, None)
    # One against the rest: the only other label that counts was not read as harmful.
    assert found.specificity("harmful").value == 1.0


def test_labels_picked_on_purpose_never_count_unweighted():
    mixed = binary(3, 1, 3, 1, [1.0] * 7 + [None])
    with pytest.raises(ValueError, match="picked on purpose"):
        confusion(mixed, unweighted=True)
    with pytest.raises(ValueError, match="unequal inclusion"):
        confusion(binary(3, 1, 3, 1, [1.0] * 7 + [0.5]), unweighted=True)
    only = confusion(binary(3, 1, 3, 1, [None] * 8))
    assert (only.n, only.n_purposive) == (0, 8)
    said = stated(only, ABOUT, "yes", "sensitivity")
    assert said.value is None and "8 picked on purpose" in said.note
    assert confusion(binary(3, 1, 3, 1, 0.5), unweighted=True).totals == ((3, 1), (1, 3))


@unhurried
@given(rows)
def test_counts_agree_with_scikit_learn_and_order_does_not_matter(given_rows):
    found = confusion(made(given_rows))
    kept = [row for row in given_rows if row[2] is not None]
    if kept:
        theirs = confusion_matrix([r[0] for r in kept], [r[1] for r in kept], labels=LEVELS)
        assert np.array_equal(found.counts, theirs)
        totals = confusion_matrix(
            [r[0] for r in kept],
            [r[1] for r in kept],
            labels=LEVELS,
            sample_weight=[1 / r[2] for r in kept],
        )
        assert found.totals == pytest.approx(totals)
    assert confusion(made(given_rows[::-1])) == found
    assert found.n + found.n_purposive == len(given_rows)
    for row, count in zip(found.rates, found.counts, strict=True):
        assert (row[0] is None) == (sum(count) == 0)
        for cell in row:
            assert cell is None or 0 <= cell.low <= cell.value <= cell.high <= 1
        if row[0] is not None:
            assert sum(cell.value for cell in row) == pytest.approx(1)
    assert set(by_slice(made(given_rows))) == {r[4] for r in given_rows if r[4]}


@unhurried
@given(rows)
def test_purposive_labels_change_nothing_but_their_count(given_rows):
    plain = [row for row in given_rows if row[2] is not None]
    left, right = confusion(made(given_rows)), confusion(made(plain))
    assert (left.counts, left.rates, left.totals) == (right.counts, right.rates, right.totals)


def test_clusters_and_unequal_weights_widen():
    independent = confusion(binary(80, 20, 80, 20)).sensitivity("yes")
    clusters = [i // 10 for i in range(200)]
    grouped = confusion(binary(80, 20, 80, 20, cluster=clusters)).sensitivity("yes")
    assert grouped.value == independent.value
    # Ten labels of a patient agree here, so a hundred labels tell as much as ten.
    assert grouped.n_effective == pytest.approx(10) and grouped.method == WORST
    uneven = [1.0, 0.1] * 100
    weighted = confusion(binary(80, 20, 80, 20, uneven)).sensitivity("yes")
    assert weighted.n_effective < 70 and weighted.high - weighted.low > 0.17


def test_effective_size_of_weighted_labels_by_hand():
    # 100 labels, half standing for 1 and half for 3, hits at random: the variance of a ratio is
    # p(1-p) * sum w^2 / (sum w)^2, so the size is Kish's (sum w)^2 / sum w^2 = 80.
    weight = np.tile([1.0, 1.0, 3.0, 3.0], 25)
    hit = np.tile([1.0, 0.0], 50)
    sums = np.column_stack([weight * hit, weight * (1 - hit)])
    shares, effective, _ = effective_size(sums, 100)
    assert shares.tolist() == [0.5, 0.5]
    kish = weight.sum() ** 2 / (weight**2).sum()
    assert kish == 80
    few = (norm.ppf(0.975) / student.ppf(0.975, 99)) ** 2
    assert effective == pytest.approx(kish * 99 / 100 * few)


def test_coverage_of_weighted_and_clustered_shares():
    """200 samples of 60 patients with 5 labels each that agree strongly, picked unequally: at least
    0.95 less three binomial standard errors (0.046)."""
    generator = np.random.default_rng(5)
    covered = 0
    for _ in range(200):
        prone = generator.beta(0.8 * 2, 0.2 * 2, 60)
        seen = generator.random((60, 5)) < prone[:, None]
        weight = generator.choice([1.0, 0.25], (60, 1)) ** -1 * np.ones((60, 5))
        sums = np.column_stack([(weight * seen).sum(1), (weight * ~seen).sum(1)])
        shares, effective, _ = effective_size(sums, 300)
        low, high = clopper_pearson(shares[0] * effective, effective)
        covered += low <= 0.8 <= high
    assert 0.904 <= covered / 200 <= 1


def test_draws_are_the_posterior_of_independent_labels():
    found = error_draws(binary(45, 5, 80, 20), source="run", draws=20_000)
    for at, hits, n in ((1, 45, 50), (0, 80, 100)):
        drawn = found.matrices[""][:, at, at]
        posterior = beta(hits + 0.5, n - hits + 0.5)
        # Five standard errors of a mean and, roughly, of a quantile of 20,000 draws.
        assert drawn.mean() == pytest.approx(posterior.mean(), abs=5 * posterior.std() / 141)
        for tail in (0.025, 0.975):
            assert (drawn <= posterior.ppf(tail)).mean() == pytest.approx(tail, abs=0.006)
    assert found.points[""] == pytest.approx(np.array([[0.8, 0.2], [0.1, 0.9]]))
    assert (found.n_labels, found.part("any arm")) == ({"": 150}, "")
    value, low, high = found.informedness("")
    assert value == pytest.approx(0.7) and low < 0.7 < high


def test_draws_per_arm_are_apart():
    said, seen = ["no", "yes"] * 30, ["no", "yes", "no", "no"] * 15
    arms = ["attack", "control"] * 15 + ["control", "attack"] * 15
    both = labels(said, seen, 0.2, levels=("no", "yes"), slices=arms)
    found = error_draws(both, source="run", per_slice=True, draws=500)
    assert set(found.matrices) == {"attack", "control"} and found.part("other") is None
    left, right = (found.matrices[arm][:, 1, 1] for arm in ("attack", "control"))
    assert abs(np.corrcoef(left, right)[0, 1]) < 5 / np.sqrt(500)
    again = error_draws(both, source="run", per_slice=True, draws=500)
    assert np.array_equal(again.matrices["attack"], found.matrices["attack"])
    assert found.fault(None).startswith("none of its replies")


def test_error_rates_that_correct_nothing_are_told():
    assert "includes 0" in error_draws(binary(6, 5, 5, 6), source="run").fault("")
    assert "less often than chance" in error_draws(binary(2, 50, 2, 50), source="run").fault("")
    assert "truly 'yes'" in error_draws(binary(0, 0, 9, 1), source="run").fault("")
    assert error_draws(binary(45, 5, 80, 20), source="run").fault("") == ""
    with pytest.raises(ValueError, match="two_levels"):
        error_draws(binary(45, 5, 80, 20), source="run").place("maybe")


def test_rogan_gladen_by_hand():
    # 100 true of 1,000, Se 0.9 and Sp 0.8: 90 hits and 180 false alarms are 270 seen.
    assert rogan_gladen(0.27, 0.9, 0.8) == pytest.approx(0.1)
    assert rogan_gladen(0.1, 0.9, 0.8) == 0.0
    assert np.isnan(rogan_gladen(0.3, 0.5, 0.5))
    with pytest.raises(ValueError, match=r"\[0, 1\]"):
        rogan_gladen(1.2, 0.9, 0.8)


@unhurried
@given(share, st.floats(0.5, 1), st.floats(0.55, 1))
def test_two_levels_of_the_matrix_are_rogan_gladen(observed, sensitivity, specificity):
    matrix = np.array([[[specificity, 1 - specificity], [1 - sensitivity, sensitivity]]])
    found = matrix_inverse([[1 - observed, observed]], matrix)[0]
    assert found[1] == pytest.approx(rogan_gladen(observed, sensitivity, specificity), abs=1e-9)
    assert rogan_gladen(observed, 1.0, 1.0) == observed


@unhurried
@given(
    st.lists(st.floats(0.01, 1), min_size=9, max_size=9),
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
)
def test_three_levels_are_the_nearest_shares(cells, seen):
    matrix = np.array(cells).reshape(3, 3) + 1.5 * np.eye(3)
    matrix /= matrix.sum(axis=1, keepdims=True)
    observed = np.array(seen) / sum(seen)
    found = matrix_inverse(observed[None], matrix[None])[0]
    assert found.sum() == pytest.approx(1) and found.min() >= 0
    # No other shares come nearer, and true shares are found again from their own image.
    theirs = minimize(
        lambda p: ((p @ matrix - observed) ** 2).sum(),
        np.full(3, 1 / 3),
        bounds=[(0, 1)] * 3,
        constraints={"type": "eq", "fun": lambda p: p.sum() - 1},
        method="SLSQP",
        options={"ftol": 1e-12},
    )
    assert ((found @ matrix - observed) ** 2).sum() <= theirs.fun + 1e-9
    assert matrix_inverse((observed @ matrix)[None], matrix[None])[0] == pytest.approx(
        observed, abs=1e-7
    )


def test_a_matrix_row_per_draw():
    matrices = np.array([np.eye(3), np.full((3, 3), 1 / 3)])
    found = matrix_inverse([[0.2, 0.3, 0.5]], matrices)
    assert found[0] == pytest.approx([0.2, 0.3, 0.5])
    assert found[1].sum() == pytest.approx(1)
    with pytest.raises(ValueError, match="too many"):
        matrix_inverse(np.full((1, 9), 1 / 9), np.eye(9)[None])


def test_stated_rates_of_a_level():
    three = labels(
        ["safe", "partial", "harmful", "harmful"],
        ["safe", "harmful", "harmful", "safe"],
        1.0,
        levels=LEVELS,
    )
    found = stated(confusion(three), ABOUT, "harmful", "sensitivity")
    assert (found.value, found.n, found.judge) == (0.5, 2, "reader")
    assert stated(confusion(three), ABOUT, "harmful", "specificity").value == 0.5
    pair = confusion(two_levels(three, "harmful"))
    assert pair.specificity("harmful").value == 0.5
    with pytest.raises(ValueError, match="none of the levels"):
        pair.sensitivity("unknown")
    empty = confusion(labels([], [], 1.0, levels=LEVELS))
    assert (empty.n, empty.counts[0]) == (0, (0, 0, 0))
    assert "No specificity" in stated(empty, ABOUT, "safe", "specificity").note
