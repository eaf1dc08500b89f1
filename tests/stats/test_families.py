from __future__ import annotations

import gc
import math

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import norm
from scipy.stats import t as student
from statsmodels.stats.multitest import multipletests

from auscult.core.estimate import Estimate
from auscult.stats.families import (
    Endpoint,
    Family,
    adjusted,
    benjamini_hochberg,
    e_bh,
    holm,
    p_value,
)
from auscult.stats.paired import difference
from auscult.stats.ratio import ratio
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=50)
p_lists = st.lists(st.floats(0, 1) | st.sampled_from([0.0, 1.0, 0.01, 0.05]), max_size=30)


def estimate(metric: str, p: float | None = None, **words) -> Estimate:
    found = blank("demo", metric, "Something.", **words)
    values = {"value": 0.1, "low": -0.1, "high": 0.3, "unit": "difference of proportions"}
    extra = {} if p is None else {"p_value": p}
    return msgspec.structs.replace(found, **values, extra=extra)


def family(*metrics: str, **words) -> Family:
    return Family("main", tuple(Endpoint("demo", metric) for metric in metrics), **words)


def interval(value: float, low: float, high: float, **words) -> Estimate:
    words = {"unit": "difference of proportions"} | words
    found = blank("demo", "m", "Something.")
    return msgspec.structs.replace(found, value=value, low=low, high=high, **words)


def test_holm_by_hand():
    # Sorted .01 .02 .03 .04, times 4 3 2 1: .04 .06 .06 .04; never falling: .04 .06 .06 .06.
    assert holm([0.04, 0.01, 0.03, 0.02]) == pytest.approx([0.06, 0.04, 0.06, 0.06])
    assert holm([0.5, 0.9]) == pytest.approx([1.0, 1.0])


def test_benjamini_hochberg_by_hand():
    # Sorted .01 .03 .05 .5, times 4/1 4/2 4/3 4/4: .04 .06 .0667 .5.
    found = benjamini_hochberg([0.05, 0.5, 0.01, 0.03])
    assert found == pytest.approx([0.2 / 3, 0.5, 0.04, 0.06])
    # .02 .021 .03, times 3 1.5 1: .06 .0315 .03; from the largest down never rising: all .03.
    assert benjamini_hochberg([0.02, 0.021, 0.03]) == pytest.approx([0.03] * 3)


@unhurried
@given(p_lists)
def test_adjusted_p_values_agree_with_statsmodels(p):
    for ours, theirs in ((holm, "holm"), (benjamini_hochberg, "fdr_bh")):
        with pytest.MonkeyPatch.context() as patched:
            # It collects garbage at every call, a third of a second with all tests loaded.
            patched.setattr(gc, "collect", int)
            expected = multipletests(p, method=theirs)[1] if p else []
        assert ours(p) == pytest.approx(np.asarray(expected), abs=1e-12)


@unhurried
@given(p_lists, st.randoms())
def test_the_order_of_a_family_does_not_matter(p, random):
    order = list(range(len(p)))
    random.shuffle(order)
    for adjust in (holm, benjamini_hochberg):
        moved = adjust([p[i] for i in order])
        assert list(moved) == [adjust(p)[i] for i in order]
        assert all(one >= other for one, other in zip(adjust(p), p, strict=True))
        assert all(one <= other for one, other in zip(benjamini_hochberg(p), holm(p), strict=True))


def test_e_bh_by_hand():
    # m / alpha = 4 / 0.1 = 40: needs 40, 20, 13.3 or 10. 30 alone is too small, two of 20 will do.
    found = e_bh([1.0, 20.0, 30.0, 9.0], alpha=0.1)
    assert found.rejected == (False, True, True, False)
    assert (found.count, found.least) == (2, 20)
    assert e_bh([30.0, 1.0, 1.0, 1.0], alpha=0.1).rejected == (False,) * 4
    assert e_bh([math.inf, 0.0], alpha=0.1).rejected == (True, False)
    assert e_bh([], alpha=0.1).count == 0


@unhurried
@given(p_lists, st.sampled_from([0.05, 0.2]))
def test_e_bh_is_benjamini_hochberg_on_inverted_e_values(p, alpha):
    p = [max(value, 1e-6) for value in p]
    q = benjamini_hochberg(p)
    away = [abs(value - alpha) > 1e-9 for value in q]  # a tie may be rounded either way
    found = e_bh([1 / value for value in p], alpha).rejected
    assert all(
        (one <= alpha) == other for one, other, far in zip(q, found, away, strict=True) if far
    )


def test_what_is_no_p_or_e_value_is_refused():
    for bad in ([1.2], [-0.1], [float("nan")], [[0.1]]):
        for adjust in (holm, benjamini_hochberg):
            with pytest.raises(ValueError, match="between 0 and 1"):
                adjust(bad)
    with pytest.raises(ValueError, match="not negative"):
        e_bh([-1.0])
    with pytest.raises(ValueError, match="alpha"):
        e_bh([1.0], alpha=0.0)


def test_errors_are_kept_under_alpha():
    """2,000 families of 20, 15 of them without effect, all sharing half their noise. Binomial
    error of 5% over 2,000: 0.49 points; three of them are allowed for."""
    draws = np.random.default_rng(8)
    any_false, false_share = 0, []
    for _ in range(2000):
        noise = math.sqrt(0.5) * (draws.normal() + draws.normal(size=20))
        p = norm.sf(noise + np.repeat([0.0, 3.0], [15, 5]))
        any_false += bool((holm(p)[:15] <= 0.05).any())
        claimed = benjamini_hochberg(p) <= 0.05
        false_share.append(claimed[:15].sum() / max(1, claimed.sum()))
    assert any_false / 2000 <= 0.05 + 3 * 0.0049
    assert np.mean(false_share) <= 0.05 + 3 * np.std(false_share) / math.sqrt(2000)
    assert any_false > 0


def test_the_family_by_hand():
    found = [estimate("a", 0.01), estimate("b", 0.04), estimate("c", 0.001), estimate("d", 0.03)]
    a, b, c, d = adjusted(found, family("a", "b", "d"))
    # Holm over three: .03, .06, .06; "c" was not declared.
    adjusted_p = [e.p_adjusted for e in (a, b, d)]
    assert adjusted_p == pytest.approx([0.03, 0.06, 0.06])
    assert [e.extra["rejected"] for e in (a, b, d)] == [True, False, False]
    assert c == found[2]
    assert a.family == "main" and a.standing == found[0].standing and a.value == found[0].value
    assert a.extra["in_family"] == {
        "method": "holm",
        "alpha": 0.05,
        "size": 3,
        "unmeasured": [],
        "without_claim": [],
    }
    assert a.extra["p_from"] == "the estimate"
    softer = adjusted(found, family("a", "b", "d", method="benjamini-hochberg"))
    assert [softer[i].p_adjusted for i in (0, 1, 3)] == pytest.approx([0.03, 0.04, 0.04])


def test_what_was_declared_stays_in_the_family():
    nothing = blank("demo", "b", "Something.", note="No difference: no trials.")
    first, second, third = adjusted([estimate("a", 0.02), nothing], family("a", "b", "lost"))
    assert first.p_adjusted == pytest.approx(0.06)
    assert second.p_adjusted == 1.0
    assert second.note.startswith("No difference: no trials.") and "p = 1" in second.note
    assert (third.metric, third.value, third.p_adjusted) == ("lost", None, 1.0)
    assert "not measured" in third.note and third.family == "main"
    assert first.extra["in_family"]["unmeasured"] == ["demo/b", "demo/lost"]


def test_a_test_of_the_callers_own():
    found = adjusted([estimate("a", 0.9)], family("a"), p_of=lambda e: 0.001)
    assert found[0].p_adjusted == pytest.approx(0.001)
    assert "caller" in found[0].extra["p_from"]


def test_an_endpoint_without_an_estimate_is_not_tested_by_the_caller_either():
    (lost,) = adjusted([], family("lost"), p_of=lambda e: 0.001)
    assert (lost.p_adjusted, lost.extra["rejected"]) == (1.0, False)


def bounds(low: float, high: float, *interval: float | None, **words) -> dict:
    return {"bound_low": low, "bound_high": high, "bound_interval": list(interval), **words}


@pytest.mark.parametrize(
    ("unit", "about", "claimed"),
    [
        ("difference of proportions", {}, True),
        ("difference of proportions", {"undecided": True}, False),
        # The sign holds, but not beyond chance.
        ("difference of proportions", bounds(0.02, 0.2, -0.01, 0.3, undecided=False), False),
        ("difference of proportions", bounds(0.05, 0.2, 0.01, 0.3, undecided=False), True),
        # Nothing is missing: the interval at 95% is not the family's, and the p-value decides.
        ("difference of proportions", bounds(0.1, 0.1, -0.1, 0.3, undecided=False), True),
        ("ratio", bounds(1.1, 1.9, 0.9, 2.5), False),
        ("ratio", bounds(1.3, 1.9, 1.1, 2.5), True),
        ("ratio", bounds(1.3, None, 0.9, None), False),
    ],
)
def test_a_claim_that_the_missing_data_could_undo_is_none(unit, about, claimed):
    found = msgspec.structs.replace(estimate("a", 0.001), unit=unit)
    found = msgspec.structs.replace(found, extra=found.extra | about)
    first, _ = adjusted([found, estimate("b", 0.9)], family("a", "b"))
    assert first.extra["rejected"] is claimed
    assert first.p_adjusted == pytest.approx(0.002 if claimed else 1.0)
    assert first.extra["p_value"] == 0.001, "what it was stays to be read"
    assert first.extra["in_family"]["without_claim"] == ([] if claimed else ["demo/a"])
    assert ("missing data could undo its claim" in first.note) is not claimed


@pytest.mark.parametrize("why", ["missing data", "the caller"])
def test_what_makes_no_claim_does_not_lower_the_bar_for_the_rest(why):
    """Benjamini-Hochberg over three: .04 at the third rank would pass as .04, alone it is .12."""
    undone = {"undecided": True} if why == "missing data" else {}
    small = [msgspec.structs.replace(e, extra=e.extra | undone) for e in
             (estimate("a", 1e-6), estimate("b", 1e-6))]  # fmt: skip
    declared = family("a", "b", "c", method="benjamini-hochberg")
    reasons = {"a": "the caller said so", "b": "the caller said so"}
    no_claim = None if undone else lambda e: reasons.get(e.metric, "")
    found = adjusted([*small, estimate("c", 0.04)], declared, no_claim=no_claim)
    assert [e.extra["rejected"] for e in found] == [False] * 3
    assert found[2].p_adjusted == pytest.approx(0.12)
    assert ("the caller said so" in found[0].note) is (why == "the caller")


def test_endpoints_are_told_apart_by_the_words_they_name():
    arms = [
        estimate("m", 0.01, arm="x", control_arm="control"),
        estimate("m", 0.02, arm="y", control_arm="control"),
        estimate("m", 0.03, arm="y", control_arm="control", group={"sex": "female"}),
    ]
    with pytest.raises(ValueError, match="fits 2 estimates"):
        adjusted(arms, family("m"))
    named = Family("f", (Endpoint("demo", "m", arm="x"), Endpoint("demo", "m", arm="y")))
    assert [e.family for e in adjusted(arms, named)] == ["f", "f", ""]
    grouped = Family("g", (Endpoint("demo", "m", group={"sex": "female"}),))
    assert [e.family for e in adjusted(arms, grouped)] == ["", "", "g"]
    with pytest.raises(ValueError, match="same estimate"):
        adjusted([arms[0]], Family("f", (Endpoint("demo", "m"), Endpoint("demo", "m", arm="x"))))
    with pytest.raises(ValueError, match="in the families 'f' and 'g'"):
        adjusted(adjusted(arms, named), Family("g", named.endpoints))


def test_a_family_is_plain_data_and_is_printed():
    declared = Family(
        "primary",
        (
            Endpoint("demo", "excess", arm="attack", control_arm="control"),
            Endpoint("demo", "gap", {"sex": "female"}),
        ),
        method="benjamini-hochberg",
        alpha=0.1,
    )
    assert msgspec.json.decode(msgspec.json.encode(declared), type=Family) == declared
    said = declared.sentence
    assert "demo/excess (attack vs control)" in said and "demo/gap (sex female)" in said
    assert "alpha 0.1" in said and "2 endpoints" in said


@pytest.mark.parametrize(
    ("words", "sentence"),
    [
        ({"name": ""}, "needs a name"),
        ({"endpoints": ()}, "no endpoints"),
        ({"endpoints": (Endpoint("s", "m"),) * 2}, "more than once"),
        ({"alpha": 1.0}, "alpha must lie"),
        ({"method": "bonferroni"}, "is no method"),
    ],
)
def test_a_wrong_declaration_is_refused(words, sentence):
    with pytest.raises(ValueError, match=sentence):
        Family(**{"name": "f", "endpoints": (Endpoint("s", "m"),)} | words)


def test_p_value_of_a_difference_by_hand():
    # Half width 0.2 is 2.262 (9 degrees of freedom) standard errors of 0.0884.
    found = interval(0.1, -0.1, 0.3, n_clusters=10)
    standard_error = 0.2 / student.ppf(0.975, 9)
    assert p_value(found) == pytest.approx(2 * student.sf(0.1 / standard_error, 9))
    no_clusters = interval(0.1, -0.1, 0.3)
    assert p_value(no_clusters) == pytest.approx(2 * norm.sf(0.1 / (0.2 / norm.ppf(0.975))))
    named = interval(0.1, -0.1, 0.3, n_clusters=10, extra={"df": 30})
    assert p_value(named) == pytest.approx(2 * student.sf(0.05 * student.ppf(0.975, 30) / 0.1, 30))


@pytest.mark.parametrize("high", [0.1, 0.15, 0.3])
def test_an_interval_that_just_holds_the_null_rejects_nothing(high):
    """Rounding alone put some of these at or under 0.05."""
    found = [p_value(interval(high / 2, 0.0, high, n_clusters=k)) for k in range(2, 400)]
    assert min(found) > 0.05


def test_a_magnitude_that_is_cut_off_at_nothing_has_no_p_value_from_its_interval():
    gap = interval(0.05, 0.0, 0.15, n_clusters=200, extra={"magnitude": True})
    assert p_value(gap) is None
    softly = Family("f", (Endpoint("demo", "m"),), alpha=0.2)
    (found,) = adjusted([gap], softly)
    assert (found.p_adjusted, found.extra["rejected"]) == (1.0, False)
    assert p_value(interval(0.1, 0.05, 0.15, n_clusters=200, extra={"magnitude": True})) < 0.05
    given = gap.extra | {"p_value": 0.7}
    assert p_value(msgspec.structs.replace(gap, extra=given)) == 0.7


def test_p_value_of_a_ratio_is_on_the_logarithm():
    found = interval(2.0, 1.0, 4.0, unit="ratio", n_clusters=50)
    assert p_value(found) == pytest.approx(0.05)
    mirror = interval(0.5, 0.25, 1.0, unit="ratio", n_clusters=50)
    assert p_value(mirror) == pytest.approx(0.05)


def test_where_there_is_nothing_to_test_there_is_no_p_value():
    assert p_value(blank("s", "m", "e")) is None
    assert p_value(interval(0.5, 0.4, 0.6, unit="proportion")) is None
    assert p_value(interval(0.0, 0.0, 2.0, unit="ratio")) is None
    assert p_value(interval(0.0, 0.0, 0.0)) == 1.0
    assert p_value(interval(0.1, 0.1, 0.1)) == 0.0
    with pytest.raises(ValueError, match=r"has the p-value 1\.2"):
        p_value(interval(0.1, 0.0, 0.2, extra={"p_value": 1.2}))


@unhurried
@given(
    st.floats(-1, 1),
    st.floats(0, 1),
    st.floats(0, 1),
    st.integers(0, 60),
    st.sampled_from([0.8, 0.95]),
)
def test_p_values_agree_with_their_interval_and_do_not_mind_the_sign(value, down, up, k, level):
    low, high = max(-1.0, value - down), min(1.0, value + up)
    p = p_value(interval(value, low, high, n_clusters=k, level=level))
    assert 0 <= p <= 1
    assert p == pytest.approx(p_value(interval(-value, -high, -low, n_clusters=k, level=level)))
    if abs(p - (1 - level)) > 1e-6:
        assert (p < 1 - level) == (not low <= 0 <= high)


def test_of_real_differences_and_ratios():
    rows = []
    for i in range(60):
        rows.append((f"c{i}", f"c{i}", "attack", "answered", float(i < 20)))
        rows.append((f"c{i}", f"c{i}", "control", "answered", float(10 <= i < 45)))
    frame = pl.DataFrame(
        rows, schema=["case_id", "cluster", "arm", "behaviour", "score"], orient="row"
    )
    about = blank("demo", "m", "Something.", arm="attack", control_arm="control")
    for found in (difference(frame, about), ratio(frame, about)):
        assert 0.001 < p_value(found) < 0.05
