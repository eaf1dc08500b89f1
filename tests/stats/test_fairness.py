from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from fairlearn.metrics import (
    MetricFrame,
    demographic_parity_difference,
    equalized_odds_difference,
    false_positive_rate,
    true_positive_rate,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score

from auscult.core.estimate import Estimate
from auscult.stats.fairness import fairness_estimates
from auscult.stats.families import Endpoint, Family, adjusted, p_value
from auscult.stats.rates import rate
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=40)  # a busy machine is not a fault

ABOUT = blank("demo", "accuracy", "The share of right answers.", denominator="all replies")
SCHEMA = {
    "cluster": pl.String,
    "behaviour": pl.String,
    "score": pl.Float64,
    "age": pl.String,
    "truth": pl.String,
    "answer": pl.String,
}
GAP = "accuracy: largest gap by age"
WORST = "accuracy: worst group by age"
AED = "accuracy equality difference by age"
ADJUSTED = f"{GAP}, adjusted for label mix"
EXCESS = f"{GAP}, beyond a constant answer's"
TRUE, FALSE = "true-positive gap by age", "false-positive gap by age"
PARITY = "demographic parity gap by age"
LABELLED = {"truth": "truth", "answer": "answer"}


def table(*rows: tuple[str, str, float | None, str | None, str | None, str | None]) -> pl.DataFrame:
    return pl.DataFrame(list(rows), schema=SCHEMA, orient="row")


def answers(age: str | None, truth: str, answer: str, count: int) -> pl.DataFrame:
    right = float(truth == answer)
    ids = [f"{age} {truth} {answer} {i}" for i in range(count)]
    return table(*[(i, "answered", right, age, truth, answer) for i in ids])


def people(*kinds: tuple[str | None, str, str, int]) -> pl.DataFrame:
    return pl.concat([answers(*kind) for kind in kinds])


def by_metric(frame: pl.DataFrame, **options) -> dict[str, Estimate]:
    found = fairness_estimates(frame, ABOUT, column="age", **options)
    return {e.metric: e for e in found if not e.group}


def rates(frame: pl.DataFrame, **options) -> dict[str, Estimate]:
    found = fairness_estimates(frame, ABOUT, column="age", **options)
    return {e.group["age"]: e for e in found if e.group}


def mixed(seed: int, count: int = 400, groups: int = 3) -> pl.DataFrame:
    """People of several ages, their labels and answers drawn; each its own cluster."""
    draws = np.random.default_rng(seed)
    age = draws.integers(0, groups, count)
    truth = draws.random(count) < 0.2 + 0.2 * age
    answer = np.where(draws.random(count) < 0.75, truth, ~truth)
    return pl.DataFrame(
        {
            "cluster": [f"p{i}" for i in range(count)],
            "behaviour": ["answered"] * count,
            "score": (truth == answer).astype(float),
            "age": [f"{20 * (a + 1)}+" for a in age],
            "truth": np.where(truth, "yes", "no"),
            "answer": np.where(answer, "yes", "no"),
        }
    )


# Young: 40 of 50 "no" right, 30 of 50 "yes" right. Old: 18 of 20 "no", 40 of 80 "yes".
WORKED = people(
    ("young", "no", "no", 40),
    ("young", "no", "yes", 10),
    ("young", "yes", "yes", 30),
    ("young", "yes", "no", 20),
    ("old", "no", "no", 18),
    ("old", "no", "yes", 2),
    ("old", "yes", "yes", 40),
    ("old", "yes", "no", 40),
)


def test_worked_example():
    found = by_metric(WORKED, **LABELLED)
    assert list(found) == [GAP, WORST, AED, ADJUSTED, EXCESS, TRUE, FALSE, PARITY]
    assert found[GAP].value == pytest.approx(0.70 - 0.58)
    assert found[GAP].extra["groups"] == {"old": pytest.approx(0.58), "young": pytest.approx(0.7)}
    assert (found[GAP].extra["best"], found[GAP].extra["worst"]) == ("young", "old")
    assert found[WORST].value == pytest.approx(-0.12) and found[WORST].extra["worst"] == "old"
    assert found[AED].value == pytest.approx(0.12)
    # 70 of 200 are "no": 0.35 * 0.8 + 0.65 * 0.6 = 0.67 against 0.35 * 0.9 + 0.65 * 0.5 = 0.64.
    assert found[ADJUSTED].value == pytest.approx(0.03)
    assert found[ADJUSTED].extra["label_weights"] == {
        "no": pytest.approx(0.35),
        "yes": pytest.approx(0.65),
    }
    # "yes" is the best constant: right in 50% of the young and 80% of the old.
    assert found[EXCESS].extra["constant"] == "yes"
    assert found[EXCESS].extra["constant_gap"] == pytest.approx(0.3)
    assert found[EXCESS].value == pytest.approx(0.12 - 0.3)
    assert found[TRUE].value == pytest.approx(0.6 - 0.5)
    assert found[FALSE].value == pytest.approx(0.2 - 0.1)
    assert found[TRUE].extra["equalised_odds"] == pytest.approx(0.1)
    assert found[PARITY].value == pytest.approx(0.42 - 0.40)
    for estimate in found.values():
        assert estimate.n_clusters in (200, 130, 70) and estimate.method
        assert not estimate.note and not estimate.extra["shown"]


def test_group_rates_are_those_of_any_rate():
    young = rates(WORKED)["young"]
    expected = rate(WORKED.filter(pl.col("age") == "young"), ABOUT)
    assert (young.value, young.low, young.high) == (expected.value, expected.low, expected.high)
    assert (young.n, young.metric) == (100, "accuracy by age")


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_agrees_with_fairlearn(seed):
    frame = mixed(seed)
    found = by_metric(frame, **LABELLED)
    truth, answer = ((frame[c] == "yes").to_numpy().astype(int) for c in ("truth", "answer"))
    age = frame["age"].to_list()
    theirs = MetricFrame(
        metrics={"accuracy": accuracy_score, "tpr": true_positive_rate, "fpr": false_positive_rate},
        y_true=truth, y_pred=answer, sensitive_features=age,
    )  # fmt: skip
    gaps = theirs.difference(method="between_groups")
    assert found[GAP].value == pytest.approx(gaps["accuracy"])
    assert found[TRUE].value == pytest.approx(gaps["tpr"])
    assert found[FALSE].value == pytest.approx(gaps["fpr"])
    assert found[GAP].extra["groups"] == pytest.approx(theirs.by_group["accuracy"].to_dict())
    told = {"y_true": truth, "y_pred": answer, "sensitive_features": age}
    assert found[PARITY].value == pytest.approx(demographic_parity_difference(**told))
    assert found[TRUE].extra["equalised_odds"] == pytest.approx(equalized_odds_difference(**told))


def test_a_constant_answer_is_not_unfair_because_labels_differ_by_age():
    """Always "no": right in 94% of the young and 14% of the old, as the commonest diagnosis is."""
    frame = people(
        *((age, truth, "no", n)
          for age, mix in (("20", (141, 9)), ("50", (100, 50)), ("80", (8, 48)))
          for truth, n in zip(("no", "yes"), mix, strict=True))
    )  # fmt: skip
    found = by_metric(frame, **LABELLED)
    assert found[GAP].value == pytest.approx(141 / 150 - 8 / 56)
    assert found[GAP].extra["shown"] and found[WORST].extra["shown"]
    assert found[ADJUSTED].value == pytest.approx(0, abs=1e-12)
    assert found[EXCESS].value == 0
    for metric in (ADJUSTED, EXCESS, TRUE, FALSE, PARITY):
        assert found[metric].value == pytest.approx(0, abs=1e-12)
        assert found[metric].low <= 0 and not found[metric].extra["shown"]


def test_a_model_that_is_worse_for_the_old_at_every_label_is_found_out():
    frame = people(
        ("young", "no", "no", 90), ("young", "no", "yes", 10), ("young", "yes", "yes", 90),
        ("young", "yes", "no", 10), ("old", "no", "no", 50), ("old", "no", "yes", 50),
        ("old", "yes", "yes", 50), ("old", "yes", "no", 50),
    )  # fmt: skip
    found = by_metric(frame, **LABELLED)
    for metric in (GAP, ADJUSTED, EXCESS, TRUE, FALSE):
        assert found[metric].value == pytest.approx(0.4) and found[metric].extra["shown"]
        assert found[metric].low > 0
    assert found[PARITY].value == pytest.approx(0) and not found[PARITY].extra["shown"]
    assert found[WORST].high < 0


def test_small_groups_are_shown_and_not_compared():
    frame = pl.concat([WORKED, answers("newborn", "no", "yes", 9)])
    found = by_metric(frame, **LABELLED)
    assert found[GAP].value == pytest.approx(0.12)
    assert "Too small to compare: 'newborn'." in found[GAP].note
    assert found[GAP].extra["too_small"] == ["newborn"]
    newborn = rates(frame)["newborn"]
    assert (newborn.value, newborn.n) == (0.0, 9) and newborn.extra["too_small"]
    # CARES has no smallest group: the nine newborns make its number.
    assert found[AED].value == pytest.approx(0.7)
    assert "our reading" in found[AED].note
    assert found[AED].extra["mean_pairwise"] == pytest.approx((0.7 + 0.58 + 0.12) / 3)
    assert by_metric(frame, smallest=9)[GAP].value == pytest.approx(0.7)


def test_ninety_replies_of_nine_patients_are_nine_clusters():
    many = pl.concat([answers("newborn", "no", "yes", 9)] * 10)
    found = by_metric(pl.concat([WORKED, many]))
    assert found[GAP].extra["too_small"] == ["newborn"]


@pytest.mark.parametrize("blank_name", [None, "", "  ", "not stated"])
def test_trials_without_a_group_are_counted_as_not_stated(blank_name):
    lost = answers("x", "no", "yes", 30).with_columns(age=pl.lit(blank_name, pl.String))
    found = by_metric(pl.concat([WORKED, lost]))
    assert found[GAP].value == pytest.approx(0.12) and found[GAP].n == 200
    assert "30 trials state no age" in found[GAP].note
    assert found[GAP].extra["not_stated"] == 30
    unstated = rates(pl.concat([WORKED, lost]))["not stated"]
    assert (unstated.value, unstated.n) == (0.0, 30)
    assert "compared with no group" in unstated.note


def test_a_patient_in_two_groups_is_a_sentence():
    torn = WORKED.head(1).with_columns(age=pl.lit("old"))
    for estimate in by_metric(pl.concat([WORKED, torn]), **LABELLED).values():
        assert (estimate.value, estimate.low, estimate.high) == (None, None, None)
        assert "1 cluster is in several groups of 'age'" in estimate.note
        assert "'old', 'young'" in estimate.note
    # Where one of a patient's trials does not state it, the patient is not in two groups.
    partly = WORKED.head(1).with_columns(age=pl.lit(None, pl.String))
    assert by_metric(pl.concat([WORKED, partly]))[GAP].value == pytest.approx(0.12)


def test_labels_that_a_group_lacks_are_said_and_left_out():
    frame = pl.concat([WORKED, answers("old", "rare", "rare", 50)])
    found = by_metric(frame, **LABELLED, positive="yes")[ADJUSTED]
    assert found.value == pytest.approx(0.03)
    assert "Left out: 50 of 250 trials, of labels that some group lacks ('rare')." in found.note
    apart = people(("young", "a", "a", 20), ("old", "b", "b", 20))
    nothing = by_metric(apart, truth="truth")[ADJUSTED]
    assert nothing.value is None and "no true label occurs in every group" in nothing.note


def test_refusals_count_as_wrong_and_errors_are_bounded():
    refused = [(f"r{i}", "refused", None, "old", "no", None) for i in range(20)]
    failed = [(f"e{i}", "error", None, "young", "no", None) for i in range(25)]
    frame = pl.concat([WORKED, table(*refused), table(*failed)])
    gap = by_metric(frame, **LABELLED)[GAP]
    assert gap.value == pytest.approx(0.7 - 58 / 120)
    assert (gap.n, gap.n_refused, gap.n_error) == (220, 20, 25)
    assert gap.extra["bound_low"] == pytest.approx(70 / 125 - 58 / 120)
    assert gap.extra["bound_high"] == pytest.approx(95 / 125 - 58 / 120)
    assert gap.extra["shown"] and gap.extra["undecided"]
    assert "Undecided: the missing replies could close the gap." in gap.note
    # A refusal does not answer "yes": it is a negative answer in the positive rates.
    assert by_metric(frame, **LABELLED)[FALSE].value == pytest.approx(0.2 - 2 / 40)


@pytest.mark.parametrize(
    ("frame", "options", "metric", "sentence"),
    [
        (table(), {}, GAP, "no such trials"),
        (table(("a", "error", None, "20", "no", None)), {}, GAP, "no such trials"),
        (answers("20", "no", "no", 30), {}, GAP, "only '20' has 10"),
        (people(("20", "no", "no", 3), ("40", "no", "no", 3)), {}, GAP, "none has 10 such"),
        (table(("a", "", None, "20", "no", None)), {}, AED, "no such trials"),
        (people(("20", "no", "no", 9), ("40", "no", "no", 9)), LABELLED, TRUE, "as positive"),
        (people(("20", "a", "b", 30), ("40", "b", "c", 30)), LABELLED, PARITY, "as positive"),
        (WORKED, LABELLED | {"positive": "maybe"}, TRUE, "no such trials"),
        (WORKED.with_columns(truth=pl.lit("")), LABELLED, EXCESS, "200 trials have no"),
    ],
)
def test_what_cannot_be_compared_is_a_sentence(frame, options, metric, sentence):
    found = by_metric(frame, **options)[metric]
    assert (found.value, found.low, found.high) == (None, None, None)
    assert sentence in found.note


def test_wrong_requests_are_refused_in_a_sentence():
    with pytest.raises(ValueError, match="no column 'colour'"):
        fairness_estimates(WORKED, ABOUT, column="colour")
    with pytest.raises(ValueError, match="at least 1 cluster"):
        fairness_estimates(WORKED, ABOUT, column="age", smallest=0)
    with pytest.raises(ValueError, match="between 0 and 1"):
        fairness_estimates(WORKED.with_columns(score=pl.lit(7.0)), ABOUT, column="age")


def test_without_labels_the_gap_says_that_it_is_not_adjusted():
    found = by_metric(WORKED)
    assert list(found) == [GAP, WORST, AED]
    assert "Not adjusted for label mix" in found[GAP].note
    assert list(by_metric(WORKED, answer="answer")) == [GAP, WORST, AED, PARITY]


def test_columns_of_other_types_are_as_good_as_text():
    plain = fairness_estimates(WORKED, ABOUT, column="age", **LABELLED)
    coded = WORKED.with_columns(pl.col("age", "truth", "answer", "behaviour").cast(pl.Categorical))
    assert fairness_estimates(coded, ABOUT, column="age", **LABELLED) == plain
    numbers = WORKED.with_columns(
        pl.col("cluster").rank("dense").cast(pl.Int64) * 7,
        age=pl.when(pl.col("age") == "old").then(80.0).otherwise(math.nan),
    )
    found = fairness_estimates(numbers, ABOUT, column="age")
    assert {e.group["age"]: e.n for e in found if e.group} == {"80.0": 100, "not stated": 100}


trial_rows = st.lists(
    st.tuples(
        st.integers(0, 9),
        st.sampled_from(["answered", "answered", "partial", "refused", "error", ""]),
        st.sampled_from([0.0, 0.3, 1.0]),
        st.sampled_from(["yes", "no", None]),
        st.sampled_from(["yes", "no", None]),
    ).map(lambda r: (f"p{r[0]}", r[1], r[2], [None, "20", "40"][r[0] % 3], r[3], r[4])),
    max_size=40,
)


@unhurried
@given(trial_rows, st.randoms())
def test_row_order_does_not_matter(rows, random):
    shuffled = list(rows)
    random.shuffle(shuffled)
    told = {"column": "age", "smallest": 2, **LABELLED}
    one, other = (fairness_estimates(table(*r), ABOUT, **told) for r in (rows, shuffled))
    assert one == other


@unhurried
@given(trial_rows)
def test_every_estimate_has_an_interval_in_range_or_a_sentence(rows):
    for found in fairness_estimates(table(*rows), ABOUT, column="age", smallest=2, **LABELLED):
        if found.value is None:
            assert found.note and found.low is None and found.high is None
            continue
        lowest = -1 if found.metric in (WORST, EXCESS) else 0
        assert type(found.value) is type(found.low) is type(found.high) is float
        assert lowest <= found.low <= found.value + 1e-12
        assert found.value - 1e-12 <= found.high <= 1
        bounds = found.extra.get("bound_low"), found.extra.get("bound_high")
        if None not in bounds:
            assert bounds[0] - 1e-12 <= found.value <= bounds[1] + 1e-12


@unhurried
@given(trial_rows, st.integers(1, 3))
def test_more_trials_without_a_group_never_change_a_gap(rows, copies):
    lost = [("lost", "answered", 0.0, None, "no", "no")] * copies
    one = by_metric(table(*rows), smallest=2)[GAP]
    other = by_metric(table(*rows, *lost), smallest=2)[GAP]
    assert (one.value, one.low, one.high, one.n) == (other.value, other.low, other.high, other.n)


@pytest.mark.parametrize("apart", [0, 15])
def test_a_family_claims_a_gap_exactly_where_it_is_shown(apart):
    """The interval of a gap is cut off at 0 wherever nothing is shown: turned round it would give
    every such gap a p-value of 0.05."""
    frame = people(
        ("old", "yes", "yes", 25 + apart), ("old", "yes", "no", 20 - apart),
        ("old", "no", "no", 24 + apart), ("old", "no", "yes", 20 - apart),
        ("young", "yes", "yes", 24 - apart), ("young", "yes", "no", 20 + apart),
        ("young", "no", "no", 24 - apart), ("young", "no", "yes", 20 + apart),
    )  # fmt: skip
    found = by_metric(frame, **LABELLED)
    for metric in (GAP, WORST, AED, ADJUSTED, EXCESS, TRUE, FALSE):
        one = found[metric]
        assert one.extra["shown"] == bool(apart)
        assert (p_value(one) <= 0.05) == bool(apart), metric
        assert apart or p_value(one) > 0.3
        (out,) = adjusted([one], Family("f", (Endpoint("demo", metric),), "benjamini-hochberg"))
        assert out.extra["rejected"] == bool(apart)
        assert "bootstrap" in out.extra["p_from"]
