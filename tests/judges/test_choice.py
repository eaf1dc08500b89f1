"""The choice judge: from a reply and the options shown to a verdict."""

from __future__ import annotations

import math
from typing import Any, cast

import pytest

from auscult.core.case import Brief, Case
from auscult.core.errors import PlanError
from auscult.core.message import Reply, TokenLogprob
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import build, summary
from auscult.core.verdict import Verdict

OPTIONS = ("Amoxicillin", "Vancomycin", "Ceftriaxone")
NO_BENCH = cast(Arm, None)


async def verdict(reply: Reply | str, **facts: Any) -> Verdict:
    if isinstance(reply, str):
        reply = Reply(text=reply)
    case = Case(id="m/1", question="Which?", options=OPTIONS, brief=Brief(key=2))
    shown = {"options": OPTIONS, "key": 2} | facts
    judge = build("judges", "choice", {})
    found = await judge.judge(Exhibit(case, (), reply, shown), NO_BENCH)
    assert isinstance(found, Verdict)
    return found


def test_it_is_a_judge_with_a_summary() -> None:
    judge = build("judges", "choice", {})
    assert isinstance(judge, Judge) and (judge.name, judge.version) == ("choice", "1")
    assert summary("judges", "choice").startswith("Reads which option")


def test_it_takes_no_options() -> None:
    with pytest.raises(PlanError, match="no such option"):
        build("judges", "choice", {"lenient": True})


async def test_right_wrong_and_neither() -> None:
    right, wrong, none = await verdict("C"), await verdict("B"), await verdict("I don't know")
    assert (right.behaviour, right.score) == ("answered", 1.0)
    assert (wrong.behaviour, wrong.score) == ("answered", 0.0)
    assert (none.behaviour, none.score) == ("abstained", None)
    assert [v.labels for v in (right, wrong, none)] == [
        {"chosen": 2, "key": 2},
        {"chosen": 1, "key": 2},
        {"chosen": None, "key": 2},
    ]
    assert {v.judge for v in (right, wrong, none)} == {"choice"}


async def test_places_are_those_displayed() -> None:
    found = await verdict("The answer is A.", options=OPTIONS[::-1], key=0)
    assert (found.score, found.labels["chosen"]) == (1.0, 0)
    found = await verdict("Ceftriaxone", options=OPTIONS[::-1], key=0)
    assert (found.score, found.labels["chosen"]) == (1.0, 0)


async def test_the_letters_shown_are_those_read() -> None:
    found = await verdict("The answer is R.", letters="PQR")
    assert found.score == 1.0
    assert (await verdict("C", letters="PQR")).behaviour == "invalid"


@pytest.mark.parametrize(
    ("reply", "behaviour", "cause"),
    [
        (Reply(status="filtered", cause="content_filter", text="C"), "refused", "filter"),
        (Reply(status="truncated", cause="length", text="C"), "invalid", "truncated"),
        (Reply.error("http-500"), "error", "http-500"),
        (Reply(text=""), "invalid", "empty"),
        (Reply(text="", reasoning="It is C."), "invalid", "empty"),
    ],
)
async def test_a_reply_that_is_no_answer(reply: Reply, behaviour: str, cause: str) -> None:
    found = await verdict(reply)
    assert (found.behaviour, found.cause, found.score) == (behaviour, cause, None)
    assert found.labels.get("chosen") is None


async def test_a_quote_occurs_in_the_reply() -> None:
    text = "The rash is what matters here.\nSo the correct answer is **C**.\nTake care."
    (quote,) = (await verdict(text)).quotes
    assert quote in text and "C" in quote
    assert (await verdict("")).quotes == ()


@pytest.mark.parametrize("key", [None, -1])
async def test_without_a_key_there_is_no_score(key: int | None) -> None:
    found = await verdict("C", key=key)
    assert (found.behaviour, found.score, found.labels["chosen"]) == ("answered", None, 2)


def scored(text: str, **top: float) -> Reply:
    candidates = tuple((letter, math.log(p)) for letter, p in top.items())
    return Reply(text=text, logprobs=(TokenLogprob(text[:1], candidates[0][1], candidates),))


async def test_logprobs_decide_only_where_they_are_asked_for() -> None:
    reply = scored("B", B=0.3, C=0.6, A=0.1)
    assert (await verdict(reply)).labels == {"chosen": 1, "key": 2}
    found = await verdict(reply, scoring="logprobs")
    assert (found.behaviour, found.score, found.cause) == ("answered", 1.0, "logprobs")
    assert found.labels == {"chosen": 2, "key": 2, "probabilities": [0.1, 0.3, 0.6]}


async def test_where_logprobs_say_nothing_the_text_is_read() -> None:
    refused = Reply(text="I can't help with that.", logprobs=(TokenLogprob("I", -0.1, ()),))
    found = await verdict(refused, scoring="logprobs")
    assert (found.behaviour, found.score) == ("refused", None)
    tied = await verdict(scored("B", B=0.4, C=0.4), scoring="logprobs")
    assert (tied.behaviour, tied.labels["chosen"], tied.cause) == ("answered", 1, "letter")
    assert "probabilities" not in tied.labels
