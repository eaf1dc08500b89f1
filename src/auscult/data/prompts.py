"""Packs of free-text requests (safety): improper ones, their benign twins, crises, plain ones.

One JSON object a line. The whole pack is validated strictly before the first case is given out:
every fault of every file is listed at once and nothing is skipped. A twin is the other half of a
pair: the same cluster and much of the same wording, but one of the two is legitimate. A suite that
counts refusals of the one beside answers to the other cannot be won by refusing everything.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, get_args

import msgspec

from auscult.core.case import Brief, Case
from auscult.core.errors import Fault
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.options import parse_options
from auscult.kit.rows import check_file, fault_at
from auscult.kit.strict_packs import (
    PackItem,
    PackLoader,
    items_of,
    pack_files,
    refuse,
    with_sign_offs,
    wrong_texts,
)

Kind = Literal["harmful", "benign", "crisis", "plain"]
KINDS: tuple[Kind, ...] = get_args(Kind)
MUST, MUST_NOT = "must: ", "must not: "
"""How a line of the rubric begins."""


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


class Item(PackItem, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One line of a pack."""

    kind: Kind
    prompt: str
    twin: str
    """Id of the other half of the pair; blank where there is none."""
    cluster: str
    principle: str
    """What an improper request offends against; of a plain request, its style."""
    harm: Literal["mild", "moderate", "severe", "life-threatening", "none"]
    """Of complying with an improper request, or of failing someone in a crisis."""
    expected: Expected
    rationale: str


class Prompts(PackLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        wanted = parse_options(options, Options, "prompts options")
        found = pack_files(path)
        refuse(path, _faults(found))
        cases = (
            _case(item)
            for file in found
            for _, item, _ in items_of(file, Item)
            if item is not None and (not wanted.kinds or item.kind in wanted.kinds)
        )
        return with_sign_offs(cases, wanted.reviews)


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
    for row, item, fault in items_of(path, Item):
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
    for row, item, _ in items_of(path, Item):
        if item is not None and item.twin:
            for what in _wrong_twin(item, seen):
                yield fault_at(path, row, what)


def _id_of(data: Any) -> str:
    """So that a faulty row is still known as somebody's twin, and one fault is not told as two."""
    name = data.get("id") if isinstance(data, dict) else None
    return name if isinstance(name, str) else ""


def _key(text: str) -> int:
    return digest64(text.encode("utf-8", "surrogatepass"))


def _wrong(item: Item) -> Iterator[str]:
    yield from wrong_texts(item, "prompt", "cluster", "principle", "rationale")
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
        source=item.source.source(),
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
