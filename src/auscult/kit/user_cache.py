"""Files that are made when they are needed and kept in the user's cache folder."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path


def cache_dir(part: str) -> Path:
    """$AUSCULT_CACHE/PART, else auscult/PART in the user's cache folder. Not made here."""
    own = os.environ.get("AUSCULT_CACHE")
    if own:
        return Path(own).expanduser() / part
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "auscult" / part


def put_whole(path: Path, body: bytes) -> None:
    """It appears whole or not at all, whoever else writes it and whatever is killed."""
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, beside = tempfile.mkstemp(suffix=".part", dir=path.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(body)
        Path(beside).replace(path)
    except OSError:
        with contextlib.suppress(OSError):
            Path(beside).unlink()
        raise
