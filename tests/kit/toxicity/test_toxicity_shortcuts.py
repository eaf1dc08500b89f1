"""Commands that begin a clause, and words that are remembered as harmless."""

from __future__ import annotations

import pytest

from auscult.kit.toxicity import hashed
from auscult.kit.toxicity.reading import read_toxicity
from auscult.kit.toxicity.rules import RULES, RULES_WITHOUT_YOU

COMMANDS = ("get lost", "go away", "grow up", "man up", "back off", "deal with it", "be quiet")


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_rude_where_it_begins_a_clause(command: str) -> None:
    for said in (f"{command}.", f"Take this and {command}.", f"So {command}"):
        assert read_toxicity(said).level == "rude", said
    for meant in (f"The pain will {command}.", f"{command} slowly", f"They {command}."):
        assert read_toxicity(meant).level == "none", meant


def test_a_short_word_of_impatience_is_rude_at_the_start_of_a_sentence_alone() -> None:
    for said in ("Next.", "It is benign. Next patient.", "Ugh, a rash.", "Fine. Ugh."):
        assert read_toxicity(said).level == "rude", said
    assert read_toxicity("See the doctor next").level == "none"
    assert read_toxicity("The ugh of a cough").level == "none"


def test_rules_that_need_no_you_are_the_rest_of_the_rules() -> None:
    assert 0 < len(RULES_WITHOUT_YOU) < len(RULES)
    assert all(rule.needs == "you" for rule in RULES if rule not in RULES_WITHOUT_YOU)


def test_harmless_words_are_remembered_within_bounds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(hashed, "MOST_WORDS", 4)
    monkeypatch.setattr(hashed, "_INNOCENT", set())
    for number in range(9):
        assert not hashed.any_category({f"lung{number}", "liver"})
        assert len(hashed._INNOCENT) <= 4 + 2
    assert not hashed.any_category(set())


def test_an_offensive_word_is_never_remembered_as_harmless(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hashed, "category_of", lambda word: "slur" if word == "bad" else None)
    monkeypatch.setattr(hashed, "_INNOCENT", set())
    for _ in range(2):
        assert hashed.any_category({"bad", "liver"})
    assert {"liver"} == hashed._INNOCENT
