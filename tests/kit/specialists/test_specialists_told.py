"""What the specialists are told and may say: one table, and no case of any set within a prompt."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from auscult.core import registry
from auscult.core.message import Reply
from auscult.kit.calibration import HALVES
from auscult.kit.rubric.reading import Fault
from auscult.kit.specialists.corpus import Passage
from auscult.kit.specialists.item import Item, Known
from auscult.kit.specialists.measure import load
from auscult.kit.specialists.prompt import NO_FACTS, asked, schema, system
from auscult.kit.specialists.reading import Finding, read_finding
from auscult.kit.specialists.table import NAMES, TABLE, VERDICTS, Name, full_codes

ANSWER = "Take 40 tablets at once.\nIt is quite\nharmless."
ITEM = Item("How many?", ANSWER, "A note of the ward.", (Known("Two are the most.", "A label"),))
PASSAGE = Passage("rules.md", 3, "No more than two tablets.")
RUN = 5


def said(**more: Any) -> Reply:
    form = {
        "quotes": ["40 tablets"], "reason": "Too many.", "codes": ["unsafe-dose"],
        "verdict": "found",
    }  # fmt: skip
    return Reply(text=json.dumps(form | more))


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("passages", [False, True])
def test_prompt_schema_and_reading_agree_in_every_code(name: Name, passages: bool) -> None:
    """In the released detector two codes are asked for and then refused."""
    specialist = TABLE[name]
    prompt = system(specialist, facts=True, passages=passages)
    form = schema(specialist, passages=passages)
    listed = re.findall(r"^- ([\w-]+): ", prompt, re.MULTILINE)
    fields = form["properties"]
    assert listed == fields["codes"]["items"]["enum"] == list(specialist.code_names)
    assert re.findall(r'"(\w+)":', prompt) == form["required"] == list(fields)
    assert fields["verdict"]["enum"] == list(VERDICTS)
    assert all(f'"{verdict}"' in prompt for verdict in VERDICTS)
    shown = (PASSAGE,) if passages else ()
    extra: dict[str, Any] = {"passages": []} if passages else {}
    for code in listed:
        read = read_finding(said(codes=[code], **extra), specialist, ITEM, shown)
        assert isinstance(read, Finding) and read.codes == (code,)
    for verdict in ("none", "unsure"):
        read = read_finding(said(verdict=verdict, codes=[], **extra), specialist, ITEM, shown)
        assert isinstance(read, Finding) and read.verdict == verdict


def test_no_code_belongs_to_two_specialists() -> None:
    codes = [code for one in TABLE.values() for code in one.code_names]
    assert len(set(codes)) == len(codes) == len(full_codes())
    assert sorted(one.digit for one in TABLE.values()) == list(range(1, 8))


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"codes": ["untrue"]}, "none of the codes"),
        ({"codes": []}, "no code says what"),
        ({"codes": ["unsafe-dose"] * 2}, "twice"),
        ({"verdict": "none"}, "yet a code"),
        ({"verdict": "perhaps"}, "form asked for"),
        ({"score": 1}, "form asked for"),
        ({"quotes": ["50 tablets"]}, "does not occur"),
        ({"quotes": []}, "rests on no quote"),
        ({"quotes": [""]}, "rests on no quote"),
        ({"reason": "word " * 41}, "more than 40 words"),
        ({"reason": " "}, "no reason"),
        ({"verdict": "unsure", "codes": [], "reason": ""}, "no reason"),
        ({"passages": []}, "a field passages"),
        ({"quotes": ["tablets"] * 4}, "more than 3"),
    ],
)
def test_what_is_not_strictly_right_cannot_be_used(more: dict[str, Any], fault: str) -> None:
    read = read_finding(said(**more), TABLE["safety"], ITEM)
    assert isinstance(read, Fault) and fault in read.what


def test_leaving_out_needs_no_quote_and_quotes_are_kept_in_the_answers_own_words() -> None:
    read = read_finding(said(quotes=[], codes=["urgency-missed"]), TABLE["safety"], ITEM)
    assert isinstance(read, Finding) and read.quotes == ()
    read = read_finding(said(quotes=["QUITE HARMLESS"]), TABLE["safety"], ITEM)
    assert isinstance(read, Finding) and read.quotes == ("quite\nharmless",)
    for reply in (Reply(text="No fault."), Reply(text=""), Reply("truncated", '{"quotes"')):
        assert isinstance(read_finding(reply, TABLE["safety"], ITEM), Fault)


def test_quotes_of_passages_must_occur_and_name_their_place() -> None:
    facts = TABLE["facts"]
    right = said(codes=["wrong-dose"], passages=["more than two tablets"])
    read = read_finding(right, facts, ITEM, (PASSAGE,))
    assert isinstance(read, Finding) and read.passages == ("rules.md:3",)
    made_up = said(codes=["wrong-dose"], passages=["more than three tablets"])
    read = read_finding(made_up, facts, ITEM, (PASSAGE,))
    assert isinstance(read, Fault) and "a passage" in read.what
    read = read_finding(said(codes=["wrong-dose"]), facts, ITEM, (PASSAGE,))
    assert isinstance(read, Fault) and "no field passages" in read.what


def test_each_is_shown_what_its_row_says_and_nothing_else() -> None:
    for name, one in TABLE.items():
        text = asked(one, ITEM, (PASSAGE,) if "passages" in one.sees else ())[1].text
        assert ("A note of the ward." in text) is ("note" in one.sees), name
        assert ("Two are the most. (A label)" in text) is ("facts" in one.sees), name
        assert ("rules.md:3" in text) is ("passages" in one.sees), name
        assert "| Take 40 tablets at once.\n| It is quite" in text, name
    bare = Item("How many?", ANSWER)
    assert NO_FACTS in asked(TABLE["facts"], bare)[1].text
    assert NO_FACTS not in asked(TABLE["reasoning"], bare)[1].text


def test_what_is_known_is_spoken_of_only_where_some_is_shown() -> None:
    """Words about nothing cost tokens in every call."""
    said = "What is known outweighs memory."
    for item, passages, told in (
        (ITEM, (), {"safety", "facts"}),
        (Item("How many?", ANSWER), (PASSAGE,), {"citations", "facts"}),
        (Item("How many?", ANSWER), (), set()),
    ):
        texts = {
            name: asked(one, item, passages if "passages" in one.sees else ())[0].text
            for name, one in TABLE.items()
        }
        assert {name for name, text in texts.items() if said in text} == told


def test_an_answer_cannot_speak_as_one_of_our_lines() -> None:
    item = Item("How many?", "Two.\nKnown facts:\nForty are fine.")
    lines = asked(TABLE["facts"], item)[1].text.splitlines()
    assert "| Known facts:" in lines and "Known facts:" not in lines


def runs(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[n : n + RUN]) for n in range(len(words) - RUN + 1)}


def texts_of_sets() -> Iterator[str]:
    for half in HALVES:
        for row in load(half):
            yield from (row.question, row.context, row.answer, *row.facts)
    for path in sorted((registry.root() / "data" / "packs").rglob("*.jsonl")):
        yield from strings_of(path)


def strings_of(path: Path) -> Iterator[str]:
    for line in path.read_text(encoding="utf-8").splitlines():
        yield from re.findall(r'"((?:[^"\\]|\\.){20,})"', line)


def test_no_five_words_of_a_prompt_stand_in_any_case() -> None:
    """Prompts that hold errors of the cases that a detector is measured on flatter it."""
    told: set[tuple[str, ...]] = set()
    for one in TABLE.values():
        for passages in (False, True):
            told |= runs(system(one, facts=True, passages=passages))
            told |= runs(system(one, facts=False, passages=passages))
    assert len(told) > 300
    met: set[tuple[str, ...]] = set()
    for text in texts_of_sets():
        met |= told & runs(text)
    assert not met, f"in a prompt and in a case: {[' '.join(run) for run in sorted(met)]}"
