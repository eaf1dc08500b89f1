"""Cases on disk in a recorded random order, so that memory holds only what is in flight.

The order is a function of (seed, suite, case id) alone: a larger --limit extends it and never
reshuffles it. Within it, strata are spread evenly, so that every prefix is balanced. Where a rule
may stop the suite, the order is one of clusters instead, plainly random and each of them whole:
that is what sequential intervals are proved for.
"""

from __future__ import annotations

import hashlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import msgspec

from auscult.core.case import Case
from auscult.core.errors import DataError, LedgerError
from auscult.core.protocols import Suite

INDEX_NAME = "cases.db"
PAGE = 256
_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Case)

LAYOUT = 2
SCHEMA = f"""
PRAGMA journal_mode=MEMORY; PRAGMA synchronous=OFF; PRAGMA user_version={LAYOUT};
CREATE TABLE raw(
  row INTEGER PRIMARY KEY, suite INT, id TEXT, stratum TEXT, pull REAL, cluster TEXT, body BLOB);
CREATE TABLE ready(suite INTEGER PRIMARY KEY, digest TEXT, count INTEGER);
CREATE TABLE ordering(suite INT, no INT, row INT, PRIMARY KEY(suite, no)) WITHOUT ROWID;
"""
ORDER = """
INSERT INTO ordering
SELECT suite, row_number() OVER (ORDER BY place, pull, id) - 1, row FROM (
  SELECT suite, row, id, pull,
    (row_number() OVER (PARTITION BY stratum ORDER BY pull, id) - 1 + pull)
      / (count(*) OVER (PARTITION BY stratum)) AS place
  FROM raw WHERE suite = :suite)
"""
BY_CLUSTER = """
INSERT INTO ordering
SELECT suite, row_number() OVER (ORDER BY draw(cluster), cluster, pull, id) - 1, row
  FROM raw WHERE suite = :suite
"""


def pull_of(seed: int, suite: str, case_id: str) -> float:
    """A case's place in the random order, in [0, 1)."""
    digest = hashlib.blake2b(f"{seed}|{suite}|{case_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


class CaseIndex:
    def __init__(self, folder: Path) -> None:
        path = folder / INDEX_NAME
        try:
            layout = self._open(path)
        except sqlite3.DatabaseError:
            layout = -1
        if layout not in (0, LAYOUT):  # damaged or of another version: it holds but what data do
            self._db.close()
            path.unlink()
            layout = self._open(path)
        if layout == 0:
            path.chmod(0o600)
            self._db.executescript(SCHEMA)

    def _open(self, path: Path) -> int:
        """Its layout: 0 for a new file, -1 for one that has tables of before they were numbered."""
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA cache_size=-2000")
        layout = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        tables = int(self._db.execute("SELECT count(*) FROM sqlite_master").fetchone()[0])
        return layout if layout or not tables else -1

    def count(self, suite_no: int) -> int:
        row = self._db.execute("SELECT count FROM ready WHERE suite=?", (suite_no,)).fetchone()
        return int(row[0]) if row else 0

    def cluster_ends(self, suite_no: int) -> bytearray:
        """For each case of the order, 1 where it is the last of its cluster: in an order of
        clusters the ones are the clusters. A byte a case."""
        query = (
            "SELECT r.cluster FROM ordering o JOIN raw r ON r.row = o.row "
            "WHERE o.suite=? ORDER BY o.no"
        )
        ends = bytearray()
        before: str | None = None
        for (cluster,) in self._db.execute(query, (suite_no,)):
            if ends:
                ends[-1] = cluster != before
            ends.append(1)
            before = cluster
        return ends

    def is_ready(self, suite_no: int, digest: str) -> bool:
        row = self._db.execute("SELECT digest FROM ready WHERE suite=?", (suite_no,)).fetchone()
        return bool(row and row[0] == digest)

    def build(
        self,
        suite_no: int,
        suite: Suite,
        cases: Iterable[Case],
        seed: int,
        digest: str,
        *,
        by_cluster: bool = False,
        untrusted: str = "",
    ) -> int:
        """Streams the cases in; a half-built index from a killed process is built again.
        `untrusted` is an endpoint that may not be sent patient data: such a case is refused."""
        if untrusted:
            cases = (_without_patients(case, untrusted) for case in cases)
        try:
            self._fill(suite_no, suite, cases, seed)
            return self._order(suite_no, suite, seed, digest, BY_CLUSTER if by_cluster else ORDER)
        except BaseException as error:
            if self._db.in_transaction:
                self._db.execute("ROLLBACK")
            if not isinstance(error, sqlite3.Error):
                raise
            raise LedgerError(
                f"cannot keep the cases of '{suite.name}' on disk: {error}; free some space, or "
                "name a folder on another disk with --out"
            ) from error

    def _fill(self, suite_no: int, suite: Suite, cases: Iterable[Case], seed: int) -> None:
        db = self._db
        db.execute("BEGIN")
        for table in ("raw", "ordering", "ready"):
            db.execute(f"DELETE FROM {table} WHERE suite=?", (suite_no,))
        db.executemany(
            "INSERT INTO raw(suite, id, stratum, pull, cluster, body) VALUES (?,?,?,?,?,?)",
            (
                (suite_no, c.id, suite.stratum(c), pull_of(seed, suite.name, c.id), c.cluster,
                 _pack(c))
                for c in cases
            ),
        )  # fmt: skip

    def _order(self, suite_no: int, suite: Suite, seed: int, digest: str, order: str) -> int:
        db = self._db
        twice = db.execute(
            "SELECT id, count(*) FROM raw WHERE suite=? GROUP BY id HAVING count(*) > 1 LIMIT 3",
            (suite_no,),
        ).fetchall()
        if twice:
            names = ", ".join(f"'{name}' ({times} times)" for name, times in twice)
            raise DataError(
                f"suite '{suite.name}': case ids must be unique, but found {names}; "
                "give each row its own id or map another column with id=COLUMN"
            )
        db.create_function("draw", 1, lambda cluster: pull_of(seed, suite.name, cluster))
        db.execute(order, {"suite": suite_no})
        count = db.execute("SELECT count(*) FROM raw WHERE suite=?", (suite_no,)).fetchone()[0]
        db.execute("INSERT INTO ready VALUES (?,?,?)", (suite_no, digest, count))
        db.execute("COMMIT")
        return int(count)

    def page(
        self,
        suite_no: int,
        start: int,
        stop: int,
        done: bytearray | None = None,
        skips: Callable[[int], bool] | None = None,
    ) -> Iterator[tuple[int, Case]]:
        """Cases start <= no < stop that are not done, a page of them in memory at most. What
        `skips` says yes to is not read: of a rare kind, most pages are not."""
        query = (
            "SELECT o.no, r.body FROM ordering o JOIN raw r ON r.row = o.row "
            "WHERE o.suite=? AND o.no>=? AND o.no<? ORDER BY o.no"
        )
        for low in range(start, stop, PAGE):
            high = min(low + PAGE, stop)
            if done is not None and 0 not in memoryview(done)[low:high]:
                continue
            if skips is not None and all(map(skips, range(low, high))):
                continue
            for number, body in self._db.execute(query, (suite_no, low, high)).fetchall():
                if (done is None or not done[number]) and not (skips and skips(number)):
                    yield number, _decoder.decode(body)

    def close(self) -> None:
        self._db.close()


def _without_patients(case: Case, untrusted: str) -> Case:
    if case.phi:
        raise DataError(
            f"case '{case.id}' holds patient data, and '{untrusted}' is neither local nor on the "
            "plan's allow_phi list; use a local target, or add the endpoint once you may"
        )
    return case


def _pack(case: Case) -> bytes:
    return _encoder.encode(case)
