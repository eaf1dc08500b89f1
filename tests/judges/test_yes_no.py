"""The yes-no judge: from a reply and the question put to a verdict."""

from __future__ import annotations

from typing import Any, cast

import pytest

from auscult.core.case import Brief, Case
from auscult.core.errors import PlanError, UsageError
from auscult.core.message import Message, Reply, assistant, user
from auscult.core.protocols import Arm, Exhibit, Judge
from auscult.core.registry import build
from auscult.core.verdict import Verdict
from auscult.kit.questions import asked, facts_of

QUESTION = "Is there a pleural effusion?"
NO_BENCH = cast(Arm, None)


async def verdict(
    reply: Reply | str, *, key: int | None = 1, messages: tuple[Message, ...] = (), **facts: Any
) -> Verdict:
    reply = Reply(text=reply) if isinstance(reply, str) else reply
    case = Case(id="p/1", question=QUESTION, options=("yes", "no"), brief=Brief(key=key))
    shown = facts_of(case, "yes-no") | facts
    found = await build("judges", "yes-no", {}).judge(
        Exhibit(case, messages or asked(case, "yes-no"), reply, shown), NO_BENCH
    )
    assert isinstance(found, Verdict)
    return found


def test_it_is_a_judge_without_options() -> None:
    judge = build("judges", "yes-no", {})
    assert isinstance(judge, Judge) and (judge.name, judge.version) == ("yes-no", "1")
    with pytest.raises(PlanError, match="no such option"):
        build("judges", "yes-no", {"lenient": True})


async def test_right_wrong_and_neither() -> None:
    right, wrong, none = await verdict("No."), await verdict("Yes"), await verdict("I don't know")
    assert (right.behaviour, right.score) == ("answered", 1.0)
    assert (wrong.behaviour, wrong.score) == ("answered", 0.0)
    assert (none.behaviour, none.score) == ("abstained", None)
    assert right.labels == {"chosen": 1, "key": 1, "hedged": False}
    assert none.labels == {"chosen": None, "key": 1, "hedged": False}


async def test_the_question_is_read_with_the_answer() -> None:
    found = await verdict("I think there is no effusion.")
    assert (found.score, found.cause, found.labels["hedged"]) == (1.0, "assertion", True)
    assert found.quotes == ("I think there is no effusion.",)


async def test_the_question_that_was_put_is_the_one_read() -> None:
    other = (user("Is the heart enlarged?\n\nAnswer yes or no, with that one word."),)
    assert (await verdict("The heart is not enlarged.", messages=other)).score == 1.0
    assert (await verdict("There is no effusion.", messages=other)).behaviour == "invalid"


async def test_after_a_further_turn_the_first_question_still_stands() -> None:
    turns = (user(QUESTION), assistant("Yes"), user("Are you sure? Answer again."))
    assert (await verdict("There is no effusion.", messages=turns)).score == 1.0


async def test_places_are_those_of_the_options() -> None:
    found = await verdict("No", options=["No", "Yes."], key=0)
    assert found.labels["chosen"] == 0


async def test_other_options_are_another_judges_business() -> None:
    with pytest.raises(UsageError, match="judge 'choice'"):
        await verdict("No", options=["benign", "malignant"])


@pytest.mark.parametrize(
    ("reply", "behaviour", "cause"),
    [
        (Reply(status="filtered", cause="content_filter", text="No"), "refused", "filter"),
        (Reply(status="truncated", cause="length", text="No"), "invalid", "truncated"),
        (Reply.error("http-500"), "error", "http-500"),
        (Reply(text=""), "invalid", "empty"),
        (Reply(text="", reasoning="It is no."), "invalid", "empty"),
        (Reply(text="As an AI I cannot view images."), "abstained", "inability"),
    ],
)
async def test_a_reply_that_is_no_answer(reply: Reply, behaviour: str, cause: str) -> None:
    found = await verdict(reply)
    assert (found.behaviour, found.cause, found.score) == (behaviour, cause, None)
    assert found.labels.get("chosen") is None


async def test_without_a_key_there_is_no_score() -> None:
    found = await verdict("No", key=None)
    assert (found.behaviour, found.score, found.labels) == (
        "answered", None, {"chosen": 1, "key": None, "hedged": False},
    )  # fmt: skip
