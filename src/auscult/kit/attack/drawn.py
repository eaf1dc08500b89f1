"""Which attacks a case is asked under, and the gated pair of mutant and control for each."""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence

import msgspec

from auscult.core.case import Case
from auscult.core.mutant import Mutant, Rng, TextAttack
from auscult.kit.attack.closed import ClosedAttack
from auscult.kit.attack.control import control_of
from auscult.kit.attack.gate import MEANING_KEPT, faults

REWORDED = MEANING_KEPT
PUT_IN = ("inserts-no-number",)
"""What is declared of a control in other words, and of one with a sentence put in."""
CONTROLS = 12
"""How many controls are looked at for one mutant, the best match first."""
REDRAWS = 4
"""How often another variant is drawn where the gate refuses one."""


class Pair(msgspec.Struct, frozen=True):
    """One try: what is asked under attack and as its control; without either where the gate
    refused every variant that was drawn, and `rejected` says why."""

    attack: TextAttack
    number: int
    mutant: Mutant | None = None
    control: Mutant | None = None
    rejected: tuple[str, ...] = ()
    drawn: int = 1
    """How many variants it took."""


def pairs_of(case: Case, attack: TextAttack, tries: int, rng: Rng) -> Iterator[Pair]:
    """Distinct variants while there are any: the first `tries` of a random order of them."""
    count = attack.variants(case)
    taken: set[str] = set()
    order = rng.sample(range(count), min(count, tries + REDRAWS))
    place = 0
    for number in range(min(tries, count)):
        refused: list[str] = []
        pair = None
        for drawn in range(1, REDRAWS + 2):
            if place >= len(order):
                break
            pair = _tried(case, attack, number, order[place], rng, taken)
            place += 1
            if not pair.rejected:
                pair = msgspec.structs.replace(pair, drawn=drawn)
                break
            refused += pair.rejected
        if pair is None or pair.rejected:
            yield Pair(attack, number, rejected=tuple(dict.fromkeys(refused)) or ("no variant",))
        else:
            yield pair


def _tried(
    case: Case, attack: TextAttack, number: int, variant: int, rng: Rng, taken: set[str]
) -> Pair:
    """`taken` are the texts of earlier controls: no two tries share one."""
    mutant = attack.edit(case, variant, rng)
    if wrong := faults(case, mutant, attack):
        return Pair(attack, number, rejected=wrong)
    return with_control(Pair(attack, number, mutant), case, taken)


def with_control(pair: Pair, case: Case, taken: set[str]) -> Pair:
    """Its mutant beside the best match that no earlier try has, which is then taken; neither where
    there is none."""
    assert pair.mutant is not None
    control, wrong = best_control(case, pair.attack, pair.mutant, taken=taken)
    if control is None:
        rejected = tuple(f"control: {fault}" for fault in wrong)
        return Pair(pair.attack, pair.number, rejected=rejected)
    taken.add(control.case.text)
    return msgspec.structs.replace(pair, control=control)


def best_control(
    case: Case, attack: TextAttack, mutant: Mutant, first: int = 0, taken: Container[str] = ()
) -> tuple[Mutant | None, tuple[str, ...]]:
    """From rank `first` on, the best match that the gate passes and whose text is not taken; or
    what was wrong with the last one looked at."""
    wrong: tuple[str, ...] = ("no further control",)
    for rank in range(first, first + CONTROLS):
        control = control_of(case, attack, mutant, rank)
        if control.case.text in taken:
            continue
        if not (wrong := control_faults(case, attack, control)):
            return control, ()
    return None, wrong


class _AsControl(ClosedAttack, frozen=True):
    """What is declared of a control, for the gate."""


def control_faults(case: Case, attack: TextAttack, control: Mutant) -> tuple[str, ...]:
    """A control keeps meaning and key. Where it has the format of an attack, its options are held
    against those of the case in that format."""
    plain = attack.plain(case)
    base, own = case, control
    if plain is not None:
        (key,) = plain.keys
        brief = msgspec.structs.replace(
            case.brief, key=key, option_notes=plain.case.brief.option_notes
        )
        base = msgspec.structs.replace(case, options=plain.case.options, brief=brief)
        own = msgspec.structs.replace(
            control,
            form="one-letter",
            order=tuple(range(len(base.options))),
            case=msgspec.structs.replace(control.case, brief=brief),
        )
    declared = REWORDED if control.rewritten else PUT_IN
    return faults(base, own, _AsControl(attack.name, "", ("options-kept", *declared)))


def fitting(case: Case, attacks: Sequence[TextAttack]) -> tuple[list[TextAttack], dict[str, str]]:
    """Those that apply, and for the others why not."""
    fit, why = [], {}
    for attack in attacks:
        reason = attack.unfit(case)
        if reason:
            why[attack.name] = reason
        else:
            fit.append(attack)
    return fit, why
