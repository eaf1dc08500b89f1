"""Removes what was said and keeps what was measured."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path

from auscult.core.errors import LedgerError
from auscult.engine.canaries_kept import FOLDER
from auscult.engine.caseindex import INDEX_NAME
from auscult.engine.clock import utcnow
from auscult.engine.ledger import LEDGER_NAME, Reader
from auscult.engine.ledger_file import RunLock, connect
from auscult.engine.rejudge_kept import ledgers


def _forget_dictionary(db: sqlite3.Connection, reader: Reader) -> None:
    """The dictionary was learnt from transcripts and quotes them: what stays is packed without."""
    query = "SELECT id, dictionary, body FROM segments WHERE dictionary != 0 AND body != x''"
    for number, dictionary, body in db.execute(query).fetchall():
        plain = reader.codec.repack(dictionary, body)
        db.execute("UPDATE segments SET dictionary=0, body=? WHERE id=?", (plain, number))
    db.execute("UPDATE segments SET dictionary=0")
    db.execute("DELETE FROM dictionaries")


def purge(folder: Path) -> int:
    """Returns the number of calls whose transcripts were removed. Figures, trials and totals stay;
    a purged run can be reported but neither replayed nor resumed. A judge that read the run later
    was shown its transcripts: what it was asked goes first."""
    beside = folder / FOLDER / LEDGER_NAME
    others = [*ledgers(folder), *([beside] if beside.exists() else [])]
    return sum(_purge(path.parent) for path in [*others, folder / LEDGER_NAME])


def _purge(folder: Path) -> int:
    path = folder / LEDGER_NAME
    db = connect(path, create=False)
    lock = RunLock(folder)
    lock.take()
    try:
        query = "SELECT coalesce(sum(count), 0) FROM segments WHERE kind='call' AND body != x''"
        removed = int(db.execute(query).fetchone()[0])
        reader = Reader(db)
        lost = len(reader.unresolved())
        db.execute("PRAGMA secure_delete=ON")
        db.execute("BEGIN IMMEDIATE")
        db.execute("UPDATE segments SET body = x'' WHERE kind IN ('call', 'intent', 'effect')")
        db.execute("DELETE FROM blobs")
        _forget_dictionary(db, reader)
        facts = {"at": utcnow().isoformat(), "calls": removed, "unresolved": lost}
        reader.set_meta("purged", facts)
        db.execute("COMMIT")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        db.execute("VACUUM")
    except sqlite3.Error as error:
        raise LedgerError(f"cannot purge '{path}': {error}; free some space and repeat") from error
    finally:
        db.close()
        lock.release()
    for name in (INDEX_NAME, ".segments"):
        target = folder / name
        if target.is_dir():
            shutil.rmtree(target)
        else:
            target.unlink(missing_ok=True)
    return removed
