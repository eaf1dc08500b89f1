"""Counts what was pictured, by modality and region: from the case index and the trials alone.

Cases are read a page at a time, and what has been seen before is remembered on disk. Per case,
memory holds one byte.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec

from auscult.core.case import Brief, Case
from auscult.engine.caseindex import INDEX_NAME, LAYOUT, CaseIndex
from auscult.kit.anatomy import REGIONS, region_of
from auscult.kit.disk_index import DiskIndex, digest64
from auscult.kit.modalities import MODALITIES, modality_code
from auscult.report.contract import NOT_STATED, DataPictures, PictureCell, PictureCoverage
from auscult.report.pictures_kept import (
    RUN,
    Counted,
    counted_without_index,
    data_names,
    data_of,
)

if TYPE_CHECKING:
    from auscult.engine.view import RunView

UNLISTED = "unlisted"
OTHER = "OT"
LISTED_MODALITIES = tuple(one.code for one in MODALITIES if one.code != OTHER)
"""Those that can be covered: "other" is no modality."""
LISTED_REGIONS = tuple(one.name for one in REGIONS)
REPLIES = ("answered", "partial", "abstained", "refused", "invalid")
ANSWERS = ("answered", "partial")
LONGEST_WORD = 80
AT_ONCE = 32_768
CASE, REPLIED, ANSWERED = 1, 2, 4
FIRST_SHIFT, IN_FIRST = 3, 64
"""In the byte of a case, what its suite's first arm got stands above what any arm got."""

Place = tuple[str, str, bool]
"""(modality, region, synthetic)"""


def count_pictures(view: RunView) -> Counted:
    """Of the cases that estimates read."""
    if not _is_readable(view):
        return counted_without_index(view)
    try:
        with closing(CaseIndex(view.folder)) as index, closing(DiskIndex()) as seen:
            return _Counter(view, index, seen).count()
    except (sqlite3.Error, msgspec.DecodeError):
        return counted_without_index(view)


def is_synthetic(brief: Brief) -> bool:
    """As the loader or the case itself says."""
    kind = brief.source.kind if brief.source else ""
    said = brief.extra.get("phantom") or brief.extra.get("synthetic")
    return bool(said) or kind in ("phantom", "synthetic")


def place_of(brief: Brief) -> Place:
    return (
        _modality(brief.modality[:LONGEST_WORD]),
        _region(brief.region[:LONGEST_WORD]),
        is_synthetic(brief),
    )


@lru_cache(maxsize=1024)
def _modality(word: str) -> str:
    return (modality_code(word) or UNLISTED) if word.strip() else NOT_STATED


@lru_cache(maxsize=1024)
def _region(word: str) -> str:
    return (region_of(word) or UNLISTED) if word.strip() else NOT_STATED


class _Cell(msgspec.Struct):
    cases: int = 0
    replied: int = 0
    answered: int = 0
    pictures: int = 0

    def add(self, outcome: int) -> None:
        self.cases += bool(outcome & CASE)
        self.replied += bool(outcome & REPLIED)
        self.answered += bool(outcome & ANSWERED)


class _Tally(msgspec.Struct):
    cases: int = 0
    with_pictures: int = 0
    cells: dict[Place, _Cell] = msgspec.field(default_factory=dict)

    def cell(self, place: Place) -> _Cell:
        return self.cells.setdefault(place, _Cell())


class _Counter:
    def __init__(self, view: RunView, index: CaseIndex, seen: DiskIndex) -> None:
        self._view, self._index, self._seen = view, index, seen
        self._alone = len(view.suites) == 1
        self._outcomes: list[bytearray] | None = None
        self._ids: dict[Any, int] = {}
        self._whole = _Tally()
        self._pictures = {True: 0, False: 0}

    def count(self) -> Counted:
        suites = {
            status.name: self._suite(number, status.prefix)
            for number, status in enumerate(self._view.suites)
        }
        whole = self._whole
        if not whole.with_pictures:
            return Counted(PictureCoverage(counted_from=RUN, cases=whole.cases), suites)
        real = {place for place, cell in whole.cells.items() if cell.replied and not place[2]}
        modalities, regions = {place[0] for place in real}, {place[1] for place in real}
        run = PictureCoverage(
            counted_from=RUN,
            cases=whole.cases,
            cases_with_pictures=whole.with_pictures,
            pictures=self._pictures[False],
            synthetic_pictures=self._pictures[True],
            modalities_covered=tuple(m for m in LISTED_MODALITIES if m in modalities),
            modalities_not_covered=tuple(m for m in LISTED_MODALITIES if m not in modalities),
            regions_covered=tuple(r for r in LISTED_REGIONS if r in regions),
            regions_not_covered=tuple(r for r in LISTED_REGIONS if r not in regions),
            cells=_cells(whole),
        )
        return Counted(run, suites)

    def _suite(self, number: int, prefix: int) -> tuple[DataPictures, ...]:
        names = data_names(self._view, number)
        tallies: dict[str, _Tally] = {}
        for case_no, case in self._index.page(number, 0, prefix):
            data = data_of(case.id, names)
            tally = tallies.setdefault(data, _Tally())
            outcome = self._outcome(number, case_no) if case.images else CASE
            news = self._news(case, outcome)
            tally.cases += 1
            self._whole.cases += bool(news & CASE)
            if case.images:
                tally.with_pictures += 1
                self._whole.with_pictures += bool(news & CASE)
                place = place_of(case.brief)
                tally.cell(place).add(outcome)
                self._whole.cell(place).add(news)
                if outcome & REPLIED:
                    self._pictures_of(case, tally, place, (number, data, place))
        return tuple(
            DataPictures(
                data=data,
                cases=tally.cases,
                cases_with_pictures=tally.with_pictures,
                cells=_cells(tally),
            )
            for data, tally in sorted(tallies.items())
        )

    def _news(self, case: Case, outcome: int) -> int:
        """The part of a case's outcome that no suite before this one has seen."""
        if self._alone:
            return outcome
        # Ids are unique within a data set only; two sets of one name differ in their pictures.
        words = ("case", case.id, *(ref.path for ref in case.images))
        before = self._seen.add(_key(*words), outcome, 0)
        if before is None:
            return outcome
        fresh = outcome & ~before[0]
        return sum(bit for bit in (REPLIED, ANSWERED) if fresh & bit and self._new(bit, *words))

    def _pictures_of(
        self, case: Case, tally: _Tally, place: Place, where: tuple[int, str, Place]
    ) -> None:
        """One look-up a picture, and more only for one that stands in several places."""
        here = self._ids.setdefault(where, len(self._ids))
        at = self._ids.setdefault(place, len(self._ids))
        for path in {ref.path for ref in case.images}:
            before = self._seen.add(_key("picture", place[2], path), here, at)
            if before is None:
                self._pictures[place[2]] += 1
            if before is None or (before[0] != here and self._new("here", here, path)):
                tally.cell(place).pictures += 1
            if before is None or (before[1] != at and self._new("at", at, path)):
                self._whole.cell(place).pictures += 1

    def _new(self, *words: object) -> bool:
        return self._seen.add(_key(*words), 0, 0) is None

    def _outcome(self, number: int, case_no: int) -> int:
        """Of the suite's first arm; of any, where the case has none there: later arms are the
        controls, and may show no picture or another one."""
        if self._outcomes is None:
            self._outcomes = _outcomes(self._view)
        flags = self._outcomes[number][case_no]
        if flags & IN_FIRST:
            flags >>= FIRST_SHIFT
        return CASE | flags & (REPLIED | ANSWERED)


def _key(*words: object) -> int:
    return digest64("\x1f".join(map(str, words)).encode("utf-8", "surrogatepass"))


def _outcomes(view: RunView) -> list[bytearray]:
    """A byte a case, for every suite, in one pass over the trials."""
    found = [bytearray(status.prefix) for status in view.suites]
    numbers = {status.name: number for number, status in enumerate(view.suites)}
    first = {status.name: status.arms[0] for status in view.suites if status.arms}
    for suite, case_no, arm, behaviour in _trials(view):
        number = numbers.get(suite)
        if number is None or case_no >= len(found[number]):
            continue
        flags = REPLIED * (behaviour in REPLIES) | ANSWERED * (behaviour in ANSWERS)
        if arm == first.get(suite):
            flags |= IN_FIRST | flags << FIRST_SHIFT
        found[number][case_no] |= flags
    return found


def _trials(view: RunView) -> Iterator[tuple[str, int, str, str | None]]:
    """Of the prefix, a piece at a time and each distinct row of it once."""
    import polars as pl

    columns = ("suite", "case_no", "arm", "behaviour")
    table = view.table()
    rows = int(table.select(pl.len()).collect().item())
    for start in range(0, rows, AT_ONCE):
        piece = table.slice(start, AT_ONCE).filter(pl.col("in_prefix"))
        yield from piece.select(columns).unique().collect().iter_rows()


def _cells(tally: _Tally) -> tuple[PictureCell, ...]:
    return tuple(
        PictureCell(
            modality=modality,
            region=region,
            synthetic=synthetic,
            cases=cell.cases,
            replied=cell.replied,
            answered=cell.answered,
            pictures=cell.pictures,
        )
        for (modality, region, synthetic), cell in sorted(
            tally.cells.items(), key=lambda item: (item[0][2], item[0])
        )
    )


def _is_readable(view: RunView) -> bool:
    """Looks before opening: to open an index of another layout is to delete it."""
    path = view.folder / INDEX_NAME
    if not path.is_file():
        return False
    try:
        with closing(sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro", uri=True)) as db:
            return int(db.execute("PRAGMA user_version").fetchone()[0]) == LAYOUT
    except sqlite3.Error:
        return False
