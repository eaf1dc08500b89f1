"""Keeps an archive of what works on which kind of case, and recombines and mutates it.

Quality and diversity, after the idea of MAP-Elites (2015), our own version: the archive has a cell
for every feature of a case and one for all cases. A cell's elites are the chains that broke most of
what they were tried on there, in earlier blocks of cases, and in the memory as far as that has
foretold this target well. A round tries the best elite of the case's cells that is on offer, or a
child: two elites crossed into one chain, or an elite with one attack swapped for another. A share
of the rounds explores. What the archive says nothing of, or says the same of, is settled by draws
from what is believed (kit/belief.py), as for the bandit.

Where a model writes the words of an attack, wording is evolved too. The archive keeps, per cell and
attack, how the words were put that broke answers last. In most rounds the writer is told one
wording, to vary it, or two, to put them together; in the others it writes afresh. What it makes of
them is checked like all that it writes.

What the archive counts is where to look, and never a rate of the target.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.mutant import Rng
from auscult.core.protocols import Arm, RoleNeed
from auscult.core.strategist import Chain, Choice, Lesson, Remembered, View
from auscult.kit.attack.wording import broken_by, with_newest
from auscult.kit.belief import ALL, Beliefs, Count, believe, count_of, drawn, learnt, memory_used
from auscult.kit.options import parse_options

SMOOTHED = 3.0
"""Tries that a chain's successes in a cell are held to its successes everywhere with."""
TOGETHER = 0.5
"""The share of tellings that tell two wordings, where there are two."""


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    explore: float = 0.02
    """The share of rounds that try anything on offer."""
    vary: float = 0.1
    """The share of rounds that try a child of the elites, where there is one."""
    elites: int = 4
    """Of a cell."""
    wording: float = 0.8
    """The share of rounds in which a writer is told wordings that worked, where there are any."""

    def __post_init__(self) -> None:
        if not (0 <= self.explore <= 1 and 0 <= self.vary <= 1 and self.explore + self.vary <= 1):
            raise ValueError("explore and vary are shares of the rounds; give two that add up to 1")
        if not 0 <= self.wording <= 1:
            raise ValueError(f"wording is {self.wording}; give a share of the rounds, 0 to 1")
        if not 1 <= self.elites <= 100:
            raise ValueError(f"elites is {self.elites}; give 1 to 100")


def build(options: Mapping[str, Any]) -> EvolveStrategist:
    return EvolveStrategist(parse_options(options, Options, "strategist 'evolve'"))


Wordings = Mapping[tuple[str, str], tuple[str, ...]]
"""By feature of the case and attack."""


class Archive(msgspec.Struct, frozen=True):
    beliefs: Beliefs
    cells: Mapping[str, tuple[Chain, ...]]
    """The elites of each, the best first, of what was seen of this target."""
    cells_remembered: Mapping[str, tuple[Chain, ...]]
    """The same with what the memory tells."""
    wordings: Wordings = {}
    """That broke answers to cases of a kind under an attack, the newest first."""
    wordings_remembered: Wordings = {}
    """Of earlier audits."""


class EvolveStrategist:
    name = "evolve"
    version = "1"
    roles: tuple[RoleNeed, ...] = ()
    calls = 0

    def __init__(self, options: Options) -> None:
        self._options = options

    def start(self, memory: Sequence[Remembered]) -> Archive:
        remembered = {
            (entry.feature, entry.chain[0]): entry.words
            for entry in memory
            if entry.words and len(entry.chain) == 1
        }
        return self._archived(believe(memory), {}, remembered)

    def learn(self, known: Archive, lessons: Sequence[Lesson]) -> Archive:
        wordings = dict(known.wordings)
        for features, attack, words in broken_by(lessons):
            for feature in (ALL, *features):
                kept = wordings.get((feature, attack), ())
                wordings[feature, attack] = with_newest(kept, words)
        return self._archived(learnt(known.beliefs, lessons), wordings, known.wordings_remembered)

    async def choose(self, view: View, known: Archive, arm: Arm, rng: Rng) -> Choice | None:
        if not view.offered:
            return None
        memory = memory_used(known.beliefs, view.features, view.history, rng)
        choice = self._picked(view, known, memory, rng)
        parents = self._parents(view, known, choice.chain, memory, rng)
        return msgspec.structs.replace(choice, parents=parents) if parents else choice

    def _picked(self, view: View, known: Archive, memory: bool, rng: Rng) -> Choice:
        options, beliefs = self._options, known.beliefs
        way = rng.random()
        if way < options.explore:
            rarest = _rarest(beliefs, view, memory=memory)
            return Choice(_best(beliefs, view, rarest, rng), "explores: seldom tried on such cases")
        cells = known.cells_remembered if memory else known.cells
        elites = list(dict.fromkeys(e for f in (*view.features, ALL) for e in cells.get(f, ())))
        if way < options.explore + options.vary and (children := _children(elites, view.offered)):
            return Choice(_best(beliefs, view, children, rng), "a child of what works")
        if on_offer := [chain for chain in view.offered if chain in elites]:
            merits = [_merit(beliefs, view.features, chain, memory) for chain in on_offer]
            # To a tenth: what differs by less was not tried often enough to be told apart.
            most = round(max(merits), 1)
            alike = [
                c for c, merit in zip(on_offer, merits, strict=True) if round(merit, 1) == most
            ]
            return Choice(_best(beliefs, view, alike, rng), "among what works best on such cases")
        return Choice(_best(beliefs, view, view.offered, rng), "nothing is known to work here")

    def _parents(
        self, view: View, known: Archive, chain: Chain, memory: bool, rng: Rng
    ) -> tuple[str, ...]:
        """Of the first attack of the chain that a model writes for: one wording, or two."""
        attack = next((name for name in chain if name in view.written), "")
        held = (known.wordings, known.wordings_remembered) if memory else (known.wordings,)
        cells = [(feature, attack) for feature in (*view.features, ALL)]
        found = dict.fromkeys(
            words for wordings in held for cell in cells for words in wordings.get(cell, ())
        )
        if not found or rng.random() >= self._options.wording:
            return ()
        together = len(found) > 1 and rng.random() < TOGETHER
        return tuple(rng.sample(list(found), 2 if together else 1))

    def _archived(self, beliefs: Beliefs, wordings: Wordings, remembered: Wordings) -> Archive:
        cells, with_memory = (self._cells(beliefs, memory=memory) for memory in (False, True))
        return Archive(beliefs, cells, with_memory, wordings, remembered)

    def _cells(self, beliefs: Beliefs, *, memory: bool) -> dict[str, tuple[Chain, ...]]:
        """Of each, the chains that broke something there, and more than chains do in general."""
        found: dict[str, list[tuple[float, Chain]]] = {}
        counts = {**beliefs.remembered, **beliefs.seen} if memory else beliefs.seen
        for feature, chain in counts:
            shown = (feature,) if feature != ALL else ()
            merit = _merit(beliefs, shown, chain, memory)
            _, broke = count_of(beliefs, feature, chain, memory)
            if broke > 0 and merit >= beliefs.overall(memory=memory):
                found.setdefault(feature, []).append((-merit, chain))
        most = self._options.elites
        return {
            cell: tuple(chain for _, chain in sorted(all_)[:most]) for cell, all_ in found.items()
        }


def _rarest(beliefs: Beliefs, view: View, *, memory: bool) -> list[Chain]:
    features = view.features or (ALL,)
    often = [
        sum(count_of(beliefs, feature, chain, memory)[0] for feature in features)
        for chain in view.offered
    ]
    least = min(often)
    return [chain for chain, tries in zip(view.offered, often, strict=True) if tries == least]


def _children(elites: Sequence[Chain], offered: Sequence[Chain]) -> list[Chain]:
    """Of what is on offer: two elites crossed, and elites with one attack swapped for another."""
    parts = {name for elite in elites for name in elite}
    return [
        chain for chain in offered
        if chain not in elites
        and ((len(chain) > 1 and parts.issuperset(chain)) or any(_swapped(chain, elites)))
    ]  # fmt: skip


def _swapped(chain: Chain, elites: Sequence[Chain]) -> Iterator[bool]:
    for elite in elites:
        yield len(elite) == len(chain) == 1 + len(set(chain) & set(elite))


def _best(beliefs: Beliefs, view: View, chains: Sequence[Chain], rng: Rng) -> Chain:
    if len(chains) == 1:
        return chains[0]
    rates = drawn(beliefs, view.features, chains, view.history, rng)
    return chains[max(range(len(chains)), key=rates.__getitem__)]


def _merit(beliefs: Beliefs, features: Sequence[str], chain: Chain, memory: bool) -> float:
    """How well a chain does in these cells, one with another. It orders, and is told nobody."""
    held = beliefs.overall(memory=memory)
    general = _smoothed(count_of(beliefs, ALL, chain, memory), held)
    if not features:
        return general
    each = [_smoothed(count_of(beliefs, feature, chain, memory), general) for feature in features]
    return sum(each) / len(each)


def _smoothed(count: Count, towards: float) -> float:
    tries, broke = count
    return (broke + SMOOTHED * towards) / (tries + SMOOTHED)
