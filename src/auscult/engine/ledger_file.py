"""The run directory and the SQLite file in it: opening, locking, refusing."""

from __future__ import annotations

import fcntl
import os
import sqlite3
import stat
from contextlib import suppress
from pathlib import Path
from typing import IO

from auscult.core.errors import LedgerError, UsageError

VERSION = 1
APPLICATION_ID = 0x41757363  # "Ausc"
RESERVE_BYTES = 16 * 1024 * 1024
RESERVE_NAME = "run.reserve"
FIRST_FILES = frozenset({".probe", "run.lock", RESERVE_NAME})
OTHERS = 0o077
"""What nobody but the owner of a run may do with its files."""
UNTRUSTED = {
    "nfs", "nfs4", "cifs", "smb3", "smbfs", "fuse.sshfs", "9p", "afs", "ceph", "fuse.ceph",
    "glusterfs", "fuse.glusterfs", "lustre", "beegfs", "gpfs", "drvfs", "fuse.s3fs", "davfs",
}  # fmt: skip

SCHEMA = """
CREATE TABLE meta(key TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE segments(
  id INTEGER PRIMARY KEY, kind TEXT NOT NULL, count INTEGER NOT NULL,
  keys BLOB NOT NULL, totals BLOB, dictionary INTEGER NOT NULL, body BLOB NOT NULL);
CREATE INDEX segments_by_kind ON segments(kind);
CREATE TABLE blobs(digest BLOB PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;
CREATE TABLE dictionaries(id INTEGER PRIMARY KEY, body BLOB NOT NULL);
CREATE TABLE sessions(
  id INTEGER PRIMARY KEY, started REAL NOT NULL, seconds REAL NOT NULL, stopped TEXT NOT NULL);
"""


def make_run_dir(path: Path) -> None:
    """0700, because transcripts may hold what patients said."""
    if path.is_dir() and not (path / "run.db").exists() and _holds_others(path):
        raise UsageError(
            f"'{path}' holds other files and no run; name a new or empty folder with --out"
        )
    try:
        path.mkdir(mode=0o700, parents=True, exist_ok=True)
        path.chmod(0o700)
        probe = path / ".probe"
        probe.write_bytes(b"")
        probe.unlink()
    except OSError as error:
        reason = error.strerror or "not writable"
        raise UsageError(
            f"cannot write a run into '{path}': {reason}; name another folder with --out"
        ) from error


def _holds_others(path: Path) -> bool:
    """Files that are not what a run leaves that was killed before it had a ledger."""
    return any(file.name not in FIRST_FILES for file in path.iterdir())


def make_private(folder: Path) -> None:
    """Everything in a run's folder is for its owner alone, whatever the process's umask, which is
    not ours to change."""
    for path in (folder, *folder.rglob("*")):
        # Gone meanwhile, somebody else's, or on a disk that knows no modes.
        with suppress(FileNotFoundError, PermissionError):
            mode = path.stat(follow_symlinks=False).st_mode
            if mode & OTHERS and not stat.S_ISLNK(mode):
                path.chmod(stat.S_IMODE(mode) & ~OTHERS)


class RunLock:
    """One process a run directory. The kernel frees it when the process dies, however it dies."""

    def __init__(self, path: Path) -> None:
        self._path = path / "run.lock"
        self._file: IO[str] | None = None

    def take(self) -> None:
        self._file = os.fdopen(
            os.open(self._path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o600), "a+"
        )
        try:
            fcntl.flock(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            self._file.seek(0)
            owner = self._file.read().strip() or "unknown"
            self._file.close()
            self._file = None
            raise LedgerError(
                f"'{self._path.parent}' is in use by another auscult process (pid {owner}); "
                "wait for it to end, or name another folder with --out"
            ) from error
        self._file.truncate(0)
        self._file.write(str(os.getpid()))
        self._file.flush()

    def release(self) -> None:
        if self._file:
            self._file.close()
            self._file = None


def filesystem_of(path: Path, mounts: str | None = None) -> str:
    """Type of the filesystem a path lies on; "" where the system does not say."""
    if mounts is None:
        table = Path("/proc/self/mounts")
        if not table.exists():
            return ""
        mounts = table.read_text(encoding="utf-8", errors="replace")
    target = str(path.resolve())
    best, kind = "", ""
    for line in mounts.splitlines():
        fields = line.split(" ")
        if len(fields) < 3:
            continue
        point = fields[1].replace("\\040", " ")
        inside = target == point or target.startswith(point.rstrip("/") + "/")
        if inside and len(point) >= len(best):
            best, kind = point, fields[2]
    return kind


def refuse_untrusted(path: Path, mounts: str | None = None) -> None:
    kind = filesystem_of(path, mounts)
    if kind in UNTRUSTED:
        raise UsageError(
            f"'{path}' lies on a network filesystem ({kind}), whose locks the ledger cannot trust; "
            "name a folder on a local disk with --out, and copy the finished run afterwards"
        )


def connect(path: Path, *, create: bool, read_only: bool = False) -> sqlite3.Connection:
    """Open `run.db`; refuse, with advice, what this version cannot read."""
    if not create and not path.exists():
        raise UsageError(f"there is no run in '{path.parent}' (no {path.name}); check the path")
    fresh = not path.exists() or path.stat().st_size == 0
    if fresh and create:
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    mode = "ro" if read_only else "rwc"
    try:
        db = sqlite3.connect(
            f"file:{_quoted(path)}?mode={mode}",
            uri=True, isolation_level=None, check_same_thread=False, timeout=10,
        )  # fmt: skip
        if create and (fresh or _is_blank(db)):
            _initialise(db)
        else:
            _check(db, path)
        if not read_only:
            db.execute("PRAGMA synchronous=FULL")
            db.execute("PRAGMA wal_autocheckpoint=4000")
    except sqlite3.Error as error:
        raise LedgerError(
            f"cannot open the ledger '{path}': {error}; if the disk is full or read-only, mend "
            "that and try again; otherwise restore the file from a copy"
        ) from error
    return db


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path.resolve()))


def _initialise(db: sqlite3.Connection) -> None:
    db.execute("PRAGMA journal_mode=WAL")
    marks = f"PRAGMA application_id={APPLICATION_ID}; PRAGMA user_version={VERSION};"
    db.executescript(f"BEGIN;{marks}{SCHEMA}COMMIT;")


def _is_blank(db: sqlite3.Connection) -> bool:
    """Left by a process that was killed while it made the file."""
    mark = db.execute("PRAGMA application_id").fetchone()[0]
    return bool(mark == 0 and not db.execute("SELECT 1 FROM sqlite_master LIMIT 1").fetchone())


def _check(db: sqlite3.Connection, path: Path) -> None:
    mark = db.execute("PRAGMA application_id").fetchone()[0]
    version = db.execute("PRAGMA user_version").fetchone()[0]
    if mark != APPLICATION_ID:
        raise LedgerError(f"'{path}' is not an Auscult ledger; check the path")
    if version != VERSION:
        other = "newer" if version > VERSION else "older"
        raise LedgerError(
            f"'{path}' was written by another, {other} Auscult (ledger version {version}, this one "
            f"reads {VERSION}); use the version of Auscult named in its results.json"
        )


def damaged(path: str, what: str, error: Exception) -> LedgerError:
    """Bit rot, a file cut short, a disk that fails."""
    return LedgerError(
        f"the ledger '{path}' cannot be read whole ({what}: {type(error).__name__}: {error}); "
        "restore it from a copy, or begin a new run with --out; trials.parquet and results.json "
        "beside it, where they were made, still hold the figures"
    )


def write_reserve(folder: Path) -> None:
    """Space kept aside so that a full disk cannot cost an answer already paid for."""
    reserve = folder / RESERVE_NAME
    if reserve.exists() and reserve.stat().st_size >= RESERVE_BYTES:
        return
    try:
        with os.fdopen(
            os.open(reserve, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb"
        ) as file:
            if hasattr(os, "posix_fallocate"):
                os.posix_fallocate(file.fileno(), 0, RESERVE_BYTES)
            else:  # a sparse file would reserve nothing
                file.write(b"\0" * RESERVE_BYTES)
    except OSError as error:
        reserve.unlink(missing_ok=True)
        raise UsageError(
            f"not enough room in '{folder}': a run needs at least "
            f"{RESERVE_BYTES // 2**20} MB free to start; free some space or use --out elsewhere"
        ) from error


def release_reserve(folder: Path) -> bool:
    reserve = folder / RESERVE_NAME
    if not reserve.exists():
        return False
    reserve.unlink()
    return True
