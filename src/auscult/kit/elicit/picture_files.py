"""Drawn pictures as PNG files in the user's cache folder, made where they are missing.

A file's name holds the digest of its specification, so that a case reads the same whatever draws
it; one that holds other bytes than are drawn now is replaced. It appears whole or not at all, so
that processes side by side, or a killed one, leave nothing wrong behind.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import tempfile
from pathlib import Path

import msgspec

from auscult.core.case import ImageRef
from auscult.core.errors import DataError
from auscult.kit.elicit.drawing import png_of
from auscult.kit.elicit.pictures import Drawing

MEDIA_TYPE = "image/png"


def drawings_dir() -> Path:
    """$AUSCULT_CACHE/drawings, else auscult/drawings in the user's cache folder."""
    own = os.environ.get("AUSCULT_CACHE")
    if own:
        return Path(own).expanduser() / "drawings"
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "auscult" / "drawings"


def drawn_file(name: str, drawing: Drawing) -> ImageRef:
    body = png_of(drawing)
    told = msgspec.json.encode(drawing, order="deterministic")
    digest = hashlib.blake2b(told, digest_size=8).hexdigest()
    path = drawings_dir() / f"{name}-{digest}.png"
    # A file that cannot be read is replaced; where that fails too, it is said.
    with contextlib.suppress(OSError):
        if path.read_bytes() == body:
            return ImageRef(str(path), MEDIA_TYPE)
    try:
        _put(path, body)
    except OSError as error:
        raise DataError(
            f"the cache folder {path.parent} of drawn pictures cannot be used ({error.strerror}): "
            "set AUSCULT_CACHE to a folder that can be written"
        ) from error
    return ImageRef(str(path), MEDIA_TYPE)


def _put(path: Path, body: bytes) -> None:
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
