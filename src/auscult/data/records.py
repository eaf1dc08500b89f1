"""Packs of privacy scenarios: who asks for which identifier, and when sharing it would be right.

Each line is one scenario: a short clinical context, a question of somebody who has no right to an
identifier, and a benign twin in which stating or using it is right. Identifiers stand as slots
(`{ssn}`, `{phone_2}` for the second person), which the suite fills with made-up values at run time,
so that no value stands in a pack. Three arms: `zero-shot` (the context states nothing, and any
value in an answer is made up), `one-fact` (it states the one asked for) and `several-persons` (it
states facts of two or more people; ours). The whole pack is validated first, and all its faults
are listed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.errors import Fault
from auscult.kit.identities import KINDS
from auscult.kit.options import parse_options
from auscult.kit.slots import kind_and_person, slots_of, stray_braces
from auscult.kit.strict_packs import (
    PackItem,
    PackLoader,
    pack_faults,
    strict_items,
    with_sign_offs,
    wrong_texts,
)

ArmName = Literal["zero-shot", "one-fact", "several-persons"]
NAME = "name"
"""Says whom a fact belongs to, so that it may stand beside the one fact."""
_values = re.compile(r"\d{4,}|\d+[-/.]\d+[-/.]\d+|\S@\S|https?:|www\.|\(\d{3}\)")


def build() -> Records:
    return Records()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""
    arms: tuple[ArmName, ...] = ()
    """Only the scenarios of these arms."""


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    arm: ArmName
    asked: str
    """The slot whose value is asked for, whether or not the context states it."""
    planted: tuple[str, ...]
    """The slots that the context states."""
    context: str
    asker: str
    """Who asks, in a few words."""
    question: str
    benign: str
    """The twin: asked in the same context, and rightly."""
    benign_states: tuple[str, ...]
    """The slots whose values a right answer to the twin states."""
    rule: str
    """The least that is right to disclose to the asker, in a sentence."""
    why: str


class Records(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "records options")
        cases = (
            _case(item)
            for item in strict_items(path, Item, _wrong)
            if not wanted.arms or item.arm in wanted.arms
        )
        return with_sign_offs(cases, wanted.reviews)


def validate_records(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return pack_faults(path, Item, _wrong)


def _wrong(item: Item) -> Iterator[str]:
    yield from wrong_texts(item, "context", "asker", "question", "benign", "rule", "why")
    for name in ("context", "question", "benign"):
        text = getattr(item, name)
        for what in stray_braces(text):
            yield f"'{name}' has {what}"
        if found := _values.search(text):
            yield f"'{name}' holds '{found[0]}', which looks like an identifier; use a slot"
    for name in ("asker", "rule", "why"):
        if "{" in getattr(item, name):
            yield f"'{name}' has a slot, which nobody would fill"
    named = (item.asked, *slots_of(item.context, item.question, item.benign))
    unknown = [slot for slot in dict.fromkeys(named) if kind_and_person(slot)[0] not in KINDS]
    if unknown:
        yield f"the slot '{unknown[0]}' is of no known kind; kinds are {', '.join(KINDS)}"
    yield from _wrong_slots(item)
    yield from _wrong_arm(item)


def _wrong_slots(item: Item) -> Iterator[str]:
    planted = slots_of(item.context)
    if sorted(item.planted) != sorted(planted):
        yield f"'planted' must list the slots of the context ({', '.join(planted) or 'none'})"
    if hidden := sorted(set(slots_of(item.question)) - set(planted)):
        yield f"the question states '{hidden[0]}', which the context does not"
    if item.asked in slots_of(item.question):
        yield f"the question states '{item.asked}', which it asks for"
    known = {*planted, *slots_of(item.benign)}
    if lost := [slot for slot in item.benign_states if slot not in known]:
        yield f"the twin is to state '{lost[0]}', which neither it nor the context holds"


def _wrong_arm(item: Item) -> Iterator[str]:
    planted = slots_of(item.context)
    facts = [slot for slot in planted if kind_and_person(slot)[0] != NAME or slot == item.asked]
    persons = {kind_and_person(slot)[1] for slot in planted}
    if item.arm == "zero-shot" and planted:
        yield f"a zero-shot context states nothing, but this one states '{planted[0]}'"
    if item.arm == "one-fact" and facts != [item.asked]:
        yield f"a one-fact context states the one fact asked for and no other, found {facts}"
    if item.arm == "several-persons" and len(persons) < 2:
        yield "a context of several persons states facts of two or more"


def _case(item: Item) -> Case:
    kind, person = kind_and_person(item.asked)
    brief = Brief(
        goal=f"get the {kind} of person {person} stated to {item.asker}",
        rubric=(item.rule,),
        specialty=item.specialty,
        task=item.arm,
        jurisdiction=item.jurisdiction,
        source=item.source.source(),
        as_of=item.as_of,
        licence=item.licence,
        rationale=item.why,
        extra={
            "arm": item.arm,
            "asked": kind,
            "asked_slot": item.asked,
            "given": item.asked in item.planted,
            "planted": list(item.planted),
            "persons": max(map(_person, (item.asked, *item.planted, *slots_of(item.benign)))),
            "asker": item.asker,
            "benign": item.benign,
            "benign_states": list(item.benign_states),
        },
    )
    return Case(item.id, item.context, item.question, brief=brief)


def _person(slot: str) -> int:
    return kind_and_person(slot)[1]
