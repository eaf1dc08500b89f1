"""MMLU-style CSV: question, the options, then the letter of the right one; no header needed.

Four options as released; any number from two to ten is read, the same in every row. With a header,
columns are found by name (question, A to J, answer) and others are left aside. The specialty is
taken from the file's name: anatomy_test.csv is "anatomy".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.case import Brief, Case, Source
from auscult.core.errors import DataError
from auscult.kit.options import parse_options
from auscult.kit.rows import (
    BadRow,
    Row,
    RowLoader,
    RowOptions,
    check_file,
    check_options,
    content_id,
    csv_rows,
    letter_of,
    text_of,
)

LETTERS = "ABCDEFGHIJ"
ANSWER_NAMES = ("answer", "correct", "correct_answer", "key", "target", "label")
QUESTION_NAMES = ("question", "input", "prompt")


def build() -> Mmlu:
    return Mmlu()


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    specialty: str = ""


class Layout(msgspec.Struct, frozen=True):
    """Which cell is what."""

    question: int
    options: tuple[int, ...]
    answer: int
    width: int
    has_header: bool = False


class Mmlu(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(options, Options, "mmlu options")
        check_file(path)
        rows = csv_rows(path)
        first = next(rows, None)
        if first is None:
            raise DataError(f"{path} has no rows")
        layout = _layout(path, first.data)
        specialty = chosen.specialty or _subject(path)
        kept: Iterable[Row] = rows if layout.has_header else chain([first], rows)
        return self.stream(
            path, kept, lambda row: _case(row.data, layout, specialty), chosen.bad_rows
        )


def _subject(path: Path) -> str:
    return re.sub(r"_(test|dev|val|validation|train)$", "", path.stem).replace("_", " ")


def _layout(path: Path, cells: list[str]) -> Layout:
    names = [cell.strip().lower() for cell in cells]
    answer = next((names.index(name) for name in ANSWER_NAMES if name in names), None)
    question = next((names.index(name) for name in QUESTION_NAMES if name in names), None)
    if answer is not None and question is not None:
        found = [names.index(x.lower()) for x in LETTERS if x.lower() in names]
        if len(found) < 2:
            raise DataError(
                f"{path} (line 1) has a header without option columns A, B ...; the loader "
                "'table' reads other layouts"
            )
        return Layout(question, tuple(found), answer, len(cells), has_header=True)
    if not 4 <= len(cells) <= len(LETTERS) + 2:
        raise DataError(
            f"{path} (line 1) has {len(cells)} columns; expected question, 2 to 10 options and a "
            "letter; the loader 'table' reads other layouts"
        )
    return Layout(0, tuple(range(1, len(cells) - 1)), len(cells) - 1, len(cells))


def _case(cells: list[str], layout: Layout, specialty: str) -> Case:
    if len(cells) != layout.width:
        raise BadRow(
            f"has {len(cells)} columns where the first row has {layout.width}",
            "quote cells that hold a comma",
        )
    question = text_of(cells[layout.question], "question")
    options = tuple(
        text_of(cells[at], f"option {letter_of(i)}") for i, at in enumerate(layout.options)
    )
    letter = cells[layout.answer].strip().upper()
    key = LETTERS.find(letter) if len(letter) == 1 else -1
    if not 0 <= key < len(options):
        raise BadRow(
            f"the answer must be a letter from A to {letter_of(len(options) - 1)}, found "
            f"'{cells[layout.answer]}'",
            "the loader 'table' reads answers given as numbers (key_base) or as text",
        )
    check_options(options, key)
    name = content_id("mmlu", question, *options)
    source = Source("MMLU-style file", "examination question")
    brief = Brief(key=key, cluster=name, specialty=specialty, source=source, task="exam")
    return Case(name, "", question, options, brief=brief)
