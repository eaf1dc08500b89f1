"""People's labels in the ledger of a run: queues as drawn, and every label ever given.

They stand in tables of their own in `run.db`, which nothing else reads: an older version still
reads the run. Nothing is ever changed or removed. A label is on the disk when `add`
returns; each `add` is one transaction, so it is there whole or not at all, and two people who add
at once wait for each other.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import msgspec

from auscult.core.errors import LedgerError, UsageError
from auscult.core.registry import did_you_mean
from auscult.engine.clock import utcnow
from auscult.engine.ledger import LEDGER_NAME
from auscult.engine.ledger_file import connect, damaged, refuse_untrusted
from auscult.kit.review.queue_file import Answer
from auscult.kit.review.records import Drawn, Label, Queue, Review
from auscult.kit.review.scheme import CANNOT_TELL

TABLES = """
CREATE TABLE IF NOT EXISTS review_queues(id TEXT PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS review_items(
  id TEXT PRIMARY KEY, queue TEXT NOT NULL, place INTEGER NOT NULL, body BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS review_labels(
  id INTEGER PRIMARY KEY, item TEXT NOT NULL, reviewer TEXT NOT NULL, label TEXT NOT NULL,
  at TEXT NOT NULL, added TEXT NOT NULL, part TEXT NOT NULL, inclusion REAL);
"""
LONGEST_NAME = 200


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
    new = changed = known = 0
    now = utcnow().isoformat()
    with _writing(folder) as db:
        reviews = {review.queue.id: review for review in _read(db, str(folder))}
        items = {one.id: (r.queue, one) for r in reviews.values() for one in r.items}
        given: dict[tuple[str, str], list[Label]] = {}
        for review in reviews.values():
            for label in review.labels:
                given.setdefault((label.item, label.reviewer), []).append(label)
        for answer in answers:
            queue, item = _found(answer, items, reviews.keys(), folder, source)
            label = _checked(answer, queue, item, now, source)
            before = given.setdefault((label.item, label.reviewer), [])
            if _is_known(answer, label, before):
                known += 1
                continue
            new, changed = new + 1, changed + bool(before)
            before.append(label)
            db.execute(
                "INSERT INTO review_labels(item, reviewer, label, at, added, part, inclusion) "
                "VALUES (?,?,?,?,?,?,?)",
                (label.item, label.reviewer, label.label, label.at, label.added, label.part,
                 label.inclusion),
            )  # fmt: skip
    return Added(new, changed, known)


def _is_known(answer: Answer, label: Label, before: Sequence[Label]) -> bool:
    if answer.at:
        return any((one.label, one.at) == (label.label, label.at) for one in before)
    # Filled in by hand, without a time: the same word again is no news.
    return bool(before) and before[-1].label == label.label


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


def _checked(answer: Answer, queue: Queue, item: Drawn, now: str, source: str) -> Label:
    allowed = (*queue.labels, CANNOT_TELL)
    if answer.label not in allowed:
        raise UsageError(
            f"'{source}': '{answer.label}' is no label for item {item.id}; they are "
            f"{' | '.join(allowed)}{did_you_mean(answer.label, allowed)}; nothing was added"
        )
    who = answer.reviewer.strip()
    if not who or len(who) > LONGEST_NAME:
        raise UsageError(
            f"'{source}': item {item.id} needs a reviewer of 1 to {LONGEST_NAME} characters; "
            "nothing was added"
        )
    return Label(
        item=item.id, reviewer=who, label=answer.label, at=answer.at or now, added=now,
        part=item.part, inclusion=item.inclusion,
    )  # fmt: skip


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
            names = Label.__struct_fields__
            labels = [msgspec.convert(dict(zip(names, row, strict=True)), Label) for row in said]
            items = [msgspec.json.decode(row[0], type=Drawn) for row in rows]
            found.append(Review(msgspec.json.decode(body, type=Queue), tuple(items), tuple(labels)))
    except (sqlite3.DatabaseError, msgspec.DecodeError, msgspec.ValidationError) as error:
        raise damaged(f"{folder}/{LEDGER_NAME}", "its reviews", error) from error
    return found


def _packed(record: msgspec.Struct) -> bytes:
    return msgspec.json.encode(record)


def queue_id(run: str, judge: str, seed: int, keys: Iterable[object]) -> str:
    body = msgspec.json.encode([run, judge, seed, list(keys)])
    return f"q{hashlib.sha256(body).hexdigest()[:10]}"
