"""Two runs side by side: the numbers by hand and against `stats.paired`; what is left out."""

from __future__ import annotations

import json
import math
from typing import Any

import msgspec
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom
from scipy.stats import t as student

from auscult.core.estimate import Estimate
from auscult.core.protocols import Watched
from auscult.report.compare import Pair, _estimate, _no_claim, case_values, contrast, paired_values
from auscult.stats.families import Endpoint, Family, adjusted
from auscult.stats.paired import difference
from auscult.stats.table import blank

unhurried = settings(deadline=None, max_examples=50)  # a busy machine is not a fault
ACCURACY = Watched("accuracy", "full", "choice")
EXCESS = Watched("excess", "full", "choice", control_arm="blind")
SCHEMA = {
    "case_no": pl.Int64, "case_id": pl.String, "cluster": pl.String, "specialty": pl.String,
    "groups": pl.String, "arm": pl.String, "judge": pl.String, "behaviour": pl.String,
    "score": pl.Float64,
}  # fmt: skip
Trial = tuple[str, str, str, str, float | None]
"""case, cluster, arm, behaviour, score"""


class Table:
    """A run as far as one metric reads it."""

    plan = None

    def __init__(self, *trials: Trial) -> None:
        rows = [
            (int(t[0][1:]), t[0], t[1], "lungs", '{"sex": "f"}', t[2], "choice", t[3], t[4])
            for t in trials
        ]
        self.whole = pl.DataFrame(rows, schema=SCHEMA, orient="row")

    def frame(self, suite: str, columns: Any) -> pl.DataFrame:
        return self.whole.select(columns)


def right(case: str, score: float, cluster: str = "", arm: str = "full") -> Trial:
    return (case, cluster or case, arm, "answered", score)


def lost(case: str, arm: str = "full") -> Trial:
    return (case, case, arm, "error", None)


def rows(run: Table) -> list[Trial]:
    return list(run.whole.select("case_id", "cluster", "arm", "behaviour", "score").iter_rows())


def tables(both: int, only_a: int, only_b: int, neither: int) -> Pair:
    outcomes = [(1, 1)] * both + [(1, 0)] * only_a + [(0, 1)] * only_b + [(0, 0)] * neither
    a = Table(*[right(f"c{i}", float(x)) for i, (x, _) in enumerate(outcomes)])
    b = Table(*[right(f"c{i}", float(y)) for i, (_, y) in enumerate(outcomes)])
    return Pair(a, b)


# --- the numbers ----------------------------------------------------------------------------------


def test_worked_example_of_a_contrast() -> None:
    # 10 single cases: 4 better, 1 worse. Two pseudo-cases of +1 and -1 make 12.
    found = contrast([1, 1, 1, 1, -1, 0, 0, 0, 0, 0], np.arange(10))
    assert found.value == pytest.approx(0.3)
    centre = 3 / 12
    # Squares around it: 5 cases of +1, 2 of -1, 5 of 0, over 12 values, with 12/11 and sqrt.
    squares = 5 * 0.75**2 + 2 * 1.25**2 + 5 * 0.25**2
    half = student.ppf(0.975, 11) * math.sqrt(12 / 11 * squares) / 12
    assert found.interval(0.95) == pytest.approx((centre - half, centre + half))
    statistic = centre / (math.sqrt(12 / 11 * squares) / 12)
    assert found.p_two_sided() == pytest.approx(2 * student.sf(statistic, 11))
    assert found.p_at_most(0.0) == pytest.approx(student.cdf(statistic, 11))


def test_clusters_of_unequal_size_count_as_the_equal_ones_that_say_as_much() -> None:
    # One patient with ten cases, and nine with one: 19^2 / (10^2 + 9) equal ones.
    clusters = np.array([0] * 10 + list(range(1, 10)))
    changes = np.array([-1.0] * 10 + [0.0] * 9)
    found = contrast(changes, clusters)
    alike = 19**2 / 109
    assert found.clusters == 10 and found.alike == pytest.approx(alike)
    assert found.df == pytest.approx(alike + 1)
    typical = 19 / alike
    total = 19 + 2 * typical
    centre = -10 / total
    squares = (-10 - 10 * centre) ** 2 + 9 * centre**2
    squares += ((1 - centre) ** 2 + (1 + centre) ** 2) * typical**2
    half = student.ppf(0.975, alike + 1) * math.sqrt((alike + 2) / (alike + 1) * squares) / total
    assert found.interval(0.95) == pytest.approx((max(-1, centre - half), min(1, centre + half)))
    assert found.caution == "Only 3 cases or clusters: the interval is a rough guide."
    assert contrast(changes[9:], clusters[9:]).caution == ""


def test_the_error_is_kept_where_a_few_patients_have_most_of_the_cases() -> None:
    # Of 200 patients 20 have thirty cases, the others two; each case turns wrong with 10%, those of
    # a patient alike (0.5). Were 200 counted as 200, a one-sided 5% bound would err in 14% of runs.
    generator = np.random.Generator(np.random.PCG64(20260102))
    sizes = np.array([30] * 20 + [2] * 180)
    clusters, replicates, erred = np.repeat(np.arange(200), sizes), 600, 0
    for _ in range(replicates):
        share = np.repeat(generator.beta(0.1, 0.9, 200), sizes)
        turned = (generator.random(len(clusters)) < share).astype(float)
        erred += contrast(-turned, clusters).interval(0.9)[0] >= -0.1
    assert 0 < erred <= binom.ppf(0.999, replicates, 0.05)


def test_a_wider_reach_is_the_same_interval_on_a_wider_scale() -> None:
    changes, clusters = np.array([2, 1, 0, -1, 0.5]), np.array([1, 1, 2, 3, 4])
    wide, narrow = contrast(changes, clusters, 2.0), contrast(changes / 2, clusters)
    assert wide.value == pytest.approx(2 * narrow.value)
    assert wide.interval(0.9) == pytest.approx(tuple(2 * end for end in narrow.interval(0.9)))
    assert wide.p_two_sided() == pytest.approx(narrow.p_two_sided())


def test_faults_of_the_caller_are_sentences() -> None:
    with pytest.raises(ValueError, match="one difference and one cluster"):
        contrast([1.0, 0.0], [1])
    with pytest.raises(ValueError, match="one difference and one cluster"):
        contrast([], [])
    with pytest.raises(ValueError, match="outside -1 to 1"):
        contrast([1.5], [1])
    with pytest.raises(ValueError, match="level"):
        contrast([0.5], [1]).interval(1.0)


cases = st.lists(
    st.tuples(st.integers(0, 5), st.sampled_from([-2.0, -1.0, -0.5, 0.0, 0.1, 1.0, 2.0])),
    min_size=1,
    max_size=25,
)


@unhurried
@given(cases, st.randoms(use_true_random=False))
def test_properties_of_a_contrast(rows: list[tuple[int, float]], order: Any) -> None:
    clusters, changes = [c for c, _ in rows], [d for _, d in rows]
    found = contrast(changes, clusters, 2.0)
    low, high = found.interval(0.95)
    assert -2 <= low < high <= 2
    assert 0 <= found.p_two_sided() <= 1
    shuffled = list(rows)
    order.shuffle(shuffled)
    assert contrast([d for _, d in shuffled], [c for c, _ in shuffled], 2.0) == found
    swapped = contrast([-d for d in changes], clusters, 2.0)
    assert swapped.value == pytest.approx(-found.value)
    assert swapped.interval(0.95) == pytest.approx((-high, -low))
    assert swapped.p_two_sided() == pytest.approx(found.p_two_sided())


replies = st.lists(
    st.tuples(
        st.sampled_from([f"c{i}" for i in range(6)]),
        st.sampled_from(["answered", "refused", "invalid", "error"]),
        st.sampled_from([0.0, 0.3, 1.0]),
    ).map(lambda r: (r[0], f"p{int(r[0][1]) // 2}", "full", r[1], r[2])),
    max_size=25,
)


@unhurried
@given(replies, replies)
def test_it_is_the_paired_difference_of_the_statistics(a: list[Trial], b: list[Trial]) -> None:
    held = paired_values(Pair(Table(*a), Table(*b)), "s", ACCURACY)
    both = pl.concat(
        Table(*rows).whole.with_columns(arm=pl.lit(arm)) for arm, rows in (("A", a), ("B", b))
    )
    known = difference(both, blank("s", "accuracy", "", arm="A", control_arm="B"))
    if known.value is None:
        assert held.kept is None
        return
    assert held.kept is not None and held.least is not None and held.most is not None
    assert held.kept.value == pytest.approx(known.value)
    assert held.kept.interval(0.95) == pytest.approx((known.low, known.high))
    assert [held.least.value, held.most.value] == pytest.approx(
        [known.extra["bound_low"], known.extra["bound_high"]]
    )
    assert held.ends(0.95) == pytest.approx(tuple(known.extra["bound_interval"]))


@unhurried
@given(replies, replies, st.randoms(use_true_random=False))
def test_order_is_irrelevant_and_swapping_flips(a: list[Trial], b: list[Trial], order: Any) -> None:
    found = paired_values(Pair(Table(*a), Table(*b)), "s", ACCURACY)
    back = paired_values(Pair(Table(*b), Table(*a)), "s", ACCURACY)
    order.shuffle(a)
    again = paired_values(Pair(Table(*a), Table(*b)), "s", ACCURACY)
    assert again.kept == found.kept and again.table.equals(found.table)
    if found.kept is None or found.least is None or back.kept is None or back.most is None:
        assert found.kept is back.kept
        return
    assert back.kept.value == pytest.approx(-found.kept.value)
    assert back.most.value == pytest.approx(-found.least.value)


def test_the_difference_of_two_excesses() -> None:
    # Case 0: A 1 - 0, B 0 - 1: the difference is 2. Case 1: A 0.5 - 0.5, B 1 - 0: it is -1.
    a = Table(
        right("c0", 1), right("c0", 0, arm="blind"), right("c1", 1), right("c1", 0),
        right("c1", 0.5, arm="blind"),
    )  # fmt: skip
    b = Table(
        right("c0", 0), right("c0", 1, arm="blind"), right("c1", 1), right("c1", 0, arm="blind")
    )
    held = paired_values(Pair(a, b), "s", EXCESS)
    assert held.table["value"].to_list() == [2.0, -1.0]
    assert held.kept is not None and held.kept.reach == 2.0
    assert held.kept.value == pytest.approx(0.5)


def test_failed_calls_are_filled_both_ways() -> None:
    # The full arm: one of two replies lost, so 1/2 to 2/2. The blind: one lost, so 0 to 1.
    run = Table(right("c0", 1), lost("c0"), lost("c0", "blind"))
    found = case_values(run.whole, EXCESS)
    assert found["value"].to_list() == [None]
    assert (found["least"].item(), found["most"].item()) == (0.5 - 1, 1.0 - 0)
    plain = case_values(run.whole.filter(pl.col("arm") == "full"), ACCURACY)
    assert plain.select("value", "least", "most").row(0) == (1.0, 0.5, 1.0)


def test_nothing_shared_and_nothing_usable() -> None:
    apart = paired_values(Pair(Table(right("c0", 1)), Table(right("c1", 1))), "s", ACCURACY)
    assert apart.kept is None and apart.only == (1, 1) and apart.table.is_empty()
    failed = paired_values(Pair(Table(lost("c0")), Table(right("c0", 1))), "s", ACCURACY)
    assert failed.kept is None and failed.least is not None and failed.least.value == -1
    empty = paired_values(Pair(Table(), Table()), "s", EXCESS)
    assert empty.kept is None and empty.only == (0, 0)


def test_a_case_that_says_something_in_one_run_only_is_counted_apart() -> None:
    silent: list[Trial] = [("c1", "c1", "full", "", None), ("c2", "c2", "full", "", None)]
    a = Table(right("c0", 1), right("c1", 1), right("c2", 1), right("c3", 1), right("c5", 1))
    b = Table(right("c0", 0), *silent, right("c4", 1), ("c5", "c5", "full", "error", None))
    held = paired_values(Pair(a, b), "s", ACCURACY)
    assert (held.only, held.one_sided, len(held.table)) == ((1, 1), 2, 2)
    back = paired_values(Pair(b, a), "s", ACCURACY)
    assert (back.only, back.one_sided) == ((1, 1), 2)


def test_what_the_missing_could_take_away_or_a_target_chose_makes_no_claim() -> None:
    def claims(pair: Pair) -> Estimate:
        found = _estimate(pair, "s", ACCURACY, paired_values(pair, "s", ACCURACY))
        family = Family("all", (Endpoint("s", "accuracy"),))
        return adjusted([found], family, no_claim=_no_claim)[0]

    plain = claims(tables(20, 15, 2, 3))
    assert plain.extra["rejected"] is True and plain.p_adjusted == plain.extra["p_value"]
    assert plain.low is not None and plain.low > 0

    pair = tables(20, 15, 2, 3)
    gone = Pair(Table(*[t if i >= 8 else lost(t[0]) for i, t in enumerate(rows(pair.a))]), pair.b)
    lossy = claims(gone)
    assert lossy.low is not None and lossy.low > 0 > lossy.extra["bound_interval"][0]
    assert lossy.extra["p_value"] < 0.05
    assert lossy.extra["undecided"] and lossy.extra["rejected"] is False
    assert "could take the sign of the difference away" in lossy.note

    silent = Table(*[("c3", "c3", "full", "", None) if t[0] == "c3" else t for t in rows(pair.a)])
    chosen = claims(Pair(silent, pair.b))
    assert chosen.extra["p_value"] < 0.05 and chosen.extra["rejected"] is False
    assert "1 case that both runs finished can be read in one of them only" in chosen.note


def test_a_claim_needs_its_interval_too() -> None:
    words = {"low": -0.01, "high": 0.3, "extra": {"p_value": 0.03, "bound_interval": [-0.01, 0.3]}}
    found = msgspec.structs.replace(blank("s", "accuracy", ""), value=0.1, **words)
    assert _no_claim(found) == "an interval of it holds no difference"
    above = msgspec.structs.replace(found, extra={"p_value": 0.03, "bound_interval": [0.01, 0.3]})
    assert _no_claim(above) == ""


def test_groups_are_read_from_columns_and_labels() -> None:
    pair = tables(3, 1, 0, 1)
    for group, cases in [({"specialty": "lungs"}, 5), ({"sex": "f"}, 5), ({"sex": "m"}, 0)]:
        held = paired_values(pair, "s", ACCURACY, group)
        assert len(held.table) == cases, group


@pytest.mark.parametrize("name", ["a'b", 'a"b', "a.b", "a]b", "$", "", "é \\"])
def test_a_label_may_have_any_name(name: str) -> None:
    pair = tables(3, 1, 0, 1)
    for view in (pair.a, pair.b):
        labels = pl.when(pl.col("case_no") < 2).then(pl.lit(json.dumps({name: "x"})))
        view.whole = view.whole.with_columns(groups=labels)
    assert len(paired_values(pair, "s", ACCURACY, {name: "x"}).table) == 2
    assert len(paired_values(pair, "s", ACCURACY, {name: "y"}).table) == 0
