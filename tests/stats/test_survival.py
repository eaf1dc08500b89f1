from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import CensoredData, binomtest, ecdf
from scipy.stats import t as student
from statsmodels.duration.survfunc import SurvfuncRight

from auscult.stats.bootstrap import percentile, resampled
from auscult.stats.paired import difference
from auscult.stats.survival import curve, first_failure, first_failure_excess, paths_of
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=40)
SCHEMA = {
    "case_id": pl.String,
    "cluster": pl.String,
    "arm": pl.String,
    "behaviour": pl.String,
    "tries": pl.Int64,
    "failed": pl.Boolean,
}
Row = tuple[str, str, str, str, int | None, bool | None]


def about(arm: str = "attack", control: str = "control"):
    return blank("demo", "first", "Failed by then.", arm=arm, control_arm=control)


def table(*rows: Row) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def tried(arm: str, *cases: tuple[int, bool]) -> pl.DataFrame:
    return table(*[(f"c{i}", f"c{i}", arm, "answered", n, f) for i, (n, f) in enumerate(cases)])


def paths(tries, failed, cluster=None):
    each = np.arange(len(tries))
    return paths_of(tries, failed, each, each if cluster is None else cluster)


case_rows = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(8)]),
        st.sampled_from(["attack", "control"]),
        st.sampled_from(["answered", "answered", "answered", "error", ""]),
        st.integers(0, 4) | st.none(),
        st.booleans() | st.none(),
    ).map(lambda r: (r[0], f"p{int(r[0][1]) // 2}", r[1], r[2], r[3], bool(r[3]) and r[4])),
    max_size=40,
)

# Ten cases, at most 3 tries. Try 1: 10 at risk, 2 fail, 1 stops. Try 2: 7 at risk, 1 fails, 2 stop.
# Try 3: 4 at risk, 1 fails, 3 have used up their tries.
TEN = [(1, True)] * 2 + [(1, False), (2, True)] + [(2, False)] * 2 + [(3, True)] + [(3, False)] * 3


def test_worked_example():
    found = first_failure(tried("attack", *TEN), about(), 3)
    steps = found.extra["curve"]
    assert [(s["at_risk"], s["failed"], s["censored"]) for s in steps] == [
        (10, 2, 1),
        (7, 1, 2),
        (4, 1, 3),
    ]
    shares = [1 - 8 / 10, 1 - 8 / 10 * 6 / 7, 1 - 8 / 10 * 6 / 7 * 3 / 4]
    assert [s["share"] for s in steps] == pytest.approx(shares)
    assert found.value == pytest.approx(shares[2])
    assert (found.n, found.n_clusters, found.extra["stopped_early"]) == (10, 10, 3)
    # Four failed; the three that stopped early might have failed too.
    assert (found.extra["bound_low"], found.extra["bound_high"]) == (0.4, 0.7)
    assert found.method.startswith("Kaplan-Meier over tries; Clopper-Pearson")


def many(seed: int = 4, n: int = 400, most: int = 6):
    draws = np.random.default_rng(seed)
    fails, stops = draws.geometric(0.25, n), draws.integers(1, most + 1, n)
    return np.minimum(fails, stops), fails <= stops


def test_agrees_with_scipy_and_statsmodels():
    tries, failed = many()
    steps = curve(paths(tries, failed), 6)
    sf = ecdf(CensoredData.right_censored(tries, ~failed)).sf
    ci = sf.confidence_interval(0.95, method="log-log")
    assert [1 - s.share for s in steps] == pytest.approx(sf.probabilities)
    assert [1 - s.high for s in steps] == pytest.approx(ci.low.probabilities)
    assert [1 - s.low for s in steps] == pytest.approx(ci.high.probabilities)
    other = SurvfuncRight(tries, failed.astype(int))
    assert [1 - s.share for s in steps] == pytest.approx(other.surv_prob)
    # Greenwood's standard error from our limits: log(-log S) is symmetric about the estimate.
    for step, error in zip(steps, other.surv_prob_se, strict=True):
        survived = 1 - step.share
        width = math.log(math.log(1 - step.high) / math.log(1 - step.low)) / 2
        spread = width / 1.959964 * survived * abs(math.log(survived))
        assert spread == pytest.approx(error, rel=1e-5)


def test_without_anyone_stopping_early_it_is_a_plain_share():
    tries = np.repeat([1, 2, 3, 3], [30, 20, 10, 40])
    failed = np.repeat([True, True, True, False], [30, 20, 10, 40])
    steps = curve(paths(tries, failed), 3)
    assert [s.share for s in steps] == pytest.approx([0.3, 0.5, 0.6])
    # Greenwood's variance is then p(1-p)/n, so on the log-log scale (p/n)/(S log(S)^2), p = 0.5.
    spread = 1.959964 * math.sqrt(0.5 / (100 * 0.5)) / math.log(2)
    low, high = 1 - 0.5 ** math.exp(-spread), 1 - 0.5 ** math.exp(spread)
    assert (steps[1].low, steps[1].high) == pytest.approx((low, high), rel=1e-6)


def test_tries_beyond_the_budget_are_not_looked_at():
    tries, failed = many()
    whole, cut = curve(paths(tries, failed), 6), curve(paths(tries, failed), 3)
    assert [(s.share, s.low, s.high) for s in cut] == [(s.share, s.low, s.high) for s in whole[:3]]


def test_flat_ends_are_exact():
    never = curve(paths([4] * 30, [False] * 30), 4)
    ci = binomtest(0, 30).proportion_ci(0.95, method="exact")
    assert [(s.share, s.low) for s in never] == [(0, 0)] * 4
    assert never[-1].high == pytest.approx(ci.high)
    always = curve(paths([1] * 30, [True] * 30), 4)
    assert len(always) == 1
    assert (always[0].share, always[0].high) == (1, 1)
    assert always[0].low == pytest.approx(1 - ci.high)
    ended = first_failure(tried("attack", *[(2, True)] * 12), about(), 5)
    assert (ended.value, ended.high) == (1, 1)


def test_a_flat_end_that_rests_on_one_case_is_no_certainty():
    steps = curve(paths([1] * 9 + [2], [True] * 4 + [False] * 5 + [True]), 2)
    assert (steps[1].at_risk, steps[1].share, steps[1].high) == (1, 1, 1)
    # With one more at risk who survived: S = 6/10 * 1/2 = 0.3, Greenwood 4/60 + 1/2; that is worth
    # 0.7 / (0.3 * 0.5667) = 4.12 cases, fewer than the five whose outcome is known.
    worth = 0.7 / (0.3 * (4 / 60 + 1 / 2))
    assert steps[1].low == pytest.approx(0.025 ** (1 / worth))


def test_paths_of_a_patient_are_one_cluster():
    """Five identical paths a patient say as much as one."""
    cluster = np.repeat(np.arange(12), 5)
    failed = np.repeat(np.arange(12) < 6, 5)
    # Twelve patients, six events each way: too few for a variance, so exact on the patients.
    steps = curve(paths(np.full(60, 2), failed, cluster), 2)
    ci = binomtest(6, 12).proportion_ci(0.95, method="exact")
    assert (steps[1].low, steps[1].high) == pytest.approx((ci.low, ci.high))
    # Forty: V is 40/39 of p(1-p)/40; over S squared and on the log-log scale, with p = S = 1/2.
    cluster, failed = np.repeat(np.arange(40), 5), np.repeat(np.arange(40) < 20, 5)
    step = curve(paths(np.full(200, 2), failed, cluster), 2)[1]
    spread = student.ppf(0.975, 39) * math.sqrt(0.25 / 39 / 0.25) / math.log(2)
    assert step.method == "log-log, variance between clusters, Student's t"
    assert step.high == pytest.approx(1 - 0.5 ** math.exp(spread))


def test_the_variance_between_clusters_agrees_with_the_bootstrap():
    tries, failed = many(n=600)
    cluster = np.arange(600) // 3
    step = curve(paths(tries, failed, cluster), 4)[-1]
    columns = [(tries >= t) for t in range(1, 5)] + [failed & (tries == t) for t in range(1, 5)]
    sums = np.array([np.bincount(cluster, weights=c) for c in columns]).T
    drawn = resampled(sums)
    low, high = percentile(1 - (1 - drawn[:, 4:] / drawn[:, :4]).prod(axis=1))
    # The bootstrap's own ends have an error of about 3% of the width at 2,000 draws.
    assert (step.low, step.high) == pytest.approx((low, high), abs=0.12 * (high - low))


def test_a_curve_nobody_followed_to_the_budget_ends():
    found = first_failure(tried("attack", (1, True), (2, False), (2, False)), about(), 5)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert "tried more than 2 times" in found.note
    assert len(found.extra["curve"]) == 2


@pytest.mark.parametrize(
    ("frame", "sentence"),
    [
        (table(), "the arm 'attack' has no trials"),
        (table(("a", "a", "attack", "", None, None)), "the arm 'attack' has no trials"),
        (table(("a", "a", "attack", "error", None, None)), "no case of 'attack' was tried"),
        (table(("a", "a", "attack", "error", 0, False)), "no case of 'attack' was tried"),
    ],
)
def test_where_there_is_no_curve_there_is_a_sentence(frame, sentence):
    found = first_failure(frame, about(), 3)
    assert (found.value, found.low, found.high) == (None, None, None)
    assert sentence in found.note
    excess = first_failure_excess(frame, about(), 3)
    assert excess.value is None and sentence in excess.note


def test_cases_that_were_never_tried_are_bounded():
    lost = table(("x", "x", "attack", "error", None, None), ("y", "y", "attack", "", None, None))
    found = first_failure(pl.concat([tried("attack", *TEN), lost]), about(), 3)
    assert found.value == pytest.approx(1 - 0.8 * 6 / 7 * 0.75)
    assert found.extra["bound_low"] == pytest.approx(4 / 11)
    assert found.extra["bound_high"] == pytest.approx(8 / 11)
    assert "count either way: 1." in found.note
    assert (found.n_error, found.n_not_applicable, found.extra["missing"]) == (1, 1, 1)


def test_impossible_paths_are_refused():
    with pytest.raises(ValueError, match="as long as"):
        paths_of([1], [True, False], [0, 1], [0, 1])
    for tries in (-1, 0):
        with pytest.raises(ValueError, match="first try or later"):
            paths([tries], [True])
    with pytest.raises(ValueError, match="one cluster only"):
        paths_of([1, 2, 1], [True, False, True], ["a", "b", "a"], ["p1", "p1", "p2"])
    for budget in (0, 1.5):
        with pytest.raises(ValueError, match="number of tries"):
            curve(paths([1], [True]), budget)
    with pytest.raises(ValueError, match="confidence level"):
        curve(paths([1], [True]), 1, level=2)


def test_equal_tries_at_the_control_stand_beside_it():
    attack = tried("attack", *[(1, True)] * 30, *[(3, True)] * 20, *[(3, False)] * 50)
    control = tried("control", *[(2, True)] * 10, *[(3, False)] * 90)
    found = first_failure_excess(pl.concat([attack, control]), about(), 3)
    assert found.value == pytest.approx(0.5 - 0.1)
    assert (found.n, found.n_clusters, found.unit) == (100, 100, "difference of proportions")
    assert [s["share"] for s in found.extra["curve"]] == pytest.approx([0.3, 0.3, 0.5])
    assert [s["share"] for s in found.extra["control_curve"]] == pytest.approx([0, 0.1, 0.1])
    # Nobody stopped early, so it is the paired difference of "failed within three tries".
    rows = pl.concat([attack, control]).with_columns(score=pl.col("failed").cast(pl.Float64))
    plain = difference(rows, about())
    assert (found.low, found.high) == pytest.approx((plain.low, plain.high))
    assert found.extra["bound_low"] == pytest.approx(found.extra["bound_high"])
    assert not found.extra["undecided"]


def test_stopping_early_moves_the_difference_and_its_bounds():
    control = tried("control", *[(3, False)] * 10)
    found = first_failure_excess(pl.concat([tried("attack", *TEN), control]), about(), 3)
    assert found.value == pytest.approx(1 - 0.8 * 6 / 7 * 0.75)
    assert (found.extra["bound_low"], found.extra["bound_high"]) == pytest.approx((0.4, 0.7))
    assert found.extra["stopped_early"] == [3, 0]
    unsure = first_failure_excess(
        pl.concat(
            [tried("attack", *[(1, False)] * 4, *[(3, True)] * 6), tried("control", *TEN[::-1])]
        ),
        about(),
        3,
    )
    assert unsure.extra["bound_low"] < 0 < unsure.extra["bound_high"]
    assert unsure.extra["undecided"] and "Undecided" in unsure.note


def test_a_case_in_two_clusters_is_refused_in_any_order():
    torn = table(("torn", "p1", "attack", "answered", 1, True),
                 ("torn", "p2", "attack", "answered", 3, False))  # fmt: skip
    frame = pl.concat([tried("attack", *TEN), tried("control", *TEN), torn])
    for rows in (frame, frame.reverse()):
        for found in (first_failure(rows, about(), 3), first_failure_excess(rows, about(), 3)):
            assert (found.value, found.low, found.high) == (None, None, None)
            assert "case 'torn' in 'p1' and 'p2'" in found.note


def test_a_missing_or_shorter_control_is_a_sentence():
    attack = tried("attack", *TEN)
    alone = first_failure_excess(attack, about(), 3)
    assert alone.value is None and "the arm 'control' has no trials" in alone.note
    other = table(("z", "z", "control", "answered", 3, False))
    apart = first_failure_excess(pl.concat([attack, other]), about(), 3)
    assert apart.value is None and "no case was tried in both" in apart.note
    short = first_failure_excess(
        pl.concat([attack, tried("control", *[(2, False)] * 10)]), about(), 3
    )
    assert short.value is None and "of 'control' was tried more than 2 times" in short.note


@unhurried
@given(case_rows, st.integers(1, 4), st.randoms())
def test_row_order_does_not_matter(rows, budget, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    for estimate in (first_failure, first_failure_excess):
        one = estimate(table(*rows), about(), budget)
        assert one == estimate(table(*shuffled), about(), budget)


@unhurried
@given(case_rows, st.integers(1, 4))
def test_curves_rise_and_intervals_stay_in_their_range(rows, budget):
    found = first_failure(table(*rows), about(), budget)
    shares = [step["share"] for step in found.extra["curve"]]
    assert shares == sorted(shares)
    for step in found.extra["curve"]:
        assert 0 <= step["low"] <= step["share"] + 1e-12
        assert step["share"] <= step["high"] + 1e-12 <= 1 + 1e-9
    if found.value is None:
        assert found.note
    else:
        assert found.extra["bound_low"] <= found.value + 1e-12
        assert found.value <= found.extra["bound_high"] + 1e-12


@unhurried
@given(case_rows, st.integers(1, 4))
def test_swapping_the_arms_flips_the_signs(rows, budget):
    one = first_failure_excess(table(*rows), about(), budget)
    other = first_failure_excess(table(*rows), about("control", "attack"), budget)
    if one.value is None:
        assert other.value is None and one.note
        return
    assert one.value == pytest.approx(-other.value, abs=1e-9)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), abs=1e-9)
    assert -1 <= one.low <= one.high <= 1
    assert one.extra["bound_low"] == pytest.approx(-other.extra["bound_high"], abs=1e-9)


@pytest.mark.parametrize("size", [1, 4])
def test_intervals_cover(size):
    """240 paths, of one or of four a patient, with a chance of failing that is the patient's;
    budgets of 1 to 6 tries. 300 times; 95% less three binomial errors of 1.26 points."""
    draws = np.random.default_rng(21)
    chances = np.array([0.05, 0.3])
    true = float((1 - (1 - chances) ** 5).mean())
    cluster, hits = np.repeat(np.arange(240 // size), size), 0
    for _ in range(300):
        chance = np.repeat(draws.choice(chances, 240 // size), size)
        fails, stops = draws.geometric(chance), draws.integers(1, 7, 240)
        found = curve(paths(np.minimum(fails, stops), fails <= stops, cluster), 5)[-1]
        hits += found.low <= true <= found.high
    assert hits >= 300 * (0.95 - 3 * 0.0126)


def test_differences_cover_where_many_stop_early():
    """100 cases, their luck shared by the arms, that stop after 3 to 7 tries; a budget of 5. 300
    times: 95% less three binomial errors of 1.26 points."""
    draws = np.random.default_rng(33)
    true, hits = 0.0, 0
    ease, cases = np.array([0.3, 1.7]), [f"c{i}" for i in range(100)]
    for p, sign in ((0.2, 1), (0.1, -1)):
        true += sign * float((1 - (1 - p * ease) ** 5).mean())
    for _ in range(300):
        own, arms = draws.choice(ease, 100), []
        for arm, p in (("attack", 0.2), ("control", 0.1)):
            fails, stops = draws.geometric(p * own), draws.integers(3, 8, 100)
            columns = {"case_id": cases, "cluster": cases, "arm": [arm] * 100}
            columns |= {"behaviour": ["answered"] * 100, "tries": np.minimum(fails, stops)}
            arms.append(pl.DataFrame(columns | {"failed": fails <= stops}))
        found = first_failure_excess(pl.concat(arms), about(), 5)
        hits += found.low <= true <= found.high
    assert hits >= 300 * (0.95 - 3 * 0.0126)
