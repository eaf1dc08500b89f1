"""Reads which option of a multiple-choice question a reply chooses, or that it chooses none.

Measured: whether the chosen option is the key, on the replies that choose one. A reply that
abstains, refuses or cannot be read carries no score and is counted as what it is. `facts` of the
exhibit hold `options` (texts as displayed) and `key` (index as displayed), and may hold `letters`
and `scoring` ("text", or "logprobs" for the likeliest option letter instead of the written one).
The judge asks no model. Its error on two labelled sets of answers, one of them written by others
and held out, is computed by `auscult.kit.calibration` and shown in docs/judges/choice.md.
"""

from __future__ import annotations

import string
from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit
from auscult.core.verdict import Verdict
from auscult.kit.choice.logprobs import score_by_logprobs
from auscult.kit.choice.reading import Reading, read_choice
from auscult.kit.options import parse_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None as yet: everything the judge needs comes with the exhibit."""


def build(options: Mapping[str, Any]) -> ChoiceJudge:
    parse_options(options, Options, "judge 'choice'")
    return ChoiceJudge()


class ChoiceJudge:
    name = "choice"
    version = "1"

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        reply, facts = exhibit.reply, exhibit.facts
        key = facts.get("key")
        key = key if isinstance(key, int) and key >= 0 else None
        if reply.status == "error":
            return Verdict(self.name, self.version, "error", cause=reply.cause)
        if reply.status == "filtered":
            return self._verdict(Reading("refused", None, "filter"), key)
        if reply.status == "truncated":
            return self._verdict(Reading("invalid", None, "truncated"), key)
        options = tuple(facts["options"])
        letters = facts.get("letters") or string.ascii_uppercase
        if facts.get("scoring") == "logprobs":
            scores = score_by_logprobs(reply, letters[: len(options)])
            likeliest = _likeliest(scores)
            if scores is not None and likeliest is not None:
                return self._by_logprobs(reply, scores, likeliest, key)
        return self._verdict(read_choice(reply.text, options, letters=letters), key)

    def _by_logprobs(
        self, reply: Reply, scores: Sequence[float], likeliest: int, key: int | None
    ) -> Verdict:
        reading = Reading("answered", likeliest, "logprobs", reply.text.strip()[:80])
        probabilities = [round(score, 6) for score in scores]
        return self._verdict(reading, key, probabilities=probabilities)

    def _verdict(self, reading: Reading, key: int | None, **labels: Any) -> Verdict:
        answered = reading.behaviour == "answered"
        return Verdict(
            judge=self.name,
            version=self.version,
            behaviour=reading.behaviour,
            score=float(reading.choice == key) if answered and key is not None else None,
            cause=reading.cause,
            labels={"chosen": reading.choice, "key": key, **labels},
            quotes=(reading.evidence,) if reading.evidence else (),
        )


def _likeliest(scores: Sequence[float] | None) -> int | None:
    """None where two share the highest place: a tie is no choice."""
    if scores is None:
        return None
    top = max(scores)
    places = [i for i, score in enumerate(scores) if score == top]
    return places[0] if len(places) == 1 else None
