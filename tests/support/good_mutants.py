"""Valid mutants to start from: of every attack over the pack, and rewritings put together anew."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path
from random import Random
from typing import Literal, NamedTuple

from msgspec.structs import replace

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.mutant import Mutant, TextAttack
from auscult.kit.attack.authored import edits_of
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.gate import faults
from auscult.kit.attack.spans import sentence_ends

Sort = Literal["span", "unauthored", "rewriting"]
"""Unauthored are edits by spans without the promise that their words are the author's: what a model
would write."""
AUTHORED = ("options-authored", "inserts-authored")


class Good(NamedTuple):
    original: Case
    mutant: Mutant
    attack: TextAttack


class Pool(NamedTuple):
    goods: Sequence[Good]
    sentences: Sequence[tuple[str, str]]
    """Those of all stems but the first of each, with the specialty they are of."""


def pack() -> list[Case]:
    loader = registry.module_of("data", "pack").build()
    return list(loader.load(Path("knowledge"), {"edits": True}))


def text_attacks(prefix: str = "robustness/") -> dict[str, TextAttack]:
    """Those that are built without options."""
    found = {}
    for name in sorted(registry.plugins("attacks")):
        attack = registry.build("attacks", name) if name.startswith(prefix) else None
        if isinstance(attack, TextAttack):
            found[name] = attack
    return found


def made(attack: TextAttack, cases: Sequence[Case], most: int = 4) -> Iterator[Good]:
    for case in cases:
        if not attack.unfit(case):
            for variant in range(min(most, attack.variants(case))):
                yield Good(case, attack.edit(case, variant, Random(f"{case.id}/{variant}")), attack)


def crossed(attack: TextAttack, cases: Sequence[Case]) -> Iterator[Good]:
    """Rewritings whose stem is in one wording and whose question in another: as valid as each
    alone, and many more."""
    for case in cases:
        if attack.unfit(case):
            continue
        wordings = [(case.stem, case.question)]
        wordings += [(p.stem, p.question) for p in edits_of(case).paraphrases]
        base = attack.edit(case, 0, Random(0))
        for stem in dict.fromkeys(stem for stem, _ in wordings):
            for question in dict.fromkeys(question for _, question in wordings):
                if (stem, question) != wordings[0]:
                    yield Good(case, reworded(base, stem, question), attack)


def sentences_of(text: str) -> list[str]:
    starts = [0, *sentence_ends(text)]
    pieces = (text[a:b].strip() for a, b in zip(starts, [*starts[1:], len(text)], strict=True))
    return [piece for piece in pieces if piece]


@cache
def pools() -> dict[Sort, Pool]:
    cases = pack()
    sentences = [(s, c.brief.specialty) for c in cases for s in sentences_of(c.stem)[1:]]
    found: dict[Sort, list[Good]] = {"span": [], "unauthored": [], "rewriting": []}
    for attack in text_attacks().values():
        if attack.needs == ("paraphrases",):
            found["rewriting"] += _valid(crossed(attack, cases))
        else:
            goods = _valid(made(attack, cases))
            found["span"] += goods
            if set(attack.invariants) & set(AUTHORED):
                free = _of_nobody(attack)
                found["unauthored"] += [good._replace(attack=free) for good in goods]
    return {sort: Pool(goods, sentences) for sort, goods in found.items()}


def _of_nobody(attack: TextAttack) -> TextAttack:
    kept = tuple(name for name in attack.invariants if name not in AUTHORED)
    assert isinstance(attack, ClosedAttack)
    return replace(attack, invariants=kept)


def _valid(goods: Iterator[Good]) -> list[Good]:
    return [good for good in goods if not faults(*good)]


def reworded(mutant: Mutant, stem: str, question: str) -> Mutant:
    text = f"{stem} {question}"
    kept = tuple(m for m in mutant.case.measurements if text.count(m.text) == 1)
    return replace(
        mutant, case=replace(mutant.case, stem=stem, question=question, measurements=kept)
    )
