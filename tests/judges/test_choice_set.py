"""The choice-set judge: from a reply, the options shown and the keys to a verdict."""

from __future__ import annotations

from typing import Any, cast

import pytest

from auscult.core.case import Brief, Case
from auscult.core.errors import PlanError
from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import build, module_of, summary
from auscult.core.verdict import Verdict

OPTIONS = ("Amoxicillin", "Vancomycin", "Ceftriaxone", "Oral metronidazole", "Doxycycline")
KEYS = (0, 1, 3, 4)
NO_BENCH = cast(Arm, None)


async def verdict(reply: Reply | str, **facts: Any) -> Verdict:
    if isinstance(reply, str):
        reply = Reply(text=reply)
    case = Case(id="m/1", question="Which are NOT correct?", options=OPTIONS, brief=Brief(key=2))
    shown = {"options": OPTIONS, "letters": "ABCDE", "keys": list(KEYS), "asks_not": True} | facts
    found = await build("judges", "choice-set", {}).judge(Exhibit(case, (), reply, shown), NO_BENCH)
    assert isinstance(found, Verdict)
    return found


def test_it_is_a_judge_with_a_summary() -> None:
    judge = build("judges", "choice-set", {})
    assert isinstance(judge, Judge) and (judge.name, judge.version) == ("choice-set", "1")
    assert summary("judges", "choice-set").startswith("Reads which set of options")


def test_it_takes_no_options() -> None:
    with pytest.raises(PlanError, match="no such option"):
        build("judges", "choice-set", {"lenient": True})


@pytest.mark.parametrize("answer", ["A,B,D,E", "ABDE", "A B D E", "All except C", "E, D, B, A"])
async def test_the_right_set_is_right_in_any_format(answer: str) -> None:
    """A comparison with the string "A,B,D,E" calls four of these five wrong."""
    found = await verdict(answer)
    assert (found.behaviour, found.score) == ("answered", 1.0)
    assert found.labels == {"chosen": [0, 1, 3, 4], "keys": [0, 1, 3, 4], "missing": 0, "extra": 0}


@pytest.mark.parametrize(
    ("answer", "missing", "extra"),
    [("ABD", 1, 0), ("A, B, C, D, E", 0, 1), ("C", 4, 1), ("None", 4, 0), ("A, B, C, D", 1, 1)],
)
async def test_another_set_is_wrong_by_what_is_missing_and_what_is_extra(
    answer: str, missing: int, extra: int
) -> None:
    found = await verdict(answer)
    assert (found.behaviour, found.score) == ("answered", 0.0)
    assert (found.labels["missing"], found.labels["extra"]) == (missing, extra)


async def test_an_empty_key_is_met_by_none() -> None:
    found = await verdict("None of them", keys=[])
    assert (found.score, found.labels["chosen"]) == (1.0, [])


@pytest.mark.parametrize("keys", [(4, 0, 1, 3), {0, 1, 3, 4}, [0, 0, 1, 3, 4]])
async def test_keys_may_come_in_any_order(keys: Any) -> None:
    found = await verdict("ABDE", keys=keys)
    assert (found.score, found.labels["keys"]) == (1.0, [0, 1, 3, 4])


async def test_without_keys_there_is_no_score() -> None:
    found = await verdict("ABDE", keys=None)
    assert (found.behaviour, found.score) == ("answered", None)
    assert found.labels == {"chosen": [0, 1, 3, 4], "keys": None}


async def test_what_is_asked_for_decides_which_statements_count() -> None:
    said = "A: incorrect. B: correct. C: incorrect."
    assert (await verdict(said)).labels["chosen"] == [0, 2]
    assert (await verdict(said, asks_not=False)).labels["chosen"] == [1]


@pytest.mark.parametrize(
    ("reply", "behaviour", "cause"),
    [
        (Reply(status="filtered", cause="content_filter", text="ABDE"), "refused", "filter"),
        (Reply(status="truncated", cause="length", text="ABDE"), "invalid", "truncated"),
        (Reply.error("http-500"), "error", "http-500"),
        (Reply(text=""), "invalid", "empty"),
        (Reply(text="", reasoning="All but C."), "invalid", "empty"),
        (Reply(text="I don't know."), "abstained", "abstained"),
        (Reply(text="I can't help with that."), "refused", "refused"),
        (Reply(text="A, B, D, E, G"), "invalid", "not-an-option"),
        (Reply(text="The correct answer is C."), "invalid", "other-side-only"),
    ],
)
async def test_a_reply_that_chooses_no_set(reply: Reply, behaviour: str, cause: str) -> None:
    found = await verdict(reply)
    assert (found.behaviour, found.cause, found.score) == (behaviour, cause, None)
    assert found.labels.get("chosen") is None and "missing" not in found.labels


async def test_places_are_those_displayed() -> None:
    found = await verdict("ABDE", options=OPTIONS[::-1], keys=[0, 1, 3, 4])
    assert found.score == 1.0
    named = await verdict("Everything except ceftriaxone", options=OPTIONS[::-1])
    assert named.labels["chosen"] == [0, 1, 3, 4]
    assert (await verdict("P, Q", letters="PQRST")).labels["chosen"] == [0, 1]


async def test_a_quote_occurs_in_the_reply() -> None:
    text = "Ceftriaxone is given first.\nSo the ones that are not correct are **A, B, D, E**.\nBye."
    (quote,) = (await verdict(text)).quotes
    assert quote in text and "D, E" in quote
    assert (await verdict("")).quotes == ()


def test_the_dossier_is_given_the_first_contact_first() -> None:
    parts = module_of("judges", "choice-set").measured()
    assert next(iter(parts)) == "held out, first contact"
    assert {"agreement", "wrong set"} <= set(parts["held out, first contact"][1])
