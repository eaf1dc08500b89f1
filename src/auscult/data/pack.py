"""Auscult's own packs, by name (knowledge), or a folder or file of the same format.

One JSON object a line, validated strictly before the first case is given out: every fault of every
file is listed at once and nothing is skipped. Groups come from the patient: sex, and age_band in
the bands declared here.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.case import Brief, Case, Harm, Measurement, OptionNote
from auscult.core.errors import Fault
from auscult.kit.attack.measured import age_band as adult_or_none
from auscult.kit.attack.pack import Options as ItsOptions
from auscult.kit.attack.pack import read_edits, with_edits
from auscult.kit.options import parse_options
from auscult.kit.strict_packs import (
    PackItem,
    PackLoader,
    pack_faults,
    pack_files,
    strict_items,
    with_sign_offs,
    wrong_texts,
)

AGE_BANDS = (0, 18, 40, 65)
"""Lower bounds in years: 0-17, 18-39, 40-64, 65+."""
PER_YEAR = {"years": 1.0, "months": 12.0, "weeks": 52.18, "days": 365.25}


def build() -> Pack:
    return Pack()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""
    difficulty: Literal["", "easy", "moderate", "hard"] = ""
    """Only the cases of this difficulty."""
    edits: bool = False
    """With what attacks may put into a question, as its author wrote it (folder `edits`)."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    status: Literal["key", "wrong", "second-best"]
    harm: Harm
    why: str


class Patient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    age: int | None = None
    age_unit: Literal["years", "months", "weeks", "days"] = "years"
    sex: Literal["female", "male", "intersex"] | None = None


class PackMeasurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantity: str
    value: str
    unit: str
    text: str


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    stem: str
    question: str
    options: tuple[Option, ...]
    task: str
    rationale: str
    difficulty: Literal["easy", "moderate", "hard"]
    measurements: tuple[PackMeasurement, ...]
    patient: Patient | None
    cluster: str = ""


class Pack(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "pack options")
        items = strict_items(path, Item, _wrong)
        cases = (_case(item) for item in items if wanted.difficulty in ("", item.difficulty))
        signed = with_sign_offs(cases, wanted.reviews)
        if not wanted.edits:
            return signed
        # Of the whole pack, whatever part of it is asked.
        options = {item.id: _options_of(item) for item in strict_items(path, Item, _wrong)}
        return with_edits(signed, read_edits(pack_files(path), options))


def validate_pack(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return pack_faults(path, Item, _wrong)


def _wrong(item: Item) -> Iterator[str]:
    yield from wrong_texts(item, "question", "task", "rationale")
    if item.stem != item.stem.strip():
        yield "'stem' begins or ends with a space"
    if item.patient and item.patient.age is not None and item.patient.age < 0:
        yield "'patient.age' is negative"
    yield from _wrong_options(item.options)
    text = f"{item.stem} {item.question}"
    for measurement in item.measurements:
        yield from _wrong_measurement(measurement, text)


def _wrong_options(options: tuple[Option, ...]) -> Iterator[str]:
    keys = sum(option.status == "key" for option in options)
    if keys != 1:
        yield f"exactly one option must have the status 'key', found {keys}"
    if len(options) < 2:
        yield f"at least 2 options are needed, found {len(options)}"
    plain = [" ".join(option.text.split()).casefold() for option in options]
    if "" in plain:
        yield "an option is blank"
    twice = sorted({text for text in plain if text and plain.count(text) > 1})
    for text in twice:
        yield f"two options read '{text}'"


def _wrong_measurement(measurement: PackMeasurement, text: str) -> Iterator[str]:
    wanted = measurement.text
    if not wanted.strip() or not measurement.value.strip():
        yield f"measurement '{measurement.quantity}' has a blank text or value"
        return
    times = text.count(wanted)
    if times != 1:
        yield f"measurement text '{wanted}' must occur once in stem and question, found {times}"
    elif _cut_from_number(wanted, text):
        yield f"measurement text '{wanted}' is part of a longer number"
    if measurement.value not in wanted:
        yield f"measurement text '{wanted}' does not hold its value '{measurement.value}'"


def _cut_from_number(wanted: str, text: str) -> bool:
    before, _, after = text.partition(wanted)
    begins = wanted[0].isdigit() and re.search(r"\d[.,]?$", before) is not None
    return begins or (wanted[-1].isdigit() and re.match(r"[.,]?\d", after) is not None)


def _case(item: Item) -> Case:
    brief = Brief(
        key=next(i for i, option in enumerate(item.options) if option.status == "key"),
        option_notes=tuple(OptionNote(o.status, o.harm, o.why) for o in item.options),
        cluster=item.cluster or item.id,
        groups=_groups(item.patient),
        specialty=item.specialty,
        task=item.task,
        difficulty=item.difficulty,
        jurisdiction=item.jurisdiction,
        source=item.source.source(),
        as_of=item.as_of,
        licence=item.licence,
        rationale=item.rationale,
    )
    return Case(
        item.id,
        item.stem,
        item.question,
        tuple(option.text for option in item.options),
        measurements=tuple(
            Measurement(m.quantity, m.value, m.unit, m.text) for m in item.measurements
        ),
        brief=brief,
    )


def _options_of(item: Item) -> ItsOptions:
    case = _case(item)
    assert case.brief.key is not None
    return ItsOptions(len(case.options), case.brief.key, case.measurements, adult_or_none(case))


def _groups(patient: Patient | None) -> dict[str, str]:
    groups: dict[str, str] = {}
    if patient is None:
        return groups
    if patient.sex is not None:
        groups["sex"] = patient.sex
    if patient.age is not None:
        groups["age_band"] = age_band(patient.age / PER_YEAR[patient.age_unit])
    return groups


def age_band(years: float) -> str:
    for low, high in pairwise(AGE_BANDS):
        if years < high:
            return f"{low}-{high - 1}"
    return f"{AGE_BANDS[-1]}+"
