from __future__ import annotations

import math

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import cohen_kappa_score
from statsmodels.stats.inter_rater import cohens_kappa, fleiss_kappa

from auscult.stats.agreement import alpha, kappa, labels, read_labels, stated, two_levels
from auscult.stats.intervals import clopper_pearson
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is not a fault
LEVELS = ("a", "b", "c")
NONE = math.nan
# Four observers, twelve units, five values: the reliability data of Krippendorff (2011), who prints
# alpha as 0.743 (nominal), 0.815 (ordinal) and 0.849 (interval).
OBSERVERS = [
    [1, 2, 3, 3, 2, 1, 4, 1, 2, NONE, NONE, NONE],
    [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, NONE, 3],
    [NONE, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, NONE],
    [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, NONE],
]
PUBLISHED = np.array(OBSERVERS).T

pairs = st.lists(st.tuples(st.sampled_from(LEVELS), st.sampled_from(LEVELS)), max_size=30)
rated = st.lists(st.tuples(*[st.sampled_from([1.0, 2.0, 4.0, NONE])] * 3), min_size=1, max_size=20)
scales = st.sampled_from(["nominal", "ordinal", "interval"])
weighting = st.sampled_from(["none", "linear", "quadratic"])


def labelled(rows, inclusion=1.0, **more):
    return labels([r[0] for r in rows], [r[1] for r in rows], inclusion, levels=LEVELS, **more)


def test_kappa_by_hand():
    # 20 both a, 5 a/b, 10 b/a, 15 both b: agreement 35/50; chance 25/50 * 30/50 + 25/50 * 20/50.
    rows = [("a", "a")] * 20 + [("a", "b")] * 5 + [("b", "a")] * 10 + [("b", "b")] * 15
    found = kappa(labelled(rows))
    assert found.value == pytest.approx((0.7 - 0.5) / (1 - 0.5))
    assert (found.n, found.n_clusters, found.note) == (50, 50, "")
    # The large-sample standard error is 0.1265 or so; the bootstrap's width must be near 4 of it.
    theirs = cohens_kappa([[20, 5], [10, 15]])
    assert found.high - found.low == pytest.approx(theirs.kappa_upp - theirs.kappa_low, rel=0.15)


def test_weighted_kappa_by_hand():
    # Three levels, linear distances 1 and 2; one pair a/c apart by 2, one a/b by 1, two agree.
    rows = [("a", "a"), ("a", "b"), ("a", "c"), ("c", "c")]
    observed = (0 + 1 + 2 + 0) / 4
    # Truth: a 3/4, c 1/4. Judged: a 1/4, b 1/4, c 2/4.
    expected = 3 / 4 * (0 / 4 + 1 / 4 + 2 * 2 / 4) + 1 / 4 * (2 * 1 / 4 + 1 / 4 + 0)
    found = kappa(labelled(rows), weights="linear")
    assert found.value == pytest.approx(1 - observed / expected)


@unhurried
@given(pairs, weighting)
def test_kappa_agrees_with_scikit_learn_and_ignores_order(rows, weights):
    found = kappa(labelled(rows), weights=weights, draws=50)
    if found.value is None:
        assert found.note.startswith("No agreement") and found.low is None
    else:
        said, seen = zip(*rows, strict=True)
        word = None if weights == "none" else weights
        theirs = cohen_kappa_score(said, seen, labels=LEVELS, weights=word)
        assert found.value == pytest.approx(theirs)
        assert -1 <= found.low <= found.value <= found.high <= 1
    assert kappa(labelled(rows[::-1]), weights=weights, draws=50) == found
    swapped = kappa(labelled([(b, a) for a, b in rows]), weights=weights, draws=50)
    assert swapped.value == (None if found.value is None else pytest.approx(found.value))


def test_kappa_counts_labels_by_what_they_stand_for():
    # A label picked with probability 1/2 counts as two picked with certainty.
    rows = [("a", "a"), ("a", "b"), ("b", "b"), ("b", "b")]
    weighted = kappa(labelled(rows, [1.0, 1.0, 1.0, 0.5]))
    doubled = kappa(labelled([*rows, ("b", "b")]))
    assert weighted.value == pytest.approx(doubled.value)
    purposive = kappa(labelled([*rows, ("a", "c")], [1.0, 1.0, 1.0, 0.5, None]))
    assert (purposive.value, purposive.n_left_out) == (weighted.value, 1)


@pytest.mark.parametrize(
    ("scale", "printed"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_alpha_as_published(scale, printed):
    found = alpha(PUBLISHED, scale=scale)
    assert found.value == pytest.approx(printed, abs=5e-4)
    # The twelfth unit has a single rating.
    assert (found.n, found.n_left_out) == (11, 1)


def test_alpha_by_hand():
    """From the definition: pairs within units over pairs across all ratings."""
    units = [[v for v in row if not math.isnan(v)] for row in PUBLISHED.tolist()]
    units = [u for u in units if len(u) > 1]
    every = [v for u in units for v in u]
    n = len(every)
    assert n == 40
    within = sum(
        sum((a - b) ** 2 for i, a in enumerate(u) for j, b in enumerate(u) if i != j) / (len(u) - 1)
        for u in units
    )
    across = sum((a - b) ** 2 for a in every for b in every)
    assert alpha(PUBLISHED, scale="interval").value == pytest.approx(
        1 - (within / n) / (across / (n * (n - 1)))
    )


def test_alpha_and_fleiss_kappa_differ_by_the_small_sample_term():
    # Without gaps, 1 - alpha = (1 - fleiss) * (n - 1) / n over n ratings (Krippendorff 2004).
    ratings = np.random.default_rng(1).integers(0, 3, (40, 4))
    ratings[:, 1] = ratings[:, 0]
    table = np.stack([(ratings == v).sum(axis=1) for v in range(3)], axis=1)
    expected = 1 - (1 - fleiss_kappa(table)) * (160 - 1) / 160
    assert alpha(ratings).value == pytest.approx(expected)


@unhurried
@given(rated, scales, st.randoms(use_true_random=False))
def test_alpha_ignores_the_order_of_units_and_readers(rows, scale, shuffler):
    found = alpha(rows, scale=scale, draws=50)
    moved = rows[:]
    shuffler.shuffle(moved)
    assert alpha(moved, scale=scale, draws=50) == found
    backwards = alpha([row[::-1] for row in rows], scale=scale, draws=50)
    if found.value is None:
        assert found.note.startswith("No agreement") and backwards.value is None
    else:
        assert found.low <= found.value <= found.high <= 1
        assert backwards.value == pytest.approx(found.value)


@unhurried
@given(rated)
def test_alpha_of_an_interval_scale_knows_neither_unit_nor_zero(rows):
    found = alpha(rows, scale="interval", draws=50).value
    moved = alpha(np.array(rows) * 7 - 100, scale="interval", draws=50).value
    assert moved == (None if found is None else pytest.approx(found, abs=1e-9))


def test_perfect_agreement_still_has_a_width():
    found = kappa(labelled([("a", "a")] * 20 + [("b", "b")] * 20))
    # As many disagreements as Clopper-Pearson allows among 40, over a chance agreement of 1/2.
    assert found.low == pytest.approx(1 - clopper_pearson(0, 40)[1] / 0.5)
    assert (found.value, found.high) == (1.0, 1.0) and "exact bound" in found.method
    twice = alpha([[1, 1], [2, 2]] * 20)
    assert twice.value == 1.0 and 0.7 < twice.low < 0.9


def test_ratings_of_one_patient_are_one_cluster():
    generator = np.random.default_rng(2)
    truth = generator.integers(0, 2, 60)
    rows = np.column_stack([truth, np.where(generator.random(60) < 0.8, truth, 1 - truth)])
    many = np.repeat(rows, 10, axis=0)
    alone, together = alpha(many), alpha(many, cluster=[f"p{i // 10}" for i in range(600)])
    assert (together.value, together.n_clusters) == (pytest.approx(alone.value), 60)
    assert together.high - together.low > 2 * (alone.high - alone.low)


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([], "there are no labels"),
        ([("a", "b")], "of one cluster"),
        ([("a", "a")] * 5, "only one level"),
    ],
)
def test_nothing_to_agree_about_is_said(rows, sentence):
    found = kappa(labelled(rows))
    assert found.value is None and sentence in found.note
    shown = stated(found, blank("demo", "kappa", "Agreement with a person."))
    assert (shown.value, shown.low, shown.note) == (None, None, found.note)


def test_draws_without_agreement_are_told():
    # A draw misses both units with a "b" in (20/22)^22 = 12% of cases; agreement is undefined then.
    found = kappa(labelled([("a", "a")] * 20 + [("b", "a"), ("b", "b")]))
    assert "in some draws no agreement is defined" in found.note
    shown = stated(found, blank("demo", "kappa", "Agreement."))
    assert (shown.value, shown.unit) == (found.value, "chance-corrected agreement")
    enough = kappa(labelled([("a", "a")] * 20 + [("b", "a"), ("b", "b")] * 5))
    assert enough.note == ""


def test_bad_ratings_are_refused():
    with pytest.raises(ValueError, match="row per unit"):
        alpha([1, 2, 3])
    with pytest.raises(ValueError, match="one cluster per unit"):
        alpha([[1, 2]], cluster=["a", "b"])
    with pytest.raises(ValueError, match="too many"):
        alpha(np.arange(80).reshape(40, 2), scale="ordinal")
    with pytest.raises(ValueError, match="confidence level"):
        kappa(labelled([("a", "b")] * 5), level=1.0)


def test_labels_are_checked():
    with pytest.raises(ValueError, match="not declared"):
        labels(["a"], ["x"], 1.0, levels=LEVELS)
    with pytest.raises(ValueError, match="one length"):
        labels(["a"], ["a", "b"], 1.0, levels=LEVELS)
    with pytest.raises(ValueError, match=r"\(0, 1\]"):
        labels(["a"], ["a"], 0.0, levels=LEVELS)
    with pytest.raises(ValueError, match="two levels"):
        labels(["a"], ["a"], 1.0, levels=["a"])
    with pytest.raises(ValueError, match="none of the levels"):
        two_levels(labels(["a"], ["a"], 1.0, levels=LEVELS), "z")


def test_labels_from_a_table():
    frame = pl.DataFrame(
        {
            "truth": ["a", "b", None, "b"],
            "judged": ["a", "a", "a", None],
            "inclusion": [0.5, None, 0.5, 0.5],
            "cluster": ["p", "q", "q", "q"],
            "slice": ["attack", None, "attack", "attack"],
        }
    ).with_columns(pl.col("truth").cast(pl.Categorical))
    found = read_labels(frame)
    assert found.levels == ("a", "b") and len(found) == 2
    assert found.inclusion[0] == 0.5 and math.isnan(found.inclusion[1])
    assert [str(name) for name in found.slices] == ["attack", ""]
    only = two_levels(labelled([("a", "b"), ("c", "c")]), "c")
    assert (only.levels, only.truth.tolist(), only.judged.tolist()) == (
        ("not c", "c"),
        [0, 1],
        [0, 1],
    )
