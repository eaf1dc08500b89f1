from __future__ import annotations

import itertools
import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from scipy.stats import t as student

from auscult.stats.rates import rate
from auscult.stats.table import blank
from auscult.stats.tries import case_failure_at_k, failure_at_k, mean_share

unhurried = settings(deadline=None, max_examples=50)
SCHEMA = {
    "case_id": pl.String,
    "cluster": pl.String,
    "arm": pl.String,
    "behaviour": pl.String,
    "score": pl.Float64,
}
Row = tuple[str, str, str, str, float | None]
ABOUT = blank("demo", "at-k", "At least one failure.", arm="attack")
FROM = "paraphrase sampler, temperature 1"


def table(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def draws(*cases: str) -> pl.DataFrame:
    """A case per word, a draw per letter: f fails, s succeeds, e is an error."""
    rows: list[Row] = []
    for i, letters in enumerate(cases):
        for letter in letters:
            behaviour = "error" if letter == "e" else "answered"
            score = None if letter == "e" else float(letter == "s")
            rows.append((f"c{i}", f"c{i}", "attack", behaviour, score))
    return table(*rows)


trial_rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(6)]),
        st.sampled_from(["attack", "attack", "control"]),
        st.sampled_from(["answered", "answered", "refused", "error", ""]),
        st.sampled_from([0.0, 0.5, 1.0]),
    ).map(lambda r: (r[0], f"p{int(r[0][1]) // 2}", r[1], r[2], r[3])),
    max_size=40,
)


def test_of_one_case_by_hand():
    # 2 of 5 draws failed; pairs without a failure: C(3,2) = 3 of C(5,2) = 10.
    assert case_failure_at_k([2], [5], 2) == pytest.approx([0.7])
    # One draw: 2/5. Four: every four of five hold a failure.
    assert case_failure_at_k([2], [5], 1) == pytest.approx([0.4])
    assert case_failure_at_k([2], [5], 4) == pytest.approx([1.0])
    assert case_failure_at_k([0, 5], [5, 5], 3) == pytest.approx([0.0, 1.0])


@unhurried
@given(st.integers(1, 9), st.data())
def test_it_is_the_share_of_subsets_with_a_failure(n, data):
    failures = data.draw(st.integers(0, n))
    k = data.draw(st.integers(1, n))
    outcomes = [True] * failures + [False] * (n - failures)
    subsets = [any(chosen) for chosen in itertools.combinations(outcomes, k)]
    assert case_failure_at_k([failures], [n], k)[0] == pytest.approx(np.mean(subsets))
    exact = 1 - math.comb(n - failures, k) / math.comb(n, k)
    assert case_failure_at_k([failures], [n], k)[0] == pytest.approx(exact)


def test_it_is_unbiased():
    """Summed over the binomial: the mean of the estimate is 1 - (1 - p)^k exactly."""
    for p, n, k in ((0.1, 8, 3), (0.5, 6, 6), (0.02, 20, 10)):
        f = np.arange(n + 1)
        chance = np.array([math.comb(n, i) * p**i * (1 - p) ** (n - i) for i in f])
        mean = (chance * case_failure_at_k(f, np.full(n + 1, n), k)).sum()
        assert mean == pytest.approx(1 - (1 - p) ** k)


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (([1], [3], 0), "k must be a number"),
        (([1], [3], 1.5), "k must be a number"),
        (([4], [3], 1), "failures must lie"),
        (([1], [3], 4), "at least 4 draws"),
    ],
)
def test_impossible_draws_are_refused(arguments, sentence):
    with pytest.raises(ValueError, match=sentence):
        case_failure_at_k(*arguments)


def test_worked_example():
    found = failure_at_k(draws("fss", "sss", "ffs", "s"), ABOUT, 2, FROM)
    # Pairs with a failure: 2 of 3, none, all; the fourth case was drawn once only.
    assert found.value == pytest.approx((2 / 3 + 0 + 1) / 3)
    assert (found.n, found.n_clusters, found.extra["cases_with_too_few_draws"]) == (3, 3, 1)
    assert (
        "fewer than 2 usable draws, not counted: 1." in found.note and "rough guide" in found.note
    )
    assert FROM in found.method and (found.extra["k"], found.extra["drawn_from"]) == (2, FROM)
    assert 0 < found.low < found.value < found.high < 1


def test_the_distribution_of_the_draws_must_be_named():
    for nothing in ("", "  "):
        with pytest.raises(ValueError, match="name of the distribution"):
            failure_at_k(draws("fs"), ABOUT, 1, nothing)


def test_one_draw_of_each_case_is_the_plain_rate():
    frame = draws(*["f"] * 20, *["s"] * 30)
    found = failure_at_k(frame, ABOUT, 1, FROM)
    assert found.value == rate(frame, ABOUT, success=1 - pl.col("score")).value == 0.4
    # V = p(1-p)/(n-1), so that Wilson's form has 49 in place of 50, and t for z.
    q, share = student.ppf(0.975, 49), 0.4
    half = q / (1 + q**2 / 49) * math.sqrt(share * 0.6 / 49 + q**2 / (4 * 49**2))
    centre = (share + q**2 / 98) / (1 + q**2 / 49)
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half))


def test_flat_ends_are_exact():
    found = failure_at_k(draws(*["ss"] * 50), ABOUT, 2, FROM)
    ci = binomtest(0, 50).proportion_ci(0.95, method="exact")
    assert (found.value, found.low) == (0, 0)
    assert found.high == pytest.approx(ci.high)
    assert "Clopper-Pearson" in found.method


def test_lost_draws_are_bounded_and_not_counted():
    found = failure_at_k(draws("fse", "sse", "sss"), ABOUT, 2, FROM)
    assert found.value == pytest.approx((1 + 0 + 0) / 3)
    # The lost ones as successes: 2/3, 0, 0; as failures: 1, 2/3, 0.
    assert found.extra["bound_low"] == pytest.approx(2 / 9)
    assert found.extra["bound_high"] == pytest.approx(5 / 9)
    assert "count either way: 2." in found.note and found.n_error == 2


def test_half_a_success_is_a_failure_and_refusals_are_draws():
    rows = [("a", "a", "attack", "partial", 0.5), ("a", "a", "attack", "refused", None)]
    assert failure_at_k(table(*rows), ABOUT, 2, FROM).value == 1.0


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (table(), "the arm 'attack' has no trials"),
        (table(("a", "a", "control", "answered", 1.0)), "the arm 'attack' has no trials"),
        (draws("s", "f"), "no case has 2 usable draws (of 2 tried)"),
        (draws("ee", "ee"), "all 4 calls of the arm 'attack' failed."),
        (draws("e"), "the only call of the arm 'attack' failed."),
        (table(("a", "a", "attack", "answered", None)), "failed or have no score."),
        (draws("se", "f"), "(of 2 tried; draws lost to failed calls: 1)"),
        (table(("a", "a", "attack", "", None)), "belongs in the denominator"),
    ],
)
def test_where_there_is_no_value_there_is_a_sentence(frame, sentence):
    found = failure_at_k(frame, ABOUT, 2, FROM)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert sentence in found.note


def test_a_call_that_failed_is_not_one_that_does_not_apply():
    for frame in (draws("ee", "ee"), draws("se", "f")):
        assert "Not applicable" not in failure_at_k(frame, ABOUT, 2, FROM).note
    assert "Not applicable" in failure_at_k(draws("s", "f"), ABOUT, 2, FROM).note


def test_a_case_in_two_clusters_is_refused_in_any_order():
    rows = [
        ("a", "p1", "attack", "answered", 1.0),
        ("a", "p2", "attack", "answered", 0.0),
        ("b", "p1", "attack", "answered", 1.0),
        ("b", "p1", "attack", "answered", 1.0),
    ]
    for frame in (table(*rows), table(*reversed(rows))):
        found = failure_at_k(frame, ABOUT, 2, FROM)
        assert (found.value, found.low, found.high) == (None, None, None)
        assert "1 case is in several clusters (case 'a' in 'p1' and 'p2')" in found.note


@unhurried
@given(trial_rows, st.integers(1, 3), st.randoms())
def test_row_order_does_not_matter(rows, k, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    one = failure_at_k(table(*rows), ABOUT, k, FROM)
    assert one == failure_at_k(table(*shuffled), ABOUT, k, FROM)
    if one.value is not None:
        assert 0 <= one.low <= one.value + 1e-12
        assert one.value <= one.high + 1e-12 <= 1 + 1e-9
        assert one.extra["bound_low"] <= one.extra["bound_high"]


def test_more_tries_never_fail_less():
    frame = draws("fsss", "ffss", "ssss")
    values = [failure_at_k(frame, ABOUT, k, FROM).value for k in (1, 2, 3, 4)]
    assert values == sorted(values)


@pytest.mark.parametrize("clusters", [15, 60])
def test_intervals_cover(clusters):
    """Patients of 4 cases with 5 draws each, whose chance of failing is the patient's; at least one
    of 3 fails with a chance of 0.488 on average. 500 times: 95% less three binomial errors."""
    generator = np.random.default_rng(12)
    chances = np.array([0.05, 0.2, 0.5])
    true = float((1 - (1 - chances) ** 3).mean())
    hits = 0
    for _ in range(500):
        chance = np.repeat(generator.choice(chances, clusters), 4)
        values = case_failure_at_k(generator.binomial(5, chance), np.full(len(chance), 5), 3)
        found = mean_share(values, np.repeat(np.arange(clusters), 4))
        hits += found.low <= true <= found.high
    assert hits >= 500 * (0.95 - 3 * 0.0097)
