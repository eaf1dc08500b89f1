"""Reads whether a free reply to a yes-no question says yes or no, or that it says neither.

Measured: whether the reply says what the key says, on the replies that say yes or no. A reply that
abstains, refuses or cannot be read carries no score and is counted as what it is. `facts` of the
exhibit hold `options` ("yes" and "no") and `key` (a place among them); the question is read from
the case or the messages, so that "no effusion is seen" answers "Is there an effusion?". A reply
that cannot see the picture is abstained, with the cause "inability". The judge asks no model. Its
error on labelled answers is computed by `auscult.kit.yes_no.measure` (docs/judges/yes-no.md).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.errors import UsageError
from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit
from auscult.core.verdict import Verdict
from auscult.kit.options import parse_options
from auscult.kit.questions import YES_NO
from auscult.kit.yes_no.reading import YesNo, read_yes_no


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None as yet: everything the judge needs comes with the exhibit."""


def build(options: Mapping[str, Any]) -> YesNoJudge:
    parse_options(options, Options, "judge 'yes-no'")
    return YesNoJudge()


class YesNoJudge:
    name = "yes-no"
    version = "1"

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        facts = exhibit.facts
        if exhibit.reply.status == "error":
            return Verdict(self.name, self.version, "error", cause=exhibit.reply.cause)
        places = _places(facts.get("options") or YES_NO)
        reading = _read(exhibit.reply, _question(exhibit))
        key = facts.get("key")
        key = key if isinstance(key, int) and key >= 0 else None
        chosen = None if reading.says_yes is None else places[0 if reading.says_yes else 1]
        answered = reading.behaviour == "answered"
        return Verdict(
            judge=self.name,
            version=self.version,
            behaviour=reading.behaviour,
            score=float(chosen == key) if answered and key is not None else None,
            cause=reading.cause,
            labels={"chosen": chosen, "key": key, "hedged": reading.hedged},
            quotes=(reading.evidence,) if reading.evidence else (),
        )


def _read(reply: Reply, question: str) -> YesNo:
    if reply.status == "filtered":
        return YesNo("refused", cause="filter")
    if reply.status == "truncated":
        return YesNo("invalid", cause="truncated")
    return read_yes_no(reply.text, question)


def _places(options: Sequence[str]) -> tuple[int, int]:
    """Where "yes" and "no" stand among the options."""
    plain = [re.sub(r"\W", "", option).lower() for option in options]
    if sorted(plain) != sorted(YES_NO):
        raise UsageError(
            f"judge 'yes-no' was given the options {list(options)}; it reads questions whose "
            "options are yes and no, so name the judge 'choice' for this one"
        )
    return plain.index(YES_NO[0]), plain.index(YES_NO[1])


def _question(exhibit: Exhibit) -> str:
    """The case's own, unless an attack put another one to the target."""
    said = [m.text for m in exhibit.messages if m.role == "user"]
    own = exhibit.case.question
    if not said or (own and any(own in text for text in said)):
        return own
    asking = [text for text in said if "?" in text]
    return asking[-1] if asking else own
