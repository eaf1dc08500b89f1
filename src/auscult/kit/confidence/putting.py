"""Puts one asking of a scenario, turn by turn, and records what came of it as one trial.

Every reply of a conversation is read by itself; the trial carries the reading of the gravest one.
`turn` is the turn at which something first came out (0 for the first request), `lost_at` the turn
whose call failed. A conversation ends early where a call fails or nothing was said: there is
nothing to go on from.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.message import Message, assistant, user
from auscult.core.protocols import Arm, Bench, Exhibit
from auscult.core.verdict import Verdict
from auscult.kit.confidence.asking import (
    BENIGN,
    CONFIRMED,
    SAMPLING,
    Put,
    filled_put,
)
from auscult.kit.confidence.reading import (
    DISCLOSURE,
    REFUSAL,
    Guarded,
    Read,
    guarded,
    read_benign,
    read_reply,
    sent,
)
from auscult.kit.confidence.rubric import graded
from auscult.kit.confidence.scenario import Scenario
from auscult.kit.confidence.severity import STEPS, severity_of
from auscult.kit.identities import Canary, facts_of
from auscult.kit.slots import kind_and_person

Conversation = tuple[Message, ...]
Turning = Callable[[int, Conversation], Awaitable[str]]
"""What is said next, by the number of the turn from 0 on and what was said before."""
NOTHING: Mapping[str, Any] = {}


class Answer(msgspec.Struct, frozen=True):
    """One turn: what was said before it, and how its reply reads."""

    before: Conversation
    read: Read
    others: tuple[Any, ...] = ()
    """Verdicts of the judges behind the reading."""
    sent: str = ""
    """What went to the recipient."""


class Told(msgspec.Struct, frozen=True):
    """A trial."""

    put: Put
    answers: tuple[Answer, ...]
    vouched: bool = True
    """An author or a verifier stands behind all that was said."""

    @property
    def first_leak(self) -> int | None:
        return next((n for n, one in enumerate(self.answers) if one.read.leaked), None)

    @property
    def worst(self) -> Answer:
        """The gravest reply: the first of those; where nothing came out a failed one, or the last
        that was given."""
        leaks = [one for one in self.answers if one.read.leaked]
        if leaks:
            return min(leaks, key=lambda one: STEPS[one.read.labels["came_out"]])
        failed = [one for one in self.answers if one.read.verdict.behaviour == "error"]
        return failed[0] if failed else self.answers[-1]


class Table(msgspec.Struct, frozen=True):
    """What is the same in every arm of a case."""

    case: Case
    scenario: Scenario
    values: Mapping[str, str]
    kept: dict[str, Guarded] = {}
    """By what is shown; worked out once."""
    rubric: bool = False
    """A model grades what went out, too."""
    models: set[str] = set()
    """Of the target, as its replies named them."""

    def guarded(self, put: Put) -> Guarded:
        if put.shown not in self.kept:
            self.kept[put.shown] = guarded(self.scenario, put.shown, self.values)
        return self.kept[put.shown]

    @property
    def labels(self) -> dict[str, Any]:
        return {
            "category": self.scenario.category,
            "harm": self.scenario.harm,
            "data": self.case.id.partition("/")[0],
            "signed_off": bool(self.case.brief.reviewers),
        }


async def put_it(
    bench: Bench,
    table: Table,
    put: Put,
    labels: Mapping[str, Any] | Callable[[], Mapping[str, Any]] = NOTHING,
    turning: Turning | None = None,
) -> Told:
    """Asked in an arm of the put's name, with all its turns; `turning` gives other words for them.
    Labels that are known only at the end are asked for then."""
    place, what = bench.arm(put.arm), table.guarded(put)
    said: Conversation = filled_put(put, table.values)
    answers: list[Answer] = []
    for turn in range(len(put.turns) + 1):
        step = f"turn {turn}" if turn else "ask"
        answer, text = await _asked(place, table, put, said, what, step)
        answers.append(answer)
        if answer.read.verdict.behaviour == "error" or not text.strip():
            break
        if turn < len(put.turns):
            said = (*said, assistant(text))
            words = await turning(turn, said) if turning else put.turns[turn]
            said = (*said, user(words))
    told = Told(put, tuple(answers))
    noted = dict(labels() if callable(labels) else labels)
    others: tuple[Verdict, ...] = ()
    if table.rubric and not put.benign and not put.arm.startswith(CONFIRMED):
        sent_out = [one.sent for one in answers]
        verdict, grade = await graded(
            place, table.case, table.scenario, what, answers[0].before, sent_out
        )
        lost = answers[-1].read.verdict.behaviour == "error"
        noted |= {"model_failed": True} if lost and not grade.get("model_grade") else grade
        others = (verdict,)
    _record(place, table, told, noted, others)
    return told


async def put_again(
    bench: Bench, table: Table, put: Put, said: Conversation, labels: Mapping[str, Any]
) -> None:
    """One fresh reply to a conversation that is known."""
    place, what = bench.arm(put.arm), table.guarded(put)
    answer, _ = await _asked(place, table, put, said, what, "ask")
    _record(place, table, Told(put, (answer,)), labels)


async def _asked(
    place: Arm, table: Table, put: Put, said: Conversation, what: Guarded, step: str
) -> tuple[Answer, str]:
    case = table.case
    rightly = [
        Canary(kind_and_person(slot)[0], table.values[slot])
        for slot in (table.scenario.twin.must_state if put.benign else ())
    ]
    canaries = rightly or list(what.canaries)
    hints = {
        "kind": "privacy", "arm": put.arm, "case_id": case.id, "repeat": 0,
        "image": "clean" if put.pictures else "none",
        "harmful": not put.benign, "canaries": facts_of(canaries), "cluster": case.cluster,
        "asked": canaries[0].kind if canaries else "", "style": put.style,
    }  # fmt: skip
    reply = await place.ask(said, step=step, sampling=SAMPLING, hints=hints)
    if reply.model:
        table.models.add(reply.model)
    refusal = await place.judge(REFUSAL, Exhibit(case, said, reply))
    if put.benign:
        return Answer(said, read_benign(reply, refusal, rightly), (refusal,)), reply.text
    disclosure = await place.judge(
        DISCLOSURE, Exhibit(case, said, sent(reply, refusal), what.facts)
    )
    read = read_reply(reply, disclosure, refusal, what)
    shown = sent(reply, refusal).text
    return Answer(said, read, (disclosure, refusal), shown), reply.text


def _record(
    place: Arm, table: Table, told: Told, labels: Mapping[str, Any], more: tuple[Verdict, ...] = ()
) -> None:
    answer, put = told.worst, told.put
    noted = {**table.labels, **labels, **answer.read.labels}
    if put.attack and not put.by_model:
        noted["attack"] = put.attack
    came_out = answer.read.labels.get("came_out")
    if came_out:
        noted["severity"] = severity_of(table.scenario.harm, came_out)
    # Of a conversation, at any turn.
    for flag in ("unmarked", "otherwise"):
        if any(one.read.labels.get(flag) for one in told.answers):
            noted[flag] = True
    if len(put.turns):
        noted |= _course(told)
    place.record(answer.read.verdict, *answer.others, *more, **noted)


def _course(told: Told) -> dict[str, int]:
    """Where a conversation stood when something came out or was lost."""
    found = {"turns": len(told.put.turns)}
    if told.first_leak is not None:
        found["turn"] = told.first_leak
        found["gravest_at"] = told.answers.index(told.worst)
    for number, answer in enumerate(told.answers):
        if answer.read.verdict.behaviour == "error":
            found["lost_at"] = number
    return found


def candidates(told: Sequence[Told], *, conversations: bool) -> list[Told]:
    """What may be asked once more: what disclosed, plainly asked first of all; where nothing did,
    any."""
    usable = [one for one in told if one.put.arm != BENIGN and (conversations or not one.put.turns)]
    leaked = [one for one in usable if one.first_leak is not None]
    unprovoked = [one for one in leaked if not one.put.attack]
    return unprovoked or leaked or usable
