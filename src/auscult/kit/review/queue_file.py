"""The file that reviewers work on: blinded, private, safe to append to from several places.

One JSON object a line. Items come first and do not change unless a person fills them in by hand;
answers given in a terminal are lines appended at the end, each flushed to the disk before the next
item is shown. So a kill loses at most the line being written, and two people may answer at once.
A `.csv` file holds the same items, one a row, to be filled in in a spreadsheet.
"""

from __future__ import annotations

import csv
import fcntl
import io
import os
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.errors import DataError, UsageError
from auscult.kit.review.records import reader_key
from auscult.kit.rows import csv_rows
from auscult.kit.transcripts.delimiter import delimiter_of

COLUMNS = (
    "item",
    "question",
    "facts",
    "prompt",
    "reply",
    "allowed",
    "readers",
    "label",
    "reviewer",
)
FORMULA = ("=", "+", "-", "@", "\t", "\r")
PRIVATE = 0o600


class Turn(msgspec.Struct, frozen=True):
    role: str
    text: str


class QueueItem(msgspec.Struct, frozen=True, kw_only=True):
    """What a reviewer may see, and nothing else: no verdict, no arm, no model, no reason."""

    item: str
    question: str
    facts: dict[str, str] = {}
    prompt: tuple[Turn, ...] = ()
    reply: str = ""
    allowed: tuple[str, ...] = ()
    readers: int = 1
    """How many people should read it."""
    label: str = ""
    reviewer: str = ""


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    item: str
    label: str
    reviewer: str
    at: str = ""
    """Empty where a label was filled in by hand: the time of its file's first adding is taken."""


class QueueFile(msgspec.Struct, frozen=True):
    items: tuple[QueueItem, ...]
    answers: tuple[Answer, ...]


def write_queue(path: Path, items: Sequence[QueueItem]) -> None:
    """Never over a file that is there: it may hold somebody's work."""
    body = _csv(items) if path.suffix.lower() == ".csv" else _lines(items)
    half = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with os.fdopen(os.open(half, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, PRIVATE), "wb") as out:
            out.write(body)
            out.flush()
            os.fsync(out.fileno())
        os.link(half, path)  # whole or not at all, and never over another
    except FileExistsError as error:
        raise _there_already(path) from error
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error
    finally:
        with suppress(OSError):
            half.unlink(missing_ok=True)


def check_place(path: Path) -> None:
    """Refuses a place that a queue cannot be written to, before one is drawn."""
    try:
        taken = path.exists()
    except OSError as error:
        raise _cannot_write(path, error.strerror or str(error)) from error
    if taken:
        raise _there_already(path)
    if not path.parent.is_dir():
        raise _cannot_write(path, f"there is no folder '{path.parent}'")
    if not os.access(path.parent, os.W_OK | os.X_OK):
        raise _cannot_write(path, f"nothing may be written into '{path.parent}'")


def _there_already(path: Path) -> UsageError:
    return UsageError(f"'{path}' is there already; name another file with --out")


def _cannot_write(path: Path, why: str) -> UsageError:
    return UsageError(f"'{path}' cannot be written: {why}; name another file with --out")


def _lines(items: Iterable[QueueItem]) -> bytes:
    return b"".join(msgspec.json.encode(item) + b"\n" for item in items)


def _csv(items: Iterable[QueueItem]) -> bytes:
    text = io.StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for one in items:
        facts = "\n".join(f"{name}: {fact}" for name, fact in one.facts.items())
        prompt = "\n\n".join(f"[{turn.role}]\n{turn.text}" for turn in one.prompt)
        cells = (
            one.item, one.question, facts, prompt, one.reply, " | ".join(one.allowed),
            str(one.readers), one.label, one.reviewer,
        )  # fmt: skip
        writer.writerow([_harmless(cell) for cell in cells])
    return text.getvalue().encode("utf-8-sig")


def _harmless(cell: str) -> str:
    """A spreadsheet runs what begins like a formula, and a target wrote some of this."""
    cell = cell.replace("\0", "\u2400")
    return f"'{cell}" if cell.startswith(FORMULA) else cell


def append_answer(path: Path, answer: Answer) -> None:
    """On the disk before this returns. A line that a kill left unfinished is closed first."""
    handle = os.open(path, os.O_RDWR | os.O_APPEND)
    with os.fdopen(handle, "r+b", buffering=0) as stream:
        fcntl.flock(stream, fcntl.LOCK_EX)
        size = os.fstat(stream.fileno()).st_size
        torn = size and os.pread(stream.fileno(), 1, size - 1) != b"\n"
        line = (b"\n" if torn else b"") + msgspec.json.encode(answer) + b"\n"
        written = 0
        while written < len(line):
            written += os.write(stream.fileno(), line[written:])
        os.fsync(stream.fileno())


def read_queue(path: Path, reviewer: str = "") -> QueueFile:
    """`reviewer` signs labels that were filled in by hand and name nobody."""
    if not path.is_file():
        raise UsageError(f"there is no queue '{path}'; make one with `auscult review queue`")
    rows = _csv_items(path) if path.suffix.lower() == ".csv" else None
    items, answers = rows if rows is not None else _json_items(path)
    if not items and not answers and path.stat().st_size:
        raise DataError(f"'{path}' holds no items of a review queue; check the path")
    by_hand = []
    for one in items:
        if label := one.label.strip():
            who = one.reviewer.strip() or reviewer
            if not who:
                raise UsageError(
                    f"'{path}': the label of item {one.item} names no reviewer; fill in "
                    "'reviewer', or add --reviewer NAME"
                )
            by_hand.append(Answer(item=one.item, label=label, reviewer=who))
    return QueueFile(tuple(items), (*by_hand, *answers))


def _json_items(path: Path) -> tuple[list[QueueItem], list[Answer]]:
    items: list[QueueItem] = []
    answers: list[Answer] = []
    lines = path.read_bytes().split(b"\n")
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            row = msgspec.json.decode(line)
            if not isinstance(row, dict):
                raise msgspec.ValidationError("not an object")
            if "question" in row:
                items.append(msgspec.convert(row, QueueItem))
            else:
                answers.append(msgspec.convert(row, Answer))
        except (msgspec.DecodeError, msgspec.ValidationError, UnicodeDecodeError) as error:
            if items and line.startswith(b'{"item":') and not line.endswith(b"}"):
                continue  # an answer that a kill cut off: that item is still to be read
            raise DataError(
                f"'{path}' (line {number}): not an item or answer of a review queue ({error}); "
                "mend the line or make the queue anew"
            ) from None
    return items, answers


def _csv_items(path: Path) -> tuple[list[QueueItem], list[Answer]]:
    rows = csv_rows(path, delimiter_of(path))
    head = next(rows, None)
    names = [str(cell).strip().lower() for cell in head.data] if head is not None else []
    for wanted in ("item", "label"):
        if names and wanted not in names:
            raise DataError(f"'{path}' has no column '{wanted}', which a review queue has")
    items = []
    for row in rows:
        cell: Mapping[str, Any] = dict(zip(names, row.data, strict=False))
        items.append(
            QueueItem(
                item=str(cell.get("item", "")).strip(), question="",
                label=str(cell.get("label", "")), reviewer=str(cell.get("reviewer", "")),
            )
        )  # fmt: skip
    return items, []


def open_to(file: QueueFile, reviewer: str) -> list[QueueItem]:
    """What this person is still to read: nothing twice, and nothing that enough others have."""
    readers: dict[str, set[str]] = {}
    for answer in file.answers:
        readers.setdefault(answer.item, set()).add(reader_key(answer.reviewer))
    return [
        one
        for one in file.items
        if reader_key(reviewer) not in readers.get(one.item, ())
        and len(readers.get(one.item, ())) < one.readers
    ]
