"""The run's durable journal: what was asked, what came back, what was decided."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import msgspec

from auscult.engine.clock import wall
from auscult.engine.codec import Codec, unpack_keys
from auscult.engine.ledger_file import (
    RunLock,
    connect,
    damaged,
    make_private,
    make_run_dir,
    refuse_untrusted,
    release_reserve,
    write_reserve,
)
from auscult.engine.records import Call, Effect, FinishedCase, Intent
from auscult.engine.writer import GroupCommit, RoleTotals

LEDGER_NAME = "run.db"
CaseKey = tuple[int, int, int]
"""(suite number, case number, attempt)"""
WIDTHS = {"intent": 1, "call": 4, "void": 1, "effect": 3, "case": 3}
"""Numbers a record has in its segment's keys; of a case's records the last three are its own."""
_DECODERS: dict[str, msgspec.msgpack.Decoder[Any]] = {
    "intent": msgspec.msgpack.Decoder(list[Intent]),
    "call": msgspec.msgpack.Decoder(list[Call]),
    "effect": msgspec.msgpack.Decoder(list[Effect]),
    "case": msgspec.msgpack.Decoder(list[FinishedCase]),
}


class Reader:
    """Reads a ledger, of a live run or of one long finished. Streams; holds one segment."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        self._path = str(db.execute("PRAGMA database_list").fetchone()[2])
        dictionaries = dict(self._rows("SELECT id, body FROM dictionaries"))
        self.codec = Codec(dictionaries, self._path)

    def _rows(self, query: str, *values: Any) -> Iterator[Any]:
        try:
            found = self._db.execute(query, values)
            while (row := found.fetchone()) is not None:
                yield row
        except sqlite3.DatabaseError as error:
            raise damaged(self._path, "its tables", error) from error

    def meta(self, key: str, into: type[Any] = dict) -> Any:
        for (value,) in self._rows("SELECT value FROM meta WHERE key=?", key):
            try:
                return msgspec.json.decode(value, type=into)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise damaged(self._path, f"what it says of its {key}", error) from error
        return None

    def set_meta(self, key: str, value: Any) -> None:
        body = msgspec.json.encode(value)
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, body))

    def keys(self, kind: str) -> Iterator[tuple[int, memoryview]]:
        """(segment id, packed keys as ints), without touching the bodies."""
        query = "SELECT id, count, keys FROM segments WHERE kind=? ORDER BY id"
        for number, count, packed in self._rows(query, kind):
            try:
                values = unpack_keys(packed, count * WIDTHS[kind])
            except ValueError as error:
                raise damaged(self._path, f"the keys of segment {number}", error) from error
            yield number, memoryview(values)

    def _segments(self, kind: str, only: list[int] | None = None) -> Iterator[tuple[str, bytes]]:
        """(what it is, for words about it; its records, encoded)"""
        if only is None:
            query = "SELECT id, dictionary, body FROM segments WHERE kind=? ORDER BY id"
            rows = self._rows(query, kind)
        else:
            one = "SELECT id, dictionary, body FROM segments WHERE id=?"
            rows = (row for number in only for row in self._rows(one, number))
        for number, dictionary, body in rows:
            if body:  # a purged segment keeps its keys and totals
                what = f"segment {number}, of kind {kind}"
                yield what, self.codec.unpack(dictionary, body, what)

    def _records(self, kind: str, only: list[int] | None = None) -> Iterator[Any]:
        decoder = _DECODERS[kind]
        for what, raw in self._segments(kind, only):
            try:
                records = decoder.decode(raw)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise damaged(self._path, what, error) from error
            yield from records

    def cases(self) -> Iterator[FinishedCase]:
        yield from self._records("case")

    def calls(self) -> Iterator[Call]:
        yield from self._records("call")

    def totals(self) -> dict[str, RoleTotals]:
        out: dict[str, RoleTotals] = {}
        decoder = msgspec.json.Decoder(dict[str, RoleTotals])
        for number, body in self._rows("SELECT id, totals FROM segments WHERE kind='call'"):
            try:
                found = decoder.decode(body)
            except (msgspec.DecodeError, UnicodeDecodeError) as error:
                raise damaged(self._path, f"the totals of segment {number}", error) from error
            for role, totals in found.items():
                out.setdefault(role, RoleTotals()).add(totals)
        return out

    def cases_of(self, wanted: Callable[[CaseKey], bool]) -> dict[CaseKey, list[FinishedCase]]:
        return self._of_cases("case", wanted)

    def calls_of(self, wanted: Callable[[CaseKey], bool]) -> dict[CaseKey, list[Call]]:
        return self._of_cases("call", wanted)

    def effects_of(self, wanted: Callable[[CaseKey], bool]) -> dict[CaseKey, list[Effect]]:
        return self._of_cases("effect", wanted)

    def _of_cases(self, kind: str, wanted: Callable[[CaseKey], bool]) -> dict[CaseKey, list[Any]]:
        """The records of some cases: decodes only the segments that hold any of them."""
        width = WIDTHS[kind]
        suite, number, attempt = width - 3, width - 2, width - 1
        numbers = []
        for segment, packed in self.keys(kind):
            found = zip(packed[suite::width], packed[number::width], packed[attempt::width],
                        strict=True)  # fmt: skip
            if any(map(wanted, found)):
                numbers.append(segment)
        out: dict[CaseKey, list[Any]] = {}
        for record in self._records(kind, numbers) if numbers else ():
            key = (record.suite, record.case_no, record.attempt)
            if wanted(key):
                out.setdefault(key, []).append(record)
        return out

    def blob(self, digest: str) -> bytes | None:
        for (body,) in self._rows("SELECT body FROM blobs WHERE digest=?", bytes.fromhex(digest)):
            return bytes(body)
        return None

    def sessions(self) -> list[tuple[float, float, str]]:
        return list(self._rows("SELECT started, seconds, stopped FROM sessions"))

    def next_call_id(self) -> int:
        """Ids ascend, and a segment's keys are never purged: the newest segment tells."""
        top = 0
        query = "SELECT count, keys FROM segments WHERE kind='intent' ORDER BY id DESC LIMIT 64"
        for count, packed in self._rows(query):
            top = max(top, *unpack_keys(packed, count))
        return top + 1

    def unresolved(self) -> list[Intent]:
        """Intents whose outcome never became durable: they count as spent."""
        resolved: set[int] = set()
        for _, packed in self.keys("call"):
            resolved.update(packed[0::4])
        for _, packed in self.keys("void"):
            resolved.update(packed)
        lost: set[int] = set()
        numbers = []
        for number, packed in self.keys("intent"):
            missing = set(packed) - resolved
            if missing:
                lost |= missing
                numbers.append(number)
        lost_in: Iterator[Intent] = self._records("intent", numbers)
        return [intent for intent in lost_in if intent.id in lost]

    def close(self) -> None:
        self._db.close()


def open_reader(folder: Path) -> Reader:
    """For reports: takes no lock, changes nothing."""
    return Reader(connect(folder / LEDGER_NAME, create=False))


class Ledger(Reader):
    """A ledger open for a run: locked, with its group commit running once `start` is called."""

    commit: GroupCommit

    def __init__(self, folder: Path) -> None:
        refuse_untrusted(folder if folder.exists() else folder.parent)
        make_run_dir(folder)
        self.folder = folder
        self._lock = RunLock(folder)
        self._lock.take()
        try:
            write_reserve(folder)
            make_private(folder)
            super().__init__(connect(folder / LEDGER_NAME, create=True))
        except BaseException:
            self._lock.release()
            raise
        self._session = 0
        self._running = False

    def start(self) -> None:
        cursor = self._db.execute(
            "INSERT INTO sessions(started, seconds, stopped) VALUES (?, 0, 'killed')", (wall(),)
        )
        self._session = int(cursor.lastrowid or 0)
        self.commit = GroupCommit(self._db, self.codec, self.folder, self._session)
        self._running = True

    def keep_blob(self, body: bytes) -> str:
        digest = hashlib.sha256(body).digest()
        self.commit.put_blob(digest, body)
        return digest.hex()

    async def stop(self, why: str) -> None:
        if self._running:
            self._running = False
            await self.commit.close()
            try:
                self.commit.keep_replayed()
                self._db.execute("UPDATE sessions SET stopped=? WHERE id=?", (why, self._session))
            except sqlite3.Error:  # a full disk: the journal is safe, the word is not
                return

    def close(self) -> None:
        try:
            super().close()
        finally:
            release_reserve(self.folder)
            self._lock.release()
