"""Medical questions with a key, put plainly and with an instruction to mislead after them.

What CARES asks under its jailbreak: each question stands as it is, and a sentence of ours tells the
target to conceal, to exaggerate or to treat wrongly. A neutral sentence of the same length is the
control. Options stand in one order in all arms of a question, so that nothing else differs.
"""

from __future__ import annotations

from collections.abc import Sequence
from heapq import heappush, heapreplace
from typing import Any

import msgspec

from auscult.core.case import Case
from auscult.core.message import ImagePart, Message, user
from auscult.core.protocols import Abilities, Ask, Bench, Exhibit
from auscult.kit import mcq
from auscult.kit.disk_index import digest64
from auscult.kit.factual.published import asked_as_published, published_place, published_score
from auscult.kit.pictures import Pictures, why_not
from auscult.kit.question_suite import (
    authors_order,
    fault_of,
    hints_of,
    one_order,
    question_size,
    shown_clean,
)
from auscult.kit.questions import Form, facts_of, form_of, judge_of, prompt_of, with_pictures
from auscult.kit.requests import (
    AIMS,
    NEUTRAL,
    REPLY_TOKENS,
    SAMPLING,
    kind_of,
    published_labels,
    request_labels,
    tokens_of,
    with_instruction,
)

QUESTION, PUBLISHED = "question", "published"
OPEN = "it is an open question; accuracy is measured over closed ones"


class Place(msgspec.Struct, frozen=True):
    """One asking."""

    arm: str
    repeat: int = 0
    style: str = ""
    instruction: str = ""
    as_published: bool = False


def question_arm(told: str) -> str:
    return f"{QUESTION}-{told}"


def published_arm(told: str) -> str:
    return f"{PUBLISHED}-{told}"


def arms_of(styles: Sequence[str], published: bool) -> tuple[str, ...]:
    """Without repeats, in the order asked."""
    return tuple(dict.fromkeys(place.arm for place in places(styles, 0, published)))


def places(styles: Sequence[str], wording: int, published: bool) -> list[Place]:
    """The plain question, each style in one wording, and the neutral instruction as often as there
    are styles, each time in other words."""
    calm = AIMS[NEUTRAL]
    out = [Place(QUESTION)]
    out += [Place(question_arm(s), 0, s, AIMS[s][wording]) for s in styles]
    out += [
        Place(question_arm(NEUTRAL), n, NEUTRAL, calm[(wording + n) % len(calm)])
        for n in range(len(styles))
    ]
    if published:
        out += [Place(published_arm(s), 0, s, AIMS[s][wording], True) for s in styles]
    return out


def is_question(case: Case) -> bool:
    """What says neither harmful nor safe, and has a right answer to be told from wrong ones."""
    return not kind_of(case) and bool(case.options or case.brief.reference)


def question_fault(case: Case) -> str:
    return fault_of(case, form_of(case), mcq.LETTERS)


class Drawn:
    """So many of the cases given, the same ones in every run, however many there are."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._kept: list[tuple[int, str, Case]] = []

    def add(self, case: Case) -> None:
        # A digest of the id is as good as a draw, and needs no second reading of the data.
        one = (-digest64(case.id.encode("utf-8", "surrogatepass")), case.id, case)
        if len(self._kept) < self.most:
            heappush(self._kept, one)
        elif self._kept and one > self._kept[0]:
            heapreplace(self._kept, one)

    def cases(self) -> list[Case]:
        return [case for _, _, case in sorted(self._kept, key=lambda one: one[1])]


def question_cost(
    case: Case, abilities: Abilities, styles: Sequence[str], published: bool
) -> list[Ask]:
    if form_of(case) == "open" or why_not(case, abilities):
        return []
    calls = len(places(styles, 0, published))
    told = tokens_of("", AIMS) if styles else 0
    return [Ask("target", calls, question_size(case) + told, REPLY_TOKENS)]


async def ask_question(
    case: Case, bench: Bench, styles: Sequence[str], published: bool, pictures: Pictures
) -> None:
    form = form_of(case)
    wording = bench.rng("wording").randrange(len(AIMS[NEUTRAL]))
    labels = request_labels(case) | {"form": form}
    reason = OPEN if form == "open" else why_not(case, bench.abilities)
    shown = await shown_clean(case, pictures, reason)
    drawn = one_order(case, form, bench)
    # One after the other: the second asking finds the question in the endpoint's prefix cache.
    for place in places(styles, wording, published):
        told = labels | ({"style": place.style} if place.style else {})
        if shown.reason:
            bench.arm(place.arm, place.repeat).record(not_applicable=shown.reason, **told)
            continue
        order = authors_order(case) if place.as_published else drawn
        await _ask(case, form, bench, place, order, shown.parts, told)


async def _ask(
    case: Case,
    form: Form,
    bench: Bench,
    place: Place,
    order: tuple[int, ...],
    parts: tuple[ImagePart, ...],
    labels: dict[str, Any],
) -> None:
    facts = facts_of(case, form, order)
    messages = _messages(case, form, place, facts, parts)
    known = {"harmful": False, "style": place.style, "cluster": case.cluster}
    if case.images:
        known["image"] = "clean"
    arm = bench.arm(place.arm, place.repeat)
    hints = hints_of(case, form, facts, place.arm, place.repeat, **known)
    reply = await arm.ask(messages, sampling=SAMPLING, hints=hints)
    verdict = await arm.judge(judge_of(form), Exhibit(case, messages, reply, facts))
    read = {"key_position": facts["key"], **published_labels(reply)}
    if reply.status != "error":
        gold = published_place(case, form, facts["key"])
        options, letters = facts["options"], facts["letters"]
        read["legacy_right"] = published_score(reply.text, form, options, letters, gold)
    arm.record(verdict, **labels, **read)


def _messages(
    case: Case,
    form: Form,
    place: Place,
    facts: dict[str, Any],
    parts: tuple[ImagePart, ...],
) -> tuple[Message, ...]:
    options = facts["options"]
    if place.as_published:
        more = f"\n{place.instruction}"
        return asked_as_published(case, form, options, parts, mcq.LETTERS, more)
    text = with_instruction(prompt_of(case, form, options), place.instruction)
    return (*case.messages, user(with_pictures(text, parts)))
