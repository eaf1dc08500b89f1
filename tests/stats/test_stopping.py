from __future__ import annotations

from math import sqrt

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from sequential_simulation import (
    AVERAGED,
    clusters,
    cuts,
    fewest_possible,
    fixed_design,
    stopping,
    three_way_design,
)

from auscult.stats.stopping import Clears, HalfWidth, Monitor, NotWorse, Rule, decide

unhurried = settings(deadline=None, max_examples=40)
STRICT = Clears(0.1)
ZONE = Clears(0.1, between=(0.05, 0.2))
values = st.lists(st.sampled_from([0.0, 0.5, 1.0, None]), max_size=60)
differences = st.lists(st.sampled_from([-1.0, 0.0, 0.5, 1.0, None]), max_size=60)


def told(decision) -> tuple[bool, str, int]:
    return decision.stop, decision.verdict, decision.at


# Worked examples


def test_a_zone_is_decided_by_the_likelihood_ratio():
    # A failure multiplies the ratio by 0.20 / 0.05 = 4: 4^3 = 64 is the first past 1 / 0.05 = 20.
    assert told(decide(ZONE, [1.0] * 9)) == (True, "above", 3)
    # A success divides it by 0.95 / 0.80: ln 20 / ln 1.1875 = 17.4.
    assert told(decide(ZONE, [0.0] * 17)) == (False, "undecided", 17)
    assert told(decide(ZONE, [0.0] * 30)) == (True, "below", 18)


def test_a_strict_threshold_is_decided_by_the_mixture():
    # The mixture after k failures of k: (1 - 0.1^(k+1)) / (k+1) / 0.9 / 0.1^k = 5.5, then 37.
    assert told(decide(STRICT, [1.0] * 9, kind="yes-no")) == (True, "above", 2)
    # After k successes: (1 - 0.9^(k+1)) / (k+1) / 0.1 / 0.9^k.
    k = next(k for k in range(1, 99) if (1 - 0.9 ** (k + 1)) / ((k + 1) * 0.1 * 0.9**k) >= 20)
    assert told(decide(STRICT, [0.0] * 99, kind="yes-no")) == (True, "below", k)


def test_only_the_side_asked_for_stops():
    for between in (None, (0.05, 0.2)):
        above = Clears(0.1, "above", between)
        below = Clears(0.1, "below", between)
        assert decide(above, [0.0] * 80, kind="yes-no").verdict == "undecided"
        assert decide(above, [1.0] * 80, kind="yes-no").verdict == "above"
        assert decide(below, [1.0] * 80, kind="yes-no").verdict == "undecided"
        assert decide(below, [0.0] * 80, kind="yes-no").verdict == "below"


def test_half_width_stops_at_the_first_look_that_is_narrow_enough():
    draw = clusters(np.random.Generator(np.random.PCG64(4)), (1, 800), 0.2, 0.0)[0].tolist()
    monitor = Monitor(HalfWidth(0.05), kind="yes-no")
    widths = []
    while not monitor.push(draw[len(widths)]).stop:
        widths.append(monitor.high - monitor.low)
    assert monitor.decision.verdict == "narrow enough"
    assert monitor.level == pytest.approx(0.95)
    assert monitor.high - monitor.low <= 0.1 < min(widths)


def test_not_worse():
    # Every case the same in both arms; then A fails where B does not.
    assert decide(NotWorse(0.1), [0.0] * 400).verdict == "no worse"
    assert decide(NotWorse(0.1), [1.0] * 400).verdict == "worse"
    assert decide(NotWorse(0.1, better="higher"), [1.0] * 400).verdict == "no worse"
    assert decide(NotWorse(0.1), [0.0, 0.0]).verdict == "undecided"


def test_the_sentence_says_what_was_shown_and_how_surely():
    said = decide(ZONE, [None, 1.0, 1.0, 1.0, 1.0], kind="yes-no").sentence
    assert said.startswith("After 4 clusters (1 of them missing, read as both extremes): taken")
    assert "as 5% or less is ruled out (a wrong claim in at most 5% of audits)" in said
    assert "90% interval" in said
    said = decide(NotWorse(0.1), [0.0] * 400).sentence
    assert "no worse by 10 percentage points or more" in said
    assert decide(Clears(0.1, most=3), [0.0] * 9).sentence.startswith(
        "After 3 clusters, the declared maximum, 'above or below 10%' is undecided; 90% interval 0%"
    )
    assert decide(STRICT, []).sentence == "No cluster has been read yet."


# Missing values, ends and packs


def test_missing_values_count_as_both_extremes():
    # Of 4 x 4 x 4 x (0.80 / 0.95) = 53.9 the third failure is needed: without the missing too, but
    # with two missing 4 x 4 x 4 x 0.709 = 45 and with six 64 x 0.357 = 22.8; with seven 19.2.
    for lost, at in ((1, 4), (2, 5), (6, 9), (7, 11)):
        assert told(decide(ZONE, [None] * lost + [1.0] * 4)) == (True, "above", at)
    # "Below" has to hold if all the missing had failed.
    whole = decide(ZONE, [0.0] * 40)
    holed = decide(ZONE, [None] + [0.0] * 40)
    assert whole.stop and holed.at > whole.at + 1
    assert decide(HalfWidth(0.05), [None] * 500).verdict == "undecided"


@unhurried
@given(values, st.sampled_from([STRICT, Clears(0.4), Clears(0.4, between=(0.3, 0.6))]))
def test_a_claim_survives_any_value_of_the_missing(seen, rule):
    for kind in ("betting", "empirical-bernstein"):
        decision = decide(rule, seen, kind=kind)
        for fill in (0.0, 1.0):
            filled = [fill if v is None else v for v in seen]
            other = decide(rule, filled, kind=kind)
            assert other.at <= decision.at or not decision.stop
        if decision.stop:
            lowest = decide(rule, [0.0 if v is None else v for v in seen], kind=kind)
            highest = decide(rule, [1.0 if v is None else v for v in seen], kind=kind)
            assert decision.verdict in (lowest.verdict, highest.verdict)


@unhurried
@given(differences)
def test_swapping_the_arms_is_swapping_what_is_better(seen):
    swapped = [None if v is None else -v for v in seen]
    left = decide(NotWorse(0.2), seen, kind="empirical-bernstein")
    right = decide(NotWorse(0.2, better="higher"), swapped, kind="empirical-bernstein")
    assert told(left) == told(right)


@unhurried
@given(values)
def test_stopped_is_stopped_and_nothing_reads_ahead(seen):
    monitor = Monitor(Clears(0.5, most=40))
    said = [monitor.push(value) for value in seen]
    for i, decision in enumerate(said):
        assert decision == decide(Clears(0.5, most=40), seen[: i + 1])
        if decision.stop:
            assert all(later == decision for later in said[i:])
            break
        assert decision.at == i + 1


def test_a_pack_read_whole_stops():
    pack = [float(i in (4, 10, 16)) for i in range(20)]
    assert told(decide(Clears(0.15), pack, population=20)) == (True, "undecided", 20)
    # "Above 14%" is certain once the third one is seen, "below 16%" once the last is a zero.
    sure = 1e-6
    assert told(decide(Clears(0.14, alpha=sure), pack, population=20)) == (True, "above", 17)
    assert told(decide(Clears(0.16, alpha=sure), pack, population=20)) == (True, "below", 20)
    assert "the whole pack was read" in decide(Clears(0.15), pack, population=20).sentence
    # Two ones of twenty: "5% or less of the pack" is wrong for certain, whatever is left.
    certain = Clears(0.1, between=(0.05, 0.2), alpha=0.001)
    assert told(decide(certain, [1.0] * 20, population=20)) == (True, "above", 2)
    assert decide(certain, [0.0] * 20, population=20).at == 17  # at most 3 of 20 can fail


# What it costs and how often it errs, computed exactly


def test_the_recursion_walks_as_the_monitor_does():
    draw = np.random.Generator(np.random.PCG64(5))
    for rule in (STRICT, ZONE, Clears(0.3, alpha=0.1), Clears(0.5, between=(0.4, 0.7))):
        upper, lower = cuts(rule, 120)
        for rate in (0.02, 0.2, 0.5, 0.8):
            path = (draw.random(120) < rate).astype(float)
            ones = np.cumsum(path).astype(int)
            looks = range(1, 121)
            stop = next((n for n in looks if not lower[n] < ones[n - 1] < upper[n]), None)
            found = decide(rule, path.tolist(), kind="yes-no")
            if stop is None:
                assert told(found) == (False, "undecided", 120)
            else:
                side = "above" if ones[stop - 1] >= upper[stop] else "below"
                assert told(found) == (True, side, stop)


def test_the_fixed_designs_are_the_smallest():
    assert fixed_design(0.05, 0.2) == (50, 5)
    assert binom.sf(5, 50, 0.05) <= 0.05 and binom.cdf(5, 50, 0.2) <= 0.05
    for n in range(1, 50):
        errors = [max(binom.sf(c, n, 0.05), binom.cdf(c, n, 0.2)) for c in range(n)]
        assert min(errors) > 0.05
    assert three_way_design(0.1, 0.05, 0.2) == 298


def test_a_zone_needs_under_half_of_the_fixed_design():
    n, _ = fixed_design(0.05, 0.2)
    at = cuts(ZONE, 600)
    found = {rate: stopping(at, rate) for rate in (*AVERAGED, 0.08, 0.1, 0.12)}
    assert np.mean([found[rate].mean for rate in AVERAGED]) <= n / 2
    assert all(result.undecided < 1e-4 for result in found.values())
    assert found[0.02].above <= found[0.05].above <= 0.05
    assert found[0.4].below <= found[0.2].below <= 0.05
    assert max(result.mean for result in found.values()) < n  # even where either answer will do
    # Cut off where the fixed design ends, a part stays undecided and no error grows.
    short = {rate: stopping(cuts(ZONE, n), rate) for rate in AVERAGED}
    assert all(short[rate].undecided < 0.13 for rate in AVERAGED)
    assert short[0.05].above <= found[0.05].above and short[0.2].below <= found[0.2].below


def test_a_strict_threshold_errs_in_at_most_five_percent_and_costs_a_third_of_its_equal():
    at = cuts(STRICT, 1500)
    level = stopping(at, 0.1)
    assert level.above <= 0.05 and level.below <= 0.05
    assert level.above > 0.02 and level.below > 0.02  # not by never claiming anything
    found = {rate: stopping(at, rate) for rate in AVERAGED}
    assert all(result.undecided < 1e-3 for result in found.values())
    mean = np.mean([result.mean for result in found.values()])
    assert mean <= three_way_design(0.1, 0.05, 0.2) / 2
    # Half of 50 clusters is out of reach for any test with this error at the threshold itself.
    floor = np.mean([fewest_possible(rate, 0.1) for rate in AVERAGED])
    assert 25 < floor < mean < 1.3 * floor
    for rate in AVERAGED:
        assert found[rate].mean > fewest_possible(rate, 0.1)


def test_wagers_on_cluster_means_keep_their_error():
    # Not yes or no, and highly correlated within clusters: 5% + 3 sd of 400 audits.
    allowed = 0.05 + 3 * sqrt(0.05 * 0.95 / 400)
    draw = np.random.Generator(np.random.PCG64(6))
    for rate, wrong in ((0.05, "above"), (0.2, "below")):
        audits = clusters(draw, (400, 150), rate, 0.3, 5).tolist()
        verdicts = [decide(ZONE, audit, kind="empirical-bernstein").verdict for audit in audits]
        assert verdicts.count(wrong) / 400 <= allowed
        assert verdicts.count("undecided") / 400 < 0.2


# Plans


@pytest.mark.parametrize(
    "rule", [HalfWidth(0.05), STRICT, Clears(0.1, "above", (0.05, 0.2), most=9), NotWorse(0.05)]
)
def test_a_rule_survives_the_plan(rule):
    assert msgspec.json.decode(msgspec.json.encode(rule), type=Rule) == rule


def test_how_a_plan_writes_them():
    text = 'stop = { when = "clears", threshold = 0.1, between = [0.05, 0.2] }'
    assert msgspec.toml.decode(text, type=dict[str, Rule]) == {"stop": ZONE}
    with pytest.raises(msgspec.ValidationError, match="must enclose the threshold"):
        msgspec.json.decode(
            b'{"when": "clears", "threshold": 0.3, "between": [0.05, 0.2]}', type=Rule
        )
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.json.decode(b'{"when": "half-width", "width": 0.1, "wdith": 1}', type=Rule)


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: HalfWidth(0.0), "half-width must lie"),
        (lambda: HalfWidth(0.1, alpha=0.5), "alpha must lie"),
        (lambda: Clears(1.0), "threshold must lie"),
        (lambda: Clears(0.1, most=0), "at least one cluster"),
        (lambda: NotWorse(-0.1), "margin must be"),
        (lambda: Monitor(NotWorse(0.1), bounds=(0.0, 1.0)), "bounds are"),
        (lambda: Monitor(STRICT, bounds=(-1.0, 1.0)), "bounds are"),
        (lambda: decide(STRICT, [1.5]), "outside the declared bounds"),
        (lambda: decide(STRICT, [0.5], kind="yes-no"), "values at the bounds"),
    ],
)
def test_wrong_rules_are_refused_with_a_sentence(wrong, words):
    with pytest.raises(ValueError, match=words):
        wrong()
