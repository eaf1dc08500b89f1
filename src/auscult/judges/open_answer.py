"""Scores an open answer against a reference and a rubric, by asking the model in the role judge.

Measured: how far an answer says what the reference says: 1 right, 0.5 partly, 0 wrong. An answer
that abstains, refuses or is none carries no score and is counted as what it is. `facts` of the
exhibit hold `reference` and `rubric` (a list of essential points, which may be empty); they may
hold `question` (else the case's own text). A suite asks this judge where the role "judge" is bound.

Code decides what it can: an answer that is the short reference, an empty one, and one that is a
plain refusal or a plain "I don't know" and nothing else. `labels.by` says who decided: "match",
"code" or "judge". Otherwise the model is asked at most twice. A reply that cannot be used (not the
form, cut off, a quote that the model was not shown) never becomes a score: the verdict is an error
with the cause "judge-unreadable". Words that speak to the judge are cut before it reads and counted
in `labels.cuts`; `labels.left_out` counts what of a very long answer it is not shown.

The judge's error depends on the model that plays it: measure yours with
`auscult judges calibrate open-answer` (docs/judges/open-answer.md).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit
from auscult.core.verdict import Behaviour, Verdict
from auscult.kit.options import parse_options
from auscult.kit.refusal.reading import read_refusal
from auscult.kit.rubric.declining import no_answer
from auscult.kit.rubric.orders import Cleared, clear
from auscult.kit.rubric.prompt import (
    RULINGS,
    SAMPLING,
    SCHEMA,
    Order,
    Question,
    Ruling,
    asked,
    asked_again,
    left_out,
)
from auscult.kit.rubric.reading import Judgement, read_judgement, ruling_of
from auscult.kit.rubric.text import matches, overlaps

ROLE, STEPS = "judge", ("judge", "judge-again")
QUOTE = 240
"""Characters of a quote at most that a verdict keeps."""
SCORES: dict[Ruling, float] = {"right": 1.0, "partly": 0.5, "wrong": 0.0}
BEHAVIOURS: dict[Ruling, Behaviour] = {
    "right": "answered",
    "partly": "partial",
    "wrong": "answered",
    "no-answer": "abstained",
}


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    order: Order = "reference-first"
    """What the judge model reads first; the other order is for the position probe."""


def build(options: Mapping[str, Any]) -> OpenAnswerJudge:
    return OpenAnswerJudge(parse_options(options, Options, "judge 'open-answer'"))


class OpenAnswerJudge:
    name = "open-answer"
    version = "5"
    levels: tuple[str, ...] = RULINGS
    positive: Ruling = "right"
    asks: ClassVar[Mapping[str, int]] = {ROLE: len(STEPS)}
    one_fact_of = ("reference", "rubric")

    def __init__(self, options: Options) -> None:
        self._order = options.order

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        reply = exhibit.reply
        if reply.status == "error":
            return self._verdict("error", cause=reply.cause)
        if reply.status == "filtered":
            return self._verdict("refused", cause="filter", by="code")
        item = _item(exhibit)
        if not item.reference.strip() and not item.rubric:
            return self._verdict("error", cause="no-reference", by="code")
        shown = clear(item.answer)
        found = self._by_code(item, shown)
        if found is None:
            found = await self._by_model(item, shown, bench)
        if reply.status == "truncated":
            found = msgspec.structs.replace(found, labels=found.labels | {"truncated": True})
        return found

    def label_of(self, verdict: Verdict) -> str:
        return ruling_of(verdict)

    def baseline_of(self, exhibit: Exhibit) -> str:
        """Right where half of the reference's longer words occur in the answer."""
        item = _item(exhibit)
        return self.positive if overlaps(item.answer, item.reference) else "wrong"

    def _by_code(self, item: Question, shown: Cleared) -> Verdict | None:
        """What needs no model. A reference that itself declines leaves the matter to one."""
        if matches(shown.text, item.reference):
            return self._verdict(
                "answered", 1.0, cause="match", by="match", quotes=(shown.text,), **_unseen(shown)
            )
        if not shown.text.strip():
            return self._verdict("invalid", cause="empty", by="code")
        if shown.says_nothing:
            return self._verdict("invalid", cause="speaks-to-judge", by="code", cuts=shown.cuts)
        said = no_answer(shown.bare, item.question)
        if said is None or _declines(item.reference, item.question):
            return None
        quote = said.quote(shown.bare)
        return self._verdict(
            said.behaviour, cause=said.rule, by="code", quotes=(quote,), **_unseen(shown)
        )

    async def _by_model(self, item: Question, shown: Cleared, bench: Arm) -> Verdict:
        messages = asked(msgspec.structs.replace(item, answer=shown.text), self._order)
        sent = messages
        faults: list[str] = []
        for step in STEPS:
            reply = await bench.ask(sent, step=step, role=ROLE, sampling=SAMPLING, schema=SCHEMA)
            if reply.status in ("error", "filtered"):
                why = f"{reply.status}: {reply.cause}" if reply.cause else reply.status
                return self._verdict("error", cause="judge-failed", by="judge", fault=why)
            read = read_judgement(reply, shown.text)
            if isinstance(read, Judgement):
                return self._ruled(read, item, shown, asks=len(faults) + 1)
            faults.append(read.what)
            sent = asked_again(messages, reply.text, read.what)
        return self._verdict(
            "error", cause="judge-unreadable", by="judge", asks=len(faults), fault=faults[-1],
            **_unseen(shown),
        )  # fmt: skip

    def _ruled(self, read: Judgement, item: Question, shown: Cleared, asks: int) -> Verdict:
        behaviour = BEHAVIOURS[read.ruling]
        if read.ruling == "no-answer" and _refuses(shown.bare, item.question):
            behaviour = "refused"
        labels: dict[str, Any] = {
            "ruling": read.ruling,
            "missing": list(read.missing),
            "wrong_claims": list(read.wrong_claims),
            "asks": asks,
            **_unseen(shown),
        }
        if read.at_odds:
            labels["at_odds"] = True
        return self._verdict(
            behaviour, SCORES.get(read.ruling), cause=read.ruling, by="judge", quotes=read.quotes,
            **labels,
        )  # fmt: skip

    def _verdict(
        self,
        behaviour: Behaviour,
        score: float | None = None,
        *,
        cause: str = "",
        quotes: tuple[str, ...] = (),
        **labels: Any,
    ) -> Verdict:
        kept = tuple(quote.strip()[:QUOTE].strip() for quote in quotes if quote.strip())
        return Verdict(self.name, self.version, behaviour, score, cause, labels, kept)


def _item(exhibit: Exhibit) -> Question:
    facts = exhibit.facts
    question = facts.get("question") or exhibit.case.text
    if not question:
        said = [m.text for m in exhibit.messages if m.role == "user"]
        question = said[-1] if said else ""
    rubric = facts.get("rubric") or ()
    points = (rubric,) if isinstance(rubric, str) else tuple(str(point) for point in rubric)
    return Question(question, str(facts.get("reference") or ""), _answer(exhibit.reply), points)


def _answer(reply: Reply) -> str:
    return reply.text.strip()


def _declines(text: str, question: str) -> bool:
    return bool(text.strip()) and read_refusal(text, question).behaviour in ("refused", "abstained")


def _refuses(answer: str, question: str) -> bool:
    return read_refusal(answer, question).behaviour in ("refused", "partial")


def _unseen(shown: Cleared) -> dict[str, Any]:
    """What the model was not shown of the answer."""
    found = {"cuts": shown.cuts, "left_out": left_out(shown.text)}
    return {name: count for name, count in found.items() if count}
