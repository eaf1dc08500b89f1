"""What was pictured, ready to print: modalities as columns, regions as rows, and in words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from math import ceil

import msgspec

from auscult.kit.anatomy import REGIONS
from auscult.kit.modalities import MODALITIES, modality_name
from auscult.report.contract import NOT_STATED, DataPictures, PictureCell, PictureCoverage
from auscult.report.pictures import LISTED_MODALITIES, LISTED_REGIONS, UNLISTED
from auscult.report.wording import counted

FEW = 10
WIDEST = 7
"""Columns of one table: more do not fit on a page of paper."""
NO_COVERAGE = "Synthetic pictures do not count as clinical coverage."
_by_hand = {UNLISTED: "not on the list", NOT_STATED: NOT_STATED}
_columns = [*(one.code for one in MODALITIES), UNLISTED, NOT_STATED]
_rows = [*(one.name for one in REGIONS), UNLISTED, NOT_STATED]


class Entry(msgspec.Struct, frozen=True):
    """A cell, or a sum of cells."""

    replied: int
    cases: int
    pictures: int
    few: bool
    """So little that it says next to nothing of that kind of picture."""


class Column(msgspec.Struct, frozen=True):
    name: str
    code: str
    total: Entry


class Row(msgspec.Struct, frozen=True):
    name: str
    entries: tuple[Entry | None, ...]
    total: Entry


class Matrix(msgspec.Struct, frozen=True):
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: Entry | None
    """Of all; missing where the columns go on in another table."""


class Part(msgspec.Struct, frozen=True):
    """The pictures of one standing: those of the data, or synthetic ones."""

    heading: str
    words: str
    asides: tuple[str, ...]
    tables: tuple[Matrix, ...]


def parts(coverage: PictureCoverage) -> list[Part]:
    """Nothing at all where no case carries a picture: a sentence says so elsewhere."""
    real, drawn = cells_of(coverage, synthetic=False), cells_of(coverage, synthetic=True)
    out = []
    if real:
        words = f"{_put(real, coverage.pictures)} {covered_sentence(coverage)}"
        out.append(Part("Pictures from the data", words, _not_covered(coverage), _tables(real)))
    if drawn:
        words = f"{_put(drawn, coverage.synthetic_pictures)} {NO_COVERAGE}"
        if not real:
            words += " The run has no other pictures: no modality and no region is covered."
        out.append(Part("Synthetic pictures", words, (), _tables(drawn)))
    return out


def cells_of(coverage: PictureCoverage, *, synthetic: bool) -> list[PictureCell]:
    return [cell for cell in coverage.cells if cell.synthetic is synthetic]


def has_few(found: Iterable[Part]) -> bool:
    return any(e and e.few for p in found for t in p.tables for r in t.rows for e in r.entries)


def covered_sentence(coverage: PictureCoverage) -> str:
    """`They cover 3 of 25 modalities and 2 of 61 regions.`"""
    said = (
        f"They cover {len(coverage.modalities_covered)} of {len(LISTED_MODALITIES)} modalities "
        f"and {len(coverage.regions_covered)} of {len(LISTED_REGIONS)} regions of the body"
    )
    real = cells_of(coverage, synthetic=False)
    thin = [
        code
        for code in coverage.modalities_covered
        if _sum([cell for cell in real if cell.modality == code]).few
    ]
    if thin:
        said += f", {listed(map(modality_name, thin))} by fewer than {FEW} questions or pictures"
    return f"{said}."


def _put(cells: Sequence[PictureCell], pictures: int) -> str:
    whole = _sum(cells)
    said = f"{counted(whole.replied, 'question')} about {counted(pictures, 'picture')} got a reply."
    if lost := whole.cases - whole.replied:
        said += (
            f" {counted(lost, 'question')} more came with a picture and got none: the call failed, "
            "or the suite says why it did not apply."
        )
    return said


def _not_covered(coverage: PictureCoverage) -> tuple[str, ...]:
    names = ("Modalities", missing_modalities(coverage)), ("Regions", missing_regions(coverage))
    return tuple(f"{what} not covered: {listed(gone)}." for what, gone in names if gone)


def missing_modalities(coverage: PictureCoverage) -> list[str]:
    return [modality_name(code) for code in coverage.modalities_not_covered]


def missing_regions(coverage: PictureCoverage) -> list[str]:
    return [_region_name(name) for name in coverage.regions_not_covered]


def listed(words: Iterable[str]) -> str:
    """`a`, `a and b`, `a, b and c`."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def terminal_line(coverage: PictureCoverage) -> str:
    """The matrix in a line; empty where no case carries a picture."""
    real, drawn = cells_of(coverage, synthetic=False), cells_of(coverage, synthetic=True)
    said = []
    if real:
        said.append(_put(real, coverage.pictures).partition(".")[0])
        said.append(
            f"{len(coverage.modalities_covered)} of {len(LISTED_MODALITIES)} modalities and "
            f"{len(coverage.regions_covered)} of {len(LISTED_REGIONS)} regions covered"
        )
    if drawn:
        said.append(f"{_put(drawn, coverage.synthetic_pictures).partition('.')[0]}, all synthetic")
        said.append("no clinical coverage")
    return f"Pictures: {'; '.join(said)}." if said else ""


def data_words(data: DataPictures) -> str:
    """One data set of one suite: how much of it is pictured."""
    if not data.cases_with_pictures:
        return f"{data.data}: none, in {counted(data.cases, 'case')}"
    said = []
    for synthetic in (False, True):
        cells = [cell for cell in data.cells if cell.synthetic is synthetic]
        if not cells:
            continue
        whole = _sum(cells)
        modalities = {cell.modality for cell in cells if cell.replied} - {UNLISTED, NOT_STATED}
        regions = {cell.region for cell in cells if cell.replied} - {UNLISTED, NOT_STATED}
        said.append(
            f"{whole.replied:,} of {counted(whole.cases, 'question')} with a picture got a reply, "
            f"{counted(len(modalities), 'modality', 'modalities')}, "
            f"{counted(len(regions), 'region')}{', all synthetic' if synthetic else ''}"
        )
    return f"{data.data}: {'; '.join(said)}"


# --- tables -----------------------------------------------------------------------------------


def _tables(cells: Sequence[PictureCell]) -> tuple[Matrix, ...]:
    codes = _in_order({cell.modality for cell in cells}, _columns)
    wide = ceil(len(codes) / ceil(len(codes) / WIDEST))
    pieces = [codes[start : start + wide] for start in range(0, len(codes), wide)]
    return tuple(
        _table([c for c in cells if c.modality in piece], piece, whole=len(pieces) == 1)
        for piece in pieces
    )


def _table(cells: Sequence[PictureCell], codes: Sequence[str], *, whole: bool) -> Matrix:
    names = _in_order({cell.region for cell in cells}, _rows)
    at = {(cell.region, cell.modality): cell for cell in cells}
    rows = [
        Row(
            _region_name(name),
            tuple(_sum([at[name, code]]) if (name, code) in at else None for code in codes),
            _sum([cell for cell in cells if cell.region == name]),
        )
        for name in names
    ]
    columns = [
        Column(
            _by_hand.get(code) or modality_name(code),
            "" if code in _by_hand else code,
            _sum([cell for cell in cells if cell.modality == code]),
        )
        for code in codes
    ]
    return Matrix(tuple(columns), tuple(rows), _sum(cells) if whole else None)


def _sum(cells: Sequence[PictureCell]) -> Entry:
    replied = sum(cell.replied for cell in cells)
    pictures = sum(cell.pictures for cell in cells)
    cases = sum(cell.cases for cell in cells)
    return Entry(replied, cases, pictures, min(replied, pictures) < FEW)


def _in_order(found: set[str], order: Sequence[str]) -> list[str]:
    """As on the list; last, names that a results.json of another version may hold."""
    return [*(name for name in order if name in found), *sorted(found.difference(order))]


def _region_name(name: str) -> str:
    return _by_hand.get(name) or name.replace("-", " ")
