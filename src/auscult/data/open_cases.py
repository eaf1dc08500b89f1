"""Packs of open cases: a question in free words, a rubric, and edits by the author of both.

Each line is a case with three to six criteria (one with positive points that is unsafe to miss, one
with negative points that names a fault), distractions, baits, neutral sentences as their control,
rewordings, and perhaps a value that no patient can have and one that hardly anyone has. The case is
given out as it is; the rest stands in `brief.extra["open"]`. The whole pack is validated first, and
all its faults are listed at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.case import Brief, Case, Harm, Measurement
from auscult.core.errors import Fault
from auscult.kit.attack.authored import Rewording
from auscult.kit.open.case import (
    QUESTIONED,
    Bait,
    Criterion,
    Distraction,
    OpenPart,
    OtherValue,
    as_extra,
)
from auscult.kit.options import parse_options
from auscult.kit.strict_packs import (
    PackItem,
    PackLoader,
    pack_faults,
    strict_items,
    with_sign_offs,
    wrong_texts,
)

AGE_BANDS = ((18, "0-17"), (40, "18-39"), (65, "40-64"))
CRITERIA = range(3, 7)
"""How many a case may have."""
MOST_POINTS = 10
_digit = re.compile(r"\d")
_id = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")


def build() -> OpenCases:
    return OpenCases()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""


class ItsCriterion(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    id: str
    text: str
    points: int
    why: str
    unsafe_if_missing: bool = False
    unsafe_if_met: bool = False
    harm: Harm = "ungraded"
    """What failing it may do; only of one that is unsafe."""

    def criterion(self) -> Criterion:
        return Criterion(self.id, self.text, self.points, self.unsafe, self.harm)

    @property
    def unsafe(self) -> bool:
        return self.unsafe_if_missing if self.points > 0 else self.unsafe_if_met


class ItsMeasurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantity: str
    value: str
    unit: str
    text: str


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    as_of: str = ""
    """The year of the source where it is blank."""
    jurisdiction: str = "international"
    asker: Literal["patient", "clinician"]
    age: float
    """In years."""
    sex: Literal["female", "male"]
    stem: str
    question: str
    measurements: tuple[ItsMeasurement, ...] = ()
    reference: str
    criteria: tuple[ItsCriterion, ...]
    distractions: tuple[Distraction, ...]
    baits: tuple[Bait, ...]
    impossible: OtherValue | None = None
    extreme: OtherValue | None = None
    rewordings: tuple[Rewording, ...]
    neutral: tuple[str, ...]
    rationale: str

    @property
    def date(self) -> str:
        return self.as_of or str(self.source.year or "")


class OpenCases(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "open-cases options")
        cases = (_case(item) for item in strict_items(path, Item, _wrong))
        return with_sign_offs(cases, wanted.reviews)


def validate_open_cases(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return pack_faults(path, Item, _wrong)


def _wrong(item: Item) -> Iterator[str]:
    dated = msgspec.structs.replace(item, as_of=item.date)
    yield from wrong_texts(dated, "stem", "question", "reference", "rationale")
    if item.age < 0:
        yield "'age' is negative"
    yield from _wrong_measurements(item)
    yield from _wrong_criteria(item)
    yield from _wrong_sentences(item)
    yield from _wrong_rewordings(item)
    yield from _wrong_values(item)


def _wrong_measurements(item: Item) -> Iterator[str]:
    for one in item.measurements:
        times = item.stem.count(one.text) if one.text.strip() else 0
        if times != 1:
            yield f"measurement text '{one.text}' must occur once in the stem, found {times}"
        if not one.value.strip() or one.value not in one.text:
            yield f"measurement text '{one.text}' does not hold its value '{one.value}'"


def _wrong_criteria(item: Item) -> Iterator[str]:
    if len(item.criteria) not in CRITERIA:
        yield f"a case has 3 to 6 criteria, found {len(item.criteria)}"
    ids = [c.id for c in item.criteria]
    if len(set(ids)) < len(ids) or not all(_id.fullmatch(one) for one in ids):
        yield "criteria need ids of their own, of small letters, digits and hyphens"
    if QUESTIONED in ids:
        yield f"'{QUESTIONED}' is the id of a criterion that is added; take another"
    for c in item.criteria:
        yield from _wrong_criterion(c)
    if not any(c.points > 0 and c.unsafe_if_missing for c in item.criteria):
        yield "no criterion with positive points is unsafe to miss"
    if not any(c.points < 0 for c in item.criteria):
        yield "no criterion has negative points"


def _wrong_criterion(c: ItsCriterion) -> Iterator[str]:
    if not c.text.strip() or not c.why.strip():
        yield f"criterion '{c.id}' has no text or does not say why"
    if c.harm != "ungraded" and not c.unsafe:
        yield f"criterion '{c.id}' has a harm and is not marked as unsafe to fail"
    if not 1 <= abs(c.points) <= MOST_POINTS:
        yield f"criterion '{c.id}' has {c.points} points; give 1 to 10, or -1 to -10"
    elif (c.points > 0 and c.unsafe_if_met) or (c.points < 0 and c.unsafe_if_missing):
        yield f"criterion '{c.id}' is unsafe the wrong way round for its points"


def _wrong_sentences(item: Item) -> Iterator[str]:
    groups = {
        "distraction": [one.text for one in item.distractions],
        "bait": [one.text for one in item.baits],
        "neutral sentence": list(item.neutral),
    }
    every = [text for texts in groups.values() for text in texts]
    if len(set(every)) < len(every):
        yield "two sentences to put in are the same"
    for what, texts in groups.items():
        if not texts:
            yield f"there is no {what}"
        for text in texts:
            if not text.strip() or text != text.strip() or text in item.stem:
                yield f"a {what} is blank, untrimmed or stands in the stem already"
            if _digit.search(text):
                yield f"a {what} holds a number: '{text}'"
    ids = {c.id for c in item.criteria}
    for bait in item.baits:
        if bait.against not in ids:
            yield f"the bait '{bait.style}' is against '{bait.against}', which is no criterion"
        if not bait.pushes.strip():
            yield f"the bait '{bait.style}' does not say what it pushes"


def _wrong_rewordings(item: Item) -> Iterator[str]:
    if not item.rewordings:
        yield "there is no rewording"
    texts = [f"{one.stem} {one.question}" for one in item.rewordings]
    if len({*texts, f"{item.stem} {item.question}"}) <= len(texts):
        yield "two rewordings are the same, or one is the case as it is"
    if any(not one.stem.strip() or not one.question.strip() for one in item.rewordings):
        yield "a rewording has a blank stem or question"


def _wrong_values(item: Item) -> Iterator[str]:
    for name, one in (("impossible", item.impossible), ("extreme", item.extreme)):
        if one is None:
            continue
        if not 0 <= one.measurement < len(item.measurements):
            yield f"'{name}' names measurement {one.measurement}; they count from 0"
        elif one.value == item.measurements[one.measurement].value:
            yield f"'{name}' has the value that stands there"
        if not one.value.strip() or not one.why.strip():
            yield f"'{name}' has no value or does not say why"


def _case(item: Item) -> Case:
    part = OpenPart(
        criteria=tuple(c.criterion() for c in item.criteria),
        distractions=item.distractions,
        baits=item.baits,
        neutral=item.neutral,
        rewordings=item.rewordings,
        impossible=item.impossible,
        extreme=item.extreme,
        age=item.age,
    )
    brief = Brief(
        reference=item.reference,
        cluster=item.id,
        groups={"sex": item.sex, "age_band": _age_band(item.age), "asker": item.asker},
        specialty=item.specialty,
        task="open",
        jurisdiction=item.jurisdiction,
        source=item.source.source(),
        as_of=item.date,
        licence=item.licence,
        rationale=item.rationale,
        extra=as_extra(part),
    )
    measurements = tuple(
        Measurement(m.quantity, m.value, m.unit, m.text) for m in item.measurements
    )
    return Case(item.id, item.stem, item.question, measurements=measurements, brief=brief)


def _age_band(years: float) -> str:
    return next((name for end, name in AGE_BANDS if years < end), "65+")
