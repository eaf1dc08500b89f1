"""Phantoms as PNG files, drawn once and kept in the user's cache folder.

A file's name holds what it was drawn by and the digest of its bytes. It appears under that name
whole or not at all, so that processes side by side, or a killed one, leave nothing wrong behind;
a file that was changed or cut off since is drawn again.
"""

from __future__ import annotations

import contextlib
import hashlib
import io
from functools import cache
from pathlib import Path
from typing import Any

from auscult.core.errors import DataError
from auscult.kit.imaging.phantom import Kind, draw, levels_of
from auscult.kit.user_cache import cache_dir, put_whole

MEDIA_TYPE = "image/png"
_DRAWING = ("phantom", *(f"phantom_{part}" for part in
            ("files", "shapes", "radiographs", "sections", "surfaces", "traces")))  # fmt: skip


def picture_id(kind: Kind, number: int) -> str:
    return f"{kind.name}-{number:03d}"


class PictureFolder:
    """The cache folder as it was found; pictures that are missing are added."""

    def __init__(self, folder: Path | None = None) -> None:
        self.folder = folder or cache_dir("phantoms")
        self._found: dict[str, list[str]] = {}
        try:
            names = sorted(path.name for path in self.folder.iterdir())
        except FileNotFoundError:
            return
        except OSError as error:
            raise _unusable(self.folder, error) from error
        for name in names:
            self._found.setdefault(name.rpartition("-")[0], []).append(name)

    def picture(self, kind: Kind, number: int) -> Path:
        """The file of the kind's picture of that number."""
        stem = f"{picture_id(kind, number)}-{_recipe()}"
        for name in self._found.get(stem, ()):
            # A file that cannot be read is replaced; where that fails too, it is said.
            with contextlib.suppress(OSError):
                if name == _name(stem, (self.folder / name).read_bytes()):
                    return self.folder / name
        body = png_of(draw(kind, levels_of(kind, number), number).pixels)
        name = _name(stem, body)
        try:
            put_whole(self.folder / name, body)
        except OSError as error:
            raise _unusable(self.folder, error) from error
        return self.folder / name


def png_of(pixels: Any) -> bytes:
    """A picture of float32 in [0, 1] as an 8-bit PNG."""
    import numpy as np
    from PIL import Image

    whole = np.rint(np.clip(pixels, 0.0, 1.0) * 255).astype(np.uint8)
    buffer = io.BytesIO()
    # Beyond level 3, grain takes three times as long to pack and gets hardly any smaller.
    Image.fromarray(whole).save(buffer, "PNG", compress_level=3)
    return buffer.getvalue()


def _name(stem: str, body: bytes) -> str:
    return f"{stem}-{hashlib.blake2b(body, digest_size=8).hexdigest()}.png"


@cache
def _recipe() -> str:
    """Of the code that draws: another version draws its own files."""
    whole = hashlib.blake2b(digest_size=4)
    for module in _DRAWING:
        whole.update((Path(__file__).parent / f"{module}.py").read_bytes())
    return whole.hexdigest()


def _unusable(folder: Path, error: OSError) -> DataError:
    return DataError(
        f"the phantoms' cache folder {folder} cannot be used ({error.strerror}): set "
        "AUSCULT_CACHE to a folder that can be written"
    )
