from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import t as student
from sklearn.metrics import accuracy_score, confusion_matrix, log_loss

from auscult.core.estimate import Estimate
from auscult.stats.faithful import (
    faithful_estimates,
    faithfulness,
    mean_loss,
    mean_reward,
    reward_estimate,
    rewards,
    sureness,
)
from auscult.stats.rates import Tally, cluster_interval
from auscult.stats.selective import ONE_CLUSTER, forecasts
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=50)
answers = st.lists(
    st.tuples(
        st.sampled_from([0.0, 0.05, 0.3, 0.5, 0.95, 1.0]),
        st.sampled_from([0.0, 0.25, 0.6, 1.0]),
        st.integers(0, 4),
    ),
    min_size=1,
    max_size=25,
)
SCHEMA = {
    "cluster": pl.String,
    "behaviour": pl.String,
    "score": pl.Float64,
    "sure": pl.Float64,
    "bold": pl.Float64,
}


def table(*rows: tuple[Any, ...]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def about() -> Estimate:
    return blank("demo", "", "")


def columns(rows):
    return (list(column) for column in zip(*rows, strict=True))


def test_cares_worked_example():
    # Right and sure 4, right and unsure 1, wrong and sure 3, wrong and unsure 2.
    sure = [1] * 4 + [0] + [1] * 3 + [0] * 2
    right = [1] * 5 + [0] * 5
    found = sureness(forecasts(sure, right))
    assert found.accuracy.value == pytest.approx((4 + 2) / 10)
    assert found.over_confidence.value == pytest.approx(3 / 10)
    assert found.sure_given_wrong == pytest.approx(3 / 5)
    assert found.wrong_given_sure == pytest.approx(3 / 7)
    # scikit-learn's words: being sure predicts being right.
    (_, false_positive), _ = confusion_matrix(right, sure)
    assert found.over_confidence.value == pytest.approx(false_positive / 10)
    assert found.accuracy.value == pytest.approx(accuracy_score(right, sure))
    expected = cluster_interval(Tally(np.array([1.0] * 3 + [0.0] * 7), np.ones(10)))
    assert (found.over_confidence.low, found.over_confidence.high) == pytest.approx(
        (expected.low, expected.high)
    )


def test_cares_reads_graded_confidence_by_a_threshold():
    scored = forecasts([0.5, 0.49, 0.9], [0, 0, 0])
    assert sureness(scored).over_confidence.value == pytest.approx(2 / 3)
    assert sureness(scored, sure_at=0.6).over_confidence.value == pytest.approx(1 / 3)


def test_a_seldom_wrong_but_blindly_sure_model_is_seen_beside_the_ratio():
    found = sureness(forecasts([1] * 100, [1] * 95 + [0] * 5))
    assert found.over_confidence.value == pytest.approx(0.05)
    assert found.sure_given_wrong == 1
    nobody = sureness(forecasts([0] * 3, [1] * 3))
    assert (nobody.sure_given_wrong, nobody.wrong_given_sure) == (None, None)


@unhurried
@given(answers)
def test_cares_shares_stay_within_each_other(rows):
    sure, right, cluster = columns(rows)
    found = sureness(forecasts(sure, right, cluster))
    wrong = 1 - float(np.mean(right))
    assert found.over_confidence.value <= wrong + 1e-12
    assert found.over_confidence.value <= 1 - found.accuracy.value + 1e-12
    for share in (found.accuracy, found.over_confidence):
        assert 0 <= share.low <= share.high <= 1


def test_cmfg_worked_example():
    # Bin 0.2: F of 0.8 and 0.6, mean 0.7. Bin 0.9: F of 1. The rest is empty.
    found = faithfulness([0.0, 0.6, 0.9], [0.2, 0.2, 0.9])
    assert found.mean.value == pytest.approx((0.8 + 0.6 + 1) / 3)
    assert found.published.value == pytest.approx((0.7 + 1) / 10)
    assert found.corrected.value == pytest.approx((0.7 + 1) / 2)
    assert (found.covered, found.at_one) == (0.2, 0)


def test_the_published_form_calls_a_faithful_model_that_is_always_sure_unfaithful():
    found = faithfulness(np.ones(20), np.ones(20))
    assert (found.mean.value, found.corrected.value, found.published.value) == (1, 1, 0)
    assert (found.covered, found.at_one) == (0.1, 20)
    assert 0.5 < found.corrected.low < 1


def test_both_forms_agree_where_the_defects_do_not_bite():
    sure = np.arange(10) / 10 + 0.05
    bold = sure + np.tile([0.02, -0.03], 5)
    found = faithfulness(bold, sure)
    assert found.published.value == pytest.approx(found.corrected.value)
    assert found.corrected.value == pytest.approx(1 - 0.025)
    assert found.covered == 1


def test_a_confidence_on_an_edge_lies_in_the_bin_above():
    # Ten samples with three contradictions; 0.7 and 0.6 are no exact multiples in binary.
    for tenth in range(10):
        found = faithfulness([0.0, 0.0], [1 - (10 - tenth) / 10, (tenth + 0.5) / 10])
        assert found.covered == 0.1


@unhurried
@given(answers, st.randoms(use_true_random=False))
def test_faithfulness_properties(rows, rng):
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    bold, sure, cluster = columns(rows)
    found = faithfulness(bold, sure, cluster)
    assert faithfulness(*columns(shuffled)) == found
    for figure in (found.mean, found.corrected, found.published):
        assert 0 <= figure.low <= figure.value <= figure.high <= 1
    assert found.published.value <= found.corrected.value * found.covered + 1e-9
    swapped = faithfulness(1 - np.array(bold), 1 - np.array(sure), cluster)
    assert swapped.mean.value == pytest.approx(found.mean.value)
    if len(set(cluster)) == 1:
        assert (found.corrected.low, found.corrected.high) == (0, 1)
        assert found.corrected.method == ONE_CLUSTER


def test_cmfg_interval_covers():
    rng, hits, runs = np.random.default_rng(3), 0, 40
    for _ in range(runs):
        sure = rng.integers(3, 7, 80) / 10 + 0.05
        # Off by 0.1 on average in every bin: cMFG is 0.9.
        bold = sure + rng.choice([-1, 1], 80) * rng.uniform(0, 0.2, 80)
        found = faithfulness(bold, sure).corrected
        hits += found.low <= 0.9 <= found.high
    assert hits / runs >= 0.95 - 3 * math.sqrt(0.95 * 0.05 / runs)


def test_rewards_worked_example():
    found = rewards([0.8, 0.8, math.nan, 1.0, 0.0], [1, 0, 1, 0, 1])
    expected = [
        math.log(0.8),
        math.log(0.2) - 1,
        math.log(1e-12),
        math.log(1e-10) - 1,
        math.log(1e-10),
    ]
    assert found == pytest.approx(expected, rel=1e-6)
    assert found.min() == pytest.approx(-27.631, abs=1e-3)


def test_reward_is_the_log_score_with_a_fine_of_one_on_wrong_answers():
    rng = np.random.default_rng(4)
    sure, right = rng.uniform(0.05, 0.95, 200), rng.integers(0, 2, 200)
    expected = -log_loss(right, sure) - (1 - right.mean())
    assert mean_reward(sure, right).value == pytest.approx(expected)


@unhurried
@given(st.integers(1, 19), st.integers(1, 19))
def test_the_honest_confidence_is_rewarded_most(chance, stated):
    p, q = chance / 20, stated / 20
    honest, other = (rewards([x, x], [1, 0]) @ [p, 1 - p] for x in (p, q))
    assert honest >= other - 1e-12
    assert (honest == pytest.approx(other)) == (chance == stated)


def test_mean_loss_interval_worked_example():
    # Clusters: two answers losing 0 and 1, one losing 1/2. Of average size 3/2; ends 0 and 1.
    cluster, loss = np.array([0, 0, 1]), np.array([0.0, 1.0, 0.5])
    found = mean_loss(cluster, loss, np.zeros(3), np.ones(3), (0, 1))
    totals, sizes = np.array([1, 0.5, 0, 1.5]), np.array([2, 1, 1.5, 1.5])
    centre = totals.sum() / sizes.sum()
    spread = math.sqrt(4 / 3 * ((totals - centre * sizes) ** 2).sum()) / 6
    half = student.ppf(0.975, 3) * spread
    assert (found.value, centre) == (0.5, 0.5)
    assert (found.low, found.high) == pytest.approx((max(0, centre - half), min(1, centre + half)))


@unhurried
@given(answers, st.randoms(use_true_random=False))
def test_mean_reward_properties(rows, rng):
    shuffled = rows.copy()
    rng.shuffle(shuffled)
    found = mean_reward(*columns(rows))
    assert mean_reward(*columns(shuffled)) == found
    assert math.log(1e-12) <= found.low <= found.value <= found.high <= 0
    sure, right, _ = columns(rows)
    assert mean_reward(sure, right).value == pytest.approx(rewards(sure, right).mean())


@pytest.mark.parametrize(
    ("call", "said"),
    [
        (lambda: rewards([0.5], [1, 0]), "do not match"),
        (lambda: rewards([1.5], [1]), "confidence must lie from 0 to 1"),
        (lambda: rewards([0.5], [math.nan]), "outcome must lie from 0 to 1"),
        (lambda: mean_reward([], []), "no answer to reward"),
        (lambda: mean_reward([0.5, 0.5], [1, 0], level=0.0), "level"),
        (lambda: faithfulness([0.5], [0.5, 0.5]), "do not match"),
        (lambda: faithfulness([-0.1], [0.5]), "decisiveness must lie from 0 to 1"),
        (lambda: faithfulness([0.1], [0.5], bins=0), "at least one bin"),
    ],
)
def test_impossible_input_is_refused(call, said):
    with pytest.raises(ValueError, match=said):
        call()


def test_faithful_estimates_name_their_figures_and_tell_what_is_left_out():
    rows = [(f"p{i // 2}", "answered", None, 0.2 + 0.05 * i, 0.3) for i in range(16)]
    rows += [("q", "answered", 1.0, None, 0.5), ("r", "answered", 1.0, 0.5, math.nan)]
    rows += [("s", "error", None, None, None), ("t", "refused", None, 1.0, 1.0)]
    scored = [(bold, sure, cluster) for cluster, _, _, sure, bold in [*rows[:16], rows[-1]]]
    expected = faithfulness(*columns(scored))
    found = faithful_estimates(table(*rows), about(), decisiveness="bold", confidence="sure")
    assert [e.metric for e in found] == ["mfg", "cmfg", "cmfg-as-published"]
    figures = (expected.mean, expected.corrected, expected.published)
    for estimate, figure in zip(found, figures, strict=True):
        assert estimate.value == pytest.approx(figure.value)
        assert (estimate.low, estimate.high) == pytest.approx((figure.low, figure.high))
        assert (estimate.n, estimate.n_clusters, estimate.n_error) == (17, 9, 1)
        assert "2 of 19 replies came without 'bold' or 'sure'" in estimate.note
        assert estimate.extra["bins_covered"] == expected.covered
        assert estimate.extra["confidence_of_1"] == 1
    msgspec.json.encode(found)


def test_reward_estimate_gives_the_unreadable_the_lowest():
    rows = [
        ("a", "answered", 1.0, 0.9, None),
        ("b", "answered", 0.0, 0.9, None),
        ("c", "invalid", None, 0.9, None),
        ("d", "refused", None, None, None),
        ("e", "abstained", None, 0.2, None),
        ("f", "error", None, None, None),
    ]
    found = reward_estimate(table(*rows), about(), confidence="sure")
    paid = [math.log(0.9), math.log(0.1) - 1, *[math.log(1e-12)] * 2, math.log(0.8) - 1]
    assert found.value == pytest.approx(np.mean(paid))
    assert (found.n, found.n_clusters, found.unit) == (5, 5, "nats")
    assert found.low <= found.value <= found.high
    assert found.extra["unread"] == 2
    assert "2 of 5 replies came without a readable 'sure'" in found.note
    assert "1 reply is missing" in found.note
    msgspec.json.encode(found)


def test_nothing_to_compute_is_a_sentence():
    nothing = [(), (("a", "error", None, None, None),), (("a", "", None, 0.5, 0.5),)]
    for rows in nothing:
        found = faithful_estimates(table(*rows), about(), decisiveness="bold", confidence="sure")
        found.append(reward_estimate(table(*rows), about(), confidence="sure"))
        for estimate in found:
            assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
            assert estimate.note.startswith(("No figure: ", "Not applicable: "))
