"""The run's durable journal: what was asked, what came back, what was decided."""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeVar

import msgspec

from auscult.engine.clock import wall
from auscult.engine.codec import Codec, unpack_keys
from auscult.engine.ledger_file import (
    RunLock,
    connect,
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
R = TypeVar("R", Intent, Call, Effect, FinishedCase)

_decode_intents = msgspec.msgpack.Decoder(list[Intent])
_decode_calls = msgspec.msgpack.Decoder(list[Call])
_decode_effects = msgspec.msgpack.Decoder(list[Effect])
_decode_cases = msgspec.msgpack.Decoder(list[FinishedCase])


class Reader:
    """Reads a ledger, of a live run or of one long finished. Streams; holds one segment."""

    def __init__(self, db: sqlite3.Connection) -> None:
        self._db = db
        dictionaries = dict(db.execute("SELECT id, body FROM dictionaries").fetchall())
        self.codec = Codec(dictionaries)

    def meta(self, key: str, into: type[Any] = dict) -> Any:
        row = self._db.execute("SELECT value FROM meta WHERE key=?", (key,)).fetchone()
        return None if row is None else msgspec.json.decode(row[0], type=into)

    def set_meta(self, key: str, value: Any) -> None:
        body = msgspec.json.encode(value)
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?,?)", (key, body))

    def keys(self, kind: str) -> Iterator[tuple[int, memoryview]]:
        """(segment id, packed keys as ints), without touching the bodies."""
        query = "SELECT id, keys FROM segments WHERE kind=? ORDER BY id"
        for number, packed in self._db.execute(query, (kind,)):
            yield number, memoryview(unpack_keys(packed))

    def _segments(self, kind: str, only: list[int] | None = None) -> Iterator[bytes]:
        if only is None:
            query = "SELECT dictionary, body FROM segments WHERE kind=? ORDER BY id"
            rows: Iterator[Any] = self._db.execute(query, (kind,))
        else:
            one = "SELECT dictionary, body FROM segments WHERE id=?"
            rows = (self._db.execute(one, (number,)).fetchone() for number in only)
        for dictionary, body in rows:
            if body:  # a purged segment keeps its keys and totals
                yield self.codec.unpack(dictionary, body)

    def cases(self) -> Iterator[FinishedCase]:
        for raw in self._segments("case"):
            yield from _decode_cases.decode(raw)

    def calls(self, only: list[int] | None = None) -> Iterator[Call]:
        for raw in self._segments("call", only):
            yield from _decode_calls.decode(raw)

    def effects(self) -> Iterator[Effect]:
        for raw in self._segments("effect"):
            yield from _decode_effects.decode(raw)

    def intents(self, only: list[int]) -> Iterator[Intent]:
        for raw in self._segments("intent", only):
            yield from _decode_intents.decode(raw)

    def totals(self) -> dict[str, RoleTotals]:
        out: dict[str, RoleTotals] = {}
        decoder = msgspec.json.Decoder(dict[str, RoleTotals])
        for (body,) in self._db.execute("SELECT totals FROM segments WHERE kind='call'"):
            for role, totals in decoder.decode(body).items():
                out.setdefault(role, RoleTotals()).add(totals)
        return out

    def calls_of(self, wanted: set[CaseKey]) -> dict[CaseKey, list[Call]]:
        """The calls of some cases: decodes only the segments that hold any of them."""
        if not wanted:
            return {}
        numbers = []
        for number, packed in self.keys("call"):
            found = zip(packed[1::4], packed[2::4], packed[3::4], strict=True)
            if any(key in wanted for key in found):
                numbers.append(number)
        out: dict[CaseKey, list[Call]] = {}
        for call in self.calls(numbers):
            key = (call.suite, call.case_no, call.attempt)
            if key in wanted:
                out.setdefault(key, []).append(call)
        return out

    def blob(self, digest: str) -> bytes | None:
        row = self._db.execute(
            "SELECT body FROM blobs WHERE digest=?", (bytes.fromhex(digest),)
        ).fetchone()
        return None if row is None else bytes(row[0])

    def sessions(self) -> list[tuple[float, float, str]]:
        return self._db.execute("SELECT started, seconds, stopped FROM sessions").fetchall()

    def next_call_id(self) -> int:
        """Ids ascend, and a segment's keys are never purged: the newest segment tells."""
        top = 0
        query = "SELECT keys FROM segments WHERE kind='intent' ORDER BY id DESC LIMIT 64"
        for (packed,) in self._db.execute(query):
            top = max(top, *unpack_keys(packed))
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
        return [intent for intent in self.intents(numbers) if intent.id in lost]

    def close(self) -> None:
        self._db.close()


def open_reader(folder: Path) -> Reader:
    """For reports: takes no lock, changes nothing."""
    return Reader(connect(folder / LEDGER_NAME, create=False))


class Ledger(Reader):
    """A ledger open for a run: locked, with its group commit running once `start` is called."""

    def __init__(self, folder: Path) -> None:
        refuse_untrusted(folder if folder.exists() else folder.parent)
        make_run_dir(folder)
        self.folder = folder
        self._lock = RunLock(folder)
        self._lock.take()
        try:
            write_reserve(folder)
            super().__init__(connect(folder / LEDGER_NAME, create=True))
        except BaseException:
            self._lock.release()
            raise
        self._session = 0
        self._commit: GroupCommit | None = None

    def start(self) -> None:
        cursor = self._db.execute(
            "INSERT INTO sessions(started, seconds, stopped) VALUES (?, 0, 'killed')", (wall(),)
        )
        self._session = int(cursor.lastrowid or 0)
        self._commit = GroupCommit(self._db, self.codec, self.folder, self._session)

    @property
    def commit(self) -> GroupCommit:
        assert self._commit is not None, "the ledger has not been started"
        return self._commit

    def keep_blob(self, body: bytes) -> str:
        digest = hashlib.sha256(body).digest()
        self.commit.put_blob(digest, body)
        return digest.hex()

    async def stop(self, why: str) -> None:
        if self._commit is not None:
            await self._commit.close()
            try:
                self._db.execute("UPDATE sessions SET stopped=? WHERE id=?", (why, self._session))
            except sqlite3.Error:  # a full disk: the journal is safe, the word is not
                self._commit.failure = self._commit.failure
            self._commit = None

    def close(self) -> None:
        try:
            super().close()
        finally:
            release_reserve(self.folder)
            self._lock.release()
