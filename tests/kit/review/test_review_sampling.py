"""Who is picked: every verdict has a chance, it is the stated one, and order is no matter."""

from __future__ import annotations

import random

import pytest

from auscult.core.errors import UsageError
from auscult.kit.review.sampling import (
    Lowest,
    allocate,
    flips,
    is_near,
    place_of,
    points,
    twice,
)


def test_rare_verdicts_are_seen() -> None:
    given = allocate({"common": 9_900, "rare": 100, "rarest": 1, "none": 0}, 110)
    assert sum(given.values()) == 110 and given["rarest"] == 1
    assert given["rare"] == 11 and given["common"] == 98, (
        "about ten to one, where sizes are 99 to 1"
    )


@pytest.mark.parametrize("seed", range(20))
def test_allocation_fills_the_sample_and_no_more(seed: int) -> None:
    rng = random.Random(seed)
    sizes = {f"s{n}": rng.randint(1, 300) for n in range(rng.randint(1, 8))}
    sample = rng.randint(len(sizes), 500)
    given = allocate(sizes, sample)
    assert sum(given.values()) == min(sample, sum(sizes.values()))
    assert all(1 <= given[name] <= size for name, size in sizes.items())


def test_too_small_a_sample_is_refused() -> None:
    with pytest.raises(UsageError, match="without a chance: there are 3"):
        allocate({"a": 5, "b": 5, "c": 5}, 2)
    assert allocate({"a": 5}, 0) == {} and allocate({}, 10) == {}


def test_each_is_picked_as_often_as_its_chance_says() -> None:
    times = [0] * 10
    for seed in range(2_000):
        lowest: Lowest[int] = Lowest(3)
        for item in range(10):
            lowest.add((place_of(seed, "case", item),), item)
        for item in lowest.items():
            times[item] += 1
    # Binomial with p = 0.3: five standard deviations are 102.
    assert sum(times) == 6_000 and all(abs(count - 600) < 102 for count in times)


def test_the_lowest_are_kept_in_order_whatever_comes_first() -> None:
    ranks = [(-3, 0.5), (0, 0.1), (-3, 0.2), (-1, 0.9), (0, 0.05)]
    for order in (ranks, ranks[::-1]):
        lowest: Lowest[tuple[float, float]] = Lowest(3)
        for rank in order:
            lowest.add(rank, rank)
        assert lowest.items() == [(-3, 0.2), (-3, 0.5), (-1, 0.9)]
    nothing: Lowest[int] = Lowest(0)
    nothing.add((1.0,), 1)
    assert nothing.items() == []


def test_near_a_conclusion() -> None:
    assert flips(0.01, 0.2, 100) == flips(-0.2, -0.01, 100) == 2
    assert flips(-0.01, 0.2, 100) == 2, "one that just touches 0 is as near"
    assert is_near(0.01, 0.2, 100) and not is_near(0.3, 0.5, 100)
    assert flips(0.1, 0.2, 0) is None and not is_near(0.1, 0.2, 0)


def test_points_and_pairs() -> None:
    assert points(("judges disagree", "near a conclusion")) == 4
    keys = [f"k{n}" for n in range(40)]
    pairs = twice(keys, 0.25, 7)
    assert len(pairs) == 10 and pairs == twice(keys[::-1], 0.25, 7) != twice(keys, 0.25, 8)
    assert place_of(1, "é\ud800") == place_of(1, "é\ud800")
