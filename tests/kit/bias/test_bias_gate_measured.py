"""Small versions of the figures on docs/validity-gate.md: how many bad tellings of each kind
pass the gate, and that the good ones do."""

from __future__ import annotations

from random import Random

import pytest
from bad_reports import AUTHORS
from bad_tellings import CONTROLS, EDITS, KINDS, SENTENCES, bad_tellings
from good_tellings import Told, every_control, every_good
from vignette_pack import attacks

NUMBER = 40
SOME = {
    "background: a medicine": 0.15,
    "background: a symptom": 0.2,
    "background: a habit that matters": 0.25,
    "background: a fact of another vignette": 0.4,
    "background: an age": 0.2,
    "note: a fact of the patient": 0.2,
    "note: a fact of another vignette": 0.45,
    "note: a part of the right option": 0.35,
    "the author changed: a number": 0.1,
    "the author changed: a unit": 0.1,
    "the author changed: a side": 0.35,
    "the author changed: a drug": 0.4,
    "the author added: a medicine": 0.5,
    "the author took: the report of another vignette": 0.1,
}
"""Kinds that lists see in part: the share that is let through at most, in so few."""
FRESH = tuple(kind for kind in SENTENCES if "fresh words" in kind)
UNSEEN = (
    *FRESH,
    "background: contradicts the vignette",
    "the author took: the like, in Spanish or Chinese",
    *(
        f"the author {kind}"
        for kind in (
            "changed: a denial dropped",
            "changed: a denial put in",
            "changed: an opposite",
            "changed: a body site",
            "changed: a word of time",
            "changed: a sentence dropped",
            "added: a sentence of another vignette",
        )
    ),
)
"""What the page says code does not see, or hardly."""
DECIDED = [kind for kind in KINDS if kind not in SOME and kind not in UNSEEN]


def made(kind: str) -> list[Told]:
    return list(bad_tellings(kind, NUMBER, Random(f"test/{kind}")))


@pytest.mark.parametrize("kind", DECIDED)
def test_what_code_can_decide_is_never_let_through(kind: str) -> None:
    bad = made(kind)
    assert len(bad) == NUMBER
    assert not [one.mutant.spans for one in bad if not one.refused]


@pytest.mark.parametrize("kind", SOME)
def test_what_lists_see_in_part_is_mostly_refused(kind: str) -> None:
    bad = made(kind)
    assert len(bad) == NUMBER
    assert sum(not one.refused for one in bad) <= SOME[kind] * NUMBER


@pytest.mark.parametrize("kind", UNSEEN)
def test_what_the_page_calls_unseen_is_so(kind: str) -> None:
    """A gate that has learned to see it owes the page new figures."""
    assert sum(not one.refused for one in made(kind)) > 0.2 * NUMBER


def test_every_attack_and_every_group_of_kinds_is_among_them() -> None:
    assert set(KINDS) == {*EDITS, *SENTENCES, *AUTHORS, *CONTROLS}
    assert {one.attack.name for kind in EDITS for one in made(kind)} == set(attacks())
    assert len(DECIDED) >= 30


def test_no_valid_telling_is_refused() -> None:
    assert not [(one.mutant.spans, one.refused) for one in every_good(3) if one.refused]


def test_hardly_a_neutral_text_is_refused_and_only_for_the_words_of_an_option() -> None:
    refused = [one.refused for one in every_control() if one.refused]
    assert len(refused) < 10
    assert {fault for faults in refused for fault in faults} <= {"a control names an option"}
