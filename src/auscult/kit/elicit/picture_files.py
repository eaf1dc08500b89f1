"""Drawn pictures as PNG files in the user's cache folder, made where they are missing.

A file's name holds the digest of its specification, so that a case reads the same whatever draws
it; one that holds other bytes than are drawn now is replaced. It appears whole or not at all, so
that processes side by side, or a killed one, leave nothing wrong behind.
"""

from __future__ import annotations

import contextlib
import hashlib

import msgspec

from auscult.core.case import ImageRef
from auscult.core.errors import DataError
from auscult.kit.elicit.drawing import png_of
from auscult.kit.elicit.pictures import Drawing
from auscult.kit.user_cache import cache_dir, put_whole

MEDIA_TYPE = "image/png"


def drawn_file(name: str, drawing: Drawing) -> ImageRef:
    body = png_of(drawing)
    told = msgspec.json.encode(drawing, order="deterministic")
    digest = hashlib.blake2b(told, digest_size=8).hexdigest()
    path = cache_dir("drawings") / f"{name}-{digest}.png"
    # A file that cannot be read is replaced; where that fails too, it is said.
    with contextlib.suppress(OSError):
        if path.read_bytes() == body:
            return ImageRef(str(path), MEDIA_TYPE)
    try:
        put_whole(path, body)
    except OSError as error:
        raise DataError(
            f"the cache folder {path.parent} of drawn pictures cannot be used ({error.strerror}): "
            "set AUSCULT_CACHE to a folder that can be written"
        ) from error
    return ImageRef(str(path), MEDIA_TYPE)
