"""Group commit: many records, one fsync, in the order they were put.

`put` is called on the event loop and returns at once; `wait` resolves when everything put so far
is on disk. The thread does the encoding, compressing and committing. Because commits keep the
order of puts, a durable record implies that all earlier ones are durable too.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import msgspec

from auscult.core.errors import LedgerError
from auscult.engine.clock import monotonic
from auscult.engine.codec import Codec, pack_keys
from auscult.engine.ledger_file import release_reserve
from auscult.engine.records import Call, Effect, EncodedCase, Intent

LINGER_S = 0.008
"""How long a commit waits for company; with the fsync it stays well within 20 ms."""
Kind = str
Then = Callable[[LedgerError | None], None]
Batch = tuple[dict[Kind, list[Any]], list[tuple[bytes, bytes]], list[Then]]
KEYS: dict[Kind, Callable[[list[Any]], bytes]] = {
    "intent": lambda rows: pack_keys(r.id for r in rows),
    "call": lambda rows: pack_keys(v for r in rows for v in (r.id, r.suite, r.case_no, r.attempt)),
    "void": pack_keys,
    "effect": lambda rows: pack_keys(v for r in rows for v in (r.suite, r.case_no, r.attempt)),
    "case": lambda rows: pack_keys(v for r in rows for v in (r.suite, r.case_no, r.attempt)),
}
INSERT = "INSERT INTO segments(kind,count,keys,totals,dictionary,body) VALUES (?,?,?,?,?,?)"


class GroupCommit:
    def __init__(self, db: sqlite3.Connection, codec: Codec, folder: Path, session: int) -> None:
        self._db, self._codec, self._folder, self._session = db, codec, folder, session
        self._loop = asyncio.get_running_loop()
        self._rows: dict[Kind, list[Any]] = {}
        self._blobs: list[tuple[bytes, bytes]] = []
        self._waiters: list[Then] = []
        self._busy = False
        self._timer: asyncio.TimerHandle | None = None
        self._queue: queue.SimpleQueue[Batch | None] = queue.SimpleQueue()
        self._began = monotonic()
        self._seconds_before = db.execute("SELECT total(seconds) FROM sessions").fetchone()[0]
        kept = db.execute("SELECT value FROM meta WHERE key='replayed'").fetchone()
        self._replayed_before = int(msgspec.json.decode(kept[0])["calls"]) if kept else 0
        self.replayed = self._replayed_kept = 0
        """Calls of this session that were answered from the ledger."""
        self.failure: LedgerError | None = None
        self._closed: asyncio.Future[None] = self._loop.create_future()
        self._thread = threading.Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        """Cumulative over every session of this run."""
        return float(self._seconds_before + monotonic() - self._began)

    def put(self, kind: Kind, record: Intent | Call | Effect | EncodedCase | int) -> None:
        rows = self._rows.get(kind)
        if rows is None:
            rows = self._rows[kind] = []
        rows.append(record)
        if self._timer is None and not self._busy:
            self._timer = self._loop.call_later(LINGER_S, self._flush)

    def put_blob(self, digest: bytes, body: bytes) -> None:
        self._blobs.append((digest, body))

    def wait(self) -> asyncio.Future[None]:
        """Resolves when all that has been put is durable; raises LedgerError if it cannot be."""
        future: asyncio.Future[None] = self._loop.create_future()
        self.then(partial(_resolve, future))
        return future

    def then(self, callback: Then) -> None:
        """Called on the loop when all that has been put is durable, or cannot be."""
        self._waiters.append(callback)
        if self._timer is None and not self._busy:
            self._timer = self._loop.call_later(LINGER_S, self._flush)

    def _flush(self) -> None:
        self._timer = None
        if not (self._rows or self._waiters or self._blobs):
            return
        batch = (self._rows, self._blobs, self._waiters)
        self._rows, self._blobs, self._waiters = {}, [], []
        self._busy = True
        self._queue.put(batch)

    def _done(self, waiters: list[Then], error: LedgerError | None) -> None:
        self._busy = False
        if error is not None:
            self.failure = error
        for waiter in waiters:
            waiter(error)
        if self._rows or self._waiters or self._blobs:
            self._timer = self._loop.call_later(LINGER_S, self._flush)

    def keep_replayed(self) -> int:
        """Within every commit, so that a killed session's are counted too."""
        count = self.replayed
        if count != self._replayed_kept:
            body = msgspec.json.encode({"calls": self._replayed_before + count})
            self._db.execute("INSERT OR REPLACE INTO meta VALUES ('replayed', ?)", (body,))
        return count

    async def close(self) -> None:
        """Commit what is left and end the thread."""
        if self._timer is not None:
            self._timer.cancel()
        while self._busy:
            await asyncio.sleep(0.001)
            if self._timer is not None:
                self._timer.cancel()
                self._timer = None
        self._flush()
        self._queue.put(None)
        await self._closed
        self._thread.join()

    # --- the thread ------------------------------------------------------------------------

    def _run(self) -> None:
        while (batch := self._queue.get()) is not None:
            rows, blobs, waiters = batch
            try:
                error = self._commit_or_use_reserve(rows, blobs)
            except Exception as fault:  # noqa: BLE001 - whatever it is, nobody may wait for ever
                self._rollback()
                error = LedgerError(
                    f"the ledger in '{self._folder}' could not take what it was given: "
                    f"{type(fault).__name__}: {fault}"
                )
            self._loop.call_soon_threadsafe(self._done, waiters, error)
        self._loop.call_soon_threadsafe(self._closed.set_result, None)

    def _commit_or_use_reserve(
        self, rows: dict[Kind, list[Any]], blobs: list[tuple[bytes, bytes]]
    ) -> LedgerError | None:
        try:
            self._commit(rows, blobs)
        except sqlite3.Error as error:
            self._rollback()
            if not release_reserve(self._folder):
                return LedgerError(f"the ledger in '{self._folder}' cannot be written: {error}")
            try:
                self._commit(rows, blobs)
            except sqlite3.Error as second:
                self._rollback()
                return LedgerError(f"the ledger in '{self._folder}' cannot be written: {second}")
            full = LedgerError(
                f"no room left for the ledger in '{self._folder}' ({error}); the answers in flight "
                "were saved with the space kept aside: free some space and run the same command"
            )
            self._loop.call_soon_threadsafe(self._note_failure, full)
        return None

    def _note_failure(self, error: LedgerError) -> None:
        self.failure = error

    def _rollback(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")

    def _commit(self, rows: dict[Kind, list[Any]], blobs: list[tuple[bytes, bytes]]) -> None:
        packed = []
        for kind, records in rows.items():
            number, body = self._codec.pack(records)
            totals = totals_of(records) if kind == "call" else None
            packed.append((kind, len(records), KEYS[kind](records), totals, number, body))
        learnt = self._codec.learn()
        db = self._db
        db.execute("BEGIN IMMEDIATE")
        if learnt is not None:
            db.execute("INSERT OR REPLACE INTO dictionaries VALUES (?,?)", learnt)
        if blobs:
            db.executemany("INSERT OR IGNORE INTO blobs VALUES (?,?)", blobs)
        for row in packed:
            db.execute(INSERT, row)
        db.execute(
            "UPDATE sessions SET seconds=? WHERE id=?",
            (monotonic() - self._began, self._session),
        )
        replayed = self.keep_replayed()
        db.execute("COMMIT")
        self._replayed_kept = replayed


def _resolve(future: asyncio.Future[None], error: LedgerError | None) -> None:
    if future.done():
        return
    if error is None:
        future.set_result(None)
    else:
        future.set_exception(error)


class RoleTotals(msgspec.Struct, array_like=True):
    """Sums over calls of one role. `unpriced` counts calls whose cost is not known."""

    calls: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    estimated: int = 0
    cost: float = 0.0
    unpriced: int = 0
    seconds: float = 0.0
    charged: int = 0
    """Tokens charged against caps: counted, estimated, or the worst case where nobody knows."""
    models: dict[str, int] = {}
    """Calls by the model name and fingerprint that came back; kept in segments alone."""

    def add(self, other: RoleTotals) -> None:
        for name in self.__struct_fields__:
            if name != "models":
                setattr(self, name, getattr(self, name) + getattr(other, name))
        for label, count in other.models.items():
            self.models[label] = self.models.get(label, 0) + count


def count_call(totals: RoleTotals, call: Call) -> None:
    """All but the models: this is done for every call on the loop."""
    usage = call.reply.usage
    totals.calls += 1
    totals.failed += call.reply.status == "error"
    if usage.input_tokens is None and call.reply.status != "error":
        totals.estimated += 1
    totals.input_tokens += usage.input_tokens or 0
    totals.output_tokens += usage.output_tokens or 0
    if call.cost is None:
        totals.unpriced += 1
    else:
        totals.cost += call.cost
    totals.seconds += call.seconds
    totals.charged += call.charged


def totals_of(calls: list[Call]) -> bytes:
    by_role: dict[str, RoleTotals] = {}
    seen: dict[tuple[str, str, str], int] = {}
    for call in calls:
        totals = by_role.get(call.role)
        if totals is None:
            totals = by_role[call.role] = RoleTotals()
        count_call(totals, call)
        model = (call.role, call.reply.model, call.reply.fingerprint)
        seen[model] = seen.get(model, 0) + 1
    for (role, name, fingerprint), count in seen.items():
        if name:
            models, label = by_role[role].models, f"{name} {fingerprint}".strip()
            models[label] = models.get(label, 0) + count
    return msgspec.json.encode(by_role)
