"""The rounds of one case: pick, make, gate, ask; until the answer breaks or nothing is left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.mutant import TextAttack
from auscult.core.protocols import Arm, Bench
from auscult.core.strategist import Chain, Choice, Strategist, Tried, View
from auscult.core.verdict import Verdict
from auscult.kit.attack.arms import asked
from auscult.kit.attack.chain import JOINT
from auscult.kit.search.moves import offered
from auscult.kit.search.mutants import Made, control_for, fewer, make
from auscult.kit.search.table import (
    FAULTS_JOINT,
    FEWER,
    FEWER_CONTROL,
    FRESH,
    FRESH_CONTROL,
    SEARCH,
    STRATEGIST,
    outcome_of,
)

AFRESH = 2
"""How often what broke an answer is asked again before it is called a finding, and its control."""
NOT_OFFERED = "not among those on offer"


class Hunt(msgspec.Struct):
    """What a search is given."""

    case: Case
    features: tuple[str, ...]
    fit: Sequence[TextAttack]
    strategist: Strategist
    known: Any
    rounds: int
    chains_from: int
    menu: Mapping[str, str]


async def hunted(bench: Bench, hunt: Hunt) -> Made | None:
    """What broke the answer, if anything did."""
    history: list[Tried] = []
    by_name = {attack.name: attack for attack in hunt.fit}
    arm = bench.arm(STRATEGIST)
    found: Made | None = None
    number = 0
    for number in range(1, hunt.rounds + 1):
        choice = await _choice(bench, hunt, history, number, arm)
        if choice is None:
            break
        labels = {"chain": JOINT.join(choice.chain), "round": number, "why": choice.why}
        if choice.faults:
            labels["faults"] = FAULTS_JOINT.join(choice.faults)
        if not _is_offered(hunt, history, number, choice.chain):
            history.append(Tried(choice.chain, "rejected", 0.0, NOT_OFFERED))
            bench.arm(SEARCH, number).record(rejected=NOT_OFFERED, **labels)
            continue
        attacks = [by_name[name] for name in choice.chain]
        made = make(hunt.case, attacks, bench.rng(f"{SEARCH} {number}"))
        tried = await _tried(bench, made, choice.chain, number, labels)
        history.append(tried)
        if tried.outcome == "broke":
            found = made
            break
    arm.record(strategist=hunt.strategist.name, rounds=number, searched=True)
    return found


async def _choice(
    bench: Bench, hunt: Hunt, history: Sequence[Tried], number: int, arm: Arm
) -> Choice | None:
    chains = offered(hunt.fit, history, number, hunt.chains_from)
    if not chains:
        return None
    view = View(
        _shown(hunt.case), hunt.features, chains, tuple(history), number, hunt.rounds, hunt.menu
    )  # fmt: skip
    return await hunt.strategist.choose(view, hunt.known, arm, bench.rng(f"{STRATEGIST} {number}"))


def _shown(case: Case) -> Case:
    """A strategist is not told the key, nor what the author wrote of the case."""
    brief = Brief(specialty=case.brief.specialty, difficulty=case.brief.difficulty)
    return msgspec.structs.replace(case, brief=brief)


def _is_offered(hunt: Hunt, history: Sequence[Tried], number: int, chain: Chain) -> bool:
    return chain in offered(hunt.fit, history, number, hunt.chains_from)


async def _tried(
    bench: Bench, made: Made, chain: Chain, number: int, labels: Mapping[str, Any]
) -> Tried:
    if made.mutant is None:
        why = "; ".join(made.rejected)
        bench.arm(SEARCH, number).record(rejected=why, outcome="rejected", **labels)
        return Tried(chain, "rejected", 0.0, why)

    def noted(verdict: Verdict, reply: str) -> dict[str, str]:
        return {"outcome": outcome_of(verdict)}

    verdict = await asked(bench, SEARCH, number, made.mutant, labels, labels["chain"], noting=noted)
    return Tried(chain, outcome_of(verdict))


async def confirmed(bench: Bench, case: Case, made: Made) -> None:
    """Fresh replies to what broke the answer, each beside one to its control; and to each of its
    edits alone, where there were several, for the fewest that still break it."""
    chain = JOINT.join(attack.name for attack in made.attacks)
    await _afresh(bench, case, made, (FRESH, FRESH_CONTROL), 0, {"confirms": chain})
    if len(made.attacks) < 2:
        return
    for place, part in enumerate(fewer(case, made)):
        labels = {"confirms": chain, "chain": part.attacks[0].name}
        await _afresh(bench, case, part, (FEWER, FEWER_CONTROL), place * AFRESH, labels)


async def _afresh(
    bench: Bench, case: Case, made: Made, arms: tuple[str, str], first: int, labels: dict[str, str]
) -> None:
    told = JOINT.join(attack.name for attack in made.attacks)
    assert made.mutant is not None
    for repeat in range(AFRESH):
        await asked(bench, arms[0], first + repeat, made.mutant, labels, told)
        control = control_for(case, made, repeat)
        if control is None:
            bench.arm(arms[1], first + repeat).record(rejected="no control", **labels)
        else:
            await asked(bench, arms[1], first + repeat, control, labels, told, hide=True)
