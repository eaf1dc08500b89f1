"""Any table: CSV, TSV, JSON Lines or Parquet, with a mapping from columns to the parts of a case.

The mapping is given as options (question=Stem, options="A=Opt1,B=Opt2", answer=Key, group.sex=Sex);
columns with obvious names are found without. CSV and JSON Lines are read a line at a time and
Parquet in batches, so that memory stays flat.
"""

from __future__ import annotations

import ast
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.core.case import Brief, Case, ImageRef, Source
from auscult.core.errors import DataError
from auscult.kit.columns import OPEN, PARTS, Columns, Finder
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
    fault_at,
    json_lines,
    letter_of,
    text_of,
)

PEEK = 100
"""Rows of JSON Lines whose fields together are taken for the columns."""
BATCH = 5_000
FORMATS = {
    ".csv": "csv", ".tsv": "tsv", ".tab": "tsv", ".jsonl": "jsonl", ".ndjson": "jsonl",
    ".parquet": "parquet", ".pq": "parquet",
}  # fmt: skip
PLAIN = (
    "specialty", "modality", "region", "task", "difficulty", "harm_level", "jurisdiction", "as_of",
    "licence", "rationale", "reference", "goal",
)  # fmt: skip
"""Brief fields copied from a column as they are."""


def build() -> Table:
    return Table()


class Options(RowOptions, frozen=True, forbid_unknown_fields=True):
    """Each names a column, but for the last five."""

    question: str = ""
    stem: str = ""
    options: str | dict[str, str] = ""
    """One column with a list or an object; or A=COLUMN,B=COLUMN; or "none" for open questions."""
    answer: str = ""
    id: str = ""
    cluster: str = ""
    image: str = ""
    source: str = ""
    specialty: str = ""
    modality: str = ""
    region: str = ""
    task: str = ""
    difficulty: str = ""
    harm_level: str = ""
    jurisdiction: str = ""
    as_of: str = ""
    licence: str = ""
    rationale: str = ""
    reference: str = ""
    goal: str = ""
    group: dict[str, str] = msgspec.field(default_factory=dict)
    answer_as: Literal["auto", "letter", "index", "text"] = "auto"
    key_base: Literal[0, 1] | None = None
    delimiter: str = ""
    format: Literal["", "csv", "tsv", "jsonl", "parquet"] = ""


class Table(RowLoader):
    def load(self, path: Path, options: Mapping[str, Any]) -> Iterator[Case]:
        chosen = parse_options(_nest_groups(options), Options, "table options")
        check_file(path)
        names, read = _open(path, chosen)
        columns = _columns(path, names, chosen)
        rows = read(columns.used())
        return self.stream(
            path, rows, lambda row: _case(path, row, columns, chosen), chosen.bad_rows
        )


def _nest_groups(options: Mapping[str, Any]) -> dict[str, Any]:
    """`group.sex=Sex` and `group = {sex = "Sex"}` are the same."""
    flat = {key: value for key, value in options.items() if not key.startswith("group.")}
    dotted = {
        key.removeprefix("group."): value
        for key, value in options.items()
        if key.startswith("group.")
    }
    if dotted:
        flat["group"] = {**flat.get("group", {}), **dotted}
    return flat


Reader = Callable[[list[str]], Iterable[Row]]


# --- reading ----------------------------------------------------------------------------------


def _open(path: Path, chosen: Options) -> tuple[list[str], Reader]:
    """The columns, and what reads rows of those that are used."""
    kind = chosen.format or FORMATS.get(path.suffix.lower(), "")
    if not kind:
        raise DataError(
            f"{path} has no suffix that tells its format; say format=csv, tsv, jsonl or parquet"
        )
    if kind == "parquet":
        return _parquet(path)
    if kind == "jsonl":
        rows = json_lines(path)
        head = list(islice(rows, PEEK))
        names = dict.fromkeys(
            name for row in head if isinstance(row.data, dict) for name in row.data
        )
        return list(names), lambda _: chain(head, rows)
    return _csv(path, chosen.delimiter or ("\t" if kind == "tsv" else ","))


def _csv(path: Path, delimiter: str) -> tuple[list[str], Reader]:
    if len(delimiter) != 1:
        raise DataError(f"the delimiter must be one character, not '{delimiter}'")
    rows = csv_rows(path, delimiter)
    header = next(rows, None)
    if header is None:
        raise DataError(f"{path} has no rows")
    names: list[str] = [name.strip() for name in header.data]
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise DataError(f"{path} (line 1) has two columns named '{twice[0]}'; rename one of them")
    if len(names) == 1 and (other := re.search(r"[;\t|]", names[0])):
        raise DataError(
            f"{path} (line 1) has one column alone; it looks separated by {other[0]!r}: say "
            "delimiter=..."
        )
    return names, lambda _: (_named(row, names) for row in rows)


def _named(row: Row, names: list[str]) -> Row:
    cells: list[str] = row.data
    if len(cells) != len(names):
        fault = f"has {len(cells)} columns where the header has {len(names)}"
        return Row(row.line, fault=fault, mend="quote cells that hold the delimiter")
    return Row(row.line, dict(zip(names, cells, strict=True)))


def _parquet(path: Path) -> tuple[list[str], Reader]:
    import polars as pl

    try:
        names = pl.scan_parquet(path).collect_schema().names()
    except (pl.exceptions.PolarsError, OSError) as fault:
        raise DataError(f"{path} cannot be read as Parquet: {fault}") from None
    return names, lambda used: _parquet_rows(path, used)


def _parquet_rows(path: Path, used: list[str]) -> Iterator[Row]:
    """By slices: polars' own batches run ahead of the reader and fill the memory."""
    import polars as pl

    number = 0
    try:
        while True:
            batch = pl.scan_parquet(path).select(used).slice(number, BATCH).collect()
            if batch.is_empty():
                return
            for record in batch.iter_rows(named=True):
                number += 1
                yield Row(number, _plain(record), unit="row")
    except pl.exceptions.PolarsError as fault:
        raise DataError(f"{path} cannot be read after row {number}: {fault}") from None


def _plain(value: Any) -> Any:
    """As JSON Lines would have it: fractions and dates as text, NaN as nothing."""
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, float):
        return None if value != value else repr(value)
    if value is None or isinstance(value, str | int):
        return value
    return str(value)


# --- cases ------------------------------------------------------------------------------------


def _columns(path: Path, names: list[str], chosen: Options) -> Columns:
    finder = Finder(names)
    parts = {part: finder.column(part, getattr(chosen, part)) for part in (*PARTS, *PLAIN)}
    groups = {g: finder.column(f"group.{g}", column) for g, column in chosen.group.items()}
    choices = finder.choices(chosen.options)
    finder.require(chosen, "question", "answer")
    if finder.faults:
        raise DataError(finder.report(path))
    return Columns({k: v for k, v in parts.items() if v}, groups, choices)


class Choices(msgspec.Struct, frozen=True):
    """Options and the labels that an answer may name them by."""

    labels: tuple[str, ...]
    texts: tuple[str, ...]


def _case(path: Path, row: Row, columns: Columns, chosen: Options) -> Case:
    if not isinstance(row.data, dict):
        raise BadRow("expected a JSON object")
    cells: dict[str, Any] = row.data
    at = columns.parts
    question = text_of(cells.get(at["question"]), at["question"])
    stem = _text(cells, at.get("stem"))
    answer = text_of(cells.get(at["answer"]), at["answer"])
    extras: dict[str, Any] = {part: _text(cells, at.get(part)) for part in PLAIN if part in at}
    choices = Choices((), ())
    key = None
    if columns.choices.kind == OPEN:
        extras.setdefault("reference", answer)
    else:
        choices = _choices(cells, columns)
        key = _key(path, row, answer, choices, chosen)
        check_options(choices.texts, key)
    name = text_of(cells.get(at["id"]), at["id"]) if "id" in at else ""
    source = _text(cells, at.get("source"))
    brief = Brief(
        key=key,
        cluster=_text(cells, at.get("cluster")),
        groups={g: _text(cells, c) for g, c in columns.groups.items() if _text(cells, c)},
        source=Source(source) if source else None,
        **extras,
    )
    return Case(
        name or content_id("row", stem, question, *choices.texts),
        stem,
        question,
        choices.texts,
        images=_images(path, cells.get(at.get("image", ""))),
        brief=brief,
    )


def _text(cells: Mapping[str, Any], column: str | None) -> str:
    value = cells.get(column) if column else None
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    return text_of(value, column or "")


def _images(path: Path, value: Any) -> tuple[ImageRef, ...]:
    """Paths are relative to the table's folder."""
    given = value if isinstance(value, list) else [value] if value else []
    return tuple(ImageRef(str(path.parent / text_of(one, "image"))) for one in given)


def _choices(cells: Mapping[str, Any], columns: Columns) -> Choices:
    if columns.choices.one:
        return _in_one_column(cells.get(columns.choices.one), columns.choices.one)
    texts = [_text(cells, column) for column in columns.choices.by_letter.values()]
    while texts and not texts[-1]:
        texts.pop()  # a row may have fewer options than the table has columns
    letters = tuple(letter_of(i) for i in range(len(texts)))
    return Choices(letters, tuple(texts))


def _in_one_column(value: Any, column: str) -> Choices:
    """A list, an object by letter, or an object of two lists (text, label); or JSON or Python of
    one of these."""
    given = _structure(value, column) if isinstance(value, str) else value
    if isinstance(given, dict) and {"text", "label"} <= given.keys():
        labels, texts = given["label"], given["text"]
    elif isinstance(given, dict):
        labels, texts = list(given), list(given.values())
    elif isinstance(given, list):
        labels, texts = [letter_of(i) for i in range(len(given))], given
    else:
        raise BadRow(f"'{column}' must hold a list or an object of options")
    if not isinstance(texts, list) or not isinstance(labels, list) or len(labels) != len(texts):
        raise BadRow(f"'{column}' must have as many labels as texts")
    return Choices(
        tuple(text_of(label, "label").strip() for label in labels),
        tuple(text_of(text, f"option {letter_of(i)}") for i, text in enumerate(texts)),
    )


def _structure(text: str, column: str) -> Any:
    try:
        return json.loads(text, parse_float=str)
    except json.JSONDecodeError:
        pass
    try:
        return ast.literal_eval(text.strip())
    except (SyntaxError, ValueError):
        raise BadRow(f"'{column}' is neither JSON nor a Python list: '{text[:40]}'") from None


def _key(path: Path, row: Row, answer: str, choices: Choices, chosen: Options) -> int:
    """By label, by number or by text. Where two readings differ the row says nothing certain."""
    ways = {"letter": _by_label, "text": _by_text}
    kind = chosen.answer_as
    found = {
        way: index
        for way, read in ways.items()
        if kind in ("auto", way) and (index := read(answer, choices)) is not None
    }
    number = re.fullmatch(r"\s*(-?\d+)(?:\.0)?\s*", answer)
    if number and kind in ("auto", "index") and _reads_number(found, chosen):
        found["index"] = _by_number(path, row, int(number[1]), choices, chosen.key_base)
    if len(set(found.values())) > 1:
        raise BadRow(
            f"the answer '{answer}' can be read as "
            + " and as ".join(f"the {way} of option {letter_of(i)}" for way, i in found.items()),
            "say answer_as=letter, index or text",
        )
    if not found:
        raise BadRow(f"the answer '{answer}' names none of the {len(choices.texts)} options")
    return next(iter(found.values()))


def _reads_number(found: dict[str, int], chosen: Options) -> bool:
    """Without a declared base, a number that is an option's label or text is not an index."""
    return chosen.answer_as == "index" or chosen.key_base is not None or not found


def _by_label(answer: str, choices: Choices) -> int | None:
    bare = re.fullmatch(r"\s*\(?(\w+)\)?[.:]?\s*", answer)
    labels = [label.upper() for label in choices.labels]
    return labels.index(bare[1].upper()) if bare and bare[1].upper() in labels else None


def _by_text(answer: str, choices: Choices) -> int | None:
    wanted = " ".join(answer.split())
    for fold in (str, str.casefold):
        same = [i for i, t in enumerate(choices.texts) if fold(" ".join(t.split())) == fold(wanted)]
        if len(same) == 1:
            return same[0]
    return None


def _by_number(path: Path, row: Row, number: int, choices: Choices, base: int | None) -> int:
    """Faults here end the load whatever `bad_rows` says: a wrong base shifts every key."""
    if base is None:
        what, mend = f"the answer is the number {number}", "say key_base=0 or key_base=1"
    elif 0 <= number - base < len(choices.texts):
        return number - base
    else:
        what = (
            f"the answer {number} is out of range for {len(choices.texts)} options counted from "
            f"{base}"
        )
        mend = f"say key_base={1 - base} if the file counts from {1 - base}"
    raise DataError(str(fault_at(path, row, what, mend)))
