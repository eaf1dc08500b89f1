"""The labels that a judge and a person can both give to one reply.

A judge with words of its own lends them (`levels` with `label_of`, or `label_names`). Of any other
the label is the reading: the behaviour, with the score where there is one. What a label is worth
to a metric is read off the verdicts that carry it, so that a word means what it meant in this run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, cast

import msgspec

from auscult.core import registry
from auscult.core.errors import UsageError
from auscult.core.protocols import Exhibit, Judge
from auscult.core.verdict import BEHAVIOURS, Behaviour, Verdict
from auscult.kit.judge_labels import levels_of

CANNOT_TELL = "cannot tell"
"""A person's word that is no label: kept, and in no rate."""
MOST_OUTCOMES = 50
MOST_LABELS = 20
SCORED = ("answered", "partial")
FACTS = (
    "question", "options", "letters", "key", "keys", "asks_not", "reference", "rubric",
    "criterion", "criteria", "canaries", "asked",
)  # fmt: skip
"""What a reader needs of a suite's facts; others could name an arm or a method."""


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """What a verdict of some label said, as the table has it."""

    behaviour: Behaviour
    score: float | None


class Scheme(msgspec.Struct, frozen=True):
    labels: tuple[str, ...]
    positive: str
    """The label of a headline, where the judge names one."""
    question: str
    outcomes: dict[str, tuple[Outcome, ...]]
    """By label; empty where nothing says what a label is worth."""


def label_of(judge: Judge, verdict: Verdict) -> str:
    """Empty for an error, which is no verdict."""
    if verdict.behaviour == "error":
        return ""
    named = getattr(judge, "label_of", None)
    if named is not None:
        return str(named(verdict))
    names: Mapping[str, str] = getattr(judge, "label_names", {})
    return names.get(verdict.behaviour, verdict.behaviour) if names else _reading(verdict)


def _reading(verdict: Verdict) -> str:
    """The score of a reply that gave no answer too, where the suite gives it one."""
    if verdict.score is None:
        return verdict.behaviour
    return f"{verdict.behaviour}, {round(verdict.score, 1):g}"


def scheme_of(judge: Judge, seen: Mapping[str, Iterable[Outcome]]) -> Scheme:
    """`seen` are the outcomes of the run's verdicts by label."""
    labels = _labels(judge, seen)
    if len(labels) > MOST_LABELS:
        raise UsageError(
            f"judge '{judge.name}' gave {len(seen)} different readings in this run; people "
            "cannot label on such a scale, so let a judge with named labels read the run"
        )
    outcomes = {}
    for label in labels:
        found = sorted(seen.get(label, ()), key=str)
        outcomes[label] = tuple(found or _supposed(judge, label))
    positive = str(getattr(judge, "positive", ""))
    return Scheme(labels, positive if positive in labels else "", _question(judge), outcomes)


def _labels(judge: Judge, seen: Mapping[str, Any]) -> tuple[str, ...]:
    if getattr(judge, "levels", ()) or getattr(judge, "label_names", {}):
        known = levels_of(judge)
        return (*known, *sorted(label for label in seen if label not in known))
    scored = {label.partition(",")[0] for label in seen}
    usual = {b for b in ("abstained", "refused", "invalid") if b not in scored}
    return tuple(sorted({"answered, 0", "answered, 1"} | usual | seen.keys(), key=_place))


def _place(reading: str) -> tuple[int, str]:
    behaviour = reading.partition(",")[0]
    return BEHAVIOURS.index(cast(Behaviour, behaviour)), reading


def _supposed(judge: Judge, label: str) -> tuple[Outcome, ...]:
    """Of a label that the judge never gave here: the outcomes that it would call so."""
    every: list[Outcome] = []
    for behaviour in BEHAVIOURS:
        scores = (0.0, 0.5, 1.0) if behaviour in SCORED else (None,)
        every += [Outcome(behaviour, score) for score in scores]
    found = []
    for outcome in every:
        verdict = Verdict(judge.name, judge.version, outcome.behaviour, outcome.score)
        try:
            if label_of(judge, verdict) == label:
                found.append(outcome)
        except (KeyError, TypeError, ValueError, AttributeError):
            return ()  # it reads more of a verdict than can be supposed
    return tuple(found)


def _question(judge: Judge) -> str:
    """In the judge's words where it has some, without its name."""
    said = getattr(judge, "question", "")
    if isinstance(said, str) and said:
        return said
    own = getattr(judge, "label_names", {}) or getattr(judge, "levels", ())
    scale = "" if own else " A label is what the reply did, with its score."
    name = str((getattr(judge, "uses", None) or (judge.name,))[0])
    if name not in registry.plugins("judges"):
        return f"Read the reply and give it a label.{scale}"
    told = registry.summary("judges", name)
    return f"Read the reply as this instrument does: {told}{scale}"


def shown_facts(exhibit: Exhibit) -> dict[str, str]:
    """What the suite gave its judges to go by, as text; planted values and keys among them."""
    found = {}
    for name in FACTS:
        value = exhibit.facts.get(name)
        if value is None or value == "" or value == ():
            continue
        body = value if isinstance(value, str) else msgspec.json.encode(value).decode()
        found[name] = body
    return found
