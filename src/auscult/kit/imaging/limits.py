"""How large a picture may be, and the one sentence that says why a file was not read."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path

from auscult.core.errors import DataError

MAX_PIXELS = 40_000_000
"""A mammogram has 14 million, a large photograph 48. Float and colour, 40 million take 480 MB."""
MAX_VOLUME_BYTES = 4_000_000_000
"""Of a NIfTI volume, unpacked: only a slice is held, but a packed file is read up to it."""
MAX_INFLATED_BYTES = 1_000_000_000
"""Of a deflated DICOM file, which cannot be read in parts."""

BROKEN = (
    OSError,
    SyntaxError,
    ValueError,
    TypeError,
    LookupError,
    EOFError,
    AttributeError,
    ArithmeticError,
    AssertionError,
    NotImplementedError,
    RuntimeError,
    MemoryError,
    struct.error,
    zlib.error,
)
"""What the decoders of damaged files raise. RuntimeError holds RecursionError too."""


def unreadable(path: Path, what: str, mend: str = "") -> DataError:
    return DataError(f"the image '{path}' {what}" + (f"; {mend}" if mend else ""))


def damaged(path: Path, kind: str, wrong: BaseException) -> DataError:
    """The decoder's own words stay out where they may quote the file."""
    detail = " ".join(str(wrong).split())[:160] if kind != "DICOM" else type(wrong).__name__
    said = f" ({detail})" if detail else f" ({type(wrong).__name__})"
    return unreadable(
        path, f"is a damaged or cut-off {kind} file{said}", "fetch or export it again"
    )


def check_size(path: Path, width: int, height: int) -> None:
    if width < 1 or height < 1:
        raise unreadable(path, f"says it is {width} by {height} pixels", "it holds no picture")
    if width * height > MAX_PIXELS:
        raise unreadable(
            path,
            f"has {width} by {height} pixels, more than the {MAX_PIXELS // 1_000_000} million "
            "that are read",
            "make it smaller first",
        )


def check_choice(path: Path, name: str, given: int, count: int) -> None:
    if not 0 <= given < count:
        raise unreadable(
            path, f"has {count} {name}s and no {name} {given}", f"give 0 to {count - 1}"
        )
