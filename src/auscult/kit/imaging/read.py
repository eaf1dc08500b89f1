"""Reads a medical picture as float pixels, whatever its file is called.

Only pixels come out. What a header said of the patient stays in the file; the names of the fields
that were there, never their values, stand in the picture's facts.
"""

from __future__ import annotations

import gzip
import zlib
from pathlib import Path
from typing import Any, Literal

import msgspec

from auscult.kit.imaging.limits import unreadable

Format = Literal["png", "jpeg", "tiff", "dicom", "nifti"]
Axis = Literal["axial", "coronal", "sagittal"]

_HEAD = 560
_RASTER: dict[bytes, Format] = {
    b"\x89PNG\r\n\x1a\n": "png",
    b"\xff\xd8\xff": "jpeg",
    b"II*\x00": "tiff",
    b"MM\x00*": "tiff",
    b"II+\x00": "tiff",
    b"MM\x00+": "tiff",
}
_OTHERS = {
    b"GIF8": "a GIF",
    b"BM": "a BMP",
    b"%PDF": "a PDF",
    b"PK\x03\x04": "a zip archive",
    b"\x00\x00\x00\x0cjP": "a JPEG 2000 file",
    b"\xffO\xffQ": "a JPEG 2000 stream",
    b"NRRD": "an NRRD volume",
    b"\x89HDF": "an HDF5 file",
    b"<": "HTML, XML or SVG",
    b"version https://git-lfs": "a pointer of Git LFS, not the file",
}
_Magics = dict[int, tuple[int, tuple[bytes, ...]]]
_NIFTI: _Magics = {348: (344, (b"n+1\x00",)), 540: (4, (b"n+2\x00",))}
_NIFTI_PAIR: _Magics = {348: (344, (b"ni1\x00",)), 540: (4, (b"ni2\x00",))}
_FIRST_GROUPS = (b"\x02\x00", b"\x08\x00", b"\x00\x08")
MEND = "give a PNG, JPEG, TIFF, DICOM or NIfTI file"


class ReadOptions(msgspec.Struct, frozen=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which picture of a file that holds several, and how its values become grey."""

    page: int = 0
    """Of a TIFF, from 0."""
    frame: int | None = None
    """Of a DICOM file or of a NIfTI series, from 0; the middle one where none is named."""
    window: tuple[float, float] | None = None
    """Centre and width, in the file's units, for DICOM and NIfTI."""
    axis: Axis = "axial"
    slice: int | None = None
    """Of a NIfTI volume, from 0 at the feet, the back or the left; the middle one if none."""


class Picture(msgspec.Struct, frozen=True):
    pixels: Any
    """float32 in [0, 1], (h, w) or (h, w, 3), the first row at the top."""
    facts: dict[str, Any]


def read_picture(path: Path, options: ReadOptions | None = None) -> Picture:
    """The picture that a file holds; a DataError of one sentence where it holds none."""
    chosen = options or ReadOptions()
    kind = format_of(path)
    if kind == "dicom":
        from auscult.kit.imaging.dicom import read_dicom

        return read_dicom(path, chosen)
    if kind == "nifti":
        from auscult.kit.imaging.nifti import read_nifti

        return read_nifti(path, chosen)
    from auscult.kit.imaging.raster import read_raster

    return read_raster(path, kind, chosen)


def format_of(path: Path) -> Format:
    """By its first bytes. A name says nothing: hospitals export DICOM as IM000001."""
    head = _head(path)
    if head[128:132] == b"DICM":  # first: what stands before it may be the start of a TIFF
        return "dicom"
    for start, kind in _RASTER.items():
        if head.startswith(start):
            return kind
    if _bare_dicom(head):
        return "dicom"
    if head.startswith(b"\x1f\x8b"):
        inside = _unzipped_head(path)
        if _is_nifti(inside, _NIFTI):
            return "nifti"
        raise unreadable(path, "is a gzip file that holds no NIfTI volume", MEND)
    if _is_nifti(head, _NIFTI):
        return "nifti"
    raise unreadable(path, f"is none that can be read: found {_described(head)}", MEND)


def _head(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            head = file.read(_HEAD)
    except OSError as wrong:
        raise unreadable(
            path, f"cannot be read ({wrong.strerror})", "check the path in the data set"
        ) from None
    if not head:
        raise unreadable(path, "is empty (0 bytes)", "fetch or export it again")
    return head


def _unzipped_head(path: Path) -> bytes:
    try:
        with gzip.open(path) as file:
            return file.read(_HEAD)
    except (OSError, EOFError, zlib.error):
        raise unreadable(path, "is a damaged gzip file", "fetch or export it again") from None


def _is_nifti(head: bytes, kinds: _Magics) -> bool:
    sizes = (int.from_bytes(head[:4], "little"), int.from_bytes(head[:4], "big"))
    return any(
        head[place : place + 4] in magics
        for size in sizes
        for place, magics in ([kinds[size]] if size in kinds else [])
    )


def _bare_dicom(head: bytes) -> bool:
    """Without the 128 bytes before it: a first element of group 2 or 8 with a likely length."""
    if head[:2] not in _FIRST_GROUPS or len(head) < 8:
        return False
    if head[4:6].isalpha() and head[4:6].isupper():
        return True
    return int.from_bytes(head[4:8], "little") < 128


def _described(head: bytes) -> str:
    if head[:4] == b"RIFF" and head[8:12] == b"WEBP":
        return "a WebP"
    if _is_nifti(head, _NIFTI_PAIR):
        return "one half of a NIfTI pair (.hdr and .img): join them into one .nii"
    for start, name in _OTHERS.items():
        if head.lstrip()[:64].startswith(start):
            return name
    if not head.strip(b"\x00"):
        return "nothing but zeros"
    try:
        head.decode("utf-8")
    except UnicodeDecodeError as wrong:
        if wrong.start < len(head) - 4:
            return f"unknown bytes that start with {head[:8].hex(' ')}"
    return "text"
