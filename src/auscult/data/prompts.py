"""Packs of free-text requests (safety): improper ones, their benign twins, crises, plain ones.

One JSON object a line. The whole pack is validated strictly before the first case is given out:
every fault of every file is listed at once and nothing is skipped. A twin is the other half of a
pair: the same cluster and much of the same wording, but one of the two is legitimate. A suite that
counts refusals of the one beside answers to the other cannot be won by refusing everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from auscult.core.case import Brief, Case, Source
from auscult.core.errors import DataError, Fault
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.options import parse_options
from auscult.kit.reviews import case_digest, read_reviews, signed_off
from auscult.kit.rows import Row, RowLoader, check_file, fault_at, json_lines
from auscult.kit.strict_packs import pack_files

Kind = Literal["harmful", "benign", "crisis", "plain"]
KINDS: tuple[Kind, ...] = get_args(Kind)
FAULTS_SHOWN = 50
MUST, MUST_NOT = "must: ", "must not: "
"""How a line of the rubric begins."""
_date = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


def build() -> Prompts:
    return Prompts()


class Options(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    reviews: str = ""
    """File that `auscult packs review` wrote; its sign-offs go with the cases they are of."""
    kinds: tuple[Kind, ...] = ()
    """Only the cases of these kinds."""


class Expected(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a good answer does, and what no answer may do."""

    do: tuple[str, ...]
    do_not: tuple[str, ...]


class PromptSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: str
    year: int | None = None


class Item(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One line of a pack."""

    id: str
    kind: Kind
    prompt: str
    twin: str
    """Id of the other half of the pair; blank where there is none."""
    cluster: str
    principle: str
    """What an improper request offends against; of a plain request, its style."""
    harm: Literal["mild", "moderate", "severe", "life-threatening", "none"]
    """Of complying with an improper request, or of failing someone in a crisis."""
    specialty: str
    jurisdiction: str
    expected: Expected
    rationale: str
    source: PromptSource
    as_of: str
    licence: str = ""


class Prompts(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "prompts options")
        if wanted.reviews and not Path(wanted.reviews).is_file():
            raise DataError(f"there is no file of reviews '{wanted.reviews}'; check the path")
        signed = signed_off(read_reviews(Path(wanted.reviews))) if wanted.reviews else {}
        found = pack_files(path)
        if faults := _faults(found):
            raise DataError(_report(path, faults))
        cases = (
            _case(item)
            for file in found
            for _, item, _ in _items(file)
            if item is not None and (not wanted.kinds or item.kind in wanted.kinds)
        )
        return (_signed(case, signed) for case in cases) if signed else cases


def validate_prompts(path: Path) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return _faults(pack_files(path))


class _Seen:
    """What the checks between rows need of every id. On disk, so that memory stays flat."""

    def __init__(self) -> None:
        self.places, self.sides, self.twins = DiskIndex(), DiskIndex(), DiskIndex()

    def close(self) -> None:
        for index in (self.places, self.sides, self.twins):
            index.close()


def _faults(found: list[Path]) -> list[Fault]:
    faults: list[Fault] = []
    with closing(_Seen()) as seen:
        for number, path in enumerate(found):
            faults += _faults_of_rows(path, number, seen)
        for path in found:
            faults += _faults_of_twins(path, seen)
    order = {str(path): number for number, path in enumerate(found)}
    return sorted(faults, key=lambda fault: (order[fault.where], fault.line))


def _faults_of_rows(path: Path, number: int, seen: _Seen) -> Iterator[Fault]:
    check_file(path)
    rows = 0
    for row, item, fault in _items(path):
        rows += 1
        if fault is not None:
            yield fault
        name = item.id if item else _id_of(row.data)
        if not name:
            continue
        known = seen.places.add(_key(name), number, row.line)
        if known is not None:
            what = f"the id '{name}' is already used in line {known[1]}"
            yield fault_at(path, row, what + (" of another file" if known[0] != number else ""))
        if item is None:
            continue
        seen.sides.add(_key(name), KINDS.index(item.kind), _key(item.cluster))
        seen.twins.add(_key(name), _key(item.twin), 0)
        for what in _wrong(item):
            yield fault_at(path, row, what)
    if not rows:
        yield Fault(str(path), "has no rows")


def _faults_of_twins(path: Path, seen: _Seen) -> Iterator[Fault]:
    for row, item, _ in _items(path):
        if item is not None and item.twin:
            for what in _wrong_twin(item, seen):
                yield fault_at(path, row, what)


def _items(path: Path) -> Iterator[tuple[Row, Item | None, Fault | None]]:
    """Of a line that is no item at all the item is None, and the fault says why."""
    for row in json_lines(path):
        item, what, mend = None, row.fault, row.mend
        if not what:
            try:
                item = msgspec.convert(row.data, Item)
                msgspec.msgpack.encode(item)
            except msgspec.ValidationError as fault:
                what = str(fault)
            except UnicodeEncodeError:
                item, what = None, "the text holds half of a surrogate pair"
                mend = "mend the \\u escapes"
        yield row, item, fault_at(path, row, what, mend) if what else None


def _id_of(data: Any) -> str:
    """So that a faulty row is still known as somebody's twin, and one fault is not told as two."""
    name = data.get("id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def _key(text: str) -> int:
    return digest64(text.encode("utf-8", "surrogatepass"))


def _report(path: Path, faults: list[Fault]) -> str:
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    shown = [f"  - {fault}" for fault in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        shown.append(f"  ... and {len(faults) - FAULTS_SHOWN} more")
    return f"pack {path} has {count}:\n" + "\n".join(shown)


def _wrong(item: Item) -> Iterator[str]:
    for name in ("id", "prompt", "cluster", "principle", "specialty", "jurisdiction", "rationale"):
        text = getattr(item, name)
        if not text.strip():
            yield f"'{name}' is blank"
        elif text != text.strip():
            yield f"'{name}' begins or ends with a space"
    if not item.source.name.strip():
        yield "'source.name' is blank"
    if not _date.fullmatch(item.as_of):
        yield f"'as_of' must be a date such as 2025-06, found '{item.as_of}'"
    if item.kind == "plain" and item.twin:
        yield "a plain request has no twin"
    safe = item.kind in ("benign", "plain")
    if safe and item.harm != "none":
        yield f"a {item.kind} request must have the harm 'none', found '{item.harm}'"
    if not safe and item.harm == "none":
        yield f"a {item.kind} request must have a harm, found 'none'"
    yield from _wrong_lines("do", item.expected.do)
    yield from _wrong_lines("do_not", item.expected.do_not)


def _wrong_lines(name: str, lines: Iterable[str]) -> Iterator[str]:
    plain = [line.strip() for line in lines]
    if not plain:
        yield f"'expected.{name}' is empty"
    if "" in plain:
        yield f"'expected.{name}' holds a blank line"


def _wrong_twin(item: Item, seen: _Seen) -> Iterator[str]:
    twin = _key(item.twin)
    side, back = seen.sides.get(twin), seen.twins.get(twin)
    if side is None or back is None:
        if seen.places.get(twin) is None:
            yield f"its twin '{item.twin}' is nowhere in the pack"
        return
    kind = KINDS[side[0]]
    if (item.kind == "benign") == (kind == "benign"):
        yield f"it is {item.kind} and its twin '{item.twin}' is {kind}; one must be benign"
    if side[1] != _key(item.cluster):
        yield f"its twin '{item.twin}' is of another cluster"
    if back[0] != _key(item.id):
        yield f"its twin '{item.twin}' does not name it in return"


def _case(item: Item) -> Case:
    do, do_not = item.expected.do, item.expected.do_not
    brief = Brief(
        goal=item.kind,
        rubric=(*(MUST + line for line in do), *(MUST_NOT + line for line in do_not)),
        cluster=item.cluster,
        specialty=item.specialty,
        task=item.principle,
        harm_level=item.harm,
        jurisdiction=item.jurisdiction,
        source=Source(item.source.name, item.source.kind, item.source.year),
        as_of=item.as_of,
        licence=item.licence,
        rationale=item.rationale,
        extra={
            "kind": item.kind,
            "twin": item.twin,
            "principle": item.principle,
            "harm": item.harm,
            "do": list(do),
            "do_not": list(do_not),
        },
    )
    return Case(item.id, question=item.prompt, brief=brief)


def _signed(case: Case, signed: Mapping[tuple[str, str], tuple[str, ...]]) -> Case:
    reviewers = signed.get((case.id, case_digest(case)), ())
    if not reviewers:
        return case
    return msgspec.structs.replace(
        case, brief=msgspec.structs.replace(case.brief, reviewers=reviewers)
    )
