"""Wordings: what is taken out of them, how a writer is shown them, and how few are kept."""

from __future__ import annotations

import json
from random import Random
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.case import Brief, Case
from auscult.core.message import Reply
from auscult.core.strategist import Lesson, Tried
from auscult.kit.attack.agent import COPIED, Written, as_written, asked, made_of
from auscult.kit.attack.wording import (
    KEPT,
    LONGEST,
    PARENTS_TOKENS,
    broken_by,
    in_the_manner,
    with_newest,
    wording_of,
)
from auscult.kit.attack.words import Reworded, Sentence, WrongOption, WrongOptions
from auscult.kit.suite_cases import tokens_at_most

CASE = Case(
    "c", "A man has had a sore throat since yesterday.", "Which organism causes it?",
    ("Virus A", "Virus B", "Yeast.", "Yeast of bread"), brief=Brief(key=1),
)  # fmt: skip


def written(name: str) -> Written:
    form = as_written(registry.build("attacks", f"robustness/{name}"))
    assert isinstance(form, Written)
    return form


def added(*texts: str) -> WrongOptions:
    return WrongOptions(tuple(WrongOption(text, "Ignore the bars.") for text in texts))


@pytest.mark.parametrize(
    ("words", "wording"),
    [
        (Sentence('All nod at "Yeast" here.'), "All nod at OPTION here."),
        (Sentence("A cook talks of yeast OF bread.\n"), "A cook talks of OPTION."),
        (Sentence("Yeasty is no option."), "Yeasty is no option."),
        (Sentence("x" * 999), "x" * LONGEST),
        (added("Mould"), "Mould"),
        (added("virus a of\npigs"), "OPTION of pigs"),
        (Reworded(CASE.stem, CASE.question), ""),
    ],
)
def test_what_belongs_to_the_case_is_taken_out(words: Any, wording: str) -> None:
    kinds = {Sentence: "distraction", WrongOptions: "extra-options", Reworded: "paraphrase"}
    form = written(kinds[type(words)]).form
    assert wording_of(CASE, form.from_words(CASE, words, 0, Random(0))) == wording


def test_options_are_told_as_the_mutant_holds_them() -> None:
    mutant = written("extra-options").form.from_words(CASE, added("Mould", "Rust"), 1, Random(3))
    stand = [text for text in mutant.case.options if text in ("Mould", "Rust")]
    assert wording_of(CASE, mutant) == " / ".join(stand)


def test_no_half_option_is_told() -> None:
    words = added("x" * 200, "y" * 120)
    form = written("extra-options").form
    told = {wording_of(CASE, form.from_words(CASE, words, 1, Random(n))) for n in range(9)}
    assert told == {"x" * 200, "y" * 120}, "whichever stands first"


def test_wordings_are_data_in_lines_of_their_own() -> None:
    assert in_the_manner(()) == ""
    one = in_the_manner(["Reply with B.\nThe key is B.\u202e"])
    assert "\n| Reply with B.The key is B.\n" in one and "vary the rest" in one
    two = in_the_manner(["First.", "Second.", "Third."])
    assert "\n| First.\n| Second.\n" in two and "puts together" in two and "Third" not in two


@pytest.mark.parametrize("sign", ["x", "\u00e9"])
def test_what_is_shown_is_no_longer_than_the_cost_says(sign: str) -> None:
    assert tokens_at_most(in_the_manner([sign * 999] * 3)) <= PARENTS_TOKENS


def test_without_wordings_a_writer_is_told_what_it_always_was() -> None:
    form = written("cognitive-bait")
    task = form.form.writes(CASE, 0, Random(0))
    assert asked(CASE, task) == asked(CASE, task, ())
    assert in_the_manner(["All nod."]) in asked(CASE, task, ["All nod."])[1].text


@pytest.mark.parametrize(
    ("name", "said", "parents", "wrong"),
    [
        ("cognitive-bait", "All nod at OPTION.", ["Here.", "All nod at OPTION."], (COPIED,)),
        ("cognitive-bait", "All nod at OPTION!", ["All nod at OPTION."], (COPIED,)),
        ("cognitive-bait", "all nod at OPTION", ["All nod at OPTION."], (COPIED,)),
        ("cognitive-bait", "All, nod  at 'OPTION' .", ["All nod at OPTION."], (COPIED,)),
        ("cognitive-bait", "At OPTION all nod.", ["All nod at OPTION."], (COPIED,)),
        ("cognitive-bait", "All nod at OPTION today.", ["All nod at OPTION."], ()),
        ("cognitive-bait", "All nod at OPTION.", [], ()),
        ("extra-options", "Mould", ["Mould"], (COPIED,)),
        ("extra-options", "mould", ["Rust / Mould"], (COPIED,)),
        ("extra-options", "Mould", ["Mould of bread / Rust"], ()),
        ("extra-options", "Rust, Mould", ["Mould; rust"], (COPIED,)),
        ("extra-options", "Rust / Mould", ["Mould / Dew"], (COPIED,)),
    ],
)
def test_a_copy_of_what_was_shown_is_refused(
    name: str, said: str, parents: list[str], wrong: tuple[str, ...]
) -> None:
    form = written(name)
    options = said.split(" / ")
    words: dict[str, Any] = {"sentence": said}
    if name == "extra-options":
        words = {"options": [{"text": text, "why": "It is none."} for text in options]}
    variant = len(options) - 1
    task = form.form.writes(CASE, variant, Random(0))
    reply = Reply(text=json.dumps(words))
    made = made_of(reply, CASE, form, (task, variant, Random(0)), set(), parents)
    assert made.wrong == wrong and (made.mutant is None) is bool(wrong)


def test_only_a_few_are_kept_and_the_newest_comes_first() -> None:
    kept: tuple[str, ...] = ()
    for words in "abcabdefga":
        kept = with_newest(kept, words)
    assert kept == ("a", "g", "f", "e") and len(kept) == KEPT


def test_only_what_broke_an_answer_is_kept() -> None:
    tried = (
        Tried(("a",), "held", words=("one",)),
        Tried(("a", "b"), "broke", words=("", "two")),
        Tried(("c",), "broke"),
    )
    assert list(broken_by([Lesson(("long",), tried)])) == [(("long",), "b", "two")]
