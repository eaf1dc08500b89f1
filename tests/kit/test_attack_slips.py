"""Slips of keyboard and dictation touch only words that cannot mislead."""

from __future__ import annotations

import pytest

from auscult.core.case import Case
from auscult.kit.attack.facts import numbers_of
from auscult.kit.attack.slips import (
    HEARD,
    ORDINARY,
    heard_words,
    is_slip,
    plain_words,
    slips_of,
    touched,
)
from auscult.kit.attack.terms import LEANS, PERSONS, SITES, drug

CASE = Case("c", stem="There she was often seen; Often, she-often and 3 often.", question="Which?")


def test_ordinary_words_are_found_whole_and_in_small_letters() -> None:
    found = [(word.place, CASE.stem[word.start : word.end]) for word in plain_words(CASE)]
    assert found == [(0, "often"), (0, "seen"), (0, "often")]
    assert [word.heard for word in heard_words(CASE)] == ["scene", "end"]


def test_every_ordinary_word_has_slips_that_keep_its_ends() -> None:
    for word in ORDINARY:
        slips = slips_of(word)
        assert len(slips) >= 4 and word not in slips, word
        assert all(slip[0] == word[0] and slip[-1] == word[-1] for slip in slips), word


def test_no_slip_is_another_word_with_a_meaning_of_its_own() -> None:
    slips = {slip for word in ORDINARY for slip in slips_of(word)}
    assert not slips & ORDINARY
    for slip in slips | set(HEARD.values()):
        assert not numbers_of(slip) and not drug(slip)
        assert slip not in PERSONS and slip not in SITES and slip not in LEANS


@pytest.mark.parametrize(
    ("word", "written", "slip"),
    [
        ("often", "oftne", False),
        ("often", "ofetn", True),
        ("often", "often", False),
        ("and", "end", True),
        ("and", "adn", False),
        ("potassium", "potasium", False),
        ("there", "three", False),
        ("", "often", False),
    ],
)
def test_a_slip_is_known_from_another_change(word: str, written: str, slip: bool) -> None:
    assert is_slip(word, written) is slip


def test_each_first_word_gives_another_set() -> None:
    words = plain_words(Case("c", stem="often " * 9, question=""))
    sets = {tuple(sorted(touched(words, first))) for first in range(len(words))}
    assert len(sets) == len(words)
    assert all(len(chosen) == 2 for chosen in sets)
