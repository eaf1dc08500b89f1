"""Packs of our own format: found by name, and read strictly and whole before the first case.

One JSON object a line. Every fault of every file is listed at once and nothing is skipped. A
loader brings the record a line has to fit and says what else is wrong with one.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from importlib.resources import files
from pathlib import Path
from typing import TypeVar

import msgspec

from auscult.core.case import Case, Source
from auscult.core.errors import DataError, Fault
from auscult.core.registry import did_you_mean
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.reviews import case_digest, read_reviews, signed_off
from auscult.kit.rows import Row, RowLoader, check_file, fault_at, json_lines

FAULTS_SHOWN = 50
_date = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12]\d|3[01]))?)?")


class PackLoader(RowLoader):
    takes_names = True
    """A path may be the bare name of a pack of ours."""


class ItemSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    name: str
    kind: str
    year: int | None = None

    def source(self) -> Source:
        return Source(self.name, self.kind, self.year)


class PackItem(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What every line says, whatever it is a line of."""

    id: str
    specialty: str
    source: ItemSource
    as_of: str
    jurisdiction: str
    licence: str = ""


ItemType = TypeVar("ItemType", bound=PackItem)
Wrong = Callable[[ItemType], Iterable[str]]
"""Everything that is wrong with one item, a sentence each."""


def strict_items(path: Path, kind: type[ItemType], wrong: Wrong[ItemType]) -> Iterator[ItemType]:
    """The items of a pack, or one DataError with all its faults before the first is given out."""
    found = pack_files(path)
    refuse(path, _faults(found, kind, wrong))
    return (item for file in found for _, item, _ in items_of(file, kind) if item is not None)


def pack_faults(path: Path, kind: type[ItemType], wrong: Wrong[ItemType]) -> list[Fault]:
    """Everything wrong with a pack; an empty list where nothing is."""
    return _faults(pack_files(path), kind, wrong)


def packs() -> dict[str, Path]:
    """The packs inside the package, by name."""
    root = Path(str(files("auscult.data"))) / "packs"
    return {folder.name: folder for folder in sorted(root.iterdir()) if folder.is_dir()}


def pack_files(path: Path) -> list[Path]:
    """A bare name is a pack of ours, whatever lies in the working directory under that name."""
    known = packs()
    bare = path.name if path.parent in (Path(), Path.cwd()) else ""
    if bare in known and (path.parent == Path() or not path.exists()):
        path = known[bare]
    if path.is_dir():
        found = sorted(path.glob("*.jsonl"))
        if not found:
            raise DataError(f"{path} holds no *.jsonl file, so it is no pack")
        return found
    if not path.exists() and not path.suffix:
        hint = did_you_mean(path.name, known)
        raise DataError(f"'{path}' is neither a pack of Auscult nor a folder or file{hint}")
    check_file(path)
    return [path]


def wrong_texts(item: PackItem, *names: str) -> Iterator[str]:
    """Blank or untrimmed fields, and what every line owes."""
    for name in ("id", "specialty", "jurisdiction", *names):
        text = getattr(item, name)
        if not text.strip():
            yield f"'{name}' is blank"
        elif text != text.strip():
            yield f"'{name}' begins or ends with a space"
    if not item.source.name.strip():
        yield "'source.name' is blank"
    if not _date.fullmatch(item.as_of):
        yield f"'as_of' must be a date such as 2025-06, found '{item.as_of}'"


def with_sign_offs(cases: Iterator[Case], reviews: str) -> Iterator[Case]:
    """`reviews` is a file that `auscult packs review` wrote, or blank for none."""
    if not reviews:
        return cases
    if not Path(reviews).is_file():
        raise DataError(f"there is no file of reviews '{reviews}'; check the path")
    signed = signed_off(read_reviews(Path(reviews)))
    return (_signed(case, signed.get((case.id, case_digest(case)), ())) for case in cases)


def _signed(case: Case, reviewers: tuple[str, ...]) -> Case:
    if not reviewers:
        return case
    brief = msgspec.structs.replace(case.brief, reviewers=reviewers)
    return msgspec.structs.replace(case, brief=brief)


def _faults(found: Iterable[Path], kind: type[ItemType], wrong: Wrong[ItemType]) -> list[Fault]:
    faults: list[Fault] = []
    with closing(DiskIndex()) as seen:
        for number, path in enumerate(found):
            check_file(path)
            rows = 0
            for row, item, fault in items_of(path, kind):
                rows += 1
                if fault is not None:
                    faults.append(fault)
                if item is None:
                    continue
                faults += (fault_at(path, row, what) for what in wrong(item))
                known = seen.add(digest64(item.id.encode()), number, row.line)
                if known is not None:
                    elsewhere = " of another file" if known[0] != number else ""
                    what = f"the id '{item.id}' is already used in line {known[1]}{elsewhere}"
                    faults.append(fault_at(path, row, what))
            if not rows:
                faults.append(Fault(str(path), "has no rows"))
    return faults


def items_of(
    path: Path, kind: type[ItemType]
) -> Iterator[tuple[Row, ItemType | None, Fault | None]]:
    """Of a line that is no item at all the item is None, and the fault says why."""
    for row in json_lines(path):
        item, what, mend = None, row.fault, row.mend
        if not what:
            try:
                item = msgspec.convert(row.data, kind)
                msgspec.msgpack.encode(item)
            except msgspec.ValidationError as fault:
                what = str(fault)
            except UnicodeEncodeError:
                item, what = None, "the text holds half of a surrogate pair"
                mend = "mend the \\u escapes"
        yield row, item, fault_at(path, row, what, mend) if what else None


def refuse(path: Path, faults: list[Fault]) -> None:
    """Raises with all that is wrong with a pack, where anything is."""
    if not faults:
        return
    count = "1 fault" if len(faults) == 1 else f"{len(faults)} faults"
    shown = [f"  - {fault}" for fault in faults[:FAULTS_SHOWN]]
    if len(faults) > FAULTS_SHOWN:
        shown.append(f"  ... and {len(faults) - FAULTS_SHOWN} more")
    raise DataError(f"pack {path} has {count}:\n" + "\n".join(shown))
