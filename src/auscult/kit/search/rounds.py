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
from auscult.kit.attack import verify
from auscult.kit.attack.arms import asked
from auscult.kit.attack.chain import JOINT
from auscult.kit.attack.questions import written_of
from auscult.kit.attack.verify import CONTROL, MUTANT
from auscult.kit.attack.wording import JOINT as WORDS_JOINT
from auscult.kit.search.moves import IN_A_CHAIN, offered
from auscult.kit.search.mutants import Made, control_for, controls_for, fewer, make
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
from auscult.kit.search.writing import Desk

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
    desk: Desk


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
        made = await _made(bench, hunt, attacks, number, choice.parents)
        if choice.parents and written_of(attacks):
            labels["parents"] = len(choice.parents)
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
    written = tuple(attack.name for attack in written_of(hunt.fit))
    view = View(
        _shown(hunt.case), hunt.features, chains, tuple(history), number, hunt.rounds, hunt.menu,
        written,
    )  # fmt: skip
    return await hunt.strategist.choose(view, hunt.known, arm, bench.rng(f"{STRATEGIST} {number}"))


def _shown(case: Case) -> Case:
    """A strategist is not told the key, nor what the author wrote of the case."""
    brief = Brief(specialty=case.brief.specialty, difficulty=case.brief.difficulty)
    return msgspec.structs.replace(case, brief=brief)


def _is_offered(hunt: Hunt, history: Sequence[Tried], number: int, chain: Chain) -> bool:
    return chain in offered(hunt.fit, history, number, hunt.chains_from)


async def _made(
    bench: Bench, hunt: Hunt, attacks: Sequence[TextAttack], number: int, parents: Sequence[str]
) -> Made:
    """The gated mutant of the round; verified too where a verifier is bound, with the control that
    it would be confirmed beside."""
    if written_of(attacks):
        made = await hunt.desk.make(attacks, number, parents)
    else:
        made = make(hunt.case, attacks, bench.rng(f"{SEARCH} {number}"))
    if made.mutant is None:
        return made
    shown = {MUTANT: made.mutant}
    if (control := control_for(hunt.case, made, 0)) is not None:
        shown[CONTROL] = control
    wrong = await hunt.desk.refused(SEARCH, number, made.chain, shown)
    return Made(made.attacks, rejected=(wrong,)) if wrong else made


async def _tried(
    bench: Bench, made: Made, chain: Chain, number: int, labels: Mapping[str, Any]
) -> Tried:
    if made.mutant is None:
        why = "; ".join(made.rejected)
        bench.arm(SEARCH, number).record(rejected=why, outcome="rejected", **labels)
        return Tried(chain, "rejected", 0.0, why)

    def noted(verdict: Verdict, reply: str) -> dict[str, str]:
        return {"outcome": outcome_of(verdict)}

    told = {**labels, **_of_words(bench, made)}
    verdict = await asked(bench, SEARCH, number, made.mutant, told, labels["chain"], noting=noted)
    return Tried(chain, outcome_of(verdict), words=made.wordings if any(made.wordings) else ())


def _of_words(bench: Bench, made: Made) -> dict[str, Any]:
    """What is noted of words that a model wrote; nothing where a program made them."""
    words = WORDS_JOINT.join(made.wordings) if any(made.wordings) else ""
    noted = _who_wrote(bench, made)
    return noted | {"words": words} if noted and words else noted


def _who_wrote(bench: Bench, made: Made) -> dict[str, Any]:
    assert made.mutant is not None
    if not made.mutant.labels.get("written"):
        return {}
    return {"edit_written": True} | ({"edit_verified": True} if verify.ROLE in bench.roles else {})


async def confirmed(bench: Bench, case: Case, made: Made, desk: Desk) -> None:
    """Fresh replies to what broke the answer, each beside one to its control; and to each of its
    edits alone, where there were several, for the fewest that still break it."""
    told = {"confirms": made.chain}
    await _afresh(bench, case, made, desk, (FRESH, FRESH_CONTROL), 0, told)
    if len(made.attacks) < 2:
        return
    for place, part in enumerate(fewer(case, made)):
        labels = {**told, "chain": part.chain}
        await _afresh(bench, case, part, desk, (FEWER, FEWER_CONTROL), place * AFRESH, labels)


async def _afresh(
    bench: Bench, case: Case, made: Made, desk: Desk, arms: tuple[str, str], first: int,
    labels: dict[str, str],
) -> None:  # fmt: skip
    assert made.mutant is not None
    controls = controls_for(case, made, AFRESH)
    shown = {MUTANT: made.mutant} | {
        f"{CONTROL} {repeat}": one for repeat, one in enumerate(controls) if one is not None
    }
    if wrong := await desk.refused(arms[0], first, made.chain, shown):
        bench.arm(arms[0], first).record(rejected=wrong, **labels)
        return
    told = {**labels, **_who_wrote(bench, made)}
    for repeat, control in enumerate(controls, first):
        await asked(bench, arms[0], repeat, made.mutant, told, made.chain)
        if control is None:
            bench.arm(arms[1], repeat).record(rejected="no control", **labels)
        else:
            await asked(bench, arms[1], repeat, control, labels, made.chain, hide=True)


def writings_at_most(written: int, rounds: int, chains_from: int) -> int:
    """How often a search asks its writer for words, with so many attacks that it writes for."""
    late = max(0, rounds - chains_from + 1) if chains_from else 0
    return (rounds - late) * min(written, 1) + late * min(written, IN_A_CHAIN)


def checks_at_most(rounds: int) -> int:
    """How many texts a search shows its verifier: a mutant and a control each round, and of what is
    asked afresh each control and each edit alone with its controls."""
    return 2 * rounds + AFRESH + IN_A_CHAIN * (1 + AFRESH)
