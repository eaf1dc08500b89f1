"""Mutants of a search whose words a model writes, and what a verifier lets through of them.

A writer is asked where the chain gets to its attack, once and once more for each. Where its words
cannot be used the try is rejected, and nobody is asked. What it wrote is kept, so that every later
asking of the same edit is of the same words.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, TextAttack
from auscult.core.protocols import Bench
from auscult.kit.attack import verify
from auscult.kit.attack.agent import WRITTEN, Worded, Written, words_of, written
from auscult.kit.attack.asking import prompt_of
from auscult.kit.attack.chain import conflict, joined, named_faults, stepped
from auscult.kit.attack.drawn import Pair
from auscult.kit.search.moves import IN_A_CHAIN
from auscult.kit.search.mutants import REDRAWS, Made, drawn_steps
from auscult.kit.search.table import SEARCH


class Desk:
    """Of one case: who writes for its search and who verifies, and what they did so far."""

    def __init__(self, bench: Bench, case: Case, asked: Iterable[Pair]) -> None:
        """`asked` are pairs of the case that have passed: their words are not used once more."""
        self._bench, self._case = bench, case
        self._known: set[str] = set()
        self._passed: set[str] = set()
        for pair in asked:
            if pair.mutant is not None and pair.control is not None:
                self._known.add(words_of(case, pair.mutant))
                self._passed |= {prompt_of(pair.mutant), prompt_of(pair.control)}

    async def make(
        self, attacks: Sequence[TextAttack], number: int, parents: Sequence[str] = ()
    ) -> Made:
        """Of a chain in which a model writes. Variants are drawn anew only until it is asked."""
        rng = self._bench.rng(f"{SEARCH} {number}")
        refused: tuple[str, ...] = (conflict(attacks),)
        for _ in range(0 if refused[0] else REDRAWS):
            variants, seeds = drawn_steps(self._case, attacks, rng)
            made, asked = await self._chained(attacks, variants, seeds, number, parents)
            if made.mutant is not None or asked:
                return made
            refused = made.rejected
        return Made(tuple(attacks), rejected=refused)

    async def _chained(
        self,
        attacks: Sequence[TextAttack],
        variants: Sequence[int],
        seeds: Sequence[int],
        number: int,
        parents: Sequence[str],
    ) -> tuple[Made, bool]:
        """What came of it, and whether the writer was asked."""
        current = self._case
        made: list[Mutant] = []
        words: list[Any] = []
        wordings: list[str] = []
        asked = False
        for place, (attack, variant, seed) in enumerate(zip(attacks, variants, seeds, strict=True)):
            if isinstance(attack, Written) and not attack.unfit(current):
                step = number * IN_A_CHAIN + place
                got = await self._written(current, attack, variant, seed, step, parents)
                parents, asked = (), True
            else:
                mutant, wrong = stepped(current, attack, variant, Rng(seed), original=self._case)
                got = Worded(mutant, wrong=wrong)
            if got.mutant is None:
                return Made(tuple(attacks), rejected=got.wrong), asked
            words.append(got.words)
            wordings.append(got.wording)
            made.append(got.mutant)
            current = got.mutant.case
        whole = Made(
            tuple(attacks), tuple(variants), tuple(seeds), tuple(words),
            joined(self._case, made), wordings=tuple(wordings),
        )  # fmt: skip
        return whole, asked

    async def _written(
        self,
        case: Case,
        attack: Written,
        variant: int,
        seed: int,
        step: int,
        parents: Sequence[str],
    ) -> Worded:
        arm = self._bench.arm(SEARCH + WRITTEN, step)
        place = variant % attack.variants(case)
        got = await written(
            case, attack, place, arm, lambda: Rng(seed), self._known, parents, self._case
        )
        return msgspec.structs.replace(got, wrong=named_faults(attack, got.wrong))

    async def refused(self, arm: str, repeat: int, chain: str, shown: Mapping[str, Mutant]) -> str:
        """Why the verifier, where one is bound, lets one of these not pass, by step; empty where it
        passes them all. What it has passed on this case it is not asked again."""
        if verify.ROLE not in self._bench.roles:
            return ""
        fresh = {step: one for step, one in shown.items() if prompt_of(one) not in self._passed}
        if not fresh:
            return ""
        place = self._bench.arm(arm + verify.VERIFIED, repeat)
        wrong = await verify.ruled(place, chain, fresh)
        if not wrong:
            self._passed.update(map(prompt_of, fresh.values()))
        return wrong
