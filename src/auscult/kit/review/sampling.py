"""Which verdicts people read: a random sample with known chances, and those most worth a look.

*Random part.* Verdicts are stratified by suite and label. Places are given out by the square root
of a stratum's size (between equal and proportional shares; power allocation, Bankier 1988, with
power 1/2), at least `LEAST` each where there are as many. Within a stratum all are as likely: the
first in an order drawn from the seed. So the chance of being picked is drawn over there.

*Priority part.* Points by declared reasons, most first; ties in the drawn order. It is picked from
what the random part left over, so it never changes who is in that.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from heapq import heappush, heappushpop
from math import sqrt
from typing import Any, Generic, TypeVar

from auscult.core.errors import UsageError

LEAST = 2
POINTS = {
    "judges disagree": 3,
    "life-threatening": 3,
    "severe": 2,
    "unsure": 2,
    "near a conclusion": 1,
}
"""Why a verdict is worth a clinician's minute, and how much each reason counts. Our choice."""
FEW_FLIPS = 0.05
"""A conclusion is near that so small a share of its replies could take away."""


def place_of(seed: int, *key: object) -> float:
    """A number in [0, 1) that stands for a draw: the same for the same seed and key, wherever and
    in whatever order it is asked for."""
    text = "\0".join(str(part) for part in (seed, *key))
    digest = hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def allocate(sizes: Mapping[str, int], sample: int) -> dict[str, int]:
    """How many of each stratum; at least one of each, else some verdicts had no chance."""
    strata = {name: size for name, size in sorted(sizes.items()) if size > 0}
    if not strata or sample == 0:
        return {}
    if sample < len(strata):
        raise UsageError(
            f"--sample {sample} leaves kinds of verdicts without a chance: there are "
            f"{len(strata)} (suite, label and, of an import, model), so ask for at least that many"
        )
    least = LEAST if sample >= sum(min(LEAST, size) for size in strata.values()) else 1
    given = {name: min(least, size) for name, size in strata.items()}
    total = min(sample, sum(strata.values()))
    while (left := total - sum(given.values())) > 0:
        open_ = {name: sqrt(size) for name, size in strata.items() if given[name] < size}
        whole = sum(open_.values())
        shares = {name: left * weight / whole for name, weight in open_.items()}
        steps = {n: min(int(share), strata[n] - given[n]) for n, share in shares.items()}
        if not any(steps.values()):
            # What is left is less than a place each: to the largest remainders.
            ranked = sorted(shares, key=lambda n: (-(shares[n] - int(shares[n])), n))
            steps = dict.fromkeys(ranked[:left], 1)
        for name, step in steps.items():
            given[name] += step
    return given


T = TypeVar("T")


class Lowest(Generic[T]):
    """The `most` items with the lowest ranks of any number of them."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._heap: list[tuple[Any, int, T]] = []
        self._seen = 0

    def add(self, rank: tuple[float, ...], item: T) -> None:
        self._seen += 1
        entry = (tuple(-part for part in rank), -self._seen, item)
        if len(self._heap) < self._most:
            heappush(self._heap, entry)
        elif self._most:
            heappushpop(self._heap, entry)

    def items(self) -> list[T]:
        return [item for _, _, item in sorted(self._heap, key=lambda e: (e[0], e[1]), reverse=True)]


def points(reasons: Iterable[str]) -> int:
    return sum(POINTS[reason] for reason in reasons)


def flips(low: float, high: float, n: int) -> int | None:
    """How many replies would have to be read the other way, about, for an interval of a difference
    that excludes 0 to reach it, or for one that touches 0 to leave it. The interval is taken to
    shift and to keep its width: a rule of thumb to choose what to read, not a test."""
    if not n:
        return None
    gap = low if low > 0 else -high if high < 0 else min(-low, high)
    return max(1, round(gap * n + 0.5))


def is_near(low: float, high: float, n: int) -> bool:
    needed = flips(low, high, n)
    return needed is not None and needed <= max(1, FEW_FLIPS * n)


def twice(keys: Sequence[str], share: float, seed: int) -> set[str]:
    """The share of the items that two people read, drawn at random whatever part they are of."""
    ranked = sorted(keys, key=lambda key: place_of(seed, "twice", key))
    return set(ranked[: round(share * len(ranked))])
