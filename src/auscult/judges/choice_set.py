"""Reads which set of options a reply chooses where several may be right, or that it chooses none.

Measured: whether the chosen set is the set of keys, on the replies that choose a set; one option
too few or too many is not right. A reply that abstains, refuses or cannot be read carries no score
and is counted as what it is. `facts` of the exhibit hold `options` (texts as displayed) and `keys`
(their places as displayed), and may hold `letters` and `asks_not`: whether the question asks for
the options that are not correct. How the set is written ("ABDE", "A,B,D,E", "all except C") makes
no difference. The judge asks no model. Its error on labelled answers is computed by
`auscult.kit.choice.letter_set_measure` and shown in docs/judges/choice-set.md.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

import msgspec

from auscult.core.message import Reply
from auscult.core.protocols import Arm, Exhibit
from auscult.core.verdict import Verdict
from auscult.kit.choice.letter_set import SetReading, read_letter_set
from auscult.kit.disclosure.labels import Words
from auscult.kit.options import parse_options


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """None as yet: everything the judge needs comes with the exhibit."""


def build(options: Mapping[str, Any]) -> ChoiceSetJudge:
    parse_options(options, Options, "judge 'choice-set'")
    return ChoiceSetJudge()


def measured() -> Words:
    """For the dossier: the error on the answers that lie beside this file."""
    from auscult.kit.choice.letter_set_measure import parts_in_words

    return parts_in_words()


class ChoiceSetJudge:
    name = "choice-set"
    version = "1"

    async def judge(self, exhibit: Exhibit, bench: Arm) -> Verdict:
        reply, facts = exhibit.reply, exhibit.facts
        if reply.status == "error":
            return Verdict(self.name, self.version, "error", cause=reply.cause)
        return self._verdict(_read(reply, facts), facts.get("keys"))

    def _verdict(self, reading: SetReading, keys: Any) -> Verdict:
        asked = None if keys is None else sorted(set(keys))
        labels: dict[str, Any] = {"chosen": None, "keys": asked}
        score = None
        if reading.chosen is not None:
            labels["chosen"] = list(reading.chosen)
            if asked is not None:
                labels["missing"] = len(set(asked) - set(reading.chosen))
                labels["extra"] = len(set(reading.chosen) - set(asked))
                score = float(labels["chosen"] == asked)
        return Verdict(
            judge=self.name,
            version=self.version,
            behaviour=reading.behaviour,
            score=score,
            cause=reading.cause,
            labels=labels,
            quotes=(reading.evidence,) if reading.evidence else (),
        )


def _read(reply: Reply, facts: Mapping[str, Any]) -> SetReading:
    if reply.status == "filtered":
        return SetReading("refused", cause="filter")
    if reply.status == "truncated":
        return SetReading("invalid", cause="truncated")
    return read_letter_set(
        reply.text,
        tuple(facts["options"]),
        letters=facts.get("letters") or string.ascii_uppercase,
        asks_not=bool(facts.get("asks_not")),
    )
