"""Beliefs of chains: rates that are rates, failures that count up, a memory that is tested."""

from __future__ import annotations

from collections.abc import Sequence
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from auscult.core.strategist import COUNTED, Chain, Lesson, Outcome, Remembered, Tried
from auscult.kit.belief import (
    ALL,
    AS_CHAIN,
    MOST_REMEMBERED,
    NONE,
    Beliefs,
    _mean,
    believe,
    count_of,
    drawn,
    learnt,
    weight_of,
)

NAMES = ("a", "b", "c")
FEATURES = ("long", "short", "numbers")
CHAINS: tuple[Chain, ...] = (("a",), ("b",), ("c",), ("a", "b"), ("b", "c"))
OUTCOMES: tuple[Outcome, ...] = ("broke", "held", "rejected", "error")

chains = st.sampled_from(CHAINS)
features = st.lists(st.sampled_from(FEATURES), unique=True).map(tuple)
tries = st.builds(Tried, chains, st.sampled_from(OUTCOMES))
lessons = st.builds(Lesson, features, st.lists(tries, max_size=5).map(tuple))
blocks = st.lists(lessons, max_size=12)


@st.composite
def memories(draw: st.DrawFn) -> list[Remembered]:
    found = []
    for feature, chain in draw(
        st.lists(st.tuples(st.sampled_from((ALL, *FEATURES)), chains), unique=True, max_size=8)
    ):
        count = draw(st.floats(0, 200))
        found.append(Remembered(feature, chain, count, count * draw(st.floats(0, 1))))
    return found


def known(memory: Sequence[Remembered], block: Sequence[Lesson]) -> Beliefs:
    return learnt(believe(memory), block)


@given(memories(), blocks, features, st.integers())
def test_what_is_drawn_is_a_rate_and_the_same_for_a_seed(
    memory: list[Remembered], block: list[Lesson], shown: tuple[str, ...], seed: int
) -> None:
    beliefs = known(memory, block)
    history = block[0].tried if block else ()
    rates = drawn(beliefs, shown, CHAINS, history, Random(seed))
    assert len(rates) == len(CHAINS) and all(0 <= rate <= 1 for rate in rates)
    assert rates == drawn(beliefs, shown, CHAINS, history, Random(seed))


@given(memories(), blocks, features, chains, st.booleans(), st.integers(1, 20))
def test_over_all_cases_more_failures_never_lower_what_is_expected(
    memory: list[Remembered], block: list[Lesson], shown: tuple[str, ...], chain: Chain,
    with_memory: bool, times: int,
) -> None:  # fmt: skip
    before = known(memory, block)
    for outcome, better in (("broke", 1), ("held", -1)):
        after = learnt(before, [Lesson(shown, (Tried(chain, outcome),))] * times)
        expected = [_mean(b, (), chain, memory=with_memory) for b in (before, after)]
        assert 0 < expected[0] < 1 and 0 < expected[1] < 1
        assert better * (expected[1] - expected[0]) >= -1e-12


@given(memories(), blocks, features, chains, st.booleans())
def test_what_is_expected_of_a_case_lies_between_the_rates_of_its_features(
    memory: list[Remembered], block: list[Lesson], shown: tuple[str, ...], chain: Chain,
    with_memory: bool,
) -> None:  # fmt: skip
    """Which of them matters is believed, so what is seen may move the one and the other way."""
    beliefs = known(memory, block)
    chain = chain[:1]  # of a chain never tried, its attacks' own features have their say
    alone = [_mean(beliefs, (), chain, memory=with_memory)]
    general = alone[0]
    for feature in shown:
        tries, broke = count_of(beliefs, feature, chain, with_memory)
        if tries:
            alone.append((broke + AS_CHAIN * general) / (tries + AS_CHAIN))
    expected = _mean(beliefs, shown, chain, memory=with_memory)
    assert min(alone) - 1e-6 <= expected <= max(alone) + 1e-6


@given(memories(), blocks, st.randoms(use_true_random=False))
def test_the_order_within_a_block_does_not_matter(
    memory: list[Remembered], block: list[Lesson], shuffling: Random
) -> None:
    shuffled = list(block)
    shuffling.shuffle(shuffled)
    one, other = known(memory, block), known(memory, shuffled)
    assert one.seen == other.seen
    assert (one.rate, one.rate_remembered) == (other.rate, other.rate_remembered)
    assert one.trust == pytest.approx(other.trust)


@given(blocks)
def test_every_try_that_was_answered_is_counted_once_per_feature(block: list[Lesson]) -> None:
    beliefs = known((), block)
    for feature in (ALL, *FEATURES):
        mine = [one for one in block if feature in (ALL, *one.features)]
        tried = [t for lesson in mine for t in lesson.tried if t.outcome in COUNTED]
        for chain in CHAINS:
            ours = [t for t in tried if t.chain == chain]
            broke = sum(t.outcome == "broke" for t in ours)
            assert beliefs.seen.get((feature, chain), NONE) == (len(ours), broke)


@given(memories(), blocks)
def test_learning_changes_nothing_that_was_known(
    memory: list[Remembered], block: list[Lesson]
) -> None:
    before = known(memory, block)
    seen = dict(before.seen)
    learnt(before, [Lesson(("long",), (Tried(("a",), "broke"),))])
    assert before.seen == seen


@given(memories())
def test_a_memory_counts_for_so_many_tries_and_keeps_its_share(memory: list[Remembered]) -> None:
    beliefs = believe(memory)
    for entry in memory:
        if not entry.tries:
            continue
        count, broke = beliefs.remembered[entry.feature, entry.chain]
        assert count <= MOST_REMEMBERED * (1 + 1e-9)
        assert broke / count == pytest.approx(entry.broke / entry.tries)


@given(blocks, features)
def test_without_a_memory_there_is_none_to_trust(
    block: list[Lesson], shown: tuple[str, ...]
) -> None:
    beliefs = known((), block)
    assert beliefs.trust == float("-inf") and beliefs.rate == beliefs.rate_remembered
    assert weight_of(beliefs, shown, [Tried(("a",), "broke")]) == 0


def test_a_memory_is_trusted_by_how_well_it_foretold() -> None:
    memory = [Remembered(ALL, (name,), 40, 36 if name == "a" else 1) for name in NAMES]
    as_told = Lesson((), (Tried(("b",), "held"), Tried(("a",), "broke")))
    otherwise = Lesson((), (Tried(("a",), "held"), Tried(("b",), "broke")))
    assert known(memory, [as_told]).trust > believe(memory).trust > known(memory, [otherwise]).trust


def test_a_chain_never_tried_is_believed_to_break_what_one_of_its_attacks_would() -> None:
    tried = [
        Lesson((), (Tried((name,), outcome),)) for name, outcome in (("a", "broke"), ("b", "held"))
    ]
    beliefs = known((), tried * 50)
    one, other, both = (_mean(beliefs, (), c, memory=False) for c in (("a",), ("b",), ("a", "b")))
    assert both == pytest.approx(1 - (1 - one) * (1 - other))


def test_the_less_is_known_the_wider_the_draws_scatter() -> None:
    few = [Lesson((), (Tried(("a",), "broke"), Tried(("b",), "held")))]
    spread = []
    for times in (1, 100):
        draws = sorted(
            drawn(known((), few * times), (), [("a",)], (), Random(seed))[0] for seed in range(200)
        )
        spread.append(draws[180] - draws[20])
    assert spread[1] < spread[0] / 3


def test_failures_on_other_kinds_of_case_raise_what_is_expected_of_this_one() -> None:
    """Six features of one case hold the same tries: their evidence must not be added up."""
    shown = tuple(f"feature-{n}" for n in range(6))
    chain = ("a",)
    tried = [Tried(chain, "broke")] * 3 + [Tried(chain, "held")] * 9
    before = learnt(believe(()), [Lesson(shown, (one,)) for one in tried])
    after = learnt(before, [Lesson(("another",), (Tried(chain, "broke"),))] * 20)
    expected = [_mean(b, shown, chain, memory=False) for b in (before, after)]
    assert 0.15 < expected[0] < 0.35
    assert expected[0] <= expected[1] < 0.6
