"""What is believed of how often each chain of attacks breaks each kind of case, from counts.

A chain has one rate over all cases and one for every feature that a case shows; the second is drawn
towards the first, and where nothing of it was tried, is the first. A chain of several attacks that
was never tried is believed to break what one of them would. What an earlier audit remembers enters
as counts of its own, capped, so that what is seen now outweighs it. Whether it holds of this target
at all is believed by how well it foretold what was seen: two views are held, with the memory and
without, and each is used as often as it is likely to be the better one.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from math import exp, lgamma, log

import msgspec

from auscult.core.mutant import Rng
from auscult.core.strategist import COUNTED, Chain, Lesson, Remembered, Tried

Count = tuple[float, float]
"""(tries, broken answers)"""
Counts = Mapping[tuple[str, Chain], Count]
ALL = ""
"""The feature that every case shows."""
AS_OVERALL = 2.0
"""What a chain's rate over all cases is held to that of all chains with, in tries."""
AS_CHAIN = 3.0
"""What its rate for a feature is held to its rate over all with."""
FIRST = (0.6, 3.0)
"""Before anything is known: broken answers, tries."""
MOST_REMEMBERED = 12.0
"""Tries of one feature and chain that a memory may count for."""
TRUST = log(1.5)
"""A memory is taken to hold, three to two, until the target speaks: more would find the first
failure sooner where it holds, and cost more where it misleads."""
NONE: Count = (0.0, 0.0)


class Beliefs(msgspec.Struct, frozen=True):
    seen: Counts
    remembered: Counts
    trust: float
    """Log odds that the memory holds of this target."""
    rate: float
    """Over all chains and cases, of what was seen here."""
    rate_remembered: float
    """The same with the memory."""

    def overall(self, *, memory: bool) -> float:
        return self.rate_remembered if memory else self.rate


def believe(memory: Sequence[Remembered]) -> Beliefs:
    counts: dict[tuple[str, Chain], Count] = {}
    for entry in memory:
        if entry.tries > 0:
            share = min(1.0, MOST_REMEMBERED / entry.tries)
            counts[entry.feature, entry.chain] = (entry.tries * share, entry.broke * share)
    return _with_rates({}, counts, TRUST if counts else float("-inf"))


def learnt(beliefs: Beliefs, lessons: Sequence[Lesson]) -> Beliefs:
    """After a block: its cases in their order, none of which saw another."""
    seen = dict(beliefs.seen)
    trust = beliefs.trust
    for lesson in lessons:
        trust += weight_of(beliefs, lesson.features, lesson.tried)
        for tried in lesson.tried:
            if tried.outcome in COUNTED:
                for feature in (ALL, *lesson.features):
                    tries, broke = seen.get((feature, tried.chain), NONE)
                    key = (feature, tried.chain)
                    seen[key] = (tries + 1, broke + (tried.outcome == "broke"))
    return _with_rates(seen, beliefs.remembered, trust)


def _with_rates(seen: Counts, remembered: Counts, trust: float) -> Beliefs:
    rates = []
    broke, tries = FIRST
    for counts in (seen, remembered):
        for (feature, _), (more, broken) in counts.items():
            if feature == ALL:
                tries, broke = tries + more, broke + broken
        rates.append(broke / tries)
    return Beliefs(seen, remembered, trust, rates[0], rates[1])


def weight_of(beliefs: Beliefs, features: Sequence[str], tried: Iterable[Tried]) -> float:
    """How much more likely the memory makes what was seen, as log odds."""
    if not beliefs.remembered:
        return 0.0
    total = 0.0
    for one in tried:
        if one.outcome in COUNTED:
            with_it = _mean(beliefs, features, one.chain, memory=True)
            without = _mean(beliefs, features, one.chain, memory=False)
            if one.outcome == "held":
                with_it, without = 1 - with_it, 1 - without
            total += log(with_it) - log(without)
    return total


def memory_used(
    beliefs: Beliefs, features: Sequence[str], history: Iterable[Tried], rng: Rng
) -> bool:
    """Drawn for this time: as often as the memory is likely to hold of this target."""
    if not beliefs.remembered:
        return False
    odds = beliefs.trust + weight_of(beliefs, features, history)
    return rng.random() < 1 / (1 + exp(-max(-700.0, odds)))


def drawn(
    beliefs: Beliefs,
    features: Sequence[str],
    chains: Sequence[Chain],
    history: Sequence[Tried],
    rng: Rng,
) -> list[float]:
    """A rate for every chain, drawn from what is believed (Thompson sampling): the less is known
    of a chain, the wider it scatters."""
    memory = memory_used(beliefs, features, history, rng)
    overall = beliefs.overall(memory=memory)
    singles: dict[str, float] = {}
    rates = []
    for chain in chains:
        for name in chain:
            if name not in singles:
                singles[name] = _draw(beliefs, features, (name,), overall, memory, rng)
        held = _combined(singles[name] for name in chain)
        if len(chain) > 1:
            held = _draw(beliefs, features, chain, held, memory, rng)
        rates.append(held)
    return rates


def _draw(
    beliefs: Beliefs,
    features: Sequence[str],
    chain: Chain,
    prior: float,
    memory: bool,
    rng: Rng,
) -> float:
    tries, broke = count_of(beliefs, ALL, chain, memory)
    general = _beta(broke + AS_OVERALL * prior, tries - broke + AS_OVERALL * (1 - prior), rng)
    parts = []
    for feature in features:
        tries, broke = count_of(beliefs, feature, chain, memory)
        if tries:
            own = _beta(broke + AS_CHAIN * general, tries - broke + AS_CHAIN * (1 - general), rng)
            parts.append((own, _tells(tries, broke, general)))
    return _blended(general, parts)


def _mean(beliefs: Beliefs, features: Sequence[str], chain: Chain, *, memory: bool) -> float:
    """The rate that is expected, held away from 0 and 1."""
    prior = beliefs.overall(memory=memory)
    if len(chain) > 1:
        prior = _combined(_mean(beliefs, features, (name,), memory=memory) for name in chain)
    tries, broke = count_of(beliefs, ALL, chain, memory)
    general = (broke + AS_OVERALL * prior) / (tries + AS_OVERALL)
    parts = []
    for feature in features:
        tries, broke = count_of(beliefs, feature, chain, memory)
        if tries:
            own = (broke + AS_CHAIN * general) / (tries + AS_CHAIN)
            parts.append((own, _tells(tries, broke, general)))
    return _blended(general, parts)


def _tells(tries: float, broke: float, general: float) -> float:
    """How much more likely what was seen of a feature is with a rate of its own than with the
    general one, as log odds."""
    general = min(max(general, LEAST), 1 - LEAST)
    a, b = AS_CHAIN * general, AS_CHAIN * (1 - general)
    own = _log_beta(a + broke, b + tries - broke) - _log_beta(a, b)
    return own - broke * log(general) - (tries - broke) * log(1 - general)


def _blended(general: float, parts: Sequence[tuple[float, float]]) -> float:
    """One of the rates, each as often as its feature is likely to be the one that matters; the
    general one where none does. Features of a case overlap, so their evidence is not added up."""
    if not parts:
        return general
    most = max(0.0, max(tells for _, tells in parts))
    weights = [exp(-most), *(exp(tells - most) for _, tells in parts)]
    rates = [general, *(rate for rate, _ in parts)]
    value = sum(w * _logit(rate) for w, rate in zip(weights, rates, strict=True)) / sum(weights)
    return _expit(value)


def _log_beta(a: float, b: float) -> float:
    return lgamma(a) + lgamma(b) - lgamma(a + b)


def count_of(beliefs: Beliefs, feature: str, chain: Chain, memory: bool) -> Count:
    """What was seen here, and with `memory` what it tells too."""
    tries, broke = beliefs.seen.get((feature, chain), NONE)
    if memory:
        more, broken = beliefs.remembered.get((feature, chain), NONE)
        return tries + more, broke + broken
    return tries, broke


def _combined(rates: Iterable[float]) -> float:
    """At least one of several breaks it."""
    held = 1.0
    for rate in rates:
        held *= 1 - rate
    return 1 - held


LEAST = 1e-4


def _beta(broke: float, held: float, rng: Rng) -> float:
    return rng.betavariate(max(broke, LEAST), max(held, LEAST))


def _logit(rate: float) -> float:
    rate = min(max(rate, LEAST), 1 - LEAST)
    return log(rate / (1 - rate))


def _expit(value: float) -> float:
    return 1 / (1 + exp(-value))
