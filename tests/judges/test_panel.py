"""The panel: its members' roles and steps, what comes of them, and no verdict out of a failure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec
import pytest
from rubric_model import QUESTION, REFERENCE, form

from auscult.core import registry
from auscult.core.case import Case
from auscult.core.errors import PlanError, RunError
from auscult.core.message import Message, Reply, user
from auscult.core.protocols import Exhibit, Judge
from auscult.core.verdict import Verdict
from auscult.kit.judge_labels import levels_of
from auscult.kit.rubric.calibration import Labelled

ANSWER = "There is fluid in the left pleural space."
RIGHT, WRONG = form("right", ["fluid in the left"]), form("wrong", [])
USUAL = ("judge", "judge-2", "judge-3")


class Desk:
    """Replies by role; a list is given out in its order."""

    def __init__(self, **replies: str | Reply | list[str]) -> None:
        self._replies = {name.replace("_", "-"): said for name, said in replies.items()}
        self.asked: list[tuple[str, str]] = []

    async def ask(
        self, messages: Sequence[Message], *, step: str = "ask", role: str = "target", **_: Any
    ) -> Reply:
        assert (role, step) not in self.asked, "a path is used once"
        self.asked.append((role, step))
        said = self._replies[role]
        if isinstance(said, list):
            said = said.pop(0)
        return said if isinstance(said, Reply) else Reply(text=said)


def exhibit(answer: str | Reply = ANSWER, **facts: Any) -> Exhibit:
    reply = Reply(text=answer) if isinstance(answer, str) else answer
    facts = facts or {"reference": REFERENCE}
    return Exhibit(Case(id="c", question=QUESTION), (user(QUESTION),), reply, facts)


def panel(**options: Any) -> Judge:
    built: Judge = registry.build("judges", "panel", options)
    return built


async def verdict(desk: Desk, shown: Exhibit | None = None, **options: Any) -> Verdict:
    return await panel(**options).judge(shown or exhibit(), desk)  # type: ignore[arg-type]


async def test_a_majority_wins_and_every_member_is_named() -> None:
    desk = Desk(judge=WRONG, judge_2=RIGHT, judge_3=RIGHT)
    found = await verdict(desk)
    assert (found.judge, found.behaviour, found.score, found.cause) == (
        "panel", "answered", 1.0, "right",
    )  # fmt: skip
    assert found.labels["panel"] == {
        "1:open-answer@judge": "wrong",
        "2:open-answer@judge-2": "right",
        "3:open-answer@judge-3": "right",
    }
    assert found.labels["asks"] == 3 and found.labels["rule"] == "majority"
    assert found.quotes == ("fluid in the left",)
    assert desk.asked == [("judge", "1-judge"), ("judge-2", "2-judge"), ("judge-3", "3-judge")]


@pytest.mark.parametrize(
    ("replies", "behaviour", "cause", "roles"),
    [
        ((RIGHT, RIGHT, WRONG), "answered", "right", USUAL[:2]),
        ((RIGHT, WRONG, WRONG), "answered", "wrong", USUAL),
        ((RIGHT, Reply.error("timeout"), RIGHT), "answered", "right", USUAL),
        ((RIGHT, WRONG, form("partly")), "error", "panel-split", USUAL),
        ((Reply.error("timeout"), Reply.error("x"), RIGHT), "error", "panel-too-few", USUAL[:2]),
        ((RIGHT, Reply.error("timeout"), Reply.error("x")), "error", "panel-too-few", USUAL),
    ],
)
async def test_escalation_asks_a_third_only_where_two_do_not_agree(
    replies: Sequence[Any], behaviour: str, cause: str, roles: Sequence[str]
) -> None:
    desk = Desk(**dict(zip(("judge", "judge_2", "judge_3"), replies, strict=True)))
    found = await verdict(desk, rule="escalate")
    assert (found.behaviour, found.cause) == (behaviour, cause)
    assert (found.score is None) is (behaviour == "error")
    assert [role for role, _ in desk.asked] == list(roles)


async def test_what_a_member_could_not_read_is_its_error_and_no_vote() -> None:
    desk = Desk(judge=RIGHT, judge_2=["Certainly!", "Gladly!"], judge_3=WRONG)
    found = await verdict(desk)
    assert (found.behaviour, found.cause) == ("error", "panel-split")
    assert found.labels["panel"]["2:open-answer@judge-2"] == "error: judge-unreadable"
    assert found.labels["asks"] == 4
    assert ("judge-2", "2-judge-again") in desk.asked


async def test_unanimity_is_all_or_none() -> None:
    members = [{"use": "open-answer"}, {"use": "open-answer", "role": "judge-2"}]
    agree = await verdict(Desk(judge=WRONG, judge_2=WRONG), rule="unanimity", members=members)
    assert (agree.behaviour, agree.score) == ("answered", 0.0)
    differ = await verdict(Desk(judge=WRONG, judge_2=RIGHT), rule="unanimity", members=members)
    assert (differ.behaviour, differ.cause) == ("error", "panel-split")


async def test_a_failed_reply_and_one_that_code_reads_ask_nobody() -> None:
    desk = Desk()
    failed = await verdict(desk, exhibit(Reply.error("timeout")))
    assert (failed.behaviour, failed.cause) == ("error", "timeout")
    refused = await verdict(desk, exhibit("I'm sorry, I can't help with that."))
    assert refused.behaviour == "refused" and desk.asked == []


# --- criteria -----------------------------------------------------------------------------------

CRITERIA = [
    {"id": "a", "text": "Says fluid", "points": 6, "unsafe": True},
    {"id": "b", "text": "Says left", "points": 4},
    {"id": "c", "text": "Says there is air", "points": -5, "unsafe": True},
]


def checked(*met: str) -> str:
    entries = [{"id": c, "quote": "fluid" if c in met else "", "met": c in met} for c in "abc"]
    return json.dumps({"criteria": entries})


async def test_criteria_are_voted_on_one_by_one_and_counted_by_code() -> None:
    members = [{"use": "criteria", "role": role} for role in USUAL]
    desk = Desk(judge=checked("a"), judge_2=checked("a", "b", "c"), judge_3=checked("b"))
    found = await verdict(desk, exhibit(criteria=CRITERIA), members=members)
    assert found.labels["met"] == ["a", "b"] and found.score == 1.0
    assert found.labels["states"] == "hhh" and found.labels["failed"] == 0.0
    assert found.labels["by"] == "panel" and found.quotes == ("fluid",)
    assert found.labels["panel"]["1:criteria@judge"] == "answered: met a"
    split = Desk(judge=checked("a"), judge_2=checked("b"))
    none = await verdict(split, exhibit(criteria=CRITERIA), members=members[:2], rule="unanimity")
    assert (none.behaviour, none.cause) == ("error", "panel-split") and "met" not in none.labels


# --- what may be a panel ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "fault"),
    [
        ({"members": [{"use": "open-answer"}]}, "two members at least"),
        ({"rule": "escalate", "members": [{}, {"role": "x"}]}, "takes 3 members, not 2"),
        ({"members": [{}, {}]}, "the same judge with the same role"),
        ({"members": [{}, {"use": "panel"}]}, "cannot sit on a panel"),
        ({"members": [{}, {"role": "target"}]}, "never asks the system under audit"),
        ({"members": [{}, {"use": "criterai"}]}, "Did you mean 'criteria'"),
        ({"members": [{}, {"use": "refusal"}]}, "do not have the same labels"),
        ({"members": [{}, {"options": {"order": "sideways"}, "role": "x"}]}, "order"),
        ({"rule": "loudest"}, "rule"),
    ],
)
def test_what_cannot_be_a_panel_is_said(options: Mapping[str, Any], fault: str) -> None:
    with pytest.raises(PlanError, match=fault):
        registry.build("judges", "panel", options)


def test_a_panel_says_what_it_asks_and_how_often() -> None:
    judge: Any = panel()
    assert judge.asks == dict.fromkeys(USUAL, 2) and judge.shares == dict.fromkeys(USUAL, 1)
    assert [need.role for need in judge.roles] == list(USUAL)
    one_model: Any = panel(
        members=[{}, {"options": {"order": "answer-first"}}, {"role": "judge-2"}]
    )
    assert one_model.asks == {"judge": 4, "judge-2": 2}
    assert one_model.shares == {"judge": 2, "judge-2": 1}
    rules: Any = panel(members=[{"use": "refusal"}, {"use": "refusal", "role": "x"}])
    assert rules.asks == {} and rules.roles == ()
    assert levels_of(judge) == ("right", "partly", "wrong", "no-answer")


async def test_a_member_may_neither_ask_the_target_nor_record() -> None:
    from auscult.kit.panel.seat import Member, Seat, SeatArm

    arm = SeatArm(Seat(1, Member(), panel()), Desk())  # type: ignore[arg-type]
    with pytest.raises(RunError, match="asks the role 'target'"):
        await arm.ask(())
    with pytest.raises(RunError, match="record a trial"):
        arm.record()
    with pytest.raises(RunError, match="ask the judge 'choice'"):
        await arm.judge("choice", exhibit())


async def test_the_labelled_answers_are_read_as_labelled_by_members_that_know() -> None:
    path = registry.source_of("judges", "panel")
    assert path is not None
    lines = path.with_suffix(".calibration.jsonl").read_bytes().splitlines()
    rows = [msgspec.json.decode(line, type=Labelled) for line in lines]
    assert len(rows) >= 30 and {row.verdict for row in rows} == {
        "right", "partly", "wrong", "no-answer",
    }  # fmt: skip
    judge: Any = panel()
    for row in rows:
        quotes = [row.answer[:40]] if row.verdict in ("right", "partly") else []
        said = form(row.verdict, quotes)
        shown = Exhibit(
            Case(id=row.id, question=row.question), (), Reply(text=row.answer),
            {"reference": row.reference, "rubric": list(row.rubric)},
        )  # fmt: skip
        found = await judge.judge(shown, Desk(judge=said, judge_2=said, judge_3=WRONG))
        assert judge.label_of(found) == row.verdict, row.id
        assert found.behaviour in (row.behaviour, "refused", "abstained"), row.id
