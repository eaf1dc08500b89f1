"""Controls of what a search found: as many distinct ones as there are askings."""

from __future__ import annotations

from random import Random

from notebook import suite_and_cases

from auscult.core import registry
from auscult.kit.attack.drawn import fitting
from auscult.kit.search.mutants import Made, control_for, controls_for, make
from auscult.kit.search.rounds import AFRESH

CHAINS = (("distraction",), ("option-permutation",), ("dictation", "unit-conversion"))


def found(chain: tuple[str, ...]) -> list[tuple[Made, list[str]]]:
    """Made of every fourth case that it fits, with the texts of its controls."""
    attacks = [registry.build("attacks", f"robustness/{name}") for name in chain]
    _, cases = suite_and_cases("das/adaptive")
    out = []
    for case in cases[::4]:
        if fitting(case, attacks)[1]:
            continue
        made = make(case, attacks, Random(1))
        if made.mutant is not None:
            controls = [one for one in controls_for(case, made, AFRESH) if one is not None]
            assert controls and controls[0] == control_for(case, made, 0), "the best match first"
            out.append((made, [one.case.text for one in controls]))
    return out


def test_no_two_controls_of_a_failure_are_the_same() -> None:
    for chain in CHAINS:
        for made, texts in found(chain):
            assert len(set(texts)) == len(texts) == AFRESH, made.chain
