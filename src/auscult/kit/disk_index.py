"""An index that lives on disk while it is used, so that memory stays flat."""

from __future__ import annotations

import hashlib
import sqlite3


class DiskIndex:
    """Digest -> two integers, in a file that SQLite removes by itself: memory stays flat."""

    def __init__(self) -> None:
        self._db = sqlite3.connect("", isolation_level=None, check_same_thread=False)
        self._db.executescript(
            "PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-4096;"
            "CREATE TABLE seen(key INTEGER PRIMARY KEY, a INTEGER, b INTEGER); BEGIN;"
        )

    def add(self, key: int, a: int, b: int) -> tuple[int, int] | None:
        """None where the key is new; else what it already stands for, which is kept."""
        added = self._db.execute("INSERT OR IGNORE INTO seen VALUES (?,?,?)", (key, a, b))
        return None if added.rowcount else self.get(key)

    def get(self, key: int) -> tuple[int, int] | None:
        found = self._db.execute("SELECT a, b FROM seen WHERE key=?", (key,)).fetchone()
        return (found[0], found[1]) if found else None

    def close(self) -> None:
        self._db.close()


def digest64(data: bytes) -> int:
    """A signed 64-bit digest: what SQLite keeps as a key."""
    return int.from_bytes(hashlib.blake2b(data, digest_size=8).digest(), "big", signed=True)
