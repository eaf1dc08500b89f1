"""People's labels in the ledger of a run: queues as drawn, and every label ever given.

They stand in tables of their own in `run.db`, which nothing else reads: an older version still
reads the run. Nothing is ever changed or removed. A label is on the disk when `add`
returns; each `add` is one transaction, so it is there whole or not at all, and two people who add
at once wait for each other.

The last word of a reader is the one with the latest time. A label filled in by hand has none, so it
has the time at which its file was first added: the labels of that file are remembered by a digest,
and to add them again changes nothing.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from auscult.core.errors import LedgerError, UsageError
from auscult.core.registry import did_you_mean
from auscult.engine.clock import utcnow
from auscult.engine.ledger import LEDGER_NAME
from auscult.engine.ledger_file import connect, damaged, refuse_untrusted
from auscult.kit.review.queue_file import Answer
from auscult.kit.review.records import Drawn, Label, Queue, Review, reader_key
from auscult.kit.review.scheme import CANNOT_TELL

TABLES = """
CREATE TABLE IF NOT EXISTS review_queues(id TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS review_items(
  id TEXT PRIMARY KEY, queue TEXT NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS review_labels(
  id INTEGER PRIMARY KEY, item TEXT NOT NULL, reviewer TEXT NOT NULL, label TEXT NOT NULL,
  at TEXT NOT NULL, added TEXT NOT NULL, part TEXT NOT NULL, inclusion REAL);
CREATE TABLE IF NOT EXISTS review_files(digest TEXT PRIMARY KEY, added TEXT NOT NULL);
"""
LONGEST_NAME = 200
AHEAD = timedelta(days=1)
"""A label from further ahead than this would be the last word for good."""


class Added(msgspec.Struct, frozen=True):
    new: int
    changed: int
    """Of the new ones: another word of a person who had labelled the item before."""
    known: int


@contextmanager
def _writing(folder: Path) -> Iterator[sqlite3.Connection]:
    refuse_untrusted(folder)
    db = connect(folder / LEDGER_NAME, create=False)
    try:
        db.execute("BEGIN IMMEDIATE")
        for statement in TABLES.split(";"):
            db.execute(statement)
        yield db
        db.execute("COMMIT")
    except sqlite3.Error as error:
        raise LedgerError(
            f"cannot write labels into '{folder}': {error}; if another process is at work there, "
            "wait for it, and if the disk is full, free some space; nothing was added"
        ) from error
    finally:
        if db.in_transaction:
            db.execute("ROLLBACK")
        db.close()


def keep_queue(folder: Path, queue: Queue, items: Sequence[Drawn]) -> None:
    """A queue that is there already is the same one: its id is a digest of what was drawn."""
    with _writing(folder) as db:
        if db.execute("SELECT 1 FROM review_queues WHERE id=?", (queue.id,)).fetchone():
            return
        db.execute("INSERT INTO review_queues VALUES (?,?)", (queue.id, _packed(queue)))
        db.executemany(
            "INSERT INTO review_items VALUES (?,?,?,?)",
            ((one.id, queue.id, one.place, _packed(one)) for one in items),
        )


def add(folder: Path, answers: Iterable[Answer], source: str) -> Added:
    """Adds what is new, all of it or nothing; `source` names the file in what is refused."""
    now = utcnow()
    with _writing(folder) as db:
        held = _Held(_read(db, str(folder)), folder, source, now)
        given = [(answer, held.label(answer)) for answer in answers]
        seen = _seen_before(db, given, now)
        new = changed = 0
        for answer, label in given:
            before = held.given.setdefault((label.item, label.reviewer), [])
            if (seen and not answer.at) or _is_known(answer, label, before):
                continue
            new, changed = new + 1, changed + bool(before)
            before.append(label)
            db.execute(
                "INSERT INTO review_labels(item, reviewer, label, at, added, part, inclusion) "
                "VALUES (?,?,?,?,?,?,?)",
                (label.item, label.reviewer, label.label, label.at, label.added, label.part,
                 label.inclusion),
            )  # fmt: skip
    return Added(new, changed, len(given) - new)


def _seen_before(
    db: sqlite3.Connection, given: Sequence[tuple[Answer, Label]], now: datetime
) -> bool:
    """Whether these labels without a time were added together before; from now on they were."""
    by_hand = sorted(
        (label.item, reader_key(label.reviewer), label.label)
        for answer, label in given
        if not answer.at
    )
    digest = hashlib.sha256(msgspec.json.encode(by_hand)).hexdigest()
    done = db.execute("INSERT OR IGNORE INTO review_files VALUES (?,?)", (digest, now.isoformat()))
    return done.rowcount == 0


def _is_known(answer: Answer, label: Label, before: Sequence[Label]) -> bool:
    if answer.at:
        return any((one.label, one.at) == (label.label, label.at) for one in before)
    # Without a time the same word again is no news.
    return bool(before) and sorted(before, key=lambda one: one.at)[-1].label == label.label


class _Held:
    """What the ledger has, by which a file's answers become labels or are refused."""

    def __init__(self, reviews: Sequence[Review], folder: Path, source: str, now: datetime) -> None:
        self._folder, self._source, self._now = folder, source, now
        self._queues = {review.queue.id for review in reviews}
        self._items = {one.id: (r.queue, one) for r in reviews for one in r.items}
        self._names: dict[str, str] = {}
        self.given: dict[tuple[str, str], list[Label]] = {}
        for label in (label for review in reviews for label in review.labels):
            self.given.setdefault((label.item, label.reviewer), []).append(label)
            self._names[reader_key(label.reviewer)] = label.reviewer

    def label(self, answer: Answer) -> Label:
        queue, item = _found(answer, self._items, self._queues, self._folder, self._source)
        who = _checked(answer, queue, item, self._source)
        return Label(
            item=item.id, reviewer=self._names.setdefault(reader_key(who), who),
            label=answer.label, at=_time(answer, self._now, self._source),
            added=self._now.isoformat(), part=item.part, inclusion=item.inclusion,
        )  # fmt: skip


def _time(answer: Answer, now: datetime, source: str) -> str:
    """In one time zone, so that times can be compared as they are written."""
    if not answer.at:
        return now.isoformat()
    try:
        said = datetime.fromisoformat(answer.at)
        said = (said if said.tzinfo else said.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        raise UsageError(
            f"'{source}': '{answer.at}' is no time of the label of item {answer.item}; write it as "
            "2026-11-22T09:30:00+00:00, or leave 'at' out; nothing was added"
        ) from None
    if said > now + AHEAD:
        raise UsageError(
            f"'{source}': the label of item {answer.item} is of {answer.at}, which is still to "
            "come; mend the time, or leave 'at' out; nothing was added"
        )
    return said.isoformat()


def _found(
    answer: Answer, items: dict[str, tuple[Queue, Drawn]], queues: Iterable[str], folder: Path,
    source: str,
) -> tuple[Queue, Drawn]:  # fmt: skip
    if answer.item in items:
        return items[answer.item]
    if answer.item.rpartition("-")[0] in queues:
        raise UsageError(f"'{source}': the queue has no item '{answer.item}'; nothing was added")
    raise UsageError(
        f"'{source}': item '{answer.item}' is of no queue drawn from '{folder}'; name the run that "
        "the queue was made from; nothing was added"
    )


def _checked(answer: Answer, queue: Queue, item: Drawn, source: str) -> str:
    """The reader's name, without needless spaces."""
    allowed = (*queue.labels, CANNOT_TELL)
    if answer.label not in allowed:
        raise UsageError(
            f"'{source}': '{answer.label}' is no label for item {item.id}; they are "
            f"{' | '.join(allowed)}{did_you_mean(answer.label, allowed)}; nothing was added"
        )
    who = " ".join(answer.reviewer.split())
    if not who or len(who) > LONGEST_NAME:
        raise UsageError(
            f"'{source}': item {item.id} needs a reviewer of 1 to {LONGEST_NAME} characters; "
            "nothing was added"
        )
    return who


def reviews(folder: Path) -> list[Review]:
    """Every queue of a run, in the order they were drawn in; none where it was never reviewed."""
    if not (folder / LEDGER_NAME).exists():
        return []
    db = connect(folder / LEDGER_NAME, create=False)
    try:
        return _read(db, str(folder))
    finally:
        db.close()


def _read(db: sqlite3.Connection, folder: str) -> list[Review]:
    found = []
    try:
        if not db.execute("SELECT 1 FROM sqlite_master WHERE name='review_labels'").fetchone():
            return []
        names = _spelt(db)
        queues = db.execute("SELECT id, body FROM review_queues ORDER BY rowid").fetchall()
        for number, body in queues:
            rows = db.execute(
                "SELECT body FROM review_items WHERE queue=? ORDER BY place", (number,)
            ).fetchall()
            said = db.execute(
                "SELECT item, reviewer, label, at, added, part, inclusion FROM review_labels "
                "WHERE item IN (SELECT id FROM review_items WHERE queue=?) ORDER BY id",
                (number,),
            ).fetchall()
            labels = [_label(row, names) for row in said]
            items = [msgspec.json.decode(row[0], type=Drawn) for row in rows]
            found.append(Review(msgspec.json.decode(body, type=Queue), tuple(items), tuple(labels)))
    except (sqlite3.DatabaseError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise damaged(f"{folder}/{LEDGER_NAME}", "its reviews", error) from error
    return found


def _spelt(db: sqlite3.Connection) -> dict[str, str]:
    """Each reader as first written."""
    found: dict[str, str] = {}
    for (name,) in db.execute("SELECT reviewer FROM review_labels ORDER BY id"):
        found.setdefault(reader_key(name), name)
    return found


def _label(row: Sequence[object], names: dict[str, str]) -> Label:
    label = msgspec.convert(dict(zip(Label.__struct_fields__, row, strict=True)), Label)
    return msgspec.structs.replace(label, reviewer=names[reader_key(label.reviewer)])


def _packed(record: msgspec.Struct) -> bytes:
    return msgspec.json.encode(record)


def queue_id(run: str, judge: str, seed: int, keys: Iterable[object]) -> str:
    body = msgspec.json.encode([run, judge, seed, list(keys)])
    return f"q{hashlib.sha256(body).hexdigest()[:10]}"
