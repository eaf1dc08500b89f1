"""Auscult's own packs, by name (knowledge), or a folder or file of the same format.

One JSON object a line, validated strictly before the first case is given out: every fault of every
file is listed at once and nothing is skipped. Groups come from the patient: sex, and age_band in
the bands declared here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.case import Brief, Case, Harm, Measurement, OptionNote, Source
from auscult.core.errors import DataError, Fault
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.options import parse_options
from auscult.kit.reviews import case_digest, read_reviews, signed_off
from auscult.kit.rows import (
    Row,
    RowLoader,
    check_file,
    fault_at,
    json_lines,
)
from auscult.kit.strict_packs import pack_files

AGE_BANDS = (0, 18, 40, 65)
"""Lower bounds in years: 0-17, 18-39, 40-64, 65+."""
PER_YEAR = {"years": 1.0, "months": 12.0, "weeks": 52.18, "days": 365.25}
FAULTS_SHOWN = 50
_date = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def build() -> Pack:
    return Pack()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""
    difficulty: Literal["", "easy", "moderate", "hard"] = ""
    """Only the cases of this difficulty."""


class Option(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    text: str
    status: Literal["key", "wrong", "second-best"]
    harm: Harm
    why: str


class Patient(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    age: int | None = None
    age_unit: Literal["years", "months", "weeks", "days"] = "years"
    sex: Literal["female", "male", "intersex"] | None = None


class PackSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: str
    year: int | None = None


class PackMeasurement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantity: str
    value: str
    unit: str
    text: str


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a pack."""

    id: str
    specialty: str
    stem: str
    question: str
    options: tuple[Option, ...]
    task: str
    rationale: str
    source: PackSource
    as_of: str
    jurisdiction: str
    difficulty: Literal["easy", "moderate", "hard"]
    measurements: tuple[PackMeasurement, ...]
    patient: Patient | None
    licence: str = ""
    cluster: str = ""


class Pack(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "pack options")
        if wanted.reviews and not Path(wanted.reviews).is_file():
            raise DataError(f"there is no file of reviews '{wanted.reviews}'; check the path")
        signed = signed_off(read_reviews(Path(wanted.reviews))) if wanted.reviews else {}
        found = pack_files(path)
        if faults := _faults(found):
            raise DataError(_report(path, faults))
        cases = (
            _case(item)
            for file in found
            for _, item in _items(file)
            if item is not None and wanted.difficulty in ("", item.difficulty)
        )
        return (_signed(case, signed) for case in cases) if signed else cases


def validate_pack(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return _faults(pack_files(path))


def _faults(found: Iterable[Path]) -> list[Fault]:
    faults: list[Fault] = []
    with closing(DiskIndex()) as seen:
        for number, path in enumerate(found):
            check_file(path)
            rows = 0
            for row, item in _items(path, faults):
                rows += 1
                if item is None:
                    continue
                faults += (fault_at(path, row, what) for what in _wrong(item))
                known = seen.add(digest64(item.id.encode()), number, row.line)
                if known is not None:
                    what = f"the id '{item.id}' is already used in line {known[1]}"
                    if known[0] != number:
                        what += " of another file"
                    faults.append(fault_at(path, row, what))
            if not rows:
                faults.append(Fault(str(path), "has no rows"))
    return faults


def _items(path: Path, faults: list[Fault] | None = None) -> Iterator[tuple[Row, Item | None]]:
    """Lines that are not items at all are None, and told to `faults`."""
    for row in json_lines(path):
        item = None
        what, mend = row.fault, row.mend
        if not what:
            try:
                item = msgspec.convert(row.data, Item)
            except msgspec.ValidationError as fault:
                what = str(fault)
        if what and faults is not None:
            faults.append(fault_at(path, row, what, mend))
        yield row, item


def _report(path: Path, faults: list[Fault]) -> str:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    shown = [f"  - {fault}" for fault in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        shown.append(f"  ... and {len(faults) - FAULTS_SHOWN} more")
    return f"pack {path} has {count}:\n" + "\n".join(shown)


def _wrong(item: Item) -> Iterator[str]:
    for name in ("id", "specialty", "question", "task", "rationale", "jurisdiction"):
        if not getattr(item, name).strip():
            yield f"'{name}' is blank"
    for name in ("id", "stem", "question"):
        if (text := getattr(item, name)) != text.strip():
            yield f"'{name}' begins or ends with a space"
    if not item.source.name.strip():
        yield "'source.name' is blank"
    if not _date.fullmatch(item.as_of):
        yield f"'as_of' must be a date such as 2025-06, found '{item.as_of}'"
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
        source=Source(item.source.name, item.source.kind, item.source.year),
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


def _signed(case: Case, signed: Mapping[tuple[str, str], tuple[str, ...]]) -> Case:
    reviewers = signed.get((case.id, case_digest(case)), ())
    if not reviewers:
        return case
    return msgspec.structs.replace(
        case, brief=msgspec.structs.replace(case.brief, reviewers=reviewers)
    )


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
