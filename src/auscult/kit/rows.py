"""Reads rows of data files as they stand: a line at a time, every fault with its place."""

from __future__ import annotations

import csv
import hashlib
import json
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any, Literal, NoReturn

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError, Fault
from auscult.kit.disk_index import DiskIndex, digest64

BadRows = Literal["error", "skip"]
WHOLE_FILE_LIMIT = 200_000_000
"""Bytes of a JSON array or object, which is read whole; JSON Lines have no limit."""
CSV_FIELD_LIMIT = 16_000_000
FAULTS_KEPT = 1000
"""Skipped rows beyond this are counted and no longer described."""


class RowOptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What every row loader understands."""

    bad_rows: BadRows = "error"


class Row(msgspec.Struct, frozen=True):
    """One record and where it stands. A row that could not be read has a `fault` and no data."""

    line: int
    data: Any = None
    label: str = ""
    fault: str = ""
    mend: str = ""
    unit: Literal["line", "row"] = "line"
    """"row" where the file has no lines."""


class BadRow(DataError):
    """One row that cannot be a case. The loader raises it with its place, or counts it."""

    def __init__(self, what: str, mend: str = "") -> None:
        self.what, self.mend = what, mend
        super().__init__(what)


class LoadReport(msgspec.Struct):
    """What was left out of one file. Skipped rows are described up to the first thousand."""

    skipped: list[Fault] = msgspec.field(default_factory=list)
    n_skipped: int = 0
    n_duplicates: int = 0

    def skip(self, fault: Fault) -> None:
        self.n_skipped += 1
        if len(self.skipped) < FAULTS_KEPT:
            self.skipped.append(fault)


class RowLoader:
    """What row loaders share: bad rows are refused or counted, repeated rows dropped."""

    def __init__(self) -> None:
        self.reports: dict[str, LoadReport] = {}
        """By file, because one loader may read several; a second load of a file starts afresh."""

    @property
    def skipped(self) -> list[Fault]:
        return [fault for report in self.reports.values() for fault in report.skipped]

    @property
    def n_skipped(self) -> int:
        return sum(report.n_skipped for report in self.reports.values())

    @property
    def n_duplicates(self) -> int:
        return sum(report.n_duplicates for report in self.reports.values())

    def stream(
        self, path: Path, rows: Iterable[Row], make: Callable[[Row], Case], bad_rows: BadRows
    ) -> Iterator[Case]:
        report = self.reports[str(path)] = LoadReport()
        used = 0
        with closing(DiskIndex()) as seen:
            for row in rows:
                try:
                    case, content = _made(row, make)
                except BadRow as bad:
                    fault = fault_at(path, row, bad.what, bad.mend)
                    if bad_rows == "error":
                        raise DataError(str(fault)) from None
                    report.skip(fault)
                    continue
                if not _is_new(path, row, case, content, seen):
                    report.n_duplicates += 1
                    continue
                used += 1
                yield case
        if used == 0:
            first = f"; the first: {report.skipped[0]}" if report.skipped else ""
            raise DataError(f"{path} has no usable row ({report.n_skipped} were skipped){first}")


def _is_new(path: Path, row: Row, case: Case, content: int, seen: DiskIndex) -> bool:
    known = seen.add(digest64(case.id.encode()), content, row.line)
    if known is None or known[0] == content:
        return known is None
    what = (
        f"the id '{case.id}' was already used in {row.unit} {known[1]} with other content; "
        "an id names one case"
    )
    raise DataError(str(fault_at(path, row, what, "mend one of the two")))


def _made(row: Row, make: Callable[[Row], Case]) -> tuple[Case, int]:
    """The case and the digest of its content."""
    if row.fault:
        raise BadRow(row.fault, row.mend)
    case = make(row)
    try:
        return case, digest64(msgspec.msgpack.encode(case))
    except UnicodeEncodeError:
        raise BadRow("the text holds half of a surrogate pair", "mend the \\u escapes") from None


def fault_at(path: Path, row: Row, what: str, mend: str = "") -> Fault:
    label = f"row {row.line}" if row.unit == "row" else row.label
    where = f"{path}, {label}" if label else str(path)
    return Fault(where, what, mend, row.line if row.unit == "line" else 0)


# --- files ------------------------------------------------------------------------------------


def check_file(path: Path) -> None:
    """Raises with one clear sentence where the file cannot hold rows at all."""
    if path.is_dir():
        raise DataError(f"{path} is a folder; name the file in it")
    try:
        with path.open("rb") as file:
            head = file.read(4)
    except FileNotFoundError:
        raise DataError(f"{path} does not exist; check the path") from None
    except OSError as fault:
        raise DataError(f"{path} cannot be read: {fault.strerror}") from None
    if not head:
        raise DataError(f"{path} is empty")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise DataError(f"{path} is UTF-16; save it as UTF-8")
    if head.startswith((b"\x1f\x8b", b"PK\x03\x04", b"\x28\xb5\x2f\xfd")):
        raise DataError(f"{path} is compressed; unpack it first")


def json_lines(path: Path) -> Iterator[Row]:
    """One JSON value a line; blank lines are passed over. NaN and Infinity read as null, and
    numbers with a decimal point keep their digits as text."""
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            body = (line.removeprefix(b"\xef\xbb\xbf") if number == 1 else line).strip()
            if body:
                yield _json_row(path, number, body, cut=not line.endswith(b"\n"))


_decode_line = msgspec.json.Decoder(float_hook=str).decode


def _json_row(path: Path, number: int, body: bytes, *, cut: bool) -> Row:
    try:
        return Row(number, _decode_line(body))
    except (msgspec.DecodeError, UnicodeDecodeError):
        pass
    except RecursionError:
        return Row(number, fault="the JSON is nested too deeply")
    try:
        # The slow reader takes NaN, which several libraries write though JSON has no such word.
        return Row(number, _slow_json.decode(body.decode("utf-8")))
    except UnicodeDecodeError:
        _not_utf8(path)
    except json.JSONDecodeError as fault:
        if cut:
            mend = "the last line is cut off: fetch the file again"
        elif number == 1 and body in (b"{", b"["):
            mend = "put one whole JSON object on each line"
        else:
            mend = ""
        return Row(number, fault=f"not JSON at column {fault.colno}: {fault.msg}", mend=mend)


_slow_json = json.JSONDecoder(parse_float=str, parse_constant=lambda _: None)
_space = re.compile(r"[ \t\r\n]*")


def json_rows(path: Path) -> Iterator[Row]:
    """JSON Lines, or one JSON array of objects."""
    return json_members(path, "[") if _first_byte(path) == b"[" else json_lines(path)


def json_members(path: Path, opener: Literal["[", "{"]) -> Iterator[Row]:
    """Members of one JSON array or object. The text is read whole, its members one at a time; two
    members of one name are both yielded."""
    text = _whole(path)
    at, line, counted = _skip(text, 0), 1, 0
    if text[at : at + 1] != opener:
        wanted = "a list of objects" if opener == "[" else "one object"
        raise DataError(f"{path} must be {wanted}: it begins with '{text[at : at + 20]}'")
    closer, label = "]" if opener == "[" else "}", ""
    at = _skip(text, at + 1)
    if text[at : at + 1] == closer:
        raise DataError(f"{path} has no rows")
    item = 0
    while True:
        line, counted = line + text.count("\n", counted, at), at
        item += 1
        try:
            if opener == "{":
                label, at = _slow_json.raw_decode(text, at)
                at = _skip(text, _expect(path, text, _skip(text, at), ":"))
            data, at = _slow_json.raw_decode(text, at)
        except json.JSONDecodeError as fault:
            _broken(path, text, fault.pos, fault.msg)
        except RecursionError:
            _broken(path, text, at, "it is nested too deeply")
        yield Row(line, data, str(label) if opener == "{" else f"item {item}")
        at = _skip(text, at)
        if text[at : at + 1] == closer:
            break
        at = _skip(text, _expect(path, text, at, ","))
    rest = _skip(text, at + 1)
    if rest < len(text):
        _broken(path, text, rest, "more text after the end of the JSON")


def _skip(text: str, at: int) -> int:
    found = _space.match(text, at)
    return found.end() if found else at


def _expect(path: Path, text: str, at: int, mark: str) -> int:
    if text[at : at + 1] != mark:
        _broken(path, text, at, f"'{mark}' is missing")
    return at + 1


def _broken(path: Path, text: str, at: int, what: str) -> NoReturn:
    line = text.count("\n", 0, at) + 1
    if at >= len(text.rstrip()):
        raise DataError(f"{path} (line {line}) is cut off: {what}; fetch the file again")
    raise DataError(f"{path} (line {line}) is not JSON: {what}")


def _whole(path: Path) -> str:
    size = path.stat().st_size
    if size > WHOLE_FILE_LIMIT:
        raise DataError(
            f"{path} has {size / 1e6:.0f} MB; a JSON array or object is read whole, so the limit "
            f"is {WHOLE_FILE_LIMIT / 1e6:.0f} MB: write it as JSON Lines, one object a line"
        )
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        _not_utf8(path)


def _first_byte(path: Path) -> bytes:
    with path.open("rb") as file:
        return file.read(1024).removeprefix(b"\xef\xbb\xbf").lstrip()[:1]


def _not_utf8(path: Path) -> NoReturn:
    with path.open("rb") as file:
        for number, line in enumerate(file, 1):
            try:
                line.decode("utf-8")
            except UnicodeDecodeError as fault:
                raise DataError(
                    f"{path} (line {number}) is not UTF-8: byte 0x{line[fault.start]:02x} at "
                    f"column {fault.start + 1}; save the file as UTF-8"
                ) from None
    raise DataError(f"{path} is not UTF-8; save it as UTF-8")


def csv_rows(path: Path, delimiter: str = ",") -> Iterator[Row]:
    """Rows as lists of text; blank lines are passed over. Broken quoting ends the load whatever
    `bad_rows` says, because after it no row boundary can be trusted."""
    csv.field_size_limit(CSV_FIELD_LIMIT)
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, delimiter=delimiter, strict=True)
        began = 1
        try:
            for cells in reader:
                if cells:
                    yield Row(began, cells)
                began = reader.line_num + 1
        except UnicodeDecodeError:
            _not_utf8(path)
        except csv.Error as fault:
            raise DataError(
                f"{path} (line {began}): broken CSV: {fault}; "
                'a quoted cell must end with " and quotes within it are doubled'
            ) from None


# --- cells ------------------------------------------------------------------------------------


def mapping(data: Any) -> Mapping[str, Any]:
    if not isinstance(data, dict):
        raise BadRow(f"expected a JSON object, found {_kind(data)}")
    return data


def need(data: Mapping[str, Any], *names: str) -> None:
    """All missing fields in one fault."""
    missing = [name for name in names if data.get(name) is None]
    if missing:
        plural = "fields" if len(missing) > 1 else "field"
        raise BadRow(f"missing {plural} " + ", ".join(f"'{name}'" for name in missing))


def text_of(value: Any, name: str) -> str:
    """The value as written. Numbers are taken, structures and blanks are not."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise BadRow(f"'{name}' must be text, found {_kind(value)}")
    if not value.strip():
        raise BadRow(f"'{name}' is blank")
    return value


def optional_text(data: Mapping[str, Any], name: str) -> str:
    """Text where there is some: absent, null and blank are all the same to a reader."""
    value = data.get(name)
    if value is None or (isinstance(value, str) and not value.strip()):
        return ""
    return text_of(value, name)


def _kind(value: Any) -> str:
    names = {dict: "an object", list: "a list", str: "text", bool: "true or false", int: "a number"}
    return "nothing" if value is None else names.get(type(value), type(value).__name__)


def letter_of(index: int) -> str:
    return chr(ord("A") + index)


def check_options(options: tuple[str, ...], key: int | None) -> None:
    """Two wrong options may be alike; one that equals the key makes right and wrong the same."""
    if len(options) < 2:
        raise BadRow(f"a question needs at least 2 options, found {len(options)}")
    plain = [" ".join(option.split()) for option in options]
    blank = [letter_of(i) for i, option in enumerate(plain) if not option]
    if blank:
        raise BadRow(f"option {', '.join(blank)} is blank")
    if key is None:
        return
    twins = [letter_of(i) for i, text in enumerate(plain) if text == plain[key] and i != key]
    if twins:
        raise BadRow(f"option {', '.join(twins)} reads the same as the key ({letter_of(key)})")


def content_id(prefix: str, *parts: str) -> str:
    """Stable whatever the row's place in the file, its spacing or its unicode form."""
    plain = [" ".join(unicodedata.normalize("NFC", part).split()) for part in parts]
    body = hashlib.blake2b(json.dumps(plain, ensure_ascii=False).encode(), digest_size=8)
    return f"{prefix}-{body.hexdigest()}"
